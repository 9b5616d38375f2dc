import numpy as np
import pytest

from noisescaling.fitting import fit_cell_law, fit_noise_law, forecast, noise_law, noise_law_quality
from noisescaling.fitting.forecast import Posterior
from noisescaling.planning import NeededQuality, needed_quality, needed_table

DEPTHS = np.geomspace(10, 3000, 12)


def curve(depths=DEPTHS, u_bar=300.0, i_max=2.0, scatter=0.02, seed=0):
    noise = scatter * np.random.default_rng(seed).standard_normal(len(depths))
    return fit_noise_law(depths, noise_law(depths, u_bar, i_max) + noise)


def test_the_needed_depth_is_the_inverse_of_the_fitted_law():
    fit = curve()
    needed = needed_quality(fit, 1.5)
    assert fit.predict(needed.quality) == pytest.approx(1.5)
    assert needed.interval[0] < needed.quality < needed.interval[1]
    assert needed.pinned_down
    assert needed.verdict == "within what was measured"


def test_the_interval_holds_the_truth_as_often_as_it_says():
    truth = float(noise_law_quality(1.5, 300.0, 2.0))
    intervals = [needed_quality(curve(seed=s), 1.5, n_draws=60).interval for s in range(16)]
    assert sum(low <= truth <= high for low, high in intervals) >= 13
    assert max(high / low for low, high in intervals) < 1.5


def test_a_share_is_of_the_capacity():
    fit = curve()
    needed = needed_quality(fit, share=0.5)
    assert needed.bits == pytest.approx(fit.i_max / 2)
    assert needed.quality == pytest.approx(needed_quality(fit, fit.i_max / 2).quality)


def test_more_bits_than_the_capacity_are_out_of_reach():
    needed = needed_quality(curve(), 3.0)
    assert needed.quality == np.inf
    assert needed.interval == (np.inf, np.inf)
    assert needed.verdict == "out of reach at any depth"
    assert not needed.pinned_down


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        ((30.0, 4000.0), "at least 30, at most 4e+03"),
        ((1e-6, 1e9), "any little, perhaps far beyond what was measured"),
        ((30.0, np.inf), "at least 30, perhaps out of reach"),
    ],
)
def test_wide_intervals_are_told_in_words(interval, told):
    needed = NeededQuality(1.0, 200.0, interval, (10.0, 1000.0))
    assert not needed.pinned_down
    assert needed.verdict == f"the data cannot tell: {told}"


def test_shallow_curves_cannot_tell():
    fit = curve(np.geomspace(5, 60, 6), scatter=0.05)
    needed = needed_quality(fit, 1.8)
    assert not needed.pinned_down
    assert needed.verdict.startswith("the data cannot tell")
    assert needed_table({"PCA": fit}, 1.8).loc["PCA", "needs (UMIs per cell)"] == "?"


def test_what_lies_beyond_the_measured_is_said():
    fit = curve(np.geomspace(10, 1000, 30))
    needed = needed_quality(fit, 1.85, level=0.5)
    assert needed.quality > 1000
    assert needed.verdict == "extrapolated beyond the deepest measured, 1e+03"


def drawn_qualities(fit, bits):
    draws = Posterior(fit).sample(400)
    u_bar, i_max, k = draws[draws[:, 1] > bits].T
    return [*(u_bar * noise_law_quality(bits, 1, i_max) ** (1 / k)), *[np.inf] * (400 - len(k))]


def quartiles(drawn):
    return np.quantile(drawn, [0.25, 0.75], method="inverted_cdf")


def test_beyond_the_measured_the_interval_holds_the_misfit():
    fit = curve(np.geomspace(10, 500, 12), scatter=0.002)
    # The law alone is surer of the depth than a measurement could be.
    soonest, high = needed_quality(fit, 1.75, level=0.5).interval
    assert forecast(fit, soonest, level=0.5).high == pytest.approx(1.75, abs=0.01)
    assert soonest < quartiles(drawn_qualities(fit, 1.75))[0]
    low, surely = needed_quality(fit, 1.7, level=0.5).interval
    assert forecast(fit, surely, level=0.5).low == pytest.approx(1.7, abs=0.01)
    assert low < soonest < quartiles(drawn_qualities(fit, 1.7))[1] < surely < high
    # Near the capacity no depth is surely enough.
    assert needed_quality(fit, 1.9).interval[1] == np.inf


def test_inside_the_measured_the_interval_is_that_of_the_law():
    fit = curve()
    inner = np.quantile(drawn_qualities(fit, 1.5), [0.05, 0.95])
    assert needed_quality(fit, 1.5).interval == pytest.approx(inner, rel=0.01)


def test_the_interval_holds_what_the_fitted_law_needs():
    steep = np.tanh(np.log10(DEPTHS / 5))  # which bends otherwise than the law
    for bits in (0.5, 0.8):
        needed = needed_quality(fit_noise_law(DEPTHS, steep), bits, level=0.01)
        assert needed.interval[0] <= needed.quality <= needed.interval[1]


def test_seed_and_number_of_draws_have_their_effect():
    fit = curve()
    needed = needed_quality(fit, 1.5, n_draws=40)
    assert needed_quality(fit, 1.5, n_draws=40, seed=1).interval != needed.interval
    assert needed_quality(fit, 1.5, n_draws=60).interval != needed.interval
    wide = needed_quality(fit, 1.5, n_draws=40, level=0.99).interval
    assert wide[0] < needed.interval[0] < needed.interval[1] < wide[1]
    assert needed_quality(fit, share=0.5).quality < needed_quality(fit, share=0.8).quality


@pytest.mark.parametrize("seed", [-1, 0.5, "a", "1", None, np.nan, np.inf, True])
def test_seeds_that_are_none_are_refused(seed):
    with pytest.raises(ValueError, match=f"seed = {seed} must be a whole number of at least 0"):
        needed_quality(curve(), 1.5, seed=seed)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"share": 1.0}, "share = 1 must lie between 0 and 1, both left out"),
        ({"bits": -1.0}, "bits holds -1; every value must be above 0"),
        ({"level": 1.0}, "level = 1 must lie between 0 and 1"),
        ({"n_draws": 0}, "n_draws = 0 must be a whole number of at least 8"),
    ],
)
def test_what_no_law_gives_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        needed_quality(curve(), **arguments)


def test_another_law_is_refused():
    sizes = np.geomspace(100, 10000, 8)
    fit = fit_cell_law(sizes, 2 - (sizes / 50) ** -0.5)
    with pytest.raises(ValueError, match="give a fit of the noise law, with u_bar, i_max"):
        needed_quality(fit, 1.0)


def test_the_table_reads_like_the_numbers():
    fit = curve()
    table = needed_table({"PCA": fit, "none": fit}, 1.5)
    needed = needed_quality(fit, 1.5)
    row = table.loc["PCA"]
    assert row["wanted (bits)"] == "1.50"
    assert row["needs (UMIs per cell)"].startswith(
        f"{needed.quality:.3g} ({needed.interval[0]:.3g}"
    )
    assert row["what the data tell"] == needed.verdict
    assert float(row["twice the depth adds (bits)"]) == pytest.approx(
        float(fit.predict(6000) - fit.predict(3000)), abs=0.006
    )
