import numpy as np
import pandas as pd
import pytest

from noisescaling._signal_kind import MAX_CLASSES, ROWS_A_CLASS, are_labels, are_missing

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.array(["b", "a"] * 20), True),
        (np.array(["b", "a"] * 20, object), True),
        (np.array([True, False] * 20), True),
        (np.arange(400) % 40, True),
        ((np.arange(400) % 40).astype(float), True),
        ((np.arange(400) % 40)[:, None], True),
        (np.append(np.arange(400) % 40, np.nan), True),
        (np.eye(4)[np.arange(400) % 4], True),
        (np.repeat([0.0, 1.0, 2.0], 40), True),
        (RNG.integers(0, 24, 800), True),
        (RNG.integers(18, 80, 2_000), False),
        (np.arange(390) % 40, False),
        (np.arange(400), False),
        (np.arange(400.0) % 4 / 2, False),
        (RNG.poisson(200, 3_000), False),
        (RNG.poisson(20, (500, 3)), False),
        (RNG.standard_normal(400), False),
        (RNG.standard_normal((400, 3)), False),
        (np.ones(400), False),
        (np.append(np.arange(400) % 4, np.inf), False),
        (np.full(40, np.nan), False),
    ],
)
def test_few_different_whole_numbers_are_labels(values, labels):
    assert are_labels(values) == labels


def test_the_numbers_of_the_rule_are_its_edges():
    full = np.arange(MAX_CLASSES * ROWS_A_CLASS)
    assert are_labels(full % MAX_CLASSES)
    assert not are_labels(full[:-1] % MAX_CLASSES)
    assert not are_labels(np.tile(full, 2) % (MAX_CLASSES + 1))


@pytest.mark.parametrize("hold", [list, np.array, pd.Series, pd.Categorical])
def test_missing_labels_are_missing_however_they_are_written(hold):
    written = ["nan", "NaN", "NA", "None", "N/A", "n/a", "NULL", "null", "", "  ", "<NA>", "NaT"]
    names = ["a", "none", "Na", "nano", "NA12878", "0", "empty", "nonetheless"]
    assert are_missing(hold(written)).all()
    assert not are_missing(hold(names)).any()


def test_missing_values_are_missing():
    assert are_missing(np.array(["a", None, np.nan, pd.NA], object)).tolist() == [0, 1, 1, 1]
    assert are_missing(np.array([1.0, np.nan])).tolist() == [False, True]
