"""What the sweep engine costs by itself: `python -m benchmarks.sweep.engine [points.csv]`.

Measures, one after the other on one core,

- the cost of a point besides its model and metric: planning, drawing, thinning, the way to the
  worker process and back, the line that is flushed to the disk, progress; over 500 points of 100
  cells whose model does nothing and whose metric refuses it; the start of the worker is left out;
- the time to read a store of 10,000 points with one signal and with five, and to make the table.

Each is the median of five repeats, by the clock and, in the column `processor`, of this process
alone, which other work on the machine does not lengthen as much. The disk is that of the folder
for temporary files.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import unittest.mock
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.timing import machine

from noisescaling import sweep
from noisescaling.sweep.measure import settings_of, versions
from noisescaling.sweep.store import tidy

N_POINTS = 500
N_STORED = 10_000
REPEATS = 5
SIGNALS = ("cell_type", "protein", "clone", "time", "neighbour")


class Nothing:
    """A model that costs nothing."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, data: object) -> "Nothing":
        """Learn nothing."""
        return self

    def embed(self, data: np.ndarray) -> np.ndarray:
        """Return zeros, shape (n_cells, 1)."""
        return np.zeros((data.shape[0], 1))


def cost_of_a_point(folder: Path) -> tuple[float, float]:
    """Return the engine's own time for a point, in ms, by the clock and of the processor."""
    cells = sweep.recipe("simulated", n_cells=100, n_genes=20, umis_per_cell=100.0)
    model = "benchmarks.sweep.engine:Nothing"

    def measure(name: str, n_points: int) -> np.ndarray:
        grid = sweep.Sweep([cells], [model], [10], seeds=range(n_points), signals=["time"])
        store = sweep.ResultsStore(folder / name)
        return np.array(seconds(lambda: sweep.run(grid, store, progress=False)))

    measure("first", 1)  # starts what all workers are forked from
    started = measure("start", 1)
    wall, cpu = 1e3 * (measure("points", N_POINTS) - started) / (N_POINTS - 1)
    return float(wall), float(cpu)


def fill(folder: Path, n_signals: int) -> sweep.ResultsStore:
    """Make a store of 10,000 points."""
    store = sweep.ResultsStore(folder)
    cells = sweep.recipe("simulated", n_cells=5000, n_genes=2000, seed=1)
    model = sweep.recipe("SCVI", size="small")
    grid = sweep.Sweep([cells], [model], np.geomspace(10, 1000, 10).tolist(), seeds=range(1000))
    settings = settings_of(model)
    with store.writing() as write, unittest.mock.patch("os.fsync"):
        for number, point in enumerate(grid.points()):
            told = {"key": f"{number:020}", "point": point.describe(), "settings": settings,
                    "date": "2026-01-01T00:00:00Z", "versions": versions()}  # fmt: skip
            row = dict.fromkeys(sweep.COLUMNS, "") | {
                "dataset": "simulated", "modality": "single cells", "model": "SCVI",
                "n_samples": 3000, "n_measured": 2000, "held_out": True, "seed": point.seed,
                "quality": point.quality, "quality_unit": "UMIs per cell", "bits": 1.2,
                "standard_error": 0.1, "status": "ok", "seconds": 1.23,
                "provenance": json.dumps(told | {"checksum": "a" * 20}, separators=(",", ":")),
            }  # fmt: skip
            write(told["key"], [row | {"signal": s} for s in SIGNALS[:n_signals]])
    return store


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that a call takes, by the clock and of the processor."""
    start, spent = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - spent


def main(target: str | None = None) -> None:
    """Measure, print, and write a table where a file is named."""
    rows = []

    def tell(
        quantity: str, both: list[tuple[float, float]], unit: str, wanted: float | None
    ) -> None:
        values = [wall for wall, _ in both]
        rows.append(
            {"quantity": quantity, "median": statistics.median(values), "lowest": min(values),
             "highest": max(values), "processor": statistics.median(cpu for _, cpu in both),
             "unit": unit, "wanted": wanted, "machine": machine(), "load": os.getloadavg()[0],
             "date": str(date.today())}
        )  # fmt: skip
        print(rows[-1], flush=True)

    with tempfile.TemporaryDirectory() as folder:
        costs = [cost_of_a_point(Path(folder) / f"cost {k}") for k in range(REPEATS)]
        tell("engine's own cost of a point", costs, "ms", 20.0)
        for n in (1, len(SIGNALS)):
            store = fill(Path(folder) / f"{n} signals", n)
            what = f"{N_STORED} points of {n} signal{'s'[: n > 1]}"
            read = [seconds(store.points) for _ in range(REPEATS)]
            tell(f"reading {what}", read, "s", 1.0)
            known = store.points()
            made = [seconds(lambda k=known: tidy(k.values())) for _ in range(REPEATS)]
            tell(f"table of {what}", made, "s", None)
    if target:
        pd.DataFrame(rows).round(3).to_csv(target, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
