"""Data sets and models as name and settings, so that any process can make them anew."""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import reduce
from importlib import import_module
from pathlib import Path
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


def load_dataset(given: Recipe) -> Observations:
    """Make a data set.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or what is imported makes no data set.
    """
    make = _imported("data set", given.name) if ":" in given.name else None
    made = make(**given.values) if make else datasets.load(given.name, **given.values)
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

    Of a user's own class also a checksum of the source of its module and of all that this imports
    from beside it, since a change of those changes the values.
    """
    settings = getattr(build_model(given, 0), "settings", None)
    if is_dataclass(settings) and not isinstance(settings, type):
        settings = asdict(settings)
    known = {**(settings if isinstance(settings, Mapping) else {}), **given.values}
    if ":" in given.name:
        known["source"] = source_checksum(given.name.partition(":")[0])
    # What JSON does not know, such as infinity, is told as text.
    told: dict[str, Any] = json.loads(
        json.dumps(known, sort_keys=True, default=str), parse_constant=str
    )
    return told


def source_checksum(module: str) -> str:
    """Return the checksum of a module's source and of all that it imports from beside it.

    Beside it is what lies in the folder that its package, or the module itself, was found in;
    among installed packages, the package alone. Empty for this library's own modules, whose changes
    `metric.FORMAT` tells.
    """
    top = module.partition(".")[0]
    file = getattr(import_module(top), "__file__", None)
    if file is None or top == __name__.partition(".")[0]:
        return ""
    root = Path(file).parent.parent if Path(file).stem == "__init__" else Path(file).parent
    installed = root.name in ("site-packages", "dist-packages")
    sources: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(root, name)
        if name in sources or path is None or (installed and name.partition(".")[0] != top):
            continue
        sources[name] = path.read_text(errors="replace")
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0], *_imports(sources[name], package)]
    return of_json(sources)


def of_json(content: Any) -> str:
    """Return the checksum, 20 hexadecimal digits, of what JSON can hold, in any order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _source(root: Path, module: str) -> Path | None:
    """Return where the source of a module stands below a folder, if it does."""
    path = root.joinpath(*module.split("."))
    places = (path / "__init__.py", path.with_suffix(".py"))
    return next((place for place in places if module and place.is_file()), None)


def _imports(source: str, package: str) -> list[str]:
    """Return the modules that a source may import, those in functions among them."""
    found: list[str] = []
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return found
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - max(0, node.level - 1)]
            parts = [*(above if node.level else []), *([node.module] if node.module else [])]
            found += [
                ".".join([*parts, *name]) for alias in node.names for name in ([], [alias.name])
            ]
    return found


def _imported(what: str, name: str) -> Any:
    module, _, path = name.partition(":")
    try:
        if module == "__main__":
            raise ImportError("other processes cannot see what a notebook or script defines")
        return reduce(getattr, path.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{what} = {name!r} cannot be imported ({error}); "
            "give package.module:attribute, with the package installed or on the Python path"
        ) from None
