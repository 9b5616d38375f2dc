"""What the sweep engine costs by itself: `python -m benchmarks.sweep.engine [points.csv]`.

Measures, one after the other on one core,

- the cost of a point besides its thinning, model and metric: planning, claim, room, flush to the
  disk, rename, progress; over 500 points whose model and metric do nothing;
- the time to read a store of 10,000 points with one signal and with five, and to make the table.

Each is the median of five repeats, by the clock and, in the column `processor`, of this process
alone, which other work on the machine does not lengthen as much. The disk is that of the folder
for temporary files.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.timing import machine

from noisescaling import sweep
from noisescaling.metric import Diagnostics, MutualInformation
from noisescaling.sweep import points, records
from noisescaling.sweep.recipe import model_settings

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
    inside = np.zeros(2)
    real = points.measure

    def timed(*arguments, **options):
        rows = []
        inside[:] += seconds(lambda: rows.extend(real(*arguments, **options)))
        return rows

    nothing = MutualInformation(0.0, 0.0, 1, "label", Diagnostics(1, True, 0.0))
    cells = sweep.recipe("simulated", n_cells=100, n_genes=20)
    grid = sweep.Sweep([cells], ["benchmarks.sweep.engine:Nothing"], [10], seeds=range(N_POINTS))
    points.measure, kept = timed, points.mutual_information
    points.mutual_information = lambda x, y, *, seed, signal: nothing
    try:
        total = np.array(seconds(lambda: sweep.run(grid, sweep.ResultsStore(folder))))
        wall, cpu = 1e3 * (total - inside) / N_POINTS
        return float(wall), float(cpu)
    finally:
        points.measure, points.mutual_information = real, kept


def fill(folder: Path, n_signals: int) -> sweep.ResultsStore:
    """Make a store of 10,000 points."""
    store = sweep.ResultsStore(folder)
    store.path("").parent.mkdir(parents=True)
    cells = sweep.recipe("simulated", n_cells=5000, n_genes=2000, seed=1)
    model = sweep.recipe("SCVI", size="small")
    grid = sweep.Sweep([cells], [model], np.geomspace(10, 1000, 10).tolist(), seeds=range(1000))
    settings = model_settings(model)
    for point in grid.points():
        row = points.described("simulated", "SCVI", point.quality, point.seed)
        row |= {"n_samples": 5000, "seconds": 1.23, "status": "ok", "message": ""}
        rows = [row | {"signal": s, "bits": 1.2, "standard_error": 0.1} for s in SIGNALS]
        sums = dict.fromkeys(SIGNALS, "a" * 20)
        key = f"{point.identity}-{'b' * 20}"
        record = records.make(key, point.describe(), settings, rows[:n_signals], sums)
        store.path(key).write_bytes(records.to_json(record))
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
            read = [seconds(store.records) for _ in range(REPEATS)]
            tell(f"reading {what}", read, "s", 1.0)
            known = store.records()
            made = [seconds(lambda k=known: records.tidy(k.values())) for _ in range(REPEATS)]
            tell(f"table of {what}", made, "s", None)
    if target:
        pd.DataFrame(rows).round(3).to_csv(target, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
