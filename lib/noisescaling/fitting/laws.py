"""The laws: information in bits as a function of quality, of data set size, or of both.

A law is written once, as a decorated formula: its docstring, and for each parameter its range and
where a fit starts. `noise_law(u, u_bar, i_max)` gives bits; all arguments broadcast against each
other, so that parameters of shape (n_curves, 1) and qualities of shape (n_curves, n_points) give
all curves at once. `noise_law.fit(u, bits)` fits it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive

if TYPE_CHECKING:
    from noisescaling.fitting.fit import LawFit

Array = NDArray[np.float64]


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

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.noise_law.parameters["i_max"].ceiling
    True
    """

    first: tuple[float, ...]
    lower: float
    upper: float
    log: bool = False
    of: str = ""
    ceiling: bool = False
    above: float = 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the natural range: without end, but for parameters that are above 0."""
        return (0.0 if self.lower > 0 else -np.inf), np.inf

    def starts(self, inputs: Mapping[str, Array], bits: Array) -> Array:
        """Values to try first."""
        first = np.array(self.first, dtype=np.float64)
        if self.of:
            low, high = np.log(inputs[self.of].min()), np.log(inputs[self.of].max())
            return np.asarray(np.exp(low + first * (high - low)))
        return first * max(float(bits.max()) + self.above, 0.05) if self.ceiling else first


def scale(*places: float, of: str = "u", upper: float = 1e15, lower: float = 1e-9) -> Parameter:
    """A quality or a number of cells, in the unit of the input `of`.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.scale(0.5, of="n").of
    'n'
    """
    return Parameter(places, lower, upper, log=True, of=of)


def capacity(
    *times: float, upper: float = 15.0, lower: float = 1e-3, above: float = 0
) -> Parameter:
    """Information that the law approaches, in bits.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.capacity(1.0, 1.5).ceiling
    True
    """
    return Parameter(times, lower, upper, ceiling=True, above=above)


def number(*values: float, lower: float = 0.02, upper: float = 4.0, **others: Any) -> Parameter:
    """A pure number, such as an exponent.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.number(0.5, 1.0).first
    (0.5, 1.0)
    """
    return Parameter(values, lower, upper, **others)


@dataclass(frozen=True, repr=False, eq=False)
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

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.array([1, 10, 100, 1000])
    >>> fit = fitting.noise_law.fit(u, fitting.noise_law(u, 30, 2))
    >>> fitting.noise_law.name, round(fit.u_bar, 3)
    ('noise_law', 30.0)
    """

    name: str
    function: Callable[..., Array]
    parameters: dict[str, Parameter]
    inputs: tuple[str, ...] = ("u",)
    steepest: float = np.inf

    def __post_init__(self) -> None:
        for told in ("__doc__", "__module__"):
            object.__setattr__(self, told, getattr(self.function, told))

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        """Pickle a law as the name that its decorated function has in its module."""
        return self.name

    def __call__(self, *arguments: ArrayLike, **named: ArrayLike) -> Array:
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
        free = {name for name, one in self.parameters.items() if one.limits[0] < 0}
        checked = {n: (finite if n in free else positive)(n, given[n]) for n in order}
        return np.asarray(self.function(**checked))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order in which the function takes them."""
        return tuple(self.parameters)

    @property
    def _log(self) -> list[bool]:
        return [parameter.log for parameter in self.parameters.values()]

    def starts(self, inputs: tuple[Array, ...], bits: Array) -> Array:
        """Values to try first, shape (n_starts, n_parameters), on the parameters' own scales."""
        named = dict(zip(self.inputs, inputs, strict=True))
        return np.array(list(product(*(p.starts(named, bits) for p in self.parameters.values()))))

    def bounds(self, entropy: float | Array = np.inf) -> tuple[Array, Array]:
        """Lower and upper bounds of the search, on the fit's scale.

        `entropy` (bits; a number, or one a row, shape (n_rows, 1)) is the most that a capacity
        may be.
        """
        each = self.parameters.values()
        lower, upper = np.array([p.lower for p in each]), np.array([p.upper for p in each])
        capped = np.where([p.ceiling for p in each], np.minimum(upper, entropy), upper)
        return self.inward(lower), self.inward(capped)

    def inward(self, values: Array) -> Array:
        """Parameters of shape (..., n_parameters) on the scale on which the fit moves."""
        theta = np.array(values, dtype=np.float64)
        theta[..., self._log] = np.log(theta[..., self._log])
        return theta

    def outward(self, theta: Array) -> Array:
        """Parameters of shape (..., n_parameters) on their own scales."""
        values = np.array(theta, dtype=np.float64)
        values[..., self._log] = np.exp(values[..., self._log])
        return values

    def slopes(self, values: Array) -> Array:
        """Change of parameters, of shape (..., n_parameters), with their place on fit's scale."""
        return np.where(self._log, values, 1.0)

    def by_name(self, ends: Array) -> dict[str, tuple[float, float]]:
        """Lower and upper end of each parameter by its name, of an array (n_parameters, 2)."""
        return {name: (float(a), float(b)) for name, (a, b) in zip(self.names, ends, strict=True)}

    def fit(self, *inputs: ArrayLike, **how: Any) -> "LawFit":
        """Fit the law: its inputs and the bits, each of shape (n_points,); see `fit_law`."""
        from noisescaling.fitting.fit import fit_law  # a fit's result holds its law

        if "bits" not in how:
            *inputs, how["bits"] = inputs or (None,)  # type: ignore[assignment]
        return fit_law(self, *inputs, **how)


