"""The figures' shared look: curves with their law and its band, their table, panels, plans."""

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noisescaling.fitting import Law, LawFit, Parameter, fit_groups, forecast, noise_law
from noisescaling.fitting.verdict import CALLED
from noisescaling.planning import Costs, Limits, Plan, Surface
from noisescaling.planning.optimum import Market
from noisescaling.planning.plan import thousands

__all__ = [
    "COLOURS",
    "MARKERS",
    "MODEL_NAMES",
    "draw_budget_line",
    "draw_curve",
    "draw_curves",
    "draw_pictures",
    "draw_plane",
    "draw_surface",
    "law_table",
    "panels",
    "plan_table",
    "quality_axis",
    "series",
    "short",
    "use_style",
    "with_interval",
]

#: Okabe-Ito colours, safe for colour-blind readers, in the order in which series take them.
COLOURS: tuple[str, ...] = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
)  # fmt: skip
#: Markers that go with the colours, so that no series is told by colour alone.
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P", "X")
#: What readers call a model, where that is not its name.
MODEL_NAMES: dict[str, str] = {
    "RandomProjection": "random projection",
    "SCVI": "scVI",
    "RankTransformer": "rank transformer",
}
_SETTINGS = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.grid": True,
    "grid.alpha": 0.25,
    "font.size": 10,
    "legend.frameon": False,
    "lines.markersize": 5,
}
#: Places along each axis of a surface.
_GRID = 120


def use_style() -> None:
    """Set the shared look for all figures drawn, and all tables shown, from here on.

    Examples
    --------
    >>> from noisescaling import plotting
    >>> plotting.use_style()
    """
    plt.style.use(_SETTINGS)
    pd.set_option("display.max_rows", None, "display.max_colwidth", None)
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        # Twice as many pixels as shown, for sharp text on any screen.
        shell.run_line_magic("config", "InlineBackend.figure_format = 'retina'")


def series(number: int) -> dict[str, Any]:
    """Colour and marker of a series; after the last colour the first comes with another marker.

    Examples
    --------
    >>> from noisescaling import plotting
    >>> plotting.series(0)["marker"], plotting.series(0)["color"]
    ('o', '#0072B2')
    """
    again, place = divmod(number, len(COLOURS))
    return {"color": COLOURS[place], "marker": MARKERS[(number + again) % len(MARKERS)]}


