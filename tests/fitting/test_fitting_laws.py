import numpy as np
import pytest

from noisescaling.fitting import laws

U = np.geomspace(1, 1e6, 25)


def test_noise_law_is_the_information_of_a_gaussian_pair() -> None:
    u_bar, i_max = 400.0, 2.2
    rho_max_squared = 1 - 2 ** (-2 * i_max)
    snr = U / laws.snr_one(u_bar, i_max)
    rho_squared = rho_max_squared * snr / (1 + snr)
    expected = -0.5 * np.log2(1 - rho_squared)
    np.testing.assert_allclose(laws.noise_law(U, u_bar, i_max), expected, rtol=1e-10)


def test_noise_law_meets_a_simulated_channel() -> None:
    rng = np.random.default_rng(3)
    u_bar, i_max, u = 50.0, 1.5, 30.0
    clean, rest, noise = rng.standard_normal((3, 400_000))
    rho = np.sqrt(1 - 2 ** (-2 * i_max))
    snr = u / float(laws.snr_one(u_bar, i_max))
    measured = clean + noise / np.sqrt(snr)
    seen = np.corrcoef(measured, rho * clean + np.sqrt(1 - rho**2) * rest)[0, 1]
    assert -0.5 * np.log2(1 - seen**2) == pytest.approx(laws.noise_law(u, u_bar, i_max), abs=0.01)


def test_noise_law_ends() -> None:
    assert laws.noise_law(1e15, 300, 2.5) == pytest.approx(2.5, abs=1e-9)
    assert laws.noise_law(1e-9, 300, 2.5) == pytest.approx(0, abs=1e-9)
    at_u_bar = 2.5 - 0.5 * np.log2(2 / (1 + 2**-5))
    assert laws.noise_law(300, 300, 2.5) == pytest.approx(at_u_bar, rel=1e-12)


def test_noise_law_gains_less_than_half_a_bit_a_doubling() -> None:
    steps = np.diff(laws.noise_law(2.0 ** np.arange(-10, 30), 1000, 6.0))
    assert 0.45 < steps.max() < 0.5
    assert steps.min() >= 0


def test_noise_law_quality_is_the_inverse() -> None:
    bits = laws.noise_law(U, 700, 2.0)
    back = laws.noise_law_quality(bits[bits < 1.999], 700, 2.0)
    np.testing.assert_allclose(back, U[bits < 1.999], rtol=1e-8)


def test_cell_law_loses_one_bit_at_n0_and_never_falls_below_zero() -> None:
    assert laws.cell_law(500, 500, 0.4, 2.5) == pytest.approx(1.5)
    assert laws.cell_law(1, 500, 0.4, 2.5) == 0


def test_joint_law_with_unlimited_cells_is_the_noise_law() -> None:
    u_bar, i_max = 800.0, 2.4
    u_snr = laws.snr_one(u_bar, i_max)
    joint = laws.joint_law(1e30, U, i_max, u_snr, 500, 0.6, 100)
    np.testing.assert_allclose(joint, laws.noise_law(U, u_bar, i_max), rtol=1e-8)


def test_joint_law_at_unlimited_quality() -> None:
    n, i_max, n0, s = 4000.0, 2.4, 500.0, 0.6
    rho_squared = (1 - 2 ** (-2 * i_max)) / (1 + (n0 / n) ** s)
    expected = -0.5 * np.log2(1 - rho_squared)
    assert laws.joint_law(n, 1e15, i_max, 30, n0, s, 100) == pytest.approx(expected, rel=1e-9)


def test_joint_law_squares_the_noise_in_learning() -> None:
    args = {"i_max": 2.4, "u_snr": 30.0, "n0": 500.0, "s": 0.6}
    twice = laws.joint_law(4000, 50.0, u1=50.0, **args)
    rho_squared = (1 - 2 ** (-2 * 2.4)) / (1 + 30 / 50 + (500 / 4000) ** 0.6 * 4)
    assert twice == pytest.approx(-0.5 * np.log2(1 - rho_squared), rel=1e-12)


def test_nested_rivals_contain_the_noise_law() -> None:
    expected = laws.noise_law(U, 700, 2.0)
    np.testing.assert_allclose(laws.effective_dimension_law(U, 700, 2.0, 1.0), expected)
    np.testing.assert_allclose(laws.stretched_noise_law(U, 700, 2.0, 1.0), expected)
    two = laws.effective_dimension_law(U, 700, 2.0, 2.0)
    np.testing.assert_allclose(two, 2 * laws.noise_law(U, 700, 1.0))


def test_rivals_at_marked_places() -> None:
    assert laws.saturating_power_law(40, 40, 0.3, 2.0) == pytest.approx(1.0)
    assert laws.hill_law(40, 40, 1.7, 2.0) == pytest.approx(1.0)
    assert laws.exponential_law(40, 40, 2.0) == pytest.approx(2 * (1 - np.exp(-1)))
    assert laws.log_linear_law(8, 0.5, 0.2) == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0.0, 100, 2.0), "u holds 0; every value must be above 0"),
        ((10, -3, 2.0), "u_bar holds -3; every value must be above 0"),
        ((10, 100, float("nan")), "i_max holds 1 NaN or infinite values of 1"),
    ],
)
def test_noise_law_refuses(arguments: tuple[float, float, float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        laws.noise_law(*arguments)


def test_quality_beyond_the_capacity_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValueError, match=r"bits = 2.5 must be .* i_max = 2; no quality reaches"):
        laws.noise_law_quality(2.5, 100, 2.0)
