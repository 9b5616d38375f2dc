"""Figures of a study of cells: sensitivity against capacity, planes of cells and depth."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.ticker import NullFormatter

from noisescaling.fitting import LawFit
from noisescaling.labels import named
from noisescaling.plotting.style import cells_axis, model_numbers, series, shaded


def draw_sensitivity(ax: Axes, fits: pd.DataFrame) -> None:
    """Draw noise sensitivity against capacity (bits) with intervals, a colour for each model.

    Parameters
    ----------
    ax
        Where to draw.
    fits
        A table of `fit_curves` with a column `model`, in UMIs per cell.
    """
    numbers = model_numbers(fits["model"])
    for model, rows in fits.groupby("model", sort=False):
        look = series(numbers[str(model)])
        for axis, other in (("i_max", "u_bar"), ("u_bar", "i_max")):
            lines = ax.hlines if axis == "i_max" else ax.vlines
            high = rows[f"{axis}_high"].replace(np.inf, 10 * rows[axis].max())
            lines(rows[other], rows[f"{axis}_low"], high, color=look["color"], lw=0.6, alpha=0.5)
        ax.plot(rows["i_max"], rows["u_bar"], ls="none", ms=5, label=named(str(model)), **look)
    ax.set(yscale="log", xlabel="capacity (bits)", ylabel="noise sensitivity (UMIs per cell)")


def draw_plane(ax: Axes, points: pd.DataFrame, fit: LawFit) -> QuadMesh:
    """Draw the joint law over cells and depth, and the measured bits in it, in one colour scale.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns size, u, bits; means over seeds.
    fit
        Fit of a law of cells and quality.
    """
    sizes, depths = (
        np.geomspace(points[axis].min() * 0.9, points[axis].max() * 1.1, 60)
        for axis in ("size", "u")
    )
    n, u = np.meshgrid(sizes, depths)
    bits = fit.predict(n, u)
    top = max(float(bits.max()), float(points["bits"].max()))
    norm = mpl.colors.Normalize(0, top)
    mesh = ax.pcolormesh(n, u, bits, cmap="viridis", norm=norm, shading="gouraud")
    lines = ax.contour(n, u, bits, colors="white", linewidths=0.6, levels=5)
    ax.clabel(lines, fontsize=7, fmt="%.2g")
    ax.scatter(
        points["size"], points["u"], c=points["bits"], cmap="viridis", norm=norm,
        edgecolor="black", linewidth=0.6, s=36,
    )  # fmt: skip
    ax.set(yscale="log", ylabel="UMIs per cell")
    cells_axis(ax, points["size"])
    ax.grid(visible=False)
    return mesh


def draw_cell_laws(ax: Axes, points: pd.DataFrame, fits: Mapping[float, LawFit]) -> None:
    """Draw bits against the number of cells and the fitted cell law, a shade for each depth.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns size, u, bits.
    fits
        Depth, in UMIs per cell, to the fit of the cell law; depths without one have no line.
    """
    n = np.geomspace(points["size"].min(), points["size"].max(), 60)
    for depth, shade, label in shaded(points["u"], "UMIs"):
        mine = points[points["u"] == depth].groupby("size")["bits"].agg(["mean", "sem"])
        ax.errorbar(
            mine.index, mine["mean"], yerr=2 * mine["sem"].fillna(0), fmt="o", color=shade,
            markersize=3.5, elinewidth=0.7, label=label,
        )  # fmt: skip
        if depth in fits:
            ax.plot(n, fits[depth].predict(n), color=shade, linewidth=1.1)
    ax.set_ylabel("information (bits)")
    cells_axis(ax, points["size"])
    ax.legend(fontsize=8)


def draw_mismatch(ax: Axes, points: pd.DataFrame, fit_depths: Sequence[float]) -> None:
    """Draw bits against the depth of the embedded cells, a line for each depth of the fit.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns u, bits and fitted_at (UMIs per cell; missing where it is u).
    fit_depths
        All depths of fits, which decide the colours.
    """
    matched = points[points["fitted_at"].isna()].groupby("u")["bits"].mean()
    ax.plot(matched.index, matched, "-", color="black", linewidth=1.5, label="fitted at each depth")
    for number, depth in enumerate(fit_depths):
        mine = points[points["fitted_at"] == depth].groupby("u")["bits"].mean()
        if len(mine):
            label = f"fitted at {depth:,.0f}"
            ax.plot(mine.index, mine, ls="--", lw=0.9, label=label, **series(number))
    ax.set(xscale="log", xlabel="UMIs per cell, asked", ylabel="information (bits)")


def draw_distribution(ax: Axes, fits: pd.DataFrame, column: str, style: str, source: str) -> None:
    """Draw the share of curves with at most so much of a column, a line for each model."""
    for model, k in model_numbers(fits["model"]).items():
        values = np.sort(fits.loc[fits["model"] == model, column].clip(lower=1e-4))
        share = np.arange(1, len(values) + 1) / len(values)
        label = f"{named(model)}, {source}"
        ax.step(values, share, style, where="post", label=label, color=series(k)["color"])
    ax.set_xscale("log")
    ax.xaxis.set_minor_formatter(NullFormatter())


def draw_needed(ax: Axes, needed: pd.DataFrame) -> None:
    """Draw the depth that each model needs, with intervals, and the depth that the data have.

    Parameters
    ----------
    ax
        Where to draw.
    needed
        A table of `study.published.depth_table`, in UMIs per cell.
    """
    pairs = list(needed.groupby(["dataset", "signal"], sort=False, observed=True))
    edge = 30 * needed["deepest"].max()
    numbers = model_numbers(needed["model"].dropna())
    for row, (_, mine) in enumerate(pairs):
        ax.plot(mine["deepest"].iloc[0], -row, "|", color="black", markersize=18, mew=2.5)
        for model, one in mine.groupby("model", observed=True):
            look, y = series(numbers[str(model)]), -row + 0.3 - 0.2 * numbers[str(model)]
            low, mid, high = one[["u_95_low", "u_95", "u_95_high"]].clip(upper=edge).iloc[0]
            ax.hlines(y, low, high, color=look["color"], linewidth=1.2)
            ax.plot(mid, y, ls="none", markersize=4, **look)
            if high == edge:
                ax.plot(edge, y, ">", color=look["color"], markersize=4)
    for model, k in numbers.items():
        ax.plot([], [], ls="none", label=named(model), **series(k))
    ax.plot([], [], "|", color="black", markersize=12, mew=2.5, label="depth of the data")
    labels = [f"{named(key[0])}, {named(key[1])}" for key, _ in pairs]
    ax.set_yticks(-np.arange(len(pairs)), labels, fontsize=8)
    ax.set(xscale="log", xlabel="UMIs per cell")
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
