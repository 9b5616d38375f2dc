"""Points that compare replicate information with labelled information, model by model."""

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling import datasets, noise, paths
from noisescaling._checks import choice, positive, whole
from noisescaling.datasets import Dataset, Signal
from noisescaling.metric import replicate_information
from noisescaling.models import RepresentationModel, build
from noisescaling.models import names as model_names
from noisescaling.sweep.points import COLUMNS, described, failure, measure, versions

#: What the column `signal` calls the information between two halves of the same cells.
REPLICATE = "replicate"
#: What the column `model` calls the embedding that is the same for all cells.
CONSTANT = "constant"
STORE = paths.RESULTS / "replicate_points.csv"


class Constant:
    """A representation that maps every cell to one point."""

    def fit(self, data: Any) -> "Constant":
        """Learn nothing."""
        return self

    def embed(self, data: Any) -> NDArray[np.float64]:
        """Return zeros of shape (n_cells, 2)."""
        return np.zeros((data.shape[0], 2))


def model(name: str, seed: int) -> RepresentationModel:
    """Return an unfitted model of small size, or the constant one, by name."""
    return Constant() if name == CONSTANT else build(name, seed, size="small")


def add_batches(
    dataset: Dataset, rng: np.random.Generator, *, n_batches: int = 3, spread: float = 1.0
) -> Dataset:
    """Lose molecules at a rate of its own for each gene in each batch.

    Cells go to batches at random, so the batch says nothing of the biology. In a batch each gene is
    caught with a probability whose logarithm varies by `spread` between batches, at most 1. Both
    halves of a cell share it.

    Parameters
    ----------
    dataset
        Counts and signals.
    rng
        Source of randomness.
    n_batches
        Number of batches, at least 2.
    spread
        Standard deviation of the log rate, above 0.

    Returns
    -------
    The data set with fewer molecules and the label signal "batch" besides its own.
    """
    whole("n_batches", n_batches, at_least=2)
    positive("spread", spread)
    n_cells, n_genes = dataset.counts.shape
    batch = rng.integers(0, n_batches, n_cells)
    logs = rng.normal(0.0, spread, (n_batches, n_genes))
    caught = np.exp(logs - logs.max(axis=0))
    counts = dataset.counts.toarray() if sp.issparse(dataset.counts) else dataset.counts
    kept = rng.binomial(counts, caught[batch])
    signals = dict(dataset.signals) | {"batch": Signal("batch", np.arange(n_cells), batch)}
    return replace(dataset, counts=kept, signals=signals)


@dataclass(frozen=True)
class Case:
    """One data set of the comparison, with the grid measured on it."""

    name: str
    make: Callable[[], Dataset]
    models: tuple[str, ...]
    depths: tuple[float, ...]
    seeds: tuple[int, ...]

    def load(self) -> Dataset:
        """Return the data set under the name that the table gives it."""
        return replace(self.make(), name=self.name)


def cases(preset: str) -> list[Case]:
    """Return the data sets and grids of a preset: "smoke", "laptop" or "paper"."""
    choice("preset", preset, ("smoke", "laptop", "paper"))
    cheap, trained = (CONSTANT, "RandomProjection", "PCA"), (CONSTANT, *model_names())
    if preset == "smoke":
        simulate = partial(datasets.simulate_cells, 300, 100, 400.0)
        return [
            Case("simulated", simulate, cheap, (40.0, 400.0), (0,)),
            Case("simulated, batches", _batches(simulate), cheap, (40.0, 200.0), (0,)),
        ]
    n_cells, seeds = (700, (0, 1)) if preset == "laptop" else (3000, (0, 1, 2, 3, 4))
    simulate = partial(datasets.simulate_cells, n_cells, 300, 1000.0)
    real = partial(datasets.load, "pbmc68k_reduced")
    return [
        Case("simulated", simulate, trained, (30.0, 80.0, 200.0, 450.0, 1000.0), seeds),
        Case("pbmc68k_reduced", real, trained, (20.0, 50.0, 120.0, 280.0, 650.0), seeds),
        Case("simulated, uneven depth", partial(simulate, depth_spread=1.0), (*cheap, "SCVI"),
             (30.0, 120.0, 480.0), seeds),
        Case("simulated, batches", _batches(simulate), (*cheap, "SCVI"),
             (30.0, 90.0, 270.0), seeds),
        Case("pbmc68k_reduced, batches", _batches(real), (*cheap, "SCVI"),
             (20.0, 60.0, 180.0), seeds),
    ]  # fmt: skip


