"""What a fit must know of a law beside its formula: parameters, bounds and where to start."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from noisescaling.fitting import laws
from noisescaling.fitting.laws import FloatArray


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law: its name, the bounds of the search and its scale.

    A confidence limit that meets a bound of the search is reported as the end of the parameter's
    natural range (`limits`), since the data do not limit it.
    """

    name: str
    lower: float
    upper: float
    log: bool = False
    limits: tuple[float, float] = (0.0, np.inf)

    def inward(self, value: FloatArray) -> FloatArray:
        """Return values on the scale on which the fit moves."""
        return np.log(value) if self.log else np.asarray(value, dtype=np.float64)

    def outward(self, value: FloatArray) -> FloatArray:
        """Return values on the parameter's own scale."""
        return np.exp(value) if self.log else np.asarray(value, dtype=np.float64)


@dataclass(frozen=True)
class Law:
    """A law with what is needed to fit it.

    `starts(inputs, bits)` gives values to try first, shape (n_starts, n_parameters), on the
    parameters' own scales.
    """

    name: str
    function: Callable[..., FloatArray]
    parameters: tuple[Parameter, ...]
    starts: Callable[[tuple[FloatArray, ...], FloatArray], FloatArray]
    inputs: tuple[str, ...] = ("u",)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order in which the function takes them."""
        return tuple(parameter.name for parameter in self.parameters)

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the search, each of shape (n_parameters,), fit's scale."""
        lower = [float(p.inward(np.asarray(p.lower))) for p in self.parameters]
        upper = [float(p.inward(np.asarray(p.upper))) for p in self.parameters]
        return np.array(lower), np.array(upper)

    def inward(self, values: FloatArray) -> FloatArray:
        """Parameters of shape (..., n_parameters) on the scale on which the fit moves."""
        return np.stack([p.inward(values[..., i]) for i, p in enumerate(self.parameters)], -1)

    def outward(self, theta: FloatArray) -> FloatArray:
        """Parameters of shape (..., n_parameters) on their own scales."""
        return np.stack([p.outward(theta[..., i]) for i, p in enumerate(self.parameters)], -1)


def _grid(*axes: list[float]) -> FloatArray:
    return np.array(list(product(*axes)), dtype=np.float64)


def _ceiling(bits: FloatArray, *factors: float) -> list[float]:
    top = max(float(bits.max()), 0.05)
    return [factor * top for factor in factors]


def _across(values: FloatArray, *fractions: float) -> list[float]:
    """Places along the logarithmic range of `values`: 0 is its start, 1 its end, 2 beyond."""
    low, high = float(np.log(values.min())), float(np.log(values.max()))
    return [float(np.exp(low + fraction * (high - low))) for fraction in fractions]


QUALITY = Parameter("u_bar", 1e-9, 1e15, log=True)
CAPACITY = Parameter("i_max", 1e-3, 15.0)

NOISE = Law(
    "noise_law",
    laws.noise_law,
    (QUALITY, CAPACITY),
    lambda x, y: _grid(
        _across(x[0], 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0), _ceiling(y, 0.8, 1.0, 1.3, 2.0)
    ),
)

CELL = Law(
    "cell_law",
    laws.cell_law,
    (
        Parameter("n0", 1e-12, 1e12, log=True),
        Parameter("s", 0.02, 4.0),
        Parameter("i_inf", 1e-3, 30.0),
    ),
    lambda x, y: _grid(_across(x[0], -0.5, 0.0, 0.3), [0.2, 0.5, 1.0], _ceiling(y, 1.0, 1.2, 2.0)),
    inputs=("n",),
)

JOINT = Law(
    "joint_law",
    laws.joint_law,
    (
        CAPACITY,
        Parameter("u_snr", 1e-9, 1e9, log=True),
        Parameter("n0", 1e-6, 1e12, log=True),
        Parameter("s", 0.02, 4.0),
        Parameter("u1", 1e-6, 1e9, log=True),
    ),
    lambda x, y: _grid(
        _ceiling(y, 1.0, 1.5, 2.5),
        _across(x[1], 0.0, 0.3, 0.6),
        _across(x[0], 0.0, 0.3, 0.7),
        [0.3, 0.6, 1.0],
        _across(x[1], -0.2, 0.3, 0.8),
    ),
    inputs=("n", "u"),
)
