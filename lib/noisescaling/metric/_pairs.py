"""Information in several latent pairs, counted by neighbours and freed of its bias."""

from dataclasses import dataclass

import numpy as np

from noisescaling.metric._crossfit import CLEAR, held_out_correlations
from noisescaling.metric._neighbours import Count
from noisescaling.metric._sides import Array, to_normal

#: Another pair must add this many bits, or it is noise or repeats what is there.
MIN_GAIN = 0.03
#: Dependence among latents of one side, in bits, at which single pairs are trusted to 1/e.
REDUNDANCY = 0.1
#: Single pairs are not counted below this weight.
MIN_WEIGHT = 0.02
#: Neighbours a point at least; more only where little information allows a coarse view.
MIN_NEIGHBOURS = 3


@dataclass(frozen=True)
class Pairs:
    """Latent pairs in use and their information.

    Attributes
    ----------
    bits
        Information in bits.
    u, v
        The latents in use, shape (n, m) each, with normal margins.
    weight
        How far the sum over single pairs was trusted, 0 to 1.
    contributions
        Each row's own term, in bits, shape (n,): of the pairs one by one as far as these are
        trusted, of all of them at once as far as not.
    columns
        The columns taken from the latents that were offered.
    """

    bits: float
    u: Array
    v: Array
    weight: float
    contributions: Array
    columns: tuple[int, ...] = ()


def neighbours_for(n: int, bits: float, n_pairs: int) -> int:
    """Return the neighbours a point for n rows that share about `bits`.

    The k nearest must fit into the width of the dependence, which halves with each bit.
    """
    share = max(bits, 0) / n_pairs
    fitting = min(0.4 / n_pairs * n * float(0.25**share), n / 50, 20 / n_pairs * float(0.5**share))
    return max(int(fitting), MIN_NEIGHBOURS)


def information(a: Array, b: Array, count: Count) -> tuple[Array, int]:
    """Return each row's contribution to I(a; b) in bits, and the neighbours it was counted by."""
    contributions = count(a, b, MIN_NEIGHBOURS)
    k = neighbours_for(len(a), float(contributions.mean()), min(a.shape[1], b.shape[1]))
    return (contributions, k) if k == MIN_NEIGHBOURS else (count(a, b, k), k)


def add_pairs(u: Array, v: Array, rng: np.random.Generator, count: Count) -> Pairs:
    """Take pairs from the best on while they add information; u and v are of shape (n, m)."""
    shared = held_out_correlations(u, v)
    order = [int(i) for i in np.argsort(-shared)]
    clear = int((shared > CLEAR / np.sqrt(len(u))).sum())
    apart: dict[int, Array] = {}
    best = several(u, v, order[:1], rng, count, apart)
    for m in range(2, clear + 1):
        trial = several(u, v, order[:m], rng, count, apart)
        if trial.bits < best.bits + MIN_GAIN:
            break
        best = trial
    return best


def several(
    u: Array,
    v: Array,
    columns: list[int],
    rng: np.random.Generator,
    count: Count,
    apart: dict[int, Array],
) -> Pairs:
    """Return the information in all the pairs of columns of u and v (n, m) that are named.

    Neighbours lose information in many dimensions, but not in two, where each pair can be counted
    alone (its terms are kept by column in `apart`). The sum over the pairs lacks what they tell
    together; that is the difference between all pairs and a copy in which each pair is shuffled
    against the others, which neighbours see with the same loss. This holds as far as the latents of
    one side do not depend on each other; as far as they do, all pairs are counted at once.
    """
    u, v = to_normal(u[:, columns]), to_normal(v[:, columns])
    at_once, k = information(u, v, count)
    if len(columns) == 1:
        apart[columns[0]] = at_once
    weight = float(np.exp(-(redundancy(u) + redundancy(v)) / REDUNDANCY))
    if len(columns) == 1 or weight < MIN_WEIGHT:
        return Pairs(float(at_once.mean()), u, v, weight, at_once, tuple(columns))
    for i, column in enumerate(columns):
        if column not in apart:
            apart[column], _ = information(u[:, [i]], v[:, [i]], count)
    alone = np.sum([apart[column] for column in columns], axis=0)
    together = float(at_once.mean()) - _shuffled_apart(u, v, k, rng, count)
    noise = 2 * float((at_once - alone).var()) / len(u)
    together *= max(0.0, 1 - noise / max(together**2, 1e-300))
    terms = (1 - weight) * at_once + weight * alone
    bits = float(terms.mean()) + weight * together
    return Pairs(bits, u, v, weight, terms, tuple(columns))


def _shuffled_apart(u: Array, v: Array, k: int, rng: np.random.Generator, count: Count) -> float:
    """Return what neighbours count when each pair is shuffled against the others, in bits."""
    orders = [rng.permutation(len(u)) for _ in range(u.shape[1])]
    shuffled_u = np.column_stack([u[order, i] for i, order in enumerate(orders)])
    shuffled_v = np.column_stack([v[order, i] for i, order in enumerate(orders)])
    return float(count(shuffled_u, shuffled_v, k).mean())


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


def gaussian_bits(u: Array, v: Array) -> float:
    """Return the information of Gaussians with the correlations of u and v (n, m), in bits."""
    m = u.shape[1]
    whole = np.atleast_2d(np.corrcoef(np.hstack([u, v]), rowvar=False))
    blocks = whole, whole[:m, :m], whole[m:, m:]
    joint, one, other = (np.linalg.slogdet(block)[1] for block in blocks)
    return float((one + other - joint) / (2 * np.log(2)))
