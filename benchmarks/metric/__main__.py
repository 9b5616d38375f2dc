"""Measure the metric on cases of known truth: `python -m benchmarks.metric SUITE ...`.

Each suite writes one CSV, notebooks/results/metric_SUITE.csv, from nothing. With no suite named,
all run except `speed` and `memory`, which want a quiet machine, and the peers' own, which run in
their own environments (see README.md).
"""

import argparse

from benchmarks.metric.hard_suites import HARD_SUITES
from benchmarks.metric.places import RESULTS
from benchmarks.metric.speed import memory, speed
from benchmarks.metric.suites import SUITES
from benchmarks.points import rewrite_points

ALL = {**SUITES, **HARD_SUITES, "speed": speed, "memory": memory}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metric", description=__doc__)
    parser.add_argument("suite", nargs="*", choices=list(ALL))
    for name in parser.parse_args().suite or [*SUITES, *HARD_SUITES]:
        rewrite_points(RESULTS / f"metric_{name}.csv", ALL[name]())


if __name__ == "__main__":
    main()
