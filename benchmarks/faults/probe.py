"""What the faults are tried on: a cheap sweep, and models that fail on purpose."""

import os
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from noisescaling.datasets import Dataset, simulate_cells
from noisescaling.sweep import Sweep, recipe

N_POINTS = 300


def cells() -> Dataset:
    """Return sixty simulated cells."""
    return simulate_cells(60, 20, 1000.0, seed=0, n_types=2)


class Probe:
    """Sums of a few genes; takes a little time, and does what `fault` says.

    Parameters
    ----------
    seed
        Not used.
    seconds
        Time that a fit takes.
    fault
        Empty, or "error", "dies", "dies once", "exits", "aborts", "hangs", "memory", "nan",
        "short".
    switch
        A file that is there while "dies once" has not died.
    """

    def __init__(self, seed: int, seconds: float = 0.0, fault: str = "", switch: str = "") -> None:
        self.seconds, self.fault, self.switch = seconds, fault, switch

    def fit(self, data: Any) -> Self:
        """Wait, then fail if told so."""
        time.sleep(self.seconds)
        if self.fault == "error":
            raise RuntimeError("no convergence after 100 steps")
        if self.fault == "memory":
            np.ones(2**45)
        if self.fault == "dies once" and Path(self.switch).exists():
            Path(self.switch).unlink()
            os._exit(9)
        if self.fault == "dies":
            os._exit(9)
        if self.fault == "exits":
            os._exit(0)
        if self.fault == "aborts":
            os.abort()
        if self.fault == "hangs":
            time.sleep(3600)
        return self

    def embed(self, data: Any) -> np.ndarray:
        """Return (n_cells, 3) sums."""
        found = np.asarray(data[:, :3] + data[:, 3:6], dtype=float)
        if self.fault == "nan":
            found[0, 0] = np.nan
        return found[:-1] if self.fault == "short" else found


def sweep_of(models: list[Any], n_points: int) -> Sweep:
    """Return a sweep of `n_points` depths a model."""
    given = recipe("benchmarks.faults.probe:cells", label="sixty cells")
    return Sweep([given], models, range(10, 10 + n_points), signals=["cell_type"])


def slow(seconds: float = 0.02, n_points: int = N_POINTS) -> Sweep:
    """Return a sweep that takes a while."""
    return sweep_of([recipe("benchmarks.faults.probe:Probe", seconds=seconds)], n_points)
