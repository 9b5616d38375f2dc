"""One point of a noise-scaling study, and the curves that points make."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from importlib.metadata import version
from itertools import product
from typing import Any

import pandas as pd
from tqdm import tqdm

from noisescaling._checks import choice
from noisescaling._compute import threads
from noisescaling.datasets import Dataset, Signal
from noisescaling.datasets.dataset import Observations
from noisescaling.metric import mutual_information
from noisescaling.models import RepresentationModel
from noisescaling.sweep import noises

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
        noises.check("downsample", dataset, depth)
    grid = list(product(seeds, depths, factories))
    rows: list[dict[str, Any]] = []
    for seed, depth, model in tqdm(grid, desc=dataset.name, unit="model"):
        rows += measure(dataset, model, factories[model], depth, seed, chosen)
    return pd.DataFrame(rows, columns=list(COLUMNS))


@threads(1)
def measure(
    dataset: Observations,
    model: str,
    factory: ModelFactory,
    quality: float,
    seed: int,
    signals: Iterable[str],
    *,
    fitted_at: float | None = None,
    noise: str = "downsample",
) -> list[dict[str, Any]]:
    """Fit one model on observations of a quality; return a row for each signal, in bits.

    A failure in the model or the metric is told in the rows' status and message. The model is
    fitted at the quality `fitted_at` where that is given. The unit of both is that of the noise:
    of "downsample", UMIs per cell.
    """
    start = time.perf_counter()
    point = described(dataset.name, model, quality, seed, noise)
    point |= {"n_samples": dataset.n_samples, "provenance": versions()}
    try:
        data = noises.noisy(noise, dataset, quality, seed)
        learned = data if fitted_at is None else noises.noisy(noise, dataset, fitted_at, seed)
        outputs = _Outputs(factory(seed).fit(learned), data, dataset.n_samples)
        failed = None
    except Exception as error:  # a failed point is a row, whatever the model raised
        failed = error
    rows = []
    for name in signals:
        row = failure(failed) if failed else _information(dataset.signal(name), outputs, seed)
        rows.append(point | {"signal": name} | row | {"seconds": time.perf_counter() - start})
    return rows


class _Outputs:
    """What a fitted model makes of observations; a signal names one of the properties."""

    def __init__(self, model: Any, data: Any, n_samples: int) -> None:
        self._model, self._data = model, data
        self.embedding = model.embed(data)
        if len(self.embedding) != n_samples:
            raise ValueError(
                f"{type(model).__name__} embeds {n_samples} rows as {len(self.embedding)}; "
                "embed must return one row for each"
            )

    @cached_property
    def prediction(self) -> Any:
        predict = getattr(self._model, "predict", None)
        if predict is None:
            raise ValueError(
                f"{type(self._model).__name__} predicts nothing; leave this signal out"
            )
        return predict(self._data)


def described(
    dataset: str, model: str, quality: float, seed: int, noise: str = "downsample"
) -> dict[str, Any]:
    """Return the columns of the tidy table that a point's description decides."""
    kind = noises.NOISES[noise]
    return {
        "dataset": dataset, "modality": kind.modality, "model": model, "seed": seed,
        "quality": float(quality), "quality_unit": kind.unit,
    }  # fmt: skip


def failure(error: BaseException | str) -> dict[str, Any]:
    """Return the columns of the tidy table that tell of a failure."""
    message = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return {"bits": None, "standard_error": None, "status": "failed", "message": message}


def _information(signal: Signal, outputs: _Outputs, seed: int) -> dict[str, Any]:
    try:
        sides = signal.pair(getattr(outputs, signal.of))
        measured = mutual_information(*sides, seed=seed, signal=signal.kind)
    except Exception as error:  # likewise for the metric
        return failure(error)
    return {
        "bits": measured.bits, "standard_error": measured.standard_error,
        "status": "ok", "message": "",
    }  # fmt: skip


@cache
def versions() -> str:
    """Return the versions of the packages that the values depend on."""
    return "; ".join(f"{name} {version(name)}" for name in _PACKAGES)
