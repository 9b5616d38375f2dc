"""Information against measurement quality: measured points, the fitted law and its band."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.fitting import LawFit, fit_groups, noise_law
from noisescaling.labels import named
from noisescaling.plotting.style import quality_axis, series, with_interval


def draw_curves(
    ax: Axes, frame: pd.DataFrame, by: str = "model", unit: str = "UMIs per cell"
) -> dict[Hashable, LawFit]:
    """Draw each group's points, fitted law and band of two standard errors; return the fits.

    Parameters
    ----------
    ax
        Where to draw.
    frame
        Tidy table of finished points with the columns `quality`, `bits`, `standard_error`, `by`;
        of labels also their `entropy` (bits), which no capacity exceeds.
    by
        Column whose values tell the curves apart.
    unit
        Unit of the quality.
    """
    fits = {}
    for number, (name, group) in enumerate(frame.groupby(by, sort=False)):
        fits[name] = fit_groups(group, [by], noise_law)[0][1]
        draw_curve(ax, group, fits[name], named(str(name)), number)
    quality_axis(ax, unit)
    ax.legend()
    return fits


def draw_curve(ax: Axes, points: pd.DataFrame, fit: LawFit, label: str, number: int) -> None:
    """Draw one curve in the colour and marker of its number."""
    look = series(number)
    u = np.geomspace(points["quality"].min(), points["quality"].max(), 100)
    lower, upper = fit.band(u, sigma=2)
    ax.fill_between(u, lower, upper, color=look["color"], alpha=0.15, linewidth=0)
    ax.plot(u, fit.predict(u), color=look["color"], linewidth=1.5)
    ax.errorbar(
        points["quality"], points["bits"], yerr=2 * points["standard_error"],
        linestyle="none", elinewidth=0.8, label=label, **look,
    )  # fmt: skip


def law_table(fits: dict[Hashable, LawFit], unit: str = "UMIs per cell") -> pd.DataFrame:
    """Tabulate noise sensitivity, in `unit`, and capacity (bits) with 95 % intervals."""
    rows = {}
    for name, fit in fits.items():
        intervals = fit.confidence_intervals()
        shown = fit.shown(intervals)
        rows[named(str(name))] = {
            f"noise sensitivity ({unit})": with_interval(shown["u_bar"], *intervals["u_bar"]),
            "capacity (bits)": with_interval(shown["i_max"], *intervals["i_max"]),
            "R²": f"{fit.r_squared:.3f}",
            "identified": "yes" if fit.identifiable else fit.reason,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
