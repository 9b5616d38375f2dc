"""Measure the points of sweeps that a store lacks; workers measure, this process writes."""

import multiprocessing
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from types import ModuleType
from typing import Any, TypeAlias

import pandas as pd
from pebble import ProcessExpired, ProcessPool
from pebble.pool.process import WorkerManager
from tqdm import tqdm

from noisescaling._checks import whole
from noisescaling.sweep.grid import Point, Sweeps, as_recipe, listed, of_json
from noisescaling.sweep.measure import (
    Row,
    check,
    failed,
    forget,
    key_of,
    measure,
    settings_of,
    source_of,
)
from noisescaling.sweep.store import Known, ResultsStore, both, named, origin, tidy

#: Points that a cluster is given at once, so that one that grows with its work can tell.
_WINDOW = 2000
_DIED = (
    "WorkerDied: the worker process died each of 2 times that it computed this point ({why}); it "
    "was killed, ran out of memory, or the model ended it"
)
_HUNG = "TimeLimit: not done within time_limit = {limit:g} s"
_CANNOT_START = "worker processes cannot start ({error}); what was measured so far is in the store"
_BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"

#: A point, the signals to measure, and its key.
Task: TypeAlias = tuple[Point, list[str], str]
#: Has a point measured in another process.
Submit: TypeAlias = Callable[..., "Future[list[Row]]"]
#: Rows by the key of their point and their signal.
Values: TypeAlias = dict[tuple[str, str], Row]


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
    rows
        Rows of the tidy table of all points of the sweep, by the key of the point.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> print(sweep.Summary(n_points=4, n_measured=3, n_there=1, n_failed=0, seconds=12.0, rows={}))
    4 points: 3 measured in 12 s, 1 there already, 0 failed
    """

    n_points: int
    n_measured: int
    n_there: int
    n_failed: int
    seconds: float
    rows: Mapping[str, list[Row]] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return (
            f"{self.n_points} points: {self.n_measured} measured in {self.seconds:.0f} s, "
            f"{self.n_there} there already, {self.n_failed} failed"
        )


@dataclass(frozen=True)
class Wanted:
    """A point, the pairs of labels that it is asked for under, and its signals with checksums."""

    point: Point
    labels: dict[tuple[str, str], None]
    signals: dict[str, str]

    def labelled(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows under all labels."""
        told = [{"dataset": dataset, "model": model} for dataset, model in self.labels]
        return [row | labels for row in rows for labels in told]


