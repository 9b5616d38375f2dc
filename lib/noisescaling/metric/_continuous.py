"""Information with a continuous signal: compress both sides on one half, count on the other."""

import numpy as np
from numpy.typing import NDArray

from noisescaling.metric._linear import canonical_directions
from noisescaling.metric._margins import tied_fraction, to_normal
from noisescaling.metric._neighbours import ksg
from noisescaling.metric._result import Diagnostics, MutualInformation

Array = NDArray[np.float64]

#: Another canonical pair must add this many bits, or it is noise.
MIN_GAIN = 0.03
MAX_PAIRS = 8
N_BLOCKS = 5


def estimate_continuous(
    x: Array, y: Array, rng: np.random.Generator, pointwise: bool
) -> MutualInformation:
    """Estimate I(x; y) in bits for x (n, d) and y (n, k)."""
    n = len(x)
    tied = tied_fraction(x)
    a, b = _spread_ties(to_normal(x), rng), _spread_ties(to_normal(y), rng)
    order = rng.permutation(n)
    folds = order[: n // 2], order[n // 2 :]
    contributions = np.empty(n)
    blocks: list[float] = []
    used = 0
    for held, other in (folds, folds[::-1]):
        u, v = _latents(a[other], b[other], a[held], b[held])
        contributions[held], m = _best_pairs(u, v)
        used = max(used, m)
        parts = np.array_split(np.arange(len(held)), N_BLOCKS)
        blocks += [float(ksg(u[part, :m], v[part, :m]).mean()) for part in parts if m]
    error = float(np.std(blocks, ddof=1) / np.sqrt(len(blocks))) if blocks else 0.0
    return MutualInformation(
        bits=float(contributions.mean()),
        standard_error=error,
        n_samples=n,
        signal="continuous",
        diagnostics=Diagnostics(n_latents=used, converged=True, tied_fraction=tied),
        pointwise=contributions if pointwise else None,
    )


def _spread_ties(a: Array, rng: np.random.Generator) -> Array:
    """Break ties by a scatter far below any scale of the data, or the counts below fail."""
    return a + 1e-9 * rng.standard_normal(a.shape)


def _latents(a: Array, b: Array, held_a: Array, held_b: Array) -> tuple[Array, Array]:
    mean_a, mean_b = a.mean(0), b.mean(0)
    ridge = 1e-3
    left, right, _ = canonical_directions(a - mean_a, b - mean_b, ridge)
    return (held_a - mean_a) @ left[:, :MAX_PAIRS], (held_b - mean_b) @ right[:, :MAX_PAIRS]


def _best_pairs(u: Array, v: Array) -> tuple[Array, int]:
    """Add canonical pairs one by one while the estimate still gains."""
    best, used = ksg(u[:, :1], v[:, :1]), 1
    for m in range(2, u.shape[1] + 1):
        trial = ksg(u[:, :m], v[:, :m])
        if trial.mean() < best.mean() + MIN_GAIN:
            break
        best, used = trial, m
    return best, used
