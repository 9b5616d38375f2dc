"""The one look of all figures and tables: opaque white face, colour-blind-safe colours, units."""

from collections.abc import Iterable, Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from noisescaling.labels import MODELS

#: Okabe-Ito colours, safe for colour-blind readers, in the order in which series take them.
COLOURS: tuple[str, ...] = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
#: Markers that go with the colours, so that no series is told by colour alone.
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P", "X")

_SETTINGS = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.grid": True,
    "grid.alpha": 0.25,
    "font.size": 10,
    "legend.frameon": False,
    "lines.markersize": 5,
}


def series(number: int) -> dict[str, Any]:
    """Colour and marker of a series; after the last ones the first come again."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}


def model_numbers(models: Iterable[str]) -> dict[str, int]:
    """Number of each model's colour and marker, the models in the order of every figure.

    The known models have the same numbers everywhere; others follow by name.
    """
    here = set(models)
    names = [*MODELS, *sorted(here.difference(MODELS))]
    return {name: number for number, name in enumerate(names) if name in here}


def use_style() -> None:
    """Set the shared look for all figures drawn, and all tables shown, from here on."""
    plt.style.use(_SETTINGS)
    pd.set_option("display.max_rows", None, "display.max_colwidth", None)


def short(value: float) -> str:
    """Write a number of a table with three digits, and without a power of ten where it can be."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def with_interval(value: float, low: float, high: float) -> str:
    """Write a parameter with its interval, three digits each; an open one has no number."""
    if low > 0 and high < np.inf:
        return f"{short(value)} ({short(low)} to {short(high)})"
    ends = [f"above {short(low)}"] * (low > 0) + [f"below {short(high)}"] * (high < np.inf)
    return f"not identified, {ends[0]}" if ends else "not identified"


def quality_axis(ax: Axes, label: str = "UMIs per cell") -> None:
    """Label a logarithmic quality axis with its unit, against information in bits."""
    ax.set_xscale("log")
    ax.set_xlabel(label)
    ax.set_ylabel("information (bits)")


def shaded(levels: "pd.Series[float]", unit: str) -> Iterator[tuple[float, Any, str | None]]:
    """Yield each level, its shade, and its label: only the lowest and the highest have one."""
    known = np.sort(levels.unique())
    shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.0, len(known)))
    for level, shade in zip(known, shades, strict=True):
        yield level, shade, f"{level:,.0f} {unit}" if level in known[[0, -1]] else None


def cells_axis(ax: Axes, sizes: Iterable[float]) -> None:
    """Label a logarithmic axis of numbers of cells at those that were measured, at most four."""
    known = sorted(set(sizes))
    shown = known if len(known) < 5 else known[:: (len(known) + 2) // 3]
    ax.set(xscale="log", xlabel="cells")
    ax.set_xticks(shown, [f"{n:,.0f}" for n in shown])
    ax.xaxis.set_minor_formatter(NullFormatter())
