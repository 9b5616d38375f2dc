"""Which cells are paired with which, so that one cell's representation is the other's signal."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from noisescaling._checks import finite

#: Two index arrays of the same length: the first cell of each pair, and the second.
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


def nearest_neighbours(positions: ArrayLike) -> Pairs:
    """Pair each cell with its nearest neighbour in space; mutual neighbours make one pair.

    Parameters
    ----------
    positions
        Coordinates of the cells, shape (n_cells, n_axes), in one unit.

    Raises
    ------
    ValueError
        If there are fewer than two cells, or a coordinate is NaN or infinite.
    """
    points = finite("positions", positions, ndim=2)
    if len(points) < 2:
        raise ValueError(f"positions holds {len(points)} cells; give at least 2")
    cells = np.arange(len(points))
    _, found = cKDTree(points).query(points, k=2)
    # Of cells on one and the same spot, a cell may be found as its own second neighbour.
    partner = np.where(found[:, 1] == cells, found[:, 0], found[:, 1])
    once = (partner[partner] != cells) | (cells < partner)
    return cells[once], partner[once]


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
    _, starts, sizes = np.unique(names[order], return_index=True, return_counts=True)
    first = np.concatenate(
        [start + np.arange(0, n - 1, 2) for start, n in zip(starts, sizes, strict=True)]
    )
    first = first.astype(np.intp)
    return order[first], order[first + 1]
