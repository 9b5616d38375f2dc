"""Hold-outs, contrasts and the collapse: planted truth, definitions, refusals."""

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import LAWS, Law, compare_laws, noise_law
from study.adequacy import (
    above,
    below,
    collapse,
    contrast,
    highest_levels_beyond,
    hold_out,
    hold_out_summary,
    lack_of_fit,
    lowest_levels,
    mean_interval,
)

LEVELS = np.geomspace(10, 8100, 10)


def curves_of(law: Law, truths: list[tuple[float, ...]], sigma: float = 0.02) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    u = np.repeat(LEVELS, 3)
    parts = [
        pd.DataFrame({"curve": i, "u": u, "bits": law.function(u, *truth)})
        for i, truth in enumerate(truths)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(bits=frame["bits"] + sigma * rng.standard_normal(len(frame)))


NOISY = curves_of(noise_law, [(300.0, 1.5), (900.0, 2.5), (3000.0, 3.0)])
EXPONENTIAL = curves_of(LAWS["exponential_law"], [(300.0, 1.5), (900.0, 2.5)])


@pytest.mark.parametrize(
    ("frame", "truth"), [(NOISY, "noise_law"), (EXPONENTIAL, "exponential_law")]
)
def test_the_law_that_made_the_curves_wins(frame: pd.DataFrame, truth: str) -> None:
    two = [LAWS[name] for name in ("noise_law", "exponential_law", "log_linear_law")]
    table = compare_laws(frame, ["curve"], two)
    assert (table.loc[table["delta"] == 0, "law"] == truth).all()
    errors = hold_out(frame, ["curve"], two, lowest_levels(6), highest_levels_beyond(6))
    summary = hold_out_summary(errors, ["curve"])
    assert summary.loc[0, "law"] == truth
    assert summary.loc[0, "pooled"] < 0.06
    assert summary.loc[0, "wins"] == summary.loc[0, "curves"] == frame["curve"].nunique()


def test_held_out_errors_are_prediction_less_measurement() -> None:
    exact = curves_of(noise_law, [(300.0, 1.5)], sigma=0)
    shifted = exact.assign(bits=exact["bits"] + np.where(exact["u"] > 1000, 0.25, 0))
    errors = hold_out(shifted, ["curve"], [noise_law], below({"u": 0.1}), above({"u": 0.4}))
    np.testing.assert_allclose(errors["error"], -0.25, atol=1e-4)
    assert len(errors) == 3 * (LEVELS >= 0.4 * 8100).sum()


def test_hold_out_knows_the_columns_of_the_tidy_table() -> None:
    splits = lowest_levels(6), highest_levels_beyond(6)
    expected = hold_out(NOISY, ["curve"], [noise_law], *splits)
    splits = lowest_levels(6, "quality"), highest_levels_beyond(6, "quality")
    tidy = NOISY.rename(columns={"u": "quality"})
    pd.testing.assert_frame_equal(hold_out(tidy, ["curve"], [noise_law], *splits), expected)


def test_hold_out_refuses_when_nothing_is_left() -> None:
    with pytest.raises(ValueError, match="no curve has enough points to fit"):
        hold_out(NOISY, ["curve"], [noise_law], lowest_levels(1), highest_levels_beyond(6))


def test_collapse_puts_all_curves_on_one() -> None:
    for truth in ((300.0, 1.5), (5000.0, 4.0), (20.0, 0.01)):
        x, y = collapse(LEVELS, noise_law.function(LEVELS, *truth), *truth)
        np.testing.assert_allclose(x, LEVELS / truth[0])
        np.testing.assert_allclose(y, x / (1 + x), rtol=1e-9)
    with pytest.raises(ValueError, match="u holds 0; every value must be above 0"):
        collapse(0, 1, 300, 2)


def test_lack_of_fit_tells_a_wrong_law_from_the_right_one() -> None:
    right = lack_of_fit(NOISY, ["curve"], noise_law)
    wrong = lack_of_fit(EXPONENTIAL, ["curve"], noise_law)
    assert (right["p_value"] > 0.01).all()
    assert (wrong["p_value"] < 1e-4).all()
    assert right["scatter"].mean() == pytest.approx(0.02, rel=0.25)
    assert (wrong["misfit"] > 0.02).all()


def test_lack_of_fit_rejects_five_in_a_hundred_right_curves() -> None:
    many = curves_of(noise_law, [(500.0, 2.0)] * 400)
    assert (lack_of_fit(many, ["curve"], noise_law)["p_value"] < 0.05).mean() == pytest.approx(
        0.05, abs=0.03
    )


def test_contrast_pairs_models_and_carries_both_intervals() -> None:
    rows = [("A", 100.0, 80.0, 130.0), ("B", 50.0, 40.0, 70.0)]
    fits = pd.DataFrame(rows, columns=["model", "u_bar", "u_bar_low", "u_bar_high"]).assign(data=1)
    difference = contrast(fits, ["data"], "u_bar", "A", "B", ratio=False).iloc[0]
    assert difference["estimate"] == 50
    assert difference["low"] == pytest.approx(50 - np.hypot(20, 20))
    assert difference["high"] == pytest.approx(50 + np.hypot(30, 10))
    ratio = contrast(fits, ["data"], "u_bar", "A", "B", ratio=True).iloc[0]
    assert ratio["estimate"] == pytest.approx(2)
    assert ratio["low"] == pytest.approx(2 / np.exp(np.hypot(np.log(1.25), np.log(1.4))))


def test_mean_interval_is_student_t() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert high - mean == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert mean - low == pytest.approx(high - mean)
    with pytest.raises(ValueError, match="1 values have no interval; give at least 2"):
        mean_interval([1.0])
