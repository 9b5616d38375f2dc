"""Gaussian channels behind the laws: closed forms in bits, and samplers that check them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, correlation_bits, finite, positive, same_length, whole

FloatArray = NDArray[np.float64]
Method = Literal["pca", "cross_covariance"]


def correlation_information(rho_squared: ArrayLike) -> FloatArray:
    """Information between two Gaussian variables of squared correlation rho^2, in bits.

    I = -1/2 log2(1 - rho^2)   (book, equation `eq-correlation-information`)

    Raises
    ------
    ValueError
        If a value is not finite or not in [0, 1).
    """
    rho = finite("rho_squared", rho_squared)
    if rho.size and (rho.min() < 0 or rho.max() >= 1):
        raise ValueError(
            f"rho_squared runs from {rho.min():g} to {rho.max():g}; give values of at least 0 "
            "and below 1"
        )
    return correlation_bits(rho)


def attenuated(rho_max_squared: ArrayLike, snr: ArrayLike) -> FloatArray:
    """Squared correlation that is left when noise of a signal-to-noise ratio is added.

    rho^2 = rho_max^2 SNR / (1 + SNR)   (book, equation `eq-attenuation`), any shape. `snr` is the
    variance of the clean measurement over that of the noise, above 0.
    """
    ratio = positive("snr", snr)
    return np.asarray(finite("rho_max_squared", rho_max_squared) * ratio / (1 + ratio))


def gaussian_information(covariance: ArrayLike, n_x: int) -> float:
    """Information between the first `n_x` and the other coordinates of a Gaussian vector, in bits.

    I = 1/2 log2[ det S_x det S_y / det S ]   (book, equation `eq-log-det`), S of shape
    (n_x + n_y, n_x + n_y).

    Raises
    ------
    ValueError
        If the matrix is no covariance of full rank, or if `n_x` leaves no coordinate for one of
        the vectors.
    """
    matrix = covariance_matrix("covariance", covariance)
    n_x = whole("n_x", n_x, at_least=1)
    if n_x >= len(matrix):
        raise ValueError(
            f"n_x = {n_x} leaves no second vector among {len(matrix)} coordinates; give at most "
            f"{len(matrix) - 1}"
        )
    parts = (matrix[:n_x, :n_x], matrix[n_x:, n_x:], matrix)
    x, y, both = (np.linalg.slogdet(part)[1] for part in parts)
    return float((x + y - both) / (2 * np.log(2)))


def sample_information(x: ArrayLike, y: ArrayLike) -> float:
    """Information between two samples taken as jointly Gaussian, in bits, less its known bias.

    The estimate from the sample covariance of n points is too high by d_x d_y / (2 n ln 2) bits to
    first order in 1/n; that much is subtracted, so that independent data give 0 on average.

    Parameters
    ----------
    x, y
        Samples of shape (n, d_x) and (n, d_y), or (n,).

    Raises
    ------
    ValueError
        If lengths differ, values are not finite, or n is not above d_x + d_y + 1.
    """
    sides = {name: finite(name, v) for name, v in (("x", x), ("y", y))}
    first, second = (side.reshape(len(side), -1) for side in sides.values())
    n, d = same_length(x=first, y=second), first.shape[1] + second.shape[1]
    if n <= d + 1:
        raise ValueError(f"{n} points are too few for {d} coordinates; give at least {d + 2}")
    covariance = np.cov(np.hstack([first, second]), rowvar=False)
    bias = first.shape[1] * second.shape[1] / (2 * n * float(np.log(2)))
    return gaussian_information(covariance, first.shape[1]) - bias


def covariance_matrix(name: str, values: ArrayLike) -> FloatArray:
    """Return a symmetric, positive definite matrix, or refuse it by name."""
    matrix = finite(name, values, ndim=2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} has shape {matrix.shape}; give a square matrix")
    gap = float(np.abs(matrix - matrix.T).max())
    if gap > 1e-8 * np.abs(matrix).max():
        raise ValueError(f"{name} differs from its transpose by {gap:g}; give a symmetric matrix")
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest <= 0:
        raise ValueError(f"{name} has an eigenvalue of {lowest:g}; give a matrix of full rank")
    return matrix


@dataclass(frozen=True)
class ParallelChannels:
    """A vector channel as a sum of one-dimensional ones, each rising at 1/B and full at 1/A.

    I(u) = 1/2 sum_i log2[ (1 + B_i u) / (1 + A_i u) ]   (book, equation `eq-parallel`)

    Parameters
    ----------
    rising
        B, shape (n_channels,): variances of the clean measurement over those of the noise at unit
        quality. 1/B is the quality at which a channel's signal-to-noise ratio is one.
    falling
        A, shape (n_channels,): the same for the part of the measurement that the signal does not
        explain. 1/A is the noise sensitivity u_bar of a channel.
    """

    rising: FloatArray
    falling: FloatArray

    def __post_init__(self) -> None:
        """Refuse channels whose information would fall with quality."""
        rising, falling = positive("rising", self.rising), finite("falling", self.falling)
        same_length(rising=rising, falling=falling)
        if falling.min() < 0 or (falling > rising).any():
            raise ValueError(
                f"falling runs from {falling.min():g} to {falling.max():g}; each must be at least "
                f"0 and at most its rising value ({rising.min():g} to {rising.max():g})"
            )

    @property
    def capacity(self) -> float:
        """Information at unlimited quality, in bits; infinite if a channel has no ceiling."""
        with np.errstate(divide="ignore"):
            return float(0.5 * np.log2(np.divide(self.rising, self.falling)).sum())

    def information(self, u: ArrayLike) -> FloatArray:
        """Information at qualities `u` (any shape, above 0), in bits."""
        quality = positive("u", u)[..., None]
        terms = np.log2((1 + self.rising * quality) / (1 + self.falling * quality))
        return np.asarray(0.5 * terms.sum(axis=-1))

    def slope(self, u: ArrayLike) -> FloatArray:
        """Gain in bits for each doubling of the quality, at `u` (any shape, above 0)."""
        quality = positive("u", u)[..., None]
        rise, fall = (x * quality / (1 + x * quality) for x in (self.rising, self.falling))
        return np.asarray(0.5 * (rise - fall).sum(axis=-1))


def parallel_channels(
    clean: ArrayLike, unexplained: ArrayLike, noise: ArrayLike
) -> ParallelChannels:
    """Split a Gaussian vector measurement with noise of covariance `noise` / u into channels.

    Their B and A are the generalised eigenvalues of `clean` and `unexplained` against `noise`, each
    set sorted downwards (book, equation `eq-parallel`).

    Parameters
    ----------
    clean
        Covariance of the clean measurement, shape (d, d).
    unexplained
        Covariance of the clean measurement given the signal, shape (d, d); not above `clean`.
    noise
        Covariance of the noise at unit quality, shape (d, d).

    Raises
    ------
    ValueError
        If a matrix is no covariance, or `unexplained` exceeds `clean` in some direction.
    """
    named = {"clean": clean, "unexplained": unexplained, "noise": noise}
    first, rest, disturbance = (covariance_matrix(name, m) for name, m in named.items())
    same_length(clean=first, unexplained=rest, noise=disturbance)
    inverse = np.linalg.inv(np.linalg.cholesky(disturbance))
    explained, rising, falling = (
        np.asarray(np.linalg.eigvalsh(inverse @ m @ inverse.T)[::-1], dtype=np.float64)
        for m in (first - rest, first, rest)
    )
    if explained[-1] < -1e-9 * np.abs(explained).max():
        raise ValueError(
            f"unexplained exceeds clean by {-explained[-1]:g} noise variances in one direction; "
            "what the signal leaves open is part of the clean covariance"
        )
    return ParallelChannels(rising, np.minimum(falling, rising))


def sharing(falling: FloatArray, capacity: float) -> ParallelChannels:
    """Channels full at 1/`falling`, shape (n_channels,), that share a capacity (bits) equally."""
    return ParallelChannels(falling * 2 ** (2 * capacity / len(falling)), falling)


def random_problem(
    n_features: int, n_signals: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Draw a measurement whose covariances share no axes.

    Returns
    -------
    loadings, rest, noise
        Of the measurement on the signals, shape (n_features, n_signals); covariance of what the
        signals leave open, and of the noise at unit quality, shape (n_features, n_features).
    """
    loadings = 2 * rng.standard_normal((n_features, n_signals))
    mixing, noise = rng.standard_normal((2, n_features, n_features))
    rest = 0.1 * mixing @ mixing.T + 0.02 * np.eye(n_features)
    return loadings, rest, noise @ noise.T + 0.1 * np.eye(n_features)


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
        return _through_component(rho, ell, gamma)
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
    return np.asarray(_through_component(w, ell, gamma).sum(axis=-1))


