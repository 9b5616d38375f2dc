import pandas as pd
import pytest

from noisescaling import sweep
from noisescaling.sweep import ResultsStore, Sweep, measured, recipe, run

CELLS = recipe("sweep_models:small_cells", label="small")


@pytest.fixture
def published(store, probes, tmp_path):
    """Points that were measured, and compacted into a file."""
    run(probes(signals=("cell_type", "time")), store)
    return store.compact(tmp_path / "points.csv")[0]


@pytest.fixture
def fresh(tmp_path, published):
    return ResultsStore(tmp_path / "fresh", committed=published)


def out_of_reach(*arguments, **settings):
    raise OSError("no network")


def test_committed_points_are_shown_without_the_data(probes, fresh, store, trace, monkeypatch):
    before = trace.read_text()
    monkeypatch.setattr("sweep_models.small_cells", out_of_reach)
    table = measured(probes(signals=("cell_type", "time")), fresh)
    pd.testing.assert_frame_equal(table, store.table())
    assert not fresh.folder.exists()
    assert trace.read_text() == before


def test_only_what_a_sweep_asks_for_is_given(probes, fresh, store):
    table = measured(probes(depths=(10,), seeds=(1,), signals=("time",)), fresh)
    assert len(table) == 1
    expected = store.table().query("signal == 'time' and quality == 10 and seed == 1")
    pd.testing.assert_frame_equal(table, expected.reset_index(drop=True))
    everything = measured(probes(depths=(10,), seeds=(1,), signals=None), fresh)
    assert sorted(everything["signal"]) == ["cell_type", "time"], "all that is committed"


def test_only_what_is_lacking_is_measured(probes, fresh, trace):
    before = trace.read_text().splitlines()
    table = measured(probes(depths=(10, 15)), fresh)
    assert table["quality"].tolist() == [10, 10, 15, 15]
    new = trace.read_text().splitlines()[len(before) :]
    assert len(new) == 2
    assert all(1 < int(line.split()[2]) / 60 / 15 * 1.2 < 1.4 for line in new)
    assert len(list((fresh.folder / "points").iterdir())) == 2
    measured(probes(depths=(10, 15)), fresh)
    assert len(trace.read_text().splitlines()) == len(before) + 2


def test_points_are_called_what_the_sweep_calls_them(probes, fresh, trace):
    cells = recipe("sweep_models:small_cells", label="mine")
    model = recipe("sweep_models:Probe", trace=str(trace), label="sum")
    table = measured(Sweep([cells], [model], [10], signals=["time"]), fresh)
    assert table[["dataset", "model"]].to_numpy().tolist() == [["mine", "sum"]]


def test_several_sweeps_make_one_table(probes, fresh):
    both = [probes(depths=(10,)), probes(depths=(10, 20), signals=("time",))]
    table = measured(both, fresh)
    assert table.groupby(["signal", "quality"]).size().to_dict() == {
        ("cell_type", 10.0): 2, ("time", 10.0): 2, ("time", 20.0): 2,
    }  # fmt: skip
    run(both, empty := ResultsStore(fresh.folder / "other"))
    measurements = ["dataset", "signal", "model", "quality", "seed", "bits", "standard_error"]
    pd.testing.assert_frame_equal(empty_table(empty)[measurements], table[measurements])


def empty_table(store):
    """Return the asked-for rows of a store that had no committed points."""
    table = store.table()
    return table[table["signal"].isin(["cell_type", "time"])].reset_index(drop=True)


def test_recompute_measures_all_anew_and_replaces_them(probes, fresh, trace):
    grid = probes(signals=("cell_type", "time"))
    before = len(trace.read_text().splitlines())
    table = measured(grid, fresh, recompute=True)
    assert len(trace.read_text().splitlines()) == before + 6
    assert len(table) == 12
    assert len(list((fresh.folder / "points").iterdir())) == 6
    assert not list((fresh.folder / "recompute" / "points").iterdir())


def test_a_recompute_that_was_broken_off_goes_on(probes, fresh, trace, monkeypatch):
    grid = probes(signals=("cell_type", "time"))
    before = len(trace.read_text().splitlines())
    real, calls = sweep.points.measure, []

    def interrupted(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(sweep.points, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measured(grid, fresh, recompute=True)
    assert not (fresh.folder / "points").exists(), "the former points hold until all are there"
    measured(grid, fresh, recompute=True)
    assert len(trace.read_text().splitlines()) == before + 6


def test_options_reach_the_run(probes, fresh, tmp_path):
    switch = tmp_path / "failing"
    switch.touch()
    grid = probes(depths=(12,), fail_while=str(switch))
    assert set(measured(grid, fresh)["status"]) == {"failed"}
    switch.unlink()
    assert set(measured(grid, fresh)["status"]) == {"failed"}
    assert set(measured(grid, fresh, recompute=True)["status"]) == {"ok"}
