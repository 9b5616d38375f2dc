"""What to measure: data sets and models by name, and grids of points, in Python or a TOML file."""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, fields, replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from noisescaling._checks import choice, positive, whole
from noisescaling.metric import FORMAT
from noisescaling.noise import noises

#: What stands between a model's name and the quality that it was fitted at, where that is another
#: than the quality of the observations that it embeds.
FITTED_AT = ", fitted at "
#: What a user may give for a data set or a model.
RecipeLike: TypeAlias = "str | Recipe | Mapping[str, Any]"
#: Modules of this library whose data sets and models a file may name.
_OWN = re.compile(r"noisescaling\.(datasets|models)(\.[a-z]\w*)*")
#: Texts among settings, which are JSON, that name something to import.
_IMPORT = re.compile(r'"([^\W\d][\w.]*:[^\W\d][\w.]*)"')


@dataclass(frozen=True)
class Recipe:
    """A data set or a model by name and settings.

    Parameters
    ----------
    name
        A name that `datasets.load` or `models.build` knows, or `"package.module:attribute"`, which
        is imported and called with the settings.
    settings
        The settings as JSON text, its keys sorted.
    label
        What tables and figures call it.
    """

    name: str
    settings: str = "{}"
    label: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """The settings as a dictionary."""
        return dict(json.loads(self.settings))

    def describe(self) -> dict[str, Any]:
        """Return name and settings, without the label, as JSON can hold them."""
        return {"name": self.name, "settings": self.values}


def recipe(name: str, /, *, label: str = "", **settings: Any) -> Recipe:
    """Return a data set or a model by name and settings.

    Parameters
    ----------
    name
        See `Recipe`.
    label
        What tables and figures call it; the name, or of an imported attribute its last part, where
        empty.
    settings
        Texts, numbers, truth values, None, and lists of these.

    Raises
    ------
    ValueError
        If a setting is something else, or NaN or infinite.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> sweep.recipe("PCA", n_components=5, label="five axes").values
    {'n_components': 5}
    """
    try:
        text = json.dumps(settings, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"settings of {name} = {settings} cannot be written down ({error}); give texts, "
            "finite numbers, true, false, None and lists of these"
        ) from None
    return Recipe(name, text, label or name.rpartition(":")[2])


def as_recipe(given: RecipeLike) -> Recipe:
    """Return a recipe from one, a name, or a mapping with a name, a label and settings."""
    if isinstance(given, Recipe):
        return given if given.label else replace(given, label=given.name.rpartition(":")[2])
    told = given if isinstance(given, Mapping) else {"name": given}
    name, label = told.get("name"), told.get("label", "")
    if not (isinstance(name, str) and isinstance(label, str)):
        raise ValueError(f"{dict(told)} has no name; give one of a data set or a model, a text")
    settings = {key: value for key, value in told.items() if key not in ("name", "label")}
    return recipe(name, label=label, **settings)


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

    Examples
    --------
    >>> from noisescaling import sweep
    >>> cells, model = sweep.recipe("simulated"), sweep.recipe("PCA")
    >>> point = sweep.Point(cells, model, size=None, quality=30, seed=0)
    >>> point.model_label, point.quality
    ('PCA', 30)
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

    Examples
    --------
    >>> from noisescaling import sweep
    >>> grid = sweep.Sweep(["simulated"], ["PCA", "RandomProjection"], depths=[10, 30, 100])
    >>> len(list(grid.points()))
    6
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
        choice("noise", self.noise, noises.NOISES)
        qualities = self._either("qualities", "depths", depths)
        fits = self._either("fit_qualities", "fit_depths", fit_depths)
        of_cells = noises.NOISES[self.noise].unit == "UMIs per cell"
        word = "depths" if of_cells else "qualities"
        positive(f"fit_{word}", [level for level in fits if level is not None])
        axes: dict[str, list[Any]] = {
            axis: [as_recipe(given) for given in _listed(axis, getattr(self, axis))]
            for axis in ("datasets", "models")
        }
        for axis, made in axes.items():
            _refuse_twice(f"label of {axis}", [one.label for one in made])
        axes |= {
            "qualities": positive(word, qualities).tolist(),
            "fit_qualities": [level if level is None else float(level) for level in fits] or [None],
            "sizes": [
                n if n is None else whole("size", n, at_least=2)
                for n in _listed("sizes", self.sizes)
            ],
            "seeds": [whole("seed", seed, at_least=0) for seed in _listed("seeds", self.seeds)],
        }
        if self.signals is not None:
            axes["signals"] = list(_listed("signals", self.signals))
        for axis, values in axes.items():
            name = axis.replace("qualities", word)
            if not values:
                raise ValueError(f"{name} is empty; give at least one")
            _refuse_twice(name, values)
            object.__setattr__(self, axis, tuple(values))

    def _either(self, axis: str, other: str, given: Sequence[Any] | None) -> Sequence[Any]:
        """Return the levels of an axis, whichever of its two words was used."""
        own = _listed(axis, getattr(self, axis))
        if given is not None and own:
            raise ValueError(f"{axis} and {other} are two words for one axis; give one of them")
        return own if given is None else _listed(other, given)

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


