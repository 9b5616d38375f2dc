"""What one or two figures of the study draw, in bits; the shared look is the library's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike, NDArray

from noisescaling import plotting
from noisescaling._checks import finite, positive, same_length
from noisescaling.fitting import LawFit, cell_law, fit_cell_law
from noisescaling.plotting import series
from study.adequacy import on_one_curve, suffices
from study.labels import each_series, model_numbers, named
from study.published import CURVE, GRID

FloatArray = NDArray[np.float64]
#: Edges of the bins of a misfit: logarithm of the quality over the noise sensitivity.
_BINS = np.linspace(-2.0, 1.5, 15)
#: The noises, what they make noisy, and the label of their axis of quality.
NOISES: dict[str, tuple[str, str]] = {
    "downsample": ("cells", "UMIs per cell"),
    "substitute": ("proteins", "true residues per error"),
    "gaussian": ("images, Gaussian noise", r"quality $1/\sigma^2$ (Gaussian noise)"),
    "pixelate": ("images, pixelation", r"quality $1/f^2$ (pixelation)"),
}


#: Data sets and signals of a figure of six panels: each kind of signal once, cell types twice.
SHOWN: tuple[tuple[str, str], ...] = (
    ("citeseq", "protein"), ("citeseq", "cell_type"), ("pbmc68k_reduced", "cell_type"),
    ("larry", "clone"), ("osmfish", "neighbour"), ("simulated", "time"),
)  # fmt: skip
_TASK = ["dataset", "signal"]


def by_signal(points: pd.DataFrame, *, shown: bool = True) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the points of each data set and signal that the main figure shows, or of the others.

    Of points that have none of `SHOWN`, the first six are shown.
    """
    groups = dict(iter(points.groupby(_TASK)))
    main = [key for key in SHOWN if key in groups] or list(groups)[: len(SHOWN)]
    return {key: groups[key] for key in (main if shown else groups) if (key in main) == shown}


def draw_signals(
    panels: Mapping[tuple[str, str], pd.DataFrame],
    draw: Callable[[Axes, pd.DataFrame], object],
    columns: int = 3,
    bar: str = "",
) -> None:
    """Draw one panel a data set and signal, under one legend or beside one colour bar.

    `draw` draws a panel's points; where `bar` labels a colour bar, it returns what is coloured.
    """
    fig, axes = plotting.panels(len(panels), columns=min(columns, max(len(panels), 1)))
    handles: dict[str, Any] = {}
    for number, (ax, (key, rows)) in enumerate(zip(axes, panels.items(), strict=True)):
        drawn: Any = draw(ax, rows)
        ax.set_title("\n".join(map(named, key)), fontsize=9)
        if number % columns:
            ax.set_ylabel("")
        if (legend := ax.get_legend()) is not None:
            legend.remove()
        handles |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    if bar:
        fig.colorbar(drawn, ax=axes, label=bar, shrink=0.7)
    if handles:
        fig.legend(
            handles.values(), handles.keys(), loc="outside upper center", ncols=4, fontsize=9
        )


def draw_by_set(
    ax: Axes, lines: Iterable[tuple[str, "pd.Series[float]"]], numbers: Mapping[str, int]
) -> None:
    """Draw lines of data sets, values by their index; the first of each set has its label.

    `numbers` are those of the sets' colours and markers, the same in all panels of a figure.
    """
    told: set[str] = set()
    for dataset, line in lines:
        label = None if dataset in told else named(dataset)
        look = series(numbers[dataset]) | {"label": label, "ms": 4, "lw": 1}
        ax.plot(line.index, line, **look)
        told.add(dataset)


def set_numbers(table: pd.DataFrame) -> dict[str, int]:
    """Return the number of each data set's colour and marker in a figure, by the alphabet."""
    return {name: number for number, name in enumerate(sorted(table["dataset"].unique()))}


