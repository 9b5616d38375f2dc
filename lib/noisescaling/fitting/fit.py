"""Fitting one law to one set of points, and what a fit gives back."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from noisescaling._checks import above_zero, between_0_and_1, choice, finite, positive, same_length
from noisescaling.fitting.intervals import profile_limits
from noisescaling.fitting.laws import Array, Law, cell_law, joint_law, noise_law
from noisescaling.fitting.solve import Batch, best_of_starts, covariance, gather, solve
from noisescaling.fitting.verdict import Verdict, judge

Loss = Literal["squares", "huber"]
Ends = dict[str, tuple[float, float]]

#: A parameter beyond this share of a bound of the search has run to the bound.
_AT_BOUND = 0.99


@dataclass(frozen=True, repr=False)
class LawFit:
    """A law fitted to measured points; bits throughout.

    The law's parameters are attributes by their own names (`fit.u_bar`, `fit.i_max`). Printed, it
    shows them with their 95 % intervals, and the verdict.

    Parameters
    ----------
    law
        The fitted law.
    parameters
        Best value of each parameter by name.
    batch
        The points: one row, weights included.
    weighted_sum
        Weighted sum of squared residuals, in bits squared (weights have mean one).

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 8)
    >>> scatter = 0.02 * np.random.default_rng(0).standard_normal(8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2) + scatter)
    >>> print(fit)
    noise_law fitted to 8 points, u from 10 to 1e+03; 95 % intervals in brackets:
      u_bar = 51.5 (48.6 to 54.6)
      i_max = 2.01 (2 to 2.03)
      identified, not tested: no repeats
    >>> fit.predict([50, 500]).round(1), round(fit.quality_for(1.5))
    (array([1.5, 1.9]), 43)
    >>> low, high = fit.band([50, 500])  # two standard errors
    >>> bool((low < high).all()), fit.identifiable
    (True, True)
    """

    law: Law
    parameters: dict[str, float]
    batch: Batch = field(repr=False)
    weighted_sum: float

    def __getattr__(self, name: str) -> float:
        """Value of the law's parameter of that name."""
        parameters = self.__dict__.get("parameters", {})
        if name in parameters:
            return float(parameters[name])
        raise AttributeError(f"a fit has no {name!r}; its parameters are {', '.join(parameters)}")

    def __repr__(self) -> str:
        intervals = self.confidence_intervals()
        lines = [
            f"  {name} = {value:.3g} ({intervals[name][0]:.3g} to {intervals[name][1]:.3g})"
            for name, value in self.shown(intervals).items()
        ]
        low, high = self.measured
        measured = f"{self.n_points} points, {self.law.inputs[-1]} from {low:.3g} to {high:.3g}"
        head = f"{self.law.name} fitted to {measured}; 95 % intervals in brackets:"
        return "\n".join([head, *lines, f"  {self.verdict}"])

    @cached_property
    def theta(self) -> Array:
        """Parameters on the fit's scale, shape (1, n_parameters)."""
        return self.law.inward(np.array([list(self.parameters.values())]))

    @property
    def n_points(self) -> int:
        """Number of measured points."""
        return int(self.batch.bits.shape[1])

    @property
    def degrees_of_freedom(self) -> int:
        """Points less parameters."""
        return self.n_points - len(self.parameters)

    @property
    def measured(self) -> tuple[float, float]:
        """Lowest and highest quality (the law's last input) that was measured."""
        return float(self.batch.inputs[-1].min()), float(self.batch.inputs[-1].max())

    @property
    def entropy(self) -> float:
        """The most that the capacity may be, in bits: the labels' entropy, else infinite."""
        return float(np.ravel(self.batch.entropy)[0])

    @property
    def sigma(self) -> float:
        """Scatter of the points about the law, in bits: root of the residual variance."""
        return float(np.sqrt(self.weighted_sum / self.degrees_of_freedom))

    @cached_property
    def residuals(self) -> Array:
        """Measured less predicted bits, shape (n_points,)."""
        return np.asarray(self.batch.bits[0] - self.predict(*(x[0] for x in self.batch.inputs)))

    @cached_property
    def repeats(self) -> tuple[Array, Array, Array, float]:
        """What was measured at each place of the inputs, repeats taken together.

        The places, shape (n_inputs, n_places); the weighted mean of the bits and the sum of the
        weights there, each (n_places,); and the weighted sum of squares about the means, bits^2.
        """
        bits, weights = self.batch.bits[0], np.square(self.batch.root_weights[0])
        inputs = np.concatenate(self.batch.inputs)
        places, place = np.unique(inputs, axis=1, return_inverse=True)
        total: Array = np.bincount(place.ravel(), weights=weights).astype(np.float64)
        means = np.bincount(place.ravel(), weights=weights * bits) / total
        square = float((weights * np.square(bits - means[place.ravel()])).sum())
        return places, means, total, square

    @cached_property
    def covariance_inward(self) -> Array:
        """Covariance on the fit's scale: the natural logarithm for parameters above zero."""
        return np.asarray(covariance(self.batch, self.theta, np.array([self.sigma**2]))[0])

    @property
    def standard_errors(self) -> dict[str, float]:
        """Asymptotic standard error of each parameter, in its unit."""
        slopes = self.law.slopes(np.array(list(self.parameters.values())))
        errors = np.sqrt(np.diag(self.covariance_inward)) * slopes
        return dict(zip(self.parameters, errors.tolist(), strict=True))

    @property
    def r_squared(self) -> float:
        """Share of the bits' variance that the law explains; 0 for bits that do not vary."""
        bits = self.batch.bits[0]
        total = float(np.square(bits - bits.mean()).sum())
        # Equal values differ from their mean by rounding.
        if total <= len(bits) * (1e-12 * np.abs(bits).max()) ** 2:
            return 0.0
        return 1 - float(np.square(self.residuals).sum()) / total

    @property
    def aicc(self) -> float:
        """Akaike's criterion, Gaussian noise of unknown size, with the small-sample correction.

        AICc = n ln(SSR/n) + 2k + 2k(k + 1)/(n - k - 1), k = n_parameters + 1; lower is better,
        infinite for n <= k + 1.
        """
        n, k = self.n_points, len(self.parameters) + 1
        if n <= k + 1:
            return float("inf")
        misfit = n * np.log(max(self.weighted_sum, 1e-300) / n)
        return float(misfit + 2 * k + 2 * k * (k + 1) / (n - k - 1))

    def predict(self, *inputs: ArrayLike) -> Array:
        """Information of the fitted law, in bits, at the given inputs (`u`, or `n`, or both)."""
        points = (np.asarray(x, dtype=np.float64) for x in inputs)
        return self.law.function(*points, *self.parameters.values())

    def band(self, *inputs: ArrayLike, sigma: float = 2) -> tuple[Array, Array]:
        """Lower and upper edge of the band of `sigma` standard errors of the curve, in bits.

        The errors follow from the covariance by the delta method; no edge is cut off.
        """
        each = (np.atleast_1d(np.asarray(x, dtype=np.float64))[None] for x in inputs)
        points = tuple(np.broadcast_arrays(*each))
        blank = Batch(self.law, points, np.zeros(points[0].shape), np.ones(points[0].shape))
        slopes, middle = blank.jacobian(self.theta)[0], blank.predict(self.theta)[0]
        half = sigma * np.sqrt(np.einsum("mp,pq,mq->m", slopes, self.covariance_inward, slopes))
        return middle - half, middle + half

    def confidence_intervals(self, level: float = 0.95) -> Ends:
        """Profile-likelihood interval of each parameter; an end the data do not set is infinite.

        Raises
        ------
        ValueError
            If `level` is not between 0 and 1.
        """
        between_0_and_1(level=level)
        cost, spread = np.array([self.weighted_sum]), self.covariance_inward[None]
        return self.law.by_name(profile_limits(self.batch, self.theta, cost, spread, level)[0])

    def shown(self, intervals: Ends) -> dict[str, float]:
        """Parameters for a table: one that ran to a bound of the search is the interval's end."""
        values = dict(self.parameters)
        for name, (low, high) in intervals.items():
            one = self.law.parameters[name]
            if np.isinf(high) and values[name] >= _AT_BOUND * one.upper:
                values[name] = high
            if low == one.limits[0] and values[name] <= one.lower / _AT_BOUND:
                values[name] = low
        return values

    def quality_for(self, bits: float) -> float:
        """Quality at which the fitted law gives `bits`: the inverse of the law.

        Raises
        ------
        ValueError
            If the law gives `bits` at no quality.
        """
        bits = float(finite("bits", bits, ndim=0))
        if len(self.law.inputs) != 1:
            raise ValueError(f"{self.law.name} depends on {', '.join(self.law.inputs)}: no inverse")
        low, high = 1e-12, 1e18
        least, most = float(self.predict(low)), float(self.predict(high))
        if not least <= bits < most:
            raise ValueError(
                f"bits = {bits:.4g} is outside what {self.law.name} reaches here, "
                f"{least:.4g} to {most:.4g}; no quality gives it"
            )
        root = brentq(lambda z: float(self.predict(np.exp(z))) - bits, np.log(low), np.log(high))
        return float(np.exp(root))

    def u_q(self, q: float = 0.95) -> float:
        """Quality at which I = I_max + log2(q), in the unit of `u`; 0 if any quality does."""
        between_0_and_1(q=q)
        if "i_max" not in self.parameters:
            raise ValueError(f"{self.law.name} has no capacity i_max, so no u_q")
        wanted = self.i_max + float(np.log2(q))
        return self.quality_for(wanted) if wanted > 0 else 0.0

    @cached_property
    def verdict(self) -> Verdict:
        """What the fit knows: identified, rejected, and the range that was measured."""
        return judge(self, self.confidence_intervals())

    @property
    def reason(self) -> str:
        """Why the parameters are not identified or the law is rejected; else empty."""
        return self.verdict.reason

    @property
    def identifiable(self) -> bool:
        """Whether the data identify every parameter and do not reject the law."""
        return self.verdict.identified and not self.verdict.rejected

    @cached_property
    def rests_on(self) -> tuple[float, ...]:
        """Levels (of the last input) without any one of which the fit is not identified."""
        u = self.batch.inputs[-1][0]
        levels, counts = np.unique(u, return_counts=True)
        if len(levels) <= len(self.parameters) or self.degrees_of_freedom <= counts.max():
            return tuple(levels.tolist())
        rows = self.batch.take(np.zeros(len(levels), dtype=int))
        rows = replace(rows, root_weights=np.where(u == levels[:, None], 0.0, rows.root_weights))
        without = zip(levels.tolist(), fits_of(rows, *best_of_starts(rows)), strict=True)
        return tuple(level for level, fit in without if not fit.verdict.identified)


