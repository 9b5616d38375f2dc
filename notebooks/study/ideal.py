"""The ideal observer of simulated cells: it knows how the state sets the rates, and no more."""

from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, positive
from noisescaling._counts import Counts
from noisescaling.datasets import CellTruth, Dataset
from noisescaling.datasets.simulated import COORDINATES

#: Signals that pair a cell with another, as noisy as itself.
_PAIRED = ("clone", "neighbour")
#: Steps of Newton's method.
_N_STEPS = 8


def information_per_umi(truth: CellTruth) -> NDArray[np.float64]:
    """Return the Fisher information of one molecule about the state, shape (6, 6), cell average.

    J = E[ sum_g p_g (w_g - w)(w_g - w)^T ], with the shares p, the loadings w_g and their
    p-weighted mean w (book, equation `eq-fisher-umi`).
    """
    proportions = truth.proportions(truth.state)
    return np.asarray(_curvature(proportions, truth.loadings).mean(axis=0))


def unit_snr_depths(truth: CellTruth) -> dict[str, float]:
    """Return the depth of signal-to-noise ratio one of each coordinate, in UMIs per cell.

    A cell of u molecules tells a coordinate of unit variance with the signal-to-noise ratio
    u / u_snr, where u_snr = [J^-1]_jj; exact where many molecules make the posterior normal. The
    noise sensitivity of a signal of capacity I_max is u_bar = 2^(2 I_max) u_snr (book, `eq-u-bar`).
    """
    variances = np.diag(np.linalg.inv(information_per_umi(truth)))
    return dict(zip(COORDINATES, variances.tolist(), strict=True))


def most_likely_state(counts: NDArray[np.integer], truth: CellTruth) -> NDArray[np.float64]:
    """Return each cell's most probable state given its counts, shape (n_cells, 6).

    Newton's method on the multinomial likelihood of the counts, given their total, with a standard
    normal prior of the state. This is the representation that an ideal model would learn.

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules, dense.
    truth
        How the state sets the rates.
    """
    depth = counts.sum(axis=1, keepdims=True)
    state = np.zeros((len(counts), truth.loadings.shape[1]))
    identity = np.eye(state.shape[1])
    for _ in range(_N_STEPS):
        proportions = truth.proportions(state)
        slope = (counts - depth * proportions) @ truth.loadings - state
        curvature = depth[:, :, None] * _curvature(proportions, truth.loadings) + identity
        state = state + np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
    return state


def _curvature(
    proportions: NDArray[np.float64], loadings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the covariance of the loadings under each cell's shares, (n_cells, 6, 6)."""
    mean = proportions @ loadings
    products = (loadings[:, :, None] * loadings[:, None, :]).reshape(len(loadings), -1)
    second = (proportions @ products).reshape(len(mean), *2 * loadings.shape[1:])
    return np.asarray(second - mean[:, :, None] * mean[:, None, :])


class IdealObserver:
    """The most probable state as a representation: nothing is learned, nothing is lost.

    Parameters
    ----------
    truth
        How the state of the simulated cells sets the rates.
    """

    def __init__(self, truth: CellTruth) -> None:
        self.truth = truth

    def fit(self, data: Counts) -> Self:
        """Return itself: the ideal observer has nothing to learn."""
        return self

    def embed(self, data: Counts) -> NDArray[np.float64]:
        """Return the most probable state of each cell, shape (n_cells, 6)."""
        counts = data.toarray() if sp.issparse(data) else data
        return most_likely_state(counts, self.truth)


def predicted_bits(cells: Dataset, signal: str, umis_per_cell: ArrayLike) -> NDArray[np.float64]:
    """Information, in bits, that the ideal observer has of a signal, known beforehand.

    For the signals tied to one coordinate of the state by a correlation: "time", whose own value
    is free of counting noise (book, `eq-noise-law`), and "clone" and "neighbour", where the second
    cell is as noisy as the first (book, `eq-two-sided`). Cells of equal depth are assumed.

    Parameters
    ----------
    cells
        Simulated cells.
    signal
        Name of the signal.
    umis_per_cell
        Depths, in UMIs per cell; any shape.

    Returns
    -------
    Information in bits, of the shape of `umis_per_cell`.

    Raises
    ------
    ValueError
        If the signal is tied to the state in another way, or a depth is not above 0.
    """
    u_snr = unit_snr_depths(cells.truth)[choice("signal", signal, ("time", *_PAIRED))]
    depth = positive("umis_per_cell", umis_per_cell)
    attenuation = depth / (depth + u_snr)
    true_bits = cells.signal(signal).true_bits
    assert true_bits is not None
    squared = (1 - 2 ** (-2 * true_bits)) * attenuation ** (2 if signal in _PAIRED else 1)
    return np.asarray(-np.log2(1 - squared) / 2)
