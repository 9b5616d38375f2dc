"""The library of a pilot run: how its UMIs per cell saturate with its reads per cell."""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import OptimizeWarning, curve_fit

from noisescaling._checks import finite, positive, same_length
from noisescaling.fitting.verdict import WIDEST
from noisescaling.planning.costs import Amplification, Library

#: The most UMIs per cell that a search may find; far beyond any cell.
_MOST = 1e9


def fit_complexity(
    reads: ArrayLike, umis: ArrayLike, *, amplification: Amplification = "uneven"
) -> Library:
    """Library whose saturation curve fits the UMIs per cell that some reads per cell uncover.

    Parameters
    ----------
    reads
        Reads per cell, shape (n_points,): at least three depths, as subsampled reads of one run
        give them.
    umis
        Mean UMIs per cell at those reads, shape (n_points,).
    amplification
        Which saturation curve, as for `Library`.

    Raises
    ------
    ValueError
        If the points are too few, of different lengths, not above 0 or not rising, if there are
        more UMIs than reads, or if the UMIs do not saturate, so that the library is not known.
    """
    r, u = (finite(name, x, ndim=1) for name, x in (("reads", reads), ("umis", umis)))
    same_length(reads=positive("reads", r), umis=positive("umis", u))
    if len(np.unique(r)) < 3:
        raise ValueError(f"reads hold {len(np.unique(r))} different depths; give at least 3")
    if (u > r).any():
        worst = int(np.argmax(u / r))
        raise ValueError(
            f"umis = {u[worst]:g} is more than reads = {r[worst]:g}; a read uncovers at most one "
            "UMI, so give reads and UMIs of the same cells"
        )
    if u[np.argmax(r)] <= u[np.argmin(r)]:
        raise ValueError(
            f"umis do not rise with reads: {u[np.argmin(r)]:g} at {r.min():g} reads, "
            f"{u[np.argmax(r)]:g} at {r.max():g}"
        )

    def log_umis(r: np.ndarray, log_complexity: float, log_usable: float) -> np.ndarray:
        return np.log(Library(np.exp(log_complexity), np.exp(log_usable), amplification).umis(r))

    start = np.log([2 * u.max(), min((u / r).max(), 1.0)])
    bounds = np.log([[u.max() / 2, 1e-6], [_MOST, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # the errors are infinite, and told below
        best, spread = curve_fit(log_umis, r, np.log(u), np.clip(start, *bounds), bounds=bounds)
    complexity, usable = np.exp(best)
    open_ended = 2 * 1.96 * np.sqrt(np.diag(spread)) > np.log(WIDEST)
    if open_ended[0] or complexity > _MOST / 2:
        raise ValueError(
            f"umis rise to {u.max():g} at {r.max():g} reads and hardly saturate, so the library is "
            "not known; sequence the pilot deeper, or give its complexity yourself"
        )
    if open_ended[1]:
        raise ValueError(
            f"umis are {u[np.argmin(r)]:g} at {r.min():g} reads already and hardly rise, so the "
            "usable share of reads is not known; add shallower depths"
        )
    return Library(float(complexity), float(min(usable, 1.0)), amplification)