def fits_of(batch: Batch, theta: Array, cost: Array) -> list[LawFit]:
    """Return the fit of each row of a batch from its solution and sum of squares."""
    names = batch.law.names
    solved = zip(batch.law.outward(theta).tolist(), cost.tolist(), strict=True)
    return [
        LawFit(batch.law, dict(zip(names, values, strict=True)), batch.curve(row), total)
        for row, (values, total) in enumerate(solved)
    ]


def fit_law(
    law: Law,
    *inputs: ArrayLike,
    bits: ArrayLike | None,
    standard_errors: ArrayLike | None = None,
    loss: Loss = "squares",
    entropy: float | None = None,
) -> LawFit:
    """Fit any law to points of one curve, by bounded least squares from several starts.

    Parameters
    ----------
    law
        The law, for instance `LAWS["hill_law"]`.
    inputs
        The law's inputs, each of shape (n_points,), above 0.
    bits
        Measured information, shape (n_points,), in bits.
    standard_errors
        Standard error of each of the `bits`, shape (n_points,): weights 1/error^2. Only their
        ratios count; the size of the scatter is estimated from the residuals.
    loss
        `squares`, or `huber` for points some of which are far off.
    entropy
        Entropy of the measured labels, in bits, which no capacity exceeds; None for signals that
        are no labels. A law without a capacity is not bounded.

    Raises
    ------
    ValueError
        If the points are too few, of different lengths, not finite, an input is not above 0, or
        `entropy` is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.array([1, 3, 10, 30, 100])
    >>> hill = fitting.LAWS["hill_law"]
    >>> fitting.fit_law(hill, u, bits=[0.1, 0.3, 0.8, 1.2, 1.4]).r_squared > 0.98
    True
    """
    choice("loss", loss, ("squares", "huber"))
    tables = [x for x in (*inputs, bits) if isinstance(x, pd.DataFrame)]
    if tables or bits is None or len(inputs) != len(law.inputs):
        named = ", ".join((*law.inputs, "bits"))
        raise ValueError(
            f"{law.name} is fitted to {named}, each a list of numbers; of a table give the "
            'columns, such as table["bits"], or the whole of it to fit_curves'
        )
    y = finite("bits", bits, ndim=1)
    columns = {name: finite(name, x, ndim=1) for name, x in zip(law.inputs, inputs, strict=True)}
    n_points = same_length(bits=y, **columns)
    given = np.ones(n_points) if standard_errors is None else standard_errors
    errors = positive("standard_errors", finite("standard_errors", given, ndim=1))
    same_length(bits=y, standard_errors=errors)
    above_zero(entropy=1.0 if entropy is None else entropy)
    points = tuple(positive(name, x) for name, x in columns.items())
    most = np.full(n_points, np.inf if entropy is None else entropy)
    batch = gather(law, points, y, errors, most, [("", np.arange(n_points))])
    theta, cost = best_of_starts(batch)
    if loss == "huber":
        batch, theta, cost = _huber(batch, theta)
    return fits_of(batch, theta, cost)[0]