def read_sweeps(file: str | os.PathLike[str], allow: Sequence[str] = ()) -> list[Sweep]:
    r"""Read sweeps from a TOML file: one in its top level, or several in tables `[[sweep]]`.

    The keys are those of `Sweep`; a data set or model is a name, or a table with a name, an
    optional label and settings. Among the sizes, "all" stands for all observations that are not set
    aside. What several sweeps have in common may stand in the top level.

    Parameters
    ----------
    file
        The TOML file.
    allow
        Packages that the file may name data sets and models of, as `package.module:attribute`.
        Those of this library need no permission.

    Raises
    ------
    ValueError
        If the file is no TOML, a key is unknown, a sweep is refused, or a package is named that is
        not allowed; names the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from noisescaling import sweep
    >>> text = 'datasets = ["simulated"]\nmodels = ["PCA"]\ndepths = [10, 30, 100, 300]'
    >>> _ = Path("my.toml").write_text(text)
    >>> [grid] = sweep.read_sweeps("my.toml")
    >>> len(list(grid.points()))
    4
    """
    path = Path(file)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        sweeps = [_sweep({**content, **part}) for part in content.pop("sweep", [{}])]
        for one in sweeps:
            for given in (*one.datasets, *one.models):
                _refuse_foreign(as_recipe(given), _listed("allow", allow))
        return sweeps
    except OSError as error:
        way = "does not exist" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise ValueError(f"{path} {way}; give a TOML file with a sweep") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _refuse_foreign(one: Recipe, allow: Sequence[str]) -> None:
    """Refuse a data set or model that is code of a package that is not allowed."""
    for name in [one.name, *_IMPORT.findall(one.settings)]:
        package = name.partition(":")[0].partition(".")[0]
        if ":" in name and package not in allow and not _is_own(name):
            raise ValueError(
                f"{name!r} would be imported, and {package!r} is not allowed; if you trust this "
                f"file, give --allow {package} (in Python, allow=[{package!r}])"
            )


def _is_own(name: str) -> bool:
    """Tell whether a name is one of this library's data sets or models, or of nothing at all."""
    module, _, attribute = name.partition(":")
    if not _OWN.fullmatch(module) or not attribute.isidentifier() or attribute.startswith("_"):
        return False
    try:
        found = getattr(import_module(module), attribute, None)
    except ImportError:
        return True  # refused in words when it is made
    return found is None or str(getattr(found, "__module__", "")).startswith("noisescaling.")


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
    if not isinstance(values, Iterable):
        raise ValueError(f"{axis} = {values!r} is no list; give [{values!r}]")
    return list(values)


def _refuse_twice(axis: str, values: Sequence[Any]) -> None:
    twice = [value for k, value in enumerate(values) if value in values[:k]]
    if twice:
        raise ValueError(f"{axis} holds {twice[0]!r} twice; give each once")


def of_json(content: Any) -> str:
    """Return the checksum, 20 hexadecimal digits, of what JSON can hold, in any order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
