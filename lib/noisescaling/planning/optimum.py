"""The best and the cheapest design under a law, for one set of parameters or many draws at once.

Along the budget line the joint law's noise-to-signal ratio is convex in log u, for prices per UMI
and for both saturation curves, so there is one best depth (the planner's page has the proof). The
search brackets it on a grid all the same, so that a law of another shape is served too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import positive
from noisescaling.planning.costs import Costs
from noisescaling.planning.surface import Surface

Array = NDArray[np.float64]
Bits = Callable[[ArrayLike, ArrayLike], Array]

_GRID = 65
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_STEPS = 40
#: Budgets up to this many times the least are searched for the cheapest design.
_MOST = 1e15
#: Larger than any experiment, small enough that powers of it stay finite.
_ENDLESS = 1e100


@dataclass(frozen=True)
class Limits:
    """Least and most cells, and UMIs a cell, that a design may have; by default at least one.

    Raises
    ------
    ValueError
        If a limit is not above 0, or the least is more than the most.
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
    """Limits that keep a design within what was measured; none where nothing was."""
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
        """Cells and UMIs a cell of a design for which money is no object."""
        deepest = min(self.costs.deepest, self.limits.umis[1], _ENDLESS)
        return min(self.limits.cells[1], _ENDLESS), deepest

    def cells(self, budget: ArrayLike, umis_per_cell: ArrayLike) -> Array:
        """Cells that `budget` buys at a depth, held within the limits; the shapes broadcast."""
        bought = np.asarray(budget) / self.costs.one_cell(umis_per_cell)
        return np.clip(bought, *self.limits.cells)

    def log_depths(self, budget: Array) -> tuple[Array, Array]:
        """Logarithms of the least and the most UMIs a cell for `budget`, each of its shape."""
        low, high = self.limits.umis
        affordable = self.costs.depth_for(budget / self.limits.cells[0])
        return np.full(budget.shape, np.log(low)), np.log(np.clip(affordable, low, high))


def best_depth(bits: Bits, market: Market, budget: Array) -> Array:
    """UMIs a cell, of shape (k,), at which `budget`, of shape (k,), buys the most bits.

    `bits(n_cells, umis_per_cell)` takes arrays whose last axis is k, one law a column.
    """

    def value(log_u: Array) -> Array:
        return bits(market.cells(budget, np.exp(log_u)), np.exp(log_u))

    bottom, top = market.log_depths(budget)
    grid = bottom + np.linspace(0.0, 1.0, _GRID)[:, None] * (top - bottom)
    peak = np.argmax(value(grid), axis=0)
    columns = np.arange(grid.shape[1])
    low = grid[np.maximum(peak - 1, 0), columns]
    high = grid[np.minimum(peak + 1, _GRID - 1), columns]
    return np.exp(golden_maximum(value, low, high))


def golden_maximum(value: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Place, of shape (k,), of the maximum of each of k functions with one peak in [low, high]."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = value(left), value(right)
    for _ in range(_STEPS):
        rising = at_left < at_right
        low, high = np.where(rising, left, low), np.where(rising, high, right)
        step = _GOLDEN * (high - low)
        new = np.where(rising, low + step, high - step)
        at_new = value(new)
        left, right = np.where(rising, right, new), np.where(rising, new, left)
        at_left, at_right = np.where(rising, at_right, at_new), np.where(rising, at_new, at_left)
    return np.asarray(0.5 * (low + high))


def best_bits(bits: Bits, market: Market, budget: Array) -> Array:
    """Most bits, of shape (k,), that `budget`, of shape (k,), buys."""
    depth = best_depth(bits, market, budget)
    return bits(market.cells(budget, depth), depth)


def least_budget(bits: Bits, market: Market, target: float, k: int) -> Array:
    """Least budget, of shape (k,), whose best design reaches `target` bits; infinite if none does.

    The most bits that a budget buys grow with it, so its logarithm is bisected.
    """
    low = np.full(k, np.log(market.least))
    high = low + np.log(_MOST)

    def enough(log_budget: Array) -> NDArray[np.bool_]:
        return best_bits(bits, market, np.exp(log_budget)) >= target

    return np.where(enough(high), _edge(enough, high, low), np.inf)


def depths_within(bits: Bits, market: Market, budget: float, loss: float) -> tuple[float, float]:
    """Shallowest and deepest UMIs a cell that spend `budget` and lose at most `loss` bits."""
    spent = np.full(2, budget)
    best = best_depth(bits, market, spent)
    bar = bits(market.cells(spent, best), best) - loss

    def enough(log_u: Array) -> NDArray[np.bool_]:
        return bits(market.cells(spent, np.exp(log_u)), np.exp(log_u)) >= bar

    outside = np.diagonal(market.log_depths(spent))
    ends = np.where(enough(outside), np.exp(outside), _edge(enough, np.log(best), outside))
    return float(ends[0]), float(ends[1])


def _edge(holds: Callable[[Array], NDArray[np.bool_]], inside: Array, outside: Array) -> Array:
    """Last place at which `holds`, between the logarithms `inside`, where it does, and `outside`.

    All arrays have the shape (k,), for k bisections at once.
    """
    for _ in range(_STEPS):
        middle = 0.5 * (inside + outside)
        held = holds(middle)
        inside, outside = np.where(held, middle, inside), np.where(held, outside, middle)
    return np.exp(inside)
