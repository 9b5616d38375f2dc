"""Which cells are paired with which, so that one cell's representation is the other's signal."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from noisescaling._checks import finite, same_length

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