def law(
    *inputs: str, steepest: Any = np.inf, **parameters: Parameter
) -> Callable[[Callable[..., Array]], Law]:
    """Make a law of its formula, a function of the inputs and then the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> @fitting.law("u", slope=fitting.number(0.5))
    ... def doubling_law(u, slope):
    ...     return slope * np.log2(1 + u)
    ...
    >>> float(doubling_law(7, 0.5))
    1.5
    """
    return lambda function: Law(function.__name__, function, parameters, inputs, steepest)


@law("u", u_bar=scale(0, 0.25, 0.5, 0.75, 1, 1.5, 2), i_max=capacity(0.8, 1, 1.3, 2), steepest=0.5)
def noise_law(u: Array, u_bar: Array, i_max: Array) -> Array:
    r"""Information at quality `u`, in bits, of the one-dimensional Gaussian channel.

    I(u) = I_max - 1/2 log2[ (1 + u/u_bar) / (u/u_bar + 2^(-2 I_max)) ]

    At u = u_bar the information is within half a bit of its capacity. In terms of the correlation
    of signal and measurement this is rho^2 = rho_max^2 / (1 + u_snr/u) with
    rho_max^2 = 1 - 2^(-2 I_max); the signal-to-noise ratio u/u_snr is one at
    u_snr = 2^(-2 I_max) u_bar (see `snr_one`). It rises by less than half a bit for each doubling
    of quality. `u_bar`, the noise sensitivity, is in the unit of `u`; `i_max`, the capacity, is in
    bits; all are above 0.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.noise_law([10, 100, 1000], u_bar=100, i_max=2).round(2)
    array([0.62, 1.54, 1.94])
    """
    x = u / u_bar
    return i_max - 0.5 * np.log2((1 + x) / (x + np.exp2(-2 * i_max)))


def noise_law_quality(bits: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike) -> Array:
    r"""Quality at which the noise law gives `bits`, in the unit of `u_bar`.

    u(I) = u_bar [2^(2 (I - I_max)) - 2^(-2 I_max)] / [1 - 2^(2 (I - I_max))]

    Raises
    ------
    ValueError
        If `bits` is negative or not below the capacity `i_max`.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> u = fitting.noise_law_quality(1.8, u_bar=100, i_max=2)
    >>> round(float(fitting.noise_law(u, 100, 2)), 3)
    1.8
    """
    bits, u_bar, i_max = finite("bits", bits), positive("u_bar", u_bar), positive("i_max", i_max)
    wanted, ceiling = np.broadcast_arrays(bits, i_max)
    out = (wanted < 0) | (wanted >= ceiling)
    if out.any():
        raise ValueError(
            f"bits = {wanted[out].flat[0]:.4g} must be at least 0 and below the capacity "
            f"i_max = {ceiling[out].flat[0]:.4g}; no quality reaches it"
        )
    fraction = np.exp2(2 * (bits - i_max))
    return np.asarray(u_bar * (fraction - np.exp2(-2 * i_max)) / (1 - fraction))


