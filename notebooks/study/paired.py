"""Models side by side on the same cells, with intervals over data sets."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from noisescaling import plotting
from noisescaling.sweep import read_csv
from study.paths import RESULTS

#: Depths, in UMIs per cell, that are told apart: from the first up to but not with the second.
DEPTHS: Mapping[str, tuple[float, float]] = {
    "below 30": (0, 30), "30 to 300": (30, 300), "300 and above": (300, np.inf),
}  # fmt: skip


def measured(folder: str) -> pd.DataFrame:
    """Return the committed points of a sweep that were measured: columns as in the tidy table."""
    files = sorted((RESULTS / folder).glob("*.csv"))
    if not files:
        raise ValueError(f"there are 0 tables in {RESULTS / folder}; measure the sweep first")
    points = pd.concat([read_csv(file) for file in files], ignore_index=True)
    return points[points["status"] == "ok"]


def differences(points: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return bits less those of a reference model on the same cells, a mean a data set.

    Parameters
    ----------
    points
        The tidy table; one number of cells a data set.
    reference
        The model to compare with.

    Returns
    -------
    Columns dataset, depth (a name of `DEPTHS`), model, bits (mean over seeds, depths and signals,
    each signal of a data set with the same weight).
    """
    place = ["dataset", "signal", "quality", "seed"]
    table = points.pivot_table(index=place, columns="model", values="bits")
    rest = table.drop(columns=reference).sub(table[reference], axis=0)
    long = rest.melt(ignore_index=False, var_name="model", value_name="bits").dropna().reset_index()
    edges = [low for low, _ in DEPTHS.values()] + [np.inf]
    long["depth"] = pd.cut(long["quality"], edges, right=False, labels=list(DEPTHS)).astype(str)
    by = ["dataset", "depth", "model"]
    return long.groupby([*by, "signal"])["bits"].mean().groupby(by).mean().reset_index()


def interval(values: pd.Series) -> pd.Series:
    """Return the mean over data sets and the ends of its 95 % interval (Student's t)."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.sem() if len(values) > 1 else np.nan
    mean = values.mean()
    return pd.Series(
        {"estimate": mean, "low": mean - half, "high": mean + half, "n": float(len(values))}
    )


def summary(found: pd.DataFrame, by: Sequence[str] = ("model",)) -> pd.DataFrame:
    """Return the mean difference over data sets with its 95 % interval, in bits."""
    sets = found.groupby([*by, "dataset"])["bits"].mean()
    return sets.groupby(list(by)).apply(interval).unstack().reset_index()  # noqa: PD010


def told(found: pd.DataFrame) -> pd.DataFrame:
    """Return differences by depth as readers see them, the best model first."""
    parts = {"all depths": summary(found)}
    for depth in DEPTHS:
        parts[depth] = summary(found[found["depth"] == depth])
    columns = {
        name: {
            row["model"]: f"{row['estimate']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
            for _, row in part.iterrows()
        }
        for name, part in parts.items()
    }
    order = parts["all depths"].sort_values("estimate", ascending=False)["model"]
    return pd.DataFrame(columns).reindex(order).rename_axis("model")


def draw(ax: Axes, found: pd.DataFrame, models: Sequence[str]) -> None:
    """Draw the mean difference of each model by depth, with 95 % intervals over data sets."""
    for number, model in enumerate(models):
        own = summary(found[found["model"] == model], ["depth"]).set_index("depth")
        own = own.reindex([depth for depth in DEPTHS if depth in own.index])
        place = np.array([list(DEPTHS).index(depth) for depth in own.index]) + 0.08 * number
        bars = own["estimate"] - own["low"]
        ax.errorbar(place, own["estimate"], yerr=bars, label=model, **plotting.series(number))
    ax.axhline(0, color="grey", linewidth=1)
    ax.set_xticks(range(len(DEPTHS)), list(DEPTHS))
    ax.set(xlabel="UMIs per cell")
    ax.legend(fontsize=8)
