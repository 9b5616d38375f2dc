"""Measure the points of sweeps that a store lacks; workers measure, this process writes."""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from types import ModuleType
from typing import Any

import pandas as pd
from pebble import ProcessExpired, ProcessPool
from pebble.pool.process import WorkerManager
from tqdm import tqdm

from noisescaling._checks import whole
from noisescaling.noise import noises
from noisescaling.sweep.grid import Point, Sweep, Sweeps, listed
from noisescaling.sweep.measure import (
    Rows,
    check,
    failed,
    forget,
    key_of,
    measure,
    settings_of,
    source_of,
)
from noisescaling.sweep.recipe import Recipe, as_recipe, of_json
from noisescaling.sweep.store import ResultsStore, both, origin, tidy

#: How often a point may see its worker process die before it counts as failed.
TRIES = 2
#: Points that a cluster is given at once, so that one that grows with its work can tell.
_WINDOW = 2000
_DIED = (
    "WorkerDied: the worker process died each of {n} times that it computed this point ({why}); it "
    "was killed, ran out of memory, or the model ended it"
)
_HUNG = "TimeLimit: not done within time_limit = {limit:g} s"
_OTHER = (
    "{label} or its model is another where it was measured than where the sweep was planned; give "
    "all processes the same data and versions"
)
_CANNOT_START = "worker processes cannot start ({error}); what was measured so far is in the store"
_BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes
    ----------
    n_points
        Points of the sweep; each is one fitted model.
    n_measured
        Points measured by this run, those that failed among them.
    n_there
        Points that were there already.
    n_failed
        Points of which a signal has no value; the table tells why.
    seconds
        Time spent, in seconds.
    """

    n_points: int
    n_measured: int
    n_there: int
    n_failed: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.n_points} points: {self.n_measured} measured in {self.seconds:.0f} s, "
            f"{self.n_there} there already, {self.n_failed} failed"
        )


@dataclass(frozen=True)
class Wanted:
    """A point, under all labels that it is asked for, with the signals to measure.

    Attributes
    ----------
    points
        The same point under each pair of labels.
    signals
        Signal and checksum of its content.
    """

    key: str
    points: tuple[Point, ...]
    signals: Mapping[str, str]

    def lacking(self, rows: Rows, retry_failed: bool = False) -> list[str]:
        """Return the signals that rows do not tell of as they are now."""
        told = {
            row["signal"] for row in rows
            if origin(row)["checksum"] == self.signals.get(row["signal"])
            and (row["status"] == "ok" or not retry_failed)
        }  # fmt: skip
        return [name for name in self.signals if name not in told]

    def merged(self, known: Rows, new: Rows) -> Rows:
        """Return each signal's row, the new ones first, under all labels."""
        values = {row["signal"]: row for row in [*known, *new]}
        labels = {(row["dataset"], row["model"]): None for row in known}
        labels |= {(one.dataset.label, one.model_label): None for one in self.points}
        return [
            row | {"dataset": dataset, "model": model}
            for dataset, model in labels for row in values.values()
        ]  # fmt: skip

    def complete(self, rows: Rows) -> bool:
        """Tell whether rows stand under all labels of this point."""
        there = {(row["dataset"], row["model"]) for row in rows}
        return all((one.dataset.label, one.model_label) in there for one in self.points)


def planned(sweeps: Sweeps) -> list[Wanted]:
    """Return the points of sweeps, each once, after a check of all that a point could trip over.

    Raises
    ------
    ValueError
        If a name, a setting, a size, a quality or a signal does not exist.
    """
    found: dict[str, Wanted] = {}
    asked: dict[Recipe, list[Sweep]] = {}
    for sweep in listed(sweeps):
        for model in sweep.models:
            settings_of(as_recipe(model))
        for data in sweep.datasets:
            asked.setdefault(as_recipe(data), []).append(replace(sweep, datasets=[data]))
    for data, some in asked.items():  # one data set after the other, so that each is loaded once
        source = source_of(data)
        for sweep in some:
            check(sweep, source)
            sums = source.checksums(sweep.noise)
            signals = {name: sums[name] for name in sweep.signals or sums}
            for point in sweep.points():
                key = key_of(point)
                same = found.get(key, Wanted(key, (), {}))
                found[key] = Wanted(key, (*same.points, point), {**same.signals, **signals})
    return list(found.values())