def panels(count: int, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """Return a figure and `count` panels in rows of `columns`; places left over stay empty.

    Examples
    --------
    >>> from noisescaling import plotting
    >>> figure, axes = plotting.panels(5, columns=3)
    >>> len(axes)
    5
    """
    rows = -(-count // columns)
    fig, grid = plt.subplots(rows, columns, figsize=(3.1 * columns, 2.9 * rows), squeeze=False)
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    return fig, list(grid.flat[:count])


def quality_axis(ax: Axes, label: str = "UMIs per cell") -> None:
    """Label a logarithmic quality axis with its unit, against information in bits.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from noisescaling import plotting
    >>> figure, ax = plt.subplots()
    >>> plotting.quality_axis(ax, "UMIs per cell")
    >>> ax.get_xscale()
    'log'
    """
    ax.set(xscale="log", xlabel=label, ylabel="information (bits)")


def short(value: float) -> str:
    """Write a number of a table with three digits, and without a power of ten where it can be.

    Examples
    --------
    >>> from noisescaling import plotting
    >>> plotting.short(1234.5), plotting.short(0.01234)
    ('1,234', '0.0123')
    """
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def with_interval(value: float, low: float, high: float) -> str:
    """Write a parameter with its interval, three digits each; an open one has no number.

    Examples
    --------
    >>> from noisescaling import plotting
    >>> plotting.with_interval(50, 40.123, float("inf"))
    'not identified, above 40.1'
    """
    if low > 0 and high < np.inf:
        return f"{short(value)} ({short(low)} to {short(high)})"
    ends = [f"above {short(low)}"] * (low > 0) + [f"below {short(high)}"] * (high < np.inf)
    return f"not identified, {ends[0]}" if ends else "not identified"


def draw_curves(
    ax: Axes,
    frame: pd.DataFrame,
    by: str = "model",
    unit: str = "UMIs per cell",
    order: Sequence[Any] = (),
    law: Law = noise_law,
) -> dict[Hashable, LawFit]:
    """Draw each group's points, fitted law and band of two standard errors; return the fits.

    Parameters
    ----------
    ax
        Where to draw.
    frame
        Tidy table of finished points with the columns `quality` (or `u`), `bits` and `by`; maybe
        `standard_error`, and of labels their `entropy` (bits), which no capacity exceeds.
    by
        Column whose values tell the curves apart.
    unit
        Unit of the quality.
    order
        All values of `by` in the order of their colours, where several panels share them; those
        of `frame` as they come where empty.
    law
        The law of the quality that is fitted.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting, plotting
    >>> u = np.geomspace(10, 1000, 6)
    >>> points = pd.DataFrame({"model": "PCA", "quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> fits = plotting.draw_curves(plt.figure().subplots(), points)
    >>> round(fits["PCA"].i_max, 2)
    2.0
    """
    groups = dict(iter(frame.rename(columns={"u": "quality"}).groupby(by, sort=False)))
    fits = {}
    for number, name in enumerate(order or groups):
        if name in groups:
            fits[name] = fit_groups(groups[name], [by], law)[0][1]
            draw_curve(ax, groups[name], fits[name], _named(name), number)
    quality_axis(ax, unit)
    ax.legend()
    return fits


def draw_curve(ax: Axes, points: pd.DataFrame, fit: LawFit, label: str, number: int) -> None:
    """Draw one curve in the colour and marker of its number.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting, plotting
    >>> u = np.geomspace(10, 1000, 6)
    >>> points = pd.DataFrame({"quality": u, "bits": fitting.noise_law(u, 50, 2)})
    >>> fit = fitting.fit_noise_law(u, points["bits"])
    >>> plotting.draw_curve(plt.figure().subplots(), points, fit, "PCA", number=0)
    """
    look = series(number)
    u = np.geomspace(points["quality"].min(), points["quality"].max(), 100)
    ax.fill_between(u, *fit.band(u, sigma=2), color=look["color"], alpha=0.15, linewidth=0)
    ax.plot(u, fit.predict(u), color=look["color"], linewidth=1.5)
    ax.errorbar(
        points["quality"], points["bits"], yerr=2 * points.get("standard_error", 0.0),
        linestyle="none", elinewidth=0.8, label=label, **look,
    )  # fmt: skip


def law_table(fits: Mapping[Hashable, LawFit], unit: str = "UMIs per cell") -> pd.DataFrame:
    """Tabulate the parameters of fits of one law, in `unit` and bits, with 95 % intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, plotting
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> plotting.law_table({"PCA": fit}).index.tolist()
    ['PCA']
    """
    rows = {}
    for name, fit in fits.items():
        intervals = fit.confidence_intervals()
        shown = fit.shown(intervals)
        rows[_named(name)] = {
            _head(each, parameter, unit): with_interval(shown[each], *intervals[each])
            for each, parameter in fit.law.parameters.items()
        } | {
            "R²": f"{fit.r_squared:.3f}",
            "identified": "yes" if fit.identifiable else fit.reason,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _head(name: str, parameter: Parameter, unit: str) -> str:
    called, own = CALLED.get(name, (name, ""))
    shown = unit if parameter.of else own.strip()
    return f"{called} ({shown})" if shown else called


def forecast_table(
    fits: Mapping[Hashable, LawFit], more: str, times: Sequence[float] = (2, 4, 10)
) -> pd.DataFrame:
    """Tabulate bits beyond the measured range, with 90 % intervals of a new measured point.

    Parameters
    ----------
    fits
        Fits of the noise law (more quality), or of the joint law (more observations, at the best
        quality that was measured), by name. Why a joint law is not identified is left out: it is
        told by parameters that no reader of a forecast has seen.
    more
        What there is more of, for the heads of the columns, such as "times deeper".
    times
        How many times the most that was measured.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, plotting
    >>> u = np.geomspace(10, 1000, 8)
    >>> fit = fitting.fit_noise_law(u, fitting.noise_law(u, 50, 2))
    >>> plotting.forecast_table({"PCA": fit}, "times deeper").columns.tolist()[:2]
    ['identified', '2 times deeper (bits)']
    """
    rows = {}
    for name, fit in fits.items():
        first, *others = (float(x.max()) for x in fit.batch.inputs)
        ahead = forecast(fit, first * np.array(times), *others)
        known = ["yes" if fit.verdict.identified else "no", "" if others else fit.reason]
        rows[_named(name)] = {"identified": "; ".join(filter(None, known))} | {
            f"{n:g} {more} (bits)": f"{bits:.2f} ({max(low, 0):.2f} to {high:.2f})"
            for n, bits, low, high in zip(times, ahead.bits, ahead.low, ahead.high, strict=True)
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _named(name: Hashable) -> str:
    return MODEL_NAMES.get(str(name), str(name))


def draw_pictures(rows: Sequence[Mapping[str, NDArray[Any]]]) -> Figure:
    """Draw rows of images by their titles, each (1, height, width, channels).

    Black is 0 and white 1 (255 of bytes), or the lowest and highest pixel where noise leaves that
    scale.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import plotting
    >>> grey = np.full((1, 8, 8, 1), 0.5)
    >>> len(plotting.draw_pictures([{"clean": grey, "again": grey}]).axes)
    2
    """
    columns = max(map(len, rows))
    fig, axes = plt.subplots(
        len(rows), columns, figsize=(1.7 * columns, 1.9 * len(rows)), squeeze=False
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for line, titled in zip(axes, rows, strict=True):
        for ax, (title, images) in zip(line, titled.items(), strict=False):
            pixels = images[0] / (255 if images.dtype == np.uint8 else 1)
            low, high = min(0.0, float(pixels.min())), max(1.0, float(pixels.max()))
            ax.imshow((pixels - low) / (high - low), cmap="gray", vmin=0, vmax=1)
            ax.set_title(title, fontsize=9)
    return fig


def draw_plane(
    ax: Axes, cells: NDArray[Any], umis: NDArray[Any], bits: NDArray[Any], top: float = 0.0
) -> QuadMesh:
    """Draw bits over cells and UMIs a cell, with lines of equal bits, from 0 to at least `top`.

    Parameters
    ----------
    ax
        Where to draw.
    cells, umis
        Places along both axes, shapes (n_cells,) and (n_umis,).
    bits
        Information there, shape (n_umis, n_cells).
    top
        Bits that the colours reach at least.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from noisescaling import fitting, plotting
    >>> cells, umis = np.geomspace(100, 10_000, 20), np.geomspace(10, 1000, 30)
    >>> bits = fitting.joint_law(cells, umis[:, None], 2, 10, 100, 1, 5)
    >>> drawn = plotting.draw_plane(plt.figure().subplots(), cells, umis, bits)
    >>> drawn.get_array().shape
    (30, 20)
    """
    ax.set(xscale="log", yscale="log", xlabel="cells", ylabel="UMIs per cell")
    norm = Normalize(0, max(top, float(bits.max())))
    mesh = ax.pcolormesh(
        cells, umis, bits, cmap="viridis", norm=norm, shading="gouraud", rasterized=True
    )
    lines = ax.contour(cells, umis, bits, levels=5, colors="white", linewidths=0.7, alpha=0.7)
    ax.clabel(lines, fmt="%.2g", fontsize=8)
    ax.grid(visible=False)
    return mesh


def draw_surface(ax: Axes, surface: Surface, costs: Costs, plan: Plan) -> None:
    """Draw bits over cells and UMIs a cell, the designs of the plan's price, and the best one.

    Parameters
    ----------
    ax
        Where to draw.
    surface, costs, plan
        The law, the prices, and the plan made of them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from noisescaling import planning, plotting
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> measured = {"cells_range": (100, 20_000), "umis_range": (10, 5000)}
    >>> surface = planning.surface_of_parameters(law, **measured)
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> best = planning.plan(surface, costs, 5000)
    >>> plotting.draw_surface(plt.figure().subplots(), surface, costs, best)
    """
    best = plan.design
    cells = _span(best.n_cells, surface.cells_range, plan.cells_interval)
    umis = _span(best.umis_per_cell, surface.umis_range, plan.umis_interval)
    draw_plane(ax, cells, umis, surface.bits(cells[None, :], umis[:, None]))
    deep = umis[umis < costs.deepest]
    ax.plot(best.cost / costs.one_cell(deep), deep, color="white", lw=2.5)
    if surface.cells_range and surface.umis_range:
        (left, right), (low, high) = surface.cells_range, surface.umis_range
        outline = [left, right, right, left, left], [low, low, high, high, low]
        ax.plot(*outline, color="white", ls="--", lw=1)
    if plan.reference:
        place = plan.reference.n_cells, plan.reference.umis_per_cell
        ax.plot(*place, "s", color="white", mec="black", ms=7, zorder=4)
    if plan.cells_interval and plan.umis_interval:
        ax.plot(plan.cells_interval, [best.umis_per_cell] * 2, color=COLOURS[1], lw=2, zorder=5)
        ax.plot([best.n_cells] * 2, plan.umis_interval, color=COLOURS[1], lw=2, zorder=5)
    ax.plot(best.n_cells, best.umis_per_cell, "o", color=COLOURS[1], mec="white", ms=9, zorder=6)
    ax.set(xlim=(cells[0], cells[-1]), ylim=(umis[0], umis[-1]))


def draw_budget_line(
    ax: Axes, surface: Surface, costs: Costs, plan: Plan, limits: Limits | None = None
) -> None:
    """Draw the bits of all designs of the plan's price against depth, with a 90 % band.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from noisescaling import planning, plotting
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law)
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> best = planning.plan(surface, costs, 5000)
    >>> plotting.draw_budget_line(plt.figure().subplots(), surface, costs, best)
    """
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


def plan_table(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Tabulate plans for reading: two digits, 90 % intervals in brackets.

    The first column says what the fit does not know; reads stand there where they are paid for.

    Examples
    --------
    >>> from noisescaling import planning, plotting
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> best = planning.plan(planning.surface_of_parameters(law), costs, 5000)
    >>> plotting.plan_table({"best": best}).index.tolist()
    ['best']
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
