"""Scaling laws as pure functions, and their fits with honest intervals."""

from noisescaling.fitting.fit import LawFit, fit_cell_law, fit_joint_law, fit_law, fit_noise_law
from noisescaling.fitting.forecast import Forecast, PointError, forecast
from noisescaling.fitting.intervals import seed_intervals
from noisescaling.fitting.laws import (
    LAWS,
    Law,
    Parameter,
    capacity,
    cell_law,
    joint_law,
    law,
    noise_law,
    noise_law_quality,
    number,
    replicate_law,
    scale,
    snr_one,
)
from noisescaling.fitting.tables import compare_laws, fit_curves, fit_groups, report
from noisescaling.fitting.verdict import Verdict

__all__ = [
    "LAWS",
    "Forecast",
    "Law",
    "LawFit",
    "Parameter",
    "PointError",
    "Verdict",
    "capacity",
    "cell_law",
    "compare_laws",
    "fit_cell_law",
    "fit_curves",
    "fit_groups",
    "fit_joint_law",
    "fit_law",
    "fit_noise_law",
    "forecast",
    "joint_law",
    "law",
    "noise_law",
    "noise_law_quality",
    "number",
    "replicate_law",
    "report",
    "scale",
    "seed_intervals",
    "snr_one",
]
