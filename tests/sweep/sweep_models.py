"""Small models and data sets that sweeps import by name, also in other processes."""

import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np

from noisescaling.datasets import Dataset, Signal, simulate_cells


class Odd(BaseException):
    """No `Exception`, and it cannot be told."""

    def __str__(self):
        raise RuntimeError("no words")


class Probe:
    """Embeds a cell by a few sums of its counts; leaves a trace, and goes wrong when told to.

    A file that a setting names is the switch, so that a test can flip it between two runs.
    """

    def __init__(self, seed, trace="", fault="", once="", seconds=0.0, mark=""):
        self.seed, self.trace, self.fault, self.once = seed, trace, fault, once
        self.seconds, self.mark = seconds, mark

    def fit(self, data):
        if self.trace:
            with Path(self.trace).open("a") as file:
                file.write(f"{self.seed} {data.shape[0]} {data.sum()}\n")
        time.sleep(self.seconds)
        if self.once:
            if not Path(self.once).exists():
                return self
            Path(self.once).unlink()
        if self.fault:
            FAULTS[self.fault]()
        return self

    def embed(self, data):
        return np.asarray(data[:, :3] + data[:, 3:6], dtype=float)


def _raise(error):
    raise error


FAULTS = {
    "abort": os.abort,
    "exit": lambda: os._exit(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda: time.sleep(3600),
    "warning": lambda: warnings.warn("of rank 2", RuntimeWarning, stacklevel=2),
    "error": lambda: _raise(RuntimeError("no convergence at 7")),
    "quit": lambda: _raise(SystemExit("bye")),
    "interrupt": lambda: _raise(KeyboardInterrupt()),
    "generator": lambda: _raise(GeneratorExit("over")),
    "odd": lambda: _raise(Odd()),
    "surrogate": lambda: _raise(ValueError("half a letter \ud83d, a bell \x07 and a nul \0")),
}


class Infinite(Probe):
    """Has a setting that JSON does not know."""

    def __init__(self, seed):
        super().__init__(seed)
        self.settings = {"limit": float("inf"), "other": float("nan"), "where": Path("here")}


class Constant(Probe):
    def embed(self, data):
        return np.zeros((data.shape[0], 2))


class Control(Probe):
    def __init__(self, seed, untrained=False):
        super().__init__(seed)


def small_cells(n_cells=180, seed=0, umis_per_cell=100.0):
    """Return cells that are measured by halves."""
    return simulate_cells(n_cells, 20, umis_per_cell, seed=seed, n_types=2)


def saved_cells(path):
    """Return cells from a file, so that a test can change them between two runs."""
    with np.load(path) as file:
        counts, time, pairs = file["counts"], file["time"], file["pairs"]
        held_out = file.get("held_out")
    rows = np.arange(len(counts))
    signals = {"time": Signal("time", rows, time)}
    if len(pairs):
        signals["clone"] = Signal("clone", pairs[0], partners=pairs[1])
    return Dataset("saved", counts, signals, held_out=held_out)


class NoModel:
    def __init__(self, seed):
        pass


def no_cells():
    return 7
