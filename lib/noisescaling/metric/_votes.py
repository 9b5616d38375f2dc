"""Chances of a label by the votes of the nearest rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Leading axes in which distances are taken.
MAX_AXES = 24
#: Rows of a fold's complement that may vote; more would cost much and tell little.
MAX_VOTERS = 8_000
BLOCK = 1_024


def neighbour_log_chances(scores: Array, codes: Rows, folds: Sequence[Rows], k: int) -> Array:
    """Return log2 of the chance of each row's own code by its k nearest rows of other folds, (n,).

    `scores` (n, p) are principal scores, the leading ones last. The label frequencies vote once.
    """
    points = scores[:, -MAX_AXES:]
    chances = np.empty(len(codes))
    for rows in folds:
        kept = np.ones(len(codes), dtype=bool)
        kept[rows] = False
        voters = np.flatnonzero(kept)
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
