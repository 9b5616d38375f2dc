"""Embeddings of real cells and images, with known information sent through a noisy channel."""

from collections.abc import Iterator
from functools import cache

import numpy as np
from benchmarks.metric.cases import Array
from numpy.typing import NDArray
from scipy.stats import entropy as nats

from noisescaling import datasets, models, noise

#: Two kinds of blood cell that no embedding mistakes for each other.
KINDS = ("CD4 T", "CD14 monocyte")


@cache
def cells() -> tuple[Array, Array, NDArray[np.str_]]:
    """Return a PCA of 6,855 blood cells, their 14 proteins and their types, "" for none."""
    data = datasets.load("citeseq")
    types = np.full(data.counts.shape[0], "", dtype="U20")
    signal = data.signals["cell_type"]
    types[signal.rows] = signal.values
    model = models.build("PCA", size="small", seed=0).fit(data.counts)
    return model.embed(data.counts), data.signals["protein"].values, types


def halves(model: str, n: int = 4_000) -> tuple[Array, Array]:
    """Return embeddings of two disjoint halves of the molecules of n blood cells, (n, d) each."""
    counts = datasets.load("citeseq").counts[:n]
    first, second = noise.split(counts, np.random.default_rng(1))
    built = models.build(model, size="small", seed=0).fit(first)
    return built.embed(first), built.embed(second)


def _sent(values: NDArray[np.int64], wrong: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Send classes (n,) through a symmetric channel that replaces a share by one of the others."""
    k = int(values.max()) + 1
    step = np.where(rng.random(len(values)) < wrong, rng.integers(1, k, len(values)), 0)
    return np.asarray((values + step) % k)


def _capacity(k: int, wrong: float) -> float:
    """Return the bits that a symmetric channel of k equally frequent classes lets through."""
    return float(np.log2(k) - nats([1 - wrong, *[wrong / (k - 1)] * (k - 1)], base=2))


def _paired(
    embedding: Array, classes: NDArray[np.int64], wrong: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Pair each row with another whose class is its own, sent through the channel.

    No row is used twice. Given the classes the two sides are independent, and the class is known
    from the row, so that the pairs share what the channel lets through.
    """
    k = int(classes.max()) + 1
    order = rng.permutation(len(classes))
    own = [order[classes[order] == c] for c in range(k)]
    each = int(0.45 * min(len(r) for r in own))  # which leaves partners enough of every class
    one = rng.permutation(np.concatenate([r[:each] for r in own]))
    spare = [iter(r[each:]) for r in own]
    two = np.array([next(spare[sent]) for sent in _sent(classes[one], wrong, rng)])
    return embedding[one], embedding[two]


def channels() -> Iterator[tuple[str, float, Array, Array]]:
    """Yield name, bits, x and y: cells and images of known information.

    Each axis of several bits is one cell of either kind; images are ten digits, by all their axes.
    """
    embedding, _, types = cells()
    kept = np.isin(types, KINDS)
    kinds = (types[kept] == KINDS[1]).astype(np.int64)
    for wrong in (0.0, 0.05, 0.1, 0.2, 0.5):
        for n_bits in (1, 3):
            rng = np.random.default_rng([7, n_bits])
            sides = [_paired(embedding[kept], kinds, wrong, rng) for _ in range(n_bits)]
            n = min(len(x) for x, _ in sides)
            x, y = (np.hstack([side[i][:n] for side in sides]) for i in (0, 1))
            yield f"cells, {n_bits} kinds, {wrong:g} wrong", n_bits * _capacity(2, wrong), x, y
    images = datasets.load("digits")
    pixels = models.build("PixelPCA", seed=0).fit(images).embed(images)
    for wrong in (0.0, 0.1, 0.3, 0.9):
        x, y = _paired(pixels, images.labels, wrong, np.random.default_rng(8))
        yield f"images, ten digits, {wrong:g} wrong", _capacity(10, wrong), x, y
