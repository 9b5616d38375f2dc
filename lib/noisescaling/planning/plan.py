"""What a budget buys, what a wanted number of bits costs, and what more of anything would add."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Context
from typing import Any, Literal

import numpy as np
import pandas as pd

from noisescaling._checks import between_0_and_1, positive
from noisescaling.fitting.laws import Array
from noisescaling.planning.costs import Costs
from noisescaling.planning.optimum import (
    Limits,
    Market,
    best_bits,
    best_depth,
    depths_within,
    least_budget,
)
from noisescaling.planning.surface import Range, Surface, interval

Axis = Literal["cells", "depth"]

#: How near a limit, as a share of it, a design counts as at it.
_NEAR = 1e-3
#: Depths within this factor of the reference count as the same.
SAME_DEPTH = 1.1
_TWO_DIGITS = Context(prec=2, rounding=ROUND_HALF_UP)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Design:
    """Cells (not rounded), UMIs per cell, their price in the costs' currency, and bits.

    Reads per cell and lanes of the sequencer are None where depth is paid by the UMI.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> design = planning.plan(planning.surface_of_parameters(law), costs, 5000).design
    >>> round(design.cost), round(design.bits, 1)
    (5000, 1.7)
    """

    n_cells: float
    umis_per_cell: float
    cost: float
    bits: float
    reads_per_cell: float | None = None
    lanes: float | None = None

    def __str__(self) -> str:
        n, u = thousands(round(self.n_cells)), thousands(round(self.umis_per_cell))
        reads = f" and {thousands(self.reads_per_cell)} reads" if self.reads_per_cell else ""
        return f"{n} {'cell' if n == '1' else 'cells'} at {u} UMIs{reads} per cell"


@dataclass(frozen=True)
class Extrapolation:
    """A warning that a design lies outside what was measured along one axis.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law, cells_range=(100, 500), umis_range=(10, 100))
    >>> best = planning.plan(surface, planning.Costs(per_cell=0.5, per_umi=0.001), 5000)
    >>> [beyond.axis for beyond in best.extrapolations]
    ['cells', 'depth']
    """

    axis: Axis
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        unit = "cells" if self.axis == "cells" else "UMIs per cell"
        low, high = thousands(self.low), thousands(self.high)
        measured = f"{low} to {high}" if self.low < self.high else f"{low} alone"
        value = thousands(self.value)
        return f"extrapolated: the plan has {value} {unit}, measured were {measured}"


@dataclass(frozen=True)
class MarginalValue:
    """Bits gained by more of one thing, the rest held; the larger budget is spent at best.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> more = planning.plan(planning.surface_of_parameters(law), costs, 5000).marginal
    >>> round(more.cells, 2), round(more.depth, 2)
    (0.01, 0.01)
    """

    cells: float
    depth: float
    budget: float


@dataclass(frozen=True)
class Plan:
    """The best design for a budget, or the cheapest for a number of bits.

    Attributes
    ----------
    design
        The design under the law's best parameters.
    level
        Level of the intervals.
    cells_interval, umis_interval, cost_interval
        Intervals over the law's draws of the cells, UMIs per cell and price of each draw's own best
        design; None without draws. An end is infinite where draws do not reach the wanted bits.
    bits_interval
        Interval of the bits that this one design would measure: it holds the spread of the draws,
        the scatter of points and the law's misfit. None without draws.
    good_depths
        Shallowest and deepest UMIs per cell for the same price that lose at most `tolerance` bits.
    marginal
        Bits that 10 % more of each would add.
    extrapolations
        One warning for each axis on which the design is outside the measured range.
    at_limit
        The axes along which a limit holds the design.
    reference
        The design that the sentence compares with: the present one, or the deepest measured for
        the same price. None where neither is known.
    compared_with
        What the reference is, in words.
    unknown
        What the fit of the law does not know, in words; empty where it is identified.
    misfit
        How repeats contradict the law, in words; else empty.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> print(planning.plan(planning.surface_of_parameters(law), costs, 5000).sentence)
    4,100 cells at 710 UMIs per cell
    """

    design: Design
    level: float
    tolerance: float
    cells_interval: Range | None
    umis_interval: Range | None
    bits_interval: Range | None
    cost_interval: Range | None
    good_depths: Range
    marginal: MarginalValue
    extrapolations: tuple[Extrapolation, ...]
    at_limit: tuple[Axis, ...]
    reference: Design | None
    compared_with: str = ""
    unknown: str = ""
    misfit: str = ""

    @property
    def sentence(self) -> str:
        """The plan in plain words; what the fit does not know, or misses, comes before it."""
        words = f"{self.design}{self._comparison()}"
        if self.misfit:
            held = f"Rejected by repeats: {self.misfit}; the intervals hold that"
            return f"{held}. Under the law the best is {words}"
        if not self.unknown:
            return words
        return f"not identified, so this is no plan: {self.unknown}. The best fit says {words}"

    def _comparison(self) -> str:
        if self.reference is None:
            return ""
        here, there = self.design, self.reference
        ratio = here.umis_per_cell / there.umis_per_cell
        verdict = "the same depth as"
        if ratio > SAME_DEPTH:
            verdict = "deeper than"
        elif ratio < 1 / SAME_DEPTH:
            more = here.n_cells > there.n_cells
            verdict = "more cells, shallower than" if more else "shallower than"
        return f": {verdict} {self.compared_with} ({thousands(there.umis_per_cell)} UMIs per cell)"


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

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law)
    >>> best = planning.plan(surface, planning.Costs(per_cell=0.5, per_umi=0.001), budget=5000)
    >>> best.design.n_cells > 1000, round(best.design.bits, 1)
    (True, 1.7)
    """
    between_0_and_1(level=level)
    market, spent = Market(costs, limits or Limits()), float(positive("budget", budget))
    if spent < market.least:
        n, u = market.limits.cells[0], market.limits.umis[0]
        what = f"{n:g} cells at {u:g} UMIs" if (n, u) != (1, 1) else "one cell at one UMI"
        raise ValueError(
            f"budget = {spent:g} buys less than {what}, which costs {market.least:g}; "
            "give at least that"
        )
    loss, values = float(positive("tolerance", tolerance)), surface.values
    depth = float(best_depth(values[None], market, np.array([spent]))[0])
    n_cells = float(market.cells(spent, depth))
    extrapolations, at_limit = _warnings(surface, market.limits, n_cells, depth)
    cells, umis, cost = _intervals(surface, market, np.full(surface.n_draws, spent), level)
    ends = surface.forecast(n_cells, depth, level) if surface.n_draws else None
    return Plan(
        design=_design(surface, costs, n_cells, depth),
        level=level,
        tolerance=loss,
        cells_interval=cells,
        umis_interval=umis,
        bits_interval=ends and (float(ends[0]), float(ends[1])),
        cost_interval=cost,
        good_depths=depths_within(values, market, spent, loss),
        marginal=marginal_value(surface, costs, n_cells, depth, limits=market.limits),
        extrapolations=extrapolations,
        at_limit=at_limit,
        reference=_reference(surface, costs, spent, current),
        compared_with="the deepest measured" if current is None else "the present design",
        unknown=surface.unknown,
        misfit=surface.misfit,
    )


