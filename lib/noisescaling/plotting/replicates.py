"""Figures that set information between halves of cells beside information with a label."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.labels import named
from noisescaling.plotting.style import model_numbers, quality_axis, series

#: The three rankings of `study.replicates.agreements` as the figure names them.
RANKINGS: dict[str, str] = {
    "everything": "models and depths",
    "models": "models at one depth",
    "depths": "depths of one model",
}


def seed_means(table: pd.DataFrame) -> pd.DataFrame:
    """Return bits averaged over seeds: rows of data set, model and depth, a column a signal."""
    good = table[table["status"] == "ok"]
    by = ["dataset", "model", "quality", "signal"]
    return good.groupby(by, sort=False)["bits"].mean().unstack("signal").reset_index()  # noqa: PD010


def draw_pairs(ax: Axes, means: pd.DataFrame, signal: str) -> None:
    """Draw bits with a signal against bits between halves, one line of depths a model.

    Parameters
    ----------
    ax
        Axes to draw on.
    means
        `seed_means` of one data set.
    signal
        The signal's column.
    """
    for model, number in model_numbers(means["model"]).items():
        group = means[means["model"] == model].sort_values("quality")
        look = series(number)
        ax.plot(group["replicate"], group[signal], linewidth=0.8, label=named(model), **look)
    ax.set(xlabel="between halves (bits)", ylabel=f"with {signal.replace('_', ' ')} (bits)")


def draw_agreements(ax: Axes, agreements: pd.DataFrame) -> None:
    """Draw rank correlations with their 95 % intervals, one row a data set and signal.

    Parameters
    ----------
    ax
        Axes to draw on.
    agreements
        The table of `study.replicates.agreements`.
    """
    pairs = agreements[["dataset", "signal"]].drop_duplicates().itertuples(index=False)
    names = [f"{dataset}, {signal.replace('_', ' ')}" for dataset, signal in pairs]
    for number, (ranked, label) in enumerate(RANKINGS.items()):
        rows = agreements[agreements["ranked"] == ranked]
        height = np.arange(len(rows)) + 0.22 * (number - 1)
        ends = np.abs(rows[["low", "high"]].to_numpy().T - rows["correlation"].to_numpy())
        look = series(number) | {"linestyle": "none", "elinewidth": 1}
        ax.errorbar(rows["correlation"], height, xerr=ends, label=label, **look)
    ax.axvline(0, color="grey", linewidth=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set(xlabel="rank correlation", xlim=(-1.05, 1.05))


def draw_against_depth(ax: Axes, means: pd.DataFrame, signals: dict[str, str]) -> None:
    """Draw bits against depth, in UMIs per cell: a colour a model, a line style a signal.

    The legend is to name the models, by the lines of the first signal.

    Parameters
    ----------
    ax
        Axes to draw on.
    means
        `seed_means` of one data set.
    signals
        Column to matplotlib line style.
    """
    for model, number in model_numbers(means["model"]).items():
        group = means[means["model"] == model].sort_values("quality")
        for nth, (signal, style) in enumerate(signals.items()):
            label = "_" if nth else named(model)
            ax.plot(group["quality"], group[signal], style, label=label, **series(number))
    quality_axis(ax)
    depths = sorted(means["quality"].unique())
    ax.set_xticks(depths, [f"{depth:g}" for depth in depths])
    ax.minorticks_off()
