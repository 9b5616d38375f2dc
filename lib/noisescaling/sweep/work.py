"""One point of a sweep, from its description to the store: what each worker does."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

from noisescaling.datasets import Dataset
from noisescaling.datasets.dataset import Observations
from noisescaling.datasets.subsample import subsample
from noisescaling.sweep import checksums, points, records
from noisescaling.sweep.disk import StoreFullError, telling_if_full
from noisescaling.sweep.recipe import Recipe, build_model, load_dataset
from noisescaling.sweep.records import Record
from noisescaling.sweep.store import ResultsStore
from noisescaling.sweep.wanted import Wanted

Status = Literal["measured", "failed", "lost", "there", "held", "full"]

#: Models seed their library's global state while they fit, so threads take turns.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Task:
    """A point to measure, and where its record goes."""

    wanted: Wanted
    folder: str
    stale_after: float
    retry_failed: bool

    @property
    def store(self) -> ResultsStore:
        """The store that the record goes to."""
        return ResultsStore(self.folder, stale_after=self.stale_after)


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes
    ----------
    status
        "measured"; "failed", wholly or for a signal; "lost" with its worker, so that nothing is
        written; "there" already; "held" by another process; or "full", for want of room.
    message
        Why, where it failed.
    seconds
        Time spent, in seconds.
    """

    task: Task
    status: Status
    message: str = ""
    seconds: float = 0.0


def work(task: Task) -> Outcome:
    """Measure what a point lacks and write it, unless another process does."""
    start = time.perf_counter()
    store, key = task.store, task.wanted.key
    try:
        with (
            _ONE_AT_A_TIME,
            telling_if_full(store.folder, key),
            store.claims.claim(key) as ours,
        ):
            if not ours:
                return Outcome(task, "held")
            # Another process may have finished it since the store was read.
            known = store.read(key)
            lacking = task.wanted.lacking(known, task.retry_failed)
            if not lacking:
                return Outcome(task, "there")
            with store.reserve(key) as write:
                record = measured(task.wanted, lacking)
                write(record.merged(known))
    except StoreFullError as error:
        return Outcome(task, "full", str(error))
    message = next((r["message"] for r in record.results.values() if r["status"] != "ok"), "")
    status: Status = "failed" if message else "measured"
    return Outcome(task, status, message, time.perf_counter() - start)


def measured(wanted: Wanted, signals: Iterable[str]) -> Record:
    """Measure a point's information with signals, in bits; what fails is told in its results."""
    try:
        rows = _rows(wanted, signals)
    except (Exception, SystemExit) as error:  # a failed point is a row, whatever was raised
        rows = _failed(wanted, signals, error)
    return _record(wanted, rows)


def failed(wanted: Wanted, signals: Iterable[str], message: str) -> Record:
    """Return the record of a point that could not be measured, and why."""
    return _record(wanted, _failed(wanted, signals, message))


def _record(wanted: Wanted, rows: list[dict[str, Any]]) -> Record:
    point = wanted.point
    return records.make(wanted.key, point.describe(), wanted.settings, rows, wanted.signals)


def _rows(wanted: Wanted, signals: Iterable[str]) -> list[dict[str, Any]]:
    point = wanted.point
    found = _checksums(point.dataset).of_drawn(point.size)
    if found != wanted.data:  # a worker that lives on may remember what has changed since
        forget()
        found = _checksums(point.dataset).of_drawn(point.size)
    if found != wanted.data:
        raise ValueError(
            f"{point.dataset.label} has the checksum {found} here and {wanted.data} where the "
            "sweep was planned; give all processes the same data and versions"
        )
    whole, drawn = load_dataset(point.dataset), _drawn(point.dataset, point.size, point.seed)
    rows = points.measure(
        drawn, point.model_label, partial(build_model, point.model),
        _own_quality(drawn, point.quality, whole), point.seed, signals,
        fitted_at=point.fit_quality and _own_quality(drawn, point.fit_quality, whole),
        noise=point.noise,
    )  # fmt: skip
    return [row | {"quality": point.quality} for row in rows]


def _own_quality(drawn: Observations, quality: float, whole: Observations) -> float:
    """Return the mean depth that the drawn cells reach when all cells are thinned to a depth.

    The drawn cells may be a little deeper or shallower than all cells; thinned with the same
    probability, in UMIs per cell, the quality axis means the same for every number of cells. Other
    qualities do not depend on which observations are drawn.
    """
    if not isinstance(drawn, Dataset) or not isinstance(whole, Dataset):
        return quality
    own = drawn.umis_per_cell
    return min(own, own * (quality / whole.umis_per_cell))


def _failed(
    wanted: Wanted, signals: Iterable[str], error: BaseException | str
) -> list[dict[str, Any]]:
    point = wanted.point
    row = points.described(
        point.dataset.label, point.model_label, point.quality, point.seed, point.noise
    )
    row |= {"n_samples": point.size or 0, "seconds": 0.0} | points.failure(error)
    return [row | {"signal": name} for name in signals]


def forget() -> None:
    """Forget the data sets that are kept in memory, so that they are read again."""
    for cached in (load_dataset, _checksums, _drawn):
        cached.cache_clear()


@lru_cache(maxsize=2)
def _checksums(given: Recipe) -> checksums.Checksums:
    return checksums.of_dataset(load_dataset(given))


@lru_cache(maxsize=1)
def _drawn(given: Recipe, size: int | None, seed: int) -> Observations:
    dataset = load_dataset(given)
    return dataset if size is None else subsample(dataset, size, seed)
