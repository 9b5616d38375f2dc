"""Counts, pixels and residues as channels: how the signal-to-noise ratio grows with the quality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive, same_length, whole
from study.theory import FloatArray


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
    *,
    dropout: float = 0.0,
    dispersion: float = 0.0,
) -> NDArray[np.int64]:
    """Draw molecule counts at a mean depth of `u` UMIs per cell, shape of `shares`.

    Parameters
    ----------
    shares
        Expected shares of the molecules, shape (n_cells, n_genes).
    u, rng
        Mean depth, and what draws the counts.
    dropout
        Probability that all molecules of a gene in a cell are lost (zero inflation). The surviving
        genes make up for the lost ones, so that the mean depth stays `u`.
    dispersion
        Overdispersion phi: variance of a count is m + phi m^2 about its mean m.
    """
    _check_technique(dropout, dispersion)
    mean = float(positive("u", u)) * finite("shares", shares, ndim=2) / (1 - dropout)
    if dispersion:
        mean = mean * rng.gamma(1 / dispersion, dispersion, size=mean.shape)
    counts = rng.poisson(mean)
    if dropout:
        counts[rng.random(counts.shape) < dropout] = 0
    return counts


def readout_snr(
    shares: FloatArray, weights: FloatArray, *, dropout: float = 0.0, dispersion: float = 0.0
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
    dropout, dispersion
        What is added to counting noise, as for `observe`.

    Raises
    ------
    ValueError
        If the readout does not differ between cells.
    """
    _check_technique(dropout, dispersion)
    shares, weights = finite("shares", shares, ndim=2), finite("weights", weights, ndim=1)
    same_length(genes=shares.T, weights=weights)
    signal = float(np.var(shares @ weights))
    if signal <= 0:
        raise ValueError("the readout is the same for all cells; give weights that tell them apart")
    squares = np.square(weights)
    counting = float((shares @ squares).mean())
    excess = (1 + dispersion) / (1 - dropout) - 1
    floor = excess * float((np.square(shares) @ squares).mean())
    return CountReadout(counting / signal, floor / signal)


def _check_technique(dropout: float, dispersion: float) -> None:
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout = {dropout:g} must be at least 0 and below 1")
    if not 0 <= dispersion < np.inf:
        raise ValueError(f"dispersion = {dispersion:g} must be finite and at least 0")


def misread_snr(
    error: float,
    rng: np.random.Generator,
    *,
    n_sequences: int = 2_000,
    length: int = 60,
    letters: int = 20,
) -> float:
    """Signal-to-noise ratio of a weighted sum over the letters of misread sequences, simulated.

    Each letter is replaced with probability `error` by one drawn anew; the closed form is
    (1 - e)^2 / [e (2 - e)].
    """
    weights = rng.standard_normal((length, letters))
    weights -= weights.mean(axis=1, keepdims=True)
    sequences, fresh = rng.integers(0, letters, (2, n_sequences, length))
    clean, swapped = (weights[np.arange(length), drawn] for drawn in (sequences, fresh))
    noisy = np.where(rng.random(clean.shape) < error, swapped, clean)
    signal = (1 - error) * clean
    return float(signal.sum(axis=1).var() / np.square((noisy - signal).sum(axis=1)).mean())


def smooth_fields(n_images: int, size: int, length: float, rng: np.random.Generator) -> FloatArray:
    """Random periodic images that vary over `length` pixels, unit variance, (n_images, size, size).

    White noise filtered with a Gaussian of standard deviation `length` pixels.
    """
    n_images, size = whole("n_images", n_images, at_least=1), whole("size", size, at_least=2)
    frequency = np.fft.fftfreq(size)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    window = np.exp(-2 * (np.pi * float(positive("length", length))) ** 2 * squared)
    noise = np.fft.fft2(rng.standard_normal((n_images, size, size)))
    fields = np.fft.ifft2(noise * window).real
    return np.asarray((fields - fields.mean()) / fields.std())


def pixelation_error(images: ArrayLike, factor: int) -> float:
    """Share of the images' variance that lies inside blocks of `factor` x `factor` pixels.

    This is the variance of what block averaging removes, over the variance of the clean images
    (book, equation `eq-pixelation`).

    Raises
    ------
    ValueError
        If the images are not square stacks or `factor` does not divide their size.
    """
    stack = finite("images", images, ndim=3)
    factor = whole("factor", factor, at_least=1)
    n, height, width = stack.shape
    if height % factor or width % factor:
        raise ValueError(
            f"factor = {factor} does not divide images of {height} x {width} pixels; give a divisor"
        )
    blocks = stack.reshape(n, height // factor, factor, width // factor, factor)
    return float(blocks.var(axis=(2, 4)).mean() / stack.var())
