"""Measure the points of a sweep that its store lacks."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NoReturn

from tqdm import tqdm

from noisescaling._checks import whole
from noisescaling.sweep import pools
from noisescaling.sweep.disk import StoreFullError
from noisescaling.sweep.progress import TimeToGo
from noisescaling.sweep.store import ResultsStore
from noisescaling.sweep.wanted import Sweeps, wanted
from noisescaling.sweep.work import Outcome, Task, failed, forget, work

#: Seconds between two looks at points that another process has claimed.
_POLL = 0.5
_BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"


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
    known = store.records()
    tasks = [Task(one, store, retry_failed) for one in points]
    tasks = [task for task in tasks if task.lacking(known.get(task.wanted.key))]
    # What only a retry would measure failed before.
    n_failed = sum(bool(one.lacking(known.get(one.key), True)) for one in points) - len(tasks)
    n_measured, n_there = 0, len(points) - len(tasks)
    n_workers = n_processes if client is None else max(1, sum(client.nthreads().values()))
    to_go = TimeToGo(tasks, n_workers)
    with (
        tqdm(
            desc="sweep", initial=n_there, total=len(points), bar_format=_BAR, disable=not progress
        ) as bar,
        closing(_rounds(tasks, store, client, n_processes)) as outcomes,
    ):  # fmt: skip
        _tell(bar, n_there, n_failed, to_go)
        for outcome in outcomes:
            if outcome.status == "full":
                raise StoreFullError(f"{outcome.message}; {n_measured} points were measured")
            if outcome.status == "lost":
                _write_failure(outcome)
            n_there += outcome.status == "there"
            n_measured += outcome.status != "there"
            n_failed += outcome.status in ("failed", "lost")
            to_go.add(outcome)
            _tell(bar, n_there + n_measured, n_failed, to_go)
    seconds = time.perf_counter() - start
    return Summary(len(points), n_measured, n_there, n_failed, seconds)


def _tell(bar: "tqdm[NoReturn]", n_told: int, n_failed: int, to_go: TimeToGo) -> None:
    """Move the bar on to the number of points that are told, those that failed among them."""
    left = bar.total - n_told
    text = f"done {n_told - n_failed}, failed {n_failed}, left {left}"
    if left:
        text += f", about {to_go} to go"
    bar.set_postfix_str(text, refresh=False)
    bar.update(n_told - bar.n)


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
        for outcome in _worked_off(free, client, n_processes):
            if outcome.status == "held":
                waiting.append(outcome.task)
            else:
                yield outcome


def _worked_off(tasks: list[Task], client: Any, n_processes: int) -> Iterator[Outcome]:
    if client is not None:
        return pools.cluster(iter(tasks), client)
    if n_processes > 1:
        return pools.processes(iter(tasks), n_processes)
    return map(work, tasks)


def _write_failure(outcome: Outcome) -> None:
    """Write the record of a point whose worker could not; take its dead worker's claim along."""
    point, store = outcome.task.wanted, outcome.task.store
    with store.claims.claim(point.key):
        known = store.read(point.key)
        lacking = outcome.task.lacking(known)
        if lacking:
            store.write(failed(point, lacking, outcome.message).merged(known))
