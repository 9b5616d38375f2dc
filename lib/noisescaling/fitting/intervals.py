"""Intervals of parameters: by the profile likelihood, and such as know of seeds.

With unknown noise of constant size, a value p of one parameter lies in the profile interval of the
given level when SSR(p) <= SSR_min [1 + F(level; 1, dof) / dof], all other parameters being fitted
anew. Points measured with one seed share a subset of the data and a start of the model: they rise
and fall together, and the profile likelihood, which takes their errors as independent, is too sure
of the capacity.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import f as f_distribution

from noisescaling._checks import between_0_and_1, same_length, whole
from noisescaling.fitting.laws import Array
from noisescaling.fitting.solve import Batch, descent, solve

if TYPE_CHECKING:
    from noisescaling.fitting.fit import LawFit

#: Longest first stride, on the fit's scale: where the data say nothing, standard errors are huge.
_LONGEST = 1.0


def profile_limits(
    batch: Batch, theta: Array, cost: Array, covariance: Array, level: float
) -> Array:
    """Lower and upper limits of each parameter, on the parameters' own scales.

    Parameters
    ----------
    batch
        The fitted curves, n_rows of them.
    theta, cost
        The solution and its sum of squares, shapes (n_rows, n_parameters) and (n_rows,).
    covariance
        Shape (n_rows, n_parameters, n_parameters), on the fit's scale: sets the first stride.
    level
        Confidence level, between 0 and 1.

    Returns
    -------
    limits
        Array of shape (n_rows, n_parameters, 2). A limit that the data do not set is the end of
        the parameter's natural range, often infinity.
    """
    row, which, side = np.indices((*theta.shape, 2)).reshape(3, -1)
    dof = batch.degrees_of_freedom
    rise = f_distribution.ppf(level, 1, dof)
    # A floor under the sum of squares keeps the intervals of noise-free curves from vanishing.
    least = np.maximum(cost, 1e-18 * np.square(batch.root_weights).sum(axis=1))
    critical = rise / dof
    search = _Search(batch.take(row), theta[row], least[row], critical[row], which, 2 * side - 1)
    spread = np.sqrt(np.einsum("bii->bi", covariance))[row, which]
    ends = search.run(spread * np.sqrt(rise)[row]).reshape(*theta.shape, 2)
    limits = batch.law.outward(ends.swapaxes(1, 2)).swapaxes(1, 2)
    parameters = batch.law.parameters.values()
    lowest, highest = np.transpose([p.limits for p in parameters])
    highest = np.where([p.ceiling for p in parameters], np.minimum(highest, batch.entropy), highest)
    natural = np.stack(np.broadcast_arrays(lowest, highest), axis=-1)
    return np.where(np.isfinite(ends), limits, natural)


@dataclass
class _Search:
    """Finds, for each (row, parameter, side), where the scaled cost crosses its critical value.

    Places are distances from the best value of the parameter `which`, towards `side`.
    """

    batch: Batch
    theta: Array
    cost: Array
    critical: Array
    which: np.ndarray
    side: np.ndarray

    def __post_init__(self) -> None:
        index = np.arange(len(self.which)), self.which
        self.centre = self.theta[index]
        lower, upper = self.batch.bounds()
        self.room = np.abs(np.where(self.side < 0, lower[index], upper[index]) - self.centre)
        self.free = np.ones(self.theta.shape, dtype=bool)
        self.free[index] = False

    def excess(self, distance: Array, rows: np.ndarray) -> Array:
        """How far past the critical value the profile is: -1 at the best fit, 0 at the limit."""
        start = self.theta[rows]
        at = self.centre[rows] + self.side[rows] * distance
        start[np.arange(len(rows)), self.which[rows]] = at
        batch, free = self.batch.take(rows), self.free[rows]
        solved, cost = solve(batch, start, free, max_steps=40, tolerance=1e-6)
        rise = np.maximum(cost / self.cost[rows] - 1, 0.0)
        value = np.sqrt(rise / self.critical[rows]) - 1
        # The next solution starts from the last one inside the interval: those further out may
        # have strayed from the valley.
        self.theta[rows] = np.where((value < 0)[:, None], solved, self.theta[rows])
        return np.asarray(value)

    def run(self, stride: Array) -> Array:
        """Limits on the fit's scale; infinite where the bound of the search is reached first."""
        # The two ends of each bracket: inside the interval, and further out.
        place = np.zeros((2, len(stride)))
        place[1] = np.minimum(np.clip(stride, 1e-9, _LONGEST), self.room)
        excess = np.full(place.shape, -1.0)
        rows = np.arange(len(stride))
        while rows.size:
            excess[1, rows] = self.excess(place[1, rows], rows)
            rows = rows[(excess[1, rows] < 0) & (place[1, rows] < self.room[rows])]
            place[0, rows], excess[0, rows] = place[1, rows], excess[1, rows]
            place[1, rows] = np.minimum(place[1, rows] * 2, self.room[rows])
        limits = self.centre + self.side * self._refined(place, excess)
        return np.where(self._held_by_bounds(), np.inf * self.side, limits)

    def _refined(self, place: Array, excess: Array) -> Array:
        """Distances of the limits by Illinois search in the brackets; infinite without one."""
        rows = np.flatnonzero(excess[1] >= 0)
        found = np.full(place.shape[1], np.inf)
        found[rows] = place[1, rows]
        last = np.full(place.shape[1], -1)
        for _ in range(40):
            if not rows.size:
                break
            near, far = place[:, rows]
            share = excess[0, rows] / (excess[0, rows] - excess[1, rows])
            found[rows] = near + share * (far - near)
            value = self.excess(found[rows], rows)
            end = np.where(value < 0, 0, 1)
            # Where the same end moves twice, the other one is drawn closer.
            excess[1 - end, rows] /= np.where(end == last[rows], 2, 1)
            place[end, rows], excess[end, rows], last[rows] = found[rows], value, end
            rows = rows[(np.abs(value) > 1e-4) & (place[1, rows] - place[0, rows] > 1e-9)]
        return found

    def _held_by_bounds(self) -> np.ndarray:
        """Whether the data would take another parameter past its bound at the limit found.

        The bound, not the data, sets such a limit: with a capacity of at most 15 bits, a noise
        sensitivity that could be infinite would seem to end at some large number. The entropy of
        labels is a bound of the truth as well, and limits what it limits.
        """
        _, gradient, outward = descent(self.batch, self.theta)
        strong = np.abs(gradient) > 1e-3 * self.cost[:, None]
        true_bound = self.batch.bounds()[1] < self.batch.law.bounds()[1]
        entropy = true_bound & (gradient < 0)
        return np.asarray((self.free & outward & strong & ~entropy).any(axis=1))


