"""The landing figure, from published values: law, collapse, the two numbers, and who wins."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from noisescaling import fitting, plotting
from noisescaling.fitting import fit_curves
from study import contest, published_laws
from study.labels import model_numbers, named
from study.published import GRID, largest, published_cells

#: Published names that take the colour of this project's model of the same kind.
_ALIKE = {"Geneformer": "RankTransformer"}


def draw() -> Figure:
    """Return the figure with its four panels."""
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 8.0))
    most = largest(published_cells())
    one_set = most[(most["dataset"] == "PBMC") & (most["signal"] == "celltype.l3")]
    _curves(axes[0, 0], one_set)
    _collapse(axes[0, 1])
    _two_numbers(axes[1, 0], fit_curves(most, GRID))
    table = contest.means(published_cells())
    contest.draw_wins(
        axes[1, 1], contest.wins(table, "Geneformer", "SCVI"), "Geneformer", "SCVI", 5
    )
    for ax, letter in zip(axes.flat, "abcd", strict=True):
        ax.set_title(letter, loc="left", fontweight="bold")
    return figure


def _number(model: str) -> int:
    """Return the number of a model's colour and marker in every figure."""
    return model_numbers([_ALIKE.get(model, model)])[_ALIKE.get(model, model)]


def _curves(ax: Axes, points: pd.DataFrame) -> None:
    for model, own in points.groupby("model"):
        look = plotting.series(_number(str(model)))
        fit = fitting.fit_noise_law(own["u"], own["bits"])
        u = np.geomspace(own["u"].min(), own["u"].max(), 200)
        ax.plot(u, fit.predict(u), color=look["color"])
        ax.plot(own["u"], own["bits"], **(look | {"linestyle": "none", "label": named(str(model))}))
    ax.set_ylabel("information with the cell type (bits)")
    ax.set_xlabel("UMIs per cell")
    ax.set_xscale("log")
    ax.legend(fontsize=9)


def _collapse(ax: Axes) -> None:
    _, points = published_laws.collapsed(published_laws.all_curves(), 0.5)
    for number, (modality, own) in enumerate(points[points["y"] > 0].groupby("modality")):
        look = plotting.series(number) | {"linestyle": "none", "markersize": 2.5, "alpha": 0.5}
        ax.plot(own["x"], own["y"], label=str(modality), **look)
    line = np.geomspace(1e-3, points["x"].max(), 200)
    ax.plot(line, line / (1 + line), color="black", linewidth=1.2, label="law")
    ax.set(xscale="log", yscale="log", ylim=(1e-3, 4))
    ax.set(xlabel=r"quality / $\bar u$", ylabel="information, rescaled (ceiling = 1)")
    ax.legend(fontsize=9)


def _two_numbers(ax: Axes, fits: pd.DataFrame) -> None:
    known = fits[fits["identified"]].copy()
    known["number"] = known["model"].map(lambda model: _number(str(model)))
    for _, own in known.sort_values("number").groupby(["dataset", "signal"]):
        ax.plot(own["u_bar"], own["i_max"], color="grey", linewidth=0.8, alpha=0.6)
    for model, own in known.groupby("model"):
        look = plotting.series(_number(str(model))) | {"linestyle": "none"}
        ax.plot(own["u_bar"], own["i_max"], label=named(str(model)), **look)
        ax.hlines(own["i_max"], own["u_bar_low"], own["u_bar_high"], color=look["color"], lw=0.8)
        ax.vlines(own["u_bar"], own["i_max_low"], own["i_max_high"], color=look["color"], lw=0.8)
    ax.set(xscale="log", ylabel=r"capacity $I_\max$ (bits)")
    ax.set_xticks([300, 1000, 3000, 10000], ["300", "1,000", "3,000", "10,000"])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(r"noise sensitivity $\bar u$ (UMIs per cell); left is more robust")
    ax.legend(fontsize=9)
