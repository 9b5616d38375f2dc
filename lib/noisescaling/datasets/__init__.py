"""Data sets: observations, the signals they carry, and simulators whose information is known."""

from noisescaling._checks import choice
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.packaged import pbmc68k_reduced
from noisescaling.datasets.simulated import CellTruth, simulate_cells
from noisescaling.datasets.truth import entropy_bits

_LOADERS = {"pbmc68k_reduced": pbmc68k_reduced}


def names() -> list[str]:
    """Return the names that `load` knows."""
    return list(_LOADERS)


def load(name: str) -> Dataset:
    """Load a data set by name.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    return _LOADERS[choice("data set", name, _LOADERS)]()


__all__ = [
    "CellTruth",
    "Dataset",
    "Signal",
    "entropy_bits",
    "load",
    "names",
    "pbmc68k_reduced",
    "simulate_cells",
]
