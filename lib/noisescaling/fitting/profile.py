"""Profile-likelihood intervals: how far a parameter moves before the fit gets too poor.

With unknown noise of constant size, a value p of one parameter lies in the interval of the given
level when SSR(p) <= SSR_min [1 + F(level; 1, dof) / dof], all other parameters being fitted anew.
"""

import numpy as np
from scipy.stats import f as f_distribution

from noisescaling.fitting.engine import Batch, solve
from noisescaling.fitting.laws import FloatArray


def profile_limits(
    batch: Batch,
    theta: FloatArray,
    cost: FloatArray,
    covariance: FloatArray,
    dof: FloatArray,
    level: float = 0.95,
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
    dof
        Points less parameters of each row, shape (n_rows,).
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
    # A floor under the sum of squares keeps the intervals of noise-free curves from vanishing.
    floor = 1e-18 * np.square(batch.root_weights).sum(axis=1)
    critical = f_distribution.ppf(level, 1, dof) / dof
    search = _Search(
        batch.take(row), theta[row], np.maximum(cost, floor)[row], critical[row], which, side
    )
    spread = np.sqrt(np.einsum("bii->bi", covariance))[row, which]
    ends = search.run(spread * np.sqrt(f_distribution.ppf(level, 1, dof))[row])
    limits = np.empty((n_rows, n_parameters, 2))
    for i, parameter in enumerate(batch.law.parameters):
        mine = which == i
        values = np.where(np.isfinite(ends[mine]), parameter.outward(ends[mine]), 0.0)
        open_end = np.where(side[mine] < 0, *parameter.limits)
        limits[:, i] = np.where(np.isfinite(ends[mine]), values, open_end).reshape(n_rows, 2)
    return limits


#: Longest first stride, on the fit's scale: where the data say nothing, standard errors are huge.
_LONGEST = 1.0


class _Search:
    """Finds, for each (row, parameter, side), where the scaled cost crosses its critical value."""

    def __init__(
        self,
        batch: Batch,
        theta: FloatArray,
        cost: FloatArray,
        critical: FloatArray,
        which: np.ndarray,
        side: np.ndarray,
    ) -> None:
        self.batch, self.cost, self.critical = batch, cost, critical
        self.which, self.side = which, side
        self.index = np.arange(len(which))
        self.centre = theta[self.index, which]
        self.theta = theta.copy()
        lower, upper = batch.law.bounds()
        self.bound = np.where(side < 0, lower[which], upper[which])
        self.free = np.ones(theta.shape, dtype=bool)
        self.free[self.index, which] = False

    def excess(self, at: FloatArray, rows: np.ndarray) -> FloatArray:
        """How far past the critical value the profile is: -1 at the best fit, 0 at the limit."""
        start = self.theta[rows]
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
        room = np.abs(self.bound - self.centre)
        near, near_excess = np.zeros(len(room)), np.full(len(room), -1.0)
        far = np.minimum(np.clip(stride, 1e-9, _LONGEST), room)
        far_excess = np.full(len(room), -1.0)
        rows = self.index
        while rows.size:
            far_excess[rows] = self.excess(self.centre[rows] + self.side[rows] * far[rows], rows)
            rows = rows[(far_excess[rows] < 0) & (far[rows] < room[rows])]
            near[rows], near_excess[rows] = far[rows], far_excess[rows]
            far[rows] = np.minimum(far[rows] * 2, room[rows])
        return self._refine(near, near_excess, far, far_excess)

    def _refine(
        self, near: FloatArray, near_excess: FloatArray, far: FloatArray, far_excess: FloatArray
    ) -> FloatArray:
        """Illinois search between `near` (inside the interval) and `far` (outside)."""
        ends = np.full(len(far), np.inf) * self.side
        rows = self.index[far_excess >= 0]
        ends[rows] = far[rows]
        last = np.zeros(len(far))
        for _ in range(40):
            if not rows.size:
                break
            share = near_excess[rows] / (near_excess[rows] - far_excess[rows])
            middle = near[rows] + share * (far[rows] - near[rows])
            value = self.excess(self.centre[rows] + self.side[rows] * middle, rows)
            ends[rows] = middle
            inside = value < 0
            far_excess[rows] = np.where(
                inside & (last[rows] < 0), far_excess[rows] / 2, far_excess[rows]
            )
            near_excess[rows] = np.where(
                ~inside & (last[rows] > 0), near_excess[rows] / 2, near_excess[rows]
            )
            near[rows], near_excess[rows] = (
                np.where(inside, middle, near[rows]),
                np.where(inside, value, near_excess[rows]),
            )
            far[rows], far_excess[rows] = (
                np.where(inside, far[rows], middle),
                np.where(inside, far_excess[rows], value),
            )
            last[rows] = np.where(inside, -1, 1)
            rows = rows[(np.abs(value) > 1e-4) & (far[rows] - near[rows] > 1e-9)]
        finite = np.isfinite(ends)
        ends[finite] = (self.centre + self.side * ends)[finite]
        return np.where(self._held_by_bounds(), np.inf * self.side, ends)

    def _held_by_bounds(self) -> np.ndarray:
        """Whether the data would take another parameter past its bound at the limit found.

        The bound, not the data, sets such a limit: with a capacity of at most 15 bits, a noise
        sensitivity that could be infinite would seem to end at some large number.
        """
        lower, upper = self.batch.law.bounds()
        slopes, residuals = self.batch.jacobian(self.theta), self.batch.residuals(self.theta)
        gradient = np.einsum("bmp,bm->bp", slopes, residuals)
        outward = ((self.theta <= lower) & (gradient > 0)) | (
            (self.theta >= upper) & (gradient < 0)
        )
        strong = np.abs(gradient) > 1e-3 * self.cost[:, None]
        return np.asarray((self.free & outward & strong).any(axis=1))
