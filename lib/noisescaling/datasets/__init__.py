"""Data sets: observations, the signals they carry, and simulators whose information is known."""

from noisescaling.datasets.aside import SetAside, set_aside
from noisescaling.datasets.catalogue import at_hand, load, names
from noisescaling.datasets.counts_file import CountsFile
from noisescaling.datasets.dataset import (
    Dataset,
    LabelledImages,
    Signal,
    entropy_bits,
)
from noisescaling.datasets.dating import simulate_proteins
from noisescaling.datasets.fasta import from_fasta
from noisescaling.datasets.h5ad import from_anndata, from_h5ad, write_h5ad
from noisescaling.datasets.image_files import from_folder, from_npz
from noisescaling.datasets.image_sets import blood_cells, tissue
from noisescaling.datasets.images import ImageTruth, image_dataset, simulate_images
from noisescaling.datasets.public_cells import pbmc68k_reduced
from noisescaling.datasets.simulated import CellTruth, simulate_cells

__all__ = [
    "CellTruth",
    "CountsFile",
    "Dataset",
    "ImageTruth",
    "LabelledImages",
    "SetAside",
    "Signal",
    "at_hand",
    "blood_cells",
    "entropy_bits",
    "from_anndata",
    "from_fasta",
    "from_folder",
    "from_h5ad",
    "from_npz",
    "image_dataset",
    "load",
    "names",
    "pbmc68k_reduced",
    "set_aside",
    "simulate_cells",
    "simulate_images",
    "simulate_proteins",
    "tissue",
    "write_h5ad",
]
