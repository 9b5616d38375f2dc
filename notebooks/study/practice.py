"""Choices of a practitioner side by side, in bits: transforms, ranks, training, depth of training.

Places are compared on the same cells; a data set counts once, whatever its number of signals.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.plotting import panels, series
from study.adequacy import mean_interval
from study.figures import draw_by_set, set_numbers
from study.labels import UNTRAINED, each_series, named
from study.studies import Study

#: What tells one place from another, whatever the model.
PLACE: list[str] = ["dataset", "signal", "size", "u"]
#: Depths that are told apart, by their upper ends in UMIs per cell.
DEPTHS: dict[str, float] = {"up to 50": 50, "50 to 500": 500, "above 500": np.inf}


def less(points: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return the bits of each model less those of a baseline at the same place.

    Parameters
    ----------
    points
        Columns `PLACE`, model, bits; seeds are averaged.
    baseline
        A model.

    Returns
    -------
    Columns `PLACE`, depth (a name of `DEPTHS`), model, bits (the difference); places that a model
    or the baseline lacks are left out.
    """
    table = points.pivot_table(index=PLACE, columns="model", values="bits")
    gain = table.drop(columns=baseline).sub(table[baseline], axis=0)
    return with_depths(gain.melt(ignore_index=False, value_name="bits").dropna().reset_index())


