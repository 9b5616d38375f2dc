"""An estimate of the time that a sweep has to go."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from tqdm import tqdm

from noisescaling.sweep.work import Outcome, Task

#: Points that take about equally long: data set, model, number of cells.
_Kind = tuple[str, str, int | None]


class TimeToGo:
    """Time to go, from the mean time of the points of each kind.

    Parameters
    ----------
    tasks
        Points to measure.
    n_workers
        How many points are measured at once.
    """

    def __init__(self, tasks: Iterable[Task], n_workers: int) -> None:
        self._left = Counter(map(_kind, tasks))
        self._measured: Counter[_Kind] = Counter()
        self._seconds: dict[_Kind, float] = defaultdict(float)
        self._n_workers = n_workers

    def add(self, outcome: Outcome) -> None:
        """Count a point as told, and its time where it was measured."""
        kind = _kind(outcome.task)
        self._left[kind] -= 1
        if outcome.seconds:
            self._measured[kind] += 1
            self._seconds[kind] += outcome.seconds

    def __str__(self) -> str:
        if not self._measured:
            return "?"
        overall = sum(self._seconds.values()) / self._measured.total()
        means = {kind: total / self._measured[kind] for kind, total in self._seconds.items()}
        seconds = sum(n * means.get(kind, overall) for kind, n in self._left.items())
        text: str = tqdm.format_interval(seconds / self._n_workers)
        return text


def _kind(task: Task) -> _Kind:
    point = task.wanted.point
    return point.dataset.label, point.model_label, point.size
