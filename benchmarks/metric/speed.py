"""Seconds beside latentmi in one run, and the memory and growth of our own estimate.

Each timing runs in a process of its own, so that neither side warms the other's caches.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.metric.places import ROOT
from benchmarks.points import Row

#: The environment variable that names the Python with latentmi; see README.md.
PEER = "LATENTMI_PYTHON"


def _timed(python: str, estimator: str, n: int) -> Row:
    command = [python, "-m", "benchmarks.metric.one_run", estimator, str(n)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def speed() -> Iterator[Row]:
    """Time both on the same Gaussian samples of 16 dimensions, in turn."""
    if PEER not in os.environ:
        raise SystemExit(f"set {PEER} to the python of the environment that holds latentmi")
    sides = {"ours": sys.executable, "latentmi": os.environ[PEER]}
    for n in (2_000, 5_000):
        for estimator, python in sides.items():
            told = _timed(python, estimator, n)
            told.pop("peak_gib")  # of the interpreter and its libraries more than of the estimate
            yield {"estimator": estimator, "n_samples": n, "dim": 16} | told


def memory() -> Iterator[Row]:
    """Time and peak memory of ours up to 100,000 rows."""
    for n in (300, 1_000, 3_000, 10_000, 30_000, 100_000):
        yield {"n_samples": n, "dim": 16} | _timed(sys.executable, "ours", n)
