"""All benchmarks and one table of them: `python -m benchmarks`.

Each runs in a process of its own, on one thread, and writes its points to notebooks/results/; the
table, notebooks/results/benchmarks.csv, is made from them. `--quick` runs the short ones only and
takes the others' points as they are; `--table` runs none. The pipeline and the metric beside
latentmi want its environment, see metric/README.md, in LATENTMI_PYTHON; without it they stay as
they are.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.metric.places import RESULTS, ROOT
from benchmarks.metric.speed import PEER
from benchmarks.table import TABLE, gathered

QUICK = (
    ("benchmarks.noise.downsample",),
    ("benchmarks.fitting.speed",),
    ("benchmarks.sweep.engine", str(RESULTS / "sweep_engine.csv")),
    ("benchmarks.cost.scaling",),
    ("benchmarks.cost.grid",),
)
LONG = (("benchmarks.memory.million",),)
WITH_PEER = (("benchmarks.pipeline",), ("benchmarks.metric", "speed"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run the short ones only")
    parser.add_argument("--table", action="store_true", help="run none, make the table")
    options = parser.parse_args()
    chosen = () if options.table else QUICK if options.quick else (*QUICK, *LONG)
    if PEER in os.environ and not (options.table or options.quick):
        chosen = (*chosen, *WITH_PEER)
    for module, *arguments in chosen:
        print(f"python -m {module}", flush=True)
        command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)
    table = gathered()
    table.to_csv(TABLE, index=False)
    print(table.drop(columns=["machine", "source"]).to_string())


if __name__ == "__main__":
    main()
