"""One point of a noise-scaling study, and the curves that points make."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from noisescaling import noise
from noisescaling._checks import choice
from noisescaling.datasets import Dataset
from noisescaling.metric import mutual_information
from noisescaling.models import RepresentationModel
from noisescaling.noise.counts import capture_probability
from noisescaling.sweep.threads import one_thread

#: Columns of the tidy results table.
COLUMNS: tuple[str, ...] = (
    "dataset", "modality", "signal", "model", "n_samples", "quality", "quality_unit", "seed",
    "bits", "standard_error", "status", "message", "seconds", "provenance",
)  # fmt: skip

_PACKAGES = (
    "noisescaling",
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "scvi-tools",
    "transformers",
)

#: Makes an unfitted model from a seed.
ModelFactory = Callable[[int], RepresentationModel]


def noise_curves(
    dataset: Dataset,
    factories: Mapping[str, ModelFactory],
    depths: Sequence[float],
    seeds: Sequence[int],
    signals: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Measure information, in bits, against depth, in UMIs per cell, for models and signals.

    Shows one progress bar. A point that fails is a row with its message, and the others go on.

    Parameters
    ----------
    dataset
        Counts and signals.
    factories
        Model name to a function that makes an unfitted model from a seed.
    depths
        Mean depths to thin the counts to, in UMIs per cell.
    seeds
        One whole curve for each seed: thinning, model and metric take it.
    signals
        Names of signals to measure; all where None.

    Returns
    -------
    The tidy table, one row a point and signal, with the columns `COLUMNS`.

    Raises
    ------
    ValueError
        If a depth or a signal name is out of range; before anything is computed.
    """
    chosen = list(dataset.signals if signals is None else signals)
    for name in chosen:
        choice("signal", name, dataset.signals)
    for depth in depths:
        capture_probability(dataset.counts, depth)
    grid = list(product(seeds, depths, factories))
    rows: list[dict[str, Any]] = []
    for seed, depth, model in tqdm(grid, desc=dataset.name, unit="model"):
        rows += measure(dataset, model, factories[model], depth, seed, chosen)
    return pd.DataFrame(rows, columns=list(COLUMNS))


@one_thread()
def measure(
    dataset: Dataset,
    model: str,
    factory: ModelFactory,
    umis_per_cell: float,
    seed: int,
    signals: Iterable[str],
    *,
    fitted_at: float | None = None,
) -> list[dict[str, Any]]:
    """Fit one model on cells thinned to a depth; return a row for each signal, in bits.

    A failure in the model or the metric is told in the rows' status and message. The model is
    fitted on the cells thinned to `fitted_at`, in UMIs per cell, where that is given.
    """
    start = time.perf_counter()
    point = described(dataset.name, model, umis_per_cell, seed)
    point |= {"n_samples": dataset.n_samples, "provenance": versions()}
    try:
        counts = _thinned(dataset, umis_per_cell, seed)
        learned = counts if fitted_at is None else _thinned(dataset, fitted_at, seed)
        embedding = factory(seed).fit(learned).embed(counts)
        failed = None
    except Exception as error:  # a failed point is a row, whatever the model raised
        failed = error
    rows = []
    for name in signals:
        row = failure(failed) if failed else _information(dataset, name, embedding, seed)
        rows.append(point | {"signal": name} | row | {"seconds": time.perf_counter() - start})
    return rows


def described(dataset: str, model: str, umis_per_cell: float, seed: int) -> dict[str, Any]:
    """Return the columns of the tidy table that a point's description decides."""
    return {
        "dataset": dataset, "modality": "single cells", "model": model, "seed": seed,
        "quality": float(umis_per_cell), "quality_unit": "UMIs per cell",
    }  # fmt: skip


def failure(error: BaseException | str) -> dict[str, Any]:
    """Return the columns of the tidy table that tell of a failure."""
    message = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return {"bits": None, "standard_error": None, "status": "failed", "message": message}


def _information(
    dataset: Dataset, signal: str, embedding: np.ndarray[Any, Any], seed: int
) -> dict[str, Any]:
    try:
        measured = mutual_information(*dataset.signal(signal).pair(embedding), seed=seed)
    except Exception as error:  # likewise for the metric
        return failure(error)
    return {
        "bits": measured.bits, "standard_error": measured.standard_error,
        "status": "ok", "message": "",
    }  # fmt: skip


def _thinned(dataset: Dataset, umis_per_cell: float, seed: int) -> Any:
    """Return the counts thinned with one generator for each seed and depth, for all models."""
    rng = np.random.default_rng([seed, round(umis_per_cell * 1000)])
    return noise.downsample(dataset.counts, umis_per_cell, rng)


@cache
def versions() -> str:
    """Return the versions of the packages that the values depend on."""
    return "; ".join(f"{name} {version(name)}" for name in _PACKAGES)
