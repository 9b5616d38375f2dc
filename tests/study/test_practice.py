"""Choices side by side: differences at one place, intervals over data sets, worth of cells."""

import numpy as np
import pandas as pd
import pytest

from study import practice


@pytest.fixture
def points():
    """Three data sets with two signals each; B has 0.3 bits more than A, C 0.1 x the set less."""
    rows = [
        {"dataset": f"set {k}", "signal": signal, "size": 100, "u": u, "seed": seed, "model": model,
         "bits": 1 + {"A": 0.0, "B": 0.3, "C": -0.1 * k}[model] + 0.01 * seed}
        for k in range(3) for signal in ("type", "day") for u in (20.0, 200.0, 2000.0)
        for seed in (0, 1) for model in "ABC"
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_differences_are_taken_at_the_same_place(points):
    table = practice.less(points, "A")
    assert len(table) == 2 * 3 * 2 * 3
    np.testing.assert_allclose(table.loc[table["model"] == "B", "bits"], 0.3)
    assert table["depth"].tolist().count("up to 50") == 12
    lacking = points[~((points["model"] == "A") & (points["u"] == 20))]
    assert set(practice.less(lacking, "A")["u"]) == {200.0, 2000.0}


def test_a_data_set_counts_once_whatever_its_signals(points):
    told = practice.over_sets(practice.less(points, "A"), ["model"]).set_index("model")
    assert told.loc["B", ["places", "sets"]].tolist() == [18, 3]
    assert told.loc["C", "mean"] == pytest.approx(-0.1)
    half = 4.302653 * 0.1 / 3**0.5  # Student's t of two degrees of freedom
    assert told.loc["C", "low"] == pytest.approx(-0.1 - half, abs=1e-6)
    assert practice.over_sets(points[points["dataset"] == "set 0"], ["model"]).empty


def test_the_table_says_means_and_intervals_by_depth(points):
    table = practice.difference_table(practice.less(points, "A"))
    assert list(table.columns) == ["up to 50", "50 to 500", "above 500", "all"]
    assert table.loc["B", "all"] == "+0.30 (+0.30 to +0.30)"


def test_what_training_adds_is_the_network_less_its_control(points):
    named = {"A": "net, untrained", "B": "net", "C": "other"}
    gain = practice.learned(points.assign(model=points["model"].map(named)))
    assert set(gain["model"]) == {"net"}
    np.testing.assert_allclose(gain["bits"], 0.3)


def test_networks_stand_side_by_side_where_the_last_was_measured(points):
    named = {"A": "net, untrained", "B": "net", "C": "wide"}
    both = points.assign(model=points["model"].map(named))
    control = both[both["model"] == "net, untrained"]
    lacking = control[control["dataset"] != "set 1"].assign(model="wide, untrained")
    table = practice.trained_and_added(pd.concat([both, lacking]), {"net": "small", "wide": "big"})
    assert set(table["dataset"]) == {"set 0", "set 2"}
    alone = pd.concat([both[both["model"] == "wide"], lacking])
    assert len(practice.trained_and_added(alone, {"net": "small", "wide": "big"})) == len(table)
    row = table.set_index(["dataset", "signal"]).loc["set 2", "day"]
    assert row.round(3).to_dict() == {
        "small (bits)": 1.305, "small, added by training (bits)": 0.3,
        "big (bits)": 0.805, "big, added by training (bits)": -0.2,
    }  # fmt: skip


def test_training_begins_where_it_stays_above_nothing():
    rows = [
        ("s", "t", "net", n, u, bits)
        for n, bits in ((50, 0.2), (100, -0.1), (200, 0.1), (400, 0.3))
        for u in (10.0, 100.0)
    ]
    gain = pd.DataFrame(rows, columns=["dataset", "signal", "model", "size", "u", "bits"])
    told = practice.begins(gain).iloc[0]
    assert told[["cells", "most", "bits"]].tolist() == [200, 400, 0.3]
    assert practice.begins(gain.assign(bits=0.0)).loc[0, "cells"] == np.inf


def test_deep_cells_are_worth_the_shallow_cells_that_they_stand_for():
    def curve(sizes, bits):
        return pd.DataFrame({"dataset": "s", "signal": "t", "u": 10.0, "size": sizes, "bits": bits})

    shallow = curve([100, 1000], [0.5, 1.0])
    told = practice.worth(curve([10, 40], [0.8, 1.2]), shallow).iloc[0]
    assert told["needed"] == pytest.approx(20)
    assert told["worth"] == pytest.approx(50)
    assert not told["bound"]
    first = practice.worth(curve([10, 40], [1.1, 1.2]), shallow).iloc[0]
    assert (first["needed"], first["bound"]) == (10, True)
    never = practice.worth(curve([10, 40], [0.1, 0.2]), shallow).iloc[0]
    assert (never["worth"], never["bound"]) == (0, True)


def test_models_of_deep_cells_are_compared_with_those_of_the_depth_read(points):
    own = points[points["model"] == "A"]
    deep = own.assign(fitted_at=2000.0, bits=own["bits"] + 0.2)
    gain = practice.ahead(deep, own)
    assert len(gain) == 18
    np.testing.assert_allclose(gain["bits"], 0.2)


def test_differences_are_drawn_with_their_intervals(ax, points):
    ranked = practice.rank_places(practice.less(points, "A"))
    practice.draw_differences(ax, practice.over_sets(ranked, ["model", "rank"]), "rank")
    assert len(ax.containers) == 2
    assert ax.get_ylabel() == "difference (bits)"


def test_words_say_what_the_interval_says():
    row = pd.Series({"mean": 0.2, "low": 0.1, "high": 0.3})
    assert (
        practice.sentence("Roots", "logs", row) == "Roots beat logs, by 0.20 (0.10 to 0.30) bits."
    )
    assert "lose to logs, by 0.20 (0.10 to 0.30)" in practice.sentence("Roots", "logs", -row)
    unclear = row.replace(0.1, -0.1)
    assert "not clearly apart" in practice.sentence("Roots", "logs", unclear)


def test_words_say_what_training_adds_and_from_when_on():
    told = pd.DataFrame(
        {"mean": [0.4, 0.1], "low": [0.2, -0.1], "high": [0.6, 0.3]},
        index=["SCVI", "RankTransformer"],
    )
    assert practice.gain_sentence(told) == (
        "Training adds 0.40 (0.20 to 0.60) bits (scVI) and 0.10 (-0.10 to 0.30) bits "
        "(rank transformer, not clearly different from 0)."
    )
    cells = {"SCVI": pd.Series([50.0, 150.0, np.inf]), "PCA": pd.Series([np.inf])}
    assert "in 2 of 3 curves" in practice.paid_sentence(cells, "SCVI")
    assert "median of 100 cells" in practice.paid_sentence(cells, "SCVI")
    assert "never" in practice.paid_sentence(cells, "PCA")
    assert "not measured" in practice.paid_sentence(cells, "RankTransformer")
