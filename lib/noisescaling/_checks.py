"""Checks of arguments that every module shares; each error names the argument and the numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_array(name: str, values: Any) -> NDArray[Any]:
    """Return the values of any library as an array; what is no array is refused by its name."""
    if hasattr(values, "detach"):  # a torch tensor, wherever it lies and whatever needs its slope
        tensor = values.detach().cpu()
        return np.asarray(tensor.double() if tensor.is_floating_point() else tensor)
    if hasattr(values, "obsm"):
        raise ValueError(
            f"{name} is an AnnData; give one matrix of it: an embedding such as "
            f'{name}.obsm["X_pca"], or the counts, {name}.X'
        )
    if hasattr(values, "toarray"):  # a sparse matrix
        return np.asarray(values.toarray())
    if values is None or isinstance(values, dict | set):
        raise ValueError(f"{name} is {type(values).__name__}; give an array or a list")
    return np.asarray(values)


def generator(name: str, rng: Any) -> np.random.Generator:
    """Return a source of randomness, or refuse a seed in its place."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"{name} = {rng!r} is no generator; give numpy.random.default_rng(seed), made once"
        )
    return rng


def finite(name: str, values: ArrayLike, *, ndim: int | None = None) -> NDArray[np.float64]:
    """Return `values` as a float array, refusing NaN, infinity and a wrong number of axes."""
    array = as_array(name, values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {kind_of(array)} values; give numbers")
    array = array.astype(np.float64, copy=False)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} has {array.ndim} axes, shape {array.shape}; give {ndim}")
    bad = int((~np.isfinite(array)).sum())
    if bad:
        raise ValueError(
            f"{name} holds {bad} NaN or infinite values of {array.size}; remove or replace them"
        )
    return array


def kind_of(array: NDArray[Any]) -> str:
    """Return what an array holds, in a word for an error."""
    return "text" if array.dtype.kind in "US" else str(array.dtype)


def positive(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return `values` as a float array, refusing zeros and negative numbers."""
    array = finite(name, values)
    if array.size and array.min() <= 0:
        raise ValueError(f"{name} holds {array.min():g}; every value must be above 0")
    return array


def above_zero(**values: float) -> None:
    """Refuse the first of the named numbers that is not above 0 and finite."""
    for name, value in values.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} = {value:g} must be above 0 and finite")


def between_0_and_1(**values: float) -> None:
    """Refuse the first of the named numbers that is not between 0 and 1, both left out."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} = {value:g} must lie between 0 and 1, both left out")


def same_length(**arrays: Any) -> int:
    """Return the common length of the named arrays, or refuse them with all lengths."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{name} has {n} rows" for name, n in lengths.items())
        raise ValueError(f"{told}; they must have the same number")
    return next(iter(lengths.values()))


def choice(name: str, value: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; the error lists them."""
    known = list(choices)
    if value not in known:
        raise ValueError(f"{name} = {value!r} is unknown; give one of {', '.join(known)}")
    return value


def whole(name: str, value: int, *, at_least: int) -> int:
    """Return `value` as an int of at least `at_least`."""
    unknown = isinstance(value, bool | str) or value is None or not np.isfinite(value)
    if unknown or int(value) != value or value < at_least:
        raise ValueError(f"{name} = {value} must be a whole number of at least {at_least}")
    return int(value)


def correlation_bits(rho_squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -1/2 log2(1 - rho^2), the bits that Gaussian pairs of squared correlation share."""
    return np.asarray(-0.5 * np.log2(1 - rho_squared))