def run(
    sweep: Sweeps,
    store: ResultsStore,
    client: Any = None,
    n_processes: int = 1,
    retry_failed: bool = False,
    progress: bool = True,
    time_limit: float | None = None,
) -> Summary:
    """Measure the points of a sweep that a store lacks; each is written as soon as it is done.

    It may be killed at any moment and started again. Models run in processes of their own, so one
    that aborts or hangs costs its point and not the run. A point that fails is a row with its
    message.

    Parameters
    ----------
    sweep
        A grid of points, or several.
    store
        Where the points are. One run at a time writes into it.
    client
        A `dask.distributed.Client`: the points are measured on its cluster.
    n_processes
        Without a client: the number of processes of this machine.
    retry_failed
        Whether to measure anew what failed before.
    progress
        Whether to show a progress bar.
    time_limit
        Seconds that a point may take on this machine; any number where None.

    Raises
    ------
    ValueError
        If the sweep asks for what does not exist; before anything is computed.
    StoreError
        If another run writes into the store, or it cannot be written, as on a full disk. All points
        written so far are kept.
    """
    return _run(sweep, store, client, n_processes, retry_failed, progress, time_limit)[0]


def _run(
    sweep: Sweeps,
    store: ResultsStore,
    client: Any = None,
    n_processes: int = 1,
    retry_failed: bool = False,
    progress: bool = True,
    time_limit: float | None = None,
) -> tuple[Summary, list[Wanted], dict[str, Rows]]:
    """Do what `run` says; return also the points, and the rows of all points by key."""
    start = time.perf_counter()
    whole("n_processes", n_processes, at_least=1)
    if time_limit is not None and not (time_limit > 0 and client is None):
        raise ValueError(
            f"time_limit = {time_limit:g} s must be above 0, and is for processes of this machine; "
            "on a cluster, give its jobs a limit"
        )
    store.refuse_if_held()
    forget()
    points = planned(sweep)
    known = both(store.committed_points(), store.points())
    todo = _todo(points, known, retry_failed)
    if todo:
        with store.writing() as write:
            known = both(store.committed_points(), store.points())
            todo = _todo(points, known, retry_failed)
            tasks = [(one, lacking) for one, lacking in todo if lacking]
            done = _cluster(tasks, client) if client else _processes(tasks, n_processes, time_limit)
            with closing(done), _bar(len(points), len(tasks), points, known, progress) as bar:
                for one, lacking in todo:
                    if not lacking:  # there under another label
                        known[one.key] = one.merged(known[one.key], [])
                        write(one.key, known[one.key])
                n_failed = sum(_failed(one, known) for one in points)
                for one, rows in done:
                    n_failed -= _failed(one, known)
                    known[one.key] = one.merged(known.get(one.key, []), rows)
                    write(one.key, known[one.key])
                    n_failed += _failed(one, known)
                    _tell(bar, n_failed, bar.n + 1)
                    bar.update()
    n_measured = sum(bool(lacking) for _, lacking in todo)
    n_failed = sum(_failed(one, known) for one in points)
    seconds = time.perf_counter() - start
    summary = Summary(len(points), n_measured, len(points) - n_measured, n_failed, seconds)
    return summary, points, known


def measured(
    sweep: Sweeps, store: ResultsStore, *, recompute: bool = False, **options: Any
) -> pd.DataFrame:
    """Return the points of a sweep as the tidy table, in bits; measure those that the store lacks.

    Where all of them are committed, no data set is loaded: so a study is shown where its data are
    out of reach. Otherwise the points must fit the content of the data as it is now.

    Parameters
    ----------
    sweep
        A grid of points, or several.
    store
        Where the points are, and where new ones go.
    recompute
        Whether to measure all of them anew. Broken off and called again, it goes on.
    options
        Passed on to `run`.

    Raises
    ------
    ValueError
        If the sweep asks for what does not exist.
    StoreError
        As `run`.
    """
    forget()
    if recompute:
        fresh = ResultsStore(store.folder / "recompute")
        _, points, known = _run(sweep, fresh, **options)
        with store.writing() as write:
            for one in points:
                write(one.key, known[one.key])
        fresh.remove()
    else:
        table = committed(sweep, store)
        if table is not None:
            return table
        _, points, known = _run(sweep, store, **options)
    labels = {one.key: {(p.dataset.label, p.model_label) for p in one.points} for one in points}
    return tidy(
        [row for row in one.merged(known[one.key], [])
         if (row["dataset"], row["model"]) in labels[one.key] and row["signal"] in one.signals]
        for one in points
    )  # fmt: skip


