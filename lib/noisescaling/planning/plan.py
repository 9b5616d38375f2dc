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
    level: float = 0.95,
    tolerance: float = 0.05,
) -> Plan:
    """Best number of cells and UMIs a cell for a budget, with an interval from the fit.

    Parameters
    ----------
    surface
        The law: bits as a function of cells and UMIs a cell.
    costs
        Prices, in the budget's currency.
    budget
        Money to spend, above 0.
    limits
        Least and most cells and UMIs a cell; by default at least one of each.
    current
        Cells and UMIs a cell of a present design, to compare with.
    level
        Level of the intervals, between 0 and 1.
    tolerance
        Bits that the range of good depths may lose, above 0.

    Raises
    ------
    ValueError
        If the budget does not buy the least design, or a number is not above 0.
    """
    question = _Question(surface, Market(costs, limits or Limits()), current, level, tolerance)
    spent = question.affordable(budget)
    return question.answer(spent, np.full(surface.n_draws, spent))


def cheapest(
    surface: Surface,
    costs: Costs,
    bits: float,
    *,
    limits: Limits | None = None,
    current: tuple[float, float] | None = None,
    level: float = 0.95,
    tolerance: float = 0.05,
) -> Plan:
    """Cheapest design that reaches `bits` bits; other parameters and result as for `plan`.

    Raises
    ------
    ValueError
        If no design reaches `bits` (the error tells the capacity), or a number is not above 0.
    """
    market = Market(costs, limits or Limits())
    question = _Question(surface, market, current, level, tolerance)
    target = question.reachable(bits)
    law = surface.law.function
    needed = float(least_budget(law, surface.values[None], market, target)[0])
    if not np.isfinite(needed):
        raise ValueError(f"bits = {target:g} would cost more than any budget; ask for less")
    return question.answer(needed, least_budget(law, surface.draws, market, target))


@dataclass(frozen=True)
class _Question:
    surface: Surface
    market: Market
    current: tuple[float, float] | None
    level: float
    tolerance: float

    def __post_init__(self) -> None:
        check_level(self.level)

    def affordable(self, budget: float) -> float:
        """Return the budget, refusing one that buys nothing."""
        spent, limits = float(positive("budget", budget)), self.market.limits
        if spent < self.market.least:
            n, u = limits.cells[0], limits.umis[0]
            what = f"{n:g} cells at {u:g} UMIs" if (n, u) != (1, 1) else "one cell at one UMI"
            raise ValueError(
                f"budget = {spent:g} buys less than {what}, which costs {self.market.least:g}; "
                "give at least that"
            )
        return spent

    def reachable(self, bits: float) -> float:
        """Return the wanted bits, refusing more than money can buy."""
        target, (n, u) = float(positive("bits", bits)), self.market.largest
        capacity = float(self.surface.bits(n, u))
        if target >= capacity:
            limit = f" at {u:g} UMIs a cell, the most that are allowed" if u < 1e99 else ""
            raise ValueError(
                f"bits = {target:g} is out of reach: the capacity is {capacity:.4g} bits{limit}; "
                "ask for less"
            )
        return target

    def answer(self, spent: float, drawn: Array) -> Plan:
        """Plan for a budget, with the budget of each draw, shape (n_draws,), infinite if none."""
        surface, market = self.surface, self.market
        law, values = surface.law.function, surface.values
        depth = float(best_depth(law, values[None], market, np.array([spent]))[0])
        design = self._design(float(market.cells(spent, depth)), depth)
        cells, umis, cost, bits = self._intervals(design, drawn)
        extrapolations, at_limit = self._warnings(design)
        return Plan(
            design=design,
            level=self.level,
            tolerance=float(positive("tolerance", self.tolerance)),
            cells_interval=cells,
            umis_interval=umis,
            bits_interval=bits,
            cost_interval=cost,
            good_depths=depths_within(law, values, market, spent, self.tolerance),
            marginal=marginal_value(
                surface, market.costs, design.n_cells, depth, limits=market.limits
            ),
            extrapolations=tuple(extrapolations),
            at_limit=tuple(at_limit),
            reference=self._reference(spent),
            compared_with="the deepest measured" if self.current is None else "the present design",
            unknown=surface.unknown,
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
        bits = self.surface.drawn_bits(design.n_cells, design.umis_per_cell)
        ranges = [cells, np.where(finite, depths, np.inf), costs, bits]
        return tuple(interval(values, self.level) for values in ranges)

    def _warnings(self, design: Design) -> tuple[list[Extrapolation], list[Axis]]:
        """Along which axes a design is outside what was measured, and at a limit."""
        surface, limits = self.surface, self.market.limits
        axes: list[tuple[Axis, float, Range | None, Range]] = [
            ("cells", design.n_cells, surface.cells_range, limits.cells),
            ("depth", design.umis_per_cell, surface.umis_range, limits.umis),
        ]
        extrapolations, at_limit = [], []
        for axis, value, measured, (least, most) in axes:
            if measured and not measured[0] * (1 - 1e-9) <= value <= measured[1] * (1 + 1e-9):
                extrapolations.append(Extrapolation(axis, value, *measured))
            if value <= least * (1 + _NEAR) or value >= most * (1 - _NEAR):
                at_limit.append(axis)
        return extrapolations, at_limit

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
