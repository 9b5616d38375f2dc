"""Closed forms of the theory against each other, and against their samplers."""

import numpy as np
import pytest

from noisescaling.fitting import noise_law, snr_one
from study.theory import (
    ParallelChannels,
    attenuated,
    correlation_information,
    gaussian_information,
    half_reliability,
    learned_correlation,
    parallel_channels,
    replicate_bits,
    sample_information,
    simulate_direction,
    simulate_halves,
    simulate_subspace,
    spearman_brown,
    subspace_correlation,
)


def test_two_coordinates_give_the_formula_of_the_correlation() -> None:
    for rho in (0.0, 0.3, -0.9):
        covariance = [[4.0, 2 * rho * 3], [2 * rho * 3, 9.0]]
        assert gaussian_information(covariance, 1) == pytest.approx(
            float(correlation_information(rho**2))
        )


def test_correlation_of_one_half_of_the_variance_is_half_a_bit() -> None:
    assert float(correlation_information(0.5)) == pytest.approx(0.5)
    assert float(correlation_information(0.75)) == pytest.approx(1.0)


def test_independent_pairs_add_up_and_invertible_maps_change_nothing() -> None:
    rng = np.random.default_rng(0)
    covariance = np.eye(4)
    covariance[0, 2] = covariance[2, 0] = 0.8
    covariance[1, 3] = covariance[3, 1] = -0.6
    bits = correlation_information(0.64) + correlation_information(0.36)
    assert gaussian_information(covariance, 2) == pytest.approx(float(bits))
    change = np.zeros((4, 4))
    change[:2, :2], change[2:, 2:] = rng.normal(size=(2, 2, 2))
    assert gaussian_information(change @ covariance @ change.T, 2) == pytest.approx(float(bits))


@pytest.mark.parametrize("i_max", [0.4, 2.0, 5.0])
def test_attenuated_correlation_is_the_noise_law(i_max: float) -> None:
    u, u_bar = np.geomspace(0.01, 1e5, 30), 70.0
    rho = attenuated(1 - 2.0 ** (-2 * i_max), u / snr_one(u_bar, i_max))
    assert correlation_information(rho) == pytest.approx(noise_law(u, u_bar, i_max), abs=1e-9)


def test_published_u_bar_is_not_the_quality_of_unit_snr() -> None:
    u_bar, i_max = 100.0, 3.0
    at_u_bar = float(noise_law(u_bar, u_bar, i_max))
    assert at_u_bar == pytest.approx(i_max - 0.5 + 0.5 * np.log2(1 + 2 ** (-2 * i_max)))
    assert float(correlation_information(attenuated(1 - 2 ** (-2 * i_max), 1.0))) < 0.5


def test_sample_information_finds_the_truth_and_zero_for_independence() -> None:
    rng = np.random.default_rng(1)
    covariance = np.eye(4) + 0.5 * (np.ones((4, 4)) - np.eye(4))
    x = rng.multivariate_normal(np.zeros(4), covariance, size=40_000)
    truth = gaussian_information(covariance, 3)
    assert sample_information(x[:, :3], x[:, 3]) == pytest.approx(truth, abs=0.01)
    noise = rng.normal(size=(300, 60, 8))
    bits = [sample_information(n[:, :4], n[:, 4:]) for n in noise]
    assert np.mean(bits) == pytest.approx(0, abs=0.04)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: correlation_information([0.2, 1.0]), "rho_squared runs from 0.2 to 1; give"),
        (lambda: attenuated(0.5, 0.0), "snr holds 0; every value must be above 0"),
        (lambda: gaussian_information(np.eye(3), 3), "n_x = 3 leaves no second vector among 3"),
        (lambda: gaussian_information(np.ones((2, 3)), 1), r"covariance has shape \(2, 3\)"),
        (lambda: gaussian_information([[1, 0.5], [0, 1]], 1), "differs from its transpose by 0.5"),
        (lambda: gaussian_information([[1, 2], [2, 1]], 1), "covariance has an eigenvalue of -1"),
        (lambda: sample_information(np.ones(4), np.ones(5)), "x has 4 rows and y has 5 rows"),
        (lambda: sample_information(np.ones(3), np.ones(3)), "3 points are too few for 2 coord"),
    ],
)
def test_bad_input_of_gaussian_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()


