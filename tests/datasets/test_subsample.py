from dataclasses import replace

import numpy as np
import pytest

from noisescaling.datasets import Dataset, Signal, simulate_cells
from noisescaling.datasets.pairing import subsample


@pytest.fixture(scope="module")
def cells():
    return simulate_cells(1000, 20, 50.0, seed=0)


def numbered(n_cells, signals):
    """Cells whose first gene counts their number, so that a chosen cell can be told."""
    counts = np.column_stack([np.arange(n_cells), np.ones(n_cells, dtype=int)])
    return Dataset("numbered", counts, {signal.name: signal for signal in signals})


def test_the_chosen_cells_keep_their_order_counts_and_truth(cells):
    few = subsample(cells, 100, seed=3)
    assert few.n_samples == 100
    assert few.name == cells.name
    where = [int(np.flatnonzero((cells.counts == row).all(axis=1))[0]) for row in few.counts]
    assert where == sorted(where)
    assert (few.truth.state == cells.truth.state[where]).all()


def test_values_go_with_their_cells():
    label = np.array([f"label {k % 3}" for k in range(300)])
    time = np.arange(300) / 7
    few = subsample(
        numbered(300, [
            Signal("label", np.arange(300), label), Signal("time", np.arange(0, 300, 2), time[::2])
        ]), 90,
    )  # fmt: skip
    number = few.counts[:, 0]
    assert (few.signals["label"].values == label[number[few.signals["label"].rows]]).all()
    assert (few.signals["time"].values == time[number[few.signals["time"].rows]]).all()
    assert len(few.signals["label"].rows) == 90
    assert set(number[few.signals["time"].rows]) == {k for k in number if k % 2 == 0}


def test_pairs_stay_pairs_and_none_leads_outside():
    first, second = np.arange(0, 400, 2), np.arange(1, 400, 2)
    few = subsample(numbered(400, [Signal("sister", first, partners=second)]), 100, seed=1)
    sister, number = few.signals["sister"], few.counts[:, 0]
    assert (number[sister.partners] == number[sister.rows] + 1).all()
    assert len(sister.rows) == 50, "cells that are in one pair each come in whole pairs"


def test_far_more_pairs_stay_than_if_cells_were_drawn_one_by_one(cells):
    few = subsample(cells, 100, seed=0)
    for name in ("clone", "neighbour"):
        n_pairs = len(cells.signals[name].rows)
        one_by_one = n_pairs * (100 / 1000) ** 2
        assert len(few.signals[name].rows) > 5 * one_by_one


def test_every_cell_is_as_likely_as_any_other_paired_or_not():
    pairs = Signal("sister", np.array([0, 0, 3, 5]), partners=np.array([1, 2, 4, 6]))
    cells = numbered(20, [pairs])
    drawn = np.zeros(20)
    for seed in range(2000):
        drawn[subsample(cells, 8, seed).counts[:, 0]] += 1
    assert drawn / 2000 == pytest.approx(8 / 20, abs=0.06)


def test_the_same_seed_draws_the_same_cells_and_fewer_are_among_more(cells):
    assert (subsample(cells, 50, 5).counts == subsample(cells, 50, 5).counts).all()
    few, more = (subsample(numbered(500, []), n, 5).counts[:, 0] for n in (50, 200))
    assert set(few) <= set(more)
    other = subsample(numbered(500, []), 50, 6).counts[:, 0]
    assert set(few) != set(other)


def test_the_order_of_the_signals_changes_nothing(cells):
    turned = replace(cells, signals=dict(reversed(cells.signals.items())))
    assert (subsample(cells, 80).counts == subsample(turned, 80).counts).all()


def test_a_label_on_a_single_chosen_cell_leaves_its_signal_and_the_cell_stays():
    labels = np.array(["rare"] + ["a", "b"] * 50)
    few = subsample(numbered(101, [Signal("label", np.arange(101), labels)]), 100, seed=0)
    assert 0 in few.counts[:, 0]
    assert set(few.signals["label"].values) == {"a", "b"}
    assert len(few.signals["label"].rows) == 99
    assert few.n_samples == 100


def test_all_cells_are_the_data_set_itself(cells):
    assert subsample(cells, 1000) is cells


def test_too_many_and_too_few_cells_are_refused_with_both_numbers(cells):
    with pytest.raises(
        ValueError, match=r"n_cells = 1001 is more than the 1000 cells of simulated"
    ):
        subsample(cells, 1001)
    with pytest.raises(ValueError, match=r"n_cells = 1 must be a whole number of at least 2"):
        subsample(cells, 1)


def test_cells_that_all_hang_together_are_drawn_from_everywhere_in_short_pieces():
    row = np.arange(399)
    chain = numbered(400, [Signal("next", row, partners=row + 1)])
    for seed in range(5):
        few = subsample(chain, 40, seed)
        pieces = np.split(few.counts[:, 0], np.flatnonzero(np.diff(few.counts[:, 0]) > 1) + 1)
        assert len(pieces) >= 7, "units of at most four, of which some touch"
        assert len(few.signals["next"].rows) >= 20, "most cells come with a partner"


def test_of_two_cells_with_a_label_one_that_is_chosen_alone_carries_none():
    labels = np.array([f"label {k // 2}" for k in range(100)])
    for seed in range(5):
        few = subsample(numbered(100, [Signal("label", np.arange(100), labels)]), 60, seed)
        chosen = few.counts[:, 0] // 2
        together = np.bincount(chosen)[chosen] == 2
        assert 0 < together.sum() < 60
        assert few.signals["label"].rows.tolist() == np.flatnonzero(together).tolist()
