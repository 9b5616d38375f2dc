"""Information in several latent pairs, counted by neighbours and freed of its bias."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisescaling.metric._linear import held_out_correlations
from noisescaling.metric._margins import to_normal
from noisescaling.metric._neighbours import ksg

Array = NDArray[np.float64]

#: Another pair must add this many bits, or it is noise or repeats what is there.
MIN_GAIN = 0.03
#: Dependence among latents of one side, in bits, at which the correction has faded to 1/e.
REDUNDANCY = 0.1
#: Standard errors by which the held-out correlation of a further pair must exceed 0.
CLEAR = 3.0
#: The correction is left out below this weight.
MIN_WEIGHT = 0.02
#: Neighbours a point at least; more only where little information allows a coarse view.
MIN_NEIGHBOURS = 3


@dataclass(frozen=True)
class Pairs:
    """Latent pairs in use and their information.

    Attributes
    ----------
    bits
        Information in bits, bias correction included.
    u, v
        The latents in use, shape (n, m) each, with normal margins.
    k
        Neighbours a point.
    weight
        How far the bias correction was trusted, 0 to 1.
    contributions
        Each row's own term before the correction, in bits, shape (n,).
    columns
        The columns taken from the latents that were offered.
    """

    bits: float
    u: Array
    v: Array
    k: int
    weight: float
    contributions: Array
    columns: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of latent pairs."""
        return self.u.shape[1]


def neighbours_for(n: int, bits: float, n_pairs: int) -> int:
    """Return the neighbours a point for n rows that share about `bits`.

    The k nearest must fit into the width of the dependence, which halves with each bit.
    """
    share = max(bits, 0) / n_pairs
    fitting = min(0.4 / n_pairs * n * 4.0**-share, n / 50, 20 / n_pairs * 2.0**-share)
    return max(int(fitting), MIN_NEIGHBOURS)


def information(a: Array, b: Array) -> tuple[Array, int]:
    """Return each row's contribution to I(a; b) in bits, and the neighbours it was counted by."""
    contributions = ksg(a, b, MIN_NEIGHBOURS)
    k = neighbours_for(len(a), float(contributions.mean()), min(a.shape[1], b.shape[1]))
    return (contributions, k) if k == MIN_NEIGHBOURS else (ksg(a, b, k), k)


def add_pairs(u: Array, v: Array, rng: np.random.Generator) -> Pairs:
    """Take pairs from the best on while they add information; u and v are of shape (n, m)."""
    shared = held_out_correlations(u, v)
    order = [int(i) for i in np.argsort(-shared)]
    clear = int((shared > CLEAR / np.sqrt(len(u))).sum())
    apart: dict[int, float] = {}
    best = several(u, v, order[:1], rng, apart)
    for m in range(2, clear + 1):
        trial = several(u, v, order[:m], rng, apart)
        if trial.bits < best.bits + MIN_GAIN:
            break
        best = trial
    return best


def several(
    u: Array, v: Array, columns: list[int], rng: np.random.Generator, apart: dict[int, float]
) -> Pairs:
    """Return the information in all the pairs of columns of u and v (n, m) that are named.

    Neighbours lose information in many dimensions. What they lose is measured on a copy in which
    each pair is shuffled against the others: its information is the sum over the pairs, each well
    estimated in two dimensions (kept by column in `apart`). The correction fades where the latents of one side depend on each
    other, for then the copy spreads over more dimensions than the data.
    """
    u, v = to_normal(u[:, columns]), to_normal(v[:, columns])
    contributions, k = information(u, v)
    weight = float(np.exp(-(redundancy(u) + redundancy(v)) / REDUNDANCY))
    bits = float(contributions.mean())
    if len(columns) > 1 and weight > MIN_WEIGHT:
        for i, column in enumerate(columns):
            if column not in apart:
                apart[column] = float(information(u[:, [i]], v[:, [i]])[0].mean())
        shuffled = _shuffled_apart(u, v, k, rng)
        bits += weight * (sum(apart[column] for column in columns) - shuffled)
    return Pairs(bits, u, v, k, weight, contributions, tuple(columns))


def _shuffled_apart(u: Array, v: Array, k: int, rng: np.random.Generator) -> float:
    """Return what neighbours count when each pair is shuffled against the others, in bits."""
    orders = [rng.permutation(len(u)) for _ in range(u.shape[1])]
    shuffled_u = np.column_stack([u[order, i] for i, order in enumerate(orders)])
    shuffled_v = np.column_stack([v[order, i] for i, order in enumerate(orders)])
    return float(ksg(shuffled_u, shuffled_v, k).mean())


def redundancy(u: Array) -> float:
    """Return the dependence among the columns of u (n, m), normal margins, in bits.

    The largest correlation of Hermite polynomials up to the third degree, over each pair of
    columns, taken as Gaussian information and summed.
    """
    n, m = u.shape
    bases = [np.stack([z, (z**2 - 1) / np.sqrt(2), (z**3 - 3 * z) / np.sqrt(6)]) for z in u.T]
    total = 0.0
    for j in range(m):
        for i in range(j):
            squared = float(((bases[j] @ bases[i].T / n) ** 2).max()) - 4 / n
            total -= 0.5 * np.log2(1 - min(max(squared, 0.0), 0.99))
    return total
