#!/usr/bin/env bash
# Runs the library's tests with the oldest and the newest versions that pyproject.toml allows, the
# core alone and with its models, each in an environment of its own, which is removed again.
#   benchmarks/ranges.sh [lowest-direct|highest] [core|models]     both where nothing is said
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
tests="tests/noise tests/metric tests/fitting tests/datasets tests/sweep"
for resolution in ${1:-lowest-direct highest}; do
    for part in ${2:-core models}; do
        python=$scratch/python/bin/python
        rm -rf "$scratch/python" && "$uv" venv --quiet --python "${PYTHON:-3.11}" "$scratch/python"
        extras="--extra test" && chosen="$tests"
        if [ "$part" = models ]; then
            extras="--extra test --extra models" && chosen="$tests tests/models"
        fi
        "$uv" pip install --quiet --python "$python" --resolution "$resolution" \
            --requirement pyproject.toml $extras ${WHEELS:+--find-links "$WHEELS"}
        "$uv" pip install --quiet --python "$python" --no-deps --editable .
        echo "$resolution, $part:" && "$uv" pip freeze --quiet --python "$python" |
            grep -E '^(anndata|numba|numpy|pandas|scanpy|scikit-learn|scipy|torch|transformers)='
        "$python" -m pytest -p no:cacheprovider --numprocesses 2 --dist loadfile $chosen
    done
done
