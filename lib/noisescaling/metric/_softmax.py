"""A softmax classifier, fitted to all folds at once, and its chances for rows it never saw."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Weight of the quadratic penalty, against a loss that is summed over rows.
PENALTY = 0.1
#: Share of the label frequencies that is mixed into each chance, so that none is 0.
FLOOR = 1e-3
MAX_STEPS = 100


def held_out_log_chances(design: Array, codes: Rows, folds: Sequence[Rows]) -> tuple[Array, bool]:
    """Return log2 of the chance that a softmax classifier gives each row's own code, shape (n,).

    `design` is (n, p). Each fold's rows are judged by a classifier of all the other rows. The
    second value tells whether all of them stopped before `MAX_STEPS`.
    """
    inputs = np.hstack([design, np.ones((len(design), 1))])
    n_codes = int(codes.max()) + 1
    chances = np.empty(len(codes))
    converged = True
    for rows in folds:
        kept = np.ones(len(codes), dtype=bool)
        kept[rows] = False
        weights, stopped = _fit(inputs[kept], codes[kept], n_codes)
        converged &= stopped
        own = np.exp(log_softmax(inputs[rows] @ weights, axis=1))[range(len(rows)), codes[rows]]
        share = np.bincount(codes[kept], minlength=n_codes)[codes[rows]] / kept.sum()
        chances[rows] = (1 - FLOOR) * own + FLOOR * share
    return np.asarray(np.log2(np.maximum(chances, 1e-12))), converged


def _fit(inputs: Array, codes: Rows, n_codes: int) -> tuple[Array, bool]:
    """Return weights (p, n_codes) of least penalized loss, and whether the search ended by itself.

    The last input is constant and free of the penalty.
    """
    target = np.eye(n_codes)[codes]
    shape = (inputs.shape[1], n_codes)
    penalty = np.full((shape[0], 1), PENALTY)
    penalty[-1] = 1e-6

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(shape)
        log_chances = log_softmax(inputs @ weights, axis=1)
        value = -(target * log_chances).sum() + (penalty * weights**2).sum()
        slope = inputs.T @ (np.exp(log_chances) - target) + 2 * penalty * weights
        return float(value), slope.ravel()

    start = np.zeros(shape)
    start[-1] = np.log(np.maximum(target.mean(0), 1e-6))
    options = {"maxiter": MAX_STEPS, "ftol": 1e-7}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x.reshape(shape)), bool(found.success)
