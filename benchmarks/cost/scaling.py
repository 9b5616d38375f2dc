"""How cost grows with cells, genes and depth.

`OMP_NUM_THREADS=1 python -m benchmarks.cost.scaling` takes some minutes.

Thinning, PCA, the small SCVI and transformer, and the metric, on simulated cells: one axis varies,
the others stay at the middle. Seconds of the processor, fit and embedding together, one thread;
the trained models take two epochs, scaled to the most they may take.
"""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
from benchmarks.points import Row, rewrite_points
from benchmarks.timing import machine, seconds

from noisescaling import noise
from noisescaling._compute import threads
from noisescaling.datasets import Dataset, simulate_cells
from noisescaling.metric import mutual_information
from noisescaling.models import PCA, SCVI, RandomProjection, RankTransformer
from study.paths import RESULTS

TABLE = RESULTS / "cost_scaling.csv"
MIDDLE = {"cells": 2000, "genes": 1000, "depth": 200}
SIZES = {"cells": (500, 2000, 8000), "genes": (250, 1000, 4000), "depth": (50, 200, 800)}
EPOCHS = 2


def pieces(clean: Dataset, depth: float) -> dict[str, tuple[Callable[[], object], float]]:
    """Return a call for each piece, and how often a point needs what it does."""
    counts = noise.downsample(clean.counts, depth, np.random.default_rng(0))
    embedding = PCA().fit(counts).embed(counts)
    x, y = clean.signals["time"].pair(embedding)
    scvi, transformer = (m.small(max_epochs=EPOCHS) for m in (SCVI, RankTransformer))
    most = {"SCVI": SCVI.small_settings, "RankTransformer": RankTransformer.small_settings}
    return {
        "downsample": (lambda: noise.downsample(clean.counts, depth, np.random.default_rng(0)), 1),
        "RandomProjection": (lambda: RandomProjection().fit(counts).embed(counts), 1),
        "PCA": (lambda: PCA().fit(counts).embed(counts), 1),
        "SCVI": (lambda: scvi.fit(counts), most["SCVI"].max_epochs / EPOCHS),
        "RankTransformer": (lambda: transformer.fit(counts),
                            most["RankTransformer"].max_epochs / EPOCHS),
        "metric": (lambda: mutual_information(x, y), 1),
    }  # fmt: skip


@threads(1)
def measured(axis: str, size: int, repeats: int) -> list[Row]:
    """Return the least seconds of a few repeats of each piece, one axis at a size."""
    where = MIDDLE | {axis: size}
    clean = simulate_cells(where["cells"], where["genes"], 1.01 * where["depth"] + 1, seed=0)
    rows = []
    for piece, (call, times) in pieces(clean, where["depth"]).items():
        spent = min(seconds(call) for _ in range(repeats))
        whole = times == 1
        rows.append({"piece": piece, "axis": axis, **where, "seconds": round(times * spent, 4),
                     "measured": "whole" if whole else f"{EPOCHS} epochs",
                     "machine": machine(), "date": str(date.today())})  # fmt: skip
    return rows


def rows(repeats: int = 2) -> Iterator[Row]:
    """Yield one row for each piece, axis and size."""
    measured("cells", 200, 1)  # what is imported and compiled at first use does not count
    for axis, sizes in SIZES.items():
        for size in sizes:
            yield from measured(axis, size, repeats)


if __name__ == "__main__":
    rewrite_points(TABLE, rows())