def seed_intervals(
    fit: "LawFit",
    seeds: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    rng: np.random.Generator | int,
) -> dict[str, tuple[float, float]]:
    """Interval of each parameter of a fit whose points share seeds, in the parameter's unit.

    The residuals are split into an offset that a seed's points share and the rest. Curves are
    drawn from the fitted law with both, their variances drawn too (scaled inverse chi-squared, so
    that few seeds give wide intervals), and fitted; the interval holds the middle `level` of the
    parameters.

    Parameters
    ----------
    fit
        The fit whose points have seeds.
    seeds
        Seed of each point, shape (n_points,), any labels.
    level
        Level of the intervals.
    n_resamples
        Curves drawn.
    rng
        Source of the draws, or its seed.

    Raises
    ------
    ValueError
        If there are fewer than two seeds, or no seed has two points.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting
    >>> u, seeds = np.tile(np.geomspace(10, 1000, 6), 3), np.repeat([0, 1, 2], 6)
    >>> bits = fitting.noise_law(u, 50, 2) + 0.05 * (seeds - 1)  # each seed is off by itself
    >>> fit = fitting.fit_noise_law(u, bits)
    >>> low, high = fitting.seed_intervals(fit, seeds, n_resamples=50, rng=0)["i_max"]
    >>> low < 2 < high
    True
    """
    between_0_and_1(level=level)
    whole("n_resamples", n_resamples, at_least=2)
    rng = np.random.default_rng(rng)
    labels, member = np.unique(np.asarray(seeds), return_inverse=True)
    same_length(bits=fit.batch.bits[0], seeds=member)
    if len(labels) < 2 or len(labels) == fit.n_points:
        raise ValueError(
            f"seeds has {len(labels)} different values for {fit.n_points} points; give at least "
            "2 seeds, each with several points"
        )
    between, within = _variances(fit, member, n_resamples, rng)
    offsets = rng.standard_normal((n_resamples, member.max() + 1)) * np.sqrt(between)[:, None]
    scatter = rng.standard_normal((n_resamples, fit.n_points)) * np.sqrt(within)[:, None]
    batch = fit.batch.take(np.zeros(n_resamples, dtype=int))
    theta = fit.theta.repeat(n_resamples, axis=0)
    drawn = batch.predict(theta) + offsets[:, member] + scatter
    solved, _ = solve(replace(batch, bits=drawn), theta)
    tails = (0.5 - level / 2, 0.5 + level / 2)
    return fit.law.by_name(np.quantile(fit.law.outward(solved), tails, axis=0).T)


def _variances(
    fit: "LawFit", member: np.ndarray, n_draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draws of the variance of the seeds' offsets and of the rest, each (n_draws,), bits^2."""
    counts = np.bincount(member)
    means = np.bincount(member, weights=fit.residuals) / counts
    dof_within = fit.n_points - len(counts) - len(fit.parameters) + 1
    # The fit has one free level, so the seeds' mean offset is not seen; k - 1 degrees are left.
    square_between = float((counts * np.square(means - means.mean())).sum())
    square_within = float(np.square(fit.residuals - means[member]).sum())
    between = square_between / rng.chisquare(len(counts) - 1, n_draws)
    within = square_within / rng.chisquare(max(dof_within, 1), n_draws)
    size = fit.n_points / len(counts)
    return np.maximum(between - within, 0.0) / size, within
