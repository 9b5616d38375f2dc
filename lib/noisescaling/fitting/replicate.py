"""The law of information between two halves of the same cells, which needs no signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import curve_fit

from noisescaling._checks import above_zero, finite, positive, same_length

FloatArray = NDArray[np.float64]


def replicate_law(u: ArrayLike, u_snr: float, directions: float) -> FloatArray:
    """Information between halves, in bits: I_rep(u) = -d/2 log2(1 - r^2), r = u / (u + 2 u_snr).

    Parameters
    ----------
    u
        Quality of the whole measurement, above 0; any shape.
    u_snr
        Quality at which signal equals noise, in the unit of `u`.
    directions
        d: directions of the representation that the halves agree in, as if all were alike.

    Examples
    --------
    >>> from noisescaling.fitting.replicate import replicate_law
    >>> replicate_law([10, 100, 1000], u_snr=50, directions=3).round(2)
    array([0.02, 0.62, 3.79])
    """
    above_zero(u_snr=u_snr, directions=directions)
    r = positive("u", u) / (positive("u", u) + 2 * u_snr)
    return np.asarray(-directions / 2 * np.log2(1 - r**2))


@dataclass(frozen=True)
class ReplicateFit:
    """A fit of `replicate_law`.

    Attributes
    ----------
    u_snr
        Quality at which what the halves agree in equals the noise.
    interval
        Its 95 % interval, from the curvature of the squared error.
    directions
        Number of directions that the halves agree in.
    r_squared
        Share of the variance of the points that the law explains.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling.fitting.replicate import fit_replicate_law, replicate_law
    >>> u = np.geomspace(10, 1000, 6)
    >>> fit = fit_replicate_law(u, replicate_law(u, 50, 3))
    >>> fit.predict([100.0]).round(2)
    array([0.62])
    """

    u_snr: float
    interval: tuple[float, float]
    directions: float
    r_squared: float

    def predict(self, u: ArrayLike) -> FloatArray:
        """Return the law's information, in bits, at qualities of any shape."""
        return replicate_law(u, self.u_snr, self.directions)


def fit_replicate_law(u: ArrayLike, bits: ArrayLike) -> ReplicateFit:
    """Fit the law of information between halves by least squares.

    There is no ceiling to fit: two looks at one state agree ever better. Nor can halves tell what
    part of their agreement is biology: a technical difference between cells is in both of them.

    Parameters
    ----------
    u
        Qualities, (n,), above 0.
    bits
        Information between halves at each, (n,).

    Raises
    ------
    ValueError
        If there are fewer than three qualities, or the information does not rise above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling.fitting.replicate import fit_replicate_law, replicate_law
    >>> u = np.geomspace(10, 1000, 6)
    >>> fit = fit_replicate_law(u, replicate_law(u, 50, 3))
    >>> round(fit.u_snr, 1), round(fit.directions, 1)
    (50.0, 3.0)
    """
    x, y = positive("u", u), finite("bits", bits)
    same_length(u=x, bits=y)
    if len(np.unique(x)) < 3:
        raise ValueError(f"u holds {len(np.unique(x))} different qualities; give at least 3")
    if y.max() <= 0:
        raise ValueError(f"bits reach {y.max():g}: the halves agree in nothing; give deeper data")
    parameters, covariance = curve_fit(
        lambda at, *logs: replicate_law(at, *np.exp(logs)), x, y,
        p0=[np.log(np.median(x)), 0.0], bounds=([-20, -5], [20, 5]),
    )  # fmt: skip
    u_snr, directions = np.exp(parameters)
    spread = 1.96 * np.sqrt(covariance[0, 0])
    residual = y - replicate_law(x, u_snr, directions)
    share = 1 - float(residual @ residual) / float(((y - y.mean()) ** 2).sum())
    ends = np.exp(np.minimum(parameters[0] + np.array([-spread, spread]), 700.0))
    return ReplicateFit(float(u_snr), (float(ends[0]), float(ends[1])), float(directions), share)
