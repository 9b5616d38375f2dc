"""GMM-MI, with its own default settings, on pairs of single columns; in its own environment.

`python -m benchmarks.metric.peer_gmm` takes a few seconds a case. The package fits a mixture of
Gaussians to two columns; it knows no wider sides, so all other cases are left out.
"""

import contextlib
import os
from math import log
from pathlib import Path

from benchmarks.metric.cases import Array
from benchmarks.metric.peers import all_cases, draw, measure_peer
from gmm_mi.mi import EstimateMI


def estimate(x: Array, y: Array) -> float:
    """Return GMM-MI's mean estimate in bits; the package works in nats."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        return float(EstimateMI().fit_estimate(x, y)[0]) / log(2)


def main() -> None:
    cases = [case for case in all_cases() if {side.shape[1] for side in draw(*case)[:2]} == {1}]
    measure_peer("gmm-mi", "GMM-MI", cases, estimate)


if __name__ == "__main__":
    main()
