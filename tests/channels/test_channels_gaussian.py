import numpy as np
import pytest

from noisescaling.channels import (
    attenuated,
    correlation_information,
    gaussian_information,
    sample_information,
)
from noisescaling.fitting import noise_law, snr_one


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
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
