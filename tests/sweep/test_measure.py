"""What is learned from, what is measured on, and what a row says of both."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from noisescaling import datasets, sweep
from noisescaling.datasets import set_aside
from noisescaling.metric import mutual_information
from noisescaling.sweep import ResultsStore, Sweep, measured, recipe
from study import ideal


@dataclass
class Recorder:
    """Embeds a cell by its total, and remembers what it was fitted on and asked about."""

    seen: list[Any]
    asked: list[Any] | None = None

    def fit(self, data):
        self.seen.append(data.copy())
        return self

    def embed(self, data):
        if self.asked is not None:
            self.asked.append(data.copy())
        return np.asarray(data.sum(axis=1), dtype=float).reshape(-1, 1)


class Broken:
    def fit(self, data):
        raise RuntimeError("no convergence at 7")

    def embed(self, data):
        raise AssertionError


class Loud(Recorder):
    def embed(self, data):
        return np.zeros((3, 1))


@pytest.fixture(scope="module")
def cells():
    return datasets.simulate_cells(1000, 60, 300.0, seed=0)


def test_a_curve_is_one_row_a_point_and_signal(cells):
    table = sweep.noise_curves(cells, {"total": lambda seed: Recorder([])}, [20, 200], [1, 2])
    assert tuple(table.columns) == sweep.COLUMNS
    assert len(table) == 2 * 2 * 5
    assert (table["status"] == "ok").all()
    assert np.isfinite(table[["bits", "standard_error", "seconds"]]).all(axis=None)
    assert not table.duplicated(["signal", "quality", "seed", "model"]).any()
    assert set(table["n_samples"]) == {600}
    assert table["held_out"].all()
    assert table.groupby("signal")["n_measured"].first()["time"] == 400


def test_a_model_learns_from_some_cells_and_is_asked_about_others_of_the_same_quality(cells):
    seen, asked = [], []
    sweep.noise_curves(cells, {"a": lambda seed: Recorder(seen, asked)}, [20, 295], [0], ["time"])
    aside = set_aside(cells)
    for data, rows in ((seen, ~aside.rows), (asked, aside.rows)):
        kept = [one.sum() / cells.counts[rows].sum() for one in data]
        assert kept == pytest.approx(
            [20 / cells.umis_per_cell, 295 / cells.umis_per_cell], rel=0.02
        )
        assert all((one <= cells.counts[rows]).all() for one in data)


def test_the_bits_are_those_of_the_metric_on_the_cells_set_aside(cells):
    asked = []
    factories = {"a": lambda seed: Recorder([], asked)}
    table = sweep.noise_curves(cells, factories, [100], [3], ["time"])
    rows = set_aside(cells).rows
    total = asked[0].sum(axis=1).astype(float).reshape(-1, 1)
    found = mutual_information(total, cells.signal("time").values[rows], seed=3)
    assert table["bits"].iloc[0] == pytest.approx(found.bits, abs=1e-6)
    assert table["standard_error"].iloc[0] == pytest.approx(found.standard_error, abs=1e-6)


def test_by_halves_each_learns_from_one_and_is_measured_on_the_other():
    few = datasets.simulate_cells(400, 40, 200.0, seed=0)
    seen, asked = [], []
    factories = {"a": lambda seed: Recorder(seen, asked)}
    table = sweep.noise_curves(few, factories, [100], [3], ["time"])
    aside = set_aside(few)
    assert [len(one) for one in seen] == [len(one) for one in asked] == [200, 200]
    halves = []
    for one, (_, rows) in zip(asked, aside.folds, strict=True):
        total = one.sum(axis=1).astype(float).reshape(-1, 1)
        halves.append(mutual_information(total, few.signal("time").values[rows], seed=3))
    row = table.iloc[0]
    assert row["bits"] == pytest.approx(np.mean([one.bits for one in halves]), abs=1e-6)
    errors = np.array([one.standard_error for one in halves])
    assert row["standard_error"] == pytest.approx(np.sqrt((errors**2).sum()) / 2, abs=1e-6)
    assert (row["n_samples"], row["n_measured"], row["held_out"]) == (200, 400, True)


def test_too_few_cells_are_measured_on_themselves_and_it_is_said():
    few = datasets.simulate_cells(70, 40, 200.0, seed=0)
    seen, asked = [], []
    factories = {"a": lambda seed: Recorder(seen, asked)}
    table = sweep.noise_curves(few, factories, [100], [3], ["time"])
    assert (seen[0] == asked[0]).all()
    assert table[["n_samples", "n_measured", "held_out"]].to_numpy().tolist() == [[70, 70, False]]


def test_a_reader_sets_another_part_aside(cells):
    rows = np.arange(1000) % 2 == 0
    table = sweep.noise_curves(
        replace(cells, held_out=rows), {"a": lambda seed: Recorder([])}, [100], [0], ["time"]
    )
    assert table[["n_samples", "n_measured"]].to_numpy().tolist() == [[500, 500]]
    nothing = replace(cells, held_out=np.zeros(1000, dtype=bool))
    table = sweep.noise_curves(nothing, {"a": lambda seed: Recorder([])}, [100], [0], ["time"])
    assert table[["n_samples", "held_out"]].to_numpy().tolist() == [[1000, False]]


def test_all_models_see_the_same_thinned_cells(cells):
    first, second = [], []
    factories = {"a": lambda seed: Recorder(first), "b": lambda seed: Recorder(second)}
    sweep.noise_curves(cells, factories, [20, 200], [1, 2], ["time"])
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    means = [data.sum() / 600 for data in first]
    assert means == pytest.approx([20, 200, 20, 200], rel=0.1)
    assert (first[0] != first[2]).any(), "another seed must thin anew"


def test_the_measured_cells_are_the_same_for_every_number_learned_from(tmp_path):
    """A representation that learns nothing measures the same bits whatever it was given."""
    given = recipe("simulated", n_cells=900, n_genes=30, umis_per_cell=100.0)
    grid = Sweep([given], ["RandomProjection"], [20, 90], sizes=[50, 200, None], seeds=[0, 1],
                 signals=["time"])  # fmt: skip
    table = measured(grid, ResultsStore(tmp_path / "points"))
    assert table["n_samples"].unique().tolist() == [50, 200, 542]
    assert (table["n_measured"] == 358).all()
    assert (table.groupby(["quality", "seed"])["bits"].nunique() == 1).all()
    assert table["bits"].nunique() == 4


def test_a_quality_means_the_same_for_every_number_of_cells(tmp_path):
    """At the depth of the whole data set no molecule of drawn cells is lost."""
    cells = datasets.simulate_cells(900, 30, 100.0, depth_spread=1.0)
    trace = tmp_path / "trace"
    given = recipe("simulated", n_cells=900, n_genes=30, umis_per_cell=100.0, depth_spread=1.0)
    model = recipe("sweep_models:Probe", trace=str(trace))
    grid = Sweep([given], [model], [float(cells.umis_per_cell)], sizes=[50, 500], seeds=range(3),
                 signals=["time"])  # fmt: skip
    assert (measured(grid, ResultsStore(tmp_path / "points"))["status"] == "ok").all()
    pool = np.flatnonzero(~set_aside(cells).rows)
    for line in trace.read_text().splitlines():
        seed, n, molecules = map(int, line.split())
        drawn = np.random.default_rng(seed).permutation(pool)[:n]
        assert cells.counts[drawn].sum() == molecules


def test_a_failed_point_is_a_row_with_its_message_and_the_others_go_on(cells):
    factories = {
        "broken": lambda seed: Broken(), "loud": lambda seed: Loud([]),
        "total": lambda seed: Recorder([]),
    }  # fmt: skip
    table = sweep.noise_curves(cells, factories, [200], [0], ["time"]).set_index("model")
    assert table["status"].tolist() == ["failed", "failed", "ok"]
    assert table.loc["broken", "message"] == "RuntimeError: no convergence at 7"
    assert "embeds 400 rows as 3; embed must return one row for each" in table["message"].iloc[1]
    assert table["n_samples"].tolist() == [600] * 3


def test_bad_depths_and_signals_are_refused_before_anything_runs(cells):
    seen = []
    factories = {"total": lambda seed: Recorder(seen)}
    with pytest.raises(ValueError, match=r"umis_per_cell = 5000 is more than the mean"):
        sweep.noise_curves(cells, factories, [20, 5000], [0])
    with pytest.raises(ValueError, match="signal of simulated = 'colour' is unknown; give one of"):
        sweep.noise_curves(cells, factories, [20], [0], ["colour"])
    assert seen == []


def test_the_ideal_observer_follows_the_law_known_beforehand():
    cells = datasets.simulate_cells(5000, 200, 1000.0, depth_spread=0.0, seed=0)
    factories = {"ideal": lambda seed: ideal.IdealObserver(cells.truth)}
    table = sweep.noise_curves(cells, factories, [30, 200, 990], [0], ["time", "clone"])
    for name, group in table.groupby("signal"):
        known = ideal.predicted_bits(cells, name, group["quality"])
        assert group["bits"].to_numpy() == pytest.approx(known, abs=0.15), name
        assert (np.diff(group["bits"]) > 0.1).all()


def test_a_point_is_measured_on_one_thread_and_the_process_keeps_its_own(cells):
    torch = pytest.importorskip("torch")

    class Counter(Recorder):
        def fit(self, data):
            self.seen.append(torch.get_num_threads())
            return super().fit(data)

    before = torch.get_num_threads()
    seen = []
    sweep.noise_curves(cells, {"total": lambda seed: Counter(seen)}, [50], [0], ["time"])
    assert seen[0] == 1
    assert torch.get_num_threads() == before


def test_images_and_sequences_are_measured_on_what_is_set_aside(tmp_path):
    proteins = recipe("noisescaling.datasets:simulate_proteins", n_sequences=200, label="proteins")
    for given, model, noise, signal, n in (
        ("digits", "PixelPCA", "gaussian", "class", (1074, 723)),
        (proteins, "OneHotPCA", "substitute", "time", (None, 200)),
    ):
        grid = Sweep([given], [model], [10.0], noise=noise, signals=[signal])
        row = measured(grid, ResultsStore(tmp_path / noise)).iloc[0]
        assert row["status"] == "ok", row["message"]
        assert row["held_out"]
        assert (row["n_samples"] if n[0] else None, row["n_measured"]) == n


def test_each_quality_and_seed_loses_molecules_of_its_own(cells):
    """Errors of the points of a curve are independent: no depth keeps what a deeper one kept."""
    seen = []
    sweep.noise_curves(cells, {"a": lambda seed: Recorder(seen)}, [100, 200], [0, 1], ["time"])
    clean = cells.counts[~set_aside(cells).rows]
    for deep, shallow in ((seen[1], seen[0]), (seen[3], seen[2]), (seen[3], seen[0])):
        assert (shallow > deep).any()
        lost = [(clean - one).ravel() for one in (deep, shallow)]
        expected = [one.sum() / clean.sum() for one in lost]
        single = clean.ravel() == 1
        both = (lost[0] * lost[1])[single].mean()
        assert both == pytest.approx(expected[0] * expected[1], abs=0.03)