def snr_one(u_bar: ArrayLike, i_max: ArrayLike) -> Array:
    """Quality at which the channel's signal-to-noise ratio is one: u_snr = 2^(-2 I_max) u_bar.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> float(fitting.snr_one(u_bar=160, i_max=2))
    10.0
    """
    return np.asarray(positive("u_bar", u_bar) * np.exp2(-2 * positive("i_max", i_max)))


@law(
    "u", u_bar=scale(0, 0.5, 1), i_max=capacity(1, 1.5),
    d=number(0.3, 1, 4, lower=0.05, upper=50, log=True),
)  # fmt: skip
def effective_dimension_law(u: Array, u_bar: Array, i_max: Array, d: Array) -> Array:
    r"""Information of `d` equal Gaussian channels that share the capacity, in bits.

    I(u) = d noise_law(u, u_bar, I_max/d) = -(d/2) log2[1 - rho_max^2 / (1 + u_snr/u)],
    rho_max^2 = 1 - 2^(-2 I_max/d), u_snr = 2^(-2 I_max/d) u_bar
    """
    return np.asarray(d * noise_law.function(u, u_bar, i_max / d))


@law("u", u_bar=scale(0, 0.5, 1, 1.5), i_max=capacity(1, 1.5), k=number(0.6, 1, 2, upper=8))
def stretched_noise_law(u: Array, u_bar: Array, i_max: Array, k: Array) -> Array:
    r"""Information in bits if the signal-to-noise ratio grows as a power of quality.

    I(u) = noise_law((u/u_bar)^k, 1, I_max)
    """
    return noise_law.function((u / u_bar) ** k, 1.0, i_max)


@law(
    "u", u0=scale(-0.3, 0, 0.3, upper=1e9), s=number(0.2, 0.5, 1, upper=8),
    i_max=capacity(1, 1.3, 2, upper=30),
)  # fmt: skip
def saturating_power_law(u: Array, u0: Array, s: Array, i_max: Array) -> Array:
    r"""Information in bits that falls short of its capacity by a power of quality.

    I(u) = I_max - (u0/u)^s
    """
    return np.asarray(i_max - (u0 / u) ** s)


@law(
    "u", u_half=scale(0.2, 0.5, 0.8, 1.2), h=number(0.4, 0.8, 1.5, upper=8),
    i_max=capacity(1, 1.5, upper=30),
)  # fmt: skip
def hill_law(u: Array, u_half: Array, h: Array, i_max: Array) -> Array:
    r"""Information in bits as a logistic curve in the logarithm of quality.

    I(u) = I_max / [1 + (u_half/u)^h]
    """
    return np.asarray(i_max / (1 + (u_half / u) ** h))


@law("u", u0=scale(0.0, 0.3, 0.6, 0.9, 1.2), i_max=capacity(0.8, 1.0, 1.5, upper=30.0))
def exponential_law(u: Array, u0: Array, i_max: Array) -> Array:
    r"""Information in bits that saturates exponentially in quality.

    I(u) = I_max [1 - exp(-u/u0)]
    """
    return np.asarray(-i_max * np.expm1(-u / u0))


@law("u", a=number(0, lower=-50, upper=50), b=number(0.1, 0.5, lower=-10, upper=10))
def log_linear_law(u: Array, a: Array, b: Array) -> Array:
    r"""Information in bits that never saturates: `b` bits for each doubling of quality.

    I(u) = a + b log2(u)
    """
    return np.asarray(a + b * np.log2(u))


@law(
    "n", n0=scale(-0.5, 0, 0.3, of="n", upper=1e12, lower=1e-12), s=number(0.2, 0.5, 1),
    i_inf=capacity(1, 1.2, 2, upper=30),
)  # fmt: skip
def cell_law(n: Array, n0: Array, s: Array, i_inf: Array) -> Array:
    r"""Information after training on `n` cells, in bits: the published law of data set size.

    I(N) = max[0, I_inf - (n0/N)^s]

    At `n0` cells the loss is one bit; `i_inf` is the information at unlimited cells, in bits.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> fitting.cell_law([100, 1000], n0=100, s=0.5, i_inf=2).round(2)
    array([1.  , 1.68])
    """
    return np.maximum(i_inf - (n0 / n) ** s, 0.0)


