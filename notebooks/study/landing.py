"""The landing figure, from published values: law, collapse, the two numbers, and who wins."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from noisescaling import plotting
from noisescaling.fitting import fit_curves
from study import contest, published_laws
from study.figures import draw_points
from study.labels import each_series, model_numbers
from study.published import GRID, largest, published_cells


def draw() -> Figure:
    """Return the figure with its four panels."""
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 8.0))
    most = largest(published_cells())
    one_set = most[(most["dataset"] == "PBMC") & (most["signal"] == "celltype.l3")]
    plotting.draw_curves(axes[0, 0], one_set, order=list(model_numbers(one_set["model"])))
    axes[0, 0].set_ylabel("information with the cell type (bits)")
    _collapse(axes[0, 1])
    _two_numbers(axes[1, 0], fit_curves(most, GRID))
    table = contest.means(published_cells())
    contest.draw_wins(
        axes[1, 1], contest.wins(table, "Geneformer", "SCVI"), "Geneformer", "SCVI", 5
    )
    for ax, letter in zip(axes.flat, "abcd", strict=True):
        ax.set_title(letter, loc="left", fontweight="bold")
    return figure


def _collapse(ax: Axes) -> None:
    _, points = published_laws.collapsed(published_laws.all_curves(), 0.5)
    draw_points(ax, points, "modality", lambda x: x / (1 + x))
    ax.set(xlim=(1e-4, None), ylim=(1e-3, 4))
    ax.set(xlabel=r"quality / $\bar u$", ylabel="information, rescaled (ceiling = 1)")


def _two_numbers(ax: Axes, fits: pd.DataFrame) -> None:
    known = fits[fits["identified"]]
    order = known["model"].map(model_numbers(known["model"]))
    for _, own in known.loc[order.sort_values().index].groupby(["dataset", "signal"]):
        ax.plot(own["u_bar"], own["i_max"], color="grey", linewidth=0.8, alpha=0.6)
    for model, own, look in each_series(known):
        ax.plot(own["u_bar"], own["i_max"], linestyle="none", label=model, **look)
        ax.hlines(own["i_max"], own["u_bar_low"], own["u_bar_high"], color=look["color"], lw=0.8)
        ax.vlines(own["u_bar"], own["i_max_low"], own["i_max_high"], color=look["color"], lw=0.8)
    ax.set(xscale="log", ylabel=r"capacity $I_\max$ (bits)")
    ax.set_xticks([300, 1000, 3000, 10000], ["300", "1,000", "3,000", "10,000"])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(r"noise sensitivity $\bar u$ (UMIs per cell); left is more robust")
    ax.legend(fontsize=9)
