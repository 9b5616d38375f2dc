"""Points of a study: fit a model on noisy data, measure its information with each signal."""

from noisescaling.sweep.grid import Point, Sweep, read_sweeps
from noisescaling.sweep.measure import COLUMNS, measure, noise_curves
from noisescaling.sweep.recipe import Recipe, model_recipes, recipe
from noisescaling.sweep.run import Summary, committed, measured, run
from noisescaling.sweep.store import (
    CorruptRecordWarning,
    ResultsStore,
    StoreError,
    StoreFullError,
    read_csv,
)

__all__ = [
    "COLUMNS",
    "CorruptRecordWarning",
    "Point",
    "Recipe",
    "ResultsStore",
    "StoreError",
    "StoreFullError",
    "Summary",
    "Sweep",
    "committed",
    "measure",
    "measured",
    "model_recipes",
    "noise_curves",
    "read_csv",
    "read_sweeps",
    "recipe",
    "run",
]