def planned(sweeps: Sweeps) -> dict[str, Wanted]:
    """Return the points of sweeps by key, after a check of all that a point could trip over.

    Raises
    ------
    ValueError
        If a name, a setting, a size, a quality or a signal does not exist.
    """
    grids = listed(sweeps)
    for model in {as_recipe(one): None for grid in grids for one in grid.models}:
        settings_of(model)
    found: dict[str, Wanted] = {}
    for data in {as_recipe(one): None for grid in grids for one in grid.datasets}:  # loaded once
        source = source_of(data)
        for grid in (replace(grid, datasets=[data]) for grid in grids if data in grid.datasets):
            check(grid, source)
            sums = source.checksums(grid.noise)
            for point in grid.points():
                one = found.setdefault(key_of(point), Wanted(point, {}, {}))
                one.labels[data.label, point.model_label] = None
                one.signals.update({name: sums[name] for name in grid.signals or sums})
    return found


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

    Examples
    --------
    >>> from noisescaling import sweep
    >>> cells = sweep.recipe("simulated", n_cells=200, n_genes=50, umis_per_cell=100.0)
    >>> grid = sweep.Sweep([cells], ["PCA"], depths=[50], signals=["cell_type"])
    >>> store = sweep.ResultsStore("points")
    >>> sweep.run(grid, store, progress=False).n_measured
    1
    >>> sweep.run(grid, store, progress=False).n_there  # kept, so not measured again
    1
    """
    start = time.perf_counter()
    whole("n_processes", n_processes, at_least=1)
    if time_limit is not None and not (time_limit > 0 and client is None):
        raise ValueError(
            f"time_limit = {time_limit:g} s must be above 0, and is for processes of this machine; "
            "on a cluster, give its jobs a limit"
        )
    forget()
    wanted = planned(sweep)
    values, tasks, unlabelled = _todo(wanted, store.known(), retry_failed)
    if tasks or unlabelled:
        with store.writing() as write:
            values, tasks, unlabelled = _todo(wanted, store.known(), retry_failed)
            for key, there in unlabelled:
                write(key, there)
            done = _cluster(tasks, client) if client else _here(tasks, n_processes, time_limit)
            with closing(done):
                _fill(wanted, values, done, len(tasks), write, progress)
    rows = {
        key: one.labelled(values[key, name] for name in one.signals) for key, one in wanted.items()
    }
    n, n_failed, seconds = len(wanted), len(_failed(values)), time.perf_counter() - start
    return Summary(n, len(tasks), n - len(tasks), n_failed, seconds, rows)


def _todo(
    wanted: Mapping[str, Wanted], known: Known, retry_failed: bool
) -> tuple[Values, list[Task], list[tuple[str, list[Row]]]]:
    """Return what is there, what to measure, and what is there under other labels alone."""
    values = {
        (key, signal): row for (key, _, _, signal), row in known.items()
        if key in wanted and signal in wanted[key].signals
        and origin(row).get("checksum") == wanted[key].signals[signal]
        and (row["status"] == "ok" or not retry_failed)
    }  # fmt: skip
    tasks, unlabelled = [], []
    for key, one in wanted.items():
        lacking = [name for name in one.signals if (key, name) not in values]
        if lacking:
            tasks.append((one.point, lacking, key))
        there = one.labelled(values[key, name] for name in one.signals if name not in lacking)
        new = [row for row in there
               if known.get(named(key, row), {"bits": ""})["bits"] != row["bits"]]  # fmt: skip
        if new:
            unlabelled.append((key, new))
    return values, tasks, unlabelled


def _fill(
    wanted: Mapping[str, Wanted],
    values: Values,
    done: Iterable[tuple[str, list[Row]]],
    left: int,
    write: Callable[[str, list[Row]], None],
    progress: bool,
) -> None:
    """Add rows to values as they come, write them, and show how far it is."""
    failed_ones, total = _failed(values), len(wanted)
    start = total - left
    with tqdm(
        desc="sweep", initial=start, total=total, bar_format=_BAR, disable=not progress
    ) as bar:
        for n, (key, rows) in enumerate(done, start=start + 1):
            write(key, wanted[key].labelled(rows))
            values |= (new := {(key, row["signal"]): row for row in rows})
            failed_ones |= _failed(new)
            bad = len(failed_ones)
            bar.set_postfix_str(f"done {n - bad}, failed {bad}, left {total - n}", refresh=False)
            bar.update()


def _failed(values: Values) -> set[str]:
    return {key for (key, _), row in values.items() if row["status"] != "ok"}


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

    Examples
    --------
    >>> from noisescaling import sweep
    >>> cells = sweep.recipe("simulated", n_cells=200, n_genes=50, umis_per_cell=100.0)
    >>> grid = sweep.Sweep([cells], ["PCA"], depths=[50], signals=["cell_type"])
    >>> points = sweep.measured(grid, sweep.ResultsStore("points"), progress=False)
    >>> points[["signal", "quality", "status"]]
          signal  quality status
    0  cell_type     50.0     ok
    """
    forget()
    table = None if recompute else committed(sweep, store)
    if table is not None:
        return table
    fresh = ResultsStore(store.folder / "recompute") if recompute else store
    rows = run(sweep, fresh, **options).rows
    if recompute:
        with store.writing() as write:
            for key, some in rows.items():
                write(key, some)
        fresh.remove()
    return tidy(row for some in rows.values() for row in some)


def committed(sweeps: Sweeps, store: ResultsStore) -> pd.DataFrame | None:
    """Return the points of a sweep, in bits, if all are among the committed ones; loads no data.

    None where one is lacking, or is there for several contents of one data set: then the data must
    tell which holds.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> grid = sweep.Sweep(["simulated"], ["PCA"], depths=[50])
    >>> sweep.committed(grid, sweep.ResultsStore("points")) is None  # nothing is committed yet
    True
    """
    kept = store.committed_points()
    keys = {key for key, *_ in kept}
    own = {name: row for name, row in store.points().items() if name[0] in keys}
    index = _Committed(both(kept, own))
    found: list[Row] = []
    for sweep in listed(sweeps) if kept else ():
        for point in sweep.points():
            rows = index.rows(point)
            if not rows or not set(sweep.signals or rows) <= rows.keys():
                return None
            labels = {"dataset": point.dataset.label, "model": point.model_label}
            found += [rows[name] | labels for name in sweep.signals or rows]
    return tidy(found).drop_duplicates(ignore_index=True) if found else None


