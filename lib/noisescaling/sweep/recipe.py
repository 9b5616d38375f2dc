"""Data sets and models as name and settings, so that any process can make them anew."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import lru_cache, reduce
from importlib import import_module
from typing import Any, TypeAlias

from noisescaling import datasets, models
from noisescaling.datasets.dataset import Observations
from noisescaling.models import RepresentationModel

#: What a user may give for a data set or a model.
RecipeLike: TypeAlias = "str | Recipe | Mapping[str, Any]"


@dataclass(frozen=True)
class Recipe:
    """A data set or a model by name and settings.

    Parameters
    ----------
    name
        A name that `datasets.load` or `models.build` knows; `"simulated"`; or
        `"package.module:attribute"`, which is imported and called with the settings.
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
    if isinstance(given, str):
        return recipe(given)
    settings = {key: value for key, value in given.items() if key not in ("name", "label")}
    if "name" not in given:
        raise ValueError(f"{dict(given)} has no name; give one of a data set or a model")
    return recipe(given["name"], label=given.get("label", ""), **settings)


def model_recipes(names: Sequence[str], size: str = "published") -> list[Recipe]:
    """Return models by name: the library's in one size, your own as `package.module:Class`.

    Parameters
    ----------
    names
        Names that `models.build` knows, or `"package.module:Class"`, which is imported, never
        evaluated, and called with `seed` alone.
    size
        "published" or "small", of the library's models.

    Raises
    ------
    ValueError
        If a name is neither.
    """
    found = [recipe(name) if ":" in name else recipe(name, size=size) for name in names]
    for one in found:
        build_model(one, seed=0)
    return found


@lru_cache(maxsize=2)
def load_dataset(given: Recipe) -> Observations:
    """Make a data set; the last two are kept in memory.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or what is imported makes no data set.
    """
    if ":" in given.name:
        made = _imported("data set", given.name)(**given.values)
    elif given.name == "simulated":
        made = _called(given, datasets.simulate_cells)
    else:
        made = _called(given, datasets.load, given.name)
    if not isinstance(made, Observations):
        raise ValueError(f"data set = {given.name!r} gives a {type(made).__name__}, no data set")
    return replace(made, name=given.label or made.name)  # type: ignore[type-var]


def build_model(given: Recipe, seed: int) -> RepresentationModel:
    """Make an unfitted model.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or what is imported has no fit and embed.
    """
    if ":" not in given.name:
        made = models.build(given.name, seed=seed, **given.values)
    else:
        try:
            made = _imported("model", given.name)(seed=seed, **given.values)
        except TypeError as error:
            raise ValueError(
                f"model = {given.name!r} cannot be called with seed and {given.values} ({error})"
            ) from error
    if not (hasattr(made, "fit") and hasattr(made, "embed")):
        raise ValueError(f"model = {given.name!r} gives a {type(made).__name__} without fit, embed")
    return made


def model_settings(given: Recipe) -> dict[str, Any]:
    """Return all settings that a model ends up with, its defaults among them.

    Of a user's own class also a checksum of its source, since a change of that changes the values.
    """
    settings = getattr(build_model(given, 0), "settings", None)
    known = asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else {}
    known = {**known, **given.values}
    if ":" in given.name:
        known["source"] = _source_checksum(_imported("model", given.name))
    return dict(json.loads(json.dumps(known, sort_keys=True, default=str)))


def _called(given: Recipe, make: Callable[..., Observations], *name: str) -> Observations:
    known = inspect.signature(make).parameters
    for setting in given.values:
        if setting not in known or setting == "name":
            raise ValueError(
                f"setting {setting!r} of data set {given.name!r} is unknown; "
                f"give one of {', '.join(known)}"
            )
    return make(*name, **given.values)


def _imported(what: str, name: str) -> Any:
    module, _, path = name.partition(":")
    try:
        return reduce(getattr, path.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{what} = {name!r} cannot be imported ({error}); "
            "give package.module:attribute, with the package installed or on the Python path"
        ) from None


def _source_checksum(made: Any) -> str:
    try:
        source = inspect.getsource(made)
    except (OSError, TypeError):  # made in a running interpreter, or compiled
        return ""
    return hashlib.sha256(source.encode()).hexdigest()[:16]
