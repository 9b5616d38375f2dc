"""Where tasks are worked off beside this process: in others of this machine, or on a cluster.

Each function takes tasks one by one as it can use them, and yields an outcome for each.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

from noisescaling.sweep.work import Outcome, Task, work

#: How often a point may see its worker process die before it counts as failed.
TRIES = 2
#: Tasks that a cluster is given at once, so that one that grows with its work can tell.
_WINDOW = 2000
_DIED = (
    "WorkerDied: the worker process died each of {n} times that it computed this point; it was "
    "killed, or ran out of memory"
)
_GONE = "the cluster gave up its tasks; points written so far are kept: run again"
_CANNOT_START = (
    "worker processes cannot start; in a script, call run under `if __name__ == '__main__':`, or "
    "give n_processes=1"
)


def processes(tasks: Iterator[Task], n_processes: int) -> Iterator[Outcome]:
    """Work tasks off in processes of this machine.

    Each process is a pool of its own, so that of one that dies the point is known.
    """
    fresh = ((task, 1) for task in tasks)
    free = deque(_Worker() for _ in range(n_processes))
    running: dict[Future[Outcome], tuple[_Worker, Task, int]] = {}
    again: deque[tuple[Task, int]] = deque()
    try:
        while True:
            while free and (given := again.popleft() if again else next(fresh, None)):
                worker = free.popleft()
                running[worker.submit(given[0])] = (worker, *given)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                worker, task, tries = running.pop(future)
                died = isinstance(future.exception(), BrokenProcessPool)
                free.append(worker.renewed() if died else worker)
                if not died:
                    yield _outcome(task, future)
                elif tries < TRIES:
                    again.append((task, tries + 1))
                else:
                    yield Outcome(task, "lost", _DIED.format(n=tries))
    finally:
        for worker in {*free, *(worker for worker, *_ in running.values())}:
            # Points in computation are finished and written, also when the run is broken off.
            worker.pool.shutdown(cancel_futures=True)


def cluster(tasks: Iterator[Task], client: Any) -> Iterator[Outcome]:
    """Work tasks off on a Dask cluster, whose workers must see the store's folder.

    Parameters
    ----------
    tasks
        What to do.
    client
        A `dask.distributed.Client`.
    """
    from distributed import KilledWorker, as_completed

    given: dict[Any, Task] = {}
    suspects: deque[Task] = deque()
    finished = as_completed()

    def feed() -> bool:
        """Submit what there is room for; a suspect alone. Tell whether anything is under way."""
        new = list(islice(tasks, _WINDOW - len(given)))
        alone = not given and not new and bool(suspects)
        for task in [suspects.popleft()] if alone else new:
            future = client.submit(work, task, pure=False)
            given[future] = task
            finished.add(future)
        return alone

    alone = feed()
    try:
        for future in finished:
            task = given.pop(future)
            if future.status == "cancelled":
                raise RuntimeError(_GONE)
            error = future.exception() if future.status == "error" else None
            if not isinstance(error, KilledWorker):
                yield _outcome(task, future)
            elif alone:
                yield Outcome(task, "lost", _DIED.format(n=TRIES))
            else:  # Dask also blames tasks that only waited on the worker that died
                suspects.append(task)
            alone = feed()
    finally:
        client.cancel(list(given))


class _Worker:
    """A pool of one process, to be replaced when that has died."""

    def __init__(self) -> None:
        spawned = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, mp_context=spawned, initializer=_begin)
        self._started: Future[int] | None = None

    def submit(self, task: Task) -> Future[Outcome]:
        """Give the process a task, after a first sign of life."""
        if self._started is None:
            self._started = self.pool.submit(os.getpid)
        return self.pool.submit(work, task)

    def renewed(self) -> "_Worker":
        """Return a new one; refuse where this one's process could not even start."""
        self.pool.shutdown(wait=False)
        if self._started is not None and self._started.exception() is not None:
            raise RuntimeError(_CANNOT_START)
        return _Worker()


def _begin() -> None:
    """Prepare a worker process: it ends when its parent ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End at once when the parent was killed: nobody is left to give this process more work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _outcome(task: Task, future: Any) -> Outcome:
    """Return a future's outcome; what was raised outside of the measurement fails the point."""
    try:
        outcome: Outcome = future.result()
    except Exception as error:
        return Outcome(task, "lost", f"{type(error).__name__}: {error}")
    return outcome
