import errno
import json
import os
from collections import Counter

import pandas as pd
import pytest
import sweep_models

from noisescaling import datasets, models, sweep
from noisescaling.datasets.subsample import subsample
from noisescaling.sweep import (
    CorruptRecordWarning,
    ResultsStore,
    StoreFullError,
    Sweep,
    disk,
    recipe,
    run,
)
from noisescaling.sweep.progress import TimeToGo
from noisescaling.sweep.wanted import wanted
from noisescaling.sweep.work import Outcome, Task, forget, work

CELLS = recipe("sweep_models:small_cells", label="small")


def fits(trace):
    """Count how often each point was fitted."""
    return Counter(trace.read_text().splitlines()) if trace.exists() else Counter()


def contents(store):
    return {path.name: path.read_bytes() for path in (store.folder / "points").iterdir()}


def test_every_point_is_fitted_once_and_is_a_row_for_each_signal(store, probes, trace):
    summary = run(probes(signals=("cell_type", "time")), store)
    table = store.table()
    assert (summary.n_points, summary.n_measured, summary.n_failed) == (6, 6, 0)
    assert len(table) == 12
    assert (table["status"] == "ok").all()
    assert (table["dataset"].unique(), table["model"].unique()) == (["small"], ["Probe"])
    assert list(fits(trace).values()) == [1] * 6, "one fitted model serves all signals"
    assert not any((store.folder / "claims").iterdir())
    assert not any((store.folder / "writing").iterdir())


def test_the_values_are_those_of_curves_measured_in_one_go(store):
    given = recipe("simulated", n_cells=120, n_genes=40, umis_per_cell=100.0)
    run(Sweep([given], [recipe("PCA", n_components=4)], [20], seeds=[3]), store)
    curves = sweep.noise_curves(
        datasets.simulate_cells(120, 40, 100.0),
        {"PCA": lambda seed: models.build("PCA", seed=seed, n_components=4)}, [20], [3],
    )  # fmt: skip
    expected = curves.set_index("signal")["bits"].round(6)
    assert store.table().set_index("signal")["bits"].to_dict() == expected.to_dict()


def test_drawn_cells_are_thinned_as_all_cells_are(store, trace):
    data = sweep_models.small_cells(400)
    deep = float(data.umis_per_cell)
    cells = recipe("sweep_models:small_cells", n_cells=400, label="small")
    model = recipe("sweep_models:Probe", trace=str(trace))
    grid = Sweep([cells], [model], [deep], sizes=[50, None], seeds=range(4), signals=["cell_type"])
    assert run(grid, store).n_failed == 0, "drawn cells may be shallower than all cells"
    table = store.table()
    assert table["n_samples"].tolist() == [50] * 4 + [400] * 4
    assert (table["quality"] == deep).all()
    few = {f"{seed} 50 {subsample(data, 50, seed).counts.sum()}" for seed in range(4)}
    assert few <= set(fits(trace)), "at full depth no molecule of the drawn cells is lost"


def test_a_model_may_be_fitted_at_another_depth_than_it_is_asked_about(store, trace):
    model = recipe("sweep_models:Probe", trace=str(trace))
    run(Sweep([CELLS], [model], [10], signals=["cell_type"], fit_depths=[None, 80]), store)
    assert sorted(store.table()["model"]) == ["Probe", "Probe, fitted at 80"]
    fitted_on = sorted(int(line.split()[2]) / 60 for line in fits(trace))
    assert fitted_on == pytest.approx([10, 80], rel=0.1)
    assert store.table()["quality"].tolist() == [10, 10]


def test_a_second_run_measures_what_is_lacking_and_nothing_else(store, probes, trace):
    run(probes(depths=(10, 20)), store)
    before = contents(store)
    summary = run(probes(depths=(10, 20, 40)), store)
    assert (summary.n_there, summary.n_measured) == (4, 2)
    assert before.items() <= contents(store).items()
    assert set(fits(trace).values()) == {1}


def test_a_signal_that_is_asked_for_later_joins_the_others(store, probes, trace):
    run(probes(), store)
    first = store.table()
    assert run(probes(signals=("cell_type", "time")), store).n_measured == 6
    table = store.table()
    pd.testing.assert_frame_equal(table[table["signal"] == "cell_type"], first)
    assert len(table) == 12
    assert set(fits(trace).values()) == {2}


