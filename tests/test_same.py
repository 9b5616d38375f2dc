"""Same seed, same results: committed points come again from nothing, and so do whole notebooks."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from benchmarks import recompute
from threadpoolctl import threadpool_limits

from noisescaling import datasets, models
from noisescaling.metric import mutual_information
from noisescaling.sweep import ResultsStore, read_sweeps, run
from study import notebooks, paths


@pytest.fixture(scope="module")
def handful():
    """Committed points that need neither a download nor training."""
    points = recompute.committed()
    few = points["quality"].isin([5, 690]) & points["n_samples"].isin([50, 400])
    cheap = points["model"].isin(["PCA", "RandomProjection"]) & (points["seed"] == 1)
    return points[(points["dataset"] == "pbmc68k_reduced") & few & cheap]


def test_committed_points_come_again_from_nothing(handful, tmp_path):
    anew, again = (recompute.measured_anew(handful, tmp_path / name) for name in "ab")
    found = recompute.differences(handful, anew)
    assert len(found) == len(handful) == 8
    assert (found["status_anew"] == "ok").all()
    # The same machine gives the same digits; another may differ in a few neighbours.
    assert (found["errors"] < 0.5).all()
    assert (recompute.differences(anew, again)["difference"] == 0).all()


@pytest.mark.parametrize("study", ["smoke", "sequences_smoke", "images_smoke"])
def test_a_smoke_study_measured_twice_gives_identical_tables(study, tmp_path):
    whole = read_sweeps(paths.NOTEBOOKS / "sweeps" / f"{study}.toml")
    sweeps = [
        replace(one, qualities=one.qualities[-1:], sizes=one.sizes[:1], seeds=one.seeds[-1:])
        for one in whole
    ]
    tables = []
    for attempt in range(2):
        store = ResultsStore(tmp_path / str(attempt))
        run(sweeps, store)
        tables.append(store.table().drop(columns=["seconds", "provenance"]))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert (tables[0]["status"] == "ok").all()


def outputs(path):
    cells = json.loads(path.read_text())["cells"]
    return [
        {kind: text for kind, text in shown.get("data", {}).items() if kind != "image/png"}
        for cell in cells if cell["cell_type"] == "code" for shown in cell["outputs"]
    ]  # fmt: skip


def test_a_notebook_run_twice_gives_identical_tables(tmp_path):
    runs = [
        notebooks.execute("known_law", {"preset": "smoke"}, tmp_path / f"{run}.ipynb")
        for run in range(2)
    ]
    first, second = map(outputs, runs)
    assert first == second
    assert sum("text/html" in shown for shown in first) >= 1


def test_what_differs_is_told(handful):
    anew = handful.assign(bits=handful["bits"] + 5 * handful["standard_error"])
    found = recompute.differences(handful, anew)
    assert (found["errors"] > 3).all()
    assert (recompute.differences(handful, handful)["errors"] == 0).all()


@pytest.mark.parametrize("signal", ["cell_type", "protein"])
def test_information_agrees_across_numbers_of_threads(signal):
    cells = datasets.simulate_cells(600, 100, 500.0, seed=3)
    embedding = models.build("PCA").fit(cells.counts).embed(cells.counts)
    x, y = cells.signal(signal).pair(embedding)
    found = []
    for number in (1, 2, 4):
        with threadpool_limits(number):
            found.append(mutual_information(x, y, seed=0))
    error = found[0].standard_error
    assert np.ptp([one.bits for one in found]) < error
