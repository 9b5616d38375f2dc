"""The law of information between halves: its limits, planted values, what it cannot tell."""

import numpy as np
import pytest

from noisescaling.fitting import replicate_law
from study.theory import half_reliability, replicate_bits

U = np.geomspace(5, 2000, 9)


def test_one_direction_is_the_law_of_the_two_gaussian_halves():
    expected = replicate_bits(half_reliability(U / 80))
    assert replicate_law(U, 80, 1) == pytest.approx(expected)
    assert replicate_law(U, 80, 3) == pytest.approx(3 * expected)


def test_it_grows_with_the_square_at_first_and_half_a_bit_a_doubling_at_last():
    low = replicate_law(np.array([0.01, 0.02]), 100, 1)
    assert low[1] / low[0] == pytest.approx(4, rel=1e-3)
    high = replicate_law(np.array([1e12, 2e12]), 100, 1)
    assert high[1] - high[0] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(("u_snr", "directions"), [(3.0, 0.7), (80.0, 1.0), (500.0, 6.5)])
def test_planted_values_come_back_whatever_the_unit(u_snr, directions):
    for unit in (1.0, 1e-3, 1e4):
        fit = replicate_law.fit(U * unit, replicate_law(U, u_snr, directions))
        assert (fit.u_snr / unit, fit.directions) == pytest.approx((u_snr, directions), rel=1e-3)
        assert fit.r_squared == pytest.approx(1)
        assert fit.identifiable
    assert fit.predict(U * unit) == pytest.approx(replicate_law(U, u_snr, directions), abs=1e-4)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held, widths = 0, []
    for _ in range(100):
        bits = replicate_law(U, 60, 2) + 0.05 * rng.standard_normal(len(U))
        low, high = replicate_law.fit(U, bits).confidence_intervals()["u_snr"]
        held += low <= 60 <= high
        widths.append(high / low)
    assert 88 <= held <= 99
    assert 1.05 < np.median(widths) < 1.6


def test_halves_that_agree_in_nothing_identify_nothing():
    bits = 0.01 * np.random.default_rng(0).standard_normal(len(U))
    fit = replicate_law.fit(U, bits)
    assert not fit.identifiable
    assert "quality at which signal equals noise" in fit.reason


@pytest.mark.parametrize(
    ("u", "bits", "told"),
    [
        ([1, 2], [0.1, 0.2], "2 points are too few for the 2 parameters of replicate_law"),
        ([0, 2, 4], [0, 1, 2], "u holds 0; every value must be above 0"),
        ([1, 2, 4], [0, 1], "bits has 2 rows and u has 3 rows"),
        ([1, 2, 4], [0, np.nan, 2], "bits holds 1 NaN or infinite"),
    ],
)
def test_what_cannot_be_fitted_is_refused(u, bits, told):
    with pytest.raises(ValueError, match=told):
        replicate_law.fit(u, bits)
