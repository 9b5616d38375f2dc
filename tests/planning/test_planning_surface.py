"""Surfaces of fits, of measured points and of typed-in parameters."""

import re
from dataclasses import replace

import numpy as np
import pytest

from noisescaling.fitting import fit_joint_law, fit_noise_law, forecast, joint_law, noise_law
from noisescaling.fitting.forecast import Posterior
from noisescaling.planning import (
    named_numbers,
    surface_of_fit,
    surface_of_parameters,
    surface_of_points,
)
from noisescaling.planning.surface import open_questions
from study.published import published_cells

PARAMETERS = {"i_max": 2.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}


@pytest.fixture(scope="module")
def fit():
    n, u = (x.ravel() for x in np.meshgrid(np.geomspace(100, 1e5, 9), np.geomspace(10, 1e4, 9)))
    scatter = 0.02 * np.random.default_rng(0).standard_normal(n.size)
    return fit_joint_law(n, u, joint_law(n, u, *PARAMETERS.values()) + scatter)


def test_draws_predict_what_was_measured_where_the_law_is_not_pinned_down():
    surface = surface_of_points(
        published_cells(),
        dataset="PBMC",
        model="RandomProjection",
        n_draws=60,
        signal="celltype.l3",
    )
    assert "the points do not limit the cell scale" in surface.unknown
    assert "the law misses the means of repeats by 0.032 bits" in surface.unknown
    assert surface.misfit == ""
    for place in [(100, 10), (1e5, 8_100), (3_000, 300)]:
        assert np.abs(surface.drawn_bits(*place) - float(surface.bits(*place))).max() < 0.1


def test_draws_stay_within_the_bounds_many_count_and_they_come_back_for_one_seed(fit):
    posterior = Posterior(fit)
    for seed in range(4):
        theta, weights = posterior.draws(seed)
        lower, upper = posterior.bounds
        assert ((lower <= theta) & (theta <= upper)).all()
        assert 1 / np.square(weights).sum() > 100
    draws = surface_of_fit(fit, n_draws=20, seed=3).draws
    np.testing.assert_array_equal(draws, surface_of_fit(fit, n_draws=20, seed=3).draws)
    assert (draws != surface_of_fit(fit, n_draws=20, seed=4).draws).any()
    assert surface_of_fit(fit, n_draws=0).draws.shape == (0, 5)


def test_the_surface_of_a_fit_is_the_fit(fit):
    surface = surface_of_fit(fit, n_draws=20)
    assert float(surface.bits(500, 700)) == pytest.approx(float(fit.predict(500, 700)))
    assert surface.cells_range == pytest.approx((100, 1e5))
    assert surface.umis_range == pytest.approx((10, 1e4))
    assert surface.drawn_bits(500, 700).shape == (20,)


def test_the_interval_of_the_bits_is_that_of_the_forecast(fit):
    surface = surface_of_fit(fit, n_draws=400)
    n, u = np.array([[500.0], [1e6]]), np.array([700.0, 1e5])
    for level in (0.5, 0.9):
        ahead = forecast(fit, n, u, level=level)
        low, high = surface.forecast(n, u, level)
        assert low.shape == (2, 2)
        # 400 draws in place of 2,000.
        assert high - low == pytest.approx(ahead.high - ahead.low, rel=0.08)
        assert (low + high) / 2 == pytest.approx(ahead.bits, abs=1e-9)
    assert surface.error == Posterior(fit).point


def test_the_interval_holds_the_misfit_and_widens_beyond_the_measured(fit):
    surface = surface_of_fit(fit, n_draws=40)
    surface = replace(surface, draws=np.tile(surface.values, (2, 1)))
    half = 1.6448536 * np.sqrt(surface.error.scatter**2 + surface.error.misfit**2)
    inside, beyond = (np.subtract(*surface.forecast(1e4, u)[::-1]) / 2 for u in (1e4, 4e4))
    assert inside == pytest.approx(half)
    assert beyond == pytest.approx(np.hypot(half, 1.6448536 * surface.error.growth * 2**0.5))
    assert surface.forecast(1, 1)[0] == 0
    assert replace(surface, entropy=1.9).forecast(1e9, 1e9)[1] == 1.9


