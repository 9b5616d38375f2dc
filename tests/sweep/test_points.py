from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from noisescaling import datasets, sweep
from noisescaling.datasets import ideal
from noisescaling.sweep import points


@dataclass
class Recorder:
    """Embeds a cell by its total, and remembers the counts it was fitted on."""

    seen: list[Any]

    def fit(self, data):
        self.seen.append(data.copy())
        return self

    def embed(self, data):
        return np.asarray(data.sum(axis=1), dtype=float).reshape(-1, 1)


class Broken:
    def fit(self, data):
        raise RuntimeError("no convergence at 7")

    def embed(self, data):
        raise AssertionError


@pytest.fixture(scope="module")
def cells():
    return datasets.simulate_cells(400, 60, 300.0, seed=0)


def test_a_curve_is_one_row_a_point_and_signal(cells):
    table = sweep.noise_curves(cells, {"total": lambda seed: Recorder([])}, [20, 200], [1, 2])
    assert tuple(table.columns) == sweep.COLUMNS
    assert len(table) == 2 * 2 * 5
    assert (table["status"] == "ok").all()
    assert np.isfinite(table[["bits", "standard_error", "seconds"]]).all(axis=None)
    assert not table.duplicated(["signal", "quality", "seed", "model"]).any()


def test_all_models_see_the_same_thinned_cells(cells):
    first, second = [], []
    factories = {"a": lambda seed: Recorder(first), "b": lambda seed: Recorder(second)}
    sweep.noise_curves(cells, factories, [20, 200], [1, 2], ["time"])
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert [data.sum() / 400 for data in first] == pytest.approx([20, 200, 20, 200], rel=0.1)
    assert (first[0] != first[2]).any(), "another seed must thin anew"


def test_a_failed_point_is_a_row_with_its_message_and_the_others_go_on(cells):
    factories = {"broken": lambda seed: Broken(), "total": lambda seed: Recorder([])}
    table = sweep.noise_curves(cells, factories, [200], [0], ["time"]).set_index("model")
    assert table.loc["broken", "status"] == "failed"
    assert table.loc["broken", "message"] == "RuntimeError: no convergence at 7"
    assert table.loc["total", "status"] == "ok"


def test_a_metric_that_fails_fails_its_signal_alone(cells, monkeypatch):
    def refuse(x, y, *, seed, signal):
        if y.ndim == 1 and y.dtype.kind == "f":
            raise ValueError("y is odd")
        return mutual_information(x, y, seed=seed, signal=signal)

    mutual_information = points.mutual_information
    monkeypatch.setattr(points, "mutual_information", refuse)
    table = sweep.noise_curves(
        cells, {"total": lambda seed: Recorder([])}, [200], [0], ["time", "clone"]
    ).set_index("signal")
    assert table.loc["time", "message"] == "ValueError: y is odd"
    assert table.loc["clone", "status"] == "ok"


def test_bad_depths_and_signals_are_refused_before_anything_runs(cells):
    seen = []
    factories = {"total": lambda seed: Recorder(seen)}
    with pytest.raises(ValueError, match=r"umis_per_cell = 5000 is more than the mean"):
        sweep.noise_curves(cells, factories, [20, 5000], [0])
    with pytest.raises(ValueError, match="signal = 'colour' is unknown; give one of cell_type"):
        sweep.noise_curves(cells, factories, [20], [0], ["colour"])
    assert seen == []


def test_the_same_seed_gives_the_same_table(cells):
    tables = [
        sweep.noise_curves(cells, {"total": lambda seed: Recorder([])}, [50], [3], ["time"])
        for _ in range(2)
    ]
    assert tables[0].drop(columns="seconds").equals(tables[1].drop(columns="seconds"))


def test_the_ideal_observer_follows_the_law_known_beforehand():
    cells = datasets.simulate_cells(3000, 200, 1000.0, depth_spread=0.0, seed=0)
    factories = {"ideal": lambda seed: ideal.IdealObserver(cells.truth)}
    table = sweep.noise_curves(cells, factories, [30, 200, 990], [0], ["time", "clone"])
    for name, group in table.groupby("signal"):
        known = ideal.predicted_bits(cells, name, group["quality"])
        assert group["bits"].to_numpy() == pytest.approx(known, abs=0.12), name
        assert (np.diff(group["bits"]) > 0.1).all()


def test_a_point_is_measured_on_one_thread_and_the_process_keeps_its_own(cells):
    import torch

    class Counter(Recorder):
        def fit(self, data):
            self.seen.append(torch.get_num_threads())
            return super().fit(data)

    before = torch.get_num_threads()
    seen = []
    sweep.noise_curves(cells, {"total": lambda seed: Counter(seen)}, [50], [0], ["time"])
    assert seen[0] == 1
    assert torch.get_num_threads() == before
