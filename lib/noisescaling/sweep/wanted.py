"""What a sweep asks of the store: each point with the checksums that its value depends on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from noisescaling.datasets.dataset import Observations
from noisescaling.sweep import checksums
from noisescaling.sweep.grid import Point, Sweep
from noisescaling.sweep.recipe import as_recipe, load_dataset, model_settings
from noisescaling.sweep.records import Record

#: One grid of points, or several.
Sweeps: TypeAlias = Sweep | Sequence[Sweep]


@dataclass(frozen=True)
class Wanted:
    """A point, and what must agree with its record for that to hold.

    Attributes
    ----------
    point
        The description.
    data
        Checksum of the content of the data set.
    signals
        Signal to measure, and the checksum of its content.
    settings
        All settings of the model.
    """

    point: Point
    data: str
    signals: Mapping[str, str]
    settings: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Key of the point in a store."""
        return f"{self.point.identity}-{self.data}"

    def lacking(self, record: Record | None, retry_failed: bool = False) -> tuple[str, ...]:
        """Return the signals that a record does not tell of as they are now."""
        if record is None or not record.made_with(self.settings):
            return tuple(self.signals)
        return tuple(
            name for name, checksum in self.signals.items()
            if (result := record.results.get(name)) is None
            or result["checksum"] != checksum
            or (retry_failed and result["status"] != "ok")
        )  # fmt: skip


def wanted(sweeps: Sweeps) -> list[Wanted]:
    """Return the points of sweeps, each once, after a check of all that a point could trip over.

    Loads each data set, for its checksum.

    Raises
    ------
    ValueError
        If a name, a setting, a size, a depth or a signal does not exist.
    """
    found: dict[str, Wanted] = {}
    for sweep in listed(sweeps):
        settings = {model: model_settings(as_recipe(model)) for model in sweep.models}
        content = {data: _content(sweep, load_dataset(as_recipe(data))) for data in sweep.datasets}
        for point in sweep.points():
            sums, signals = content[point.dataset]
            one = Wanted(point, sums.of_drawn(point.size), signals, settings[point.model])
            same = found.get(one.key, one)
            found[one.key] = replace(same, signals={**same.signals, **signals})
    return list(found.values())


def listed(sweeps: Sweeps) -> Iterable[Sweep]:
    """Return one sweep or several as several."""
    return [sweeps] if isinstance(sweeps, Sweep) else sweeps


def _content(sweep: Sweep, dataset: Observations) -> tuple[checksums.Checksums, dict[str, str]]:
    sweep.check(dataset)
    sums = checksums.of_dataset(dataset)
    names = dataset.signals if sweep.signals is None else sweep.signals
    return sums, {name: sums.signals[name] for name in names}
