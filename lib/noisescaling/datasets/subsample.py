"""Fewer cells of a data set, chosen so that paired cells stay together."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling._checks import whole
from noisescaling.datasets.dataset import Observations, Signal

DatasetT = TypeVar("DatasetT", bound=Observations)

#: Cells that are drawn together at most: a cell, its partners, and theirs.
_LARGEST_UNIT = 4


def subsample(dataset: DatasetT, n_cells: int, seed: int = 0) -> DatasetT:
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
    return replace(dataset.take(cells), signals=signals)  # type: ignore[type-var]


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
    dataset: Observations, rng: np.random.Generator, largest: int | None = None
) -> list[NDArray[np.intp]]:
    """Return all observations in random order, in units that a signal pairs with one another.

    Parameters
    ----------
    dataset
        Observations with their signals. Without a paired one, each observation is a unit.
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
