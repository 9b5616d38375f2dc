"""A fixed nonlinear layer: the columns and bent copies of them, for canonical correlation."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Columns that get bent copies; of more, the principal axes with the largest variance do.
MAX_BENT = 32
#: Columns up to which all products of two are taken, not the squares alone.
MAX_PRODUCTS = 8


def bent(a: Array) -> Array:
    """Return `a` (n, d) beside products of two columns, log |a| and columns scaled by |a|.

    Second-order terms see signals in magnitudes; the scaled columns see a common scale, as of
    heavy-tailed or depth-dependent rows, and turns that grow with the distance from the centre.
    """
    core = a if a.shape[1] <= MAX_BENT else _leading(a)
    size = (core**2).mean(1, keepdims=True)
    logarithm = np.log(size + 0.1)
    return np.hstack([a, _products(core), logarithm, core * logarithm, core * size])


def _products(core: Array) -> Array:
    if core.shape[1] > MAX_PRODUCTS:
        return core**2
    i, j = np.triu_indices(core.shape[1])
    return core[:, i] * core[:, j]


def _leading(a: Array) -> Array:
    centred = a - a.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(a))
    leading = centred @ axes[:, -MAX_BENT:]
    return np.asarray(leading / np.sqrt(np.maximum(variances[-MAX_BENT:], 1e-12)))
