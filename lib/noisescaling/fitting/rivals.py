"""Other laws of the same data, to hold the noise law and the joint law against.

Pure functions as in `laws`; bits throughout, qualities in the unit of `u`.
"""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive
from noisescaling.fitting.laws import FloatArray, bits_at_noise, cell_law, noise_law


def effective_dimension_law(
    u: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike, d: ArrayLike
) -> FloatArray:
    r"""Information of `d` equal Gaussian channels that share the capacity, in bits.

    I(u) = d noise_law(u, u_bar, I_max/d) = -(d/2) log2[1 - rho_max^2 / (1 + u_snr/u)],
    rho_max^2 = 1 - 2^(-2 I_max/d), u_snr = 2^(-2 I_max/d) u_bar
    """
    d = positive("d", d)
    return np.asarray(d * noise_law(u, u_bar, positive("i_max", i_max) / d))


def stretched_noise_law(
    u: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike, k: ArrayLike
) -> FloatArray:
    r"""Information in bits if the signal-to-noise ratio grows as a power of quality.

    I(u) = noise_law((u/u_bar)^k, 1, I_max)
    """
    ratio = positive("u", u) / positive("u_bar", u_bar)
    return noise_law(ratio ** positive("k", k), 1.0, i_max)


def saturating_power_law(u: ArrayLike, u0: ArrayLike, s: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits that falls short of its capacity by a power of quality.

    I(u) = I_max - (u0/u)^s
    """
    ratio = positive("u0", u0) / positive("u", u)
    return np.asarray(finite("i_max", i_max) - ratio ** positive("s", s))


def hill_law(u: ArrayLike, u_half: ArrayLike, h: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits as a logistic curve in the logarithm of quality.

    I(u) = I_max / [1 + (u_half/u)^h]
    """
    ratio = positive("u_half", u_half) / positive("u", u)
    return np.asarray(positive("i_max", i_max) / (1 + ratio ** positive("h", h)))


def exponential_law(u: ArrayLike, u0: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits that saturates exponentially in quality.

    I(u) = I_max [1 - exp(-u/u0)]
    """
    return np.asarray(-positive("i_max", i_max) * np.expm1(-positive("u", u) / positive("u0", u0)))


def log_linear_law(u: ArrayLike, a: ArrayLike, b: ArrayLike) -> FloatArray:
    r"""Information in bits that never saturates: `b` bits for each doubling of quality.

    I(u) = a + b log2(u)
    """
    return np.asarray(finite("a", a) + finite("b", b) * np.log2(positive("u", u)))


def sum_of_powers_law(
    n: ArrayLike,
    u: ArrayLike,
    i_max: ArrayLike,
    u0: ArrayLike,
    a: ArrayLike,
    n0: ArrayLike,
    s: ArrayLike,
) -> FloatArray:
    r"""Information in bits that falls short by a power of quality and a power of cells.

    I(N, u) = I_max - (u0/u)^a - (n0/N)^s
    """
    cells = (positive("n0", n0) / positive("n", n)) ** positive("s", s)
    return np.asarray(saturating_power_law(u, u0, a, i_max) - cells)


def cell_capacity_law(
    n: ArrayLike, u: ArrayLike, u_bar: ArrayLike, n0: ArrayLike, s: ArrayLike, i_inf: ArrayLike
) -> FloatArray:
    r"""Information in bits of the noise law whose capacity is the cell law.

    I(N, u) = noise_law(u, u_bar, cell_law(N, n0, s, I_inf))
    """
    return noise_law(u, u_bar, np.maximum(cell_law(n, n0, s, i_inf), 1e-9))


def single_joint_law(
    n: ArrayLike,
    u: ArrayLike,
    i_max: ArrayLike,
    u_snr: ArrayLike,
    n0: ArrayLike,
    s: ArrayLike,
    u1: ArrayLike,
) -> FloatArray:
    r"""Information in bits of the joint law in which noise multiplies learning's error only once.

    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)]
    """
    u = positive("u", u)
    cells = (positive("n0", n0) / positive("n", n)) ** positive("s", s)
    noise = positive("u_snr", u_snr) / u + cells * (1 + positive("u1", u1) / u)
    return bits_at_noise(noise, i_max)


def spectrum_joint_law(
    n: ArrayLike,
    u: ArrayLike,
    i_max: ArrayLike,
    u_snr: ArrayLike,
    n0: ArrayLike,
    s: ArrayLike,
    u1: ArrayLike,
) -> FloatArray:
    r"""Information in bits if a spectrum of directions is learned, reading and learning factorise.

    rho^2 = rho_max^2 / {(1 + u_snr/u) (1 + [(n0/N) (1 + u1/u)^2]^s)}
    """
    u = positive("u", u)
    cells = positive("n0", n0) / positive("n", n) * np.square(1 + positive("u1", u1) / u)
    noise = (1 + positive("u_snr", u_snr) / u) * (1 + cells ** positive("s", s)) - 1
    return bits_at_noise(noise, i_max)
