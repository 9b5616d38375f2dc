"""Information between two halves of the same counts: a metric that needs no signal from outside."""

from typing import Any, Literal, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from noisescaling._checks import choice
from noisescaling.metric._estimate import mutual_information
from noisescaling.metric._result import MutualInformation
from noisescaling.noise import split


class Embedder(Protocol):
    """What a representation model must do here: learn from counts, and embed counts."""

    def fit(self, data: Any) -> Any:
        """Learn from counts of shape (n_cells, n_genes)."""

    def embed(self, data: Any) -> ArrayLike:
        """Return the embedding of counts, of shape (n_cells, d)."""


def replicate_information(
    counts: Any,
    model: Embedder,
    *,
    seed: int = 0,
    fit_on: Literal["first", "both", "nothing"] = "first",
    **options: Any,
) -> MutualInformation:
    """Information, in bits, that a model keeps between two random halves of each cell's counts.

    Each molecule goes to one of two halves by a fair coin. Poisson counts that are thinned so are
    independent given the cell, so whatever the embeddings of the two halves share is about the
    cell: biology, and any technical variation that both halves share. The halves have half the
    depth of `counts`.

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules; dense or sparse.
    model
        A representation model; it is fitted here unless `fit_on` is "nothing".
    seed
        Seed of the split and of the estimate.
    fit_on
        The counts that the model learns from: the "first" half; "both" halves, as twice the cells;
        or "nothing", for a model that is fitted already.
    options
        Passed on to `mutual_information`.

    Raises
    ------
    ValueError
        If `counts` are no counts, or the embeddings are refused by `mutual_information`.
    """
    choice("fit_on", fit_on, ("first", "both", "nothing"))
    first, second = split(counts, np.random.default_rng(seed))
    if fit_on != "nothing":
        model.fit(first if fit_on == "first" else _stacked(first, second))
    x, y = model.embed(first), model.embed(second)
    return mutual_information(x, y, seed=seed, signal="continuous", **options)


def _stacked(first: Any, second: Any) -> Any:
    if sp.issparse(first):
        return sp.vstack([first, second], format="csr")
    return np.vstack([first, second])
