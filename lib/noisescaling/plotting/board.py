"""The board of models: its figure, and its table for reading."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.labels import named
from noisescaling.plotting.style import model_numbers, series, with_interval

_COLUMNS = {"u_bar": "noise sensitivity", "i_max": "capacity (bits)"}


def draw_board(axes: tuple[Axes, Axes], table: pd.DataFrame) -> None:
    """Draw noise sensitivity and capacity (bits) with 95 % intervals, a row a data set and signal.

    Parameters
    ----------
    axes
        One for the sensitivities, one for the capacities.
    table
        What `study.board.board` returns.
    """
    tasks = list(dict.fromkeys(zip(table["dataset"], table["signal"], strict=True)))
    numbers = model_numbers(table["model"])
    for ax, name in zip(axes, _COLUMNS, strict=True):
        for row, (model, number) in enumerate(numbers.items()):
            rows = table[table["model"] == model]
            place = [tasks.index(key) for key in zip(rows["dataset"], rows["signal"], strict=True)]
            y = np.array(place) + (row - (len(numbers) - 1) / 2) * 0.8 / len(numbers)
            _draw_intervals(ax, rows, name, y, named(model), number)
        labels = [f"{named(dataset)}\n{named(signal)}" for dataset, signal in tasks]
        ax.set_yticks(range(len(tasks)), labels)
        ax.set_ylim(len(tasks) - 0.5, -0.5)
    axes[0].set(xscale="log", xlabel="noise sensitivity (UMIs per cell)")
    axes[1].set_xlabel("capacity (bits)")
    axes[1].tick_params(labelleft=False)
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))


def _draw_intervals(
    ax: Axes, rows: pd.DataFrame, name: str, y: np.ndarray, label: str, number: int
) -> None:
    """Draw values and their intervals; an end that is not known is left out as infinite."""
    look = series(number)
    value, low, high = rows[[name, f"{name}_low", f"{name}_high"]].to_numpy().T
    sure = rows["identifiable"].to_numpy(dtype=bool)
    known = np.isfinite(low) & np.isfinite(high) & sure
    ax.hlines(y[known], low[known], high[known], color=look["color"], linewidth=1)
    ax.plot(value[sure], y[sure], linestyle="none", label=label, **look)
    # Of what is not identified, the lower end is what the points tell.
    ax.plot(low[~sure], y[~sure], ">", color=look["color"], fillstyle="none")


def board_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the board with intervals as text, for reading; capacities in bits."""
    shown = table[["dataset", "signal"]].map(named)
    shown["cells"], shown["model"] = table["n_samples"], table["model"].map(named)
    for name, title in _COLUMNS.items():
        columns = (table[name], table[f"{name}_low"], table[f"{name}_high"])
        shown[title] = [with_interval(*one) for one in zip(*columns, strict=True)]
    shown["R²"] = table["r_squared"].round(3)
    shown["points"] = table["n_points"]
    shown["identified"] = np.where(table["identifiable"], "yes", "no")
    return shown.set_index(["dataset", "signal"])
