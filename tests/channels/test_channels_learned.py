import numpy as np
import pytest

from noisescaling.channels import (
    attenuated,
    learned_correlation,
    simulate_direction,
    simulate_subspace,
    subspace_correlation,
)


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
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
