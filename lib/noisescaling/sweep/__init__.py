"""Points of a study: fit a model on noisy data, measure its information with each signal."""

from noisescaling.sweep.disk import StoreFullError, read_csv
from noisescaling.sweep.engine import Summary, run
from noisescaling.sweep.files import read_sweeps
from noisescaling.sweep.grid import Point, Sweep
from noisescaling.sweep.lookup import committed, measured
from noisescaling.sweep.points import COLUMNS, measure, noise_curves
from noisescaling.sweep.recipe import Recipe, model_recipes, recipe
from noisescaling.sweep.store import CorruptRecordWarning, ResultsStore

__all__ = [
    "COLUMNS",
    "CorruptRecordWarning",
    "Point",
    "Recipe",
    "ResultsStore",
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
