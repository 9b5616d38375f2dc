"""Accuracy beside bits: planted embeddings, pairs of models, disagreement."""

import numpy as np
import pandas as pd
import pytest

from study import accuracy


def test_an_embedding_that_names_every_class_has_its_entropy_and_full_accuracy():
    labels = np.repeat(["a", "b", "c", "d"], 100)
    rng = np.random.default_rng(0)
    far = np.repeat(10 * np.eye(4), 100, axis=0) + rng.standard_normal((400, 4))
    told = accuracy.read(far, labels, 0)
    assert told["bits"] == pytest.approx(2, abs=0.05)
    assert told["linear probe"] == told["nearest neighbours"] == 1.0
    nothing = accuracy.read(rng.standard_normal((400, 4)), labels, 0)
    assert nothing["bits"] == pytest.approx(0, abs=0.05)
    assert nothing["linear probe"] == pytest.approx(0.25, abs=0.08)


@pytest.fixture
def table():
    """B has more bits than A everywhere; the probe says so in the first set alone."""
    rows = [
        {"dataset": dataset, "model": model, "u": 5.0, "seed": 0, "bits": bits,
         "linear probe": probe, "nearest neighbours": bits / 10}
        for dataset, flip in (("citeseq", 1), ("larry", -1))
        for model, bits, probe in (("A", 1.0, 0.5), ("B", 1.5, 0.5 + 0.1 * flip))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_disagreement_is_a_pair_that_is_ranked_the_other_way_round(table):
    told = accuracy.disagreements(table)
    assert told.loc["all", "pairs"] == 2
    assert told.loc["all", ["linear probe", "linear probe, clear"]].tolist() == [0.5, 0.5]
    assert told.loc["all", "nearest neighbours"] == 0
    assert "rank 50% of 2 pairs" in accuracy.sentence(told)
    assert np.isnan(accuracy.disagreements(table, bits=1.0).loc["all", "linear probe, clear"])


def test_rank_correlations_are_taken_within_a_data_set(table):
    assert accuracy.rank_correlation(table, "nearest neighbours") == pytest.approx(1)
    assert accuracy.rank_correlation(table, "linear probe") == pytest.approx(0)


def test_accuracies_of_data_sets_are_compared_at_the_same_bits(table):
    assert accuracy.spread_at(table, "linear probe", 1.5) == pytest.approx(0.2)
    assert accuracy.spread_at(table, "linear probe", 1.25) == pytest.approx(0.1)


def test_unknown_data_sets_are_refused():
    with pytest.raises(ValueError, match="nothing"):
        accuracy.points("nothing")


def test_both_classifiers_are_drawn(table):
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 2)
    accuracy.draw(axes, table)
    assert [len(ax.lines) for ax in axes] == [4, 4]
    plt.close(fig)
