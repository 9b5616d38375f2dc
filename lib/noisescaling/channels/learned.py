"""A direction learned from finitely many cells: estimation as a further noise in the channel."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import choice, finite, positive, same_length, whole
from noisescaling.channels.gaussian import FloatArray

Method = Literal["pca", "cross_covariance"]


def learned_correlation(
    strength: ArrayLike,
    aspect: ArrayLike,
    rho_squared: ArrayLike = 1.0,
    method: Method = "pca",
) -> FloatArray:
    """Squared correlation of a signal with a new cell's score on a learned direction.

    pca:              rho^2 = rho_s^2 (1 - g / l^2)_+ / (1 + 1/l)
    cross_covariance: rho^2 = rho_s^2 / (1 + 1/l + g / (rho_s^2 l^2))

    (book, equations `eq-learned-pca` and `eq-learned-cross`), exact as n_features and n_samples
    grow at a fixed ratio g.

    Parameters
    ----------
    strength
        l: variance of the measurement along the true direction that the state causes, over the
        variance of the noise of one feature; above 0.
    aspect
        g: number of features over number of cells, above 0.
    rho_squared
        rho_s^2: squared correlation of the signal with the state along that direction.
    method
        Leading principal component, or covariance of the features with the signal itself.

    Raises
    ------
    ValueError
        If a value is out of range or the method unknown.
    """
    choice("method", method, ("pca", "cross_covariance"))
    ell, gamma = positive("strength", strength), positive("aspect", aspect)
    rho = positive("rho_squared", rho_squared)
    if method == "pca":
        return np.asarray(rho * np.clip(1 - gamma / ell**2, 0, None) / (1 + 1 / ell))
    return np.asarray(rho / (1 + 1 / ell + gamma / (rho * ell**2)))


def subspace_correlation(strengths: ArrayLike, weights: ArrayLike, aspect: ArrayLike) -> FloatArray:
    """Squared correlation of a signal with the scores on many learned principal components.

    rho^2 = sum_k w_k (1 - g / l_k^2)_+ / (1 + 1/l_k)   (book, equation `eq-learned-spectrum`)

    Parameters
    ----------
    strengths, weights
        l_k and the share w_k of the signal's variance that state k carries, shape (n_states,).
    aspect
        g: features over cells, any shape.
    """
    ell, w = positive("strengths", strengths), finite("weights", weights)
    same_length(strengths=ell, weights=w)
    gamma = positive("aspect", aspect)[..., None]
    return np.asarray((w * np.clip(1 - gamma / ell**2, 0, None) / (1 + 1 / ell)).sum(axis=-1))


def simulate_direction(
    strength: float,
    n_features: int,
    n_samples: int,
    rng: np.random.Generator,
    *,
    rho_squared: float = 1.0,
    method: Method = "pca",
    noise_variances: ArrayLike | None = None,
) -> float:
    """Squared correlation that one simulated training set attains on unlimited new cells.

    Draws `n_samples` cells with one hidden state along the first feature, learns a direction, and
    evaluates its score exactly. `strength` is the state's variance in the measurement.

    Parameters
    ----------
    noise_variances
        Variance of each feature's noise, shape (n_features,); all 1 when left out.
    """
    choice("method", method, ("pca", "cross_covariance"))
    n_features = whole("n_features", n_features, at_least=2)
    n_samples = whole("n_samples", n_samples, at_least=2)
    noise = (
        np.ones(n_features)
        if noise_variances is None
        else positive("noise_variances", noise_variances)
    )
    state = rng.standard_normal(n_samples)
    x = rng.standard_normal((n_samples, n_features)) * np.sqrt(noise)
    x[:, 0] += np.sqrt(strength) * state
    if method == "pca":
        direction = _components(x, 1)[:, 0]
    else:
        rest = rng.standard_normal(n_samples)
        direction = x.T @ (np.sqrt(rho_squared) * state + np.sqrt(1 - rho_squared) * rest)
    signal = strength * direction[0] ** 2
    return float(rho_squared * signal / (signal + (noise * direction**2).sum()))


def simulate_subspace(
    strengths: ArrayLike,
    weights: ArrayLike,
    n_features: int,
    n_samples: int,
    n_components: int,
    rng: np.random.Generator,
) -> float:
    """Squared multiple correlation that one simulated principal component analysis attains.

    State k lies along feature k with strength l_k, the noise of each feature has variance 1; the
    signal is the sum of the states with variance shares w_k. Evaluated exactly on new cells.
    """
    ell, w = positive("strengths", strengths), finite("weights", weights)
    n_states = same_length(strengths=ell, weights=w)
    x = rng.standard_normal((n_samples, whole("n_features", n_features, at_least=n_states)))
    x[:, :n_states] += rng.standard_normal((n_samples, n_states)) * np.sqrt(ell)
    loadings = _components(x, n_components)
    shared = loadings[:n_states].T @ np.sqrt(ell * w)
    scores = loadings[:n_states].T * ell @ loadings[:n_states] + np.eye(loadings.shape[1])
    return float(shared @ np.linalg.solve(scores, shared))


def _components(x: FloatArray, n_components: int) -> FloatArray:
    """Leading principal directions of zero-mean data, shape (n_features, n_components)."""
    if len(x) < x.shape[1]:
        vectors = x.T @ np.linalg.eigh(x @ x.T)[1][:, -n_components:]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=0))
    return np.asarray(np.linalg.eigh(x.T @ x)[1][:, -n_components:])
