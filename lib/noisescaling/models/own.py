"""What a model of a user's own may do besides `fit(data)` and `embed(data)`, and a check of it."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import as_array, finite
from noisescaling.datasets.dataset import Signal
from noisescaling.datasets.pairing import restrict, without_lone_labels


def call(method: Callable[..., Any], data: Any, genes: Any = None) -> Any:
    """Call `fit` or `embed` of a model; where it takes `genes=`, with the names of the genes.

    Raises
    ------
    ValueError
        If it cannot do without names of genes, and there are none.
    """
    taken = inspect.signature(method).parameters.get("genes")
    if taken is None:
        return method(data)
    if genes is None and taken.default is taken.empty:
        raise ValueError(
            f"{method.__qualname__} takes the names of the genes, and the data set has none; give "
            "a data set with genes"
        )
    return method(data) if genes is None else method(data, genes=genes)


def fitted(model: Any, data: Any, genes: Any = None) -> Any:
    """Fit a model and return it, whether its `fit` returns the model or nothing."""
    returned = call(model.fit, data, genes)
    return model if returned is None else returned


def represent(
    model: Any, data: Any, genes: Any = None
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the embedding, and the rows of the data that it is of, ascending.

    `embed` may return the embedding of all rows, or a pair: that of some, and which these are, as
    their numbers or as one truth value for each row of the data.

    Raises
    ------
    ValueError
        If the numbers of rows differ, or rows are named twice or are not there.
    """
    told, n = call(model.embed, data, genes), row_count(data)
    embedding, kept = told if isinstance(told, tuple) else (told, np.arange(n))
    name = type(model).__name__
    values, rows = as_array(f"what {name}.embed returns", embedding), np.asarray(kept)
    if rows.dtype == bool:
        rows = np.flatnonzero(rows) if len(rows) == n else np.arange(len(rows))
    if len(values) != len(rows):
        raise ValueError(
            f"{name} embeds {len(rows)} rows as {len(values)}; embed must return one row for each, "
            "or a pair, the embedding and the rows that it kept"
        )
    known, order = np.unique(rows, return_index=True)
    if len(known) < len(rows) or not np.isin(known, np.arange(n)).all():
        raise ValueError(
            f"{name} keeps {len(rows)} rows, {len(known)} of them different, from {known.min()} to "
            f"{known.max()}; name each once, from 0 to {n - 1}"
        )
    return values[order], known.astype(np.intp)


class Outputs:
    """What a fitted model makes of observations, of the rows that it keeps.

    Attributes
    ----------
    embedding
        The representation, (n_kept, d).
    n_dropped
        Number of the observations that the model left out.
    """

    def __init__(self, model: Any, data: Any, genes: Any = None) -> None:
        self._model, self._data = model, data
        self.embedding, self._kept = represent(model, data, genes)
        self.n_dropped = row_count(data) - len(self._kept)

    @cached_property
    def prediction(self) -> NDArray[Any]:
        """What the model predicts, (n_kept,)."""
        predict = getattr(self._model, "predict", None)
        if predict is None:
            raise ValueError(
                f"{type(self._model).__name__} predicts nothing; leave this signal out"
            )
        return np.asarray(predict(self._data))[self._kept]

    def carried(self, signal: Signal) -> Signal:
        """Return a signal of all rows as one of those that the model kept."""
        return without_lone_labels(restrict(signal, self._kept)) if self.n_dropped else signal


def row_count(data: Any) -> int:
    """Return the number of observations of counts, sequences or images."""
    return int(data.shape[0]) if hasattr(data, "shape") else len(data)


def check_embedding(
    model: Any, data: Any, *, genes: Any = None, tolerance: float = 1e-3, seed: int = 0
) -> float:
    """Check that a fitted model embeds each observation by itself, and return the largest shift.

    The data are embedded whole, once more, in another order, a third of them alone, and one alone.
    An embedding that depends on its company (on the mean of a batch, on a size of chunks, on
    random numbers) would read information off the company, and not off the observation.

    Parameters
    ----------
    model
        A fitted model.
    data
        Observations that it can embed, one a row; some hundred are enough.
    genes
        Names of the genes, for models that take them.
    tolerance
        Largest shift to let pass, in root-mean-square distances of a coordinate from its mean over
        the data. Arithmetic of 32 bits gives about 1e-5.
    seed
        Chooses the order and the rows.

    Returns
    -------
    The largest shift, in the same unit.

    Raises
    ------
    ValueError
        If an embedding is not finite, a row is kept in one company and dropped in another, or the
        shift is above `tolerance`.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import models
    >>> counts = np.random.default_rng(0).poisson(3, (40, 20))
    >>> models.check_embedding(models.build("RandomProjection").fit(counts), counts) < 1e-12
    True
    """
    n, name = row_count(data), type(model).__name__
    whole, kept = represent(model, data, genes)
    finite(f"embedding by {name}", whole, ndim=2)
    spread = float(np.sqrt(whole.var(axis=0).mean())) or 1.0
    order, largest = np.random.default_rng(seed).permutation(n), 0.0
    companies = {
        "once more": np.arange(n),
        "in another order": order,
        f"{-(-n // 3)} rows alone": order[: -(-n // 3)],
        "one row alone": order[:1],
    }
    for company, rows in companies.items():
        part, places = represent(model, _rows(data, rows), genes)
        if not np.array_equal(np.sort(rows[places]), np.intersect1d(rows, kept)):
            raise ValueError(
                f"{name} keeps {len(places)} of {len(rows)} rows {company} and "
                f"{np.isin(rows, kept).sum()} of them whole; drop rows by what they hold alone"
            )
        there = whole[np.searchsorted(kept, rows[places])]
        shift = float(np.abs(part - there).max(initial=0.0)) / spread
        if not shift <= tolerance:
            raise ValueError(
                f"{name} embeds a row {shift:.3g} spreads away {company}, and tolerance = "
                f"{tolerance:g}; an embedding must depend on its own row alone"
            )
        largest = max(largest, shift)
    return largest


def _rows(data: Any, rows: NDArray[np.intp]) -> Any:
    if is_dataclass(data) and not isinstance(data, type):
        images: Any = data
        return replace(images, images=images.images[rows], labels=images.labels[rows])
    return (data if hasattr(data, "shape") else np.asarray(data))[rows]
