"""The laws that can be fitted: formula, bounds of the search, and where to start."""

from dataclasses import replace
from itertools import product

import numpy as np

from noisescaling.fitting import laws, rivals
from noisescaling.fitting.law import Law, Parameter
from noisescaling.fitting.laws import FloatArray


def _grid(*axes: list[float]) -> FloatArray:
    return np.array(list(product(*axes)), dtype=np.float64)


def _ceiling(bits: FloatArray, *factors: float) -> list[float]:
    top = max(float(bits.max()), 0.05)
    return [factor * top for factor in factors]


def _across(values: FloatArray, *fractions: float) -> list[float]:
    """Places along the logarithmic range of `values`: 0 is its start, 1 its end, 2 beyond."""
    low, high = float(np.log(values.min())), float(np.log(values.max()))
    return [float(np.exp(low + fraction * (high - low))) for fraction in fractions]


def _scale(name: str, upper: float, lower: float = 1e-9) -> Parameter:
    """A quality or a number of cells: above zero, and searched on its logarithm."""
    return Parameter(name, lower, upper, log=True)


QUALITY = _scale("u_bar", 1e15)
CAPACITY = Parameter("i_max", 1e-3, 15.0)
WIDE_CAPACITY = Parameter("i_max", 1e-3, 30.0)
EXPONENT = Parameter("s", 0.02, 4.0)

NOISE = Law(
    "noise_law",
    laws.noise_law,
    (QUALITY, CAPACITY),
    lambda x, y: _grid(
        _across(x[0], 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0), _ceiling(y, 0.8, 1.0, 1.3, 2.0)
    ),
)

NOISE_OF_SNR = Law(
    "noise_law_of_snr",
    laws.noise_law_of_snr,
    (_scale("u_snr", 1e12), CAPACITY),
    lambda x, y: _grid(_across(x[0], -0.5, 0.0, 0.3, 0.6), _ceiling(y, 1.0, 1.3, 2.0)),
)

NOISE_OF_U95 = Law(
    "noise_law_of_u95",
    laws.noise_law_of_u95,
    (_scale("u_95", 1e16), Parameter("i_max", 0.0745, 15.0)),
    lambda x, y: _grid(_across(x[0], 0.5, 0.9, 1.3, 1.8), _ceiling(y + 0.1, 0.9, 1.2, 2.0)),
)

CELL = Law(
    "cell_law",
    laws.cell_law,
    (_scale("n0", 1e12, 1e-12), EXPONENT, Parameter("i_inf", 1e-3, 30.0)),
    lambda x, y: _grid(_across(x[0], -0.5, 0.0, 0.3), [0.2, 0.5, 1.0], _ceiling(y, 1.0, 1.2, 2.0)),
    inputs=("n",),
)

JOINT = Law(
    "joint_law",
    laws.joint_law,
    (CAPACITY, _scale("u_snr", 1e9), _scale("n0", 1e12, 1e-6), EXPONENT, _scale("u1", 1e9, 1e-6)),
    lambda x, y: _grid(
        _ceiling(y, 1.0, 1.5, 2.5),
        _across(x[1], 0.0, 0.3, 0.6),
        _across(x[0], 0.0, 0.3, 0.7),
        [0.3, 0.6, 1.0],
        _across(x[1], -0.2, 0.3, 0.8),
    ),
    inputs=("n", "u"),
)

EFFECTIVE_DIMENSION = Law(
    "effective_dimension_law",
    rivals.effective_dimension_law,
    (QUALITY, CAPACITY, _scale("d", 50.0, 0.05)),
    lambda x, y: _grid(_across(x[0], 0.0, 0.5, 1.0), _ceiling(y, 1.0, 1.5), [0.3, 1.0, 4.0]),
)

STRETCHED = Law(
    "stretched_noise_law",
    rivals.stretched_noise_law,
    (QUALITY, CAPACITY, Parameter("k", 0.02, 8.0)),
    lambda x, y: _grid(_across(x[0], 0.0, 0.5, 1.0, 1.5), _ceiling(y, 1.0, 1.5), [0.6, 1.0, 2.0]),
)

POWER = Law(
    "saturating_power_law",
    rivals.saturating_power_law,
    (_scale("u0", 1e9), Parameter("s", 0.02, 8.0), WIDE_CAPACITY),
    lambda x, y: _grid(_across(x[0], -0.3, 0.0, 0.3), [0.2, 0.5, 1.0], _ceiling(y, 1.0, 1.3, 2.0)),
)

HILL = Law(
    "hill_law",
    rivals.hill_law,
    (_scale("u_half", 1e15), Parameter("h", 0.02, 8.0), WIDE_CAPACITY),
    lambda x, y: _grid(_across(x[0], 0.2, 0.5, 0.8, 1.2), [0.4, 0.8, 1.5], _ceiling(y, 1.0, 1.5)),
)

EXPONENTIAL = Law(
    "exponential_law",
    rivals.exponential_law,
    (_scale("u0", 1e15), WIDE_CAPACITY),
    lambda x, y: _grid(_across(x[0], 0.0, 0.3, 0.6, 0.9, 1.2), _ceiling(y, 0.8, 1.0, 1.5)),
)

LOG_LINEAR = Law(
    "log_linear_law",
    rivals.log_linear_law,
    (
        Parameter("a", -50.0, 50.0, limits=(-np.inf, np.inf)),
        Parameter("b", -10.0, 10.0, limits=(-np.inf, np.inf)),
    ),
    lambda x, y: _grid([0.0], [0.1, 0.5]),
)

SUM_OF_POWERS = Law(
    "sum_of_powers_law",
    rivals.sum_of_powers_law,
    (WIDE_CAPACITY, _scale("u0", 1e9), Parameter("a", 0.02, 4.0), _scale("n0", 1e12), EXPONENT),
    lambda x, y: _grid(
        _ceiling(y, 1.0, 1.5, 2.5),
        _across(x[1], -0.2, 0.3),
        [0.2, 0.5],
        _across(x[0], -0.2, 0.3),
        [0.2, 0.5],
    ),
    inputs=("n", "u"),
)

CELL_CAPACITY = Law(
    "cell_capacity_law",
    rivals.cell_capacity_law,
    (QUALITY, *CELL.parameters),
    lambda x, y: _grid(
        _across(x[1], 0.3, 0.6, 1.0),
        _across(x[0], -0.5, 0.0, 0.3),
        [0.2, 0.5, 1.0],
        _ceiling(y, 1.0, 1.5, 2.0),
    ),
    inputs=("n", "u"),
)

SINGLE_JOINT = replace(JOINT, name="single_joint_law", function=rivals.single_joint_law)
SPECTRUM_JOINT = replace(JOINT, name="spectrum_joint_law", function=rivals.spectrum_joint_law)

#: Laws of quality alone, and of cells and quality, by name.
LAWS = {
    law.name: law
    for law in (NOISE, EFFECTIVE_DIMENSION, STRETCHED, POWER, HILL, EXPONENTIAL, LOG_LINEAR)
}
JOINT_LAWS = {
    law.name: law for law in (JOINT, SPECTRUM_JOINT, SINGLE_JOINT, CELL_CAPACITY, SUM_OF_POWERS)
}
