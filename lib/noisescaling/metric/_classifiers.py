"""Chances of labels for rows that a classifier never saw: by a softmax, and by nearest rows."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from noisescaling.metric._crossfit import Rows
from noisescaling.metric._sides import Array

#: Weight of the quadratic penalty, against a loss that is summed over rows.
PENALTY = 0.1
#: Share of the label frequencies that is mixed into each chance, so that none is 0.
FLOOR = 1e-3
MAX_STEPS = 100
#: Leading axes in which distances are taken.
MAX_AXES = 24
#: Rows of a fold's complement that may vote; more would cost much and tell little.
MAX_VOTERS = 8_000
BLOCK = 1_024


def softmax_log_chances(design: Array, codes: Rows, folds: Sequence[Rows]) -> tuple[Array, bool]:
    """Return log2 of the chance that a softmax classifier gives each row's own code, shape (n,).

    `design` is (n, p). Each fold's rows are judged by a classifier of all the other rows. The
    second value tells whether all of them stopped before `MAX_STEPS`.
    """
    inputs = np.hstack([design, np.ones((len(design), 1))])
    n_codes = int(codes.max()) + 1
    chances = np.empty(len(codes))
    converged = True
    for rows in folds:
        kept = np.delete(np.arange(len(codes)), rows)
        weights, stopped = _fit(inputs[kept], codes[kept], n_codes)
        converged &= stopped
        own = np.exp(log_softmax(inputs[rows] @ weights, axis=1))[range(len(rows)), codes[rows]]
        share = np.bincount(codes[kept], minlength=n_codes)[codes[rows]] / len(kept)
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


def neighbour_log_chances(scores: Array, codes: Rows, folds: Sequence[Rows], k: int) -> Array:
    """Return log2 of the chance of each row's own code by its k nearest rows of other folds, (n,).

    `scores` (n, p) are principal scores, the leading ones last. The label frequencies vote once.
    """
    points = scores[:, -MAX_AXES:]
    chances = np.empty(len(codes))
    for rows in folds:
        voters = np.delete(np.arange(len(codes)), rows)
        voters = voters[:: max(len(voters) // MAX_VOTERS, 1)]
        share = np.bincount(codes[voters], minlength=int(codes.max()) + 1) / len(voters)
        agree = np.concatenate(
            [
                _agreeing(points, codes, rows[start : start + BLOCK], voters, k)
                for start in range(0, len(rows), BLOCK)
            ]
        )
        chances[rows] = (agree + share[codes[rows]]) / (min(k, len(voters)) + 1)
    return np.asarray(np.log2(np.maximum(chances, 1e-12)))


def _agreeing(points: Array, codes: Rows, rows: Rows, voters: Rows, k: int) -> Array:
    """Count, for each of `rows`, the votes for its own label among its k nearest `voters`."""
    own, other = points[rows], points[voters]
    gaps = (other**2).sum(1) - 2 * own @ other.T
    nearest = np.argpartition(gaps, min(k, len(voters)) - 1, axis=1)[:, : min(k, len(voters))]
    agree = codes[voters][nearest] == codes[rows][:, None]
    return np.asarray(agree.sum(1), dtype=float)
