"""The best and the cheapest design under a law, for one set of parameters or many draws at once.

Along the budget line the joint law's noise-to-signal ratio is convex in log u, for prices per UMI
and for both saturation curves, so there is one best depth (the planner's page has the proof). The
search brackets it on a grid all the same, so that a law of another shape is served too.

Everywhere `parameters`, of shape (k, n_parameters), hold those of k joint laws, each searched by
itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize.elementwise import find_minimum, find_root

from noisescaling._checks import positive
from noisescaling.fitting import joint_law
from noisescaling.fitting.laws import Array
from noisescaling.planning.costs import Costs
from noisescaling.planning.surface import Surface

_GRID = 64
#: Searches run on logarithms of UMIs and of money, to this accuracy.
_EXACT = {"xatol": 1e-10, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0}
#: Budgets up to this many times the least are searched for the cheapest design.
_MOST = 1e15
#: Larger than any experiment, small enough that powers of it stay finite.
_ENDLESS = 1e100


@dataclass(frozen=True)
class Limits:
    """Least and most cells, and UMIs per cell, that a design may have; by default at least one.

    Raises
    ------
    ValueError
        If a limit is not above 0, or the least is more than the most.

    Examples
    --------
    >>> from noisescaling import planning
    >>> planning.Limits(cells=(100, 20_000)).cells
    (100, 20000)
    """

    cells: tuple[float, float] = (1.0, float("inf"))
    umis: tuple[float, float] = (1.0, float("inf"))

    def __post_init__(self) -> None:
        for name in ("cells", "umis"):
            low, high = getattr(self, name)
            positive(f"least {name}", low)
            if not high >= low:
                raise ValueError(f"limits of {name}: the least, {low:g}, is more than {high:g}")


def measured_limits(surface: Surface) -> Limits:
    """Limits that keep a design within what was measured; none where nothing was.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law, cells_range=(100, 5000))
    >>> planning.measured_limits(surface).cells
    (100, 5000)
    """
    free = Limits()
    return Limits(surface.cells_range or free.cells, surface.umis_range or free.umis)


@dataclass(frozen=True)
class Market:
    """What designs may be bought: prices and limits."""

    costs: Costs
    limits: Limits

    @property
    def least(self) -> float:
        """Price of the smallest design within the limits."""
        return float(self.costs.total(self.limits.cells[0], self.limits.umis[0]))

    @property
    def largest(self) -> tuple[float, float]:
        """Cells and UMIs per cell of a design for which money is no object."""
        deepest = min(self.costs.deepest, self.limits.umis[1], _ENDLESS)
        return min(self.limits.cells[1], _ENDLESS), deepest

    def cells(self, budget: ArrayLike, umis_per_cell: ArrayLike) -> Array:
        """Cells that `budget` buys at a depth, held within the limits; the shapes broadcast."""
        bought = np.asarray(budget) / self.costs.one_cell(umis_per_cell)
        return np.clip(bought, *self.limits.cells)

    def log_depths(self, budget: Array) -> tuple[Array, Array]:
        """Logarithms of the least and the most UMIs per cell for `budget`, each of its shape."""
        low, high = self.limits.umis
        affordable = self.costs.depth_for(budget / self.limits.cells[0])
        # A library's last molecule costs infinitely many reads.
        affordable = np.minimum(affordable, self.costs.deepest * (1 - 1e-9))
        return np.full(budget.shape, np.log(low)), np.log(np.clip(affordable, low, high))


_bits = joint_law.function


def best_depth(parameters: Array, market: Market, budget: Array) -> Array:
    """UMIs per cell, of shape (k,), at which `budget`, of shape (k,), buys the most bits."""
    if not len(budget):
        return np.empty(0)

    def loss(log_u: Array, budget: Array, low: Array, high: Array, *values: Array) -> Array:
        inside = np.clip(log_u, low, high)
        u = np.exp(inside)
        # The loss rises beyond the limits, so that a best depth at a limit is bracketed too.
        return np.abs(log_u - inside) - _bits(market.cells(budget, u), u, *values)

    bottom, top = market.log_depths(budget)
    given = (budget, bottom, top, *parameters.T)
    step = np.maximum((top - bottom) / _GRID, 1e-9)
    grid = bottom + np.arange(-1, _GRID + 2)[:, None] * step
    middle = np.take_along_axis(grid, np.argmin(loss(grid, *given), axis=0)[None], axis=0)[0]
    bracket = (middle - step, middle, middle + step)
    found = find_minimum(loss, bracket, args=given, tolerances=_EXACT)
    return np.asarray(np.exp(np.clip(np.where(found.success, found.x, middle), bottom, top)))


def best_bits(parameters: Array, market: Market, budget: Array) -> Array:
    """Most bits, of shape (k,), that `budget`, of shape (k,), buys."""
    depth = best_depth(parameters, market, budget)
    return _bits(market.cells(budget, depth), depth, *parameters.T)


def least_budget(parameters: Array, market: Market, target: float) -> Array:
    """Least budget, of shape (k,), whose best design has `target` bits; infinite if none does."""
    if not len(parameters):
        return np.empty(0)

    def spare(log_budget: Array, *values: Array) -> Array:
        return best_bits(np.stack(values, axis=-1), market, np.exp(log_budget)) - target

    low = np.full(len(parameters), np.log(market.least))
    high = low + np.log(_MOST)
    given = tuple(parameters.T)
    root = find_root(spare, (low, high), args=given, tolerances=_EXACT).x
    ends = [spare(low, *given) >= 0, spare(high, *given) < 0]
    return np.select(ends, [np.exp(low), np.inf], np.exp(root))


def depths_within(values: Array, market: Market, budget: float, loss: float) -> tuple[float, float]:
    """Shallowest and deepest UMIs per cell that spend `budget` and lose at most `loss` bits."""
    spent = np.array([budget])
    best = np.log(best_depth(values[None], market, spent))

    def bought(log_u: Array) -> Array:
        return _bits(market.cells(budget, np.exp(log_u)), np.exp(log_u), *values)

    bar = bought(best) - loss
    ends = np.concatenate(market.log_depths(spent))
    bracket = np.minimum(best, ends), np.maximum(best, ends)
    root = find_root(lambda log_u: bought(log_u) - bar, bracket, tolerances=_EXACT).x
    shallow, deep = np.exp(np.where(bought(ends) >= bar, ends, root))
    return float(shallow), float(deep)
