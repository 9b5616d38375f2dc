"""latentmi, with its own default settings, on the shared cases; runs in its own environment.

`python -m benchmarks.metric.peer_latentmi` takes about a minute a case on one core.
"""

import contextlib
import io

import numpy as np
import torch
from benchmarks.metric.cases import SHARED, SHARED_N
from benchmarks.metric.peers import draw
from benchmarks.metric.places import RESULTS
from benchmarks.points import Row, measure_points
from latentmi import lmi


def estimate(x: np.ndarray, y: np.ndarray, seed: int) -> float:
    """Return latentmi's estimate in bits: the mean over the points that it scores."""
    np.random.seed(seed)  # noqa: NPY002  the package draws from numpy's global state
    torch.manual_seed(seed)
    with contextlib.redirect_stdout(io.StringIO()):
        pointwise, _, _ = lmi.estimate(x, y, quiet=True)
    return float(np.nanmean(pointwise))


def measure(key: Row) -> Row:
    x, y, truth = draw("shared", key["case"])
    return {"true_bits": round(truth, 5), "bits": round(estimate(x, y, seed=0), 5)}


def main() -> None:
    keys = [{"case": case.name, "estimator": "latentmi", "n_samples": SHARED_N} for case in SHARED]
    measure_points(RESULTS / "metric_shared_latentmi.csv", keys, measure)


if __name__ == "__main__":
    main()