class _Committed:
    """Committed rows by the description of their point."""

    def __init__(self, kept: Known) -> None:
        self._keys: dict[str, set[str]] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        for (key, *_), row in kept.items():
            place = of_json(origin(row).get("point"))
            self._keys.setdefault(place, set()).add(key)
            self._rows.setdefault(place, {})[row["signal"]] = row

    def rows(self, point: Point) -> dict[str, Row]:
        """Return the row of each signal of a point; none where it is not there or not unique."""
        rows = self._rows.get(point.identity, {})
        if not rows:
            return {}
        settings = origin(next(iter(rows.values())))["settings"]
        unique = len(self._keys[point.identity]) == 1
        return rows if unique and settings == settings_of(point.model) else {}


def _results(
    tasks: Iterable[Task], submit: Submit, at_once: int, death: type[BaseException]
) -> Generator[tuple[str, list[Row]]]:
    """Yield key and rows of each point as it is done.

    A point whose worker died is tried once more, alone, since a cluster also blames points that
    only waited on that worker. What is raised outside of the measurement fails a point.
    """
    died: list[Task] = []
    rounds = (_futures(tasks, submit, at_once), _futures(died, submit, 1))
    for number, futures in enumerate(rounds):
        for task, future in futures:
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                raise error
            if isinstance(error, death) and number == 0:
                died.append(task)
            else:
                point, signals, key = task
                yield key, failed(point, signals, _told(error)) if error else future.result()


def _told(error: BaseException) -> BaseException | str:
    """Return an error in words if it was raised by what measures and not by a measurement."""
    if isinstance(error, TimeoutError) and error.args[1:]:
        return _HUNG.format(limit=error.args[1])
    if isinstance(error, ProcessExpired):
        return _DIED.format(why=f"exit status {error.exitcode}")
    return _DIED.format(why=error) if type(error).__name__ == "KilledWorker" else error


def _futures(
    tasks: Iterable[Task], submit: Submit, at_once: int
) -> Generator[tuple[Task, Future[list[Row]]]]:
    """Submit points, so many at once, and yield each with its future when that is done."""
    waiting, running = iter(tasks), dict[Future[list[Row]], Task]()
    while True:
        for task in islice(waiting, at_once - len(running)):
            running[submit(*task)] = task
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future


def _here(
    tasks: Sequence[Task], n_processes: int, time_limit: float | None
) -> Generator[tuple[str, list[Row]]]:
    """Measure points in processes of this machine; a pool that broke is made anew."""
    left = {task[-1]: task for task in tasks}
    while left:
        before = len(left)
        pool = ProcessPool(
            n_processes, initializer=_begin, initargs=[dict(os.environ)], context=_CONTEXT
        )
        pool._pool_manager.worker_manager.__class__ = _Workers
        submit: Submit = partial(pool.submit, measure, time_limit)  # type: ignore[call-arg]
        try:
            for key, rows in _results([*left.values()], submit, 2 * n_processes, ProcessExpired):
                del left[key]
                yield key, rows
        except RuntimeError as error:
            if len(left) == before:
                raise RuntimeError(_CANNOT_START.format(error=error)) from error
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
    """Prepare a worker process: this run's environment, no warnings, an end with the run."""
    warnings.simplefilter("ignore")  # they would name no point, and stand between the bar's lines
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End at once when the parent was killed: nobody is left to give this process more work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _cluster(tasks: Iterable[Task], client: Any) -> Generator[tuple[str, list[Row]]]:
    """Measure points on a Dask cluster."""
    from distributed import KilledWorker

    executor = client.get_executor(pure=False)
    try:
        yield from _results(tasks, partial(executor.submit, measure), _WINDOW, KilledWorker)
    except CancelledError:
        raise RuntimeError(
            "the cluster gave up its tasks; points written so far are kept: run again"
        ) from None
    finally:
        executor.shutdown(wait=False)
