"""One progress bar for a sweep: points done, failed and left, and an estimate of the time left."""

from collections import defaultdict
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tqdm import tqdm

from noisescaling.sweep.work import Outcome, Task

_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
#: Points that take about equally long: data set, model, number of cells.
_Kind = tuple[str, str, int | None]


class Progress:
    """A bar over the points of a sweep, those included that were measured before.

    Parameters
    ----------
    tasks
        Points to measure now.
    n_done, n_failed
        Points measured and failed before.
    n_workers
        How many points are measured at once.
    show
        Whether there is a bar at all.
    """

    def __init__(
        self, tasks: Iterable[Task], n_done: int, n_failed: int, n_workers: int, show: bool
    ) -> None:
        self._left: dict[_Kind, int] = defaultdict(int)
        for task in tasks:
            self._left[_kind(task)] += 1
        self._times: dict[_Kind, list[float]] = defaultdict(list)
        self._n_workers = n_workers
        self.done, self.failed = n_done, n_failed
        self._bar = tqdm(
            desc="sweep", initial=n_done + n_failed, total=self.left + n_done + n_failed,
            bar_format=_FORMAT, disable=not show,
        )  # fmt: skip
        self._tell()

    @property
    def left(self) -> int:
        """Number of points left."""
        return sum(self._left.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def add(self, outcome: Outcome) -> None:
        """Count a point that is done or failed."""
        kind = _kind(outcome.task)
        self._left[kind] -= 1
        if outcome.seconds:
            self._times[kind].append(outcome.seconds)
        if outcome.status in ("failed", "lost"):
            self.failed += 1
        else:
            self.done += 1
        self._tell()
        self._bar.update()

    def seconds_left(self) -> float | None:
        """Estimate the time left, in seconds, kind by kind; None before the first point."""
        known = [seconds for times in self._times.values() for seconds in times]
        if not known:
            return None
        overall = sum(known) / len(known)
        total = 0.0
        for kind, n in self._left.items():
            times = self._times.get(kind)
            total += n * (sum(times) / len(times) if times else overall)
        return total / self._n_workers

    def _tell(self) -> None:
        seconds = self.seconds_left()
        estimate = "?" if seconds is None else tqdm.format_interval(seconds)
        self._bar.set_postfix_str(
            f"done {self.done}, failed {self.failed}, left {self.left}, about {estimate} to go",
            refresh=False,
        )


def _kind(task: Task) -> _Kind:
    point = task.wanted.point
    return point.dataset.label, point.model_label, point.size
