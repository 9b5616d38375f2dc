"""The board of models: its figure, and its table for reading."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.plotting.style import COLOURS, MARKERS

_COLUMNS = {"u_bar": "noise sensitivity", "i_max": "capacity (bits)"}


def draw_board(axes: tuple[Axes, Axes], table: pd.DataFrame, unit: str = "UMIs per cell") -> None:
    """Draw noise sensitivity and capacity (bits) with 95 % intervals, a row a data set and signal.

    Parameters
    ----------
    axes
        One for the sensitivities, one for the capacities.
    table
        What `fitting.board.board` returns.
    unit
        Unit of the quality.
    """
    tasks = list(dict.fromkeys(zip(table["dataset"], table["signal"], strict=True)))
    models = sorted(table["model"].unique())
    for ax, name in zip(axes, _COLUMNS, strict=True):
        for number, model in enumerate(models):
            rows = table[table["model"] == model]
            place = [tasks.index(key) for key in zip(rows["dataset"], rows["signal"], strict=True)]
            y = np.array(place) + (number - (len(models) - 1) / 2) * 0.8 / len(models)
            _draw_intervals(ax, rows, name, y, model, number)
        ax.set_yticks(range(len(tasks)), [f"{dataset}\n{signal}" for dataset, signal in tasks])
        ax.set_ylim(len(tasks) - 0.5, -0.5)
        ax.set_xlabel(_COLUMNS[name] if name == "i_max" else f"{_COLUMNS[name]} ({unit})")
    axes[0].set_xscale("log")
    axes[1].tick_params(labelleft=False)
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))


def _draw_intervals(
    ax: Axes, rows: pd.DataFrame, name: str, y: np.ndarray, label: str, number: int
) -> None:
    """Draw values and their intervals; an end that is not known is left out as infinite."""
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    sure = rows["identifiable"].to_numpy(dtype=bool)
    low = rows[f"{name}_low"].to_numpy()
    high = rows[f"{name}_high"].to_numpy()
    known = np.isfinite(low) & np.isfinite(high) & sure
    ax.hlines(y[known], low[known], high[known], color=colour, linewidth=1)
    value = rows[name].to_numpy()
    ax.plot(value[sure], y[sure], marker, color=colour, label=label)
    # Of what is not pinned down, the lower end is what the points tell.
    ax.plot(low[~sure], y[~sure], ">", color=colour, fillstyle="none")


def board_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the board with intervals as text, for reading; capacities in bits."""
    shown = table[["dataset", "signal", "n_samples", "model"]].rename(
        columns={"n_samples": "cells"}
    )
    for name, title in _COLUMNS.items():
        columns = (table[name], table[f"{name}_low"], table[f"{name}_high"])
        shown[title] = [_interval(*one) for one in zip(*columns, strict=True)]
    shown["R²"] = table["r_squared"].round(3)
    shown["points"] = table["n_points"]
    shown["pinned down"] = np.where(table["identifiable"], "yes", "no")
    return shown.set_index(["dataset", "signal"])


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.3g} ({low:.3g} to {high:.3g})" if np.isfinite(high) else f"above {low:.3g}"
