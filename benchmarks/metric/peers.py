"""What the runners of peers share: the samples of the public tasks and of the shared cases.

It runs in each peer's own environment, so it needs numpy and scipy only.
"""

import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from benchmarks.metric.cases import SHARED, SHARED_N, SHARED_SEED, Array
from benchmarks.metric.places import RESULTS, WORK
from benchmarks.points import Row, measure_points

Sample = tuple[Array, Array, float]
BY_NAME = {case.name: case for case in SHARED}


def sample_path(task: str) -> Path:
    """Where the sample of one public task lies; `peer_bmi` leaves it there."""
    return WORK / "bmi" / f"{task}.npz"


def draw(suite: str, case: str) -> Sample:
    """Return x (n, d), y (n, k) and their bits: a "shared" case, or a public task ("bmi")."""
    if suite == "shared":
        return *BY_NAME[case].draw(SHARED_N, SHARED_SEED), BY_NAME[case].bits
    sample = np.load(sample_path(case))
    return sample["x"].astype(float), sample["y"].astype(float), float(sample["bits"])


def all_cases() -> list[tuple[str, str]]:
    """Return suite and name of each shared case and of each public task whose sample is there."""
    tasks = sorted(path.stem for path in sample_path("any").parent.glob("*.npz"))
    return [("shared", name) for name in BY_NAME] + [("bmi", task) for task in tasks]


def measure_peer(
    package: str,
    estimator: str,
    cases: Iterable[tuple[str, str]],
    estimate: Callable[[Array, Array], float],
) -> None:
    """Write metric_ESTIMATOR_peers.csv: the bits of `estimate` on each case, and its seconds.

    These are of the processor's time, which others on the same machine do not lengthen.
    """
    keys = [
        {"suite": suite, "case": case, "estimator": estimator, "version": version(package)}
        for suite, case in cases
    ]

    def measure(key: Row) -> Row:
        x, y, truth = draw(key["suite"], key["case"])
        start = time.process_time()
        bits = estimate(x, y)
        seconds = time.process_time() - start
        told = {"n_samples": len(x), "true_bits": round(truth, 5), "bits": round(bits, 5)}
        return told | {"seconds": round(seconds, 1)}

    measure_points(RESULTS / f"metric_{estimator.lower()}_peers.csv", keys, measure)
