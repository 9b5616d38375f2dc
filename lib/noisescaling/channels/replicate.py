"""Two halves of one cell's molecules as two looks at its state: what they say without a label."""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive, whole
from noisescaling.channels.gaussian import FloatArray, correlation_information


def half_reliability(snr: ArrayLike, shared: ArrayLike = 0.0) -> FloatArray:
    """Correlation of the embeddings of two halves of one cell's molecules.

    r = (1 + t) / (1 + t + 2/SNR)   (book, equation `eq-reliability`)

    Parameters
    ----------
    snr
        Signal-to-noise ratio of the whole measurement, u/u_snr, above 0; a half has half of it.
    shared
        t: variance of technical variation that both halves share, over that of the state.

    Raises
    ------
    ValueError
        If `snr` is not above 0 or `shared` is negative.
    """
    extra = finite("shared", shared)
    if extra.size and extra.min() < 0:
        raise ValueError(f"shared = {extra.min():g} is a variance; give at least 0")
    return np.asarray((1 + extra) / (1 + extra + 2 / positive("snr", snr)))


def replicate_bits(reliability: ArrayLike) -> FloatArray:
    """Information between the two halves' embeddings, in bits: I_rep = -1/2 log2(1 - r^2)."""
    return correlation_information(np.square(finite("reliability", reliability)))


def reliability_from_bits(bits: ArrayLike) -> FloatArray:
    """Correlation of two halves that share `bits`: r = sqrt(1 - 2^(-2 I_rep)).

    Raises
    ------
    ValueError
        If `bits` is negative.
    """
    values = finite("bits", bits)
    if values.size and values.min() < 0:
        raise ValueError(f"bits = {values.min():g} is negative; give at least 0")
    return np.asarray(np.sqrt(1 - np.exp2(-2 * values)))


def spearman_brown(reliability: ArrayLike) -> FloatArray:
    """Squared correlation of state and whole measurement from the halves' correlation: 2r/(1 + r).

    Without shared technical variation this is SNR / (1 + SNR) at full depth
    (book, equation `eq-spearman-brown`).
    """
    r = finite("reliability", reliability)
    return np.asarray(2 * r / (1 + r))


def simulate_halves(
    n_cells: int,
    snr: float,
    rng: np.random.Generator,
    *,
    rho_squared: float = 1.0,
    shared: float = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Signal and the embeddings of two halves of `n_cells` cells, each of shape (n_cells,).

    Parameters
    ----------
    n_cells
        Number of cells.
    snr
        Signal-to-noise ratio of the whole measurement, above 0.
    rng
        Source of randomness.
    rho_squared
        Squared correlation of the signal with the state.
    shared
        Variance of technical variation that both halves share, over that of the state.
    """
    n_cells = whole("n_cells", n_cells, at_least=1)
    spread = np.sqrt(2 / float(positive("snr", snr)))
    state, rest, technical, first, second = rng.standard_normal((5, n_cells))
    signal = np.sqrt(rho_squared) * state + np.sqrt(1 - rho_squared) * rest
    clean = state + np.sqrt(shared) * technical
    return signal, clean + spread * first, clean + spread * second
