"""What to measure: a grid of points, each one fitted model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from noisescaling._checks import choice, positive, whole
from noisescaling.datasets.dataset import Observations
from noisescaling.labels import FITTED_AT
from noisescaling.sweep import noises
from noisescaling.sweep.checksums import of_json
from noisescaling.sweep.recipe import Recipe, RecipeLike, as_recipe

#: Part of every key. Raise it when thinning, drawing of cells or the metric change the values.
FORMAT = 1


@dataclass(frozen=True)
class Point:
    """One fitted model, which serves all signals.

    Attributes
    ----------
    dataset, model
        Recipes.
    size
        Number of observations drawn; all where None.
    quality
        Quality of the embedded observations: of thinned cells, their mean depth in UMIs per cell.
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
        axis = "depth" if self.noise == "downsample" else "quality"
        return {
            "format": FORMAT, "noise": self.noise, "dataset": self.dataset.describe(),
            "model": self.model.describe(), "size": self.size, axis: self.quality,
            f"fit_{axis}": self.fit_quality, "seed": self.seed,
        }  # fmt: skip

    @property
    def identity(self) -> str:
        """Checksum of the description; with that of the data set's content it makes the key."""
        return of_json(self.describe())

    @property
    def model_label(self) -> str:
        """What tables call the model; one fitted at another depth is called another."""
        if self.fit_quality is None:
            return self.model.label
        return f"{self.model.label}{FITTED_AT}{self.fit_quality:g}"


@dataclass(frozen=True)
class Sweep:
    """A grid of points: data sets x sizes x qualities x models x seeds, and the signals of each.

    Parameters
    ----------
    datasets, models
        Names, or `recipe(...)` with settings.
    depths
        Mean depths of cells, in UMIs per cell; at most that of each data set.
    sizes
        Numbers of observations; None stands for all.
    seeds
        One whole grid each.
    signals
        Names of signals to measure; where None, all that each data set has.
    fit_depths
        Mean depths to fit at, in UMIs per cell, where models are asked about cells of another depth
        than those that they were fitted on; None stands for the depth of the point.
    qualities, fit_qualities
        The same for other noises, in place of depths: in the unit of the noise.
    noise
        "downsample" for depths of cells; "substitute" for sequences; "gaussian" or "pixelate" for
        images.

    Raises
    ------
    ValueError
        If an axis is empty or names a thing twice, or a number is out of range.
    """

    datasets: Sequence[RecipeLike]
    models: Sequence[RecipeLike]
    depths: Sequence[float] = ()
    sizes: Sequence[int | None] = (None,)
    seeds: Sequence[int] = (0,)
    signals: Sequence[str] | None = None
    fit_depths: Sequence[float | None] = ()
    qualities: Sequence[float] = ()
    fit_qualities: Sequence[float | None] = ()
    noise: str = "downsample"

    def __post_init__(self) -> None:
        for axis in ("datasets", "models"):
            made = [as_recipe(given) for given in _listed(axis, getattr(self, axis))]
            _refuse_twice(f"label of {axis}", [one.label for one in made])
            self._set(axis, made)
        self._set_levels()
        self._set("sizes", [n if n is None else whole("size", n, at_least=2) for n in self.sizes])
        self._set("seeds", [whole("seed", seed, at_least=0) for seed in self.seeds])
        if self.signals is not None:
            self._set("signals", _listed("signals", self.signals))

    def _set_levels(self) -> None:
        """Check the levels of quality, on the axis that the noise has."""
        axis, other = "depths", "qualities"
        if choice("noise", self.noise, noises.NOISES) != "downsample":
            axis, other = other, axis
        for wrong in (other, f"fit_{other}"):
            if len(getattr(self, wrong)):
                raise ValueError(f"{wrong} are no axis of noise = {self.noise!r}; give {axis}")
        self._set(axis, positive(axis, list(getattr(self, axis))).tolist())
        fits = [d if d is None else float(d) for d in getattr(self, f"fit_{axis}")]
        positive(f"fit_{axis}", [d for d in fits if d is not None])
        self._set(f"fit_{axis}", fits or [None])

    def _set(self, axis: str, values: Sequence[Any]) -> None:
        if not values:
            raise ValueError(f"{axis} is empty; give at least one")
        _refuse_twice(axis, values)
        object.__setattr__(self, axis, tuple(values))

    @property
    def levels(self) -> Sequence[float]:
        """The levels of quality: depths, or qualities."""
        return self.depths or self.qualities

    @property
    def fit_levels(self) -> Sequence[float | None]:
        """The levels of quality to fit at: depths, or qualities."""
        return self.fit_depths or self.fit_qualities

    def points(self) -> Iterator[Point]:
        """Yield the points, those that share data and cells one after the other."""
        grid = product(
            self.datasets, self.sizes, self.seeds, self.levels, self.models, self.fit_levels
        )
        for dataset, size, seed, level, model, fit_level in grid:
            yield Point(
                as_recipe(dataset), as_recipe(model), size, level, seed, fit_level, self.noise
            )

    def check(self, dataset: Observations) -> None:
        """Refuse sizes, qualities and signals that a data set does not have.

        Raises
        ------
        ValueError
            With both numbers, or the names that there are.
        """
        for size in self.sizes:
            if size is not None and size > dataset.n_samples:
                raise ValueError(
                    f"size = {size} is more than the {dataset.n_samples} {dataset.units} of "
                    f"{dataset.name}; give at most {dataset.n_samples}"
                )
        for level in (*self.levels, *self.fit_levels):
            if level is not None:
                noises.check(self.noise, dataset, level)
        for name in self.signals or ():
            choice(f"signal of {dataset.name}", name, dataset.signals)
        if not dataset.signals:
            raise ValueError(f"{dataset.name} has no signal; give one that has")


def _listed(axis: str, values: Any) -> Sequence[Any]:
    if isinstance(values, str):
        raise ValueError(f"{axis} = {values!r} is one text; give a list, [{values!r}]")
    return list(values)


def _refuse_twice(axis: str, values: Sequence[Any]) -> None:
    twice = [value for k, value in enumerate(values) if value in values[:k]]
    if twice:
        raise ValueError(f"{axis} holds {twice[0]!r} twice; give each once")
