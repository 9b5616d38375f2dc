"""Which observations are paired with which, and fewer of them, paired ones kept together."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from noisescaling._checks import finite, same_length, whole
from noisescaling.datasets.dataset import Dataset, Signal

#: Cells that are drawn together at most: a cell, its partners, and theirs.
_LARGEST_UNIT = 4
#: Two index arrays of the same length: the first cell of each pair, and the second.
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


def nearest_neighbours(positions: ArrayLike, sections: ArrayLike | None = None) -> Pairs:
    """Pair each cell with its nearest neighbour in space; mutual neighbours make one pair.

    Parameters
    ----------
    positions
        Coordinates of the cells, shape (n_cells, n_axes), in one unit.
    sections
        The piece of tissue that each cell is of, shape (n_cells,): neighbours are of one piece, and
        the only cell of a piece has none. All cells are of one piece where None.

    Raises
    ------
    ValueError
        If there are fewer than two cells, a coordinate is NaN or infinite, or lengths differ.
    """
    points = finite("positions", positions, ndim=2)
    if len(points) < 2:
        raise ValueError(f"positions holds {len(points)} cells; give at least 2")
    pieces = np.zeros(len(points), dtype=int) if sections is None else np.asarray(sections)
    same_length(positions=points, sections=pieces)
    pairs = [_neighbours(points, np.flatnonzero(pieces == piece)) for piece in np.unique(pieces)]
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return first, second


def _neighbours(points: NDArray[np.float64], cells: NDArray[np.intp]) -> Pairs:
    """Pair each of some cells with the nearest of them."""
    if len(cells) < 2:
        return cells[:0], cells[:0]
    here = np.arange(len(cells))
    _, found = cKDTree(points[cells]).query(points[cells], k=2)
    # Of cells on one and the same spot, a cell may be found as its own second neighbour.
    partner = np.where(found[:, 1] == here, found[:, 0], found[:, 1])
    once = (partner[partner] != here) | (here < partner)
    return cells[here[once]], cells[partner[once]]


def sisters(clones: ArrayLike, rng: np.random.Generator) -> Pairs:
    """Pair the cells of each clone at random, each cell at most once.

    Parameters
    ----------
    clones
        The clone of each cell, shape (n_cells,); a cell alone in its clone stays unpaired.
    rng
        Source of randomness.
    """
    names = np.asarray(clones)
    order = rng.permutation(len(names))
    order = order[np.argsort(names[order], kind="stable")]
    place_in_clone = pd.Series(order).groupby(names[order]).cumcount()
    second = np.flatnonzero(place_in_clone % 2 == 1)
    return order[second - 1], order[second]


def early_and_late(clones: ArrayLike, times: ArrayLike, rng: np.random.Generator) -> Pairs:
    """Pair early cells with a sister of the last time, at random, each cell at most once.

    Parameters
    ----------
    clones
        The clone of each cell, shape (n_cells,).
    times
        When each cell was measured, shape (n_cells,), in any one unit; the largest is late, all
        others are early.
    rng
        Source of randomness.

    Raises
    ------
    ValueError
        If lengths differ, a time is NaN or infinite, or no clone has both early and late cells.
    """
    names = np.asarray(clones)
    when = finite("times", times, ndim=1)
    same_length(clones=names, times=when)
    last = when.max(initial=-np.inf)
    order = rng.permutation(len(names))
    cells = pd.DataFrame({"clone": names[order], "late": when[order] == last, "cell": order})
    cells["rank"] = cells.groupby(["clone", "late"]).cumcount()
    early, late = cells[~cells["late"]], cells[cells["late"]]
    pairs = early.merge(late, on=["clone", "rank"], suffixes=("", "_late")).sort_values("cell")
    if pairs.empty:
        raise ValueError(
            f"none of {len(np.unique(names))} clones has cells both at the last time, {last:g}, "
            "and before it"
        )
    return pairs["cell"].to_numpy(np.intp), pairs["cell_late"].to_numpy(np.intp)


def subsample(dataset: Dataset, n_cells: int, seed: int = 0) -> Dataset:
    """Choose `n_cells` cells at random, and restrict every signal to them.

    Drawing single cells would leave a pair with probability (n_cells / n)^2 only. So cells that a
    signal pairs are drawn together, in units of at most four; a unit is as likely as any other, so
    every cell has the same chance. Without paired signals each cell is a unit of its own. With one
    seed, fewer cells are a subset of more cells.

    A label that is left on a single chosen cell is taken out of its signal, since nothing can be
    estimated from one cell; the cell stays.

    Parameters
    ----------
    dataset
        Cells to choose from.
    n_cells
        How many to choose; between 2 and the cells there are, all of which give `dataset` back.
    seed
        The same seed chooses the same cells.

    Returns
    -------
    A data set of the same name; the cells keep their order, and the signals their names.

    Raises
    ------
    ValueError
        If `n_cells` is below 2 or more than there are.
    """
    whole("n_cells", n_cells, at_least=2)
    if n_cells > dataset.n_samples:
        raise ValueError(
            f"n_cells = {n_cells} is more than the {dataset.n_samples} {dataset.units} of "
            f"{dataset.name}; give at most {dataset.n_samples}"
        )
    if n_cells == dataset.n_samples:
        return dataset
    units = partnered(dataset, np.random.default_rng(seed), _LARGEST_UNIT)
    cells = np.sort(np.concatenate(units)[:n_cells].astype(np.intp))
    signals = {n: without_lone_labels(restrict(s, cells)) for n, s in dataset.signals.items()}
    return replace(dataset.take(cells), signals=signals)


def restrict(signal: Signal, cells: NDArray[np.intp]) -> Signal:
    """Return the signal of some cells, ascending, its rows and partners numbered among these."""
    kept = np.isin(signal.rows, cells)
    if signal.partners is None:
        rows = np.searchsorted(cells, signal.rows[kept])
        return replace(signal, rows=rows, values=np.asarray(signal.values)[kept])
    kept &= np.isin(signal.partners, cells)
    rows, partners = (np.searchsorted(cells, side[kept]) for side in (signal.rows, signal.partners))
    return replace(signal, rows=rows, partners=partners)


def is_repeated(labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell of each label, (n,), whether another observation carries it too."""
    codes = pd.factorize(labels)[0]
    return np.asarray(np.bincount(codes, minlength=1)[codes] > 1)


