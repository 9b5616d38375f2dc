"""Information between the two halves of each cell's molecules, as an ordinary point."""

import numpy as np
import pytest

from noisescaling import datasets, models, noise
from noisescaling.metric import mutual_information
from noisescaling.sweep import ResultsStore, Sweep, measured, recipe

SETTINGS = {"n_cells": 700, "n_genes": 60, "umis_per_cell": 900.0}


def test_the_halves_of_a_cell_are_a_signal_like_any_other(tmp_path):
    constant = recipe("sweep_models:Constant", label="constant")
    grid = Sweep([recipe("simulated", **SETTINGS)], [constant, "PCA"], [60, 800], noise="halves")
    table = measured(grid, ResultsStore(tmp_path)).set_index(["model", "quality"])
    assert (table["status"] == "ok").all()
    assert set(table["signal"]) == {"replicate"}
    assert (table["n_samples"].iloc[0], table["n_measured"].iloc[0]) == (400, 300)
    assert (table.loc["constant", "bits"] == 0).all(), "a constant embedding knows nothing"
    bits = table["bits"]
    assert bits["PCA", 800.0] > bits["PCA", 60.0] + 0.2


def test_a_model_learns_from_one_half_and_is_asked_about_both(tmp_path):
    trace = tmp_path / "trace"
    given = recipe("simulated", **SETTINGS)
    model = recipe("sweep_models:Probe", trace=str(trace))
    measured(Sweep([given], [model], [800], noise="halves"), ResultsStore(tmp_path / "points"))
    _, n_cells, molecules = map(int, trace.read_text().split())
    assert n_cells == 400
    assert molecules / n_cells == pytest.approx(400, rel=0.05)


def test_its_bits_are_those_between_two_halves_that_are_split_by_hand(tmp_path):
    cells = datasets.simulate_cells(5000, 60, 900.0)
    given = recipe("simulated", n_cells=5000, n_genes=60, umis_per_cell=900.0)
    table = measured(Sweep([given], ["PCA"], [400], noise="halves"), ResultsStore(tmp_path))
    rows = datasets.set_aside(cells).rows
    thinned = noise.downsample(cells.counts, 400, np.random.default_rng(1))
    first, second = noise.split(thinned, np.random.default_rng(2))
    model = models.build("PCA").fit(first[~rows])
    found = mutual_information(model.embed(first[rows]), model.embed(second[rows]))
    assert table["bits"].iloc[0] == pytest.approx(found.bits, abs=4 * found.standard_error)
