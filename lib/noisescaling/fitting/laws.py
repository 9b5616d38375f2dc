"""The laws: information in bits as a function of quality, of data set size, or of both.

Each law is written here once, as a pure function whose docstring is its formula. All arguments
broadcast against each other, so that parameters of shape (n_curves, 1) and qualities of shape
(n_curves, n_points) give all curves at once.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive

FloatArray = NDArray[np.float64]


def noise_law(u: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information at quality `u`, in bits, of the one-dimensional Gaussian channel.

    I(u) = I_max - 1/2 log2[ (1 + u/u_bar) / (u/u_bar + 2^(-2 I_max)) ]

    At u = u_bar the information is within half a bit of its capacity. In terms of the correlation
    of signal and measurement this is rho^2 = rho_max^2 / (1 + u_snr/u) with
    rho_max^2 = 1 - 2^(-2 I_max); the signal-to-noise ratio u/u_snr is one at
    u_snr = 2^(-2 I_max) u_bar (see `snr_one`).

    Parameters
    ----------
    u
        Quality, any shape, above 0 (for cells: UMIs per cell).
    u_bar
        Noise sensitivity, in the unit of `u`, above 0.
    i_max
        Capacity in bits, above 0.

    Raises
    ------
    ValueError
        If a value is not finite or not above 0.
    """
    x = positive("u", u) / positive("u_bar", u_bar)
    capacity = positive("i_max", i_max)
    return np.asarray(capacity - 0.5 * np.log2((1 + x) / (x + np.exp2(-2 * capacity))))


def noise_law_quality(bits: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Quality at which the noise law gives `bits`, in the unit of `u_bar`.

    u(I) = u_bar [2^(2 (I - I_max)) - 2^(-2 I_max)] / [1 - 2^(2 (I - I_max))]

    Raises
    ------
    ValueError
        If `bits` is negative or not below the capacity `i_max`.
    """
    bits, u_bar, i_max = finite("bits", bits), positive("u_bar", u_bar), positive("i_max", i_max)
    wanted, capacity = np.broadcast_arrays(bits, i_max)
    out = (wanted < 0) | (wanted >= capacity)
    if out.any():
        raise ValueError(
            f"bits = {wanted[out].flat[0]:.4g} must be at least 0 and below the capacity "
            f"i_max = {capacity[out].flat[0]:.4g}; no quality reaches it"
        )
    fraction = np.exp2(2 * (bits - i_max))
    return np.asarray(u_bar * (fraction - np.exp2(-2 * i_max)) / (1 - fraction))


def snr_one(u_bar: ArrayLike, i_max: ArrayLike) -> FloatArray:
    """Quality at which the channel's signal-to-noise ratio is one: u_snr = 2^(-2 I_max) u_bar."""
    return np.asarray(positive("u_bar", u_bar) * np.exp2(-2 * positive("i_max", i_max)))


def noise_law_of_snr(u: ArrayLike, u_snr: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits by the noise law, told by the quality at which signal equals noise.

    I(u) = noise_law(u, 2^(2 I_max) u_snr, I_max)
    """
    u_bar = positive("u_snr", u_snr) * np.exp2(2 * positive("i_max", i_max))
    return noise_law(u, u_bar, i_max)


def noise_law_of_u95(u: ArrayLike, u_95: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits by the noise law, told by the quality u_95 where I = I_max + log2(q).

    I(u) = noise_law(u, u_95 (1 - q^2) / (q^2 - 2^(-2 I_max)), I_max),  q = 0.95

    Raises
    ------
    ValueError
        As `noise_law`, and if I_max is at most -log2(0.95) = 0.074 bits: then any quality will do.
    """
    square = 0.95**2
    left = square - np.exp2(-2 * positive("i_max", i_max))
    return noise_law(
        u, positive("u_95", u_95) * (1 - square) / positive("q^2 - 2^(-2 i_max)", left), i_max
    )


def cell_law(n: ArrayLike, n0: ArrayLike, s: ArrayLike, i_inf: ArrayLike) -> FloatArray:
    r"""Information after training on `n` cells, in bits: the published law of data set size.

    I(N) = max[0, I_inf - (n0/N)^s]

    Parameters
    ----------
    n
        Number of cells (observations), any shape, above 0.
    n0
        Cells at which the loss is one bit, above 0.
    s
        Exponent, above 0.
    i_inf
        Information at unlimited cells, in bits.

    Raises
    ------
    ValueError
        If a value is not finite, or `n`, `n0` or `s` is not above 0.
    """
    ratio = positive("n0", n0) / positive("n", n)
    return np.maximum(finite("i_inf", i_inf) - ratio ** positive("s", s), 0.0)


def joint_law(
    n: ArrayLike,
    u: ArrayLike,
    i_max: ArrayLike,
    u_snr: ArrayLike,
    n0: ArrayLike,
    s: ArrayLike,
    u1: ArrayLike,
) -> FloatArray:
    r"""Information of `n` cells at quality `u`, in bits.

    I(N, u) = -1/2 log2(1 - rho^2),
    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)^2],  rho_max^2 = 1 - 2^(-2 I_max)

    Measurement noise enters as u_snr/u; the error of what was learned from N noisy cells enters
    as (n0/N)^s, and noise multiplies it twice: in the cells that were learned from and in the
    cell that is read. For unlimited cells this is the noise law with u_bar = 2^(2 I_max) u_snr.

    Parameters
    ----------
    n, u
        Number of cells, and quality (UMIs per cell), above 0.
    i_max
        Information at unlimited cells and quality, in bits, above 0.
    u_snr
        Quality at which signal and measurement noise are equal, at unlimited cells.
    n0
        Cells at which, at unlimited quality, learning adds as much noise as there is signal.
    s
        Exponent of learning; 1 for the mean of independent cells.
    u1
        Quality at which measurement noise doubles the noise of a cell, as learning sees it.

    Raises
    ------
    ValueError
        If a value is not finite or not above 0.
    """
    u = positive("u", u)
    depth = positive("u_snr", u_snr) / u
    cells = (positive("n0", n0) / positive("n", n)) ** positive("s", s)
    noise = depth + cells * np.square(1 + positive("u1", u1) / u)
    return bits_at_noise(noise, i_max)


def bits_at_noise(noise: ArrayLike, i_max: ArrayLike) -> FloatArray:
    r"""Information in bits of a channel of capacity `i_max`, whose noise is in units of signal.

    I = -1/2 log2[1 - rho_max^2 / (1 + noise)],  rho_max^2 = 1 - 2^(-2 I_max)
    """
    left = np.exp2(-2 * positive("i_max", i_max))
    # 1 - rho^2 = (noise + left) / (noise + 1), which loses no digits near rho = 1.
    noise = np.asarray(noise)
    return np.asarray(0.5 * np.log2((noise + 1) / (noise + left)))