def learned_surfaces(n_cells: FloatArray, u: FloatArray) -> dict[str, FloatArray]:
    """Bits over cells and quality of three ways of learning: a direction, in two ways, and many.

    1,000 features, each with the noise 0.1 + 60/u over the signal's variance; the signal has the
    squared correlation 0.97 with the states. Both axes and the bits have shape (n_points,).
    """
    ell, aspect = 1 / (0.1 + 60 / u), 1000 / n_cells
    states = np.arange(1.0, 301.0)
    share = states**-2.0 / (states**-2.0).sum()
    pairs = zip(ell, aspect, strict=True)
    spectrum = [subspace_correlation(30 * x / states, share, g) for x, g in pairs]
    surfaces = {
        "covariance with the signal": learned_correlation(ell, aspect, 0.97, "cross_covariance"),
        "principal component": learned_correlation(ell, aspect, 0.97, "pca"),
        "spectrum of components": 0.97 * np.array(spectrum),
    }
    return {name: correlation_information(rho) for name, rho in surfaces.items()}


def _through_component(share: FloatArray, ell: FloatArray, gamma: FloatArray) -> FloatArray:
    """Squared correlation that a learned principal component keeps of a share of the signal."""
    return np.asarray(share * np.clip(1 - gamma / ell**2, 0, None) / (1 + 1 / ell))


