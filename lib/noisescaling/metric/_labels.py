"""Information with labels: the entropy of the labels less the held-out loss of a classifier."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from noisescaling.metric._inputs import Labels
from noisescaling.metric._margins import tied_fraction, to_normal
from noisescaling.metric._result import Diagnostics, MutualInformation

Array = NDArray[np.float64]
N_FOLDS = 5


def estimate_labels(
    x: Array, labels: Labels, rng: np.random.Generator, pointwise: bool
) -> MutualInformation:
    """Estimate I(x; label) in bits for x (n, d) and labels (n,)."""
    codes = labels.codes
    a = to_normal(x)
    share = np.bincount(codes) / len(codes)
    contributions = np.empty(len(codes))
    for held in _folds(codes, rng):
        train = np.setdiff1d(np.arange(len(codes)), held)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LogisticRegression(C=1.0, max_iter=200).fit(a[train], codes[train])
        chances = np.full((len(held), len(share)), 1e-3 / len(share))
        chances[:, model.classes_] += (1 - 1e-3) * model.predict_proba(a[held])
        own = chances[np.arange(len(held)), codes[held]]
        contributions[held] = np.log2(own / share[codes[held]])
    return MutualInformation(
        bits=min(float(contributions.mean()), labels.entropy),
        standard_error=float(contributions.std(ddof=1) / np.sqrt(len(codes))),
        n_samples=len(codes),
        signal="label",
        diagnostics=Diagnostics(
            n_latents=min(x.shape[1], len(share) - 1),
            converged=True,
            tied_fraction=tied_fraction(x),
            label_entropy=labels.entropy,
        ),
        pointwise=contributions if pointwise else None,
    )


def _folds(codes: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Split the rows into folds, each class evenly."""
    order = rng.permutation(len(codes))
    dealt = order[np.argsort(codes[order], kind="stable")]
    return [dealt[start::N_FOLDS] for start in range(N_FOLDS)]