def cells_axis(ax: Axes, sizes: Iterable[float]) -> None:
    """Label a logarithmic axis of numbers of cells at those that were measured, at most four."""
    known = sorted(set(sizes))
    shown = known if len(known) < 5 else known[:: (len(known) + 2) // 3]
    ax.set(xscale="log", xlabel="cells")
    ax.set_xticks(shown, [f"{n:,.0f}" for n in shown])
    ax.xaxis.set_minor_formatter(NullFormatter())


def draw_intervals(
    ax: Axes,
    table: pd.DataFrame,
    y: ArrayLike,
    number: int,
    *,
    edge: float = np.inf,
    **style: Any,
) -> None:
    """Draw estimates with intervals, one line each; what lies beyond `edge` becomes an arrow.

    Parameters
    ----------
    ax
        Where to draw.
    table
        Columns estimate, low, high; an infinite interval has no line where there is no edge.
    y
        Height of each line.
    number
        Which colour and marker of the shared look to take.
    edge
        Where the axis ends.
    style
        Properties of the markers, such as their label.
    """
    look, height = series(number), np.asarray(y, dtype=float)
    estimate, low, high = table[["estimate", "low", "high"]].clip(upper=edge).to_numpy().T
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(height[known], low[known], high[known], color=look["color"], linewidth=1.2)
    ax.plot(estimate, height, **(look | {"linestyle": "none"} | style))
    cut = (table["high"] >= edge).to_numpy()
    if np.isfinite(edge) and cut.any():
        ax.plot(np.full(cut.sum(), edge), height[cut], ">", color=look["color"])


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
    """Draw estimates with intervals, one named line each; an infinite end becomes an arrow.

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
    rows = -np.arange(len(table))
    top = float(np.nanmax(table[["estimate", "high"]].replace(np.inf, np.nan).to_numpy()))
    draw_intervals(ax, table, rows - shift, number, edge=top * (3 if log else 1.1))
    if log:
        ax.set_xscale("log")
    if reference is not None:
        ax.axvline(reference, color="grey", linestyle="--", linewidth=1)
    ax.set_yticks(rows, labels)
    ax.grid(visible=False, axis="y")


def draw_needed(ax: Axes, needed: pd.DataFrame) -> None:
    """Draw the depth that each model needs, with intervals, and the depth that the data have.

    Parameters
    ----------
    ax
        Where to draw.
    needed
        A table of `published.depth_table`, in UMIs per cell.
    """
    edge = 30 * needed["deepest"].max()
    place, tasks = pd.MultiIndex.from_frame(needed[_TASK]).factorize()
    table = needed.rename(columns={"u_95": "estimate", "u_95_low": "low", "u_95_high": "high"})
    for model, number in model_numbers(needed["model"].dropna()).items():
        own = (needed["model"] == model).to_numpy()
        y = 0.3 - 0.2 * number - place[own]
        draw_intervals(ax, table[own], y, number, edge=edge, markersize=4, label=named(model))
    deepest = "depth of the data"
    ax.plot(needed["deepest"], -place, "|", color="black", ms=18, mew=2.5, label=deepest)
    ax.set_yticks(-np.arange(len(tasks)), [named(*task) for task in tasks], fontsize=8)
    ax.set(xscale="log", xlabel="UMIs per cell")
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_modalities(axes: Sequence[Axes], fits: pd.DataFrame) -> None:
    """Draw noise sensitivities, a panel for each noise, and in the last the headroom of all.

    Parameters
    ----------
    axes
        Five axes.
    fits
        A table of `fit_curves` with the columns noise, source ("here" or "published") and headroom
        (usual quality over noise sensitivity).
    """
    names = {"u_bar": "estimate", "u_bar_low": "low", "u_bar_high": "high"}
    for k, (noise, (title, unit)) in enumerate(NOISES.items()):
        mine = fits[fits["noise"] == noise].sort_values("u_bar").rename(columns=names)
        mine["high"] = mine["high"].replace(np.inf, 10 * mine["estimate"].max())
        y, shift = np.arange(len(mine)), k + np.linspace(-0.3, 0.3, len(mine))
        for source, face in (("here", plotting.COLOURS[k]), ("published", "white")):
            own = (mine["source"] == source).to_numpy()
            style: dict[str, Any] = {"markerfacecolor": face, "markersize": 4}
            draw_intervals(axes[k], mine[own], y[own], k, **style)
            axes[-1].plot(mine["headroom"][own], -shift[own], ls="none", **series(k), **style)
        axes[k].set(xscale="log", xlabel=unit, title=title, yticks=[])
        axes[k].xaxis.set_minor_formatter(NullFormatter())
    axes[-1].axvline(1, color="black", linewidth=1)
    axes[-1].set(xscale="log", xlabel="usual quality / noise sensitivity", title="headroom")
    axes[-1].set_yticks(-np.arange(len(NOISES)), ["cells", "proteins", "noise", "pixels"])


def draw_sensitivity(ax: Axes, fits: pd.DataFrame) -> None:
    """Draw noise sensitivity against capacity (bits) with intervals, a colour for each model.

    Parameters
    ----------
    ax
        Where to draw.
    fits
        A table of `fit_curves` with a column `model`, in UMIs per cell.
    """
    for model, rows, look in each_series(fits):
        for axis, other in (("i_max", "u_bar"), ("u_bar", "i_max")):
            lines = ax.hlines if axis == "i_max" else ax.vlines
            high = rows[f"{axis}_high"].replace(np.inf, 10 * rows[axis].max())
            lines(rows[other], rows[f"{axis}_low"], high, color=look["color"], lw=0.6, alpha=0.5)
        ax.plot(rows["i_max"], rows["u_bar"], ls="none", ms=5, label=model, **look)
    ax.set(yscale="log", xlabel="capacity (bits)", ylabel="noise sensitivity (UMIs per cell)")


def draw_grid(points: pd.DataFrame, by: str = "model") -> None:
    """Draw a panel for each noise and data set of images, a curve for each value of `by`.

    Parameters
    ----------
    points
        Columns noise, dataset, quality, bits, standard_error and `by`; of classes also their
        `entropy` (bits), which no capacity exceeds.
    by
        Column whose values tell the curves of a panel apart.
    """
    points = points.assign(**{by: points[by].map(named)})
    noises = [noise for noise in NOISES if noise in set(points["noise"])]
    sets, order = list(points["dataset"].unique()), list(points[by].unique())
    # The noises of a single data set stand side by side.
    rows, columns = (len(noises), len(sets)) if len(sets) > 1 else (1, len(noises))
    size = (1.4 + 3 * columns, 0.7 + 2.7 * rows)
    fig, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey="col")
    panels = [(noise, dataset) for noise in noises for dataset in sets]
    for ax, (noise, dataset) in zip(axes.flat, panels, strict=True):
        own = points[(points["noise"] == noise) & (points["dataset"] == dataset)]
        plotting.draw_curves(ax, own, by, NOISES[noise][1], order)
        if "entropy" in own:
            ax.axhline(own["entropy"].iloc[0], color="grey", ls=":")
        ax.get_legend().remove()
        ax.set_title(named(dataset).replace("_", " ") if ax in axes[0] else "")
        ax.set_ylabel(ax.get_ylabel() if ax in axes[:, 0] else "")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)))


def draw_equal(ax: Axes, points: pd.DataFrame, x: str, y: str, by: str, **style: Any) -> None:
    """Draw one column of bits against another beside the line of equal bits, a series each `by`."""
    top = float(np.nanmax(points[[x, y]].to_numpy())) * 1.05
    ax.plot([0, top], [0, top], color="grey", lw=1, zorder=0)
    for label, own, look in each_series(points, by):
        ax.plot(own[x], own[y], **(look | {"ls": "none", "label": label} | style))
    ax.legend()


def collapsed(points: pd.DataFrame, fits: pd.DataFrame, min_capacity: float) -> pd.DataFrame:
    """Return points of identified curves on the axes on which the noise law is x/(1 + x).

    Columns: those of `points`, x, y, and miss (measured less fitted bits). Curves of at most
    `min_capacity` bits are left out.
    """
    return on_one_curve(points, fits[fits["identified"] & (fits["i_max"] > min_capacity)], CURVE)


def draw_points(
    ax: Axes,
    points: pd.DataFrame,
    by: str,
    law: Callable[[FloatArray], FloatArray],
    label: str = "law",
) -> None:
    """Draw points x, y on one law, a colour a `by`, on logarithmic axes."""
    small = {"ls": "none", "ms": 2.5, "alpha": 0.4}
    for name, own, look in each_series(points[points["y"] > 0].sort_values(by, kind="stable"), by):
        ax.plot(own["x"], own["y"], label=name, **look | small)
    line = np.geomspace(points["x"].min(), points["x"].max(), 200)
    ax.plot(line, law(line), color="black", linewidth=1.2, label=label)
    ax.set(xscale="log", yscale="log")
    ax.legend(fontsize=9)


def draw_collapse(left: Axes, right: Axes, table: pd.DataFrame) -> None:
    """Draw what `collapsed` returns by data set, and the misses over quality by model."""
    draw_points(left, table, "dataset", lambda x: x / (1 + x), "$x/(1+x)$")
    left.set(xlabel=r"$x = u/\bar u$", ylim=(1e-3, 4))
    left.set_ylabel(r"$y = (2^{2I}-1)/(2^{2I_{\max}}-1)$")
    for model, own, look in each_series(table):
        _draw_misfit(right, own, label=model, **look)
    right.axhline(0, color="grey", linewidth=1)
    right.set_xlim(10 ** _BINS[0], 10 ** _BINS[-1])
    right.set(xscale="log", xlabel=r"$u/\bar u$", ylabel="measured less fitted (bits)")
    for ax in (left, right):
        ax.legend(fontsize=8)


def _draw_misfit(ax: Axes, table: pd.DataFrame, **look: Any) -> None:
    """Draw the mean miss over bins of quality of at least ten points, with two standard errors."""
    middle = 10 ** ((_BINS[1:] + _BINS[:-1]) / 2)
    miss = table["miss"].groupby(np.digitize(np.log10(table["x"]), _BINS))
    bins = miss.agg(["mean", "sem", "size"]).query("size > 9").loc[1 : len(middle)]
    places = middle[bins.index - 1]
    ax.errorbar(places, bins["mean"], yerr=2 * bins["sem"], elinewidth=0.8, **look)


def draw_hold_out(ax: Axes, summary: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """Draw each law's median absolute error on points held out, in bits, the best on top."""
    y = -np.arange(len(summary))
    ax.hlines(y, 0, summary["pooled"], color=plotting.COLOURS[0], linewidth=1)
    ax.plot(summary["pooled"], y, ls="none", label="over all points", **series(0))
    label = "over the curves' medians"
    ax.plot(summary["median_curve"], y, ls="none", mfc="none", label=label, **series(1))
    ax.set_yticks(y, [labels.get(name, name) for name in summary["law"]])
    ax.set(xlim=(0, None), xlabel="median absolute error (bits)")
    ax.grid(visible=False, axis="y")


def draw_family(
    ax: Axes,
    points: pd.DataFrame,
    along: str,
    by: str,
    label: Callable[[float], str],
    law: Callable[[FloatArray, float], FloatArray],
) -> None:
    """Draw bits along one column, a shade for each level of another, and the fitted law.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns `along`, `by` and bits; bars are two standard errors of the mean over repeats.
    along, by
        "u" and "size", or the reverse.
    label
        What the legend calls a level; it has the lowest and the highest.
    law
        Function of places along the axis, shape (n,), and of a level: bits, shape (n,).
    """
    places = np.geomspace(points[along].min(), points[along].max(), 60)
    levels = np.sort(points[by].unique())
    shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.0, len(levels)))
    for level, shade in zip(levels, shades, strict=True):
        mean = points[points[by] == level].groupby(along)["bits"].agg(["mean", "sem"])
        ax.errorbar(
            mean.index, mean["mean"], yerr=2 * mean["sem"].fillna(0), fmt="o", color=shade,
            markersize=3, elinewidth=0.7,
            label=label(level) if level in levels[[0, -1]] else None,
        )  # fmt: skip
        ax.plot(places, law(places, level), color=shade, linewidth=1.1)
    plotting.quality_axis(ax)
    if along == "size":
        cells_axis(ax, points["size"])
    ax.legend(fontsize=8)


