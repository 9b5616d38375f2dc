"""Bounded least squares for many small problems at once.

One call solves a batch: many curves, many starts of one curve, the points of a profile, or
simulated repeats. All are rows of the same arrays, so that NumPy does the loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from noisescaling.fitting.laws import Array, Law

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
    entropy
        The most that each row's capacity may be, in bits: the entropy of the labels, shape
        (n_rows, 1); infinite for signals that are no labels.
    """

    law: Law
    inputs: tuple[Array, ...]
    bits: Array
    root_weights: Array
    entropy: Array | float = np.inf

    @property
    def degrees_of_freedom(self) -> np.ndarray:
        """Points less parameters of each row, shape (n_rows,)."""
        return np.asarray((self.root_weights > 0).sum(axis=1) - len(self.law.parameters))

    def take(self, rows: np.ndarray) -> "Batch":
        """Return the batch of the given rows, in their order."""
        inputs = tuple(x[rows] for x in self.inputs)
        entropy = np.broadcast_to(self.entropy, (len(self.bits), 1))[rows]
        return Batch(self.law, inputs, self.bits[rows], self.root_weights[rows], entropy)

    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the parameters, shape (n_rows, n_parameters), fit's scale."""
        lower, upper = self.law.bounds(self.entropy)
        shape = (len(self.bits), len(self.law.parameters))
        return np.broadcast_to(lower, shape), np.broadcast_to(upper, shape)

    def curve(self, row: int) -> "Batch":
        """Return one row as a batch of its own, without the points that only fill it up."""
        one, used = self.take(np.array([row])), self.root_weights[row] > 0
        inputs = tuple(x[:, used] for x in one.inputs)
        return replace(
            one, inputs=inputs, bits=one.bits[:, used], root_weights=one.root_weights[:, used]
        )

    def predict(self, theta: Array) -> Array:
        """Bits of the law with each row's parameters, of shape (n_rows, n_points)."""
        values = self.law.outward(theta)
        columns = [values[:, i, None] for i in range(values.shape[1])]
        return self.law.function(*self.inputs, *columns)

    def residuals(self, theta: Array) -> Array:
        """Weighted residuals, prediction minus bits, of shape (n_rows, n_points)."""
        return np.asarray((self.predict(theta) - self.bits) * self.root_weights)

    def jacobian(self, theta: Array) -> Array:
        """Return the residuals' derivatives, of shape (n_rows, n_points, n_parameters)."""
        slopes = np.empty((*self.bits.shape, theta.shape[1]))
        for i in range(theta.shape[1]):
            shift = np.zeros(theta.shape[1])
            shift[i] = _STEP
            difference = self.residuals(theta + shift) - self.residuals(theta - shift)
            slopes[:, :, i] = difference / (2 * _STEP)
        return slopes


def gather(
    law: Law,
    inputs: tuple[Array, ...],
    bits: Array,
    errors: Array,
    entropy: Array,
    members: Sequence[tuple[str, np.ndarray]],
) -> Batch:
    """One row for each curve's members, filled up with points of no weight to one length.

    Inputs, bits, standard errors and entropies (bits, infinite for no labels) are those of all
    points, shape (n_points,); `members` holds what an error calls each curve, and the places of its
    points. A curve with too few points for a fit, or of several entropies, is refused.
    """
    shape = len(members), max(len(index) for _, index in members)
    each = [np.ones(shape) for _ in inputs]
    measured, weights, most = np.zeros(shape), np.zeros(shape), np.empty((len(members), 1))
    for row, (name, index) in enumerate(members):
        if short := shortage(law, [x[index] for x in inputs]):
            raise ValueError(name + short)
        low, high = entropy[index].min(), entropy[index].max()
        if low < high:
            raise ValueError(f"entropy is {low:g} to {high:g} in one curve; give one value")
        n = len(index)
        for filled, x in zip(each, inputs, strict=True):
            filled[row, :n] = x[index]
        measured[row, :n], weights[row, :n], most[row] = bits[index], 1 / errors[index], low
    # Weights have mean one in each row, so that the residual variance stays in bits squared.
    weights /= np.sqrt(np.square(weights).sum(axis=1) / (weights > 0).sum(axis=1))[:, None]
    return Batch(law, tuple(each), measured, weights, most)


