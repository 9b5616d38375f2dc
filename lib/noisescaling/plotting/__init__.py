"""The figures' shared look, and one function for each kind of figure."""

from noisescaling.plotting.style import COLOURS, MARKERS, quality_axis, use_style

__all__ = ["COLOURS", "MARKERS", "quality_axis", "use_style"]
