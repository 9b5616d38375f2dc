"""What to measure: a grid of points, each one fitted model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from noisescaling._checks import choice, positive, whole
from noisescaling.datasets import Dataset
from noisescaling.noise.counts import capture_probability
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
        Number of cells drawn; all where None.
    depth
        Mean depth that the embedded cells are thinned to, in UMIs per cell.
    fit_depth
        Mean depth that the model is fitted at, in UMIs per cell; `depth` where None.
    seed
        Seed of the drawing, the thinning, the model and the metric.
    """

    dataset: Recipe
    model: Recipe
    size: int | None
    depth: float
    seed: int
    fit_depth: float | None = None

    def describe(self) -> dict[str, Any]:
        """Return all that determines the value, besides the content of the data set."""
        return {
            "format": FORMAT, "noise": "downsample", "dataset": self.dataset.describe(),
            "model": self.model.describe(), "size": self.size, "depth": self.depth,
            "fit_depth": self.fit_depth, "seed": self.seed,
        }  # fmt: skip

    @property
    def identity(self) -> str:
        """Checksum of the description; with that of the data set's content it makes the key."""
        return of_json(self.describe())

    @property
    def model_label(self) -> str:
        """What tables call the model; one fitted at another depth is called another."""
        if self.fit_depth is None:
            return self.model.label
        return f"{self.model.label}, fitted at {self.fit_depth:g}"


@dataclass(frozen=True)
class Sweep:
    """A grid of points: data sets x sizes x depths x models x seeds, with the signals of each.

    Parameters
    ----------
    datasets, models
        Names, or `recipe(...)` with settings.
    depths
        Mean depths, in UMIs per cell; at most that of each data set.
    sizes
        Numbers of cells; None stands for all.
    seeds
        One whole grid each.
    signals
        Names of signals to measure; where None, all that each data set has.
    fit_depths
        Mean depths to fit at, in UMIs per cell, where models are asked about cells of another depth
        than those that they were fitted on; None stands for the depth of the point.

    Raises
    ------
    ValueError
        If an axis is empty or names a thing twice, or a number is out of range.
    """

    datasets: Sequence[RecipeLike]
    models: Sequence[RecipeLike]
    depths: Sequence[float]
    sizes: Sequence[int | None] = (None,)
    seeds: Sequence[int] = (0,)
    signals: Sequence[str] | None = None
    fit_depths: Sequence[float | None] = (None,)

    def __post_init__(self) -> None:
        for axis in ("datasets", "models"):
            self._set(axis, [as_recipe(given) for given in _listed(axis, getattr(self, axis))])
            _refuse_twice(f"label of {axis}", [made.label for made in getattr(self, axis)])
        self._set("depths", positive("depths", list(self.depths)).tolist())
        sizes = [n if n is None else whole("size", n, at_least=2) for n in self.sizes]
        self._set("sizes", sizes)
        self._set("seeds", [whole("seed", seed, at_least=0) for seed in self.seeds])
        self._set("fit_depths", [d if d is None else float(d) for d in self.fit_depths])
        positive("fit_depths", [d for d in self.fit_depths if d is not None])
        for axis in ("depths", "sizes", "seeds", "fit_depths"):
            _refuse_twice(axis, getattr(self, axis))
        if self.signals is not None:
            self._set("signals", list(_listed("signals", self.signals)))
            _refuse_twice("signals", list(self.signals))

    def _set(self, axis: str, values: list[Any]) -> None:
        if not values:
            raise ValueError(f"{axis} is empty; give at least one")
        object.__setattr__(self, axis, tuple(values))

    def points(self) -> Iterator[Point]:
        """Yield the points, those that share data and cells one after the other."""
        grid = product(
            self.datasets, self.sizes, self.seeds, self.depths, self.models, self.fit_depths
        )
        for dataset, size, seed, depth, model, fit_depth in grid:
            yield Point(as_recipe(dataset), as_recipe(model), size, depth, seed, fit_depth)

    def check(self, dataset: Dataset) -> None:
        """Refuse sizes, depths and signals that a data set does not have.

        Raises
        ------
        ValueError
            With both numbers, or the names that there are.
        """
        for size in self.sizes:
            if size is not None and size > dataset.n_samples:
                raise ValueError(
                    f"size = {size} is more than the {dataset.n_samples} cells of "
                    f"{dataset.name}; give at most {dataset.n_samples}"
                )
        for depth in (*self.depths, *self.fit_depths):
            if depth is not None:
                capture_probability(dataset.counts, depth)
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
