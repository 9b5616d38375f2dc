"""The laws: information in bits as a function of quality, of data set size, or of both.

Each law is written here once: a formula, its docstring, and what a fit must know. Called with
inputs and parameters, `noise_law(u, u_bar, i_max)`, a law gives bits; all arguments broadcast
against each other, so that parameters of shape (n_curves, 1) and qualities of shape
(n_curves, n_points) give all curves at once. `noise_law.fit(u, bits)` fits it.
"""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive
from noisescaling.fitting.law import FloatArray, Law, capacity, law, number, scale

_Array = FloatArray
_ANY = (-np.inf, np.inf)


@law("u", u_bar=scale(0, 0.25, 0.5, 0.75, 1, 1.5, 2), i_max=capacity(0.8, 1, 1.3, 2), steepest=0.5)
def noise_law(u: _Array, u_bar: _Array, i_max: _Array) -> _Array:
    r"""Information at quality `u`, in bits, of the one-dimensional Gaussian channel.

    I(u) = I_max - 1/2 log2[ (1 + u/u_bar) / (u/u_bar + 2^(-2 I_max)) ]

    At u = u_bar the information is within half a bit of its capacity. In terms of the correlation
    of signal and measurement this is rho^2 = rho_max^2 / (1 + u_snr/u) with
    rho_max^2 = 1 - 2^(-2 I_max); the signal-to-noise ratio u/u_snr is one at
    u_snr = 2^(-2 I_max) u_bar (see `snr_one`). It rises by less than half a bit for each doubling
    of quality. `u_bar`, the noise sensitivity, is in the unit of `u`; `i_max`, the capacity, is in
    bits; all are above 0.
    """
    x = u / u_bar
    return i_max - 0.5 * np.log2((1 + x) / (x + np.exp2(-2 * i_max)))


@law("u", u_snr=scale(-0.5, 0, 0.3, 0.6, upper=1e12), i_max=capacity(1, 1.3, 2), steepest=0.5)
def noise_law_of_snr(u: _Array, u_snr: _Array, i_max: _Array) -> _Array:
    r"""Information in bits by the noise law, told by the quality at which signal equals noise.

    I(u) = noise_law(u, 2^(2 I_max) u_snr, I_max)
    """
    return noise_law.function(u, u_snr * np.exp2(2 * i_max), i_max)


@law(
    "u", u_95=scale(0.5, 0.9, 1.3, 1.8, upper=1e16), steepest=0.5,
    i_max=capacity(0.9, 1.2, 2, lower=0.0745, above=0.1),
)  # fmt: skip
def noise_law_of_u95(u: _Array, u_95: _Array, i_max: _Array) -> _Array:
    r"""Information in bits by the noise law, told by the quality u_95 where I = I_max + log2(q).

    I(u) = noise_law(u, u_95 (1 - q^2) / (q^2 - 2^(-2 I_max)), I_max),  q = 0.95

    I_max is above -log2(0.95) = 0.074 bits: of less, any quality will do.
    """
    square = 0.95**2
    left = positive("q^2 - 2^(-2 i_max)", square - np.exp2(-2 * i_max))
    return noise_law.function(u, u_95 * (1 - square) / left, i_max)