def _batches(make: Callable[[], Dataset]) -> Callable[[], Dataset]:
    return lambda: add_batches(make(), np.random.default_rng(0))


def measure_point(dataset: Dataset, name: str, depth: float, seed: int) -> list[dict[str, Any]]:
    """Return the tidy rows of one model at one depth: each signal, and the replicates, in bits.

    The labelled rows are of the model fitted on the cells thinned to `depth`, in UMIs per cell; the
    replicate row of the model fitted on one half of the same molecules.
    """
    rows = measure(dataset, name, partial(model, name), depth, seed, dataset.signals)
    start = time.perf_counter()
    rng = np.random.default_rng([seed, round(depth * 1000)])
    try:
        counts = noise.downsample(dataset.counts, depth, rng)
        found = replicate_information(counts, model(name, seed), seed=seed)
        told = {"bits": found.bits, "standard_error": found.standard_error,
                "status": "ok", "message": ""}  # fmt: skip
    except Exception as error:  # a failed point is a row, whatever the model raised
        told = failure(error)
    row = described(dataset.name, name, depth, seed) | told
    row |= {"signal": REPLICATE, "n_samples": dataset.n_samples, "provenance": versions()}
    return [*rows, row | {"seconds": time.perf_counter() - start}]


def points(chosen: Iterable[Case], store: Path | None = None) -> pd.DataFrame:
    """Return the tidy table of all points of the cases; compute those that `store` lacks.

    Each finished point is written at once, so that a stopped run goes on where it was.

    Parameters
    ----------
    chosen
        Data sets and grids.
    store
        CSV file of the points so far; none is kept where None.
    """
    grid = [(case, *rest) for case in chosen
            for rest in product(case.depths, case.seeds, case.models)]  # fmt: skip
    table = _read(store)
    known = set(zip(table["dataset"], table["quality"], table["seed"], table["model"], strict=True))
    loaded: dict[str, Dataset] = {}
    for case, depth, seed, name in grid:
        if (case.name, depth, seed, name) in known:
            continue
        if case.name not in loaded:
            loaded = {case.name: case.load()}
        rows = pd.DataFrame(measure_point(loaded[case.name], name, depth, seed))
        table = rows[list(COLUMNS)] if table.empty else pd.concat([table, rows[list(COLUMNS)]])
        _write(table, store)
    wanted = {(case.name, depth, seed, name) for case, depth, seed, name in grid}
    keys = zip(table["dataset"], table["quality"], table["seed"], table["model"], strict=True)
    return table[[key in wanted for key in keys]].reset_index(drop=True)


def _read(store: Path | None) -> pd.DataFrame:
    if store is None or not store.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.read_csv(store, keep_default_na=False, na_values={"bits": "", "standard_error": ""})


def _write(table: pd.DataFrame, store: Path | None) -> None:
    if store is None:
        return
    partial_file = store.with_suffix(".partial")
    by = ["dataset", "signal", "model", "quality", "seed"]
    rounded = table.assign(seconds=table["seconds"].astype(float).round(2)).sort_values(by)
    rounded.to_csv(partial_file, index=False, float_format="%.6g", lineterminator="\n")
    partial_file.replace(store)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute the points of a preset into the committed table."""
    parser = argparse.ArgumentParser(prog="python -m noisescaling.sweep.replicates")
    parser.add_argument("--preset", default="laptop", choices=("smoke", "laptop", "paper"))
    parser.add_argument("--store", type=Path, default=STORE, help="CSV file that grows")
    given = parser.parse_args(arguments)
    points(cases(given.preset), given.store)


if __name__ == "__main__":
    main()
