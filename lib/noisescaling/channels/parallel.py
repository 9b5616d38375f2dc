"""Many dimensions: any Gaussian vector channel is a sum of one-dimensional ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive, same_length
from noisescaling.channels.gaussian import FloatArray, covariance_matrix


@dataclass(frozen=True)
class ParallelChannels:
    """A vector channel as a sum of one-dimensional ones, each rising at 1/B and full at 1/A.

    I(u) = 1/2 sum_i log2[ (1 + B_i u) / (1 + A_i u) ]   (book, equation `eq-parallel`)

    Parameters
    ----------
    rising
        B, shape (n_channels,): variances of the clean measurement over those of the noise at unit
        quality. 1/B is the quality at which a channel's signal-to-noise ratio is one.
    falling
        A, shape (n_channels,): the same for the part of the measurement that the signal does not
        explain. 1/A is the noise sensitivity u_bar of a channel.
    """

    rising: FloatArray
    falling: FloatArray

    def __post_init__(self) -> None:
        """Refuse channels whose information would fall with quality."""
        rising, falling = positive("rising", self.rising), finite("falling", self.falling)
        same_length(rising=rising, falling=falling)
        if falling.min() < 0 or (falling > rising).any():
            raise ValueError(
                f"falling runs from {falling.min():g} to {falling.max():g}; each must be at least "
                f"0 and at most its rising value ({rising.min():g} to {rising.max():g})"
            )

    @property
    def capacity(self) -> float:
        """Information at unlimited quality, in bits; infinite if a channel has no ceiling."""
        if (self.falling == 0).any():
            return float("inf")
        return float(0.5 * np.log2(self.rising / self.falling).sum())

    def information(self, u: ArrayLike) -> FloatArray:
        """Information at qualities `u` (any shape, above 0), in bits."""
        quality = positive("u", u)[..., None]
        terms = np.log2((1 + self.rising * quality) / (1 + self.falling * quality))
        return np.asarray(0.5 * terms.sum(axis=-1))

    def slope(self, u: ArrayLike) -> FloatArray:
        """Gain in bits for each doubling of the quality, at `u` (any shape, above 0)."""
        quality = positive("u", u)[..., None]
        rise = self.rising * quality / (1 + self.rising * quality)
        fall = self.falling * quality / (1 + self.falling * quality)
        return np.asarray(0.5 * (rise - fall).sum(axis=-1))


def parallel_channels(
    clean: ArrayLike, unexplained: ArrayLike, noise: ArrayLike
) -> ParallelChannels:
    """Split a Gaussian vector measurement with noise of covariance `noise` / u into channels.

    Parameters
    ----------
    clean
        Covariance of the clean measurement, shape (d, d).
    unexplained
        Covariance of the clean measurement given the signal, shape (d, d); not above `clean`.
    noise
        Covariance of the noise at unit quality, shape (d, d).

    Returns
    -------
    The channels: generalised eigenvalues of `clean` and `unexplained` against `noise`, each set
    sorted downwards (book, equation `eq-parallel`).

    Raises
    ------
    ValueError
        If a matrix is no covariance, or `unexplained` exceeds `clean` in some direction.
    """
    names = ("clean", "unexplained", "noise")
    first, rest, disturbance = (
        covariance_matrix(name, m)
        for name, m in zip(names, (clean, unexplained, noise), strict=True)
    )
    same_length(clean=first, unexplained=rest, noise=disturbance)
    inverse = np.linalg.inv(np.linalg.cholesky(disturbance))
    explained = np.linalg.eigvalsh(inverse @ (first - rest) @ inverse.T)
    if explained[0] < -1e-9 * np.abs(explained).max():
        raise ValueError(
            f"unexplained exceeds clean by {-explained[0]:g} noise variances in one direction; "
            "what the signal leaves open is part of the clean covariance"
        )
    rising, falling = (
        np.asarray(np.linalg.eigvalsh(inverse @ m @ inverse.T)[::-1], dtype=np.float64)
        for m in (first, rest)
    )
    return ParallelChannels(rising, np.minimum(falling, rising))
