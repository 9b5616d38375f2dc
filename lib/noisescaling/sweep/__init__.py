"""Points of a study: fit a model on noisy data, measure its information with each signal."""

from noisescaling.sweep.points import COLUMNS, measure, noise_curves

__all__ = ["COLUMNS", "measure", "noise_curves"]
