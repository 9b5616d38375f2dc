"""A law: its formula, and what a fit must know beside it (bounds of the search, where to start)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive

if TYPE_CHECKING:
    from noisescaling.fitting.result import LawFit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law: the bounds of the search, its scale and where to start.

    A confidence limit that meets a bound of the search is reported as the end of the parameter's
    natural range (`limits`), since the data do not limit it.

    Attributes
    ----------
    first
        Where to start: values; for a scale, places along the logarithmic range of the input `of`,
        0 its start and 1 its end; for a ceiling, multiples of the largest bits.
    lower, upper
        Bounds of the search.
    log
        Whether the search moves on the logarithm.
    of
        The input whose unit a scale has.
    ceiling
        Whether it is a capacity, which the entropy of labels bounds.
    above
        Bits by which a ceiling's starts lie above those of the largest bits.
    """

    first: tuple[float, ...]
    lower: float
    upper: float
    log: bool = False
    limits: tuple[float, float] = (0.0, np.inf)
    of: str = ""
    ceiling: bool = False
    above: float = 0.0

    def starts(self, inputs: Mapping[str, FloatArray], bits: FloatArray) -> FloatArray:
        """Values to try first."""
        first = np.array(self.first, dtype=np.float64)
        if self.of:
            low, high = np.log(inputs[self.of].min()), np.log(inputs[self.of].max())
            return np.asarray(np.exp(low + first * (high - low)))
        return first * max(float(bits.max()) + self.above, 0.05) if self.ceiling else first


def scale(*places: float, of: str = "u", upper: float = 1e15, lower: float = 1e-9) -> Parameter:
    """A quality or a number of cells, in the unit of the input `of`."""
    return Parameter(places, lower, upper, log=True, of=of)


def capacity(
    *times: float, upper: float = 15.0, lower: float = 1e-3, above: float = 0
) -> Parameter:
    """Information that the law approaches, in bits."""
    return Parameter(times, lower, upper, ceiling=True, above=above)


def number(*values: float, lower: float = 0.02, upper: float = 4.0, **others: Any) -> Parameter:
    """A pure number, such as an exponent."""
    return Parameter(values, lower, upper, **others)


@dataclass(frozen=True, repr=False)
class Law:
    """A law with what is needed to fit it; called with inputs and parameters it gives bits.

    Parameters
    ----------
    name
        Name of the law.
    function
        The formula, of arrays that are not checked.
    parameters
        The parameters by name, in the order in which the function takes them.
    inputs
        Names of the inputs, which the function takes first.
    steepest
        The most bits that the law rises by for each doubling of its last input.
    """

    name: str
    function: Callable[..., FloatArray]
    parameters: dict[str, Parameter]
    inputs: tuple[str, ...] = ("u",)
    steepest: float = field(default=np.inf)

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def __repr__(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __call__(self, *arguments: ArrayLike, **named: ArrayLike) -> FloatArray:
        """Information in bits at the inputs, which broadcast with the parameters.

        Raises
        ------
        ValueError
            If a value is not finite, or outside the natural range of its parameter.
        """
        order = (*self.inputs, *self.names)
        given: dict[str, Any] = dict(zip(order, arguments, strict=False)) | named
        if len(arguments) + len(named) != len(order) or set(given) != set(order):
            raise TypeError(f"{self.name} takes {', '.join(order)}; {len(given)} of them are given")
        return np.asarray(
            self.function(**{name: self._checked(name, given[name]) for name in order})
        )

    def _checked(self, name: str, value: ArrayLike) -> FloatArray:
        free = name in self.parameters and self.parameters[name].limits[0] < 0
        return finite(name, value) if free else positive(name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order in which the function takes them."""
        return tuple(self.parameters)

    @property
    def _log(self) -> list[bool]:
        return [parameter.log for parameter in self.parameters.values()]

    def starts(self, inputs: tuple[FloatArray, ...], bits: FloatArray) -> FloatArray:
        """Values to try first, shape (n_starts, n_parameters), on the parameters' own scales."""
        named = dict(zip(self.inputs, inputs, strict=True))
        return np.array(list(product(*(p.starts(named, bits) for p in self.parameters.values()))))

    def bounds(self, entropy: float | FloatArray = np.inf) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the search, on the fit's scale.

        `entropy` (bits; a number, or one a row, shape (n_rows, 1)) is the most that a capacity
        may be.
        """
        each = self.parameters.values()
        lower, upper = np.array([p.lower for p in each]), np.array([p.upper for p in each])
        capped = np.where([p.ceiling for p in each], np.minimum(upper, entropy), upper)
        return self.inward(lower), self.inward(capped)

    def inward(self, values: FloatArray) -> FloatArray:
        """Parameters of shape (..., n_parameters) on the scale on which the fit moves."""
        theta = np.array(values, dtype=np.float64)
        theta[..., self._log] = np.log(theta[..., self._log])
        return theta

    def outward(self, theta: FloatArray) -> FloatArray:
        """Parameters of shape (..., n_parameters) on their own scales."""
        values = np.array(theta, dtype=np.float64)
        values[..., self._log] = np.exp(values[..., self._log])
        return values

    def slopes(self, values: FloatArray) -> FloatArray:
        """Change of parameters, of shape (..., n_parameters), with their place on fit's scale."""
        return np.where(self._log, values, 1.0)

    def by_name(self, ends: FloatArray) -> dict[str, tuple[float, float]]:
        """Lower and upper end of each parameter by its name, of an array (n_parameters, 2)."""
        return {name: (float(a), float(b)) for name, (a, b) in zip(self.names, ends, strict=True)}

    def fit(self, *inputs: ArrayLike, **how: Any) -> "LawFit":
        """Fit the law: its inputs and the bits, each of shape (n_points,); see `fit_law`."""
        from noisescaling.fitting.fit import fit_law  # a fit's result holds its law

        *points, bits = inputs
        return fit_law(self, *points, bits=bits, **how)


def law(
    *inputs: str, steepest: Any = np.inf, **parameters: Parameter
) -> Callable[[Callable[..., FloatArray]], Law]:
    """Make a law of its formula, a function of the inputs and then the parameters."""
    return lambda function: Law(function.__name__, function, parameters, inputs, steepest)
