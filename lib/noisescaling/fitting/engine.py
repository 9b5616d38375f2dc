"""Bounded least squares for many small problems at once.

One call solves a batch: many curves, many starts of one curve, the points of a profile, or
simulated repeats. All are rows of the same arrays, so that NumPy does the loop.
"""

from dataclasses import dataclass, replace

import numpy as np

from noisescaling.fitting.law import Law
from noisescaling.fitting.laws import FloatArray

_STEP = 1e-6


@dataclass(frozen=True)
class Batch:
    """Curves to fit with one law.

    Parameters
    ----------
    law
        The law that all rows share.
    inputs
        One array of shape (n_rows, n_points) for each input of the law.
    bits
        Array of shape (n_rows, n_points), in bits.
    root_weights
        Array of shape (n_rows, n_points); 0 for a point that only fills the row up.
    """

    law: Law
    inputs: tuple[FloatArray, ...]
    bits: FloatArray
    root_weights: FloatArray

    def take(self, rows: FloatArray | np.ndarray) -> "Batch":
        """Return the batch of the given rows, in their order."""
        return replace(
            self,
            inputs=tuple(x[rows] for x in self.inputs),
            bits=self.bits[rows],
            root_weights=self.root_weights[rows],
        )

    def with_bits(self, bits: FloatArray) -> "Batch":
        """Return the same points with other bits, shape (n_rows, n_points)."""
        return replace(self, bits=bits)

    def predict(self, theta: FloatArray) -> FloatArray:
        """Bits of the law with each row's parameters, of shape (n_rows, n_points)."""
        values = self.law.outward(theta)
        columns = [values[:, i, None] for i in range(values.shape[1])]
        return self.law.function(*self.inputs, *columns)

    def residuals(self, theta: FloatArray) -> FloatArray:
        """Weighted residuals, prediction minus bits, of shape (n_rows, n_points)."""
        return np.asarray((self.predict(theta) - self.bits) * self.root_weights)

    def jacobian(self, theta: FloatArray) -> FloatArray:
        """Return the residuals' derivatives, of shape (n_rows, n_points, n_parameters)."""
        slopes = np.empty((*self.bits.shape, theta.shape[1]))
        for i in range(theta.shape[1]):
            shift = np.zeros(theta.shape[1])
            shift[i] = _STEP
            difference = self.residuals(theta + shift) - self.residuals(theta - shift)
            slopes[:, :, i] = difference / (2 * _STEP)
        return slopes


def _damped_step(
    gradient: FloatArray, curvature: FloatArray, free: np.ndarray, damping: FloatArray
) -> FloatArray:
    """Levenberg-Marquardt step of the free parameters, shape (n_rows, n_parameters)."""
    both = free[:, :, None] & free[:, None, :]
    matrix = np.where(both, curvature, 0.0)
    diagonal = np.einsum("bii->bi", matrix)
    scale = np.where(free, diagonal * (1 + damping[:, None]) + 1e-14, 1.0)
    index = np.arange(matrix.shape[1])
    matrix[:, index, index] = scale
    right = np.where(free, -gradient, 0.0)
    return np.asarray(np.linalg.solve(matrix, right[:, :, None])[:, :, 0])


def _trial(batch: Batch, theta: FloatArray, free: np.ndarray, damping: FloatArray) -> FloatArray:
    """Where a damped step leads within the bounds; parameters that push at a bound stay there."""
    lower, upper = batch.law.bounds()
    slopes, residuals = batch.jacobian(theta), batch.residuals(theta)
    gradient = np.einsum("bmp,bm->bp", slopes, residuals)
    curvature = np.einsum("bmp,bmq->bpq", slopes, slopes)
    stuck = ((theta <= lower) & (gradient > 0)) | ((theta >= upper) & (gradient < 0))
    step = _damped_step(gradient, curvature, free & ~stuck, damping)
    return np.clip(theta + step, lower, upper)


def solve(
    batch: Batch,
    theta: FloatArray,
    free: np.ndarray | None = None,
    *,
    max_steps: int = 200,
    tolerance: float = 1e-10,
) -> tuple[FloatArray, FloatArray]:
    """Least squares of each row from its start, within the law's bounds.

    Parameters
    ----------
    batch
        The curves, n_rows of them.
    theta
        Starts, shape (n_rows, n_parameters), on the fit's scale.
    free
        Which parameters may move, shape (n_rows, n_parameters); all of them when left out.
    max_steps
        The most steps a row takes.
    tolerance
        A row stops when a step lowers its sum of squares by less than this share.

    Returns
    -------
    theta, sum_of_squares
        Arrays of shape (n_rows, n_parameters) and (n_rows,).
    """
    theta = np.clip(theta, *batch.law.bounds())
    free = np.ones(theta.shape, dtype=bool) if free is None else free
    cost = np.square(batch.residuals(theta)).sum(axis=1)
    damping = np.full(len(theta), 1e-3)
    active = np.arange(len(theta))
    for _ in range(max_steps):
        part, now = batch.take(active), theta[active]
        trial = _trial(part, now, free[active], damping[active])
        trial_cost = np.square(part.residuals(trial)).sum(axis=1)
        better = trial_cost <= cost[active]
        drop = cost[active] - trial_cost
        done = better & (drop <= tolerance * cost[active]) & (damping[active] < 1)
        theta[active] = np.where(better[:, None], trial, now)
        cost[active] = np.where(better, trial_cost, cost[active])
        damping[active] = np.where(better, damping[active] / 9, damping[active] * 11)
        done |= (damping[active] > 1e12) | (np.abs(trial - now).max(axis=1) < 1e-11)
        active = active[~done]
        if not active.size:
            break
    return theta, cost


def best_of_starts(batch: Batch, keep: int = 3) -> tuple[FloatArray, FloatArray]:
    """Best least-squares solution of each row over the most promising of the law's starts."""
    starts = []
    for row in range(len(batch.bits)):
        used = batch.root_weights[row] > 0
        inputs = tuple(x[row, used] for x in batch.inputs)
        starts.append(batch.law.starts(inputs, batch.bits[row, used]))
    theta = batch.law.inward(np.stack(starts))
    n_rows, n_starts, n_parameters = theta.shape
    wide = batch.take(np.repeat(np.arange(n_rows), n_starts))
    screen = np.square(wide.residuals(theta.reshape(-1, n_parameters))).sum(axis=1)
    order = np.argsort(screen.reshape(n_rows, n_starts), axis=1)[:, :keep]
    chosen = np.take_along_axis(theta, order[:, :, None], axis=1)
    few = batch.take(np.repeat(np.arange(n_rows), chosen.shape[1]))
    solved, cost = solve(few, chosen.reshape(-1, n_parameters))
    best = np.argmin(cost.reshape(n_rows, -1), axis=1)
    rows = np.arange(n_rows)
    return (
        solved.reshape(n_rows, -1, n_parameters)[rows, best],
        cost.reshape(n_rows, -1)[rows, best],
    )


def covariance(batch: Batch, theta: FloatArray, variance: FloatArray) -> FloatArray:
    """Covariance of the parameters on the fit's scale, shape (n_rows, n_parameters, n_parameters).

    Directions that the data leave free get a very large, finite variance.
    """
    slopes = batch.jacobian(theta)
    values, vectors = np.linalg.eigh(np.einsum("bmp,bmq->bpq", slopes, slopes))
    floor = np.maximum(values[:, -1:], 1e-12) * 1e-13
    inverse = vectors / np.maximum(values, floor)[:, None, :]
    return np.asarray(np.einsum("bij,bkj->bik", inverse, vectors) * variance[:, None, None])
