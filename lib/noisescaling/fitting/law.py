"""What a fit must know of a law beside its formula: parameters, bounds and where to start."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from noisescaling.fitting.laws import FloatArray


@dataclass(frozen=True)
class Parameter:
    """One parameter of a law: its name, the bounds of the search and its scale.

    A confidence limit that meets a bound of the search is reported as the end of the parameter's
    natural range (`limits`), since the data do not limit it.
    """

    name: str
    lower: float
    upper: float
    log: bool = False
    limits: tuple[float, float] = (0.0, np.inf)


@dataclass(frozen=True)
class Law:
    """A law with what is needed to fit it.

    `starts(inputs, bits)` gives values to try first, shape (n_starts, n_parameters), on the
    parameters' own scales.
    """

    name: str
    function: Callable[..., FloatArray]
    parameters: tuple[Parameter, ...]
    starts: Callable[[tuple[FloatArray, ...], FloatArray], FloatArray]
    inputs: tuple[str, ...] = ("u",)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order in which the function takes them."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def _log(self) -> list[bool]:
        return [parameter.log for parameter in self.parameters]

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the search, each of shape (n_parameters,), fit's scale."""
        ends = np.array([(p.lower, p.upper) for p in self.parameters])
        return self.inward(ends[:, 0]), self.inward(ends[:, 1])

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
