"""What a user should know of a file that was read: each function gives a sentence, or none."""

import numpy as np
from numpy.typing import NDArray

from noisescaling.datasets._signals import Annotation
from noisescaling.datasets.dataset import Signal


def left_out(annotation: Annotation, signal: Signal, n_cells: int) -> tuple[str, ...]:
    """Tell how many cells carry no signal."""
    if signal.partners is None:
        left = n_cells - len(signal.rows)
        told = f"have no {annotation.name}, or one that no other cell has"
    else:
        left = n_cells - len(np.unique(np.concatenate([signal.rows, signal.partners])))
        told = f"have no partner by {annotation.name}"
    return (f"{left} of {n_cells} cells {told}: left out",) if left else ()


def same_place(annotation: Annotation, signal: Signal) -> tuple[str, ...]:
    """Tell of neighbours at distance 0: copies of one cell would tell too much."""
    if signal.partners is None or annotation.is_column:
        return ()
    places = np.asarray(annotation.content)
    same = int((places[signal.rows] == places[signal.partners]).all(axis=1).sum())
    told = f"{same} of {len(signal.rows)} pairs of neighbours are at one and the same place"
    return (f"{told}: if they are copies of one cell, leave these out of the file",) if same else ()


def doubled(genes: NDArray[np.str_]) -> tuple[str, ...]:
    """Tell how many genes have the name of another."""
    double = len(genes) - len(np.unique(genes))
    return (f"{double} gene names are doubles: numbered, as -1, -2",) if double else ()