def with_depths(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with a column `depth`, the class of `u`."""
    edges = [0.0, *DEPTHS.values()]
    return table.assign(depth=pd.cut(table["u"], edges, labels=list(DEPTHS)).astype(str))


def learned(points: pd.DataFrame) -> pd.DataFrame:
    """Return what training adds: the bits of each network less those of its untrained control.

    `points` as for `less`, the controls named as the network and ", untrained" behind it.
    """
    parts = [
        less(points[points["model"].isin([name, name + UNTRAINED])], name + UNTRAINED)
        for name in points["model"].unique()
        if name + UNTRAINED in set(points["model"])
    ]
    return pd.concat(parts, ignore_index=True)


def trained_and_added(points: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """Return bits of networks side by side, and what training adds to each.

    Parameters
    ----------
    points
        As for `learned`; each place of a network by one number of cells.
    called
        What each network is called in the heads of columns.

    Returns
    -------
    One row a data set and signal of the last network: dataset, signal, and for each network its
    bits and those added by training, means over the deeper half of the depths; missing where it was
    not measured.
    """
    columns, gain = {}, learned(points)
    for model, name in called.items():
        for what, table in (("", points), (", added by training", gain)):
            own = table[table["model"] == model].groupby(["dataset", "signal"])
            means = {key: deeper_half(rows).iloc[-1] for key, rows in own}
            columns[f"{name}{what} (bits)"] = pd.Series(means, dtype=float)
    table = pd.DataFrame(columns).dropna(subset=list(columns)[-1])
    return table.rename_axis(["dataset", "signal"]).reset_index()


def over_sets(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return mean bits and their 95 % intervals over data sets.

    Returns
    -------
    One row a group: the `by` columns, places, sets, mean, low, high (bits).
    Groups of one data set are left out.
    """
    rows = []
    for key, group in table.groupby(list(by), sort=False):
        n_sets = group["dataset"].nunique()
        if n_sets > 1:
            told = mean_interval(group["bits"].to_numpy(), list(group["dataset"]))
            rows.append((*key, len(group), n_sets, *told))
    return pd.DataFrame(rows, columns=[*by, "places", "sets", "mean", "low", "high"])


def difference_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean differences in bits and their intervals as text, a row a model.

    A column for each class of depth, and one for all.
    """
    parts = [over_sets(part, ["model", "depth"]) for part in (table, table.assign(depth="all"))]
    told = pd.concat(parts, ignore_index=True)
    told["text"] = [
        f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"
        for mean, low, high in told[["mean", "low", "high"]].to_numpy()
    ]
    order = [name for name in [*DEPTHS, "all"] if name in {"all", *table["depth"]}]
    table = told.pivot_table("text", "model", "depth", aggfunc="first").reindex(columns=order)
    return table.rename(index=named).rename_axis(index=None, columns=None)


def with_ends(row: "pd.Series[float]", sign: int = 1) -> str:
    """Write a mean and its interval, a row of `over_sets`: 0.20 (0.10 to 0.30); times `sign`."""
    mean, *ends = (sign * row[name] for name in ("mean", "low", "high"))
    return f"{mean:.2f} ({min(ends):.2f} to {max(ends):.2f})"


def sentence(one: str, other: str, row: "pd.Series[float]") -> str:
    """Say in words which of two choices has more bits, from their difference in `over_sets`."""
    if row["low"] <= 0 <= row["high"]:
        return f"{one} and {other} are not clearly apart: {with_ends(row)} bits."
    if row["mean"] > 0:
        return f"{one} beat {other}, by {with_ends(row)} bits."
    return f"{one} lose to {other}, by {with_ends(row, -1)} bits."


def gain_sentence(told: pd.DataFrame) -> str:
    """Say in words what training adds to each network; `told` is `over_sets` of a gain by model."""
    parts = []
    for name, row in told.iterrows():
        clear = "" if row["low"] > 0 or row["high"] < 0 else ", not clearly different from 0"
        parts.append(f"{with_ends(row)} bits ({named(str(name))}{clear})")
    return f"Training adds {' and '.join(parts)}."


def paid_sentence(cells: Mapping[str, "pd.Series[float]"], model: str) -> str:
    """Say from how many cells on training pays; `cells` are those of `begins` by model."""
    if model not in cells:
        return f"For {named(model)} it was not measured."
    pays = cells[model][np.isfinite(cells[model])]
    if pays.empty:
        return f"For {named(model)} it never does, in {len(cells[model])} curves."
    return (
        f"For {named(model)} it does in {len(pays)} of {len(cells[model])} curves of a data set "
        f"and signal, from a median of {pays.median():,.0f} cells on."
    )


def beside_matched(mismatched: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """Return points of models fitted at another depth, and those of the same places matched.

    The matched ones have no number in the column fitted_at.
    """
    asked = mismatched[["dataset", "signal", "size", "model"]].drop_duplicates()
    return pd.concat([mismatched, matched.merge(asked)], ignore_index=True)


def rank_places(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with a column `rank`: that of a place's depth in its data set, from 1."""
    return table.assign(rank=table.groupby("dataset")["u"].rank("dense").astype(int))


def draw_differences(ax: Axes, told: pd.DataFrame, x: str) -> None:
    """Draw mean differences in bits and their intervals over data sets against a column of numbers.

    `told` is a table of `over_sets` by model and `x`.
    """
    ax.axhline(0, color="0.6", lw=1)
    middle = (told["model"].nunique() - 1) / 2
    for number, (model, own) in enumerate(told.groupby("model", sort=False)):
        own, look = own.sort_values(x), series(number)
        shift = 0.07 * (number - middle)
        around = (own["mean"] - own["low"], own["high"] - own["mean"])
        ax.errorbar(own[x] + shift, own["mean"], around, label=named(str(model)), lw=1, **look)
    ax.set_ylabel("difference (bits)")


def draw_gain(ax: Axes, gain: pd.DataFrame) -> None:
    """Draw differences in bits against depth, a line a model; `gain` is a table of `learned`."""
    ax.axhline(0, color="0.6", lw=1)
    for model, rows, look in each_series(gain):
        own = rows.groupby("u")["bits"].mean()
        ax.plot(own.index, own, label=model, **look)
    ax.set(xscale="log", xlabel="UMIs per cell", ylabel="added by training (bits)")


def draw_by_cells(gain: pd.DataFrame) -> None:
    """Draw differences in bits against the cells learned from: a panel a model, a line a signal.

    Means over the deeper half of the depths; a colour and marker a data set.
    """
    fig, axes = panels(gain["model"].nunique(), columns=2)
    numbers = set_numbers(gain)
    for ax, (model, rows, _) in zip(axes, each_series(gain), strict=True):
        ax.axhline(0, color="0.6", lw=1)
        curves = rows.groupby(["dataset", "signal"])
        draw_by_set(ax, ((dataset, deeper_half(own)) for (dataset, _), own in curves), numbers)
        ax.set(xscale="log", xlabel="cells learned from", title=model)
    axes[0].set_ylabel("added by training (bits)")
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside right center", fontsize=8)


def ahead(mismatched: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """Return the bits of models fitted at another depth less those of the fit at the depth read.

    Parameters
    ----------
    mismatched
        Columns `PLACE`, model, fitted_at (UMIs per cell), bits.
    matched
        The same without fitted_at.

    Returns
    -------
    Columns `PLACE`, model, fitted_at, depth, bits (the difference); seeds are averaged.
    """
    key = [*PLACE, "model"]
    own = matched.groupby(key)["bits"].mean().rename("same")
    other = mismatched.groupby([*key, "fitted_at"])["bits"].mean().reset_index()
    joined = other.join(own, on=key, how="inner")
    return with_depths(joined.assign(bits=joined["bits"] - joined["same"]).drop(columns="same"))


def worth(deep: pd.DataFrame, shallow: pd.DataFrame) -> pd.DataFrame:
    """Return how many shallow cells to learn from one deep cell is worth.

    Parameters
    ----------
    deep
        Columns `PLACE`, bits: models that learned from `size` cells of the largest depth and read
        cells of depth u.
    shallow
        The same of models that learned from cells of depth u.

    Returns
    -------
    One row a data set, signal and u: size (the most shallow cells), needed (deep cells that reach
    the same bits, interpolated over their logarithm; the fewest measured where these already do,
    infinite where the most do not), shallow cells a deep cell, and whether needed is a bound.
    """
    rows = []
    key = ["dataset", "signal", "u"]
    most = shallow[shallow["size"] == shallow.groupby(key)["size"].transform("max")]
    for named_key, target in most.groupby(key):
        own = deep.set_index(key).loc[[named_key]].groupby("size")["bits"].mean()
        bits, n = target["bits"].mean(), target["size"].iloc[0]
        reached = np.flatnonzero(own.to_numpy() >= bits)
        if not reached.size:
            needed, bound = np.inf, True
        elif reached[0] == 0:
            needed, bound = float(own.index[0]), True
        else:
            last = reached[0]
            ends = own.iloc[last - 1 : last + 1]
            needed = float(np.exp(np.interp(bits, ends, np.log(ends.index.astype(float)))))
            bound = False
        rows.append((*named_key, n, needed, n / needed, bound))
    return pd.DataFrame(rows, columns=[*key, "size", "needed", "worth", "bound"])


def deep_and_shallow(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of models that learned from the deepest cells, and from the depth read.

    Of places at which two or more numbers of deep cells were tried.
    """
    other, own = study.mismatched, study.points
    deepest = other.groupby("dataset")["fitted_at"].transform("max")
    deep = other[(other["fitted_at"] == deepest) & (other["u"] < deepest)]
    place = ["dataset", "signal", "model", "u"]
    deep = deep[deep.groupby(place)["size"].transform("nunique") > 1]
    return deep, own.merge(deep[place].drop_duplicates())


def deeper_half(gain: pd.DataFrame) -> "pd.Series[float]":
    """Return the mean bits by number of cells, over the deeper half of the depths."""
    return gain[gain["u"] >= gain["u"].median()].groupby("size")["bits"].mean()


def begins(gain: pd.DataFrame, sure: float = 0.05) -> pd.DataFrame:
    """Return the number of cells from which on training adds more than `sure` bits.

    Parameters
    ----------
    gain
        Table of `learned`.
    sure
        Bits that count as something learned, about the error of one place.

    Returns
    -------
    One row a data set, signal and model: cells (the fewest from which on the mean over the deeper
    half of the depths stays above `sure`; infinite where it never does), most (cells measured), and
    bits (what training adds at the most cells).
    """
    rows = []
    for key, own in gain.groupby(["dataset", "signal", "model"]):
        by_size = deeper_half(own)
        below = np.flatnonzero(by_size.to_numpy() <= sure)
        start = below[-1] + 1 if below.size else 0
        cells = float(by_size.index[start]) if start < len(by_size) else np.inf
        rows.append((*key, cells, by_size.index[-1], by_size.iloc[-1]))
    return pd.DataFrame(rows, columns=["dataset", "signal", "model", "cells", "most", "bits"])
