"""The observations that are set aside to be measured on, before anything is learned."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import pairwise_distances_argmin

from noisescaling._sequences import Sequences, as_letters
from noisescaling.datasets.dataset import Dataset
from noisescaling.datasets.pairing import partnered, restrict
from noisescaling.modalities import SEQUENCES

#: Rows to measure on where the data allow, and at least; and the rows that an estimate needs.
_MANY, _ENOUGH, _FEWEST = 2000, 300, 40
#: Data sets of fewer observations are measured by halves, where nothing else is asked for.
FEW = 2 * _ENOUGH
#: Largest share of a data set that is set aside by itself.
_SHARE = 0.4
#: Clades that sequences are cut into at first, and sequences that are clustered at most.
_CLADES, _CLUSTERED = 30, 5000
#: Of the choice, which is one and the same whatever the seed of a sweep.
_SEED = 0


@dataclass(frozen=True)
class SetAside:
    """Which observations are measured on.

    Attributes
    ----------
    rows
        True for those set aside, shape (n,). Where none is, a model is measured on the observations
        that it has learned from.
    swapped
        Whether the others are measured on too, by a model that has learned from these: the data set
        is measured by halves.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.simulate_cells(n_cells=1000, n_genes=20, umis_per_cell=50)
    >>> aside = datasets.set_aside(cells)
    >>> aside.n_learned, [(len(learn), len(measure)) for learn, measure in aside.folds]
    (600, [(600, 400)])
    """

    rows: NDArray[np.bool_]
    swapped: bool = False

    @property
    def folds(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Pairs of the observations to draw from and those to measure on, as ascending indices."""
        learned, measured = np.flatnonzero(~self.rows), np.flatnonzero(self.rows)
        return [(learned, measured), *([(measured, learned)] if self.swapped else [])]

    @property
    def n_learned(self) -> int:
        """Number of observations that a model may learn from, at most."""
        return min(len(learned) for learned, _ in self.folds)


def set_aside(dataset: Dataset, held_out: "float | ArrayLike | None" = None) -> SetAside:
    """Choose the observations to measure on: the same ones whatever is learned from the others.

    Images keep their own held-out ones. Of other data sets, 2,000 of 5,000 or more; two fifths of
    fewer, at least 300. Below 600, the data set is measured by halves, and where a half would have
    fewer than 40 rows of a signal, on the observations learned from. Cells that are paired go
    together, and sequences by clade, so that no near copy of a measured one is learned from. The
    choice depends on the content of the data set, and on nothing else.

    Parameters
    ----------
    dataset
        Observations with their signals.
    held_out
        Another choice: a share between 0 and 1 (at least 300 observations, where there are 600); a
        number of observations, 0 for none; or which ones, booleans of shape (n,). Where None, the
        `held_out` of the data set if it has one, or the rule above.

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, the number below 40 or more than half, or the booleans
        leave fewer than two to learn from.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.simulate_cells(n_cells=1000, n_genes=20, umis_per_cell=50)
    >>> int(datasets.set_aside(cells).rows.sum()), int(datasets.set_aside(cells, 0.5).rows.sum())
    (400, 500)
    """
    n = dataset.n_samples
    given = dataset.held_out if held_out is None else held_out
    if given is not None and np.ndim(given):
        return _given(dataset, np.asarray(given))
    number, most = (_SHARE, _MANY) if given is None else (float(given), n)  # type: ignore[arg-type]
    if 0 < number < 1:
        if n < FEW:
            return _halves(dataset)
        return SetAside(_chosen(dataset, max(_ENOUGH, min(most, int(number * n)))))
    if number == 0:
        return SetAside(np.zeros(n, dtype=bool))
    if not (_FEWEST <= number <= n / 2 and number == int(number)):
        raise ValueError(
            f"held_out = {number:g} of {n} {dataset.units}; give a share between 0 and 1, or a "
            f"number from {_FEWEST} to {n // 2}, or 0 for none"
        )
    return SetAside(_chosen(dataset, int(number)))