def draw_joint(
    ax: Axes, points: pd.DataFrame, fits: Mapping[tuple[str, str, str], LawFit], most: float = 0.3
) -> PathCollection:
    """Draw the joint law of one grid as contours, and what it misses as the colour of dots.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns dataset, signal, model, size, u, bits; seeds are averaged.
    fits
        Fits of a law of cells and quality, by data set, signal and model.
    most
        Measured less fitted bits at the ends of the colours.
    """
    fit = fits[tuple(points.iloc[0][name] for name in GRID)]
    means = points.groupby(["size", "u"], as_index=False)["bits"].mean()
    sizes, depths = (
        np.geomspace(means[axis].min() * 0.9, means[axis].max() * 1.1, 60) for axis in ("size", "u")
    )
    bits = fit.predict(*np.meshgrid(sizes, depths))
    lines = ax.contour(sizes, depths, bits, levels=6, colors="0.4", linewidths=0.8)
    ax.clabel(lines, fontsize=8)
    dots = ax.scatter(
        means["size"], means["u"], c=means["bits"] - fit.predict(means["size"], means["u"]),
        cmap="RdBu_r", vmin=-most, vmax=most, edgecolor="black", linewidth=0.5, s=40, zorder=3,
    )  # fmt: skip
    ax.set(yscale="log", ylabel="UMIs per cell")
    cells_axis(ax, means["size"])
    return dots


