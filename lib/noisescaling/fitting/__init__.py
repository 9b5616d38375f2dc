"""Scaling laws as pure functions, and their fits with honest intervals."""

from noisescaling.fitting.curves import fit_curves
from noisescaling.fitting.fit import fit_law, fit_noise_law
from noisescaling.fitting.laws import noise_law, noise_law_quality, snr_one
from noisescaling.fitting.result import LawFit

__all__ = [
    "LawFit",
    "fit_curves",
    "fit_law",
    "fit_noise_law",
    "noise_law",
    "noise_law_quality",
    "snr_one",
]
