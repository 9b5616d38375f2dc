"""Points of a study: fit a model on noisy data, measure its information with each signal."""

from noisescaling.sweep.embeddings import export_depths, from_embeddings
from noisescaling.sweep.grid import Point, Sweep, read_sweeps, recipe
from noisescaling.sweep.measure import COLUMNS, load_dataset, measure, model_recipes, noise_curves
from noisescaling.sweep.run import Summary, committed, measured, run
from noisescaling.sweep.store import (
    CorruptRecordWarning,
    ResultsStore,
    StoreError,
    StoreFullError,
    read_csv,
    write_csv,
)

__all__ = [
    "COLUMNS",
    "CorruptRecordWarning",
    "Point",
    "ResultsStore",
    "StoreError",
    "StoreFullError",
    "Summary",
    "Sweep",
    "committed",
    "export_depths",
    "from_embeddings",
    "load_dataset",
    "measure",
    "measured",
    "model_recipes",
    "noise_curves",
    "read_csv",
    "read_sweeps",
    "recipe",
    "run",
    "write_csv",
]