def with_aside(dataset: Dataset, held_out: float | None) -> Dataset:
    """Return a data set with a share or number set aside; as it is for None, or by halves."""
    chosen = None if held_out is None else set_aside(dataset, held_out)
    if chosen is None or chosen.swapped:
        return dataset
    return replace(dataset, held_out=chosen.rows)


def _given(dataset: Dataset, rows: NDArray[np.generic]) -> SetAside:
    n = dataset.n_samples
    if rows.shape != (n,) or rows.dtype.kind != "b":
        raise ValueError(
            f"held_out has shape {rows.shape} and type {rows.dtype}; give {n} booleans, one for "
            f"each of the {dataset.units}"
        )
    if n - int(rows.sum()) < 2:
        raise ValueError(
            f"held_out sets {int(rows.sum())} of {n} {dataset.units} aside; leave at least 2 to "
            "learn from"
        )
    return SetAside(rows.astype(bool))


def _halves(dataset: Dataset) -> SetAside:
    """Cut a small data set in two, or set nothing aside where a half would be too small."""
    half = _chosen(dataset, dataset.n_samples // 2)
    for signal in dataset.signals.values():
        parts = [len(restrict(signal, np.flatnonzero(side)).rows) for side in (half, ~half)]
        if len(signal.rows) >= _FEWEST > min(parts):
            return SetAside(np.zeros(len(half), dtype=bool))
    if min(half.sum(), (~half).sum()) < _FEWEST:
        return SetAside(np.zeros(len(half), dtype=bool))
    return SetAside(half, swapped=True)


def _chosen(dataset: Dataset, wanted: int) -> NDArray[np.bool_]:
    """Tell which observations are set aside, (n,), about as many as wanted."""
    rng = np.random.default_rng(_SEED)
    if dataset.modality == SEQUENCES.name:
        return _whole_clades(dataset.sequences, wanted, rng)
    rows, total = np.zeros(dataset.n_samples, dtype=bool), 0
    for unit in partnered(dataset, rng):
        # Of what hangs together in one large piece a part is taken; else pairs stay whole.
        if len(unit) <= wanted - total or total < 0.9 * wanted:
            rows[unit[: wanted - total]] = True
            total += len(unit[: wanted - total])
    return rows


def _whole_clades(sequences: Sequences, wanted: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose whole clades; cut into finer ones where too large ones leave too few."""
    n, number = len(sequences), _CLADES
    if n < 2:
        return np.zeros(n, dtype=bool)
    cut = _tree(sequences, rng)
    while True:
        clades = cut(number)
        sizes = np.bincount(clades)
        chosen, total = [], 0
        for clade in rng.permutation(len(sizes)):
            if 0 < sizes[clade] <= wanted - total:
                chosen.append(clade)
                total += sizes[clade]
        if total >= 0.9 * wanted or number >= n:
            return np.isin(clades, chosen)
        number *= 2


def clades_of(sequences: Sequences, n_clades: int = _CLADES) -> NDArray[np.intp]:
    """Return the clade of each sequence, (n,): average linkage by their differences.

    Aligned sequences differ by the share of residues; those of several lengths by their triplets.
    Of more than 5,000 sequences so many are clustered, and the others join the nearest.
    """
    return np.asarray(_tree(sequences, np.random.default_rng(_SEED))(n_clades))


def _tree(sequences: Sequences, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """Return the function that cuts the tree of sequences into a number of clades."""
    aligned = len(np.unique(np.strings.str_len(sequences))) == 1
    if aligned:
        points, metric = as_letters(sequences).astype(np.uint8), "hamming"
    else:
        triplets = CountVectorizer(analyzer="char", ngram_range=(3, 3), lowercase=False)
        points = triplets.fit_transform([f"{text}  " for text in sequences]).toarray()
        metric = "cosine"
    some = np.sort(rng.permutation(len(points))[:_CLUSTERED])
    tree = linkage(pdist(points[some], metric), "average")
    nearest = np.arange(len(points))
    if len(some) < len(points):
        nearest = pairwise_distances_argmin(points, points[some], metric=metric)
    return lambda number: fcluster(tree, number, "maxclust")[nearest]