def test_a_failed_point_is_a_row_and_is_retried_on_request(store, probes, tmp_path, trace):
    switch = tmp_path / "failing"
    switch.touch()
    grid = probes(depths=(10,), signals=("cell_type", "time"), fail_while=str(switch))
    summary = run(grid, store)
    assert (summary.n_measured, summary.n_failed) == (2, 2)
    table = store.table()
    assert table["status"].tolist() == ["failed"] * 4
    assert set(table["message"]) == {"RuntimeError: no convergence at 7"}
    assert table["bits"].isna().all()
    switch.unlink()
    again = run(grid, store)
    assert (again.n_measured, again.n_failed) == (0, 2), "not unless asked for"
    retried = run(grid, store, retry_failed=True)
    assert (retried.n_measured, retried.n_failed) == (2, 0)
    assert (store.table()["status"] == "ok").all()
    assert run(grid, store, retry_failed=True).n_measured == 0


def test_a_signal_that_fails_leaves_the_others_and_is_retried_alone(store, probes, monkeypatch):
    grid = probes(depths=(10,), seeds=(0,), signals=("cell_type", "clone"))
    run(grid, store)
    first = store.table().set_index("signal")
    assert first.loc["cell_type", "status"] == "ok"
    assert (
        first.loc["clone", "message"] == "ValueError: x has 30 rows; an estimate needs at least 40"
    )
    monkeypatch.setattr("noisescaling.sweep.points.mutual_information", told_bits(7.0))
    run(grid, store, retry_failed=True)
    assert store.table().set_index("signal")["bits"].to_dict() == {
        "cell_type": first.loc["cell_type", "bits"], "clone": 7.0,
    }  # fmt: skip


def told_bits(bits):
    def tell(x, y, *, seed, signal):
        from noisescaling.metric import Diagnostics, MutualInformation

        return MutualInformation(bits, 0.1, len(x), "continuous", Diagnostics(1, True, 0.0))

    return tell


def test_a_model_that_quits_python_fails_its_point_alone(store):
    quitting = recipe("sweep_models:Quitter")
    run(Sweep([CELLS], [quitting, "sweep_models:Probe"], [10], signals=["time"]), store)
    table = store.table().set_index("model")
    assert table.loc["Quitter", "message"] == "SystemExit: bye"
    assert table.loc["Probe", "status"] == "ok"


def test_what_does_not_exist_is_refused_before_anything_runs(store, probes, trace):
    bad = [
        (probes(depths=(10, 5000)), "umis_per_cell = 5000 is more than the mean"),
        (probes(signals=("colour",)), "signal of small = 'colour' is unknown"),
        (Sweep([CELLS], ["sweep_models:Probe", "VAE"], [10]), "model = 'VAE' is unknown"),
        (Sweep([CELLS, "moon"], ["PCA"], [10]), "data set = 'moon' is unknown"),
    ]
    for grid, text in bad:
        with pytest.raises(ValueError, match=text):
            run(grid, store)
    with pytest.raises(ValueError, match="n_processes = 0 must be a whole number of at least 1"):
        run(probes(), store, n_processes=0)
    assert not store.folder.exists()
    assert not trace.exists()


def changed_cells(**changes):
    def make(n_cells=60, seed=0):
        data = datasets.simulate_cells(n_cells, 20, 100.0, seed=seed, n_types=2)
        signals = dict(data.signals)
        if "counts" in changes:
            data.counts[0, 0] += 1
        if "time" in changes:
            moved = signals["time"].values + 1
            signals["time"] = datasets.Signal("time", signals["time"].rows, moved)
        if "clone" in changes:
            del signals["clone"]
        return datasets.Dataset("small", data.counts, signals)

    return make


@pytest.mark.parametrize(
    ("change", "sizes", "again"),
    [
        pytest.param("counts", [None], {"cell_type", "time"}, id="counts: all anew"),
        pytest.param("time", [None], {"time"}, id="a signal: that one"),
        pytest.param("clone", [None], set(), id="pairs, all cells: nothing"),
        pytest.param("clone", [50], {"cell_type", "time"}, id="pairs decide which cells are drawn"),
    ],
)
def test_what_depends_on_changed_data_is_measured_anew(store, monkeypatch, change, sizes, again):
    grid = Sweep([CELLS], ["sweep_models:Probe"], [10], sizes=sizes, signals=["cell_type", "time"])
    run(grid, store)
    monkeypatch.setattr("noisescaling.sweep.points.mutual_information", told_bits(7.0))
    assert run(grid, store).n_measured == 0
    monkeypatch.setattr(sweep_models, "small_cells", changed_cells(**{change: True}))
    run(grid, store)
    table = sweep.measured(grid, store)
    known = {one.key for one in wanted(grid)}
    table = table[[json.loads(origin)["key"] in known for origin in table["provenance"]]]
    assert set(table.loc[table["bits"] == 7.0, "signal"]) == again


