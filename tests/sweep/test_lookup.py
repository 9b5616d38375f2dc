"""The points of a sweep from committed tables, without the data that they were measured on."""

import json

import pandas as pd
import pytest

from noisescaling import sweep
from noisescaling.sweep import ResultsStore, Sweep, measured, read_sweeps, recipe, run
from study import paths

CELLS = recipe("sweep_models:small_cells", label="small")


@pytest.fixture
def published(store, probes, tmp_path):
    """Points that were measured, and compacted into a file."""
    run(probes(signals=("neighbour", "clone")), store)
    return store.compact(tmp_path / "points.csv")[0]


@pytest.fixture
def fresh(tmp_path, published):
    return ResultsStore(tmp_path / "fresh", committed=published)


def out_of_reach(*arguments, **settings):
    raise OSError("no network")


def test_committed_points_are_shown_without_the_data(probes, fresh, store, fits, monkeypatch):
    before = fits()
    monkeypatch.setattr("sweep_models.small_cells", out_of_reach)
    table = measured(probes(signals=("neighbour", "clone")), fresh)
    pd.testing.assert_frame_equal(table, store.table())
    assert not fresh.folder.exists()
    assert fits() == before


def test_only_what_a_sweep_asks_for_is_given(probes, fresh, store):
    table = measured(probes(depths=(10,), seeds=(1,), signals=("clone",)), fresh)
    expected = store.table().query("signal == 'clone' and quality == 10 and seed == 1")
    pd.testing.assert_frame_equal(table, expected.reset_index(drop=True))
    everything = measured(probes(depths=(10,), seeds=(1,), signals=None), fresh)
    assert sorted(everything["signal"]) == ["clone", "neighbour"], "all that is committed"


def test_only_what_is_lacking_is_measured(probes, fresh, fits):
    before = len(fits())
    table = measured(probes(depths=(10, 15)), fresh)
    assert table["quality"].tolist() == [10, 10, 15, 15]
    assert len(fits()) == before + 4
    assert len(fresh.points()) == 2
    measured(probes(depths=(10, 15)), fresh)
    assert len(fits()) == before + 4


def test_points_are_called_what_the_sweep_calls_them(fresh, trace):
    cells = recipe("sweep_models:small_cells", label="mine")
    model = recipe("sweep_models:Probe", trace=str(trace), label="sum")
    table = measured(Sweep([cells], [model], [10], signals=["clone"]), fresh)
    assert table[["dataset", "model"]].to_numpy().tolist() == [["mine", "sum"]]


def test_several_sweeps_make_one_table(probes, fresh):
    both = [probes(depths=(10,)), probes(depths=(10, 20), signals=("clone",))]
    assert measured(both, fresh).groupby(["signal", "quality"]).size().to_dict() == {
        ("neighbour", 10.0): 2, ("clone", 10.0): 2, ("clone", 20.0): 2,
    }  # fmt: skip
    assert not fresh.folder.exists()


def test_a_changed_own_model_is_not_shown_by_its_former_points(probes, fresh, fits, tmp_path):
    before = sum(fits().values())
    table = pd.read_csv(fresh.committed)
    table["provenance"] = [
        json.dumps(told | {"settings": told["settings"] | {"source": "former"}})
        for told in map(json.loads, table["provenance"])
    ]
    table.to_csv(fresh.committed, index=False)
    measured(probes(depths=(10,), seeds=(1,)), fresh)
    assert sum(fits().values()) == before, "the key is of the content: nothing is measured anew"


def test_recompute_measures_all_anew_and_replaces_them(probes, fresh, fits):
    grid = probes(signals=("neighbour", "clone"))
    before = sum(fits().values())
    table = measured(grid, fresh, recompute=True)
    assert sum(fits().values()) == before + 12
    assert len(table) == 12
    assert len(fresh.points()) == 12
    assert not ResultsStore(fresh.folder / "recompute").points()
    assert set(measured(grid, fresh)["provenance"]) == set(table["provenance"])


def test_a_recompute_that_was_broken_off_goes_on(probes, fresh, fits):
    grid = probes(signals=("neighbour", "clone"))
    run(
        probes(depths=(10,), signals=("neighbour", "clone")),
        ResultsStore(fresh.folder / "recompute"),
    )
    before = sum(fits().values())
    measured(grid, fresh, recompute=True)
    assert sum(fits().values()) == before + 8


def test_options_reach_the_run(probes, fresh, tmp_path):
    switch = tmp_path / "failing"
    switch.touch()
    grid = probes(depths=(12,), seeds=(0,), fault="error", once=str(switch))
    assert set(measured(grid, fresh)["status"]) == {"failed"}
    assert set(measured(grid, fresh)["status"]) == {"failed"}
    assert set(measured(grid, fresh, retry_failed=True)["status"]) == {"ok"}


@pytest.mark.parametrize(
    ("file", "committed"),
    [("cells", "cells"), ("encodings", "encodings"), ("train_inference", "train_inference"),
     ("latents", "latents"), ("images", "images"), ("sequences", "sequence_points.csv"),
     ("replicates", "replicate_points.csv"), ("published_transformer", "published_transformer")],
)  # fmt: skip
def test_every_committed_study_is_there_without_measuring(file, committed, tmp_path):
    grids = read_sweeps(paths.NOTEBOOKS / "sweeps" / f"{file}.toml", allow=["study"])
    store = ResultsStore(tmp_path / "none", committed=paths.RESULTS / committed)
    table = sweep.committed(grids, store)
    assert table is not None
    assert len(table) == len(store.committed_points())