def random_covariances(
    seed: int, d: int = 5, n_signals: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clean covariance, its part that a signal leaves open, and the noise at u = 1."""
    rng = np.random.default_rng(seed)
    mixing, noise = rng.normal(size=(2, d, d))
    loadings = rng.normal(size=(d, n_signals))
    unexplained = mixing @ mixing.T + 0.1 * np.eye(d)
    return unexplained + loadings @ loadings.T, unexplained, noise @ noise.T + 0.1 * np.eye(d)


@pytest.mark.parametrize("seed", range(3))
def test_channels_sum_to_the_log_determinants(seed: int) -> None:
    clean, unexplained, noise = random_covariances(seed)
    loadings = np.linalg.cholesky(clean - unexplained + 1e-12 * np.eye(5))
    channels = parallel_channels(clean, unexplained, noise)
    for u in (0.01, 1.0, 300.0):
        joint = np.block([[clean + noise / u, loadings], [loadings.T, np.eye(5)]])
        assert float(channels.information(u)) == pytest.approx(
            gaussian_information(joint, 5), abs=1e-4
        )


def test_one_channel_is_the_noise_law() -> None:
    u, u_bar, i_max = np.geomspace(0.1, 1e4, 20), 30.0, 2.5
    one = ParallelChannels(np.array([2 ** (2 * i_max) / u_bar]), np.array([1 / u_bar]))
    assert one.capacity == pytest.approx(i_max)
    assert one.information(u) == pytest.approx(noise_law(u, u_bar, i_max), abs=1e-10)


def test_ladder_of_channels_is_one_channel_of_the_summed_capacity() -> None:
    edges = np.array([1.0, 0.2, 0.01, 0.003])
    ladder = ParallelChannels(edges[:-1], edges[1:])
    u = np.geomspace(0.1, 1e5, 20)
    total = 0.5 * np.log2(edges[0] / edges[-1])
    assert ladder.capacity == pytest.approx(total)
    assert ladder.information(u) == pytest.approx(noise_law(u, 1 / edges[-1], total), abs=1e-10)


def test_slope_is_the_derivative_and_at_most_half_a_bit_a_channel() -> None:
    channels = ParallelChannels(np.array([5.0, 1.0, 1.0]), np.array([0.0, 1e-6, 1e-5]))
    u = np.geomspace(1e-3, 1e4, 40)
    step = 2.0**0.001
    numeric = (channels.information(u * step) - channels.information(u / step)) / 0.002
    assert channels.slope(u) == pytest.approx(numeric, abs=1e-6)
    assert 1.0 < channels.slope(u).max() < 1.5
    assert channels.capacity == np.inf


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ParallelChannels(np.ones(2), 2 * np.ones(2)), "falling runs from 2 to 2"),
        (lambda: ParallelChannels(np.ones(2), np.ones(3)), "rising has 2 rows and falling has 3"),
        (lambda: parallel_channels(np.eye(2), 2 * np.eye(2), np.eye(2)), "exceeds clean by 1 "),
        (lambda: ParallelChannels(np.ones(1), np.ones(1)).information(0), "u holds 0; every"),
    ],
)
def test_bad_input_of_parallel_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize("n_signals", [1, 2])
def test_slope_is_at_most_half_a_bit_a_dimension_of_the_signal(n_signals: int) -> None:
    u = np.geomspace(1e-3, 1e4, 60)
    for seed in range(30):
        clean, unexplained, noise = random_covariances(seed, n_signals=n_signals)
        channels = parallel_channels(clean, unexplained, noise)
        assert channels.slope(u).max() <= n_signals / 2
        later = channels.rising[n_signals:]
        assert (channels.falling[: len(later)] >= later * (1 - 1e-9)).all()


@pytest.mark.parametrize("method", ["pca", "cross_covariance"])
@pytest.mark.parametrize(("strength", "n_samples"), [(4.0, 100), (2.0, 400), (1.0, 1200)])
def test_simulated_direction_meets_the_closed_form(method, strength, n_samples) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    seen = [
        simulate_direction(strength, 150, n_samples, rng, rho_squared=0.5, method=method)
        for _ in range(15)
    ]
    expected = learned_correlation(strength, 150 / n_samples, 0.5, method)
    assert np.mean(seen) == pytest.approx(float(expected), abs=0.012)


@pytest.mark.parametrize("method", ["pca", "cross_covariance"])
def test_unlimited_cells_leave_the_attenuation_law(method) -> None:  # type: ignore[no-untyped-def]
    strength = np.array([0.1, 1.0, 10.0])
    limit = learned_correlation(strength, 1e-9, 0.7, method)
    assert limit == pytest.approx(attenuated(0.7, strength), rel=1e-6)


def test_principal_components_see_nothing_below_the_threshold() -> None:
    assert float(learned_correlation(0.7, 0.5)) == 0
    assert float(learned_correlation(0.72, 0.5)) > 0


def test_joint_form_of_the_book_is_the_closed_form() -> None:
    a, b, p, n, u = 0.3, 40.0, 500, 800.0, np.geomspace(20, 2000, 9)
    u_snr, n0, u1 = b / (1 + a), p * a**2, b / a
    joint = (1 - n0 / n * (1 + u1 / u) ** 2) / (1 + a) / (1 + u_snr / u)
    assert learned_correlation(1 / (a + b / u), p / n) == pytest.approx(np.clip(joint, 0, None))


def test_unequal_noise_enters_by_the_trace_of_its_square() -> None:
    rng = np.random.default_rng(3)
    noise = rng.gamma(1.0, 1.0, size=200) + 0.1
    strength, n = 3.0, 300
    seen = [
        simulate_direction(strength, 200, n, rng, method="cross_covariance", noise_variances=noise)
        for _ in range(30)
    ]
    estimation = np.square(noise).sum() / (n * strength**2)
    assert np.mean(seen) == pytest.approx(1 / (1 + noise[0] / strength + estimation), abs=0.01)


def test_simulated_subspace_meets_the_sum_over_components() -> None:
    rng = np.random.default_rng(0)
    strengths, weights = np.array([30.0, 10.0, 3.0]), np.array([0.5, 0.3, 0.2])
    seen = [simulate_subspace(strengths, weights, 100, 500, 3, rng) for _ in range(8)]
    expected = float(subspace_correlation(strengths, weights, 100 / 500))
    assert np.mean(seen) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: learned_correlation(1.0, 0.5, method="lda"), "method = 'lda' is unknown; give"),
        (lambda: learned_correlation(0.0, 0.5), "strength holds 0; every value"),
        (lambda: subspace_correlation([1.0, 2.0], [1.0], 0.1), "strengths has 2 rows and weights"),
        (
            lambda: simulate_direction(1.0, 1, 10, np.random.default_rng(0)),
            "n_features = 1 must be a whole number of at least 2",
        ),
    ],
)
def test_bad_input_of_learned_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize("shared", [0.0, 0.7])
@pytest.mark.parametrize("snr", [0.5, 8.0])
def test_simulated_halves_meet_the_closed_form(snr: float, shared: float) -> None:
    rng = np.random.default_rng(0)
    signal, first, second = simulate_halves(60_000, snr, rng, rho_squared=0.6, shared=shared)
    reliability = half_reliability(snr, shared)
    expected = float(replicate_bits(reliability))
    assert sample_information(first, second) == pytest.approx(expected, abs=0.015)
    labelled = correlation_information(0.6 * reliability / (1 + shared))
    assert sample_information(signal, first) == pytest.approx(float(labelled), abs=0.015)


def test_halves_tell_the_snr_of_the_whole() -> None:
    snr = np.array([0.1, 1.0, 30.0])
    assert spearman_brown(half_reliability(snr)) == pytest.approx(attenuated(1.0, snr))


def test_replicates_bound_the_information_on_the_state() -> None:
    r = half_reliability(np.geomspace(0.01, 1e4, 40))
    whole = correlation_information(spearman_brown(r))
    half = correlation_information(r)
    assert (replicate_bits(r) < half).all()
    assert half == pytest.approx(replicate_bits(r) + 0.5 * np.log2(1 + r))
    assert whole == pytest.approx(replicate_bits(r) + np.log2(1 + r))


def test_shared_technical_variation_is_rewarded() -> None:
    bits = replicate_bits(half_reliability(2.0, np.array([0.0, 0.5, 5.0])))
    assert (np.diff(bits) > 0).all()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: half_reliability(1.0, -0.5), "shared = -0.5 is a variance; give at least 0"),
        (lambda: half_reliability(0.0), "snr holds 0; every value must be above 0"),
        (
            lambda: simulate_halves(0, 1.0, np.random.default_rng(0)),
            "n_cells = 0 must be a whole number of at least 1",
        ),
    ],
)
def test_bad_input_of_replicate_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
