"""Figures that set estimates beside known truth, in bits."""

import pandas as pd
from matplotlib.axes import Axes

from noisescaling.plotting.style import series


def draw_truth(ax: Axes, points: pd.DataFrame, estimators: list[str]) -> None:
    """Draw estimates against known information, in bits, one series an estimator.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns `estimator`, `true_bits` and `bits`.
    estimators
        The estimators to draw, in the order of colours.
    """
    top = max(points["true_bits"].max(), points["bits"].max()) * 1.05
    ax.plot([0, top], [0, top], color="0.6", lw=1, zorder=0)
    for number, estimator in enumerate(estimators):
        own, look = points[points["estimator"] == estimator], series(number)
        ax.plot(own["true_bits"], own["bits"], ls="none", mfc="none", label=estimator, **look)
    ax.set(xlabel="known information (bits)", ylabel="estimate (bits)")
    ax.legend()


def draw_ladder(axes: list[Axes], points: pd.DataFrame) -> None:
    """Draw the error of estimates of Gaussian truths, in bits, against the truth.

    One panel a dimension and one series a size; `points` has the columns `dim`, `n_samples`,
    `true_bits`, `bits` and `standard_error`.
    """
    for ax, (dim, panel) in zip(axes, points.groupby("dim"), strict=True):
        ax.axhline(0, color="0.6", lw=1)
        for number, (n, own) in enumerate(panel.groupby("n_samples")):
            error = own["bits"] - own["true_bits"]
            bars = 2 * own["standard_error"].astype(float)
            look = series(number) | {"ls": "none", "label": f"n = {n:,}"}
            ax.errorbar(own["true_bits"], error, bars, **look)
        ax.set(title=f"{dim} axes a side", xlabel="known information (bits)")
    axes[0].set_ylabel("estimate less truth (bits)")
    axes[-1].legend()


def error_table(points: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimator: cases, mean absolute error and worst error, both in bits."""
    error = (points["bits"] - points["true_bits"]).abs()
    grouped = error.groupby(points["estimator"], sort=False)
    table = pd.DataFrame(
        {
            "cases": grouped.size(),
            "mean absolute error (bits)": grouped.mean(),
            "worst (bits)": grouped.max(),
        }
    )
    return table.sort_values("mean absolute error (bits)")


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
