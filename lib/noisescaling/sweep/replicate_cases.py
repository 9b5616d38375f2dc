"""The data sets and grids on which replicate and labelled information are compared."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling import datasets
from noisescaling._checks import choice, positive, whole
from noisescaling.datasets import Dataset, Signal
from noisescaling.models import RepresentationModel, build
from noisescaling.models import names as model_names

#: What the column `model` calls the embedding that is the same for all cells.
CONSTANT = "constant"


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
    signals = dict(dataset.signals) | {
        "batch": Signal("batch", np.arange(n_cells), batch, kind="label")
    }
    return replace(dataset, counts=kept, signals=signals)


@dataclass(frozen=True)
class Case:
    """One data set of the comparison, its signals where not all, and the grid measured on it."""

    name: str
    make: Callable[[], Dataset]
    models: tuple[str, ...]
    depths: tuple[float, ...]
    seeds: tuple[int, ...]
    batches: bool = False
    signals: tuple[str, ...] = ()

    def load(self) -> Dataset:
        """Return the data set under the name that the table gives it."""
        made = replace(self.make(), name=self.name)
        if self.signals:
            made = replace(made, signals={name: made.signal(name) for name in self.signals})
        return add_batches(made, np.random.default_rng(0)) if self.batches else made


def cases(preset: str) -> list[Case]:
    """Return the data sets and grids of a preset: "smoke", "laptop" or "paper"."""
    choice("preset", preset, ("smoke", "laptop", "paper"))
    cheap, trained = (CONSTANT, "RandomProjection", "PCA"), (CONSTANT, *model_names())
    if preset == "smoke":
        simulate = partial(datasets.simulate_cells, 250, 80, 400.0)
        smoke = partial(Case, make=simulate, models=cheap, seeds=(0,), signals=("cell_type",))
        return [
            smoke("simulated", depths=(40.0, 400.0)),
            smoke("batches", depths=(40.0, 200.0), batches=True),
        ]
    n_cells, seeds = (700, (0, 1)) if preset == "laptop" else (3000, (0, 1, 2, 3, 4))
    simulate = partial(datasets.simulate_cells, n_cells, 300, 1000.0)
    uneven = partial(simulate, depth_spread=1.0)
    real = partial(datasets.load, "pbmc68k_reduced")
    few = (*cheap, "SCVI")
    return [
        Case("simulated", simulate, trained, (30.0, 80.0, 200.0, 450.0, 1000.0), seeds),
        Case("pbmc68k_reduced", real, trained, (20.0, 50.0, 120.0, 280.0, 650.0), seeds),
        Case("uneven_depth", uneven, few, (30.0, 120.0, 480.0), seeds),
        Case("batches", simulate, few, (30.0, 90.0, 270.0), seeds, batches=True),
        Case("pbmc68k_batches", real, few, (20.0, 60.0, 180.0), seeds, batches=True),
    ]
