"""One point of a sweep, from its description to the store: what each worker does."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

from noisescaling.datasets.dataset import Observations
from noisescaling.datasets.subsample import subsample
from noisescaling.sweep import checksums, points, records
from noisescaling.sweep.disk import StoreFullError, telling_if_full
from noisescaling.sweep.noises import NOISES
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
    store: ResultsStore
    retry_failed: bool = False

    def lacking(self, known: Record | None) -> tuple[str, ...]:
        """Return the signals to measure, where this is known of the point."""
        return self.wanted.lacking(known, self.retry_failed)


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes
    ----------
    status
        "measured"; "failed", wholly or for a signal; "lost" with its worker, so that nothing is
        written; "there" already; "held" by another process; or "full", for want of room.
    message
        Why, where the store cannot tell: of "lost" and "full".
    seconds
        Time that the measurement took, in seconds.
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
            lacking = task.lacking(known)
            if not lacking:
                return Outcome(task, "there")
            with store.reserve(key) as write:
                record = measured(task.wanted, lacking)
                write(record.merged(known))
    except StoreFullError as error:
        return Outcome(task, "full", str(error))
    sound = all(result["status"] == "ok" for result in record.results.values())
    seconds = time.perf_counter() - start
    return Outcome(task, "measured" if sound else "failed", seconds=seconds)


def measured(wanted: Wanted, signals: Iterable[str]) -> Record:
    """Measure a point's information with signals, in bits; what fails is told in its results."""
    try:
        return _record(wanted, _rows(wanted, signals))
    except (Exception, SystemExit) as error:  # a failed point is a row, whatever was raised
        return failed(wanted, signals, error)


def failed(wanted: Wanted, signals: Iterable[str], error: BaseException | str) -> Record:
    """Return the record of a point that could not be measured, and why."""
    point = wanted.point
    row = points.described(
        point.dataset.label, point.model_label, point.quality, point.seed, point.noise
    )
    row |= {"n_samples": point.size or 0, "seconds": 0.0} | points.failure(error)
    return _record(wanted, [row | {"signal": name} for name in signals])


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
    own_quality = partial(NOISES[point.noise].own_quality, drawn, whole)
    rows = points.measure(
        drawn, point.model_label, partial(build_model, point.model),
        own_quality(point.quality), point.seed, signals,
        fitted_at=point.fit_quality and own_quality(point.fit_quality), noise=point.noise,
    )  # fmt: skip
    return [row | {"quality": point.quality} for row in rows]


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