def cheapest(
    surface: Surface, costs: Costs, bits: float, *, limits: Limits | None = None, **options: Any
) -> Plan:
    """Cheapest design that reaches `bits` bits; `limits`, `options` and result as for `plan`.

    Raises
    ------
    ValueError
        If no design reaches `bits` (the error tells the capacity), or a number is not above 0.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law)
    >>> best = planning.cheapest(surface, planning.Costs(per_cell=0.5, per_umi=0.001), bits=1.5)
    >>> round(best.design.bits, 3)
    1.5
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
    needed, *drawn = least_budget(laws, market, target)
    if not np.isfinite(needed):
        raise ValueError(f"bits = {target:g} would cost more than any budget; ask for less")
    found = plan(surface, costs, max(float(needed), market.least), limits=limits, **options)
    cells, umis, cost = _intervals(surface, market, np.array(drawn), found.level)
    return replace(found, cells_interval=cells, umis_interval=umis, cost_interval=cost)


def _design(surface: Surface, costs: Costs, n_cells: float, umis: float) -> Design:
    bits, reads = float(surface.bits(n_cells, umis)), costs.reads_per_cell(umis)
    lanes = None if reads is None else n_cells * reads / costs.reads_per_lane
    return Design(n_cells, umis, float(costs.total(n_cells, umis)), bits, reads, lanes)


def _intervals(
    surface: Surface, market: Market, budgets: Array, level: float
) -> list[Range | None]:
    """Intervals of cells, UMIs and cost of each draw's best design for its own budget.

    `budgets`, of shape (n_draws,), are infinite where a draw does not reach the wanted bits.
    """
    finite = np.isfinite(budgets)
    spent = np.where(finite, budgets, market.least)
    depths = best_depth(surface.draws, market, spent)
    cells = market.cells(spent, depths)
    each = (cells, depths, market.costs.total(cells, depths))
    return [interval(np.where(finite, values, np.inf), level) for values in each]


def _warnings(
    surface: Surface, limits: Limits, n_cells: float, umis: float
) -> tuple[tuple[Extrapolation, ...], tuple[Axis, ...]]:
    """Along which axes a design is outside what was measured, and at a limit."""
    values: dict[Axis, float] = {"cells": n_cells, "depth": umis}
    measured = {"cells": surface.cells_range, "depth": surface.umis_range}
    held = {"cells": limits.cells, "depth": limits.umis}
    outside = tuple(
        Extrapolation(axis, value, *known)
        for axis, value in values.items()
        if (known := measured[axis]) and not _within(value, *known, 1e-9)
    )
    return outside, tuple(a for a, value in values.items() if not _within(value, *held[a], -_NEAR))


def _within(value: float, low: float, high: float, room: float) -> bool:
    """Whether a value lies between two others, give or take a share of them."""
    return low * (1 - room) < value < high * (1 + room)


def _reference(
    surface: Surface, costs: Costs, spent: float, current: tuple[float, float] | None
) -> Design | None:
    """The present design, or the deepest measured for the same price; None where neither is."""
    if current is not None:
        n, u = (float(positive("current", value)) for value in current)
        if u >= costs.deepest:
            raise ValueError(
                f"current = {n:g}, {u:g}: {u:g} UMIs per cell are not in a library of "
                f"{costs.deepest:g}; give fewer, or a larger library"
            )
        return _design(surface, costs, n, u)
    if surface.umis_range is None or surface.umis_range[1] >= costs.deepest:
        return None
    deepest = surface.umis_range[1]
    n = spent / float(costs.one_cell(deepest))
    return _design(surface, costs, n, deepest) if n >= 1 else None


@dataclass(frozen=True)
class ProjectedGain:
    """Bits gained by several times the cells and by as many times the UMIs, with intervals.

    The intervals are None for a law without draws.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> gain = planning.projected_gain(planning.surface_of_parameters(law), 1000, 500)
    >>> gain.cells > gain.depth, gain.cells_interval  # no errors are known, so no interval
    (True, None)
    """

    cells: float
    depth: float
    cells_interval: Range | None
    depth_interval: Range | None


def marginal_value(
    surface: Surface,
    costs: Costs,
    n_cells: float,
    umis_per_cell: float,
    *,
    share: float = 0.1,
    limits: Limits | None = None,
) -> MarginalValue:
    """Bits gained by `share` more cells, UMIs per cell, or budget than a design has.

    Parameters
    ----------
    surface
        The law, best parameters used.
    costs
        Prices; they set what the budget's share buys.
    n_cells, umis_per_cell
        The design, above 0.
    share
        How much more, 0.1 for 10 %.
    limits
        What the design that spends the larger budget may be.

    Raises
    ------
    ValueError
        If a number is not above 0.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law)
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> more = planning.marginal_value(surface, costs, n_cells=1000, umis_per_cell=100)
    >>> more.depth > more.cells
    True
    """
    n, u = float(positive("n_cells", n_cells)), float(positive("umis_per_cell", umis_per_cell))
    more = 1.0 + float(positive("share", share))
    now = float(surface.bits(n, u))
    market = Market(costs, limits or Limits())
    budget = np.array([more * float(costs.total(n, u))])
    return MarginalValue(
        cells=float(surface.bits(more * n, u)) - now,
        depth=float(surface.bits(n, more * u)) - now,
        budget=float(best_bits(surface.values[None], market, budget)[0]) - now,
    )


def projected_gain(
    surface: Surface,
    n_cells: float | None = None,
    umis_per_cell: float | None = None,
    *,
    factor: float = 10.0,
    level: float = 0.95,
) -> ProjectedGain:
    """Bits gained by `factor` times the cells against `factor` times the UMIs, from a design.

    Parameters
    ----------
    surface
        The law.
    n_cells, umis_per_cell
        The design to start from; the most that was measured when left out.
    factor
        How many times more of each.
    level
        Level of the intervals over the law's draws.

    Raises
    ------
    ValueError
        If a number is not above 0, or left out where nothing was measured.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> gain = planning.projected_gain(planning.surface_of_parameters(law), 1000, 500)
    >>> round(gain.cells, 2), round(gain.depth, 2)  # bits, by ten times the cells or the depth
    (0.43, 0.07)
    """
    between_0_and_1(level=level)
    n = _start("n_cells", n_cells, surface.cells_range)
    u = _start("umis_per_cell", umis_per_cell, surface.umis_range)
    times = float(positive("factor", factor))

    def gains(bits: Callable[..., Array]) -> tuple[Array, Array]:
        return bits(times * n, u) - bits(n, u), bits(n, times * u) - bits(n, u)

    cells, depth = map(float, gains(surface.bits))
    intervals = (interval(drawn, level) for drawn in gains(surface.drawn_bits))
    return ProjectedGain(cells, depth, *intervals)


def _start(name: str, value: float | None, measured: Range | None) -> float:
    if value is not None:
        return float(positive(name, value))
    if measured is None:
        raise ValueError(f"{name} is left out and this law has no measured range; give {name}")
    return measured[1]


def report(plans: Iterable[Plan]) -> pd.DataFrame:
    """Tabulate plans, one a row, as numbers: for a file, or for another program.

    Columns: `sentence`, the numbers of `Design`, both ends of every interval (`bits_low`,
    `bits_high`, and so on; missing without draws), `good_depth_low`, `good_depth_high`, what more
    cells, depth or money would add in bits, `warnings`, `unknown` and `misfit` in words.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> best = planning.plan(planning.surface_of_parameters(law), costs, 5000)
    >>> planning.report([best])[["cost", "bits"]].round(1)
         cost  bits
    0  5000.0   1.7
    """
    rows = []
    for one in plans:
        intervals = {
            "n_cells": one.cells_interval,
            "umis_per_cell": one.umis_interval,
            "bits": one.bits_interval,
            "cost": one.cost_interval,
            "good_depth": one.good_depths,
        }
        ends = {
            f"{name}_{end}": value
            for name, both in intervals.items()
            for end, value in zip(("low", "high"), both or (None, None), strict=True)
        }
        added = {f"more_{what}_adds": x for what, x in asdict(one.marginal).items()}
        told = {"warnings": "; ".join(map(str, one.extrapolations))}
        told |= {"unknown": one.unknown, "misfit": one.misfit}
        rows.append({"sentence": one.sentence} | asdict(one.design) | ends | added | told)
    return pd.DataFrame(rows)


def thousands(value: float) -> str:
    """Two significant digits, commas between thousands; from 10^12, and below 10^-6, powers."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "unlimited"
    # The shortest decimal that is this number, as browsers round it too.
    rounded = _TWO_DIGITS.create_decimal(repr(float(value))).normalize()
    power = rounded.adjusted()
    if -6 <= power < 12:
        return f"{rounded:,f}"
    return f"{rounded.scaleb(-power):f} × 10{str(power).translate(_SUPERSCRIPTS)}"