def _huber(batch: Batch, theta: Array) -> tuple[Batch, Array, Array]:
    """Reweight until the Huber estimate stands; its weights stay in the returned batch."""
    prior = batch.root_weights
    for _ in range(30):
        residuals = np.abs(batch.bits - batch.predict(theta)) * prior
        scale = max(1.4826 * float(np.median(residuals)), 1e-12)
        weights = np.minimum(1.0, 1.345 * scale / np.maximum(residuals, 1e-300))
        batch = replace(batch, root_weights=prior * np.sqrt(weights))
        before = theta
        theta, cost = solve(batch, theta.copy())
        if np.abs(theta - before).max() < 1e-7:
            break
    return batch, theta, cost


def fit_noise_law(u: ArrayLike, bits: ArrayLike | None = None, **how: Any) -> LawFit:
    """Fit the noise law to bits at qualities `u`: u_bar and i_max (bits).

    Further arguments and errors are those of `fit_law`; `entropy=` for labels.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.array([10, 30, 100, 300, 1000])
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> round(fit.u_bar, 3), round(fit.i_max, 3)
    (50.0, 2.0)
    """
    return fit_law(noise_law, u, bits=bits, **how)


def fit_cell_law(n: ArrayLike, bits: ArrayLike | None = None, **how: Any) -> LawFit:
    """Fit the cell law to bits after training on `n` cells: n0, s and i_inf; see `fit_law`.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> n = np.array([100, 300, 1000, 3000, 10_000])
    >>> fit = fitting.fit_cell_law(n, fitting.cell_law(n, 100, 0.5, 2))
    >>> round(fit.i_inf, 3)
    2.0
    """
    return fit_law(cell_law, n, bits=bits, **how)


def fit_joint_law(
    n: ArrayLike, u: ArrayLike = (), bits: ArrayLike | None = None, **how: Any
) -> LawFit:
    """Fit the joint law to bits of `n` cells at quality `u`: i_max, u_snr, n0, s and u1.

    Arguments and errors are those of `fit_law`.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> n, u = (a.ravel() for a in np.meshgrid([100, 1000, 10_000], [10, 100, 1000]))
    >>> fit = fitting.fit_joint_law(n, u, fitting.joint_law(n, u, 2, 10, 100, 1, 5))
    >>> round(fit.i_max, 2)
    2.0
    """
    return fit_law(joint_law, n, u, bits=bits, **how)
