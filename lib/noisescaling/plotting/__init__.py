"""The figures' shared look, and one function for each kind of figure."""

from noisescaling.plotting.curves import draw_curve, draw_curves, law_table
from noisescaling.plotting.style import COLOURS, MARKERS, quality_axis, short, use_style

__all__ = [
    "COLOURS",
    "MARKERS",
    "draw_curve",
    "draw_curves",
    "law_table",
    "quality_axis",
    "short",
    "use_style",
]