def simulate_direction(
    strength: float,
    n_features: int,
    n_samples: int,
    rng: np.random.Generator,
    *,
    rho_squared: float = 1.0,
    method: Method = "pca",
    noise_variances: ArrayLike = 1.0,
) -> float:
    """Squared correlation that one simulated training set attains on unlimited new cells.

    Draws `n_samples` cells with one hidden state along the first feature, learns a direction, and
    evaluates its score exactly. `strength` is the state's variance in the measurement.

    Parameters
    ----------
    noise_variances
        Variance of the features' noise, one for all or shape (n_features,).
    """
    choice("method", method, ("pca", "cross_covariance"))
    n_features = whole("n_features", n_features, at_least=2)
    n_samples = whole("n_samples", n_samples, at_least=2)
    noise = positive("noise_variances", noise_variances)
    state = rng.standard_normal(n_samples)
    x = rng.standard_normal((n_samples, n_features)) * np.sqrt(noise)
    x[:, 0] += np.sqrt(strength) * state
    if method == "pca":
        direction = _components(x, 1)[:, 0]
    else:
        direction = x.T @ _correlated(state, rho_squared, rng.standard_normal(n_samples))
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
    loadings = _components(x, n_components)[:n_states].T
    shared = loadings @ np.sqrt(ell * w)
    scores = loadings * ell @ loadings.T + np.eye(n_components)
    return float(shared @ np.linalg.solve(scores, shared))


def _components(x: FloatArray, n_components: int) -> FloatArray:
    """Leading principal directions of zero-mean data, shape (n_features, n_components)."""
    if len(x) < x.shape[1]:
        vectors = x.T @ np.linalg.eigh(x @ x.T)[1][:, -n_components:]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=0))
    return np.asarray(np.linalg.eigh(x.T @ x)[1][:, -n_components:])


def _correlated(state: FloatArray, rho_squared: float, rest: FloatArray) -> FloatArray:
    """A signal whose squared correlation with the state is given."""
    return np.asarray(np.sqrt(rho_squared) * state + np.sqrt(1 - rho_squared) * rest)


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
    n_cells, rng
        Number of cells, and what draws them.
    snr
        Signal-to-noise ratio of the whole measurement, above 0.
    rho_squared
        Squared correlation of the signal with the state.
    shared
        Variance of technical variation that both halves share, over that of the state.
    """
    n_cells = whole("n_cells", n_cells, at_least=1)
    spread = np.sqrt(2 / float(positive("snr", snr)))
    state, rest, technical, first, second = rng.standard_normal((5, n_cells))
    clean = state + np.sqrt(shared) * technical
    return _correlated(state, rho_squared, rest), clean + spread * first, clean + spread * second
