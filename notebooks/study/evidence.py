"""Tables and figures of the evidence: the metric, halves of cells, models side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.plotting import quality_axis, series
from study.figures import draw_intervals
from study.labels import FIT, each_series, model_numbers, named, readable

#: The three rankings of `study.replicates.agreements` as the figure names them.
RANKINGS: dict[str, str] = {
    "everything": "models and depths",
    "models": "models at one depth",
    "depths": "depths of one model",
}
#: What estimates the bits of a protein readout, by the columns of `study.readouts`.
ESTIMATES: dict[str, str] = {
    "bits": "bits",
    "ridge_within_bits": "bits, ridge regression",
    "ridge_bits": "bits, from other clades",
}
#: The two numbers of the board.
_BOARD = ("u_bar", "i_max")


def draw_ladder(axes: list[Axes], points: pd.DataFrame) -> None:
    """Draw the error of estimates of Gaussian truths, in bits, against the truth.

    One panel a dimension and one series a size; `points` has the columns `dim`, `n_samples`,
    `true_bits`, `bits` and `standard_error`.
    """
    for ax, (dim, panel) in zip(axes, points.groupby("dim"), strict=True):
        ax.axhline(0, color="0.6", lw=1)
        for n, own, look in each_series(panel.sort_values("n_samples"), "n_samples"):
            error = own["bits"] - own["true_bits"]
            bars = 2 * own["standard_error"].astype(float)
            ax.errorbar(own["true_bits"], error, bars, ls="none", label=f"n = {int(n):,}", **look)
        ax.set(title=f"{dim} axes a side", xlabel="known information (bits)")
    axes[0].set_ylabel("estimate less truth (bits)")
    axes[-1].legend()


def error_table(points: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimator, on the cases that it was measured on.

    Parameters
    ----------
    points
        Columns case, estimator, true_bits, bits, and where measured seconds and version; the
        estimator "ours" has every case.

    Returns
    -------
    Columns cases, mean absolute error and worst error, in bits, the mean absolute error of ours on
    the same cases, the median of the seconds a case, and the version.
    """
    error = (points["bits"] - points["true_bits"]).abs()
    own = points["estimator"] == "ours"
    ours = points["case"].map(error[own].set_axis(points.loc[own, "case"]))
    by = points["estimator"]
    table = pd.DataFrame(
        {
            "cases": error.groupby(by).size(),
            "mean absolute error (bits)": error.groupby(by).mean(),
            "worst (bits)": error.groupby(by).max(),
            "ours on the same (bits)": ours.groupby(by).mean(),
            "seconds a case": points["seconds"].groupby(by).median(),
            "version": points["version"].groupby(by).first(),
        }
    )
    return table.sort_values("mean absolute error (bits)")


