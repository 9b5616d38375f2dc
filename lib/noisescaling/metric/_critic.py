"""The best critic of latent pairs, and what it would show with endlessly many rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noisescaling.metric._mixture import COMPONENTS, MAX_ROWS, Mixture, Score, fit_mixture, score
from noisescaling.metric._sides import Array, Rows


@dataclass(frozen=True)
class Verdict:
    """What critics show of pairs, in bits.

    Attributes
    ----------
    bits
        What the best critic would show with endlessly many rows.
    bound
        The most that any shows on rows that it has not seen, with its standard error.
    error, bound_error
        Standard errors.
    n_components
        Components of the best critic.
    """

    bits: float
    error: float
    bound: float
    bound_error: float
    n_components: int


def judge(u: Array, v: Array, halves: Sequence[Rows], components: Sequence[int] = COMPONENTS) -> Verdict:
    """Return what mixtures show of pairs u, v (n, m): each fitted on one half, seen on the other.

    What a fit to m rows misses is as much as it finds too much on these rows, and falls as one over
    m; so bits on rows not seen, of fits to the halves, count once, and bits of a fit to all rows on
    the same rows twice.
    """
    halves = [rows[: MAX_ROWS // 2] for rows in halves]
    seen: list[tuple[float, float, float, int]] = []
    for n_components in components:
        scores = [_held_out(u, v, *pair, n_components) for pair in (halves, halves[::-1])]
        bits, bound, error = np.mean([[s.bits, s.bound, s.error] for s in scores], axis=0)
        seen.append((float(bits), float(bound), float(error) / np.sqrt(2), n_components))
        if seen[-1][0] < max(seen)[0]:
            break
    bits, _, error, n_components = max(seen)
    rows = np.concatenate(halves)
    fitted = _fitted(u[rows], v[rows], n_components)
    inside = score(fitted, u[rows], v[rows]).bits
    gain = max(0.0, 2 * (inside - bits) / 3)
    best = max(seen, key=lambda one: one[1])
    return Verdict(bits + gain, float(np.hypot(error, gain / 2)), best[1], best[2], n_components)


def _held_out(u: Array, v: Array, fit: Rows, rest: Rows, n_components: int) -> Score:
    return score(_fitted(u[fit], v[fit], n_components), u[rest], v[rest])


def _fitted(u: Array, v: Array, n_components: int) -> Mixture:
    return fit_mixture(np.hstack([u, v]), n_components, seed=0)