def draw_cell_laws(ax: Axes, points: pd.DataFrame) -> None:
    """Draw bits against the number of cells, a shade a depth, each with its cell law.

    A depth of too few points for the law is drawn without it.
    """
    laws = {
        u: fit_cell_law(own["size"], own["bits"])
        for u, own in points.groupby("u")
        if suffices(own, cell_law)
    }
    ends = {points["u"].min(): "shallowest cells", points["u"].max(): "deepest cells"}

    def law(n: FloatArray, u: float) -> FloatArray:
        return laws[u].predict(n) if u in laws else np.full(len(n), np.nan)

    draw_family(ax, points, "size", "u", ends.__getitem__, law)


def draw_mismatches(ax: Axes, points: pd.DataFrame) -> None:
    """Draw bits against the depth that is read, a line for each depth that was learned from.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns u, bits and fitted_at (UMIs per cell; missing where it is u).
    """
    matched = points[points["fitted_at"].isna()].groupby("u")["bits"].mean()
    ax.plot(matched.index, matched, "-", color="black", lw=1.5, label="learned at the depth read")
    depths = sorted(points["fitted_at"].dropna().unique())
    shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.0, max(len(depths), 2)))
    ends = {0: "learned from the shallowest", len(depths) - 1: "learned from the deepest"}
    for number, (depth, shade) in enumerate(zip(depths, shades, strict=False)):
        mine = points[points["fitted_at"] == depth].groupby("u")["bits"].mean()
        look = {"color": shade, "marker": "o", "ms": 3, "lw": 1.0}
        ax.plot(mine.index, mine, label=ends.get(number), **look)
    plotting.quality_axis(ax, "UMIs per cell read")


