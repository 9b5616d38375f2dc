import numpy as np
import pandas as pd
import pytest

from noisescaling import datasets
from noisescaling.sweep import replicate_cases, replicates
from noisescaling.sweep.points import COLUMNS


@pytest.fixture(scope="module")
def cells():
    return datasets.simulate_cells(240, 60, 900.0, seed=0)


def case(cells, **changes):
    given = {"models": ("constant", "PCA"), "depths": (60.0, 800.0), "seeds": (0,)} | changes
    return replicate_cases.Case("cells", lambda: cells, **given)


def test_batches_lose_genes_of_their_own_and_say_nothing_of_the_biology(cells):
    made = replicate_cases.add_batches(cells, np.random.default_rng(0), n_batches=2, spread=2.0)
    assert (made.counts <= cells.counts).all()
    batch = made.signal("batch").values
    assert set(batch) == {0, 1}
    ratio = np.stack([
        made.counts[batch == b].sum(axis=0) / cells.counts[batch == b].sum(axis=0) for b in (0, 1)
    ])  # fmt: skip
    # The batch that catches more of a gene loses nothing of it.
    assert (ratio.max(axis=0) == 1).all()
    assert np.median(ratio.min(axis=0)) < 0.3
    assert set(made.signals) == {*cells.signals, "batch"}


def test_a_table_has_each_signal_and_the_replicates_of_each_point(cells):
    table = replicates.points([case(cells)])
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * 2 * (len(cells.signals) + 1)
    assert (table["status"] == "ok").all()
    bits = table[table["signal"] == "replicate"].set_index(["model", "quality"])["bits"]
    assert (bits["constant"] == 0).all(), "a constant embedding knows nothing"
    assert bits["PCA", 800.0] > bits["PCA", 60.0] + 0.2


def test_a_stopped_run_goes_on_and_a_finished_one_computes_nothing(cells, tmp_path, monkeypatch):
    store = tmp_path / "points.csv"
    calls = []
    whole = replicates.measure_point

    def stops_after_two(*given):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(given)
        return whole(*given)

    monkeypatch.setattr(replicates, "measure_point", stops_after_two)
    with pytest.raises(KeyboardInterrupt):
        replicates.points([case(cells)], store)
    assert len(pd.read_csv(store)) == 2 * 6

    monkeypatch.setattr(replicates, "measure_point", lambda *g: calls.append(g) or whole(*g))
    first = replicates.points([case(cells)], store)
    assert len(calls) == 4
    text = store.read_text()
    again = replicates.points([case(cells)], store)
    assert (len(calls), store.read_text()) == (4, text)
    assert len(again) == len(first) == 4 * 6
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv"]


def test_only_the_points_asked_for_are_returned(cells, tmp_path):
    store = tmp_path / "points.csv"
    replicates.points([case(cells, models=("constant",))], store)
    asked = replicates.points([case(cells, models=("constant",), depths=(60.0,))], store)
    assert set(asked["quality"]) == {60.0}


def test_a_failed_replicate_is_a_row_with_its_message(cells):
    few = datasets.Dataset("few", cells.counts[:, :10], cells.signals)
    rows = replicates.measure_point(few, "PCA", 20.0, 0)
    assert {row["status"] for row in rows} == {"failed"}
    assert "data has 10 genes and PCA needs 16" in rows[-1]["message"]
    assert rows[-1]["signal"] == "replicate"


def test_presets_are_known_and_others_refused():
    for preset in ("smoke", "laptop", "paper"):
        assert all("constant" in chosen.models for chosen in replicate_cases.cases(preset))
    with pytest.raises(ValueError, match=r"preset = 'huge' is unknown; give one of smoke, laptop"):
        replicate_cases.cases("huge")


def test_the_command_writes_the_table(tmp_path, monkeypatch, cells):
    monkeypatch.setattr(replicates, "cases", lambda preset: [case(cells, models=("constant",))])
    replicates.main(["--preset", "smoke", "--store", str(tmp_path / "table.csv")])
    assert len(pd.read_csv(tmp_path / "table.csv")) == 2 * 6


def test_another_number_of_cells_is_another_point(cells, tmp_path):
    store, fewer = tmp_path / "points.csv", datasets.simulate_cells(200, 60, 300.0, seed=0)
    grid = {"models": ("constant",), "depths": (60.0,)}
    replicates.points([case(cells, **grid)], store)
    assert set(replicates.points([case(fewer, **grid)], store)["n_samples"]) == {200}
    assert set(pd.read_csv(store)["n_samples"]) == {200, 240}


def test_a_store_can_be_read_without_being_written(cells, tmp_path):
    store = tmp_path / "points.csv"
    replicates.points([case(cells, models=("constant",))], store, keep=False)
    assert not store.exists()


def test_agreement_of_planted_ranks():
    rows = [
        {"dataset": "d", "signal": signal, "model": model, "quality": depth, "seed": seed,
         "status": "ok", "bits": bits + 0.01 * seed}
        for m, model in enumerate(["constant", "a", "b", "c"])
        for d, depth in enumerate([1.0, 2.0, 3.0])
        for seed in (0, 1)
        for signal, bits in (("replicate", 10 * d + m), ("with", d + m), ("against", 10 * d - m))
    ]  # fmt: skip
    found = replicates.agreements(pd.DataFrame(rows)).set_index(["signal", "ranked"])
    assert found["n_points"].eq(9).all(), "the constant embedding is left out"
    assert found.loc[("with", "models"), "correlation"] == pytest.approx(1)
    assert found.loc[("against", "models"), "correlation"] == pytest.approx(-1)
    assert found.loc[("against", "depths"), "correlation"] == pytest.approx(1)
    assert 0.5 < found.loc[("against", "everything"), "correlation"] < 1
