"""What more cells, more depth or more money would add, in bits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from noisescaling._checks import positive
from noisescaling.fitting.verdict import check_level
from noisescaling.planning.costs import Costs
from noisescaling.planning.optimum import Array, Limits, Market, best_bits
from noisescaling.planning.surface import Range, Surface


@dataclass(frozen=True)
class MarginalValue:
    """Bits gained by `share` more of one thing, the rest held; the budget's is spent at best."""

    cells: float
    depth: float
    budget: float
    share: float


@dataclass(frozen=True)
class ProjectedGain:
    """Bits gained by `factor` times the cells and by `factor` times the UMIs, with intervals.

    The intervals are None for a law without draws.
    """

    cells: float
    depth: float
    factor: float
    cells_interval: Range | None
    depth_interval: Range | None


def interval(draws: Array, level: float) -> Range | None:
    """Central interval of draws, shape (k,), None without any; each end is one of the draws."""
    if not draws.size:
        return None
    tails = (0.5 - 0.5 * level, 0.5 + 0.5 * level)
    low, high = np.quantile(draws, tails, method="inverted_cdf")
    return float(low), float(high)


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
    """
    n, u = float(positive("n_cells", n_cells)), float(positive("umis_per_cell", umis_per_cell))
    more = 1.0 + float(positive("share", share))
    now = float(surface.bits(n, u))
    market = Market(costs, limits or Limits())
    budget = np.array([more * float(costs.total(n, u))])
    return MarginalValue(
        cells=float(surface.bits(more * n, u)) - now,
        depth=float(surface.bits(n, more * u)) - now,
        budget=float(best_bits(surface.law.function, surface.values[None], market, budget)[0])
        - now,
        share=float(share),
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
    """
    check_level(level)
    n = _start("n_cells", n_cells, surface.cells_range)
    u = _start("umis_per_cell", umis_per_cell, surface.umis_range)
    times = float(positive("factor", factor))

    def gains(bits: Callable[..., Array]) -> tuple[Array, Array]:
        return bits(times * n, u) - bits(n, u), bits(n, times * u) - bits(n, u)

    cells, depth = map(float, gains(surface.bits))
    intervals = (interval(drawn, level) for drawn in gains(surface.drawn_bits))
    return ProjectedGain(cells, depth, times, *intervals)


def _start(name: str, value: float | None, measured: Range | None) -> float:
    if value is not None:
        return float(positive(name, value))
    if measured is None:
        raise ValueError(f"{name} is left out and this law has no measured range; give {name}")
    return measured[1]