@law(
    "n", "u", i_max=capacity(1, 1.5, 2.5), u_snr=scale(0, 0.3, 0.6, upper=1e9),
    n0=scale(0, 0.3, 0.7, of="n", upper=1e12, lower=1e-6), s=number(0.3, 0.6, 1),
    u1=scale(-0.2, 0.3, 0.8, upper=1e9, lower=1e-6),
)  # fmt: skip
def joint_law(
    n: Array, u: Array, i_max: Array, u_snr: Array, n0: Array, s: Array, u1: Array
) -> Array:
    r"""Information of `n` cells at quality `u`, in bits.

    I(N, u) = -1/2 log2(1 - rho^2),
    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)^2],  rho_max^2 = 1 - 2^(-2 I_max)

    Measurement noise enters as u_snr/u; the error of what was learned from N noisy cells enters
    as (n0/N)^s, and noise multiplies it twice: in the cells that were learned from and in the
    cell that is read. For unlimited cells this is the noise law with u_bar = 2^(2 I_max) u_snr.

    `i_max` is the information at unlimited cells and quality, in bits; `u_snr` the quality at
    which signal and measurement noise are equal, at unlimited cells; `n0` the cells at which, at
    unlimited quality, learning adds as much noise as there is signal; `s` the exponent of
    learning, 1 for the mean of independent cells; `u1` the quality at which measurement noise
    doubles the noise of a cell, as learning sees it.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> names = dict(i_max=2, u_snr=10, n0=100, s=1, u1=5)
    >>> fitting.joint_law([1000, 10_000], 100, **names).round(2)
    array([1.07, 1.34])
    """
    return bits_at_noise(u_snr / u + (n0 / n) ** s * np.square(1 + u1 / u), i_max)


@law("u", u_snr=scale(0, 0.5, 1), directions=number(0.5, 2, 6, lower=0.01, upper=150, log=True))
def replicate_law(u: Array, u_snr: Array, directions: Array) -> Array:
    r"""Information between two halves of the same cells, in bits, which needs no signal.

    I_rep(u) = -d/2 log2(1 - r^2), r = u / (u + 2 u_snr)

    It has no ceiling: two looks at one state agree ever better. Nor can halves tell what part of
    their agreement is biology: a technical difference between cells is in both of them.

    Parameters
    ----------
    u
        Quality of the whole measurement, above 0; any shape.
    u_snr
        Quality at which signal equals noise, in the unit of `u`.
    directions
        d: directions of the representation that the halves agree in, as if all were alike.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> u = [10, 50, 100, 500, 1000]
    >>> bits = fitting.replicate_law(u, 50, 3)
    >>> bits.round(2)
    array([0.02, 0.25, 0.62, 2.57, 3.79])
    >>> round(fitting.replicate_law.fit(u, bits).u_snr, 1)
    50.0
    """
    return np.asarray(directions * (np.log2(u / u_snr + 2) - np.log2(4 * (u / u_snr + 1)) / 2))


def bits_at_noise(noise: Array, i_max: Array) -> Array:
    r"""Information in bits of a channel of capacity `i_max`, whose noise is in units of signal.

    I = -1/2 log2[1 - rho_max^2 / (1 + noise)],  rho_max^2 = 1 - 2^(-2 I_max)
    """
    # 1 - rho^2 = (noise + left) / (noise + 1), which loses no digits near rho = 1.
    return np.asarray(0.5 * np.log2((noise + 1) / (noise + np.exp2(-2 * i_max))))


#: Laws of quality alone, by name.
LAWS: dict[str, Law] = {
    one.name: one
    for one in (
        noise_law, effective_dimension_law, stretched_noise_law, saturating_power_law, hill_law,
        exponential_law, log_linear_law,
    )
}  # fmt: skip
