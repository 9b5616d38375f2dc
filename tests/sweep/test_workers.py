"""Several processes and Dask clusters, with workers that die."""

from collections import Counter

import no_start
import pandas as pd
import pytest

from noisescaling.sweep import ResultsStore, StoreFullError, Sweep, disk, recipe, run

CELLS = recipe("sweep_models:small_cells", label="small")
VALUES = ["signal", "model", "quality", "seed", "bits", "standard_error", "status", "message"]
GOOD = Sweep(
    [CELLS], ["PCA", "RandomProjection"], [10, 20], signals=["cell_type", "time"], seeds=[0, 1]
)


def sweeps_with_deaths(tmp_path):
    """Make sweeps with good models, one whose worker dies once, one whose worker always dies."""
    for switch in ("once", "always", "failing"):
        (tmp_path / switch).touch()
    trace = str(tmp_path / "trace")
    bad = [
        recipe("sweep_models:Probe", label="traced", trace=trace),
        recipe("sweep_models:Probe", label="once", die_once=str(tmp_path / "once")),
        recipe("sweep_models:Probe", label="always", die_while=str(tmp_path / "always")),
        recipe("sweep_models:Probe", label="failing", fail_while=str(tmp_path / "failing")),
    ]
    return [Sweep([CELLS], bad, [10], signals=["cell_type", "time"]), GOOD]


def check_deaths(store, summary, sweeps, tmp_path):
    assert (summary.n_points, summary.n_failed) == (12, 2)
    table = store.table()
    assert len(table) == 24
    status = table.groupby("model")["status"].unique().str.join("").to_dict()
    assert status == {
        "traced": "ok", "once": "ok", "always": "failed", "failing": "failed", "PCA": "ok",
        "RandomProjection": "ok",
    }  # fmt: skip
    message = table.set_index("model")["message"]
    assert set(message["failing"]) == {"RuntimeError: no convergence at 7"}
    assert set(message["always"]) == {
        "WorkerDied: the worker process died each of 2 times that it computed this point; it was "
        "killed, or ran out of memory"
    }
    assert table.loc[table["model"] == "always", "quality"].tolist() == [10, 10]
    assert not any((store.folder / "claims").iterdir())
    assert set(Counter((tmp_path / "trace").read_text().splitlines()).values()) == {1}
    serial = ResultsStore(tmp_path / "serial")
    run(GOOD, serial)
    good = table[table["model"].isin(["PCA", "RandomProjection"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(good[VALUES], serial.table()[VALUES])
    (tmp_path / "always").unlink()
    retried = run(sweeps, store, retry_failed=True)
    assert (retried.n_measured, retried.n_failed) == (2, 1)


def test_of_processes_one_that_dies_costs_its_point_alone(store, tmp_path):
    sweeps = sweeps_with_deaths(tmp_path)
    summary = run(sweeps, store, n_processes=2)
    check_deaths(store, summary, sweeps, tmp_path)


def test_processes_report_a_full_disk_and_finish_what_they_began(small_disk, probes, trace):
    store = ResultsStore(small_disk / "store")
    store.folder.mkdir()
    (small_disk / "junk").write_bytes(b"x" * (2**20 - 2 * disk.RESERVE))
    grid = probes(depths=range(10, 18))
    with pytest.raises(StoreFullError, match=r"no room left in .*; \d+ points were measured"):
        run(grid, store, n_processes=2)
    kept = {path.name: path.read_bytes() for path in (store.folder / "points").iterdir()}
    assert 0 < len(kept) < 16
    assert len(trace.read_text().splitlines()) == len(kept), "what was fitted was kept"
    (small_disk / "junk").unlink()
    summary = run(grid, store)
    assert (summary.n_there, summary.n_measured) == (len(kept), 16 - len(kept))
    assert all((store.folder / "points" / name).read_bytes() == kept[name] for name in kept)


def test_processes_that_cannot_start_are_told_so(store, probes, monkeypatch):
    monkeypatch.setattr("noisescaling.sweep.pools._begin", no_start.fail_to_begin)
    with pytest.raises(RuntimeError, match=r"worker processes cannot start; in a script, call run"):
        run(probes(), store, n_processes=2)
    assert store.records() == {}


def test_of_dask_workers_one_that_dies_costs_its_point_alone(store, tmp_path):
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    sweeps = sweeps_with_deaths(tmp_path)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(**options, silence_logs=60) as local,
        distributed.Client(local) as client,
    ):
        summary = run(sweeps, store, client=client)
        again = run(sweeps, store, client=client)
    assert (again.n_there, again.n_measured, again.n_failed) == (12, 0, 2)
    check_deaths(store, summary, sweeps, tmp_path)
