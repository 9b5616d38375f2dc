"""What to measure: a grid of points, each one fitted model, in Python or in a TOML file."""

import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from noisescaling._checks import choice, positive, whole
from noisescaling.metric import FORMAT
from noisescaling.sweep import noises
from noisescaling.sweep.recipe import Recipe, RecipeLike, as_recipe, of_json

#: What stands between a model's name and the quality that it was fitted at, where that is another
#: than the quality of the observations that it embeds.
FITTED_AT = ", fitted at "


@dataclass(frozen=True)
class Point:
    """One fitted model, which serves all signals.

    Attributes
    ----------
    dataset, model
        Recipes.
    size
        Number of observations to learn from; all that are not set aside where None.
    quality
        Quality of the embedded observations: of thinned cells, the mean depth of the whole data set
        in UMIs per cell.
    seed
        Seed of the drawing, the noise, the model and the metric.
    fit_quality
        Quality of the observations that the model is fitted on; `quality` where None.
    noise
        What makes observations of that quality, by its name in `noises.NOISES`.
    """

    dataset: Recipe
    model: Recipe
    size: int | None
    quality: float
    seed: int
    fit_quality: float | None = None
    noise: str = "downsample"

    def describe(self) -> dict[str, Any]:
        """Return all that determines the value, besides the content of the data set."""
        return {
            "format": FORMAT, "noise": self.noise, "dataset": self.dataset.describe(),
            "model": self.model.describe(), "size": self.size, "quality": self.quality,
            "fit_quality": self.fit_quality, "seed": self.seed,
        }  # fmt: skip

    @property
    def identity(self) -> str:
        """Checksum of the description."""
        return of_json(self.describe())

    @property
    def model_label(self) -> str:
        """What tables call the model; one fitted at another quality is called another."""
        if self.fit_quality is None:
            return self.model.label
        return f"{self.model.label}{FITTED_AT}{self.fit_quality:g}"


@dataclass(frozen=True)
class Sweep:
    """A grid of points: data sets x sizes x qualities x models x seeds, and the signals of each.

    Parameters
    ----------
    datasets, models
        Names, or `recipe(...)` with settings, or mappings with a name, a label and settings.
    qualities
        Levels of quality in the unit of the noise: for cells the mean depth in UMIs per cell, at
        most that of each data set.
    sizes
        Numbers of observations to learn from; None stands for all that are not set aside.
    seeds
        One whole grid each.
    signals
        Names of signals to measure; where None, all that each data set has.
    fit_qualities
        Qualities to fit at, where models embed observations of another quality than those that they
        learned from; None stands for the quality of the point.
    noise
        "downsample" for depths of cells, "halves" for the information between two halves of each
        cell's molecules; "substitute" for sequences; "gaussian" or "pixelate" for images.
    depths, fit_depths
        Another word for `qualities` and `fit_qualities`.

    Raises
    ------
    ValueError
        If an axis is empty or names a thing twice, or a number is out of range.
    """

    datasets: Sequence[RecipeLike]
    models: Sequence[RecipeLike]
    qualities: Sequence[float] = ()
    sizes: Sequence[int | None] = (None,)
    seeds: Sequence[int] = (0,)
    signals: Sequence[str] | None = None
    fit_qualities: Sequence[float | None] = ()
    noise: str = "downsample"
    depths: InitVar[Sequence[float] | None] = None
    fit_depths: InitVar[Sequence[float | None] | None] = None

    def __post_init__(
        self, depths: Sequence[float] | None, fit_depths: Sequence[float | None] | None
    ) -> None:
        for axis in ("datasets", "models"):
            made = [as_recipe(given) for given in _listed(axis, getattr(self, axis))]
            _refuse_twice(f"label of {axis}", [one.label for one in made])
            self._set(axis, axis, made)
        choice("noise", self.noise, noises.NOISES)
        word, levels = self._levels("qualities", "depths", depths)
        self._set("qualities", word, positive(word, levels).tolist())
        word, fits = self._levels("fit_qualities", "fit_depths", fit_depths)
        positive(word, [level for level in fits if level is not None])
        told = [level if level is None else float(level) for level in fits]
        self._set("fit_qualities", word, told or [None])
        sizes = [n if n is None else whole("size", n, at_least=2) for n in self.sizes]
        self._set("sizes", "sizes", sizes)
        seeds = [whole("seed", seed, at_least=0) for seed in self.seeds]
        self._set("seeds", "seeds", seeds)
        if self.signals is not None:
            self._set("signals", "signals", _listed("signals", self.signals))

    def _levels(self, axis: str, other: str, given: Sequence[Any] | None) -> tuple[str, list[Any]]:
        """Return the levels of an axis, with the one of its two words that was used."""
        own = list(getattr(self, axis))
        if given is None:
            return axis, own
        if own:
            raise ValueError(f"{axis} and {other} are two words for one axis; give one of them")
        return other, list(given)

    def _set(self, axis: str, word: str, values: Sequence[Any]) -> None:
        if not values:
            raise ValueError(f"{word} is empty; give at least one")
        _refuse_twice(word, values)
        object.__setattr__(self, axis, tuple(values))

    def points(self) -> Iterator[Point]:
        """Yield the points, those that share noisy observations one after the other."""
        grid = product(
            self.datasets, self.seeds, self.qualities, self.sizes, self.fit_qualities, self.models
        )
        for dataset, seed, level, size, fit_level, model in grid:
            yield Point(
                as_recipe(dataset), as_recipe(model), size, level, seed, fit_level, self.noise
            )


#: One grid of points, or several.
Sweeps: TypeAlias = Sweep | Sequence[Sweep]


def listed(sweeps: Sweeps) -> Sequence[Sweep]:
    """Return one sweep or several as several."""
    return [sweeps] if isinstance(sweeps, Sweep) else sweeps


#: How a file says None, which TOML does not have: all observations, or the point's own quality.
_NONE = {"sizes": "all", "fit_depths": "same", "fit_qualities": "same"}


def read_sweeps(file: str | os.PathLike[str]) -> list[Sweep]:
    """Read sweeps from a TOML file: one in its top level, or several in tables `[[sweep]]`.

    The keys are those of `Sweep`; a data set or model is a name, or a table with a name, an
    optional label and settings. Among the sizes, "all" stands for all observations that are not set
    aside. What several sweeps have in common may stand in the top level.

    Raises
    ------
    ValueError
        If the file is no TOML, a key is unknown, or a sweep is refused; names the file.
    """
    path = Path(file)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = content.pop("sweep", [{}])
        return [_sweep({**content, **part}) for part in parts]
    except OSError as error:
        way = "does not exist" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise ValueError(f"{path} {way}; give a TOML file with a sweep") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _sweep(content: dict[str, Any]) -> Sweep:
    known = [field.name for field in fields(Sweep)] + ["depths", "fit_depths"]
    for key in content:
        choice("key", key, known)
    for key in ("datasets", "models"):
        if key not in content:
            raise ValueError(f"{key} is missing; give at least one")
    for key, word in _NONE.items():
        if key in content:
            content[key] = [None if value == word else value for value in content[key]]
    return Sweep(**content)


def _listed(axis: str, values: Any) -> Sequence[Any]:
    if isinstance(values, str):
        raise ValueError(f"{axis} = {values!r} is one text; give a list, [{values!r}]")
    return list(values)


def _refuse_twice(axis: str, values: Sequence[Any]) -> None:
    twice = [value for k, value in enumerate(values) if value in values[:k]]
    if twice:
        raise ValueError(f"{axis} holds {twice[0]!r} twice; give each once")
