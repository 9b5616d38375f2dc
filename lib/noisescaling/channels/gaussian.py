"""Information of jointly Gaussian variables, in bits: from correlations, covariances, samples."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive, same_length, whole

FloatArray = NDArray[np.float64]


def correlation_information(rho_squared: ArrayLike) -> FloatArray:
    """Information between two Gaussian variables of squared correlation rho^2, in bits.

    I = -1/2 log2(1 - rho^2)   (book, equation `eq-correlation-information`)

    Parameters
    ----------
    rho_squared
        Squared correlation, any shape, at least 0 and below 1.

    Raises
    ------
    ValueError
        If a value is not finite or not in [0, 1).
    """
    rho = finite("rho_squared", rho_squared)
    if rho.size and (rho.min() < 0 or rho.max() >= 1):
        raise ValueError(
            f"rho_squared runs from {rho.min():g} to {rho.max():g}; give values of at least 0 "
            "and below 1"
        )
    return np.asarray(-0.5 * np.log2(1 - rho))


def attenuated(rho_max_squared: ArrayLike, snr: ArrayLike) -> FloatArray:
    """Squared correlation that is left when noise of a signal-to-noise ratio is added.

    rho^2 = rho_max^2 SNR / (1 + SNR)   (book, equation `eq-attenuation`)

    Parameters
    ----------
    rho_max_squared
        Squared correlation of the signal with the clean measurement, any shape.
    snr
        Variance of the clean measurement over the variance of the noise, above 0.

    Raises
    ------
    ValueError
        If a value is not finite or `snr` is not above 0.
    """
    ratio = positive("snr", snr)
    return np.asarray(finite("rho_max_squared", rho_max_squared) * ratio / (1 + ratio))


def gaussian_information(covariance: ArrayLike, n_x: int) -> float:
    """Information between the first `n_x` and the other coordinates of a Gaussian vector, in bits.

    I = 1/2 log2[ det S_x det S_y / det S ]   (book, equation `eq-log-det`)

    Parameters
    ----------
    covariance
        Covariance S, shape (n_x + n_y, n_x + n_y), symmetric and positive definite.
    n_x
        Number of coordinates of the first vector.

    Raises
    ------
    ValueError
        If the matrix is not square, not symmetric or not positive definite, or if `n_x` leaves no
        coordinate for one of the vectors.
    """
    matrix = covariance_matrix("covariance", covariance)
    n_x = whole("n_x", n_x, at_least=1)
    if n_x >= len(matrix):
        raise ValueError(
            f"n_x = {n_x} leaves no second vector among {len(matrix)} coordinates; give at most "
            f"{len(matrix) - 1}"
        )
    parts = (matrix[:n_x, :n_x], matrix[n_x:, n_x:], matrix)
    x, y, both = (np.linalg.slogdet(part)[1] for part in parts)
    return float((x + y - both) / (2 * np.log(2)))


def sample_information(x: ArrayLike, y: ArrayLike) -> float:
    """Information between two samples taken as jointly Gaussian, in bits, less its known bias.

    The estimate from the sample covariance of n points is too high by d_x d_y / (2 n ln 2) bits to
    first order in 1/n; that much is subtracted, so that independent data give 0 on average.

    Parameters
    ----------
    x, y
        Samples of shape (n, d_x) and (n, d_y), or (n,).

    Raises
    ------
    ValueError
        If lengths differ, values are not finite, or n is not above d_x + d_y + 1.
    """
    first, second = (
        finite(name, v).reshape(len(np.asarray(v)), -1) for name, v in (("x", x), ("y", y))
    )
    n, d = same_length(x=first, y=second), first.shape[1] + second.shape[1]
    if n <= d + 1:
        raise ValueError(f"{n} points are too few for {d} coordinates; give at least {d + 2}")
    covariance = np.cov(np.hstack([first, second]), rowvar=False)
    bias = first.shape[1] * second.shape[1] / (2 * n * float(np.log(2)))
    return gaussian_information(covariance, first.shape[1]) - bias


def covariance_matrix(name: str, values: ArrayLike) -> FloatArray:
    """Return a symmetric, positive definite matrix, or refuse it by name."""
    matrix = finite(name, values, ndim=2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} has shape {matrix.shape}; give a square matrix")
    gap = float(np.abs(matrix - matrix.T).max())
    if gap > 1e-8 * np.abs(matrix).max():
        raise ValueError(f"{name} differs from its transpose by {gap:g}; give a symmetric matrix")
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest <= 0:
        raise ValueError(
            f"{name} has an eigenvalue of {lowest:g}; a covariance of full rank has none below or "
            "at 0"
        )
    return matrix
