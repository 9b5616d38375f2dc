"""MINDE of diffusion-mi on some of the cases; in its own environment.

`python -m benchmarks.metric.peer_diffusion` takes five to ten minutes a case on one core. Settings
are the package's own but for the epochs: 1,000 by default, which at 10,000 rows takes half an hour.
So no case has more steps than the default takes for the shared cases of 2,000 rows.
"""

import contextlib
import logging
import os
from math import log
from pathlib import Path

import dmi
import torch
from benchmarks.metric.cases import SHARED_N, Array
from benchmarks.metric.peers import measure_peer

#: Epochs by default.
EPOCHS = 1_000
#: One of each kind, in the order in which they are measured.
CASES = (
    ("shared", "gaussian d=1 k=1 4 bits"),
    ("bmi", "1v1-normal-0.75"),
    ("shared", "mixture d=4 5 clusters"),
    ("bmi", "multinormal-sparse-5-5-2-2.0"),
    ("shared", "gaussian d=16 k=3 3.59389 bits"),
    ("bmi", "student-identity-2-2-1"),
    ("shared", "swiss roll 2 bits"),
    ("bmi", "spiral-multinormal-sparse-3-3-2-2.0"),
    ("shared", "student d=3 dof=2"),
    ("bmi", "multinormal-dense-50-50-0.5"),
)


def estimate(x: Array, y: Array) -> float:
    """Return MINDE's estimate on the rows it learned from, in bits; the package works in nats."""
    torch.manual_seed(0)
    epochs = min(EPOCHS, EPOCHS * SHARED_N // len(x))
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        found = dmi.estimators.MINDEEstimator(max_epochs=epochs)
        found.fit(x, y)
        return float(found.estimate(x, y)) / log(2)


def main() -> None:
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    measure_peer("diffusion-mi", "MINDE", CASES, estimate)


if __name__ == "__main__":
    main()
