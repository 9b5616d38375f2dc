"""Molecule counts as a channel: why the signal-to-noise ratio is proportional to depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import finite, positive, same_length, whole
from noisescaling.channels.gaussian import FloatArray


@dataclass(frozen=True)
class Technique:
    """What a technique adds to counting noise.

    Parameters
    ----------
    dropout
        Probability that all molecules of a gene in a cell are lost (zero inflation).
    dispersion
        Overdispersion phi: variance of a count is m + phi m^2 about its mean m.
    """

    dropout: float = 0.0
    dispersion: float = 0.0

    def __post_init__(self) -> None:
        """Refuse probabilities and variances out of range."""
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout = {self.dropout:g} must be at least 0 and below 1")
        if not 0 <= self.dispersion < np.inf:
            raise ValueError(f"dispersion = {self.dispersion:g} must be finite and at least 0")


@dataclass(frozen=True)
class CountReadout:
    """Signal-to-noise ratio of a weighted sum of counts, as a function of depth.

    1/SNR(u) = counting / u + floor   (book, equation `eq-count-snr`)
    """

    counting: float
    floor: float

    def snr(self, u: FloatArray | float) -> FloatArray:
        """Signal-to-noise ratio at `u` UMIs per cell, any shape."""
        return np.asarray(1 / (self.counting / positive("u", u) + self.floor))


def lognormal_cells(
    n_cells: int, n_genes: int, spread: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cells whose expression rates are log-normal in one hidden state.

    Returns
    -------
    state, shares, loadings
        Standard normal state, shape (n_cells,); expected share of each gene in the molecules,
        shape (n_cells, n_genes), rows sum to 1; loadings of the log rates on the state, standard
        deviation `spread`, shape (n_genes,).
    """
    n_cells = whole("n_cells", n_cells, at_least=1)
    n_genes = whole("n_genes", n_genes, at_least=2)
    state = rng.standard_normal(n_cells)
    loadings = float(positive("spread", spread)) * rng.standard_normal(n_genes)
    log_rates = 1.5 * rng.standard_normal(n_genes) + state[:, None] * loadings
    rates = np.exp(log_rates)
    return state, np.asarray(rates / rates.sum(axis=1, keepdims=True)), loadings


def observe(
    shares: FloatArray,
    u: float,
    rng: np.random.Generator,
    technique: Technique | None = None,
) -> NDArray[np.int64]:
    """Draw molecule counts at a mean depth of `u` UMIs per cell, shape of `shares`.

    With dropout the surviving genes make up for the lost ones, so that the mean depth stays `u`.
    """
    technique = technique or Technique()
    mean = float(positive("u", u)) * finite("shares", shares, ndim=2) / (1 - technique.dropout)
    if technique.dispersion:
        shape = 1 / technique.dispersion
        mean = mean * rng.gamma(shape, 1 / shape, size=mean.shape)
    counts = rng.poisson(mean)
    if technique.dropout:
        counts[rng.random(counts.shape) < technique.dropout] = 0
    return counts


def readout_snr(
    shares: FloatArray, weights: FloatArray, technique: Technique | None = None
) -> CountReadout:
    """Signal-to-noise ratio of the readout sum_g a_g X_g / u, from the law of total variance.

    Signal is the variance over cells of the readout's mean given the cell, noise the mean over
    cells of its variance given the cell.

    Parameters
    ----------
    shares
        Expected shares p_g of the molecules, shape (n_cells, n_genes).
    weights
        a_g, shape (n_genes,).
    technique
        What is added to counting noise; nothing when left out.

    Raises
    ------
    ValueError
        If the readout does not differ between cells.
    """
    technique = technique or Technique()
    shares, weights = finite("shares", shares, ndim=2), finite("weights", weights, ndim=1)
    same_length(genes=shares.T, weights=weights)
    signal = float(np.var(shares @ weights))
    if signal <= 0:
        raise ValueError("the readout is the same for all cells; give weights that tell them apart")
    squares = np.square(weights)
    counting = float((shares @ squares).mean())
    excess = (1 + technique.dispersion) / (1 - technique.dropout) - 1
    floor = excess * float((np.square(shares) @ squares).mean())
    return CountReadout(counting / signal, floor / signal)
