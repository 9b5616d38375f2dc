"""Closed forms beside their Monte Carlo checks."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive, same_length
from noisescaling.plotting.style import series


def draw_check(
    ax: Axes,
    closed: tuple[ArrayLike, ArrayLike],
    simulated: tuple[ArrayLike, ArrayLike],
    label: str,
    number: int = 0,
) -> float:
    """Draw a closed form as a line and its simulation as markers; return their largest difference.

    Parameters
    ----------
    ax
        Where to draw.
    closed
        Horizontal places (sorted) and values of the closed form, shapes (n_line,).
    simulated
        Horizontal places and simulated values, shapes (n_points,).
    label
        Name of the pair in the legend.
    number
        Which colour and marker of the shared look to take.

    Returns
    -------
    Largest absolute difference between a simulated value and the line, interpolated over the
    logarithm of the horizontal axis, in the unit of the values.
    """
    x, line = positive("closed", closed[0]), finite("closed", closed[1])
    places, values = positive("simulated", simulated[0]), finite("simulated", simulated[1])
    same_length(x=x, line=line)
    same_length(places=places, values=values)
    look = series(number)
    ax.plot(x, line, color=look["color"], linewidth=1.5)
    ax.plot(places, values, linestyle="none", label=label, **look)
    return float(np.abs(np.interp(np.log(places), np.log(x), line) - values).max())


def draw_power(ax: Axes, x: Sequence[float], start: float, power: float, label: str) -> None:
    """Draw a dotted guide proportional to x^power from `start` at the first of `x`, with a name."""
    places = positive("x", np.asarray(x))
    values = start * (places / places[0]) ** power
    ax.plot(places, values, color="grey", linestyle=":", linewidth=1.2)
    ax.annotate(
        label, (places[-1], values[-1]), textcoords="offset points", xytext=(-4, 6),
        color="dimgrey", ha="right", fontsize=9,
    )  # fmt: skip
