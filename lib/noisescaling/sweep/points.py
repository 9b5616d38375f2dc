"""One point of a noise-scaling study, and the curves that points make."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
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

#: Columns of the tidy results table.
COLUMNS: tuple[str, ...] = (
    "dataset", "modality", "signal", "model", "n_samples", "quality", "quality_unit", "seed",
    "bits", "standard_error", "status", "message", "seconds", "provenance",
)  # fmt: skip

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


def measure(
    dataset: Dataset,
    model: str,
    factory: ModelFactory,
    umis_per_cell: float,
    seed: int,
    signals: Iterable[str],
) -> list[dict[str, Any]]:
    """Fit one model on cells thinned to a depth; return a row for each signal, in bits.

    A failure in the model or the metric is told in the rows' status and message.
    """
    start = time.perf_counter()
    point = {
        "dataset": dataset.name, "modality": "single cells", "model": model,
        "n_samples": dataset.n_samples, "quality": float(umis_per_cell),
        "quality_unit": "UMIs per cell", "seed": seed, "provenance": _provenance(),
    }  # fmt: skip
    try:
        counts = noise.downsample(dataset.counts, umis_per_cell, _thinning(seed, umis_per_cell))
        embedding = factory(seed).fit(counts).embed(counts)
        failure = None
    except Exception as error:  # a failed point is a row, whatever the model raised
        failure = error
    rows = []
    for name in signals:
        row = _failed(failure) if failure else _information(dataset, name, embedding, seed)
        rows.append(point | {"signal": name} | row | {"seconds": time.perf_counter() - start})
    return rows


def _information(
    dataset: Dataset, signal: str, embedding: np.ndarray[Any, Any], seed: int
) -> dict[str, Any]:
    try:
        measured = mutual_information(*dataset.signal(signal).pair(embedding), seed=seed)
    except Exception as error:  # likewise for the metric
        return _failed(error)
    return {
        "bits": measured.bits, "standard_error": measured.standard_error,
        "status": "ok", "message": "",
    }  # fmt: skip


def _failed(error: Exception) -> dict[str, Any]:
    return {
        "bits": None, "standard_error": None,
        "status": "failed", "message": f"{type(error).__name__}: {error}",
    }  # fmt: skip


def _thinning(seed: int, umis_per_cell: float) -> np.random.Generator:
    """Return one generator for each seed and depth, so that all models see the same cells."""
    return np.random.default_rng([seed, round(umis_per_cell * 1000)])


def _provenance() -> str:
    packages = ("noisescaling", "torch", "scvi-tools", "transformers", "scikit-learn")
    return "; ".join(f"{name} {version(name)}" for name in packages)
