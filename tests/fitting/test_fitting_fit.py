import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from noisescaling.fitting import (
    LAWS,
    capacity,
    cell_law,
    fit_cell_law,
    fit_joint_law,
    fit_law,
    fit_noise_law,
    joint_law,
    law,
    noise_law,
    scale,
)

U = np.geomspace(10, 8100, 10)

TRUTH = {
    "noise_law": (900.0, 2.3),
    "effective_dimension_law": (900.0, 2.3, 2.0),
    "stretched_noise_law": (900.0, 2.3, 0.7),
    "saturating_power_law": (30.0, 0.4, 2.5),
    "hill_law": (300.0, 0.8, 2.5),
    "exponential_law": (600.0, 2.0),
    "log_linear_law": (-0.5, 0.25),
    "cell_law": (700.0, 0.4, 2.2),
    "joint_law": (2.4, 30.0, 400.0, 0.6, 90.0),
}
EVERY = LAWS | {"cell_law": cell_law, "joint_law": joint_law}


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
    with pytest.raises(ValueError, match=r"standard_errors has 2 axes, shape \(10, 1\); give 1"):
        fit_noise_law(U, bits, standard_errors=np.ones((10, 1)))
    with pytest.raises(ValueError, match="loss = 'cauchy' is unknown; give one of squares, huber"):
        fit_noise_law(U, bits, loss="cauchy")  # type: ignore[arg-type]
    assert noise_law.names == ("u_bar", "i_max")


def test_a_law_fits_by_itself_under_each_of_its_names() -> None:
    bits = noise_law(U, 900, 2.3) + 0.02 * np.cos(U)
    named = fit_noise_law(U, bits, entropy=3.0)
    for other in (noise_law.fit(U, bits, entropy=3.0), noise_law.fit(U, bits=bits, entropy=3.0)):
        assert other.parameters == named.parameters
        assert other.law is noise_law


def test_a_law_of_your_own_is_one_decorated_function() -> None:
    @law("u", half=scale(0, 0.5, 1), most=capacity(1, 1.5))
    def own_law(u, half, most):
        """I(u) = most u / (u + half)"""
        return most * u / (u + half)

    fit = own_law.fit(U, own_law(U, 300, 2.0))
    assert (fit.half, fit.most) == pytest.approx((300, 2.0), rel=1e-4)
    assert own_law.__doc__ == "I(u) = most u / (u + half)"
    with pytest.raises(ValueError, match="half holds -1; every value must be above 0"):
        own_law(U, -1, 2.0)
    with pytest.raises(TypeError, match="own_law takes u, half, most; 2 of them are given"):
        own_law(U, 300)


def test_fits_and_laws_survive_pickling() -> None:
    fit = fit_noise_law(U, noise_law(U, 900, 2.3))
    again = pickle.loads(pickle.dumps(fit))
    assert again.law is noise_law
    assert again.confidence_intervals() == fit.confidence_intervals()


def test_torch_tensors_are_taken_whatever_their_kind() -> None:
    torch = pytest.importorskip("torch")
    bits = noise_law(U, 900, 2.3)
    expected = fit_noise_law(U, bits)
    for kind in (torch.float64, torch.float32):
        u = torch.tensor(U, dtype=kind, requires_grad=True)
        assert fit_noise_law(u, torch.tensor(bits)).i_max == pytest.approx(expected.i_max, rel=1e-5)
    rough = fit_noise_law(torch.tensor(U).bfloat16(), torch.tensor(bits).bfloat16())
    assert rough.i_max == pytest.approx(expected.i_max, abs=0.05)


TABLE = pd.DataFrame({"quality": U, "bits": noise_law(U, 900, 2.3)})


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit_noise_law(TABLE),
        lambda: fit_noise_law(TABLE, TABLE["bits"]),
        lambda: fit_noise_law(TABLE[["quality"]], TABLE["bits"]),
        lambda: fit_noise_law(U),
        lambda: noise_law.fit(TABLE),
        lambda: noise_law.fit(),
        lambda: noise_law.fit(U, U, U),
        lambda: fit_cell_law(TABLE),
        lambda: fit_joint_law(TABLE),
        lambda: fit_joint_law(U, U),
        lambda: fit_law(noise_law, TABLE, bits=TABLE),
    ],
)
def test_a_table_or_too_few_columns_are_told_what_to_give(call) -> None:
    with pytest.raises(ValueError, match=r"_law is fitted to .*, bits, each a list of numbers; of"):
        call()


@pytest.mark.parametrize(
    ("u", "bits", "text"),
    [
        (U, ["high"] * 10, "bits holds text values; give numbers"),
        (U, [None] * 10, "bits holds object values; give numbers"),
        (U, U.astype(complex), "bits holds complex128 values; give numbers"),
        (U, pd.date_range("2020", periods=10), "bits holds datetime64"),
        ([10.0], [1.0], "1 points are too few for the 2 parameters of noise_law"),
        (10.0, 1.0, r"bits has 0 axes, shape \(\); give 1"),
        ([], [], "bits holds object|0 points are too few"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(u, bits, text) -> None:
    with pytest.raises(ValueError, match=text):
        fit_noise_law(u, bits)


def test_huber_is_that_of_scipy_at_its_own_scale() -> None:
    u = np.repeat(U, 3)
    bits = noise_law(u, 900, 2.3) + 0.03 * np.random.default_rng(1).standard_t(2, 30)
    fit = fit_noise_law(u, bits, loss="huber")
    scale = 1.4826 * np.median(np.abs(fit.residuals))
    best = least_squares(
        lambda p: noise_law(u, np.exp(p[0]), p[1]) - bits,
        (6.0, 2.0), loss="huber", f_scale=1.345 * scale, xtol=1e-12, ftol=1e-12,
    )  # fmt: skip
    assert (np.log(fit.u_bar), fit.i_max) == pytest.approx(best.x, rel=1e-4)


def test_huber_weighs_a_point_by_its_distance_and_squares_do_not() -> None:
    u = np.repeat(U, 3)
    scatter = 0.02 * np.random.default_rng(1).standard_normal(30)
    near, far = (noise_law(u, 900, 2.3) + scatter for _ in range(2))
    near[-1], far[-1] = near[-1] - 0.5, far[-1] - 2.0
    moved = {
        loss: abs(fit_noise_law(u, far, loss=loss).i_max - fit_noise_law(u, near, loss=loss).i_max)
        for loss in ("squares", "huber")
    }
    # Beyond 1.345 times the scatter a point pulls with a constant force.
    assert moved["huber"] < 1e-3
    assert moved["squares"] > 0.05
