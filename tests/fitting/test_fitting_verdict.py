"""What a fit knows: labels' entropy, identified or not, rejected or not, inside or beyond."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.fitting.coverage import Design

from noisescaling.fitting import (
    LAWS,
    fit_curves,
    fit_joint_law,
    fit_law,
    fit_noise_law,
    joint_law,
    noise_law,
)
from noisescaling.fitting.tables import fit_table
from noisescaling.fitting.verdict import lack_of_fit_test, open_in_words
from study.adequacy import lack_of_fit

U = np.repeat(np.geomspace(10, 8100, 10), 3)


def noisy(u_bar: float, i_max: float, u=U, sigma: float = 0.03, seed: int = 0):
    return noise_law(u, u_bar, i_max) + sigma * np.random.default_rng(seed).standard_normal(len(u))


@pytest.mark.parametrize("loss", ["squares", "huber"])
@pytest.mark.parametrize("law", [law for law in LAWS.values() if "i_max" in law.names], ids=repr)
def test_no_capacity_of_labels_exceeds_their_entropy(law, loss) -> None:
    bits = noisy(3000.0, 2.3)
    assert fit_law(law, U, bits=bits).i_max > 1.9
    fit = fit_law(law, U, bits=bits, loss=loss, entropy=1.58)
    low, high = fit.confidence_intervals()["i_max"]
    assert fit.i_max == pytest.approx(1.58)
    assert low <= high <= 1.58 + 1e-12
    assert fit.predict(1e12) <= 1.58 + 1e-9


def test_joint_capacity_too() -> None:
    n, u = (x.ravel() for x in np.meshgrid(np.geomspace(100, 1e5, 6), np.geomspace(10, 8100, 6)))
    fit = fit_joint_law(n, u, joint_law(n, u, 2.4, 30, 400, 0.6, 90), entropy=2.0)
    assert fit.i_max == pytest.approx(2.0)
    assert fit.confidence_intervals()["i_max"][1] == pytest.approx(2.0)


def test_an_entropy_above_what_the_points_want_changes_nothing() -> None:
    bits = noisy(300.0, 1.5)
    free, bound = fit_noise_law(U, bits), fit_noise_law(U, bits, entropy=3.0)
    assert bound.parameters == pytest.approx(free.parameters, rel=1e-9)
    for name, ends in free.confidence_intervals().items():
        assert bound.confidence_intervals()[name] == pytest.approx(ends, rel=1e-6)


def test_bounded_intervals_are_narrow_and_hold_the_truth() -> None:
    # The data end early, so that alone they leave the capacity open.
    design = Design(u_bar=300.0, i_max=1.45, u_high=130.0, n_seeds=2)
    batch = design.simulate(400, np.random.default_rng(3))
    frame = pd.DataFrame(
        {
            "curve": np.repeat(range(400), 20),
            "u": batch.inputs[0].ravel(),
            "bits": batch.bits.ravel(),
        }
    )
    free = fit_curves(frame, "curve")
    bound = fit_curves(frame.assign(entropy=1.58), "curve")
    for name, truth in (("i_max", 1.45), ("u_bar", 300.0)):
        held = (bound[f"{name}_low"] <= truth) & (truth <= bound[f"{name}_high"])
        assert held.mean() > 0.93
    assert (bound["i_max_high"] <= 1.58).all()
    widths = [table["u_bar_high"] / table["u_bar_low"] for table in (bound, free)]
    assert widths[0].median() < 0.85 * widths[1].median()
    assert bound["identified"].mean() > free["identified"].mean() + 0.2


def test_a_column_of_entropies_bounds_labels_alone() -> None:
    parts = [pd.DataFrame({"signal": s, "u": U, "bits": noisy(3000.0, 2.3)}) for s in "ab"]
    frame = pd.concat(parts).assign(entropy=lambda t: t["signal"].map({"a": 1.58}))
    fits = fit_curves(frame, "signal").set_index("signal")
    assert fits.loc["a", "i_max"] == pytest.approx(1.58)
    assert fits.loc["b", "i_max"] > 2.0
    assert fits.loc["b", "i_max_high"] > 2.0
    mixed = frame.assign(entropy=np.linspace(1, 2, len(frame)))
    with pytest.raises(ValueError, match=r"entropy is 1 to .* in one curve; give one value"):
        fit_curves(mixed, "signal")
    with pytest.raises(ValueError, match="entropy holds -1; every value must be above 0"):
        fit_curves(frame.assign(entropy=-1.0), "signal")


@pytest.mark.parametrize("entropy", [0.0, -1.0, np.nan, np.inf])
def test_an_entropy_that_is_none_is_refused(entropy: float) -> None:
    with pytest.raises(ValueError, match=r"entropy = .* must be above 0 and finite"):
        fit_noise_law(U, noisy(300.0, 1.5), entropy=entropy)


def test_a_law_that_repeats_reject_is_not_identifiable() -> None:
    scatter = 0.01 * np.random.default_rng(0).standard_normal(30)
    bits = LAWS["exponential_law"](U, 300.0, 1.5) + scatter
    fit = fit_noise_law(U, bits)
    assert fit.verdict.identified
    assert fit.verdict.rejected
    assert not fit.identifiable
    assert "the law misses the means of repeats by" in fit.reason
    frame = pd.DataFrame({"curve": "a", "u": U, "bits": bits})
    row = fit_curves(frame, "curve").iloc[0]
    assert (row["identified"], row["rejected"], row["identifiable"]) == (True, True, False)
    told = lack_of_fit(frame, ["curve"], noise_law).loc[0, "p_value"]
    assert row["p_value"] == pytest.approx(told) == pytest.approx(fit.verdict.p_value)


def test_a_right_law_is_rejected_once_in_a_hundred() -> None:
    table = fit_table(Design().simulate(1500, np.random.default_rng(0)), 0.95)
    assert table["rejected"].mean() == pytest.approx(0.01, abs=0.008)


def test_the_test_of_fit_weighs_the_points() -> None:
    bits = noisy(300.0, 1.5)
    bits[:3] += (0.0, 1.0, 2.0)
    errors = np.where(U < 11, 5.0, 0.03)
    fit = fit_noise_law(U, bits, standard_errors=errors)
    assert fit.identifiable
    assert lack_of_fit_test(fit)["p_value"] > 0.01
    assert lack_of_fit_test(fit)["scatter"] < lack_of_fit_test(fit_noise_law(U, bits))["scatter"]


@pytest.mark.parametrize("u", [U, np.unique(U)], ids=["repeats", "one seed"])
def test_a_rise_that_one_channel_cannot_follow_is_no_scatter(u) -> None:
    fit = fit_noise_law(u, 0.98 * np.log2(u / 5))
    assert fit.verdict.rejected
    assert "the bits rise by 0.98 for each doubling from" in fit.reason
    assert "where the law rises by at most 0.5" in fit.reason
    assert "scatter" not in fit.reason
    steep = fit_law(LAWS["effective_dimension_law"], u, bits=0.98 * np.log2(u / 5))
    assert "rises by at most" not in steep.reason


def test_three_points_of_one_seed_identify_nothing() -> None:
    u = np.array([20.0, 200.0, 2000.0])
    fit = fit_noise_law(u, noise_law(u, 300.0, 2.0))
    assert not fit.identifiable
    assert "3 points are too few for 2 parameters and the scatter; give at least 4" in fit.reason
    assert fit.verdict.p_value is None
    four = np.append(u, 600.0)
    assert fit_noise_law(four, noise_law(four, 300.0, 2.0)).identifiable


@pytest.mark.parametrize(
    ("bits", "name", "end", "told"),
    [
        (0.5 * np.log2(1 + U / 50), "i_max", np.inf, "capacity is only known to be above"),
        (np.full(30, 1.0) + noisy(1.0, 0.001, seed=1), "u_bar", 0.0, "sensitivity is only known"),
        (-0.05 + noisy(1e4, 0.001, seed=2), "i_max", 0.0, "do not limit the capacity"),
    ],
    ids=["no ceiling in sight", "nothing but ceiling", "no information"],
)
def test_a_parameter_at_a_bound_of_the_search_is_shown_as_the_end_it_ran_to(
    bits, name, end, told
) -> None:
    frame = pd.DataFrame({"curve": "a", "u": U, "bits": bits})
    row = fit_curves(frame, "curve").iloc[0]
    assert not row["identified"]
    ends = (row[f"{name}_low"], row[f"{name}_high"])
    assert end in ends
    parameter = noise_law.parameters[name]
    assert row[name] not in (parameter.lower, parameter.upper)
    assert told in row["reason"]
    assert not any(word in row["reason"] for word in noise_law.names)


@pytest.mark.parametrize("law", LAWS.values(), ids=repr)
def test_reasons_are_told_in_readers_words(law) -> None:
    reason = fit_law(law, U[:12], bits=noisy(3e4, 2.0)[:12]).reason
    assert reason
    for name in ("u_bar", "u_snr", "i_max", "i_inf", "n0", "_law", " inf"):
        assert name not in reason


@pytest.mark.parametrize(
    ("name", "ends", "told"),
    [
        ("n0", (0.44, 51.9), "the cell scale is only known to be between 0.44 and 52 cells"),
        ("i_max", (3.16, np.inf), "the capacity is only known to be above 3.2 bits"),
        ("u1", (0, 1234.5), "quality below which learning suffers is only known to be below 1,200"),
        ("s", (0, np.inf), "the points do not limit the exponent s"),
    ],
)
def test_an_open_parameter_is_told_with_its_ends(name, ends, told) -> None:
    assert open_in_words(name, *ends).endswith(told)


def test_the_verdict_says_whether_a_quality_was_measured() -> None:
    verdict = fit_noise_law(U, noisy(300.0, 1.5)).verdict
    assert verdict.measured == (10.0, pytest.approx(8100.0))
    assert verdict.inside(300.0)
    assert not verdict.inside(9000.0)
    assert not verdict.inside(5.0)
    assert str(verdict).startswith("identified, not rejected, p = ")
    assert "no repeats" in str(fit_noise_law(U[::3], noisy(300.0, 1.5)[::3]).verdict)


def test_a_fit_names_the_levels_it_rests_on() -> None:
    u = np.repeat([10.0, 15.0, 20.0, 30.0, 40.0, 5000.0], 3)
    fit = fit_noise_law(u, noisy(3000.0, 2.0, u))
    assert fit.verdict.identified
    assert fit.rests_on == (5000.0,)
    assert fit_noise_law(U, noisy(300.0, 1.5)).rests_on == ()
