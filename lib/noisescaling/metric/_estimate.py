"""The calls that users make."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from noisescaling._checks import choice, same_length, whole
from noisescaling._compute import threads
from noisescaling.metric._continuous import estimate_continuous
from noisescaling.metric._discrete import without_atoms
from noisescaling.metric._inputs import Labels, as_points, as_signal, enough
from noisescaling.metric._labels import estimate_labels
from noisescaling.metric._result import (
    Diagnostics,
    Estimate,
    MutualInformation,
    doubted,
    nothing,
)
from noisescaling.metric._sides import Array, Prepared, prepare
from noisescaling.noise import split

Signal = Literal["auto", "continuous", "label"]


def mutual_information(
    x: ArrayLike,
    y: Any,
    *,
    seed: int = 0,
    signal: Signal = "auto",
    pointwise: bool = False,
) -> MutualInformation:
    """Mutual information between x and y, in bits (book, page "The metric").

    Parameters
    ----------
    x
        Array of shape (n, d), for instance the embedding of n cells.
    y
        The signal: numbers of shape (n,) or (n, k), or labels of shape (n,) or (n, 1).
    seed
        Seed of the splits and of the shuffles; the same seed gives the same bits.
    signal
        "auto" takes text, booleans, a categorical, and whole numbers of at most 50 different values
        (rows of several count as one) with at least 10 rows each on average, as labels; other
        numbers as continuous. "continuous" or "label" decides otherwise; the result tells.
    pointwise
        Whether to return each row's own contribution.

    Returns
    -------
    The estimate with its standard error, both in bits, and `diagnostics`: a held-out lower bound,
    and whether the estimate is reliable, with the reason where it is not. A constant x or y gives
    exactly 0. A small negative estimate is returned as it is: the truth cannot be negative, but an
    estimate that scatters around 0 must be, half of the time, or its mean would be too high. Where
    the truth has no bound, as of a number with itself, a finite estimate is flagged.

    Raises
    ------
    ValueError
        If lengths differ, there are fewer than 40 rows, a value is NaN, infinite or masked, labels
        are missing (also as text, such as "NA"), or there is one class, a class of one row or more
        classes than half of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import metric
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((2000, 4))
    >>> y = x[:, 0] + rng.standard_normal(2000)  # half a bit
    >>> found = metric.mutual_information(x, y)
    >>> round(found.bits, 1), found.diagnostics.reliable
    (0.5, True)
    """
    return mutual_informations(x, {"y": y}, seed=seed, signal=signal, pointwise=pointwise)["y"]


def mutual_informations(
    x: ArrayLike,
    signals: Mapping[str, Any],
    *,
    seed: int = 0,
    signal: Signal = "auto",
    pointwise: bool = False,
) -> dict[str, MutualInformation]:
    """Mutual information, in bits, between x and each of several named signals.

    The work on x is shared. Each estimate equals that of `mutual_information`, whose parameters
    these are; `signals` maps names to what y can be.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import metric
    >>> x = np.random.default_rng(0).standard_normal((600, 3))
    >>> signals = {"copy": x[:, :1], "type": np.where(x[:, 0] > 0, "up", "down")}
    >>> found = metric.mutual_informations(x, signals)
    >>> round(found["type"].bits, 1)  # a label of two equal halves holds one bit
    1.0
    """
    seed = whole("seed", seed, at_least=0)
    points = as_points("x", x)
    enough("x", len(points))
    targets = {name: as_signal(name, y, signal) for name, y in signals.items()}
    for name, target in targets.items():
        same_length(x=points, **{name: target.codes if isinstance(target, Labels) else target})
    # The matrices are many and small: threads of the linear algebra wait more than they work.
    with threads(1):
        ready = prepare(points)
        return {
            name: _result(_estimate(points, ready, target, seed), target, ready, pointwise)
            for name, target in targets.items()
        }


def _estimate(points: Array, ready: Prepared | None, target: Array | Labels, seed: int) -> Estimate:
    rng = np.random.default_rng([seed, 1])
    if ready is None:
        return nothing(len(points))
    if isinstance(target, Labels):
        return estimate_labels(ready, target, rng)

    def rest(x: Array, y: Array) -> Estimate:
        a, b = ready if x is points else prepare(x), prepare(y)
        return nothing(len(x)) if a is None or b is None else estimate_continuous(a, b, rng)

    return doubted(without_atoms(points, target, rng, rest))


def _result(
    found: Estimate, target: Array | Labels, ready: Prepared | None, pointwise: bool
) -> MutualInformation:
    known = target if isinstance(target, Labels) else None
    return MutualInformation(
        bits=found.bits,
        standard_error=found.standard_error,
        n_samples=len(found.terms),
        signal="label" if known else "continuous",
        diagnostics=Diagnostics(
            n_latents=found.n_latents,
            converged=found.converged,
            tied_fraction=1.0 if ready is None else ready.tied,
            label_entropy=known.entropy if known else None,
            n_classes=known.n_classes if known else None,
            lower_bound=found.lower_bound,
            reliable=not found.reason,
            reason=found.reason,
        ),
        pointwise=found.terms if pointwise else None,
    )


class Embedder(Protocol):
    """What a representation model must do here: learn from counts, and embed counts.

    Examples
    --------
    >>> from noisescaling import metric, models
    >>> one: metric.Embedder = models.build("PCA", n_components=2)
    >>> one.fit([[3, 1, 0], [0, 2, 4], [5, 5, 1]]).embed([[3, 1, 0]]).shape
    (1, 2)
    """

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

    Examples
    --------
    >>> from noisescaling import datasets, metric, models
    >>> cells = datasets.simulate_cells(n_cells=300, n_genes=50, umis_per_cell=200)
    >>> halves = metric.replicate_information(cells.counts, models.build("PCA", n_components=5))
    >>> halves.bits > 0.5
    True
    """
    choice("fit_on", fit_on, ("first", "both", "nothing"))
    seed = whole("seed", seed, at_least=0)
    first, second = split(counts, np.random.default_rng(seed))
    if fit_on != "nothing":
        model.fit(first if fit_on == "first" else _stacked(first, second))
    x, y = model.embed(first), model.embed(second)
    return mutual_information(x, y, seed=seed, signal="continuous", **options)


def _stacked(first: Any, second: Any) -> Any:
    if sp.issparse(first):
        return sp.vstack([first, second], format="csr")
    return np.vstack([first, second])