def goodness_table(
    fits: Mapping[str, pd.DataFrame], tests: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return how well the law fits, a row a source and model.

    Parameters
    ----------
    fits
        Tables of `fit_curves` by source.
    tests
        Tables of `adequacy.lack_of_fit` of the same curves.
    """
    rows = {}
    for source, table in fits.items():
        for model in model_numbers(table["model"]):
            own, test = table[table["model"] == model], tests[source]
            row = {"curves": len(own), "median R²": own["r_squared"].median()}
            row |= {"residual (bits)": own["sigma"].median()}
            row |= {"identified": own["identified"].mean()}
            if len(test) and len(test := test[test["model"] == model]):
                row |= {"rejected at 5 %": (test["p_value"] < 0.05).mean()}
                row |= {"misfit (bits)": test["misfit"].median()}
                row |= {"scatter of seeds (bits)": test["scatter"].median()}
            rows[source, named(model)] = row
    return pd.DataFrame.from_dict(rows, orient="index").round(3)


def draw_check(
    ax: Axes,
    closed: tuple[ArrayLike, ArrayLike],
    simulated: tuple[ArrayLike, ArrayLike],
    label: str,
    number: int = 0,
) -> float:
    """Draw a closed form as a line and its simulation as markers; return their largest difference.

    Parameters
    ----------
    ax
        Where to draw.
    closed
        Horizontal places (sorted) and values of the closed form, shapes (n_line,).
    simulated
        Horizontal places and simulated values, shapes (n_points,).
    label
        Name of the pair in the legend.
    number
        Which colour and marker of the shared look to take.

    Returns
    -------
    Largest absolute difference between a simulated value and the line, interpolated over the
    logarithm of the horizontal axis, in the unit of the values.
    """
    x, line = positive("closed", closed[0]), finite("closed", closed[1])
    places, values = positive("simulated", simulated[0]), finite("simulated", simulated[1])
    same_length(x=x, line=line)
    same_length(places=places, values=values)
    look = series(number)
    ax.plot(x, line, color=look["color"], linewidth=1.5)
    ax.plot(places, values, linestyle="none", label=label, **look)
    return float(np.abs(np.interp(np.log(places), np.log(x), line) - values).max())


def draw_power(ax: Axes, x: Sequence[float], start: float, power: float) -> None:
    """Draw a dotted guide proportional to x^power from `start` at the first of `x`, and name it."""
    places = positive("x", np.asarray(x))
    values = start * (places / places[0]) ** power
    ax.plot(places, values, color="grey", linestyle=":", linewidth=1.2)
    ax.annotate(
        f"power {power:g}", (places[-1], values[-1]), textcoords="offset points", xytext=(-4, 6),
        color="dimgrey", ha="right", fontsize=9,
    )  # fmt: skip
