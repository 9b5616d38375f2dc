"""The information surface with a budget's line, its best design and the fit's uncertainty."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from noisescaling.planning import Costs, Plan, Surface
from noisescaling.planning.optimum import Limits, Market
from noisescaling.planning.plan import thousands
from noisescaling.plotting.style import COLOURS, quality_axis

_GRID = 120


def draw_surface(ax: Axes, surface: Surface, costs: Costs, plan: Plan) -> None:
    """Draw bits over cells and UMIs a cell, the designs of the plan's price, and the best one.

    Parameters
    ----------
    ax
        Where to draw.
    surface, costs, plan
        The law, the prices, and the plan made of them.
    """
    cells = _span(plan.design.n_cells, surface.cells_range, plan.cells_interval)
    umis = _span(plan.design.umis_per_cell, surface.umis_range, plan.umis_interval)
    bits = surface.bits(cells[None, :], umis[:, None])
    ax.pcolormesh(cells, umis, bits, cmap="viridis", shading="gouraud", rasterized=True)
    lines = ax.contour(cells, umis, bits, colors="white", linewidths=0.7, alpha=0.7)
    ax.clabel(lines, fmt="%g", fontsize=8)
    deep = umis[umis < costs.deepest]
    ax.plot(plan.design.cost / costs.one_cell(deep), deep, color="white", lw=2.5)
    _draw_measured(ax, surface)
    _draw_design(ax, plan)
    ax.set(xscale="log", yscale="log", xlabel="cells", ylabel="UMIs per cell")
    ax.set(xlim=(cells[0], cells[-1]), ylim=(umis[0], umis[-1]))
    ax.grid(visible=False)


def draw_budget_line(
    ax: Axes, surface: Surface, costs: Costs, plan: Plan, limits: Limits | None = None
) -> None:
    """Draw the bits of all designs of the plan's price against depth, with a 90 % band."""
    market = Market(costs, limits or Limits())
    bottom, top = market.log_depths(np.array([plan.design.cost]))
    umis = np.exp(np.linspace(bottom[0], top[0], _GRID))
    cells = market.cells(plan.design.cost, umis)
    if surface.n_draws:
        ax.fill_between(umis, *surface.forecast(cells, umis), color=COLOURS[0], alpha=0.2, lw=0)
    ax.plot(umis, surface.bits(cells, umis), color=COLOURS[0])
    ax.axvspan(*plan.good_depths, color=COLOURS[2], alpha=0.12, lw=0)
    ax.plot(plan.design.umis_per_cell, plan.design.bits, "o", color=COLOURS[1], zorder=5)
    quality_axis(ax, "UMIs per cell, at the same price")


def plan_table(plans: dict[str, Plan]) -> pd.DataFrame:
    """Tabulate plans for reading: two digits, 90 % intervals in brackets.

    The first column says what the fit does not know; reads stand there where they are paid for.
    """
    rows = {
        name: {
            "identified": plan.unknown or (f"yes; {plan.misfit}" if plan.misfit else "yes"),
            "bits": _told(plan.design.bits, plan.bits_interval, "{:.2f}".format),
            "cells": _told(plan.design.n_cells, plan.cells_interval, thousands),
            "UMIs per cell": _told(plan.design.umis_per_cell, plan.umis_interval, thousands),
            "reads per cell": plan.design.reads_per_cell and thousands(plan.design.reads_per_cell),
            "lanes": plan.design.lanes and thousands(plan.design.lanes),
            "price": thousands(plan.design.cost),
            "beyond what was measured": ", ".join(e.axis for e in plan.extrapolations) or "no",
        }
        for name, plan in plans.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").dropna(axis=1)


def _told(value: float, interval: tuple[float, float] | None, write: Callable[[float], str]) -> str:
    """Write a number and, where there is one, its interval."""
    return write(value) + (f" ({' to '.join(map(write, interval))})" if interval else "")


def _span(
    value: float, measured: tuple[float, float] | None, interval: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Places along an axis, from below all that must be seen to above it."""
    seen = [value, *(measured or (value / 30, value * 30)), *(interval or ())]
    shown = [x for x in seen if np.isfinite(x)]
    return np.geomspace(max(min(shown) / 2, 1), max(shown) * 2, _GRID)


def _draw_measured(ax: Axes, surface: Surface) -> None:
    if surface.cells_range and surface.umis_range:
        (left, right), (low, high) = surface.cells_range, surface.umis_range
        outline = [left, right, right, left, left], [low, low, high, high, low]
        ax.plot(*outline, color="white", ls="--", lw=1)


def _draw_design(ax: Axes, plan: Plan) -> None:
    n, u = plan.design.n_cells, plan.design.umis_per_cell
    if plan.reference:
        place = plan.reference.n_cells, plan.reference.umis_per_cell
        ax.plot(*place, "s", color="white", mec="black", ms=7, zorder=4)
    if plan.cells_interval and plan.umis_interval:
        ax.plot(plan.cells_interval, (u, u), color=COLOURS[1], lw=2, zorder=5)
        ax.plot((n, n), plan.umis_interval, color=COLOURS[1], lw=2, zorder=5)
    ax.plot(n, u, "o", color=COLOURS[1], mec="white", ms=9, zorder=6)
