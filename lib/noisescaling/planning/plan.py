"""What a budget buys, and what a wanted number of bits costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import positive
from noisescaling.fitting.verdict import check_level
from noisescaling.planning.costs import Costs
from noisescaling.planning.gain import interval, marginal_value
from noisescaling.planning.optimum import Limits, Market, best_depth, depths_within, least_budget
from noisescaling.planning.result import Axis, Design, Extrapolation, Plan
from noisescaling.planning.surface import Range, Surface

Array = NDArray[np.float64]

#: How near a limit, as a share of it, a design counts as at it.
_NEAR = 1e-3


def plan(
    surface: Surface,
    costs: Costs,
    budget: float,
    *,
    limits: Limits | None = None,
    current: tuple[float, float] | None = None,
    level: float = 0.9,
    tolerance: float = 0.05,
) -> Plan:
    """Best number of cells and UMIs per cell for a budget, with intervals from the fit.

    Parameters
    ----------
    surface
        The law: bits as a function of cells and UMIs per cell.
    costs
        Prices, in the budget's currency.
    budget
        Money to spend, above 0.
    limits
        Least and most cells and UMIs per cell; by default at least one of each.
    current
        Cells and UMIs per cell of a present design, to compare with.
    level
        Level of the intervals, between 0 and 1.
    tolerance
        Bits that the range of good depths may lose, above 0.

    Raises
    ------
    ValueError
        If the budget does not buy the least design, or a number is not above 0.
    """
    market, spent = Market(costs, limits or Limits()), float(positive("budget", budget))
    if spent < market.least:
        n, u = market.limits.cells[0], market.limits.umis[0]
        what = f"{n:g} cells at {u:g} UMIs" if (n, u) != (1, 1) else "one cell at one UMI"
        raise ValueError(
            f"budget = {spent:g} buys less than {what}, which costs {market.least:g}; "
            "give at least that"
        )
    question = _Question(surface, market, current, level, tolerance)
    return question.answer(spent, np.full(surface.n_draws, spent))


def cheapest(
    surface: Surface,
    costs: Costs,
    bits: float,
    *,
    limits: Limits | None = None,
    current: tuple[float, float] | None = None,
    level: float = 0.9,
    tolerance: float = 0.05,
) -> Plan:
    """Cheapest design that reaches `bits` bits; other parameters and result as for `plan`.

    Raises
    ------
    ValueError
        If no design reaches `bits` (the error tells the capacity), or a number is not above 0.
    """
    market, target = Market(costs, limits or Limits()), float(positive("bits", bits))
    n, u = market.largest
    capacity = float(surface.bits(n, u))
    if target >= capacity:
        limit = f" at {u:g} UMIs per cell, the most that are allowed" if u < 1e99 else ""
        raise ValueError(
            f"bits = {target:g} is out of reach: the capacity is {capacity:.4g} bits{limit}; "
            "ask for less"
        )
    laws = np.concatenate([surface.values[None], surface.draws])
    needed, *drawn = least_budget(surface.law.function, laws, market, target)
    if not np.isfinite(needed):
        raise ValueError(f"bits = {target:g} would cost more than any budget; ask for less")
    question = _Question(surface, market, current, level, tolerance)
    return question.answer(float(needed), np.array(drawn))


@dataclass(frozen=True)
class _Question:
    surface: Surface
    market: Market
    current: tuple[float, float] | None
    level: float
    tolerance: float

    def __post_init__(self) -> None:
        check_level(self.level)

    def answer(self, spent: float, drawn: Array) -> Plan:
        """Plan for a budget, with the budget of each draw, shape (n_draws,), infinite if none."""
        surface, market = self.surface, self.market
        law, values, limits = surface.law.function, surface.values, market.limits
        depth = float(best_depth(law, values[None], market, np.array([spent]))[0])
        design = self._design(float(market.cells(spent, depth)), depth)
        loss = float(positive("tolerance", self.tolerance))
        extrapolations, at_limit = self._warnings(design)
        cells, umis, bits, cost = self._intervals(design, drawn)
        return Plan(
            design=design,
            level=self.level,
            tolerance=loss,
            cells_interval=cells,
            umis_interval=umis,
            bits_interval=bits,
            cost_interval=cost,
            good_depths=depths_within(law, values, market, spent, loss),
            marginal=marginal_value(surface, market.costs, design.n_cells, depth, limits=limits),
            extrapolations=extrapolations,
            at_limit=at_limit,
            reference=self._reference(spent),
            compared_with="the deepest measured" if self.current is None else "the present design",
            unknown=surface.unknown,
            misfit=surface.misfit,
        )

    def _design(self, n_cells: float, umis: float) -> Design:
        costs, bits = self.market.costs, float(self.surface.bits(n_cells, umis))
        reads = costs.reads_per_cell(umis)
        lanes = None if reads is None else n_cells * reads / costs.reads_per_lane
        return Design(n_cells, umis, float(costs.total(n_cells, umis)), bits, reads, lanes)

    def _intervals(self, design: Design, budgets: Array) -> tuple[Range | None, ...]:
        """Intervals of cells, UMIs and cost of the draws' designs, and of this design's bits."""
        finite = np.isfinite(budgets)
        spent = np.where(finite, budgets, self.market.least)
        depths = best_depth(self.surface.law.function, self.surface.draws, self.market, spent)
        cells = np.where(finite, self.market.cells(spent, depths), np.inf)
        costs = np.where(finite, self.market.costs.total(cells, depths), np.inf)
        spreads = (cells, np.where(finite, depths, np.inf), costs)
        *design_intervals, cost = (interval(values, self.level) for values in spreads)
        return *design_intervals, self._bits_interval(design), cost

    def _bits_interval(self, design: Design) -> Range | None:
        if not self.surface.n_draws:
            return None
        low, high = self.surface.forecast(design.n_cells, design.umis_per_cell, self.level)
        return float(low), float(high)

    def _warnings(self, design: Design) -> tuple[tuple[Extrapolation, ...], tuple[Axis, ...]]:
        """Along which axes a design is outside what was measured, and at a limit."""
        values: dict[Axis, float] = {"cells": design.n_cells, "depth": design.umis_per_cell}
        measured = {"cells": self.surface.cells_range, "depth": self.surface.umis_range}
        limits = {"cells": self.market.limits.cells, "depth": self.market.limits.umis}
        outside = tuple(
            Extrapolation(axis, value, *known)
            for axis, value in values.items()
            if (known := measured[axis]) and not _within(value, *known, 1e-9)
        )
        held = (axis for axis, value in values.items() if not _within(value, *limits[axis], -_NEAR))
        return outside, tuple(held)

    def _reference(self, spent: float) -> Design | None:
        deepest = self.market.costs.deepest
        if self.current is not None:
            n, u = (float(positive("current", value)) for value in self.current)
            if u >= deepest:
                raise ValueError(
                    f"current = {n:g}, {u:g}: {u:g} UMIs per cell are not in a library of "
                    f"{deepest:g}; give fewer, or a larger library"
                )
            return self._design(n, u)
        measured = self.surface.umis_range
        if measured is None or measured[1] >= deepest:
            return None
        n = spent / float(self.market.costs.one_cell(measured[1]))
        return self._design(n, measured[1]) if n >= 1 else None


def _within(value: float, low: float, high: float, room: float) -> bool:
    """Whether a value lies between two others, give or take a share of them."""
    return low * (1 - room) < value < high * (1 + room)