def noise_law_quality(bits: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Quality at which the noise law gives `bits`, in the unit of `u_bar`.

    u(I) = u_bar [2^(2 (I - I_max)) - 2^(-2 I_max)] / [1 - 2^(2 (I - I_max))]

    Raises
    ------
    ValueError
        If `bits` is negative or not below the capacity `i_max`.
    """
    bits, u_bar, i_max = finite("bits", bits), positive("u_bar", u_bar), positive("i_max", i_max)
    wanted, ceiling = np.broadcast_arrays(bits, i_max)
    out = (wanted < 0) | (wanted >= ceiling)
    if out.any():
        raise ValueError(
            f"bits = {wanted[out].flat[0]:.4g} must be at least 0 and below the capacity "
            f"i_max = {ceiling[out].flat[0]:.4g}; no quality reaches it"
        )
    fraction = np.exp2(2 * (bits - i_max))
    return np.asarray(u_bar * (fraction - np.exp2(-2 * i_max)) / (1 - fraction))


def snr_one(u_bar: ArrayLike, i_max: ArrayLike) -> FloatArray:
    """Quality at which the channel's signal-to-noise ratio is one: u_snr = 2^(-2 I_max) u_bar."""
    return np.asarray(positive("u_bar", u_bar) * np.exp2(-2 * positive("i_max", i_max)))


@law(
    "u", u_bar=scale(0, 0.5, 1), i_max=capacity(1, 1.5),
    d=number(0.3, 1, 4, lower=0.05, upper=50, log=True),
)  # fmt: skip
def effective_dimension_law(u: _Array, u_bar: _Array, i_max: _Array, d: _Array) -> _Array:
    r"""Information of `d` equal Gaussian channels that share the capacity, in bits.

    I(u) = d noise_law(u, u_bar, I_max/d) = -(d/2) log2[1 - rho_max^2 / (1 + u_snr/u)],
    rho_max^2 = 1 - 2^(-2 I_max/d), u_snr = 2^(-2 I_max/d) u_bar
    """
    return np.asarray(d * noise_law.function(u, u_bar, i_max / d))


@law("u", u_bar=scale(0, 0.5, 1, 1.5), i_max=capacity(1, 1.5), k=number(0.6, 1, 2, upper=8))
def stretched_noise_law(u: _Array, u_bar: _Array, i_max: _Array, k: _Array) -> _Array:
    r"""Information in bits if the signal-to-noise ratio grows as a power of quality.

    I(u) = noise_law((u/u_bar)^k, 1, I_max)
    """
    return noise_law.function((u / u_bar) ** k, 1.0, i_max)


@law(
    "u", u0=scale(-0.3, 0, 0.3, upper=1e9), s=number(0.2, 0.5, 1, upper=8),
    i_max=capacity(1, 1.3, 2, upper=30),
)  # fmt: skip
def saturating_power_law(u: _Array, u0: _Array, s: _Array, i_max: _Array) -> _Array:
    r"""Information in bits that falls short of its capacity by a power of quality.

    I(u) = I_max - (u0/u)^s
    """
    return np.asarray(i_max - (u0 / u) ** s)


@law(
    "u", u_half=scale(0.2, 0.5, 0.8, 1.2), h=number(0.4, 0.8, 1.5, upper=8),
    i_max=capacity(1, 1.5, upper=30),
)  # fmt: skip
def hill_law(u: _Array, u_half: _Array, h: _Array, i_max: _Array) -> _Array:
    r"""Information in bits as a logistic curve in the logarithm of quality.

    I(u) = I_max / [1 + (u_half/u)^h]
    """
    return np.asarray(i_max / (1 + (u_half / u) ** h))


@law("u", u0=scale(0.0, 0.3, 0.6, 0.9, 1.2), i_max=capacity(0.8, 1.0, 1.5, upper=30.0))
def exponential_law(u: _Array, u0: _Array, i_max: _Array) -> _Array:
    r"""Information in bits that saturates exponentially in quality.

    I(u) = I_max [1 - exp(-u/u0)]
    """
    return np.asarray(-i_max * np.expm1(-u / u0))


@law(
    "u", a=number(0, lower=-50, upper=50, limits=_ANY),
    b=number(0.1, 0.5, lower=-10, upper=10, limits=_ANY),
)  # fmt: skip
def log_linear_law(u: _Array, a: _Array, b: _Array) -> _Array:
    r"""Information in bits that never saturates: `b` bits for each doubling of quality.

    I(u) = a + b log2(u)
    """
    return np.asarray(a + b * np.log2(u))


@law(
    "n", n0=scale(-0.5, 0, 0.3, of="n", upper=1e12, lower=1e-12), s=number(0.2, 0.5, 1),
    i_inf=capacity(1, 1.2, 2, upper=30),
)  # fmt: skip
def cell_law(n: _Array, n0: _Array, s: _Array, i_inf: _Array) -> _Array:
    r"""Information after training on `n` cells, in bits: the published law of data set size.

    I(N) = max[0, I_inf - (n0/N)^s]

    At `n0` cells the loss is one bit; `i_inf` is the information at unlimited cells, in bits.
    """
    return np.maximum(i_inf - (n0 / n) ** s, 0.0)


_JOINT = {
    "i_max": capacity(1.0, 1.5, 2.5),
    "u_snr": scale(0.0, 0.3, 0.6, upper=1e9),
    "n0": scale(0.0, 0.3, 0.7, of="n", upper=1e12, lower=1e-6),
    "s": number(0.3, 0.6, 1.0),
    "u1": scale(-0.2, 0.3, 0.8, upper=1e9, lower=1e-6),
}


@law("n", "u", **_JOINT)
def joint_law(
    n: _Array, u: _Array, i_max: _Array, u_snr: _Array, n0: _Array, s: _Array, u1: _Array
) -> _Array:
    r"""Information of `n` cells at quality `u`, in bits.

    I(N, u) = -1/2 log2(1 - rho^2),
    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)^2],  rho_max^2 = 1 - 2^(-2 I_max)

    Measurement noise enters as u_snr/u; the error of what was learned from N noisy cells enters
    as (n0/N)^s, and noise multiplies it twice: in the cells that were learned from and in the
    cell that is read. For unlimited cells this is the noise law with u_bar = 2^(2 I_max) u_snr.

    `i_max` is the information at unlimited cells and quality, in bits; `u_snr` the quality at
    which signal and measurement noise are equal, at unlimited cells; `n0` the cells at which, at
    unlimited quality, learning adds as much noise as there is signal; `s` the exponent of
    learning, 1 for the mean of independent cells; `u1` the quality at which measurement noise
    doubles the noise of a cell, as learning sees it.
    """
    return bits_at_noise(u_snr / u + (n0 / n) ** s * np.square(1 + u1 / u), i_max)


@law("n", "u", **_JOINT)
def single_joint_law(
    n: _Array, u: _Array, i_max: _Array, u_snr: _Array, n0: _Array, s: _Array, u1: _Array
) -> _Array:
    r"""Information in bits of the joint law in which noise multiplies learning's error only once.

    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)]
    """
    return bits_at_noise(u_snr / u + (n0 / n) ** s * (1 + u1 / u), i_max)


@law("n", "u", **_JOINT)
def spectrum_joint_law(
    n: _Array, u: _Array, i_max: _Array, u_snr: _Array, n0: _Array, s: _Array, u1: _Array
) -> _Array:
    r"""Information in bits if a spectrum of directions is learned, reading and learning factorise.

    rho^2 = rho_max^2 / {(1 + u_snr/u) (1 + [(n0/N) (1 + u1/u)^2]^s)}
    """
    cells = n0 / n * np.square(1 + u1 / u)
    return bits_at_noise((1 + u_snr / u) * (1 + cells**s) - 1, i_max)


@law("n", "u", u_bar=scale(0.3, 0.6, 1), **cell_law.parameters)
def cell_capacity_law(
    n: _Array, u: _Array, u_bar: _Array, n0: _Array, s: _Array, i_inf: _Array
) -> _Array:
    r"""Information in bits of the noise law whose capacity is the cell law.

    I(N, u) = noise_law(u, u_bar, cell_law(N, n0, s, I_inf))
    """
    return noise_law.function(u, u_bar, np.maximum(cell_law.function(n, n0, s, i_inf), 1e-9))


@law(
    "n", "u", i_max=capacity(1, 1.5, 2.5, upper=30), u0=scale(-0.2, 0.3, upper=1e9),
    a=number(0.2, 0.5), n0=scale(-0.2, 0.3, of="n", upper=1e12), s=number(0.2, 0.5),
)  # fmt: skip
def sum_of_powers_law(
    n: _Array, u: _Array, i_max: _Array, u0: _Array, a: _Array, n0: _Array, s: _Array
) -> _Array:
    r"""Information in bits that falls short by a power of quality and a power of cells.

    I(N, u) = I_max - (u0/u)^a - (n0/N)^s
    """
    return np.asarray(i_max - (u0 / u) ** a - (n0 / n) ** s)


def bits_at_noise(noise: FloatArray, i_max: FloatArray) -> FloatArray:
    r"""Information in bits of a channel of capacity `i_max`, whose noise is in units of signal.

    I = -1/2 log2[1 - rho_max^2 / (1 + noise)],  rho_max^2 = 1 - 2^(-2 I_max)
    """
    # 1 - rho^2 = (noise + left) / (noise + 1), which loses no digits near rho = 1.
    return np.asarray(0.5 * np.log2((noise + 1) / (noise + np.exp2(-2 * i_max))))


def _by_name(*laws: Law) -> dict[str, Law]:
    return {one.name: one for one in laws}


#: Laws of quality alone, and of cells and quality, by name.
LAWS = _by_name(
    noise_law, effective_dimension_law, stretched_noise_law, saturating_power_law, hill_law,
    exponential_law, log_linear_law,
)  # fmt: skip
JOINT_LAWS = _by_name(
    joint_law, spectrum_joint_law, single_joint_law, cell_capacity_law, sum_of_powers_law
)
#: The laws that are fitted first, by their short names.
NOISE, CELL, JOINT = noise_law, cell_law, joint_law
NOISE_OF_SNR, NOISE_OF_U95 = noise_law_of_snr, noise_law_of_u95
