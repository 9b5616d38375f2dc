import numpy as np
import pandas as pd
import pytest

from noisescaling.metric import mutual_information, mutual_informations

X = np.random.default_rng(0).standard_normal((60, 3))
Y = np.random.default_rng(1).standard_normal(60)
BAD = Y.copy()
BAD[[3, 4]] = np.nan, np.inf


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (X, Y[:50], "x has 60 rows and y has 50 rows; they must have the same number"),
        (X[:30], Y[:30], "x has 30 rows; an estimate needs at least 40"),
        (X, BAD, "y holds 2 NaN or infinite values of 60; remove or replace them"),
        (BAD, Y, "x holds 2 NaN or infinite values of 60; remove or replace them"),
        (X.astype(object), Y, "x holds object values; give numbers"),
        (X[:, :, None], Y, r"x has 3 axes, shape \(60, 3, 1\); give \(n, d\) or \(n,\)"),
        (X[:, :0], Y, r"x has shape \(60, 0\): no columns; give at least 1"),
        (X, np.zeros(60, int), "y holds 1 class, '0', in 60 rows; give at least 2"),
        (
            X,
            np.arange(60).astype(str),
            "y holds 60 of 60 classes with a single row, '0' first; merge or remove these, or give "
            "signal='continuous' if these are numbers",
        ),
        (X, ["a"] * 59 + ["b"], "y holds 1 of 2 classes with a single row, 'b' first"),
        (X, ["a", None] * 30, "y holds 30 missing labels of 60; remove those rows"),
        (X, ["a", "b", "NaN"] * 20, "y holds 20 missing labels of 60; remove those rows"),
        (X, pd.Categorical(["a", "b", None] * 20), "y holds 20 missing labels of 60"),
        (X, pd.Series([1, 2, None] * 20, dtype="Int64"), "y holds 20 missing values of 60"),
        (X, pd.Series([1.5, 2, None] * 20, dtype="Float64"), "y holds 20 missing values of 60"),
        (X, pd.Series([True, None] * 30, dtype="boolean"), "y holds 30 missing values of 60"),
        (X, np.ma.masked_less(Y, np.sort(Y)[7]), "y holds 7 masked values of 60; remove them"),
        (np.ma.masked_equal(X, X[3, 1]), Y, "x holds 1 masked values of 180; remove them"),
        (X, np.array(["a", 1] * 30, object), "y holds objects of type int, str; give integers"),
        (X, np.array([{}] * 60), "y holds objects of type dict; give integers or strings"),
    ],
)
def test_bad_arrays_are_named_with_their_numbers(x, y, text):
    with pytest.raises(ValueError, match=text):
        mutual_information(x, y)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"signal": "text"}, "signal = 'text' is unknown; give one of auto, continuous, label"),
        ({"seed": -1}, "seed = -1 must be a whole number of at least 0"),
    ],
)
def test_bad_options_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        mutual_information(X, Y, **options)


def test_errors_name_the_signal_that_is_wrong():
    with pytest.raises(ValueError, match="x has 60 rows and clone has 10 rows"):
        mutual_informations(X, {"panel": Y, "clone": Y[:10]})


def test_labels_need_one_axis():
    with pytest.raises(ValueError, match=r"y has 2 axes, shape \(60, 2\); labels need one"):
        mutual_information(X, np.array([["a", "b"]] * 60), signal="label")


def test_whole_numbers_of_many_values_are_numbers():
    assert mutual_information(X, np.arange(60)).signal == "continuous"


def test_nullable_numbers_of_pandas_are_numbers():
    want = mutual_information(X, Y)
    assert mutual_information(pd.DataFrame(X).astype("Float64"), pd.Series(Y)) == want
    assert mutual_information(X, pd.Series(Y, dtype="Float64")) == want
