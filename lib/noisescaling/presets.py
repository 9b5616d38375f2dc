"""Parameters of notebooks: a preset's value where none is given, and lists written as text."""

from typing import TypeVar

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