def test_a_changed_default_of_a_model_makes_its_points_stale(store, monkeypatch):
    grid = Sweep([CELLS], ["PCA"], [10], signals=["time"])
    run(grid, store)
    assert run(grid, store).n_measured == 0
    changed = models.PCASettings(n_components=3)
    monkeypatch.setattr(models.PCA, "default", changed)
    assert run(grid, store).n_measured == 1
    (record,) = store.records().values()
    assert record.settings["n_components"] == 3


def test_a_worker_with_other_data_than_the_plan_fails_its_points(store, probes, monkeypatch):
    (one, *_) = wanted(probes())
    forget()
    monkeypatch.setattr(sweep_models, "small_cells", changed_cells(counts=True))
    outcome = work(Task(one, store))
    assert outcome.status == "failed"
    assert "give all processes the same data and versions" in store.table()["message"].iloc[0]


def test_a_corrupt_point_is_set_aside_and_measured_anew(store, probes, trace):
    run(probes(), store)
    good = contents(store)
    name = sorted(good)[2]
    path = store.folder / "points" / name
    path.write_bytes(good[name][:100])
    with pytest.warns(CorruptRecordWarning, match=name):
        summary = run(probes(), store)
    assert (summary.n_there, summary.n_measured) == (5, 1)
    assert [file.name for file in (store.folder / "set_aside").iterdir()] == [name]
    assert contents(store).keys() == good.keys()
    assert sorted(fits(trace).values()) == [1] * 5 + [2]


def test_a_full_disk_is_reported_and_all_that_was_finished_is_kept(small_disk, probes, trace):
    store = ResultsStore(small_disk / "store")
    run(probes(), store)
    finished = contents(store)
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize
    (small_disk / "junk").write_bytes(b"x" * (free - 2 * disk.RESERVE - 4096))
    many = probes(depths=(10, 20, 40, 5, 6, 7, 8), seeds=range(8))
    with pytest.raises(
        StoreFullError, match=r"no room left in .*store.*; \d+ points were measured"
    ):
        run(many, store)
    kept = contents(store)
    assert finished.items() <= kept.items()
    assert len(finished) < len(kept) < 56
    assert all(json.loads(data)["results"] for data in kept.values())
    (small_disk / "junk").unlink()
    summary = run(many, store)
    assert (summary.n_there, summary.n_measured) == (len(kept), 56 - len(kept))
    assert kept.items() <= contents(store).items()
    assert set(fits(trace).values()) == {1}, "room is found out about before a model is fitted"


def test_a_full_disk_where_none_can_be_mounted(store, probes, monkeypatch):
    real, calls = os.replace, []

    def fills_up(*paths):
        calls.append(paths)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*paths)

    monkeypatch.setattr(disk.os, "replace", fills_up)
    with pytest.raises(StoreFullError, match="3 points were measured"):
        run(probes(), store)
    assert len(contents(store)) == 3
    assert (summary := run(probes(), store)).n_measured == 3, summary
    assert not any((store.folder / "claims").iterdir())


def test_the_bar_tells_points_done_failed_and_left(store, probes, tmp_path, capsys):
    switch = tmp_path / "failing"
    switch.touch()
    run(probes(depths=(10,)), store)
    run(probes(depths=(20,), fail_while=str(switch)), store)
    capsys.readouterr()
    run([probes(depths=(10, 40)), probes(depths=(20,), fail_while=str(switch))], store)
    shown = capsys.readouterr().err.replace("\r", "\n")
    assert "4/6" in shown, "points of earlier runs count"
    last = shown.strip().splitlines()[-1]
    assert "100%" in last
    assert last.endswith("done 4, failed 2, left 0]")
    run(probes(depths=(11,)), store, progress=False)
    assert capsys.readouterr().err == ""


def test_the_time_to_go_takes_each_kind_of_point_by_its_own_time(store, probes):
    slow, quick = (
        [Task(one, store) for one in wanted(probes(label=label, seconds=seconds))]
        for label, seconds in (("slow", 1.0), ("quick", 0.0))
    )
    to_go = TimeToGo([*slow, *quick], n_workers=2)
    assert str(to_go) == "?"
    to_go.add(Outcome(slow[0], "measured", seconds=100.0))
    assert str(to_go) == "09:10", "eleven points, as long as the one that is known"
    to_go.add(Outcome(quick[0], "measured", seconds=2.0))
    assert str(to_go) == "04:15", "five of 100 s and five of 2 s, two at a time"
