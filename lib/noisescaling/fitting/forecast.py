"""Predicted bits at qualities (and numbers of cells) beyond the measured, with honest intervals.

The law's parameters are drawn from their posterior: the measured points, and a prior learned from
other data sets, which matters where few points are given. Quality enters the noise law as a power,
u^k, so that a curve need not bend just as the law does. The interval holds a new measured point:
it adds the scatter of points and the law's misfit, which grows with each doubling beyond the
measured range. `python -m benchmarks.fitting.forecast` renews the prior and its hold-out.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares
from scipy.special import logsumexp, ndtri, softmax
from scipy.stats import multivariate_t

from noisescaling._checks import between_0_and_1, positive
from noisescaling.fitting.fit import LawFit
from noisescaling.fitting.laws import Array, Law, joint_law, noise_law, stretched_noise_law

#: The law that forecasts in place of the fitted one.
_FORECASTS_BY: dict[Law, Law] = {noise_law: stretched_noise_law, joint_law: joint_law}
_N_DRAWS, _ROUNDS, _FREEDOM = 1000, 4, 5.0
#: How many times as large as the covariance that of a proposal is: posteriors have long tails.
_WIDER = 3.0


@dataclass(frozen=True)
class PointError:
    """Standard deviations of a new measured point about a law, in bits.

    Attributes
    ----------
    scatter
        Of repeats.
    misfit
        Of the law at one level.
    growth
        Of the law in the first doubling beyond the measured range; its square adds up.

    Examples
    --------
    >>> from noisescaling import fitting
    >>> error = fitting.PointError(scatter=0.03, misfit=0.04, growth=0)
    >>> round(float(error.half_width(variance=0, beyond=0)), 3)
    0.082
    """

    scatter: float
    misfit: float
    growth: float

    def half_width(self, variance: Array, beyond: Array, level: float = 0.9) -> Array:
        """Half an interval of a new point, in bits.

        Parameters
        ----------
        variance
            Variance of the law itself, in bits squared.
        beyond
            Doublings beyond the measured range.
        level
            Level of the interval.
        """
        point = self.scatter**2 + self.misfit**2 + self.growth**2 * beyond
        return np.asarray(ndtri(0.5 + level / 2) * np.sqrt(variance + point))


@dataclass(frozen=True)
class Prior:
    """What other data sets say of a curve before it is measured.

    Attributes
    ----------
    means, spreads
        Mean and standard deviation of each parameter's binary logarithm, by name; qualities and
        numbers of cells are in units of the largest measured.
    scatter, misfit, growth
        As of a `PointError`; the scatter is that of a curve without repeats.
    """

    means: dict[str, float]
    spreads: dict[str, float]
    scatter: float
    misfit: float
    growth: float


@dataclass(frozen=True)
class Forecast:
    """Predicted bits, the ends of the interval of a new measured point, and the law's own spread.

    All have the shape of the inputs. `inside` is true where no input is beyond the measured.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 8)
    >>> ahead = fitting.forecast(fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2)), [500, 4000])
    >>> ahead.inside.tolist(), bool((ahead.low < ahead.high).all())
    ([True, False], True)
    """

    bits: Array
    low: Array
    high: Array
    inside: np.ndarray


@lru_cache
def known_priors() -> dict[str, Prior]:
    """Return the priors of the package, by the name of the law that forecasts."""
    text = files("noisescaling.fitting").joinpath("prior.json").read_text(encoding="utf-8")
    return {name: Prior(**numbers) for name, numbers in json.loads(text)["priors"].items()}


def forecast(
    fit: LawFit, *inputs: ArrayLike, level: float = 0.9, prior: Prior | None = None
) -> Forecast:
    """Forecast bits at the inputs of a law, with the interval of a new measured point.

    Parameters
    ----------
    fit
        A fit of the noise law, or of the joint law of cells and quality; it brings its points and
        the entropy of labels, which no forecast exceeds.
    inputs
        Quality, or number of cells and quality, that are asked for; above 0, broadcast.
    level
        Level of the interval.
    prior
        Another prior than the package's.

    Raises
    ------
    ValueError
        If the fit is of another law, an input is not above 0, or `level` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> ahead = fitting.forecast(fit, [4000.0])
    >>> ahead.bits.round(1), bool(ahead.low[0] < 2 < ahead.high[0])
    (array([2.]), True)
    """
    between_0_and_1(level=level)
    if fit.law not in _FORECASTS_BY:
        known = ", ".join(map(str, _FORECASTS_BY))
        raise ValueError(f"{fit.law} has no forecast; give a fit of {known}")
    if len(inputs) != len(fit.law.inputs):
        taken = ", ".join(fit.law.inputs)
        raise ValueError(f"{len(inputs)} inputs are given; {fit.law.name} takes {taken}")
    asked = np.broadcast_arrays(*map(positive, fit.law.inputs, inputs))
    posterior = Posterior(fit, prior)
    theta, weights = posterior.draws()
    drawn = posterior.predict(theta, tuple(x.ravel() for x in asked))
    # In the hold-out the fitted joint law is nearer than the mean of its posterior.
    bits = weights @ drawn if posterior.law is not fit.law else np.ravel(fit.predict(*asked))
    ranges = [(places.min(), places.max()) for places in posterior.places]
    beyond = np.sum(list(map(doublings_beyond, asked, ranges)), axis=0).ravel()
    half = posterior.point.half_width(weights @ np.square(drawn - bits), beyond, level)
    ends = (bits, bits - half, np.minimum(bits + half, fit.entropy), beyond == 0)
    return Forecast(*(np.reshape(end, asked[0].shape) for end in ends))


def doublings_beyond(asked: Array, measured: tuple[float, float]) -> Array:
    """Doublings from the nearer end of the measured range; 0 inside it."""
    above, below = np.log2(asked / measured[1]), np.log2(measured[0] / asked)
    return np.asarray(np.maximum(np.maximum(above, below), 0.0))


class Posterior:
    """Posterior of the forecasting law's parameters, given a fit's points and a prior.

    All parameters are above 0; they are drawn as natural logarithms.
    """

    def __init__(self, fit: LawFit, prior: Prior | None = None) -> None:
        self.law = _FORECASTS_BY[fit.law]
        self.prior = prior or known_priors()[self.law.name]
        # Means over the repeats of each place, and the standard deviations of their errors; as if
        # two repeats more had the prior's scatter.
        places, self.bits, total, square = fit.repeats
        freedom = fit.n_points - len(self.bits) + 2
        scatter = math.sqrt((square + 2 * self.prior.scatter**2) / freedom)
        self.point = PointError(scatter, self.prior.misfit, self.prior.growth)
        self.places = tuple(places)
        self.error = np.sqrt(self.point.misfit**2 + scatter**2 / total)
        each = self.law.parameters
        upper = [min(p.upper, fit.entropy) if p.ceiling else p.upper for p in each.values()]
        self.bounds = np.log([[p.lower for p in each.values()], upper])
        largest = (np.log(places.max()) for places in self.places)
        units = dict(zip(self.law.inputs, largest, strict=True))
        self.units = np.array([units.get(p.of, 0.0) for p in each.values()])
        self.mean = np.log(2) * np.array([self.prior.means[name] for name in each]) + self.units
        self.spread = np.log(2) * np.array([self.prior.spreads[name] for name in each])

    def predict(self, theta: Array, inputs: tuple[Array, ...]) -> Array:
        """Bits at inputs of shape (m,) of each row of log parameters, shape (n_rows, m)."""
        return np.asarray(self.law.function(*inputs, *np.exp(theta).T[:, :, None]))

    def residuals(self, theta: Array) -> Array:
        """Standardised misses of points and prior, shape (n_rows, n_places + n_parameters)."""
        misses = (self.predict(theta, self.places) - self.bits) / self.error
        return np.concatenate([misses, (theta - self.mean) / self.spread], axis=1)

    def draws(self, seed: int = 0) -> tuple[Array, Array]:
        """Draws of the log parameters, shape (n_draws, n_parameters), and their weights (sum 1).

        Adaptive importance sampling (Cornuet et al. 2012, Scand. J. Stat. 39, 798): draws of
        Student's t about the prior, about the best parameters, and in each round about all weighted
        draws so far; each is weighed by the density of all of these together.
        """
        lower, upper = self.bounds
        start = np.clip(self.mean, lower + 1e-6, upper - 1e-6)
        best: Any = least_squares(
            lambda one: self.residuals(one[None])[0], start, bounds=(lower, upper)
        )
        rng, local = np.random.default_rng(seed), np.linalg.inv(best.jac.T @ best.jac)
        prior = _proposal(self.mean, np.diag(np.square(self.spread)))
        proposals = [prior, _proposal(best.x, _WIDER * local)]
        theta = np.concatenate([self._inside(one, rng) for one in proposals])
        for _ in range(_ROUNDS):
            weights = self._weights(theta, proposals)
            centre = weights @ theta
            away = theta - centre
            proposals.append(_proposal(centre, _WIDER * away.T @ (away * weights[:, None])))
            theta = np.concatenate([theta, self._inside(proposals[-1], rng)])
        return theta, self._weights(theta, proposals)

    def _inside(self, proposal: Any, rng: np.random.Generator) -> Array:
        """Draws of a proposal that lie within the bounds."""
        drawn, (lower, upper) = proposal.rvs(_N_DRAWS, random_state=rng), self.bounds
        return np.asarray(drawn[((drawn >= lower) & (drawn <= upper)).all(axis=1)])

    def _weights(self, theta: Array, proposals: Sequence[Any]) -> Array:
        """Weights of draws of the proposals together, which make them draws of the posterior."""
        height = -0.5 * np.square(self.residuals(theta)).sum(axis=1)
        density = logsumexp([one.logpdf(theta) for one in proposals], axis=0)
        return np.asarray(softmax(height - density))

    def sample(self, n_draws: int, seed: int = 0) -> Array:
        """Equally likely draws of the parameters, shape (n_draws, n_parameters), own scales."""
        theta, weights = self.draws(seed)
        steps = (np.random.default_rng(seed).random() + np.arange(n_draws)) / max(n_draws, 1)
        return np.asarray(np.exp(theta[np.searchsorted(np.cumsum(weights)[:-1], steps)]))


def _proposal(centre: Array, cover: Array) -> Any:
    """Student's t about a centre, of that scale."""
    return multivariate_t(centre, cover + 1e-9 * np.eye(len(centre)), _FREEDOM)
