"""Models and laws side by side: contrasts of parameters, errors ahead of what was fitted."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from noisescaling.fitting import LAWS, LawFit, fit_cell_law, fit_curves, fit_noise_law, forecast
from study.adequacy import contrast, hold_out, mean_interval
from study.figures import draw_by_set, set_numbers
from study.labels import named
from study.published import CURVE

#: Models that are compared, and which of their parameters: sensitivities by ratio.
PAIRS = [("RankTransformer", "SCVI"), ("PCA", "SCVI"), ("RandomProjection", "PCA")]
#: Whether a parameter is compared by ratio; else by difference.
RATIO = {"u_bar": True, "u_snr": True, "i_max": False}
#: Points of a curve that an extrapolation needs.
_ENOUGH = 6
#: What the laws are called in tables, with their number of parameters.
LAW_NAMES: dict[str, str] = {
    "noise_law": "noise law (2)",
    "effective_dimension_law": "effective dimension (3)",
    "stretched_noise_law": "stretched noise law (3)",
    "hill_law": "Hill in log u (3)",
    "saturating_power_law": "saturating power (3)",
    "exponential_law": "exponential (2)",
    "log_linear_law": "log-linear (2)",
    "joint_law": "joint law (5)",
    "single_joint_law": "joint law, noise once (5)",
    "spectrum_joint_law": "joint law of a spectrum (5)",
    "cell_capacity_law": "cell law as capacity (4)",
    "sum_of_powers_law": "sum of powers (5)",
    "last_value": "last value carried on",
}


def mean_contrast(pairs: pd.DataFrame, column: str) -> tuple[float, float, float]:
    """Return the mean of contrasts, geometric of ratios, with its 95 % interval over data sets."""
    return mean_interval(pairs["estimate"], pairs["dataset"], ratio=RATIO[column])


def compare_models(fits: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare pairs of models on the same data: ratio of sensitivities, difference of capacities.

    Parameters
    ----------
    fits
        Tables of `fit_curves` by the name of their source.

    Returns
    -------
    Columns source, compared, of (u_bar or i_max), curves, data sets, mean, low, high (95 %
    interval over data sets). A pair that two data sets do not share is left out.
    """
    rows = []
    for source, table in fits.items():
        for one, other in PAIRS:
            for column in ("u_bar", "i_max") if {one, other} <= set(table["model"]) else ():
                ratio = RATIO[column]
                task = ["dataset", "signal"]
                pairs = contrast(table, task, column, one, other, ratio=ratio)
                n_sets = pairs["dataset"].nunique()
                if n_sets > 1:
                    name = f"{named(one)} {'/' if ratio else 'less'} {named(other)}"
                    told = (source, name, column, len(pairs), n_sets)
                    rows.append((*told, *mean_contrast(pairs, column)))
    names = ["source", "compared", "of", "curves", "data sets", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def verdict(contrasts: pd.DataFrame, source: str, of: str) -> str:
    """Say in words what the interval of transformer against autoencoder says of a parameter."""
    of_pair = contrasts["compared"].str.match(f"{named('RankTransformer')} .* {named('SCVI')}")
    found = contrasts[of_pair & (contrasts["source"] == source) & (contrasts["of"] == of)]
    if found.empty:
        return "not told: a model is lacking"
    mean, low, high = found[["mean", "low", "high"]].iloc[0]
    neutral = 1.0 if RATIO[of] else 0.0
    word = "higher" if low > neutral else "lower" if high < neutral else "not clearly different"
    return f"{word} ({mean:.2f}, {low:.2f} to {high:.2f})"


def axes_fits(points: pd.DataFrame) -> pd.DataFrame:
    """Fit the noise law for each number of axes; models are called "PCA, 8 axes".

    Columns: those of `fit_curves`, and axes. Curves that do not identify both numbers are left out.
    """
    fits = fit_curves(points, CURVE)
    fits["axes"] = fits["model"].str.extract(r"(\d+) axes", expand=False).astype(int)
    return fits[fits["identified"]].reset_index(drop=True)


def axes_steps(fits: pd.DataFrame) -> pd.DataFrame:
    """Return what twice the axes change: capacity in bits, noise sensitivity as a ratio.

    One row a step, with 95 % intervals over data sets; `fits` is a table of `axes_fits`.
    """
    rows = {}
    table = fits.pivot_table(["i_max", "u_bar"], ["dataset", "signal"], "axes")
    counts = sorted(fits["axes"].unique())
    for few, many in pairwise(counts):
        gain = (table["i_max", many] - table["i_max", few]).dropna()
        ratio = (table["u_bar", many] / table["u_bar", few]).dropna()
        sets = gain.index.get_level_values("dataset")
        if len(set(sets)) > 1:
            mean, low, high = mean_interval(gain, sets)
            rows[f"{few} to {many}"] = {
                "curves": len(gain), "capacity (bits)": mean, "low": low, "high": high,
                "noise sensitivity (ratio)": mean_interval(ratio, sets, ratio=True)[0],
            }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").round(2)


def axes_sentence(steps: pd.DataFrame) -> str:
    """Say up to which step more axes add capacity: the last whose interval is above zero."""
    sure = steps[steps["low"] > 0]
    if sure.empty:
        return "More axes add no capacity that is clear over data sets."
    last = sure.iloc[-1]
    return (
        f"More axes add capacity up to {sure.index[-1].split()[-1]}: the last clear step, from "
        f"{sure.index[-1]}, adds {last['capacity (bits)']:.2f} bits ({last['low']:.2f} to "
        f"{last['high']:.2f})."
    )


def draw_axes(axes: Sequence[Axes], fits: pd.DataFrame) -> None:
    """Draw capacity and noise sensitivity against the number of axes, a line a signal.

    A colour and marker a data set; `fits` is a table of `axes_fits`.
    """
    numbers, counts = set_numbers(fits), sorted(fits["axes"].unique())
    curves = fits.sort_values("axes").set_index("axes").groupby(["dataset", "signal"])
    for ax, column in zip(axes, ("i_max", "u_bar"), strict=True):
        draw_by_set(ax, ((dataset, own[column]) for (dataset, _), own in curves), numbers)
        ax.set(xscale="log", xlabel="axes")
        ax.set_xticks(counts, [str(count) for count in counts])
        ax.minorticks_off()
    axes[0].set_ylabel("capacity (bits)")
    axes[1].set(yscale="log", ylabel="noise sensitivity (UMIs per cell)")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[0].figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=8)


