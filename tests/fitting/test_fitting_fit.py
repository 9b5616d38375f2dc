import numpy as np
import pytest

from noisescaling.fitting import (
    CELL,
    JOINT_LAWS,
    LAWS,
    NOISE,
    NOISE_OF_SNR,
    NOISE_OF_U95,
    cell_law,
    fit_cell_law,
    fit_joint_law,
    fit_law,
    fit_noise_law,
    joint_law,
    noise_law,
)

U = np.geomspace(10, 8100, 10)

TRUTH = {
    "noise_law": (900.0, 2.3),
    "noise_law_of_snr": (40.0, 2.3),
    "noise_law_of_u95": (9000.0, 2.3),
    "effective_dimension_law": (900.0, 2.3, 2.0),
    "stretched_noise_law": (900.0, 2.3, 0.7),
    "saturating_power_law": (30.0, 0.4, 2.5),
    "hill_law": (300.0, 0.8, 2.5),
    "exponential_law": (600.0, 2.0),
    "log_linear_law": (-0.5, 0.25),
    "cell_law": (700.0, 0.4, 2.2),
    "joint_law": (2.4, 30.0, 400.0, 0.6, 90.0),
    "single_joint_law": (2.4, 30.0, 400.0, 0.6, 90.0),
    "spectrum_joint_law": (2.4, 30.0, 400.0, 0.6, 90.0),
    "cell_capacity_law": (900.0, 700.0, 0.4, 2.6),
    "sum_of_powers_law": (3.5, 20.0, 0.3, 150.0, 0.4),
}
EVERY = {law.name: law for law in (NOISE_OF_SNR, NOISE_OF_U95, CELL)} | LAWS | JOINT_LAWS


@pytest.mark.parametrize("name", EVERY)
def test_planted_parameters_come_back(name: str) -> None:
    law = EVERY[name]
    places = {"u": U, "n": np.geomspace(200, 1e5, 10)}
    grid = np.meshgrid(*(places[x] for x in law.inputs), indexing="ij")
    inputs = [x.ravel() for x in grid]
    fit = fit_law(law, *inputs, bits=law.function(*inputs, *TRUTH[name]))
    np.testing.assert_allclose(list(fit.parameters.values()), TRUTH[name], rtol=1e-4)
    assert fit.r_squared == pytest.approx(1, abs=1e-9)


def test_noisy_points_give_the_truth_within_four_standard_errors() -> None:
    rng = np.random.default_rng(0)
    u = np.repeat(U, 3)
    fit = fit_noise_law(u, noise_law(u, 900, 2.3) + 0.05 * rng.standard_normal(30))
    assert abs(fit.u_bar - 900) < 4 * fit.standard_errors["u_bar"]
    assert abs(fit.i_max - 2.3) < 4 * fit.standard_errors["i_max"]
    assert fit.sigma == pytest.approx(0.05, rel=0.4)


def test_named_fits_are_fits_of_their_laws() -> None:
    n, u = (x.ravel() for x in np.meshgrid(np.geomspace(100, 1e5, 6), U))
    fit = fit_joint_law(n, u, joint_law(n, u, 2.4, 30, 400, 0.6, 90))
    assert (fit.i_max, fit.u_snr, fit.n0, fit.s, fit.u1) == pytest.approx(
        (2.4, 30, 400, 0.6, 90), rel=1e-4
    )
    cells = np.geomspace(500, 1e5, 8)
    assert fit_cell_law(cells, cell_law(cells, 700, 0.4, 2.2)).i_inf == pytest.approx(2.2, rel=1e-5)


def test_weights_follow_the_standard_errors() -> None:
    bits = noise_law(U, 900, 2.3)
    wrong = bits.copy()
    wrong[0] += 0.5
    errors = np.full(10, 0.01)
    errors[0] = 10.0
    assert fit_noise_law(U, wrong, standard_errors=errors).i_max == pytest.approx(2.3, abs=1e-4)
    assert abs(fit_noise_law(U, wrong).i_max - 2.3) > 0.01
    doubled = fit_noise_law(U, wrong, standard_errors=2 * errors)
    single = fit_noise_law(U, wrong, standard_errors=errors)
    assert doubled.standard_errors == pytest.approx(single.standard_errors)


def test_huber_loss_bears_a_point_that_is_far_off() -> None:
    rng = np.random.default_rng(1)
    u = np.repeat(U, 3)
    bits = noise_law(u, 900, 2.3) + 0.02 * rng.standard_normal(30)
    bits[-1] -= 1.5
    plain, robust = fit_noise_law(u, bits), fit_noise_law(u, bits, loss="huber")
    assert abs(robust.i_max - 2.3) < 0.03 < abs(plain.i_max - 2.3)


@pytest.mark.parametrize(
    ("u", "bits", "text"),
    [
        ([10, 100], [0.5, 1.0], "2 points are too few for the 2 parameters of noise_law"),
        ([10, 10, 10], [1, 1, 1.1], "1 different values of u are too few for the 2 parameters"),
        ([10, 0, 100], [0.1, 0.2, 0.3], "u holds 0; every value must be above 0"),
        ([10, 50, 100], [0.1, np.nan, 0.3], "bits holds 1 NaN or infinite values of 3"),
        ([10, 50, 100, 200], [0.1, 0.2, 0.3], "bits has 3 rows and u has 4 rows"),
        ([[10, 50, 100]], [0.1, 0.2, 0.3], r"u has 2 axes, shape \(1, 3\); give 1"),
        (["a", "b", "c"], [0.1, 0.2, 0.3], "u holds text values; give numbers"),
    ],
)
def test_fit_refuses(u: list[float], bits: list[float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        fit_noise_law(u, bits)


def test_fit_refuses_bad_weights_and_losses() -> None:
    bits = noise_law(U, 900, 2.3)
    with pytest.raises(ValueError, match="standard_errors holds 0; every value must be above 0"):
        fit_noise_law(U, bits, standard_errors=np.zeros(10))
    with pytest.raises(ValueError, match="bits has 10 rows and standard_errors has 3 rows"):
        fit_noise_law(U, bits, standard_errors=np.ones(3))
    with pytest.raises(ValueError, match="loss = 'cauchy' is unknown; give one of squares, huber"):
        fit_noise_law(U, bits, loss="cauchy")  # type: ignore[arg-type]
    assert NOISE.names == ("u_bar", "i_max")