def test_a_law_of_one_input_is_no_surface():
    u = np.geomspace(10, 1e4, 8)
    alone = fit_noise_law(u, noise_law(u, 500, 3))
    with pytest.raises(ValueError, match="the fit is of noise_law; a plan needs joint_law"):
        surface_of_fit(alone)


def test_typed_in_errors_spread_the_draws():
    surface = surface_of_parameters(PARAMETERS, {"u_snr": 6.0}, n_draws=2_000)
    spread = np.log(surface.draws).std(axis=0)
    assert spread[1] == pytest.approx(0.1, rel=0.05)
    assert (np.delete(spread, 1) < 1e-12).all()


def test_seeds_and_numbers_of_draws_have_their_effect(fit):
    for make in (
        lambda **how: surface_of_fit(fit, **how),
        lambda **how: surface_of_parameters(PARAMETERS, {"u_snr": 6.0}, **how),
    ):
        one = make(n_draws=30, seed=1)
        assert one.draws.shape == (30, 5)
        np.testing.assert_array_equal(make(n_draws=30, seed=1.0).draws, one.draws)
        # So many draws that two choices from the same places would share some.
        first, second = (make(n_draws=400, seed=seed).draws[:, 1] for seed in (1, 2))
        assert not np.isin(first, second).any()
        with pytest.raises(ValueError, match="n_draws = -1 must be a whole number of at least 0"):
            make(n_draws=-1)
        with pytest.raises(ValueError, match=r"seed = 1.5 must be a whole number of at least 0"):
            make(n_draws=30, seed=1.5)


@pytest.mark.parametrize(
    ("parameters", "errors", "message"),
    [
        ({"i_max": 4}, {}, "u_snr is missing; joint_law has i_max, u_snr, n0, s, u1"),
        ({**PARAMETERS, "i_max": -1}, {}, "i_max holds -1; every value must be above 0"),
        ({**PARAMETERS, "n0": float("nan")}, {}, "n0 holds 1 NaN"),
        (
            {**PARAMETERS, "t": 1},
            {},
            "parameter = 't' is unknown; give one of i_max",
        ),
        (PARAMETERS, {"q": 1}, "parameter = 'q' is unknown; give one of i_max"),
        (PARAMETERS, {"s": -0.1}, "standard_errors holds -0.1; give at least 0"),
    ],
)
def test_typed_in_parameters_are_checked(parameters, errors, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        surface_of_parameters(parameters, errors)


def test_numbers_are_read_by_name():
    assert named_numbers("own", "i_max=4, s = 0.5") == {"i_max": 4.0, "s": 0.5}
    assert named_numbers("own", "") == {}
    with pytest.raises(ValueError, match="'s' is no name with a number"):
        named_numbers("own", "i_max=4, s")


@pytest.mark.parametrize(
    ("changes", "cells", "entropy", "words"),
    [
        ({}, (100, 1e4), np.inf, ""),
        ({}, (240, 240), np.inf, "only one number of cells, 240, was measured"),
        ({"n0": 0.5}, (100, 1e4), np.inf, "the cell scale, 0.5, is less than one cell"),
        ({"i_max": 15}, (100, 1e4), np.inf, "the capacity, 15 bits, is the bound of the"),
        ({"i_max": 2.3}, (60, 240), 1.58, "2.3 bits, is more than the labels' 1.58 bits"),
        ({"i_max": 1.58}, (60, 240), 1.58, ""),
    ],
)
def test_what_a_fit_does_not_know_is_told(changes, cells, entropy, words):
    told = open_questions({**PARAMETERS, **changes}, "", cells, entropy)
    assert words in told
    assert bool(told) == bool(words)
    assert open_questions({**PARAMETERS, **changes}, "s is open", cells, entropy).endswith(
        "s is open"
    )
