import numpy as np
import pytest
from benchmarks.fitting.coverage import Design, measure_coverage

from noisescaling.fitting import fit_noise_law, noise_law, seed_intervals


@pytest.mark.parametrize(
    "design", [Design(), Design(n_seeds=1, n_levels=6), Design(u_high=500.0)], ids=lambda d: str(d)
)
def test_intervals_hold_the_truth_as_often_as_they_say(design: Design) -> None:
    measured = measure_coverage(design, n_curves=1500, seed=5)
    for share in measured.profile.values():
        assert 0.93 <= share <= 0.97
    assert measured.standard_error == pytest.approx(0.0056, abs=1e-4)


def test_profile_holds_where_standard_errors_fail() -> None:
    measured = measure_coverage(Design(u_high=150.0), n_curves=800, seed=5)
    assert measured.profile["u_bar"] > 0.93
    assert measured.wald["u_bar"] < 0.92
    assert measured.bounded["i_max"] < 0.5


def test_half_levels_hold_half() -> None:
    measured = measure_coverage(Design(), n_curves=1500, level=0.5, seed=2)
    assert measured.profile["i_max"] == pytest.approx(0.5, abs=0.05)


def test_seed_intervals_hold_the_capacity_where_seeds_differ() -> None:
    design = Design(seed_sigma=0.12)
    batch = design.simulate(60, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    seeds = np.repeat(np.arange(design.n_seeds), design.n_levels)
    held, profile = 0, 0
    for u, bits in zip(batch.inputs[0], batch.bits, strict=True):
        fit = fit_noise_law(u, bits)
        low, high = seed_intervals(fit, seeds, n_resamples=200, rng=rng)["i_max"]
        held += low <= design.i_max <= high
        low, high = fit.confidence_intervals()["i_max"]
        profile += low <= design.i_max <= high
    assert held >= 53
    assert profile < held


def test_profile_intervals_of_many_points_are_as_wide_as_standard_errors_say() -> None:
    u = np.repeat(np.geomspace(10, 8100, 40), 5)
    for i in range(5):
        scatter = 0.05 * np.random.default_rng(i).standard_normal(len(u))
        fit = fit_noise_law(u, noise_law(u, 900, 2.3) + scatter)
        for level, quantile in ((0.5, 0.6745), (0.95, 1.96)):
            low, high = fit.confidence_intervals(level)["i_max"]
            expected = 2 * quantile * fit.standard_errors["i_max"]
            assert high - low == pytest.approx(expected, rel=0.06)


def seeds_of(design: Design) -> np.ndarray:
    return np.repeat(np.arange(design.n_seeds), design.n_levels)


def test_seed_intervals_are_as_wide_as_the_estimates_scatter() -> None:
    design = Design(seed_sigma=0.12, sigma=0.04, n_seeds=8)
    batch = design.simulate(60, np.random.default_rng(3))
    fits = [fit_noise_law(u, b) for u, b in zip(batch.inputs[0], batch.bits, strict=True)]
    ends = [
        seed_intervals(fit, seeds_of(design), n_resamples=150, rng=i)["i_max"]
        for i, fit in enumerate(fits[:12])
    ]
    expected = 2 * 2.365 * np.std([fit.i_max for fit in fits])  # Student's t of 7 degrees
    assert np.median(np.diff(ends)) == pytest.approx(expected, rel=0.35)


def test_seeds_that_do_not_differ_leave_the_profile_interval() -> None:
    design = Design(n_seeds=8)
    batch = design.simulate(8, np.random.default_rng(5))
    ratios = []
    for u, bits in zip(batch.inputs[0], batch.bits, strict=True):
        fit = fit_noise_law(u, bits)
        drawn = seed_intervals(fit, seeds_of(design), n_resamples=300, rng=1)["i_max"]
        ratios.append(np.diff(drawn)[0] / np.diff(fit.confidence_intervals()["i_max"])[0])
    assert np.median(ratios) == pytest.approx(1.1, abs=0.2)


def test_level_draws_and_rng_of_seed_intervals_have_their_effect() -> None:
    design = Design(seed_sigma=0.12)
    batch = design.simulate(1, np.random.default_rng(0))
    fit, seeds = fit_noise_law(batch.inputs[0][0], batch.bits[0]), seeds_of(design)
    one = seed_intervals(fit, seeds, n_resamples=200, rng=1)
    assert seed_intervals(fit, seeds, n_resamples=200, rng=np.random.default_rng(1)) == one
    assert seed_intervals(fit, seeds, n_resamples=200, rng=2) != one
    assert seed_intervals(fit, seeds, n_resamples=100, rng=1) != one
    half = seed_intervals(fit, seeds, level=0.5, n_resamples=200, rng=1)
    assert one["i_max"][0] < half["i_max"][0] < half["i_max"][1] < one["i_max"][1]
    named = seed_intervals(fit, [f"seed {s}" for s in seeds], n_resamples=200, rng=1)
    assert named == one


def test_seed_intervals_refuse() -> None:
    batch = Design().simulate(1, np.random.default_rng(0))
    fit = fit_noise_law(batch.inputs[0][0], batch.bits[0])
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="seeds has 1 different values for 30 points"):
        seed_intervals(fit, np.zeros(30), rng=rng)
    with pytest.raises(ValueError, match="bits has 30 rows and seeds has 5 rows"):
        seed_intervals(fit, np.arange(5), rng=rng)


def test_designs_refuse() -> None:
    with pytest.raises(ValueError, match="tails = 'fat' is unknown; give one of normal, student"):
        measure_coverage(Design(tails="fat"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n_curves = 0 must be a whole number of at least 1"):
        measure_coverage(Design(), n_curves=0)
