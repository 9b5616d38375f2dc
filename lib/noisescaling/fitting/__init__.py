"""Scaling laws as pure functions, and their fits with honest intervals."""

from noisescaling.fitting.collapse import collapse
from noisescaling.fitting.comparison import compare_laws, hold_out, hold_out_summary
from noisescaling.fitting.curves import fit_curves
from noisescaling.fitting.fit import fit_cell_law, fit_joint_law, fit_law, fit_noise_law
from noisescaling.fitting.forecast import Forecast, PointError, forecast
from noisescaling.fitting.law import Law, Parameter, law
from noisescaling.fitting.laws import (
    CELL,
    JOINT,
    JOINT_LAWS,
    LAWS,
    NOISE,
    NOISE_OF_SNR,
    NOISE_OF_U95,
    cell_law,
    joint_law,
    noise_law,
    noise_law_quality,
    snr_one,
)
from noisescaling.fitting.resample import seed_intervals
from noisescaling.fitting.result import LawFit
from noisescaling.fitting.verdict import Verdict

__all__ = [
    "CELL",
    "JOINT",
    "JOINT_LAWS",
    "LAWS",
    "NOISE",
    "NOISE_OF_SNR",
    "NOISE_OF_U95",
    "Forecast",
    "Law",
    "LawFit",
    "Parameter",
    "PointError",
    "Verdict",
    "cell_law",
    "collapse",
    "compare_laws",
    "fit_cell_law",
    "fit_curves",
    "fit_joint_law",
    "fit_law",
    "fit_noise_law",
    "forecast",
    "hold_out",
    "hold_out_summary",
    "joint_law",
    "law",
    "noise_law",
    "noise_law_quality",
    "seed_intervals",
    "snr_one",
]
