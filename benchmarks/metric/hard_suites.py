"""Suites of what is hard: each function yields the rows of one CSV."""

from collections.abc import Callable, Iterator
from math import log2

import numpy as np
from benchmarks.metric.cases import Array, Case, gaussian
from benchmarks.metric.hard_cases import (
    FURTHER,
    FURTHER_N,
    HARD,
    HARD_SEED,
    LOW,
    WIDE,
    WIDE_N,
    before,
    views,
)
from benchmarks.metric.real_cases import cells, channels, halves
from benchmarks.metric.suites import told
from benchmarks.points import Row

Draw = Callable[[int, int], tuple[Array, Array]]


def _beside_before(case: Case, n: int) -> Row:
    """Measure a case, with what the estimator before this one read on the same sample."""
    x, y = case.draw(n, HARD_SEED)
    base = {"case": case.name, "family": case.family, "n_samples": n, "dim": case.dim_x}
    base |= {"true_bits": round(case.bits, 5)} | told(x, y, signal="continuous")
    past = before()[case.name]
    return base | {f"before_{name}": past[name] for name in ("bits", "standard_error", "seconds")}


def hard() -> Iterator[Row]:
    """What the estimator before this one read wrong, with what it read on the same sample."""
    for case, n in HARD:
        yield _beside_before(case, n)


def wide() -> Iterator[Row]:
    """Three pairs in 128 to 2,048 columns."""
    for case in WIDE:
        yield _beside_before(case, WIDE_N)


def further() -> Iterator[Row]:
    """Further laws, most of them hard, for the verdict."""
    for n, draws in FURTHER_N:
        for case in FURTHER:
            for seed in range(draws):
                base = {"case": case.name, "family": case.family, "n_samples": n, "seed": seed}
                found = told(*case.draw(n, 77 + seed))
                del found["seconds"]
                yield base | {"true_bits": round(case.bits, 5)} | found


def classes() -> Iterator[Row]:
    """Many classes: 500 of two rows each."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(1_000) % 500
    centres = 50 * rng.standard_normal((500, 16))
    noise = rng.standard_normal((1_000, 16))
    for name, bits, x in (
        ("500 classes, independent", 0.0, noise),
        ("500 classes, wide apart", log2(500), centres[labels] + noise),
    ):
        base = {"case": name, "n_samples": 1_000, "dim": 16}
        yield base | {"true_bits": round(bits, 5)} | told(x, labels.astype(str))


def _draws() -> Iterator[tuple[str, float | str, Draw]]:
    """Yield name, bits where known, and a drawer of n rows by a seed."""
    for case in (gaussian(16, 1, 1), gaussian(16, 3, 3), views(*LOW[0])):
        yield case.name, round(case.bits, 5), lambda n, seed, case=case: case.draw(n, seed)
    embedding, proteins, types = cells()
    typed = np.flatnonzero(~np.isin(types, ["", "CD16 monocyte"]))  # of which there are 38

    def some(rows: Array, other: Array) -> Draw:
        def draw(n: int, seed: int) -> tuple[Array, Array]:
            drawn = np.random.default_rng(seed).choice(rows, n, replace=False)
            return embedding[drawn], other[drawn]

        return draw

    yield "blood cells, proteins", "", some(np.arange(len(embedding)), proteins)
    yield "blood cells, cell type", "", some(typed, types)


def rows() -> Iterator[Row]:
    """Ten draws of 150 to 3,000 rows of one embedding."""
    for name, bits, draw in _draws():
        for n in (150, 300, 1_000, 3_000):
            for number in range(10):
                base = {"case": name, "n_samples": n, "draw": number, "true_bits": bits}
                yield base | told(*draw(n, 100 + number))


def seeds() -> Iterator[Row]:
    """One sample of 296 rows, only the metric's own seed changed."""
    for name, bits, draw in _draws():
        x, y = draw(296, 1)
        for seed in range(10):
            base = {"case": name, "n_samples": 296, "seed": seed, "true_bits": bits}
            yield base | told(x, y, seed=seed)


def real() -> Iterator[Row]:
    """Real cells and images that share what a noisy channel lets through, and halves of cells."""
    for name, bits, x, y in channels():
        base = {"case": name, "n_samples": len(x), "dim": x.shape[1], "true_bits": round(bits, 5)}
        yield base | told(x, y)
    for model in ("PCA", "RandomProjection"):
        x, y = halves(model)
        base = {"case": f"halves of cells, {model}", "n_samples": len(x), "dim": x.shape[1]}
        yield base | {"true_bits": ""} | told(x, y)


HARD_SUITES = {
    "hard": hard,
    "wide": wide,
    "further": further,
    "classes": classes,
    "rows": rows,
    "seeds": seeds,
    "real": real,
}
