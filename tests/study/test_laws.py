"""Laws that only the study compares: against their formulas, and planted truth by their fits."""

import numpy as np
import pytest

from noisescaling.fitting import cell_law, fit_law, joint_law, noise_law, noise_law_quality, snr_one
from study.laws import (
    JOINT_LAWS,
    cell_capacity_law,
    noise_law_of_snr,
    noise_law_of_u95,
    single_joint_law,
    spectrum_joint_law,
    sum_of_powers_law,
)

U = np.geomspace(1, 1e6, 25)
TRUTH = {
    noise_law_of_snr: (40.0, 2.3),
    noise_law_of_u95: (9000.0, 2.3),
    single_joint_law: (2.4, 30.0, 400.0, 0.6, 90.0),
    spectrum_joint_law: (2.4, 30.0, 400.0, 0.6, 90.0),
    cell_capacity_law: (900.0, 700.0, 0.4, 2.6),
    sum_of_powers_law: (3.5, 20.0, 0.3, 150.0, 0.4),
}


@pytest.mark.parametrize(("law", "truth"), TRUTH.items(), ids=map(repr, TRUTH))
def test_planted_parameters_come_back(law, truth) -> None:
    places = {"u": np.geomspace(10, 8100, 10), "n": np.geomspace(200, 1e5, 10)}
    grid = np.meshgrid(*(places[x] for x in law.inputs), indexing="ij")
    inputs = [x.ravel() for x in grid]
    fit = fit_law(law, *inputs, bits=law.function(*inputs, *truth))
    np.testing.assert_allclose(list(fit.parameters.values()), truth, rtol=1e-4)


def test_the_rivals_of_the_joint_law_have_names() -> None:
    assert all(name == law.name == repr(law) for name, law in JOINT_LAWS.items())
    assert JOINT_LAWS["joint_law"] is joint_law
    assert set(TRUTH) > set(JOINT_LAWS.values()) - {joint_law}


def test_laws_told_by_other_parameters_are_the_same_law() -> None:
    expected = noise_law(U, 700, 2.0)
    u_95 = noise_law_quality(2.0 + np.log2(0.95), 700, 2.0)
    np.testing.assert_allclose(noise_law_of_u95(U, u_95, 2.0), expected)
    u_snr = snr_one(700, 2.0)
    np.testing.assert_allclose(noise_law_of_snr(U, u_snr, 2.0), expected)


def test_spectrum_joint_law_factorises() -> None:
    bits = spectrum_joint_law(4000, 50.0, 2.4, 30.0, 500.0, 0.6, 50.0)
    rho_squared = (1 - 2 ** (-2 * 2.4)) / ((1 + 30 / 50) * (1 + (500 / 4000 * 4) ** 0.6))
    assert bits == pytest.approx(-0.5 * np.log2(1 - rho_squared), rel=1e-12)


def test_u95_of_a_tiny_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="every value must be above 0"):
        noise_law_of_u95(10, 100, 0.05)


def test_noise_that_enters_learning_once_does_what_a_third_of_it_does_squared() -> None:
    args = {"i_max": 2.4, "u_snr": 30.0, "n0": 500.0, "s": 0.6}
    twice = joint_law(4000, 50.0, u1=50.0, **args)
    assert single_joint_law(4000, 50.0, u1=150.0, **args) == pytest.approx(twice, rel=1e-12)


def test_rivals_at_marked_places() -> None:
    assert sum_of_powers_law(9, 40, 3.0, 40, 0.3, 9, 0.2) == pytest.approx(1.0)
    capacity = cell_law(4000, 500, 0.4, 2.5)
    both = cell_capacity_law(4000, 40, 700, 500, 0.4, 2.5)
    assert both == pytest.approx(noise_law(40, 700, capacity))