def of_known_truth(suites: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return our own estimates of a finite known truth, of all suites, with a column suite."""
    told = pd.concat(suites, names=["suite"]).reset_index("suite").reset_index(drop=True)
    ours = told.get("estimator", pd.Series(index=told.index)).fillna("ours") == "ours"
    return told[ours & np.isfinite(told["true_bits"])]


def coverage_table(points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case and size: bias, scatter, mean standard error (bits), coverage.

    Coverage is the share of samples whose estimate lies within two standard errors of the truth.
    """
    told = points.assign(error=points["bits"] - points["true_bits"])
    told["covered"] = told["error"].abs() <= 2 * told["standard_error"]
    grouped = told.groupby(["group", "case", "n_samples"], sort=False)
    return pd.DataFrame(
        {
            "samples": grouped.size(),
            "bias (bits)": grouped["error"].mean(),
            "scatter (bits)": grouped["error"].std(),
            "standard error (bits)": grouped["standard_error"].mean(),
            "coverage": grouped["covered"].mean(),
        }
    ).reset_index()


def warnings_table(points: pd.DataFrame) -> pd.DataFrame:
    """Return one row a suite, and one for all: how often an estimate is off, and says so.

    Parameters
    ----------
    points
        Columns suite, true_bits, bits, standard_error and reliable.

    Returns
    -------
    Columns estimates, off (by more than 0.2 bits and two standard errors), the shares of those off
    and of the others that are flagged as not reliable, and of those not flagged the share within
    two standard errors.
    """
    told = _judged(points)
    parts = {name: own for name, own in told.groupby("suite", sort=False)} | {"all": told}
    return pd.DataFrame.from_dict({name: _warnings(own) for name, own in parts.items()}, "index")


def unwarned(points: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates that are off and are not flagged, with their error, the largest first.

    `points` as for `warnings_table`; the error is the estimate less the truth, in bits.
    """
    told = _judged(points)
    return told[told["off"] & ~told["flagged"]].sort_values("error", key=abs, ascending=False)


#: The reasons of the metric's verdict, and what in their text tells them apart.
REASONS = {
    "neighbours see other bits than correlations": "bits may be missed",
    "bits are added for more rows": "are added",
    "few rows for so many axes": "weak signals",
    "rows can hardly show so many bits": "hardly show",
    "variance on axes that were left out": "left out",
    "the lower bound is a small part of the estimate": "took no part",
    "few rows for so many classes": "classes",
}


def reasons_table(points: pd.DataFrame) -> pd.DataFrame:
    """Return a row a reason: in how many estimates that are off it stands, and in how many others.

    `points` as for `warnings_table`, with the column reason.
    """
    told = _judged(points)
    rows = {}
    for name, text in REASONS.items():
        holds = told["reason"].fillna("").str.contains(text)
        rows[name] = {
            "off": (holds & told["off"]).sum(),
            "share of those off": holds[told["off"]].mean(),
            "others": (holds & ~told["off"]).sum(),
            "share of others": holds[~told["off"]].mean(),
        }
    return pd.DataFrame(rows).T.round(3)


def _judged(points: pd.DataFrame) -> pd.DataFrame:
    told = points.assign(error=points["bits"] - points["true_bits"])
    told["covered"] = told["error"].abs() <= 2 * told["standard_error"]
    told["off"] = (told["error"].abs() > 0.2) & ~told["covered"]
    return told.assign(flagged=told["reliable"].astype(str) != "True")


def _warnings(own: pd.DataFrame) -> dict[str, float]:
    return {
        "estimates": len(own),
        "off": own["off"].sum(),
        "off, flagged": own.loc[own["off"], "flagged"].mean(),
        "good, flagged": own.loc[~own["off"], "flagged"].mean(),
        "covered, not flagged": own.loc[~own["flagged"], "covered"].mean(),
    }


def seed_means(table: pd.DataFrame) -> pd.DataFrame:
    """Return bits averaged over seeds: rows of data set, model and depth, a column a signal."""
    good = table[table["status"] == "ok"]
    by = ["dataset", "model", "quality"]
    return good.pivot_table("bits", by, "signal", sort=False).reset_index()


def draw_pairs(ax: Axes, means: pd.DataFrame, signal: str) -> None:
    """Draw bits with a signal against bits between halves, one line of depths a model.

    `means` is what `seed_means` returns of one data set; `signal` the signal's column.
    """
    for model, group, look in each_series(means.sort_values("quality")):
        ax.plot(group["replicate"], group[signal], linewidth=0.8, label=model, **look)
    ax.set(xlabel="between halves (bits)", ylabel=f"with {signal.replace('_', ' ')} (bits)")


def draw_agreements(ax: Axes, agreements: pd.DataFrame) -> None:
    """Draw rank correlations with their 95 % intervals, one row a data set and signal.

    `agreements` is the table of `study.replicates.agreements`.
    """
    pairs = agreements[["dataset", "signal"]].drop_duplicates().itertuples(index=False)
    names = [f"{dataset}, {signal.replace('_', ' ')}" for dataset, signal in pairs]
    table = agreements.rename(columns={"correlation": "estimate"})
    for number, (ranked, label) in enumerate(RANKINGS.items()):
        rows = table[table["ranked"] == ranked]
        draw_intervals(ax, rows, np.arange(len(rows)) + 0.22 * (number - 1), number, label=label)
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
    for model, group, look in each_series(means.sort_values("quality")):
        for nth, (signal, style) in enumerate(signals.items()):
            label = "_" if nth else model
            ax.plot(group["quality"], group[signal], style, label=label, **look)
    quality_axis(ax)
    depths = sorted(means["quality"].unique())
    ax.set_xticks(depths, [f"{depth:g}" for depth in depths])
    ax.minorticks_off()


def draw_board(axes: tuple[Axes, Axes], table: pd.DataFrame) -> None:
    """Draw noise sensitivity and capacity (bits) with 95 % intervals, a row a data set and signal.

    Of what is not identified, an open triangle stands at the lower end of the interval, which is
    what the points tell.

    Parameters
    ----------
    axes
        One for the sensitivities, one for the capacities.
    table
        What `board.board` returns.
    """
    place, tasks = pd.MultiIndex.from_frame(table[["dataset", "signal"]]).factorize()
    numbers = model_numbers(table["model"])
    for ax, name in zip(axes, _BOARD, strict=True):
        columns = {name: "estimate", f"{name}_low": "low", f"{name}_high": "high"}
        for row, (model, number) in enumerate(numbers.items()):
            own = (table["model"] == model).to_numpy()
            rows = table[own].rename(columns=columns)
            y = place[own] + (row - (len(numbers) - 1) / 2) * 0.8 / len(numbers)
            sure = rows["identifiable"].to_numpy(dtype=bool)
            draw_intervals(ax, rows[sure], y[sure], number, label=named(model))
            colour = series(number)["color"]
            ax.plot(rows["low"][~sure], y[~sure], ">", color=colour, fillstyle="none")
        ax.set_yticks(
            range(len(tasks)), [f"{named(data)}\n{named(signal)}" for data, signal in tasks]
        )
        ax.set_ylim(len(tasks) - 0.5, -0.5)
    axes[0].set(xscale="log", xlabel="noise sensitivity (UMIs per cell)")
    axes[1].set_xlabel("capacity (bits)")
    axes[1].tick_params(labelleft=False)
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))


def board_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the board for reading, a row a model of a data set and signal."""
    columns = ["dataset", "signal", "n_samples", "model", *FIT, "n_points", "identifiable"]
    return readable(table[columns], n_rows=2)


def readout_series(points: pd.DataFrame) -> "pd.Series[str]":
    """Return what figures call the network of each row of the table of `study.readouts`."""
    trained = "trained, " + points["network"]
    # Untrained networks differ by their width alone, which follows the steps.
    untrained = "untrained" + points["network"].str.replace(".* steps", "", regex=True)
    named_so = trained.where(points["trained"], untrained)
    return named_so.mask(points["network"] == "none", "no network")


def readout_means(points: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a column of the table of `study.readouts`, averaged over seeds.

    A row a quality and data set; a column a network, by its name of `readout_series`, and readout.
    """
    told = points.assign(series=readout_series(points))
    return told.pivot_table(column, ["quality", "dataset"], ["series", "readout"])


def draw_readouts(axes: Sequence[Axes], points: pd.DataFrame, estimate: str) -> None:
    """Draw bits of protein readouts, a panel a data set; a marker is one seed.

    `points` is the table of `study.readouts` at one quality, `estimate` one of `ESTIMATES`.
    """
    told = points.assign(series=readout_series(points))
    of_networks = told.loc[told["network"] != "none", "readout"].unique()
    order = {name: place for place, name in enumerate(of_networks)}
    names = sorted(told["series"].unique(), key=lambda name: (name[0] != "n", name[0] != "u"))
    for ax, (dataset, rows) in zip(axes, told.groupby("dataset", sort=False), strict=True):
        for number, name in enumerate(names):
            own, look = rows[rows["series"] == name], series(number) | {"linestyle": "none"}
            height = own["readout"].map(order) + 0.17 * (number - 1.5)
            ax.plot(own[estimate], height, label=name, **look)
        ax.set_yticks(range(len(order)), list(order))
        ax.set(ylim=(len(order) - 0.5, -0.5), xlabel=ESTIMATES[estimate])
        ax.set_title(named(str(dataset)))


def ends(**values: "pd.Series[float]") -> dict[str, float]:
    """Return the lowest and the highest of several numbers, as `name_low` and `name_high`."""
    least = {f"{name}_low": float(told.min()) for name, told in values.items()}
    return least | {f"{name}_high": float(told.max()) for name, told in values.items()}
