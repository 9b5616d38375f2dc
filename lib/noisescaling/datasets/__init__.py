"""Data sets: observations, the signals they carry, and simulators whose information is known."""

from noisescaling.datasets.catalogue import at_hand, load, names
from noisescaling.datasets.counts_file import CountsFile
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.export import write_h5ad
from noisescaling.datasets.h5ad import from_h5ad
from noisescaling.datasets.packaged import pbmc68k_reduced
from noisescaling.datasets.simulated import CellTruth, simulate_cells
from noisescaling.datasets.truth import entropy_bits

__all__ = [
    "CellTruth",
    "CountsFile",
    "Dataset",
    "Signal",
    "at_hand",
    "entropy_bits",
    "from_h5ad",
    "load",
    "names",
    "pbmc68k_reduced",
    "simulate_cells",
    "write_h5ad",
]
