"""Profile-likelihood intervals: how far a parameter moves before the fit gets too poor.

With unknown noise of constant size, a value p of one parameter lies in the interval of the given
level when SSR(p) <= SSR_min [1 + F(level; 1, dof) / dof], all other parameters being fitted anew.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from noisescaling.fitting.engine import Batch, descent, solve
from noisescaling.fitting.law import FloatArray


def profile_limits(
    batch: Batch,
    theta: FloatArray,
    cost: FloatArray,
    covariance: FloatArray,
    level: float,
) -> FloatArray:
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
    n_rows, n_parameters = theta.shape
    row, which, side = (
        a.ravel() for a in np.meshgrid(range(n_rows), range(n_parameters), (-1, 1), indexing="ij")
    )
    dof = batch.degrees_of_freedom
    rise = f_distribution.ppf(level, 1, dof)
    # A floor under the sum of squares keeps the intervals of noise-free curves from vanishing.
    floor = 1e-18 * np.square(batch.root_weights).sum(axis=1)
    least, critical = np.maximum(cost, floor), rise / dof
    search = _Search(batch.take(row), theta[row], least[row], critical[row], which, side)
    spread = np.sqrt(np.einsum("bii->bi", covariance))[row, which]
    ends = search.run(spread * np.sqrt(rise)[row]).reshape(n_rows, n_parameters, 2)
    limits = batch.law.outward(ends.swapaxes(1, 2)).swapaxes(1, 2)
    natural = np.array([p.limits for p in batch.law.parameters.values()])[None]
    capped = [p.ceiling for p in batch.law.parameters.values()]
    most = np.where(capped, np.minimum(natural[..., 1], batch.entropy), natural[..., 1])
    natural = np.stack(np.broadcast_arrays(natural[..., 0], most), axis=-1)
    return np.where(np.isfinite(ends), limits, natural)


#: Longest first stride, on the fit's scale: where the data say nothing, standard errors are huge.
_LONGEST = 1.0


@dataclass
class _Search:
    """Finds, for each (row, parameter, side), where the scaled cost crosses its critical value.

    Places are distances from the best value of the parameter `which`, towards `side`.
    """

    batch: Batch
    theta: FloatArray
    cost: FloatArray
    critical: FloatArray
    which: np.ndarray
    side: np.ndarray

    def __post_init__(self) -> None:
        index = np.arange(len(self.which))
        self.centre = self.theta[index, self.which]
        lower, upper = self.batch.bounds()
        bound = np.where(self.side < 0, lower[index, self.which], upper[index, self.which])
        self.room = np.abs(bound - self.centre)
        self.free = np.ones(self.theta.shape, dtype=bool)
        self.free[index, self.which] = False

    def excess(self, distance: FloatArray, rows: np.ndarray) -> FloatArray:
        """How far past the critical value the profile is: -1 at the best fit, 0 at the limit."""
        start = self.theta[rows]
        at = self.centre[rows] + self.side[rows] * distance
        start[np.arange(len(rows)), self.which[rows]] = at
        solved, cost = solve(
            self.batch.take(rows), start, self.free[rows], max_steps=40, tolerance=1e-6
        )
        rise = np.maximum(cost / self.cost[rows] - 1, 0.0)
        value = np.sqrt(rise / self.critical[rows]) - 1
        # The next solution starts from the last one inside the interval: those further out may
        # have strayed from the valley.
        self.theta[rows] = np.where((value < 0)[:, None], solved, self.theta[rows])
        return np.asarray(value)

    def run(self, stride: FloatArray) -> FloatArray:
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

    def _refined(self, place: FloatArray, excess: FloatArray) -> FloatArray:
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
