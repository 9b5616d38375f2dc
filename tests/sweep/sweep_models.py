"""Small models and data sets that sweeps import by name, also in other processes."""

import os
import time
from pathlib import Path

import numpy as np

from noisescaling.datasets import simulate_cells


class Probe:
    """Embeds a cell by a few sums of its counts; leaves a trace, and fails or dies when told to.

    A file that a setting names is the switch, so that a test can flip it between two runs.
    """

    def __init__(self, seed, trace="", fail_while="", die_while="", die_once="", seconds=0.0):
        self.seed = seed
        self.trace, self.seconds = trace, seconds
        self.fail_while, self.die_while, self.die_once = fail_while, die_while, die_once

    def fit(self, data):
        if self.trace:
            with Path(self.trace).open("a") as file:
                file.write(f"{self.seed} {data.shape[0]} {data.sum()}\n")
        time.sleep(self.seconds)
        if self.fail_while and Path(self.fail_while).exists():
            raise RuntimeError("no convergence at 7")
        if self.die_once and Path(self.die_once).exists():
            Path(self.die_once).unlink()
            os._exit(9)
        if self.die_while and Path(self.die_while).exists():
            os._exit(9)
        return self

    def embed(self, data):
        return np.asarray(data[:, :3] + data[:, 3:6], dtype=float)


class Quitter(Probe):
    def fit(self, data):
        raise SystemExit("bye")


def small_cells(n_cells=60, seed=0):
    return simulate_cells(n_cells, 20, 100.0, seed=seed, n_types=2)


class NoModel:
    def __init__(self, seed):
        pass


def no_cells():
    return 7
