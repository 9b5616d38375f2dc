"""Information with labels: the entropy of the labels less the held-out loss of a classifier."""

from collections.abc import Sequence

import numpy as np

from noisescaling.metric._classifiers import neighbour_log_chances, softmax_log_chances
from noisescaling.metric._crossfit import Rows, best_ridge, cross_fitted, learning_gain
from noisescaling.metric._inputs import Labels
from noisescaling.metric._result import Estimate
from noisescaling.metric._sides import Array, Prepared, principal, products

#: Folds of the cross-fit of discriminants and of the classifier.
N_FOLDS = 5
#: Discriminants up to which the classifier sees all products of two, not the squares alone.
MAX_PRODUCTS = 5
#: Numbers of neighbours that vote, for classes of no simple shape.
NEIGHBOURS = (5, 20)
MIXTURE_STEPS = 100


def estimate_labels(x: Prepared, labels: Labels, rng: np.random.Generator) -> Estimate:
    """Estimate I(x; label) in bits.

    The mean over rows of log2 q(label | x) / p(label) is the information less what the classifier
    q misses; q never saw the row. The loss of classifiers from half of the rows tells of what more
    rows would add.
    """
    codes = labels.codes
    log_share = np.log2(np.bincount(codes) / len(codes))[codes][:, None]
    halves, folds = deal(codes, 2, rng), deal(codes, N_FOLDS, rng)
    chances, converged = _log_chances(x, labels, folds, halves)
    ratios = chances - log_share
    weights = mixture_weights(ratios)
    terms = mixed(ratios, weights)
    early = mixed(_log_chances(x, labels, halves, halves)[0] - log_share, weights)
    bits = float(terms.mean())
    gain = learning_gain(bits, bits - float(early.mean()), N_FOLDS)
    error = float(np.hypot(terms.std(ddof=1) / np.sqrt(len(codes)), gain / 2))
    n_latents = min(labels.n_classes - 1, x.linear.scores.shape[1])
    return Estimate(min(bits + gain, labels.entropy), error, terms, n_latents, converged)


def _log_chances(
    x: Prepared, labels: Labels, folds: Sequence[Rows], halves: Sequence[Rows]
) -> tuple[Array, bool]:
    """Return log2 of the chance of each row's own label by several classifiers, (n, 6).

    The second value tells whether the training of all of them converged.
    """
    codes = labels.codes
    indicator = principal(np.eye(labels.n_classes)[codes])
    most = labels.n_classes - 1
    each, converged = [], True
    for side in (x.linear, x.bent):
        _, ridge, _ = best_ridge(side, indicator, halves, most)
        u, _ = cross_fitted(side, indicator, folds, ridge, most)
        for design in (_plain, _curved):
            chances, stopped = softmax_log_chances(design(u), codes, folds)
            each.append(chances)
            converged &= stopped
    each += [neighbour_log_chances(x.linear.scores, codes, folds, k) for k in NEIGHBOURS]
    return np.column_stack(each), converged


def mixture_weights(log_ratios: Array) -> Array:
    """Return the weights of the classifiers (n, c), and of no knowledge, that fit the rows best.

    By expectation and maximization; the last weight is that of the label frequencies alone.
    """
    ratios = np.column_stack([np.exp2(log_ratios), np.ones(len(log_ratios))])
    weights = np.full(ratios.shape[1], 1 / ratios.shape[1])
    for _ in range(MIXTURE_STEPS):
        parts = ratios * weights
        weights = (parts / parts.sum(1, keepdims=True)).mean(0)
    return weights


def mixed(log_ratios: Array, weights: Array) -> Array:
    """Return log2 of the mixture of the classifiers' ratios (n, c), of shape (n,)."""
    return np.asarray(np.log2(np.exp2(log_ratios) @ weights[:-1] + weights[-1]))


def _plain(u: Array) -> Array:
    return np.asarray(u / np.maximum(u.std(0), 1e-12))


def _curved(u: Array) -> Array:
    scaled = np.clip(_plain(u), -5, 5)
    return np.hstack([scaled, products(scaled, MAX_PRODUCTS)])


def deal(codes: Rows, n_folds: int, rng: np.random.Generator) -> list[Rows]:
    """Split the rows into folds at random, each class evenly."""
    order = rng.permutation(len(codes))
    dealt = order[np.argsort(codes[order], kind="stable")]
    return [dealt[start::n_folds] for start in range(n_folds)]
