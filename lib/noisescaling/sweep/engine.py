"""Measure the points of a sweep that its store lacks."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from noisescaling._checks import whole
from noisescaling.sweep import pools
from noisescaling.sweep.disk import StoreFullError
from noisescaling.sweep.progress import Progress
from noisescaling.sweep.store import ResultsStore
from noisescaling.sweep.wanted import Sweeps, Wanted, wanted
from noisescaling.sweep.work import Outcome, Task, failed, forget

#: Seconds between two looks at points that another process has claimed.
_POLL = 0.5


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
        Points that were there already, or that another run measured meanwhile.
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


def run(
    sweep: Sweeps,
    store: ResultsStore,
    client: Any = None,
    n_processes: int = 1,
    retry_failed: bool = False,
    progress: bool = True,
) -> Summary:
    """Measure the points of a sweep that a store lacks; each is written as soon as it is done.

    It may be killed at any moment and started again; several may run on one store at once, here or
    on other machines: none computes what another has computed or is computing. It ends when all
    points of the sweep are in the store. A point that fails is a row with its message.

    Parameters
    ----------
    sweep
        A grid of points, or several.
    store
        Where the points are.
    client
        A `dask.distributed.Client`: the points are measured on its cluster.
    n_processes
        Without a client: the number of processes of this machine.
    retry_failed
        Whether to measure anew what failed before.
    progress
        Whether to show a progress bar.

    Raises
    ------
    ValueError
        If the sweep asks for what does not exist; before anything is computed.
    StoreFullError
        If the disk is full. All points written so far are kept.
    """
    start = time.perf_counter()
    whole("n_processes", n_processes, at_least=1)
    store.clean()
    forget()
    points = wanted(sweep)
    tasks, n_failed = _lacking(points, store, retry_failed)
    n_workers = n_processes if client is None else max(1, sum(client.nthreads().values()))
    n_there = len(points) - len(tasks)
    with (
        Progress(tasks, n_there - n_failed, n_failed, n_workers, progress) as bar,
        closing(_rounds(tasks, store, client, n_processes)) as outcomes,
    ):
        n_measured = _follow(outcomes, store, bar)
    seconds = time.perf_counter() - start
    return Summary(len(points), n_measured, len(points) - n_measured, bar.failed, seconds)


def _lacking(
    points: list[Wanted], store: ResultsStore, retry_failed: bool
) -> tuple[list[Task], int]:
    """Return what is to be measured, and how many of the other points failed before."""
    known = store.records()
    tasks, n_failed = [], 0
    for point in points:
        if point.lacking(known.get(point.key), retry_failed):
            folder, stale_after = str(store.folder), store.claims.stale_after
            tasks.append(Task(point, folder, stale_after, retry_failed))
        elif point.lacking(known[point.key], retry_failed=True):
            n_failed += 1
    return tasks, n_failed


def _rounds(
    tasks: list[Task], store: ResultsStore, client: Any, n_processes: int
) -> Generator[Outcome]:
    """Yield outcomes until none is held by another process."""
    waiting = tasks
    while waiting:
        held: list[Task] = []
        free: list[Task] = []
        for task in waiting:
            (held if store.claims.held(task.wanted.key) else free).append(task)
        if not free:
            time.sleep(_POLL)
        waiting = held
        for outcome in _worked_off(iter(free), client, n_processes):
            if outcome.status == "held":
                waiting.append(outcome.task)
            else:
                yield outcome


def _worked_off(tasks: Iterator[Task], client: Any, n_processes: int) -> Iterator[Outcome]:
    if client is not None:
        return pools.cluster(tasks, client)
    if n_processes > 1:
        return pools.processes(tasks, n_processes)
    return pools.serial(tasks)


def _follow(outcomes: Iterator[Outcome], store: ResultsStore, bar: Progress) -> int:
    """Count outcomes and write down failures that a worker could not; return those measured."""
    n_measured = 0
    for outcome in outcomes:
        if outcome.status == "full":
            raise StoreFullError(f"{outcome.message}; {n_measured} points were measured")
        if outcome.status == "lost":
            _write_failure(outcome, store)
        n_measured += outcome.status != "there"
        bar.add(outcome)
    return n_measured


def _write_failure(outcome: Outcome, store: ResultsStore) -> None:
    """Write the record of a point whose worker could not; take its dead worker's claim along."""
    point = outcome.task.wanted
    with store.claims.claim(point.key):
        known = store.read(point.key)
        lacking = point.lacking(known, outcome.task.retry_failed)
        if lacking:
            store.write(failed(point, lacking, outcome.message).merged(known))
