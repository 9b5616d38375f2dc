import numpy as np
import pytest

from noisescaling import _checks


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: _checks.finite("x", [1, np.nan, np.inf]), "x holds 2 NaN or infinite values of 3"),
        (lambda: _checks.finite("x", ["a"]), "x holds text values; give numbers"),
        (lambda: _checks.finite("x", [1.0], ndim=2), r"x has 1 axes, shape \(1,\); give 2"),
        (lambda: _checks.positive("u", [3, 0]), "u holds 0; every value must be above 0"),
        (lambda: _checks.same_length(x=[1], y=[1, 2]), "x has 1 rows and y has 2 rows"),
        (
            lambda: _checks.choice("preset", "a", ["b", "c"]),
            "preset = 'a' is unknown; give one of b, c",
        ),
        (
            lambda: _checks.whole("n", 2.5, at_least=1),
            "n = 2.5 must be a whole number of at least 1",
        ),
        (lambda: _checks.whole("n", True, at_least=1), "n = True must be a whole number"),
    ],
)
def test_each_refusal_names_the_argument_and_the_numbers(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_what_is_right_passes():
    assert _checks.finite("x", [1, 2]).dtype == np.float64
    assert _checks.same_length(x=[1, 2], y="ab") == 2
    assert _checks.whole("n", 3.0, at_least=3) == 3