def committed(sweeps: Sweeps, store: ResultsStore) -> pd.DataFrame | None:
    """Return the points of a sweep, in bits, if all are among the committed ones; loads no data.

    None where one is lacking, or is there for several contents of one data set: then the data must
    tell which holds.
    """
    kept, own = store.committed_points(), store.points()
    index = _Committed(both(kept, {key: rows for key, rows in own.items() if key in kept}))
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for sweep in listed(sweeps) if kept else ():
        for point in sweep.points():
            rows = index.rows(point)
            if not rows or not set(sweep.signals or rows) <= rows.keys():
                return None
            labels = {"dataset": point.dataset.label, "model": point.model_label}
            for name in sweep.signals or rows:
                row = rows[name] | labels
                place = (*labels.values(), name, row["provenance"], *_described(row))
                found[place] = row
    return tidy([[*found.values()]]) if found else None


class _Committed:
    """Committed rows by the description of their point."""

    def __init__(self, kept: Mapping[str, Rows]) -> None:
        self._keys: dict[str, set[str]] = {}
        self._rows: dict[Any, dict[str, dict[str, Any]]] = {}
        self._largest: dict[tuple[str, bool, str], int] = {}
        for key, rows in kept.items():
            told = origin(rows[0])
            if told.get("point", {}).get("format", 1) > 1:
                identity = of_json(told["point"])
                self._keys.setdefault(identity, set()).add(key)
                self._rows[identity] = {row["signal"]: row for row in rows}
            else:
                self._add_first_protocol(rows)

    def rows(self, point: Point) -> dict[str, dict[str, Any]]:
        """Return the row of each signal of a point; none where it is not there or not unique."""
        identity = point.identity
        rows = self._rows.get(identity, {})
        if not rows:
            return self._first_protocol(point)
        settings = origin(next(iter(rows.values())))["settings"]
        same = settings == settings_of(point.model)
        return rows if same and len(self._keys[identity]) == 1 else {}

    # ------------------------------------------------------------------------------------------
    # The first protocol measured models on the observations that they had learned from. Its tables
    # are shown, known by labels, size, quality and seed, until they are measured anew. Then remove
    # what stands between these lines, its calls, and `store._NEW`; `grep -rn first.protocol`.
    def _add_first_protocol(self, rows: Rows) -> None:
        for row in rows:
            place = (row["dataset"], row["signal"] == noises.REPLICATE, row["quality_unit"])
            self._largest[place] = max(row["n_samples"], self._largest.get(place, 0))
            self._rows.setdefault(_described(row), {})[row["signal"]] = row

    def _first_protocol(self, point: Point) -> dict[str, dict[str, Any]]:
        unit, halves = noises.NOISES[point.noise].unit, point.noise == "halves"
        size = point.size or self._largest.get((point.dataset.label, halves, unit))
        names = (point.dataset.label, point.model_label, size, point.quality, point.seed, unit)
        return self._rows.get((*names, halves), {})

    # ------------------------------------------------------------------------------------------


