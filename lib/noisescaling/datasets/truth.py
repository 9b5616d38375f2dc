"""Information, in bits, between the state of simulated cells and each of their signals."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, xlogy

from noisescaling import _checks

#: Nodes of the Gauss-Hermite rule.
_NODES = 200


def standard_centres(n_types: int) -> NDArray[np.float64]:
    """Return equally spaced means of the types, shape (n_types,), of mean 0 and variance 1."""
    steps = np.arange(n_types) - (n_types - 1) / 2
    return np.asarray(steps / steps.std())


def label_bits(centres: NDArray[np.float64], spread: float) -> float:
    """Information, in bits, between a label and a value normal around the label's centre.

    By Gauss-Hermite quadrature over each equally frequent label's normal distribution.

    Parameters
    ----------
    centres
        Mean of the value for each label, shape (n_types,).
    spread
        Standard deviation of the value within a label.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    values = centres[:, None] + spread * nodes
    distances = (values[:, :, None] - centres) / spread
    log_posterior = -(nodes**2) / 2 - logsumexp(-(distances**2) / 2, axis=2)
    conditional = -np.average(log_posterior.mean(axis=0), weights=weights)
    return float((np.log(len(centres)) - conditional) / np.log(2))


def panel_bits(mixing: NDArray[np.float64], noise: float) -> float:
    """Information, in bits, between standard normal states and their noisy linear mixtures.

    Parameters
    ----------
    mixing
        Weights of the states in each measured value, shape (n_states, n_values).
    noise
        Standard deviation of each value's independent noise.
    """
    gram = np.eye(len(mixing)) + mixing @ mixing.T / noise**2
    return float(np.linalg.slogdet(gram).logabsdet / (2 * np.log(2)))


def correlation_bits(correlation: float) -> float:
    """Information, in bits, between two jointly normal values: -1/2 log2(1 - correlation^2)."""
    return float(_checks.correlation_bits(np.asarray(correlation**2)))


def entropy_bits(labels: NDArray[np.generic]) -> float:
    """Entropy, in bits, of the observed frequencies of labels of shape (n,).

    Examples
    --------
    >>> from noisescaling import datasets
    >>> datasets.entropy_bits(["a", "a", "b", "b"])
    1.0
    """
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return float(-xlogy(shares, shares).sum() / np.log(2))
