"""A million cells from a file, in 4 GiB: `OMP_NUM_THREADS=1 python -m benchmarks.memory.million`.

Simulated cells are written once, in chunks, as a sparse h5ad of 2,000 genes and about 0.7 GB; then
a process of its own thins them, fits principal components, embeds all cells, and measures the
information of 5,000 of them with time. Its peak memory is the operating system's, libraries
included. `python -m benchmarks.memory.million 50000` takes fewer cells.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import write_elem
from benchmarks.metric.one_run import peak_gib
from benchmarks.metric.places import ROOT
from benchmarks.timing import machine

from noisescaling import noise
from noisescaling.datasets import simulate_cells
from noisescaling.datasets.counts_file import CountsFile
from noisescaling.metric import mutual_information
from noisescaling.models import PCA
from study.paths import RESULTS

TABLE = RESULTS / "million_cells.csv"
N_GENES, DEPTH, THINNED_DEPTH = 2_000, 100.0, 50.0
_CHUNK = 10_000
_N_METRIC = 5_000


def write_cells(path: Path, n_cells: int) -> None:
    """Write simulated cells, chunk by chunk, with a noisy time of each in `obs`."""
    truth = simulate_cells(20, N_GENES, seed=0).truth
    rng = np.random.default_rng(0)
    times, ends = [], [0]
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        matrix = file.create_group("X")
        matrix.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        matrix.attrs["shape"] = (n_cells, N_GENES)
        for name in ("data", "indices"):
            matrix.create_dataset(name, (0,), np.int32, maxshape=(None,), chunks=(2**18,))
        for start in range(0, n_cells, _CHUNK):
            state = rng.standard_normal((min(_CHUNK, n_cells - start), truth.state.shape[1]))
            counts = rng.poisson(DEPTH * truth.proportions(state))
            ends += _append(matrix, counts, ends[-1])
            times.append(state[:, 0] + 0.3 * rng.standard_normal(len(state)))
        matrix["indptr"] = np.array(ends)
        names = [f"cell {k}" for k in range(n_cells)]
        write_elem(file, "obs", pd.DataFrame({"time": np.concatenate(times)}, index=names))
        write_elem(file, "var", pd.DataFrame(index=[f"gene {g}" for g in range(N_GENES)]))


def _append(matrix: h5py.Group, counts: np.ndarray, end: int) -> list[int]:
    """Append dense counts to the sparse matrix; return where each cell ends."""
    _, genes = np.nonzero(counts)
    for name, values in (("data", counts[counts > 0]), ("indices", genes)):
        matrix[name].resize((end + len(values),))
        matrix[name][end:] = values
    return (end + np.cumsum((counts > 0).sum(axis=1))).tolist()


def through(path: Path) -> dict[str, float]:
    """Thin, fit, embed and measure; return what it took, in this process."""
    start, spent = time.perf_counter(), time.process_time()
    file = CountsFile(path)
    blocks = noise.downsample_blocks(file.chunks, THINNED_DEPTH)
    model = PCA().fit_blocks(blocks)
    embedding = np.vstack([model.embed(block) for block in blocks])
    with h5py.File(path) as opened:
        times = opened["obs/time"][:]
    some = np.random.default_rng(0).choice(len(times), min(_N_METRIC, len(times)), replace=False)
    told = mutual_information(embedding[some], times[some][:, None])
    return {
        "cells": len(times), "genes": N_GENES, "file_gb": round(path.stat().st_size / 1e9, 3),
        "seconds": round(time.perf_counter() - start, 1),
        "processor": round(time.process_time() - spent, 1),
        "peak_gib": round(peak_gib(), 3), "wanted_gib": 4.0, "bits": round(told.bits, 3),
    }  # fmt: skip


def measured(n_cells: int) -> dict[str, float]:
    """Return what `through` took in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.h5ad"
        write_cells(path, n_cells)
        command = [sys.executable, "-m", "benchmarks.memory.million", "--through", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(*arguments: str) -> None:
    if arguments[:1] == ("--through",):
        print(json.dumps(through(Path(arguments[1]))))
        return
    rows = []
    for n_cells in [int(n) for n in arguments] or [100_000, 1_000_000]:
        rows.append(measured(n_cells) | {"machine": machine(), "date": str(date.today())})
        print(rows[-1], flush=True)
    if not arguments:
        pd.DataFrame(rows).to_csv(TABLE, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
