"""The observations that are measured on are the same whatever is learned from the others."""

from dataclasses import replace

import numpy as np
import pytest

from noisescaling import datasets
from noisescaling._sequences import as_letters
from noisescaling.datasets import Dataset, Signal, set_aside
from noisescaling.datasets.aside import clades_of


def cells(n, **signals):
    counts = np.random.default_rng(0).poisson(3.0, (n, 5)) + 1
    label = Signal("label", np.arange(n), np.arange(n) % 3)
    return Dataset("cells", counts, signals or {"label": label})


@pytest.mark.parametrize(
    ("n", "n_aside", "n_folds"),
    [(12_000, 2000, 1), (5000, 2000, 1), (4000, 1600, 1), (700, 300, 1), (600, 300, 1),
     (599, 299, 2), (240, 120, 2), (80, 40, 2), (79, 0, 1), (10, 0, 1)],
)  # fmt: skip
def test_the_number_set_aside_follows_from_the_number_there_is(n, n_aside, n_folds):
    found = set_aside(cells(n))
    assert (int(found.rows.sum()), len(found.folds)) == (n_aside, n_folds)
    for learned, measured in found.folds:
        assert not set(learned) & set(measured)
        assert len(learned) + len(measured) == n
    assert found.n_learned == (n - n_aside if n_folds == 1 else n // 2)


def test_the_choice_is_one_and_the_same_and_random():
    first, second = set_aside(cells(3000)).rows, set_aside(cells(3000)).rows
    assert (first == second).all()
    assert 0.3 < first[:1000].mean() < 0.5


def test_partners_are_on_one_side():
    n = 2000
    rng = np.random.default_rng(1)
    one, two = rng.permutation(n).reshape(2, -1)
    rows = set_aside(cells(n, pairs=Signal("pairs", one, partners=two))).rows
    assert (rows[one] == rows[two]).all()
    assert rows.sum() == pytest.approx(800, abs=1)


def test_of_cells_that_all_hang_together_most_pairs_stay_whole():
    simulated = datasets.simulate_cells(2000, 20, 50.0, seed=0)
    rows = set_aside(simulated).rows
    for name in ("clone", "neighbour"):
        signal = simulated.signal(name)
        inside = rows[signal.rows] & rows[signal.partners]
        assert inside.sum() > 0.9 * rows[signal.rows].sum()


def test_a_half_with_too_few_rows_of_a_signal_is_no_half():
    n = 300
    few = Signal("few", np.arange(60), np.arange(60) % 2)
    assert not set_aside(cells(n, few=few)).rows.any()
    hopeless = Signal("hopeless", np.arange(30), np.arange(30) % 2)
    assert set_aside(cells(n, hopeless=hopeless)).swapped


def test_images_keep_their_own():
    images = datasets.load("digits")
    found = set_aside(images)
    assert (found.rows == images.held_out).all()
    assert len(found.folds) == 1


@pytest.mark.parametrize("load", ["influenza_n2", "simulated"])
def test_no_relative_of_a_measured_sequence_is_learned_from(load):
    if load in datasets.at_hand() and load != "simulated":
        data = datasets.load(load)
    else:
        data = datasets.simulate_proteins(n_sequences=700, seed=0)
    found = set_aside(data)
    assert found.swapped == (data.n_samples < 600)
    for n_clades in (30, 60, 120, 240, 480, 960):
        clades = clades_of(data.sequences, n_clades)
        sides = [set(clades[side]) for side in (found.rows, ~found.rows)]
        if not sides[0] & sides[1]:
            break
    assert not sides[0] & sides[1]
    assert 0.35 * data.n_samples < found.rows.sum() < 0.55 * data.n_samples
    letters = as_letters(data.sequences)
    nearest = [
        np.mean([(letters[~found.rows] != one).mean(axis=1).min() for one in letters[rows][:100]])
        for rows in (found.rows,)
    ]
    rng = np.random.default_rng(0)
    mixed = rng.permutation(found.rows)
    by_chance = np.mean(
        [(letters[~mixed] != one).mean(axis=1).min() for one in letters[mixed][:100]]
    )
    assert nearest[0] > by_chance


def test_families_of_unequal_lengths_stay_together():
    rng = np.random.default_rng(0)
    letters = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
    ancestors = ["".join(rng.choice(letters, 60)) for _ in range(40)]
    family = np.repeat(np.arange(40), 20)
    texts = [ancestors[k][: 60 - j % 7] for k in range(40) for j in range(20)]
    time = Signal("time", np.arange(800), family.astype(float))
    data = Dataset("families", np.array(texts), {"time": time}, modality="protein sequences")
    rows = set_aside(data).rows
    shares = np.array([rows[family == k].mean() for k in range(40)])
    assert set(shares) <= {0.0, 1.0}
    assert 300 <= rows.sum() <= 320


def test_clades_of_many_sequences_are_those_of_some(monkeypatch):
    monkeypatch.setattr("noisescaling.datasets.aside._CLUSTERED", 100)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACDEFGHIK"), 40)) for _ in range(5)]
    family = rng.integers(5, size=400)
    clades = clades_of(np.array(texts)[family], 5)
    assert len(set(zip(family, clades, strict=True))) == 5


@pytest.mark.parametrize(
    ("held_out", "n_aside"), [(0.2, 600), (0.1, 300), (0.5, 1500), (450, 450), (0, 0), (False, 0)]
)
def test_a_reader_may_set_aside_another_part(held_out, n_aside):
    assert set_aside(cells(3000), held_out).rows.sum() == n_aside


def test_a_reader_may_name_the_rows():
    chosen = np.arange(900) % 4 == 0
    assert (set_aside(cells(900), chosen).rows == chosen).all()
    kept = replace(cells(900), held_out=chosen)
    assert (set_aside(kept).rows == chosen).all()
    assert (kept.take(np.arange(5)).held_out == chosen[:5]).all()


@pytest.mark.parametrize(
    ("held_out", "text"),
    [
        (1.5, r"held_out = 1.5 of 900 cells; give a share between 0 and 1, or a number from 40"),
        (-0.2, r"held_out = -0.2 of 900 cells"),
        (float("nan"), r"held_out = nan of 900 cells"),
        (39, r"held_out = 39 of 900 cells"),
        (451, r"held_out = 451 of 900 cells; .* number from 40 to 450, or 0 for none"),
        (np.ones(900, dtype=bool), r"held_out sets 900 of 900 cells aside; leave at least 2"),
        (np.ones(10, dtype=bool), r"held_out has shape \(10,\) and type bool; give 900 booleans"),
        (np.ones(900), r"held_out has shape \(900,\) and type float64; give 900 booleans"),
    ],
)
def test_a_part_that_cannot_be_is_refused(held_out, text):
    with pytest.raises(ValueError, match=text):
        set_aside(cells(900), held_out)