def _described(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("dataset", "model", "n_samples", "quality", "seed", "quality_unit")
    return (*(row[name] for name in names), row["signal"] == noises.REPLICATE)


def _todo(
    points: Sequence[Wanted], known: Mapping[str, Rows], retry_failed: bool
) -> list[tuple[Wanted, list[str]]]:
    """Return the points of which a signal or a label is lacking, with the signals to measure."""
    all_of = [(one, one.lacking(known.get(one.key, []), retry_failed)) for one in points]
    return [(one, some) for one, some in all_of if some or not one.complete(known[one.key])]


def _failed(one: Wanted, known: Mapping[str, Rows]) -> bool:
    rows = known.get(one.key, [])
    return any(row["status"] != "ok" and row["signal"] in one.signals for row in rows)


def _bar(
    total: int, left: int, points: Sequence[Wanted], known: Mapping[str, Rows], progress: bool
) -> "tqdm[Any]":
    bar = tqdm(
        desc="sweep", initial=total - left, total=total, bar_format=_BAR, disable=not progress
    )
    _tell(bar, sum(_failed(one, known) for one in points), total - left)
    return bar


def _tell(bar: "tqdm[Any]", n_failed: int, n: int) -> None:
    text = f"done {n - n_failed}, failed {n_failed}, left {bar.total - n}"
    bar.set_postfix_str(text, refresh=False)


#: A point with the signals to measure, and with the rows that were measured.
_Task = tuple[Wanted, list[str]]
_Done = tuple[Wanted, Rows]


def work(key: str, point: Point, signals: Sequence[str]) -> Rows:
    """Measure a point in another process, if its data and model are the same there."""
    if key_of(point) != key:  # a worker that lives on may remember what has changed since
        forget()
    if key_of(point) != key:
        return failed(point, signals, _OTHER.format(label=point.dataset.label))
    return measure(point, signals)


def _processes(
    tasks: Sequence[_Task], n_processes: int, time_limit: float | None
) -> Generator[_Done]:
    """Measure points in processes of this machine; a pool that broke is made anew."""
    tries: dict[str, int] = {}
    left = {one.key: (one, signals) for one, signals in tasks}
    while left:
        before = len(left)
        try:
            for one, rows in _pool([*left.values()], n_processes, time_limit, tries):
                del left[one.key]
                yield one, rows
        except (BrokenProcessPool, RuntimeError) as error:
            if len(left) == before:
                raise RuntimeError(_CANNOT_START.format(error=error)) from error


def _pool(
    tasks: Sequence[_Task], n_processes: int, time_limit: float | None, tries: dict[str, int]
) -> Iterator[_Done]:
    fresh, again = iter(tasks), list[_Task]()
    running: dict[Any, _Task] = {}
    pool = ProcessPool(
        n_processes, initializer=_begin, initargs=[dict(os.environ)], context=_CONTEXT
    )
    pool._pool_manager.worker_manager.__class__ = _Workers
    try:
        while True:
            for task in again + list(islice(fresh, max(0, 2 * n_processes - len(running)))):
                one, signals = task
                future = pool.schedule(work, [one.key, one.points[0], signals], timeout=time_limit)
                running[future] = task
            again = []
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(done)
                error: BaseException | str | None = done.exception()
                if isinstance(error, BrokenProcessPool):
                    raise error
                if isinstance(error, ProcessExpired):
                    key = task[0].key
                    tries[key] = tries.get(key, 0) + 1
                    if tries[key] < TRIES:
                        again.append(task)
                        continue
                    error = _DIED.format(n=TRIES, why=f"exit status {error.exitcode}")
                elif isinstance(error, TimeoutError):
                    error = _HUNG.format(limit=time_limit)
                yield _told(task, error, done)
    finally:
        pool.stop()
        pool.join()


class _Workers(WorkerManager):
    """Workers of which each that ended by itself has died, with whatever status it ended.

    Pebble waits for ever for one that a model ended with status 0.
    """

    def inspect_workers(self) -> tuple[tuple[int, int | None], ...]:
        before = dict(self.workers)
        super().inspect_workers()
        return tuple((k, one.exitcode) for k, one in before.items() if k not in self.workers)


_BASE: Any = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)


class _Process(_BASE.Process):
    """A process that does not run the user's script again, so that no script needs a guard."""

    @staticmethod
    def _Popen(process: Any) -> Any:  # noqa: N802
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return _BASE.Process._Popen(process)
        finally:
            sys.modules["__main__"] = main


class _Context(type(_BASE)):  # type: ignore[misc]
    Process = _Process


_CONTEXT = _Context()
if hasattr(_CONTEXT, "set_forkserver_preload"):
    _CONTEXT.set_forkserver_preload([__name__])


def _begin(environment: Mapping[str, str]) -> None:
    """Prepare a worker process: this run's environment, and an end with the process of the run."""
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End at once when the parent was killed: nobody is left to give this process more work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _cluster(tasks: Iterable[_Task], client: Any) -> Generator[_Done]:
    """Measure points on a Dask cluster.

    Dask also blames a point that only waited on a worker that died; so each that it blames is tried
    once more, alone.
    """
    from distributed import KilledWorker

    suspects: list[_Task] = []
    fresh = iter(tasks)
    while batch := list(islice(fresh, _WINDOW)):
        for task, future in _submitted(batch, client):
            if future.status == "error" and isinstance(future.exception(), KilledWorker):
                suspects.append(task)
            else:
                yield _told(task, future.exception(), future)
    for suspect in suspects:
        for task, future in _submitted([suspect], client):
            error = future.exception()
            died = _DIED.format(n=TRIES, why="KilledWorker")
            yield _told(task, died if isinstance(error, KilledWorker) else error, future)


def _submitted(batch: Sequence[_Task], client: Any) -> Iterator[tuple[_Task, Any]]:
    """Give a cluster some points; yield each with its future when that is done."""
    from distributed import as_completed

    given = {
        client.submit(work, one.key, one.points[0], signals, pure=False): (one, signals)
        for one, signals in batch
    }
    try:
        for future in as_completed(list(given)):
            if future.status == "cancelled":
                raise RuntimeError(
                    "the cluster gave up its tasks; points written so far are kept: run again"
                )
            yield given.pop(future), future
    finally:
        client.cancel(list(given))


def _told(task: _Task, error: BaseException | str | None, future: Any) -> _Done:
    """Return the rows of a point; what was raised outside of the measurement fails it."""
    one, signals = task
    return one, failed(one.points[0], signals, error) if error else future.result()
