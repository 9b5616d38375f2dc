"""Parameters of notebooks: presets, lists written as text, types; and numbers for the prose."""

from typing import Any, TypeVar

from noisescaling._checks import choice

T = TypeVar("T")


def pick(preset: str, given: T, *, smoke: T, laptop: T, paper: T) -> T:
    """Return `given`, or the preset's value where it is empty or zero.

    Raises
    ------
    ValueError
        If the preset is unknown.
    """
    values = {"smoke": smoke, "laptop": laptop, "paper": paper}
    chosen = values[choice("preset", preset, values)]
    return given or chosen


def numbers(name: str, text: str) -> list[float]:
    """Read numbers from text such as "10, 30, 100".

    Raises
    ------
    ValueError
        If there is none, or a part is no number.
    """
    try:
        values = [float(part) for part in text.replace(",", " ").split()]
    except ValueError as error:
        raise ValueError(f"{name} = {text!r} is no list of numbers: {error}") from None
    if not values:
        raise ValueError(f"{name} = {text!r} holds no number; give some, such as 10, 30, 100")
    return values


def words(name: str, text: str) -> list[str]:
    """Read names from text such as "PCA, SCVI".

    Raises
    ------
    ValueError
        If there is none.
    """
    values = text.replace(",", " ").split()
    if not values:
        raise ValueError(f"{name} = {text!r} holds no name")
    return values


def check_parameters(namespace: dict[str, Any]) -> None:
    """Refuse what papermill injected under no declared name, and set each to its declared type.

    Papermill only warns of an unknown parameter. Declared parameters are annotated in the
    notebook, injected ones are not; call this with `globals()` in the cell behind them.

    Raises
    ------
    ValueError
        If a name is not declared, or a value is not of its declared type.
    """
    declared = namespace.get("__annotations__", {})
    shell = {"In", "Out", "exit", "quit", "open", "get_ipython", "check_parameters"}
    for name in [n for n in namespace if not n.startswith("_") and n not in shell]:
        kind = declared[choice("parameter", name, declared)]
        namespace[name] = as_type(name, namespace[name], kind)


def as_type(name: str, value: Any, kind: type) -> Any:
    """Return a parameter's value as its declared type, or refuse it with both."""
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).lower()]
        if isinstance(value, bool):  # which Python would take for a number
            raise TypeError
        if kind is int and isinstance(value, float) and not value.is_integer():
            raise TypeError  # which Python would cut
        return kind(value)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"parameter {name} = {value!r} is no {kind.__name__}; give one") from None


def tell(**values: Any) -> None:
    """Store numbers and texts of a notebook under names, for the prose to quote."""
    try:
        from myst_nb import glue
    except ImportError:  # nothing but the book quotes them
        return
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)
