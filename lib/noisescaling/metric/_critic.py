"""The best critic of latent pairs, and what it would show with endlessly many rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noisescaling.metric._mixture import MAX_ROWS, Mixture, Score, fit_mixture, score
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


def judge(
    views: Sequence[tuple[Array, Array]], halves: Sequence[Rows], components: Sequence[int]
) -> Verdict:
    """Return what mixtures show in the best view of the pairs, two arrays (n, m).

    Each is fitted on one half of the rows and seen on the other.

    What a fit to m rows misses is as much as it finds too much on these rows, and falls as one over
    m; so bits on rows not seen, of fits to the halves, count once, and bits of a fit to all rows on
    the same rows twice.
    """
    halves = [rows[: MAX_ROWS // 2] for rows in halves]
    if len(views) > 1:
        bounds = [_seen(*view, halves, components[1:2]).bound for view in views]
        views = [views[int(np.argmax(bounds))]]
    chosen = _seen(*views[0], halves, components)
    inside = score(_fitted(chosen.u, chosen.v, chosen.n_components), chosen.u, chosen.v)
    gain = max(0.0, 2 * (inside.bits - chosen.bits) / 3)
    error = float(np.hypot(chosen.error, gain / 2))
    return Verdict(chosen.bits + gain, error, chosen.bound, chosen.error, chosen.n_components)


@dataclass(frozen=True)
class _Seen:
    """What the likeliest critic shows of one view, u and v (n, m), on rows not fitted."""

    bits: float
    error: float
    bound: float
    n_components: int
    u: Array
    v: Array


def _seen(u: Array, v: Array, halves: Sequence[Rows], components: Sequence[int]) -> _Seen:
    """Return the view by the number of components at which held-out rows are likeliest."""
    best, most = None, -np.inf
    rows = np.concatenate(halves)
    for n_components in components:
        scores = [_held_out(u, v, halves[i], halves[1 - i], n_components) for i in (0, 1)]
        columns = [[s.bits, s.error, s.bound, s.likelihood] for s in scores]
        bits, error, bound, likelihood = (float(mean) for mean in np.mean(columns, axis=0))
        if likelihood < most:
            break
        most = likelihood
        best = _Seen(bits, error / np.sqrt(2), bound, n_components, u[rows], v[rows])
    assert best is not None
    return best


def _held_out(u: Array, v: Array, fit: Rows, rest: Rows, n_components: int) -> Score:
    return score(_fitted(u[fit], v[fit], n_components), u[rest], v[rest])


def _fitted(u: Array, v: Array, n_components: int) -> Mixture:
    return fit_mixture(np.hstack([u, v]), n_components, seed=0)
