"""How information between halves ranks beside labelled information, and what misleads it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from noisescaling import datasets
from noisescaling.sweep import read_sweeps
from study import paths, replicates
from study.replicates import rank_agreement

SETTINGS = {"n_cells": 700, "n_genes": 60, "umis_per_cell": 900.0}


def test_the_constant_embedding_is_one_point():
    model = replicates.Constant(3).fit(np.ones((5, 2)))
    assert model.embed(np.ones((4, 2))).tolist() == [[0, 0]] * 4


def test_batches_lose_genes_of_their_own_and_say_nothing_of_the_biology():
    cells = datasets.simulate_cells(**SETTINGS)
    made = replicates.with_batches("simulated", n_batches=2, spread=2.0, **SETTINGS)
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


@pytest.mark.parametrize("preset", ["_smoke", "", "_paper"])
def test_the_study_measures_both_on_the_same_cells_and_depths(preset):
    grids = read_sweeps(paths.NOTEBOOKS / "sweeps" / f"replicates{preset}.toml", allow=["study"])
    half = len(grids) // 2
    for labelled, halves in zip(grids[:half], grids[half:], strict=True):
        assert (labelled.noise, halves.noise) == ("downsample", "halves")
        for axis in ("datasets", "models", "qualities", "seeds", "sizes"):
            assert getattr(labelled, axis) == getattr(halves, axis)
        assert labelled.models[0].label == replicates.CONSTANT


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


def test_without_groups_it_is_spearmans_correlation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=40)
    y = np.round(x + rng.normal(size=40))
    found = rank_agreement(x, y, n_draws=200)
    assert found.correlation == pytest.approx(spearmanr(x, y).statistic)
    assert found.low < found.correlation < found.high
    assert found.n_points == 40


def test_only_the_order_counts():
    x = np.arange(10.0)
    assert rank_agreement(x, np.exp(x), n_draws=100).correlation == pytest.approx(1)
    assert rank_agreement(x, -(x**3), n_draws=100).correlation == pytest.approx(-1)


def test_groups_take_out_what_makes_them_differ():
    # Both rise from group to group, and are opposed within each.
    groups = np.repeat([0, 1, 2, 3], 4)
    within = np.tile(np.arange(4.0), 4)
    x, y = 10.0 * groups + within, 10.0 * groups - within
    assert rank_agreement(x, y, n_draws=100).correlation > 0.8
    assert rank_agreement(x, y, groups, n_draws=100).correlation == pytest.approx(-1)


def test_the_p_value_of_unrelated_measures_is_uniform():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(3), 6)
    values = [
        rank_agreement(rng.normal(size=18), rng.normal(size=18), groups, n_draws=59).p_value
        for _ in range(150)
    ]
    assert np.mean(values) == pytest.approx(0.5, abs=0.08)
    assert 0.02 < np.mean(np.array(values) < 0.1) < 0.2


def test_the_interval_of_related_measures_covers_as_often_as_it_says():
    # Bivariate normal with correlation r has Spearman's correlation 6/pi asin(r/2).
    rng, truth = np.random.default_rng(2), 6 / np.pi * np.arcsin(0.7 / 2)
    hits = 0
    for _ in range(100):
        x = rng.normal(size=60)
        y = 0.7 * x + np.sqrt(1 - 0.49) * rng.normal(size=60)
        found = rank_agreement(x, y, n_draws=120)
        hits += found.low <= truth <= found.high
    assert 85 <= hits <= 100


def test_the_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 20))
    assert rank_agreement(x, y, seed=4, n_draws=50) == rank_agreement(x, y, seed=4, n_draws=50)


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ([1, 2, 3], [1, 2, 3], r"number of points = 3 must be a whole number of at least 4"),
        ([1, 2, 3, 4], [1, 2, 3], r"first has 4 rows and second has 3 rows"),
        ([1, 2, 3, np.nan], [1, 2, 3, 4], r"first holds 1 NaN or infinite values of 4"),
        ([1, 1, 1, 1], [1, 2, 3, 4], r"is the same for all points of each group; it ranks nothing"),
    ],
)
def test_bad_input_is_refused(x, y, text):
    with pytest.raises(ValueError, match=text):
        rank_agreement(x, y, n_draws=10)
