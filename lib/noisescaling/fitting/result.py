"""What a fit gives back."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from noisescaling._checks import finite
from noisescaling.fitting import verdict
from noisescaling.fitting.engine import Batch, best_of_starts, covariance
from noisescaling.fitting.law import FloatArray, Law
from noisescaling.fitting.profile import profile_limits

#: A parameter beyond this share of a bound of the search has run to the bound.
_AT_BOUND = 0.99


@dataclass(frozen=True)
class LawFit:
    """A law fitted to measured points; bits throughout.

    The law's parameters are attributes by their own names (`fit.u_bar`, `fit.i_max`).

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

    @cached_property
    def theta(self) -> FloatArray:
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
    def sigma(self) -> float:
        """Scatter of the points about the law, in bits: root of the residual variance."""
        return float(np.sqrt(self.weighted_sum / self.degrees_of_freedom))

    @cached_property
    def residuals(self) -> FloatArray:
        """Measured less predicted bits, shape (n_points,)."""
        return np.asarray(self.batch.bits[0] - self.predict(*(x[0] for x in self.batch.inputs)))

    @cached_property
    def covariance(self) -> FloatArray:
        """Covariance of the parameters on their own scales, shape (n_parameters, n_parameters)."""
        slope = self.law.slopes(np.array(list(self.parameters.values())))
        return np.asarray(self.covariance_inward * np.outer(slope, slope))

    @cached_property
    def covariance_inward(self) -> FloatArray:
        """Covariance on the fit's scale: the natural logarithm for parameters above zero."""
        return np.asarray(covariance(self.batch, self.theta, np.array([self.sigma**2]))[0])

    @property
    def standard_errors(self) -> dict[str, float]:
        """Asymptotic standard error of each parameter, in its unit."""
        return dict(zip(self.parameters, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def r_squared(self) -> float:
        """Share of the bits' variance that the law explains."""
        return verdict.r_squared(self.batch.bits[0], self.residuals)

    @property
    def aicc(self) -> float:
        """Akaike's criterion with the small-sample correction; lower is better."""
        return verdict.aicc(self.weighted_sum, self.n_points, len(self.parameters))

    def predict(self, *inputs: ArrayLike) -> FloatArray:
        """Information of the fitted law, in bits, at the given inputs (`u`, or `n`, or both)."""
        return self.law.function(*inputs, *self.parameters.values())

    def prediction_error(self, *inputs: ArrayLike) -> FloatArray:
        """Return the standard error of the fitted curve, in bits, by the delta method."""
        points = tuple(np.atleast_1d(np.asarray(x, dtype=np.float64))[None] for x in inputs)
        points = tuple(np.broadcast_arrays(*points))
        blank = Batch(self.law, points, np.zeros(points[0].shape), np.ones(points[0].shape))
        slopes = blank.jacobian(self.theta)[0]
        return np.asarray(np.sqrt(np.einsum("mp,pq,mq->m", slopes, self.covariance_inward, slopes)))

    def band(self, *inputs: ArrayLike, sigma: float = 2) -> tuple[FloatArray, FloatArray]:
        """Lower and upper edge of the band of `sigma` standard errors, in bits, however wide."""
        half = sigma * self.prediction_error(*inputs)
        middle = np.atleast_1d(self.predict(*inputs))
        return middle - half, middle + half

    def confidence_intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Profile-likelihood interval of each parameter; an end the data do not set is infinite.

        Raises
        ------
        ValueError
            If `level` is not between 0 and 1.
        """
        verdict.check_level(level)
        cost, spread = np.array([self.weighted_sum]), self.covariance_inward[None]
        limits = profile_limits(self.batch, self.theta, cost, spread, level)[0]
        return self.law.by_name(limits)

    def shown(self, intervals: dict[str, tuple[float, float]]) -> dict[str, float]:
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
        if not 0 < q < 1:
            raise ValueError(f"q = {q} must be between 0 and 1")
        if "i_max" not in self.parameters:
            raise ValueError(f"{self.law.name} has no capacity i_max, so no u_q")
        wanted = self.i_max + float(np.log2(q))
        return self.quality_for(wanted) if wanted > 0 else 0.0

    @cached_property
    def verdict(self) -> verdict.Verdict:
        """What the fit knows: identified, rejected, and the range that was measured."""
        return verdict.judge(self, self.confidence_intervals())

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
        fits = fits_of(rows, *best_of_starts(rows))
        return tuple(
            float(level)
            for level, fit in zip(levels, fits, strict=True)
            if not fit.verdict.identified
        )


def fits_of(batch: Batch, theta: FloatArray, cost: FloatArray) -> list[LawFit]:
    """Return the fit of each row of a batch from its solution and sum of squares."""
    names = batch.law.names
    solved = zip(batch.law.outward(theta).tolist(), cost.tolist(), strict=True)
    return [
        LawFit(batch.law, dict(zip(names, values, strict=True)), batch.curve(row), total)
        for row, (values, total) in enumerate(solved)
    ]
