#!/usr/bin/env bash
# The `laptop` study measured anew and compared with the committed points: some hours on two cores.
# May be killed at any moment; the same command goes on.   benchmarks/nightly.sh [SWEEP.toml]
set -euo pipefail
cd "$(dirname "$0")/.."
sweep=${1:-notebooks/sweeps/cells.toml}
mkdir -p nightly
.venv/bin/python -m noisescaling sweep "$sweep" --store nightly/points --processes 2
.venv/bin/python -m noisescaling compact nightly/points nightly/points.csv
.venv/bin/python -m benchmarks.recompute nightly/points.csv | tee nightly/differences.txt
