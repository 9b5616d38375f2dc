"""Figures of fitted laws: panels of curves, the collapse, forests of intervals, misfits."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noisescaling._checks import same_length
from noisescaling.fitting import LawFit, noise_law
from noisescaling.plotting.style import COLOURS, series, shaded

Array = NDArray[np.float64]


def panels(count: int, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """Return a figure and `count` panels in rows of `columns`; places left over stay empty."""
    rows = -(-count // columns)
    fig, grid = plt.subplots(rows, columns, figsize=(3.1 * columns, 2.9 * rows), squeeze=False)
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    return fig, list(grid.flat[:count])


def draw_noise_laws(
    ax: Axes, points: pd.DataFrame, fits: pd.DataFrame, labels: Mapping[str, str]
) -> None:
    """Draw measured bits and the fitted noise law of several models in one panel.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns model, u, bits.
    fits
        One row a model: model, u_bar, i_max.
    labels
        Names of the models for the legend.
    """
    for number, (_, fit) in enumerate(fits.iterrows()):
        curve = points[points["model"] == fit["model"]]
        u = np.geomspace(curve["u"].min(), curve["u"].max(), 80)
        look, label = series(number), labels.get(fit["model"], fit["model"])
        ax.plot(u, noise_law(u, fit["u_bar"], fit["i_max"]), color=look["color"])
        ax.plot(curve["u"], curve["bits"], ls="none", ms=3.5, alpha=0.7, label=label, **look)
    ax.set_xscale("log")


def draw_collapse(
    ax: Axes, x: Array, y: Array, groups: "pd.Series[str]", labels: Mapping[str, str]
) -> None:
    """Draw points of many curves on the axes on which the noise law is x/(1 + x).

    Parameters
    ----------
    ax
        Where to draw.
    x, y
        What `collapse` gives, each of shape (n_points,).
    groups
        What each point belongs to; one colour and marker each.
    labels
        Names of the groups.
    """
    same_length(x=x, y=y, groups=groups)
    for number, name in enumerate(sorted(groups.unique())):
        mine = (groups == name).to_numpy()
        label = labels.get(name, name)
        ax.plot(x[mine], y[mine], ls="none", ms=2.5, alpha=0.4, label=label, **series(number))
    line = np.geomspace(x.min(), x.max(), 200)
    ax.plot(line, line / (1 + line), color="black", label="$x/(1+x)$")
    ax.set(xscale="log", yscale="log", xlabel=r"$x = u/\bar u$")
    ax.set_ylabel(r"$y = (2^{2I}-1)/(2^{2I_{\max}}-1)$")


def draw_forest(
    ax: Axes,
    table: pd.DataFrame,
    labels: Sequence[str],
    *,
    reference: float | None = None,
    log: bool = False,
    number: int = 0,
    shift: float = 0.0,
) -> None:
    """Draw estimates with intervals, one line each; an infinite end becomes an arrow.

    Parameters
    ----------
    ax
        Where to draw.
    table
        Columns estimate, low, high.
    labels
        Name of each line, from top to bottom.
    reference
        Value that a dashed line marks.
    log
        Whether the horizontal axis is logarithmic.
    number
        Which colour and marker of the shared look to take.
    shift
        Vertical shift in lines, for a second series on the same lines.
    """
    same_length(table=table, labels=labels)
    y = -np.arange(len(table)) - shift
    look = series(number)
    top = float(np.nanmax(table[["estimate", "high"]].replace(np.inf, np.nan).to_numpy()))
    edge = top * 3 if log else top * 1.1
    high = table["high"].replace(np.inf, edge)
    ax.hlines(y, table["low"], high, color=look["color"], linewidth=1.4)
    ax.plot(table["estimate"].clip(upper=edge), y, linestyle="none", **look)
    open_end = np.isinf(table["high"].to_numpy())
    ax.plot(np.full(open_end.sum(), edge), y[open_end], ">", color=look["color"])
    if log:
        ax.set_xscale("log")
    if reference is not None:
        ax.axvline(reference, color="grey", linestyle="--", linewidth=1)
    ax.set_yticks(-np.arange(len(table)), labels)
    ax.grid(visible=False, axis="y")


def draw_misfit(ax: Axes, x: Array, residuals: Array, label: str, number: int = 0) -> None:
    """Draw the mean residual, in bits, over bins of quality, with two standard errors.

    Parameters
    ----------
    ax
        Where to draw.
    x
        Quality in units of the noise sensitivity, shape (n_points,).
    residuals
        Measured less fitted bits, shape (n_points,).
    label
        Name in the legend.
    number
        Which colour and marker of the shared look to take.
    """
    same_length(x=x, residuals=residuals)
    edges = np.linspace(-2.0, 1.5, 15)
    place = np.digitize(np.log10(x), edges)
    used = [i for i in range(1, len(edges)) if (place == i).sum() > 9]
    middle = [10 ** edges[i - 1 : i + 1].mean() for i in used]
    means = [residuals[place == i].mean() for i in used]
    errors = [2 * residuals[place == i].std(ddof=1) / (place == i).sum() ** 0.5 for i in used]
    ax.errorbar(middle, means, yerr=errors, elinewidth=0.8, label=label, **series(number))
    ax.axhline(0, color="grey", linewidth=1)
    ax.set_xlim(10 ** edges[0], 10 ** edges[-1])
    ax.set(xscale="log", xlabel=r"$u/\bar u$", ylabel="measured less fitted (bits)")


def draw_hold_out(ax: Axes, summary: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """Draw each law's median absolute error on points held out, in bits, the best on top."""
    y = -np.arange(len(summary))
    ax.hlines(y, 0, summary["pooled"], color=COLOURS[0], linewidth=1)
    ax.plot(summary["pooled"], y, ls="none", label="over all points", **series(0))
    label = "over the curves' medians"
    ax.plot(summary["median_curve"], y, ls="none", mfc="none", label=label, **series(1))
    ax.set_yticks(y, [labels.get(name, name) for name in summary["law"]])
    ax.set(xlim=(0, None), xlabel="median absolute error (bits)")
    ax.grid(visible=False, axis="y")


def draw_surface(ax: Axes, points: pd.DataFrame, fit: LawFit) -> None:
    """Draw measured bits against quality, a shade for each size, and the fitted joint law.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns size, u, bits.
    fit
        Fit of a law of cells and quality.
    """
    u = np.geomspace(points["u"].min(), points["u"].max(), 60)
    for size, shade, label in shaded(points["size"], "cells"):
        mine = points[points["size"] == size]
        ax.plot(u, fit.predict(np.full(60, size), u), color=shade, linewidth=1.2, label=label)
        ax.plot(mine["u"], mine["bits"], "o", color=shade, markersize=2.5)
    ax.set_xscale("log")
    ax.legend(fontsize=8)
