"""The public benchmark's tasks and its plain estimators; runs in the environment of benchmark-mi.

`python -m benchmarks.metric.peer_bmi` measures KSG, CCA, InfoNCE and MINE, with the package's own
default settings, on its 40 tasks, and leaves the samples where our own estimate reads them.
"""

from math import log

import bmi
import numpy as np
from benchmarks.metric.peers import sample_path
from benchmarks.metric.places import RESULTS
from benchmarks.points import Row, measure_points
from bmi.benchmark import BENCHMARK_TASKS

N_SAMPLES = 10_000
SEED = 0
ESTIMATORS = {
    "KSG": lambda: bmi.estimators.KSGEnsembleFirstEstimator(),
    "CCA": lambda: bmi.estimators.CCAMutualInformationEstimator(),
    "InfoNCE": lambda: bmi.estimators.InfoNCEEstimator(verbose=False),
    "MINE": lambda: bmi.estimators.MINEEstimator(verbose=False),
}


def write_samples() -> None:
    """Draw every task once, with its true information in bits."""
    for task in BENCHMARK_TASKS.values():
        path = sample_path(task.id)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        x, y = task.sample(N_SAMPLES, SEED)
        np.savez(path, x=x, y=y, name=task.name, bits=task.mutual_information / log(2))


def measure(key: Row) -> Row:
    """Estimate one task with one estimator; the package works in nats."""
    sample = np.load(sample_path(key["task"]))
    nats = float(ESTIMATORS[key["estimator"]]().estimate(sample["x"], sample["y"]))
    return {
        "name": str(sample["name"]),
        "n_samples": N_SAMPLES,
        "true_bits": round(float(sample["bits"]), 5),
        "bits": round(nats / log(2), 5),
    }


def main() -> None:
    write_samples()
    keys = [
        {"task": task, "estimator": estimator}
        for task in BENCHMARK_TASKS
        for estimator in ESTIMATORS
    ]
    measure_points(RESULTS / "metric_bmi_peers.csv", keys, measure)


if __name__ == "__main__":
    main()
