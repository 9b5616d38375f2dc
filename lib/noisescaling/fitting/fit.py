"""Fitting one law to one set of points."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import choice
from noisescaling.fitting.engine import Batch, best_of_starts, solve
from noisescaling.fitting.law import FloatArray, Law
from noisescaling.fitting.laws import cell_law, joint_law, noise_law
from noisescaling.fitting.points import one_curve
from noisescaling.fitting.result import LawFit, fits_of

Loss = Literal["squares", "huber"]


def fit_law(
    law: Law,
    *inputs: ArrayLike,
    bits: ArrayLike,
    standard_errors: ArrayLike | None = None,
    loss: Loss = "squares",
    entropy: float | None = None,
) -> LawFit:
    """Fit any law to points of one curve, by bounded least squares from several starts.

    Parameters
    ----------
    law
        The law, for instance `LAWS["hill_law"]`.
    inputs
        The law's inputs, each of shape (n_points,), above 0.
    bits
        Measured information, shape (n_points,), in bits.
    standard_errors
        Standard error of each of the `bits`, shape (n_points,): weights 1/error^2. Only their
        ratios count; the size of the scatter is estimated from the residuals.
    loss
        `squares`, or `huber` for points some of which are far off.
    entropy
        Entropy of the measured labels, in bits, which no capacity exceeds; None for signals that
        are no labels. A law without a capacity is not bounded.

    Raises
    ------
    ValueError
        If the points are too few, of different lengths, not finite, an input is not above 0, or
        `entropy` is not above 0.
    """
    choice("loss", loss, ("squares", "huber"))
    batch = one_curve(law, inputs, bits, standard_errors, entropy)
    theta, cost = best_of_starts(batch)
    if loss == "huber":
        batch, theta, cost = _huber(batch, theta)
    return fits_of(batch, theta, cost)[0]


def _huber(batch: Batch, theta: FloatArray) -> tuple[Batch, FloatArray, FloatArray]:
    """Reweight until the Huber estimate stands; its weights stay in the returned batch."""
    prior = batch.root_weights
    for _ in range(30):
        residuals = np.abs(batch.bits - batch.predict(theta)) * prior
        scale = max(1.4826 * float(np.median(residuals)), 1e-12)
        weights = np.minimum(1.0, 1.345 * scale / np.maximum(residuals, 1e-300))
        batch = replace(batch, root_weights=prior * np.sqrt(weights))
        before = theta
        theta, cost = solve(batch, theta.copy())
        if np.abs(theta - before).max() < 1e-7:
            break
    return batch, theta, cost


def fit_noise_law(u: ArrayLike, bits: ArrayLike, **how: Any) -> LawFit:
    """Fit the noise law to bits at qualities `u`: u_bar and i_max (bits).

    Further arguments and errors are those of `fit_law`; `entropy=` for labels.
    """
    return fit_law(noise_law, u, bits=bits, **how)


def fit_cell_law(n: ArrayLike, bits: ArrayLike, **how: Any) -> LawFit:
    """Fit the cell law to bits after training on `n` cells: n0, s and i_inf; see `fit_law`."""
    return fit_law(cell_law, n, bits=bits, **how)


def fit_joint_law(n: ArrayLike, u: ArrayLike, bits: ArrayLike, **how: Any) -> LawFit:
    """Fit the joint law to bits of `n` cells at quality `u`: i_max, u_snr, n0, s and u1.

    Arguments and errors are those of `fit_law`.
    """
    return fit_law(joint_law, n, u, bits=bits, **how)
