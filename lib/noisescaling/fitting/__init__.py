"""Scaling laws as pure functions, and their fits with honest intervals."""

from noisescaling.fitting.catalogue import CELL, JOINT, JOINT_LAWS, LAWS, NOISE
from noisescaling.fitting.curves import fit_curves
from noisescaling.fitting.fit import fit_cell_law, fit_joint_law, fit_law, fit_noise_law
from noisescaling.fitting.law import Law, Parameter
from noisescaling.fitting.laws import cell_law, joint_law, noise_law, noise_law_quality, snr_one
from noisescaling.fitting.result import LawFit

__all__ = [
    "CELL",
    "JOINT",
    "JOINT_LAWS",
    "LAWS",
    "NOISE",
    "Law",
    "LawFit",
    "Parameter",
    "cell_law",
    "fit_cell_law",
    "fit_curves",
    "fit_joint_law",
    "fit_law",
    "fit_noise_law",
    "joint_law",
    "noise_law",
    "noise_law_quality",
    "snr_one",
]
