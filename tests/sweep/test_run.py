"""What is measured, what is measured again, and what a model that goes wrong costs."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sweep_models

from noisescaling import datasets, models, sweep
from noisescaling.datasets import set_aside
from noisescaling.sweep import ResultsStore, Sweep, load_dataset, measured, recipe, run

CELLS = recipe("sweep_models:small_cells", label="small")
VALUES = ["dataset", "signal", "model", "n_samples", "quality", "seed", "bits", "standard_error"]


def test_every_point_is_fitted_once_and_is_a_row_for_each_signal(store, probes, fits):
    summary = run(probes(signals=("neighbour", "clone")), store)
    table = store.table()
    assert (summary.n_points, summary.n_measured, summary.n_failed) == (6, 6, 0)
    assert len(table) == 12
    assert (table["status"] == "ok").all()
    assert (table["dataset"].unique(), table["model"].unique()) == (["small"], ["Probe"])
    assert len(fits()) == 12, "two models a point, one for each half, serve all signals"
    assert set(fits().values()) == {1}


def test_the_values_are_those_of_curves_measured_in_one_go(store):
    given = recipe("simulated", n_cells=620, n_genes=40, umis_per_cell=100.0)
    run(Sweep([given], [recipe("PCA", n_components=4)], [20], seeds=[3]), store)
    curves = sweep.noise_curves(
        datasets.simulate_cells(620, 40, 100.0),
        {"PCA": lambda seed: models.build("PCA", seed=seed, n_components=4)}, [20], [3],
    )  # fmt: skip
    expected = curves.set_index("signal")["bits"]
    assert store.table().set_index("signal")["bits"].to_dict() == expected.to_dict()


@pytest.mark.parametrize("order", ["as given", "backwards", "three processes"])
def test_values_depend_on_neither_order_nor_processes(tmp_path, order):
    some = ["time", "clone"]
    grid = Sweep([CELLS], ["PCA", "RandomProjection"], [10, 20], seeds=[0, 1], signals=some)
    first = measured(grid, ResultsStore(tmp_path / "one"))
    parts = [
        Sweep([CELLS], [m], [d], seeds=[1, 0], signals=some) for m in grid.models for d in (20, 10)
    ]
    given = grid if order == "as given" else parts[::-1]
    n = 3 if order == "three processes" else 1
    second = measured(given, ResultsStore(tmp_path / "two"), n_processes=n)
    pd.testing.assert_frame_equal(first[VALUES], second[VALUES])


def test_a_model_may_be_fitted_at_another_depth_than_it_is_asked_about(store, trace, fits):
    model = recipe("sweep_models:Probe", trace=str(trace))
    run(Sweep([CELLS], [model], [10], signals=["neighbour"], fit_depths=[None, 80]), store)
    assert sorted(store.table()["model"]) == ["Probe", "Probe, fitted at 80"]
    fitted_on = sorted(int(line.split()[2]) / 90 for line in fits())
    assert fitted_on == pytest.approx([10, 10, 80, 80], rel=0.2)
    assert store.table()["quality"].tolist() == [10, 10]


def test_a_second_run_measures_what_is_lacking_and_nothing_else(store, probes, fits):
    run(probes(depths=(10, 20)), store)
    before = store.points()
    summary = run(probes(depths=(10, 20, 40)), store)
    assert (summary.n_there, summary.n_measured) == (4, 2)
    assert before.items() <= store.points().items()
    assert set(fits().values()) == {1}


def test_a_signal_that_is_asked_for_later_joins_the_others(store, probes):
    run(probes(), store)
    first = store.table()
    assert run(probes(signals=("neighbour", "clone")), store).n_measured == 6
    table = store.table()
    pd.testing.assert_frame_equal(
        table[table["signal"] == "neighbour"].reset_index(drop=True), first
    )
    assert len(table) == 12


def test_a_failed_point_is_a_row_and_is_retried_on_request(store, probes, tmp_path):
    switch = tmp_path / "failing"
    grid = probes(depths=(10,), seeds=(0,), signals=("neighbour", "clone"),
                  fault="error", once=str(switch))  # fmt: skip
    switch.touch()
    summary = run(grid, store)
    assert (summary.n_measured, summary.n_failed) == (1, 1)
    table = store.table()
    assert set(table["message"]) == {"RuntimeError: no convergence at 7"}
    assert table[["bits", "standard_error"]].isna().all(axis=None)
    assert table["n_samples"].tolist() == [90, 90]
    again = run(grid, store)
    assert (again.n_measured, again.n_failed) == (0, 1), "not unless asked for"
    switch.touch()
    assert run(grid, store, retry_failed=True).n_failed == 1, "it fails again"
    retried = run(grid, store, retry_failed=True)
    assert (retried.n_measured, retried.n_failed) == (1, 0)
    assert (store.table()["status"] == "ok").all()
    assert run(grid, store, retry_failed=True).n_measured == 0


def test_a_signal_that_fails_leaves_the_others(store):
    cells = recipe("sweep_models:small_cells", n_cells=70, label="small")
    grid = Sweep([cells], ["sweep_models:Probe"], [10], signals=["cell_type", "clone"])
    assert run(grid, store).n_failed == 1
    first = store.table().set_index("signal")
    assert first.loc["cell_type", "status"] == "ok"
    assert (
        first.loc["clone", "message"] == "ValueError: x has 35 rows; an estimate needs at least 40"
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("abort", r"WorkerDied: .* each of 2 times .*exit status -6"),
        ("exit", r"WorkerDied: .* each of 2 times .*exit status 0"),
        ("kill", r"WorkerDied: .* each of 2 times .*exit status -9"),
        ("quit", r"SystemExit: bye"),
        ("interrupt", r"KeyboardInterrupt: "),
        ("generator", r"GeneratorExit: over"),
        ("odd", r"Odd"),
        ("surrogate", r"ValueError: half a letter \\ud83d, a bell \\x07 and a nul \\x00"),
    ],
)
def test_a_model_that_goes_wrong_costs_its_point_alone(store, tmp_path, fault, message):
    bad = recipe("sweep_models:Probe", label="bad", fault=fault)
    good = recipe("sweep_models:Probe", label="good")
    grid = Sweep([CELLS], [good, bad], [10, 20], signals=["clone", "neighbour"])
    summary = run(grid, store)
    assert (summary.n_points, summary.n_failed) == (4, 2)
    table = store.table().set_index("model")
    assert (table.loc["good", "status"] == "ok").all()
    assert table.loc["bad", "message"].str.fullmatch(f"(?s){message}.*").all()
    assert table.loc["bad", "n_samples"].tolist() == [90] * 4
    (file,) = store.compact(tmp_path / "points.csv")
    pd.testing.assert_frame_equal(sweep.read_csv(file), store.table())


def test_a_model_that_hangs_is_ended_by_the_time_limit(store, probes):
    hanging = probes(depths=(10, 20), seeds=(0,), fault="hang")
    assert run(hanging, store, time_limit=0.5).n_failed == 2, "the second too has a worker"
    assert set(store.table()["message"]) == {"TimeLimit: not done within time_limit = 0.5 s"}


def test_a_worker_that_dies_once_is_replaced_and_its_point_measured(store, tmp_path, probes):
    (tmp_path / "once").touch()
    grid = probes(fault="exit", once=str(tmp_path / "once"))
    assert run(grid, store, n_processes=2).n_failed == 0


def test_a_setting_that_json_does_not_know_is_told_as_text(store):
    assert (
        run(Sweep([CELLS], ["sweep_models:Infinite"], [10], signals=["clone"]), store).n_failed == 0
    )
    settings = json.loads(store.table()["provenance"].iloc[0])["settings"]
    assert settings["limit"] == "Infinity"
    assert settings["other"] == "NaN"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_estimate_that_is_no_number_is_a_failed_row(monkeypatch, value):
    from noisescaling.metric import Diagnostics, MutualInformation

    told = MutualInformation(value, 0.1, 60, "label", Diagnostics(1, True, 0.0))
    monkeypatch.setattr(
        sys.modules["noisescaling.sweep.measure"], "mutual_information", lambda *_, **__: told
    )
    cells = sweep_models.small_cells()
    table = sweep.noise_curves(cells, {"probe": sweep_models.Probe}, [10], [0], ["time"])
    assert table["status"].tolist() == ["failed"]
    assert "the estimate is" in table["message"].iloc[0]


def test_what_does_not_exist_is_refused_before_anything_runs(store, probes, trace):
    bad = [
        (probes(depths=(10, 5000)), "umis_per_cell = 5000 is more than the mean"),
        (probes(signals=("colour",)), "signal of small = 'colour' is unknown"),
        (Sweep([CELLS], ["sweep_models:Probe", "VAE"], [10]), "model = 'VAE' is unknown"),
        (Sweep([CELLS, "moon"], ["PCA"], [10]), "data set = 'moon' is unknown"),
        (
            Sweep([CELLS], ["PCA"], [10], sizes=[91]),
            r"size = 91 is more than the 90 cells of small to learn from \(90 of 180 are set aside",
        ),
        (Sweep([CELLS], ["__main__:Mine"], [10]), "other processes cannot see what a notebook"),
    ]
    for grid, text in bad:
        with pytest.raises(ValueError, match=text):
            run(grid, store)
    with pytest.raises(ValueError, match="n_processes = 0 must be a whole number of at least 1"):
        run(probes(), store, n_processes=0)
    with pytest.raises(ValueError, match="time_limit = 0 s must be above 0"):
        run(probes(), store, time_limit=0)
    assert not store.folder.exists()
    assert not trace.exists()


@pytest.fixture
def saved(tmp_path):
    """Write cells into a file, with what a test changes; return the data set that reads it."""

    def save(**changes):
        cells = sweep_models.small_cells(200)
        clone = cells.signal("clone")
        content = {"counts": cells.counts, "time": cells.signal("time").values,
                   "pairs": np.array([clone.rows, clone.partners])}  # fmt: skip
        np.savez(tmp_path / "cells.npz", **(content | changes))
        return recipe("sweep_models:saved_cells", path=str(tmp_path / "cells.npz"), label="saved")

    return save


@pytest.mark.parametrize(
    ("change", "n_measured"),
    [
        pytest.param(lambda c: {}, 0, id="nothing: nothing"),
        pytest.param(lambda c: {"counts": c.counts + np.eye(200, 20, dtype=int)}, 1, id="counts"),
        pytest.param(lambda c: {"time": c.signal("time").values + 1}, 1, id="a signal"),
        pytest.param(lambda c: {"pairs": np.zeros((0, 2))}, 1, id="pairs decide what is set aside"),
        pytest.param(lambda c: {"held_out": np.arange(200) < 100}, 1, id="what is set aside"),
    ],
)
def test_what_depends_on_changed_data_is_measured_anew(store, saved, change, n_measured):
    grid = Sweep([saved()], ["sweep_models:Probe"], [10], signals=["time"])
    run(grid, store)
    saved(**change(sweep_models.small_cells(200)))
    assert run(grid, store).n_measured == n_measured
    assert len(measured(grid, store)) == 1


def test_one_half_is_not_taken_for_both(store, saved):
    grid = Sweep([saved()], ["sweep_models:Probe"], [10], signals=["time"])
    run(grid, store)
    both = set_aside(load_dataset(saved()))
    assert both.swapped
    saved(held_out=both.rows)
    assert run(grid, store).n_measured == 1


def test_a_changed_default_of_a_model_makes_its_points_stale(store, monkeypatch):
    grid = Sweep([CELLS], ["PCA"], [10], signals=["clone"])
    key = set(planned(grid))
    monkeypatch.setitem(models.PCA.__init__.__kwdefaults__, "n_components", 3)
    sys.modules["noisescaling.sweep.measure"].forget()
    assert set(planned(grid)) != key


def planned(grid):
    return sys.modules["noisescaling.sweep.run"].planned(grid)


def test_what_is_untrained_is_another_point():
    settings = ({}, {"untrained": True}, {"untrained": False})
    grids = [Sweep([CELLS], [recipe("sweep_models:Control", **one)], [10]) for one in settings]
    assert len({key for grid in grids for key in planned(grid)}) == 3


MODULES = {
    "mine/__init__.py": "from mine.model import Mine\n",
    "mine/model.py": "from mine.base import Base\nimport helper\nclass Mine(Base):\n    pass\n",
    "mine/base.py": (
        "import numpy as np\nfrom . import parts\nclass Base:\n"
        "    def __init__(self, seed): self.seed = seed\n"
        "    def fit(self, data): return self\n"
        "    def embed(self, data):\n"
        "        import helper\n        return parts.FACTOR * helper.some(data)\n"
    ),
    "mine/parts.py": "FACTOR = 1.0\n",
    "helper.py": "def some(data): return data[:, :2].astype(float)\n",
    "other.py": "NOTHING = 1\n",
}
CHANGED = {
    "mine/model.py": "class Mine(Base):\n    def embed(self, data): return data[:, :1] * 1.0",
    "mine/base.py": "# another base",
    "mine/parts.py": "FACTOR = 0.0",
    "helper.py": "def some(data): return 0.0 * data[:, :2]",
    "other.py": "NOTHING = 2",
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_own_model_is_measured_anew_when_what_it_is_made_of_changes(
    store, tmp_path, monkeypatch, name
):
    for file, text in MODULES.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("mine", "mine.model", "mine.base", "mine.parts", "helper"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    grid = Sweep([CELLS], ["mine:Mine"], [20], signals=["clone"])
    assert run(grid, store).n_measured == 1
    with (tmp_path / name).open("a") as file:
        file.write(CHANGED[name] + "\n")
    assert run(grid, store).n_measured == (name != "other.py")
    if name in ("mine/parts.py", "helper.py"):  # now its embedding is the same for all cells
        assert measured(grid, store)["bits"].tolist() == [0.0]


def test_one_recipe_under_two_labels_is_measured_once_and_is_there_under_both(store, trace, fits):
    model = {"name": "sweep_models:Probe", "trace": str(trace)}
    both = Sweep([CELLS], [model | {"label": "a"}, model | {"label": "b"}], [10], signals=["clone"])
    later = Sweep([CELLS], [model | {"label": "c"}], [10], signals=["clone"])
    assert run(both, store).n_points == 1
    assert sorted(store.table()["model"]) == ["a", "b"]
    assert run(later, store).n_measured == 0
    table = store.table()
    assert sorted(table["model"]) == ["a", "b", "c"]
    assert len(set(table["bits"])) == 1
    assert measured(later, store)["model"].tolist() == ["c"]
    assert set(fits().values()) == {1}


def test_data_sets_of_two_labels_and_one_content_are_both_there(store):
    cells = [recipe("sweep_models:small_cells", label=label) for label in ("one", "two")]
    grid = Sweep(cells, ["sweep_models:Probe"], [10], signals=["clone"])
    assert measured(grid, store)["dataset"].tolist() == ["one", "two"]


def test_the_bar_tells_points_done_failed_and_left(store, probes, capsys):
    run(probes(depths=(10,)), store)
    failing = probes(depths=(20,), fault="error", label="failing")
    run(failing, store)
    capsys.readouterr()
    run([probes(depths=(10, 40)), failing], store)
    shown = capsys.readouterr().err.replace("\r", "\n")
    assert "4/6" in shown, "points of earlier runs count"
    last = shown.strip().splitlines()[-1]
    assert "100%" in last
    assert last.endswith("done 4, failed 2, left 0]")
    run(probes(depths=(11,)), store, progress=False)
    assert capsys.readouterr().err == ""


def test_a_script_needs_no_guard_with_processes_and_these_show_no_warnings(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from noisescaling.sweep import *\n"
        "warns = recipe('sweep_models:Probe', fault='warning')\n"
        "grid = Sweep(['sweep_models:small_cells'], ['PCA', warns], depths=[9], signals=['time'])\n"
        "print(run(grid, ResultsStore(sys.argv[2]), n_processes=2, progress=False))\n"
    )
    folder = sweep_models.__file__.rpartition("/")[0]
    command = [sys.executable, str(script), folder, str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("2 points: 2 measured")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_of_dask_workers_one_that_dies_costs_its_point_alone(store, tmp_path):
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    bad = [recipe("sweep_models:Probe", label=fault, fault=fault) for fault in ("exit", "quit")]
    grid = Sweep([CELLS], [*bad, "PCA"], [10, 20], signals=["neighbour", "clone"])
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": 0,
                "distributed.comm.timeouts.connect": "1200s",  # however busy the machine is
                "distributed.comm.timeouts.tcp": "1200s",
                "distributed.scheduler.worker-ttl": None,
            }
        ),
        distributed.LocalCluster(**options, silence_logs=60) as local,
        distributed.Client(local) as client,
    ):
        summary = run(grid, store, client=client)
        again = run(grid, store, client=client)
        with pytest.raises(ValueError, match="on a cluster, give its jobs a limit"):
            run(grid, store, client=client, time_limit=5)
    assert (summary.n_measured, summary.n_failed) == (6, 4)
    assert (again.n_there, again.n_measured, again.n_failed) == (6, 0, 4)
    table = store.table().set_index("model")
    assert table.loc["exit", "message"].str.startswith("WorkerDied: ").all()
    assert (table.loc["quit", "message"] == "SystemExit: bye").all()
    here = measured(Sweep([CELLS], ["PCA"], [10, 20], signals=["neighbour", "clone"]),
                    ResultsStore(tmp_path / "here"))  # fmt: skip
    assert table.loc["PCA", "bits"].tolist() == here["bits"].tolist()