def shortage(law: Law, inputs: Sequence[Array]) -> str:
    """Why points, or the different places among them, are too few to fit; empty if they are not."""
    n_parameters = len(law.parameters)
    if len(inputs[0]) <= n_parameters:
        return (
            f"{len(inputs[0])} points are too few for the {n_parameters} parameters of {law.name} "
            f"and the scatter; give at least {n_parameters + 1}"
        )
    places = np.unique(np.stack(inputs), axis=1).shape[1]
    if places < n_parameters:
        return (
            f"{places} different values of {', '.join(law.inputs)} are too few for the "
            f"{n_parameters} parameters of {law.name}; give at least {n_parameters}"
        )
    return ""


def descent(batch: Batch, theta: Array) -> tuple[Array, Array, np.ndarray]:
    """Slopes, gradient of half the cost, and which parameters push at a bound, of each row."""
    lower, upper = batch.bounds()
    slopes = batch.jacobian(theta)
    gradient = np.einsum("bmp,bm->bp", slopes, batch.residuals(theta))
    stuck = ((theta <= lower) & (gradient > 0)) | ((theta >= upper) & (gradient < 0))
    return slopes, gradient, stuck


def _trial(batch: Batch, theta: Array, free: np.ndarray, damping: Array) -> Array:
    """Where a damped step (Levenberg-Marquardt) of the free parameters leads within the bounds.

    Parameters that push at a bound stay there.
    """
    slopes, gradient, stuck = descent(batch, theta)
    free = free & ~stuck
    curvature = np.einsum("bmp,bmq->bpq", slopes, slopes)
    matrix = np.where(free[:, :, None] & free[:, None, :], curvature, 0.0)
    # A view of the matrix, which writes into it.
    diagonal = np.einsum("bii->bi", matrix)
    diagonal[:] = np.where(free, diagonal * (1 + damping[:, None]) + 1e-14, 1.0)
    right = np.where(free, -gradient, 0.0)
    step = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    return np.clip(theta + step, *batch.bounds())


def solve(
    batch: Batch,
    theta: Array,
    free: np.ndarray | None = None,
    *,
    max_steps: int = 200,
    tolerance: float = 1e-10,
) -> tuple[Array, Array]:
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
    theta = np.clip(theta, *batch.bounds())
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


def best_of_starts(batch: Batch, keep: int = 3) -> tuple[Array, Array]:
    """Best least-squares solution of each row over the most promising of the law's starts."""
    curves = [batch.curve(row) for row in range(len(batch.bits))]
    theta = batch.law.inward(np.stack([batch.law.starts(c.inputs, c.bits) for c in curves]))
    n_rows, n_starts, n_parameters = theta.shape
    lower, upper = batch.bounds()
    theta = np.clip(theta, lower[:, None], upper[:, None])
    wide = batch.take(np.repeat(np.arange(n_rows), n_starts))
    screen = np.square(wide.residuals(theta.reshape(-1, n_parameters))).sum(axis=1)
    order = np.argsort(screen.reshape(n_rows, n_starts), axis=1)[:, :keep]
    chosen = np.take_along_axis(theta, order[:, :, None], axis=1)
    kept = order.shape[1]
    few = batch.take(np.repeat(np.arange(n_rows), kept))
    solved, cost = solve(few, chosen.reshape(-1, n_parameters))
    best = np.arange(n_rows) * kept + np.argmin(cost.reshape(n_rows, kept), axis=1)
    return solved[best], cost[best]


def covariance(batch: Batch, theta: Array, variance: Array) -> Array:
    """Covariance of the parameters on the fit's scale, shape (n_rows, n_parameters, n_parameters).

    Directions that the data leave free get a very large, finite variance.
    """
    slopes = batch.jacobian(theta)
    values, vectors = np.linalg.eigh(np.einsum("bmp,bmq->bpq", slopes, slopes))
    floor = np.maximum(values[:, -1:], 1e-12) * 1e-13
    inverse = vectors / np.maximum(values, floor)[:, None, :]
    return np.asarray(np.einsum("bij,bkj->bik", inverse, vectors) * variance[:, None, None])