def look_ahead(fit: LawFit, times: float) -> dict[str, float]:
    """Forecast the bits at the deepest point and at several times its depth, with the interval."""
    found = forecast(fit, fit.verdict.measured[1] * np.array([1.0, times]))
    now, bits = found.bits.tolist()
    low, high = max(float(found.low[1]), 0.0), float(found.high[1])
    return {"now": now, "bits": bits, "low": low, "high": high, "adds": bits - now}


def errors_of_deepest(points: pd.DataFrame, levels: int = 3) -> pd.DataFrame:
    """Ask each law for the deepest levels of each curve, fitted to the others; errors in bits.

    Returns
    -------
    One row a law: mean and median of the absolute errors, and "worst level", the 90th percentile
    over curves of their largest error.
    """

    def deepest(group: pd.DataFrame) -> "pd.Series[bool]":
        return group["u"].rank(method="dense") > group["u"].nunique() - levels

    errors = hold_out(points, CURVE, LAWS.values(), lambda group: ~deepest(group), deepest)
    size = errors["error"].abs()
    of_curve = size.groupby([errors[name] for name in ("law", *CURVE)]).max()
    by_law = size.groupby(errors["law"])
    worst = of_curve.groupby("law").quantile(0.9)
    return pd.DataFrame({"mean": by_law.mean(), "median": by_law.median(), "worst level": worst})


def rivals(scores: pd.DataFrame, curve: Sequence[str], **held_out: pd.DataFrame) -> pd.DataFrame:
    """Count curves by AICc against the noise law, beside the median errors on points held out.

    Parameters
    ----------
    scores
        Table of `compare_laws`.
    curve
        Columns that tell the curves apart.
    held_out
        Summaries of `hold_out_summary` by what was held out.
    """
    laws = list(LAWS)
    against = scores.pivot_table(index=list(curve), columns="law", values="aicc")[laws]
    above = against.sub(against["noise_law"], axis=0)
    table = {
        "lowest AICc": (scores["delta"] == 0).groupby(scores["law"]).sum()[laws],
        "AICc below noise law by 2": (above < -2).sum(),
        "above by 2": (above > 2).sum(),
    }
    for name, summary in held_out.items():
        table[f"{name} (bits)"] = summary.set_index("law")["pooled"][laws]
    return pd.DataFrame(table)


def orders(cells: pd.DataFrame, ahead: float) -> pd.DataFrame:
    """Extrapolate in two orders: the noise laws first and then a cell law, and the reverse.

    Parameters
    ----------
    cells
        Columns dataset, model, signal, size, u, bits; curves of at least six points are used.
    ahead
        Factor in cells and in depth at which the orders are compared, besides the limit.

    Returns
    -------
    One row a grid: its largest bits, both orders ahead and in the limit (bits), and the median
    exponent s of its cell laws.
    """
    grid = ["dataset", "model", "signal"]
    means = cells.groupby([*grid, "size", "u"], as_index=False)["bits"].mean()
    rows = []
    for key, one in means.groupby(grid):
        n, u = ahead * one["size"].max(), ahead * one["u"].max()
        near = _two_orders(one, lambda fit, u=u: fit.predict(u), lambda fit, n=n: fit.predict(n))
        far = _two_orders(one, attrgetter("i_max"), attrgetter("i_inf"))
        exponents = [fit_cell_law(c["size"], c["bits"]).s for _, c in _curves(one, "u")]
        rows.append((*key, one["bits"].max(), *near, *far, float(np.median(exponents))))
    told = ["noise first", "cells first", "limit, noise first", "limit, cells first", "median s"]
    return pd.DataFrame(rows, columns=[*grid, "largest", *told])


def _two_orders(
    grid: pd.DataFrame, of_noise_law: Callable[..., Any], of_cell_law: Callable[..., Any]
) -> tuple[float, float]:
    """Return what the second fit tells, of the noise laws' numbers and of the cell laws'."""

    def over_depth(u: ArrayLike, bits: ArrayLike) -> float:
        return float(of_noise_law(fit_noise_law(u, bits)))

    def over_cells(n: ArrayLike, bits: ArrayLike) -> float:
        return float(of_cell_law(fit_cell_law(n, bits)))

    by_size = [(n, over_depth(c["u"], c["bits"])) for n, c in _curves(grid, "size")]
    by_depth = [(u, over_cells(c["size"], c["bits"])) for u, c in _curves(grid, "u")]
    return over_cells(*np.array(by_size, float).T), over_depth(*np.array(by_depth, float).T)


def _curves(grid: pd.DataFrame, by: str) -> list[tuple[float, pd.DataFrame]]:
    return [(key, curve) for key, curve in grid.groupby(by) if len(curve) >= _ENOUGH]
