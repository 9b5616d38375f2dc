"""Seconds beside latentmi in one run, and the memory and growth of our own estimate.

Each timing runs in a process of its own, so that neither side warms the other's caches.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain

from benchmarks.metric.places import RESULTS, ROOT
from benchmarks.points import Row, read_points

#: The environment variable that names the Python with latentmi; see README.md.
PEER = "LATENTMI_PYTHON"
POINTS = RESULTS / "metric_speed.csv"
SIZES = (2_000, 5_000)


def _timed(python: str, estimator: str, n: int) -> Row:
    command = [python, "-m", "benchmarks.metric.one_run", estimator, str(n)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def speed() -> Iterator[Row]:
    """Time both on the same Gaussian samples of 16 dimensions, in turn.

    Where `PEER` is not set, latentmi's committed points stay beside ours of this run.
    """
    kept = [row for row in read_points(POINTS) if row["estimator"] == "latentmi"]
    return _both() if PEER in os.environ else chain(_ours(), kept)


def _ours() -> Iterator[Row]:
    for n in SIZES:
        yield _speed_of("ours", sys.executable, n)


def _both() -> Iterator[Row]:
    for n in SIZES:
        yield _speed_of("ours", sys.executable, n)
        yield _speed_of("latentmi", os.environ[PEER], n)


def _speed_of(estimator: str, python: str, n: int) -> Row:
    told = _timed(python, estimator, n)
    told.pop("peak_gib")  # of the interpreter and its libraries more than of the estimate
    return {"estimator": estimator, "n_samples": n, "dim": 16} | told


def memory() -> Iterator[Row]:
    """Time and peak memory of ours up to 100,000 rows."""
    for n in (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000):
        yield {"n_samples": n, "dim": 16} | _timed(sys.executable, "ours", n)