def partnered(
    dataset: Dataset, rng: np.random.Generator, largest: int | None = None
) -> list[NDArray[np.intp]]:
    """Return all observations in random order, in units that a signal pairs with one another.

    Parameters
    ----------
    dataset
        Dataset with their signals. Without a paired one, each observation is a unit.
    rng
        Source of randomness.
    largest
        Observations of a unit at most; where None, whatever hangs together is one.
    """
    # By name, so that the order in which a loader lists its signals changes nothing.
    paired = [s for _, s in sorted(dataset.signals.items()) if s.partners is not None]
    if not paired:
        return [rng.permutation(dataset.n_samples)]
    partners = _partners(paired, dataset.n_samples)
    units = _units(partners, rng.permutation(dataset.n_samples), largest or len(partners))
    return [np.array(units[k], dtype=np.intp) for k in rng.permutation(len(units))]


def _partners(signals: Iterable[Signal], n_cells: int) -> list[list[int]]:
    """List the cells that each cell is paired with by any of the signals."""
    partners: list[list[int]] = [[] for _ in range(n_cells)]
    for signal in signals:
        assert signal.partners is not None
        for a, b in zip(signal.rows.tolist(), signal.partners.tolist(), strict=True):
            partners[a].append(b)
            partners[b].append(a)
    return partners


def _units(partners: list[list[int]], order: NDArray[np.intp], largest: int) -> list[list[int]]:
    """Cut the cells into small groups of cells that are paired, breadth first."""
    free = [True] * len(partners)
    units = []
    for start in order.tolist():
        if not free[start]:
            continue
        free[start] = False
        unit = [start]
        for cell in unit:  # grows while it is walked
            for partner in partners[cell]:
                if free[partner] and len(unit) < largest:
                    free[partner] = False
                    unit.append(partner)
        units.append(unit)
    return units


def without_lone_labels(signal: Signal) -> Signal:
    """Take out the rows whose label no other row holds; numbers are no labels."""
    values = signal.values
    if values is None or values.ndim != 1 or not signal.labelled:
        return signal
    kept = is_repeated(values)
    return replace(signal, rows=signal.rows[kept], values=values[kept])
