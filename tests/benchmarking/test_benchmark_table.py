"""Ratios, the curve's pieces and the one table."""

import pandas as pd
import pytest
from benchmarks import table, timing
from benchmarks.pipeline.setting import DEPTHS, PAIRED_DEPTHS, Piece
from benchmarks.pipeline.summary import COMPARISONS, curve_ratio, extrapolated_share


def test_a_ratio_pairs_the_turns():
    told = timing.ratio_of([1.0, 2.0, 4.0], [10.0, 30.0, 80.0])
    assert (told.ours, told.peer) == (2.0, 30.0)
    assert (told.ratio, told.low, told.high, told.repeats) == (15.0, 10.0, 20.0, 3)


def test_sides_take_turns_after_a_first_call_of_each():
    calls = []
    told = timing.in_turn(lambda: calls.append("ours"), lambda: calls.append("peer"), 2)
    assert calls == ["ours", "peer"] * 3
    assert told.repeats == 2


def test_the_machine_is_told_by_its_processor():
    assert "cores" in timing.machine()


@pytest.fixture
def pieces():
    """Ours: 4 s a depth. The peer: 10 s whole, 60 s of a BERT of which 3 are measured, 30 s MI."""
    made = [Piece("ours", "small", "SCVI", depth, 3.0, "whole") for depth in DEPTHS]
    made += [Piece("ours", "small", "metric", depth, 1.0, "whole") for depth in DEPTHS]
    for depth in PAIRED_DEPTHS:
        made.append(Piece("peer", "both", "thinning", depth, 1.0, "whole"))
        made.append(Piece("peer", "published", "SCVI", depth, 9.0, "whole"))
        made.append(Piece("peer", "small", "SCVI", depth, 6.0, "whole"))
        made.append(Piece("peer", "published", "RankTransformer", depth, 3.0, "3 steps", 20.0))
    made.append(Piece("peer", "both", "metric", PAIRED_DEPTHS[1], 7.5, "1 call", 4.0))
    return pd.DataFrame([piece.row() for piece in made])


def test_the_curve_counts_each_piece_once_a_depth(pieces):
    told = curve_ratio(pieces, COMPARISONS[0])
    assert told.ours == pytest.approx(8 * 4)
    assert told.peer == pytest.approx(8 * (1 + 9 + 60 + 30))
    assert (told.ratio, told.low, told.repeats) == (25.0, 25.0, 3)


def test_the_same_settings_and_no_metric_compare_models_alone(pieces):
    told = curve_ratio(pieces, COMPARISONS[2])
    assert told.ratio == pytest.approx((1 + 6) / 3)


def test_what_is_extrapolated_is_told(pieces):
    measured = 3 * (1 + 9 + 3) + 7.5
    expected = 1 - measured / (3 * (1 + 9 + 60 + 30))
    assert extrapolated_share(pieces, COMPARISONS[0]) == pytest.approx(expected)
    assert pieces.loc[pieces["extrapolated"], "piece"].unique().tolist() == [
        "RankTransformer",
        "metric",
    ]


def test_the_table_is_that_of_the_committed_points():
    committed = pd.read_csv(table.TABLE)
    made = table.gathered()
    assert tuple(committed.columns) == table.COLUMNS
    for column in ("benchmark", "ours", "ratio"):
        pd.testing.assert_series_equal(committed[column], made[column])
    repeated = committed[committed["ratio_low"].notna()]
    assert (repeated["ratio_low"] <= repeated["ratio"]).all()
    assert (repeated["ratio"] <= repeated["ratio_high"]).all()
