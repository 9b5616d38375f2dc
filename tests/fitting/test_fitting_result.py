import lmfit
import numpy as np
import pytest

from noisescaling.fitting import LAWS, LawFit, fit_joint_law, fit_law, fit_noise_law, noise_law

U = np.repeat(np.geomspace(10, 8100, 10), 3)


def noisy_fit(u_high: float = 8100.0, sigma: float = 0.05, seed: int = 0) -> LawFit:
    u = np.repeat(np.geomspace(10, u_high, 10), 3)
    scatter = sigma * np.random.default_rng(seed).standard_normal(30)
    return fit_noise_law(u, noise_law(u, 900, 2.3) + scatter)


def lmfit_result(fit: LawFit) -> lmfit.model.ModelResult:
    model = lmfit.Model(lambda u, u_bar, i_max: noise_law(u, u_bar, i_max))
    start = model.make_params(
        u_bar={"value": 500, "min": 1, "max": 1e6}, i_max={"value": 2, "min": 0.01, "max": 15}
    )
    return model.fit(fit.batch.bits[0], start, u=fit.batch.inputs[0][0])


def test_intervals_and_errors_are_those_of_lmfit() -> None:
    fit = noisy_fit()
    peer = lmfit_result(fit)
    limits = peer.conf_interval(sigmas=[0.95])
    for name in ("u_bar", "i_max"):
        assert fit.parameters[name] == pytest.approx(peer.params[name].value, rel=1e-4)
        assert fit.standard_errors[name] == pytest.approx(peer.params[name].stderr, rel=1e-2)
        expected = (limits[name][0][1], limits[name][-1][1])
        assert fit.confidence_intervals()[name] == pytest.approx(expected, rel=2e-3)


def test_goodness_of_fit_by_its_definitions() -> None:
    fit = noisy_fit()
    bits = fit.batch.bits[0]
    squares = np.square(bits - noise_law(U, fit.u_bar, fit.i_max)).sum()
    total = np.square(bits - bits.mean()).sum()
    assert fit.r_squared == pytest.approx(1 - squares / total)
    assert fit.sigma == pytest.approx(np.sqrt(squares / 28))
    assert fit.aicc == pytest.approx(30 * np.log(squares / 30) + 6 + 24 / 26)
    np.testing.assert_allclose(fit.residuals, bits - fit.predict(U))


def test_a_list_of_qualities_is_predicted_as_an_array_is() -> None:
    fit = noisy_fit()
    np.testing.assert_array_equal(fit.predict([10, 300]), fit.predict(np.array([10.0, 300.0])))


def test_band_is_as_wide_as_refits_scatter() -> None:
    at = np.array([10.0, 300.0, 8100.0])
    curves = np.stack([noisy_fit(seed=seed).predict(at) for seed in range(300)])
    lower, upper = noisy_fit().band(at, sigma=1)
    np.testing.assert_allclose((upper - lower) / 2, curves.std(axis=0), rtol=0.35)


def test_no_band_or_interval_is_dropped_for_being_wide() -> None:
    fit = noisy_fit(u_high=60)
    lower, upper = fit.band(np.array([1e5]))
    assert upper[0] - lower[0] > 2
    assert fit.confidence_intervals()["i_max"][1] == np.inf
    # The noise sensitivity has no upper end either, though the search stops at 15 bits.
    assert fit.confidence_intervals()["u_bar"][1] == np.inf


def test_wider_levels_hold_narrower_ones() -> None:
    fit = noisy_fit()
    narrow, wide = (fit.confidence_intervals(level)["u_bar"] for level in (0.68, 0.99))
    assert wide[0] < narrow[0] < fit.u_bar < narrow[1] < wide[1]


def test_identifiable_says_why_not() -> None:
    assert noisy_fit().identifiable
    assert noisy_fit().reason == ""
    shallow = noisy_fit(u_high=90)
    assert not shallow.identifiable
    low, high = shallow.confidence_intervals()["i_max"]
    assert high == np.inf
    assert f"the capacity is only known to be above {low:.2g} bits" in shallow.reason
    reached = f"the deepest point reaches {90 / shallow.u_bar:.2g} times the noise sensitivity"
    assert reached in shallow.reason
    flat = fit_noise_law(U, 1 + 0.01 * np.random.default_rng(0).standard_normal(30))
    assert not flat.identifiable
    assert "the shallowest point is at" in flat.reason


def test_a_printed_fit_shows_parameters_with_intervals_and_the_verdict() -> None:
    fit = noisy_fit()
    head, *rows, verdict = str(fit).splitlines()
    assert head == (
        "noise_law fitted to 30 points, u from 10 to 8.1e+03; 95 % intervals in brackets:"
    )
    for row, name in zip(rows, ("u_bar", "i_max"), strict=True):
        low, high = fit.confidence_intervals()[name]
        assert row == f"  {name} = {fit.parameters[name]:.3g} ({low:.3g} to {high:.3g})"
    assert verdict.strip() == str(fit.verdict)
    shallow = noisy_fit(u_high=60)
    assert " to inf)" in str(shallow)
    assert shallow.reason in repr(shallow)


def test_the_band_follows_its_width_in_standard_errors() -> None:
    fit, at = noisy_fit(), np.array([10.0, 300.0, 8100.0])
    (low, high), (narrow_low, narrow_high) = fit.band(at), fit.band(at, sigma=1)
    np.testing.assert_allclose(high - low, 2 * (narrow_high - narrow_low))
    np.testing.assert_allclose((low + high) / 2, fit.predict(at))


def test_quality_for_and_u_q_invert_the_law() -> None:
    fit = noisy_fit()
    assert fit.predict(fit.quality_for(1.2)) == pytest.approx(1.2, abs=1e-9)
    assert fit.predict(fit.u_q()) == pytest.approx(fit.i_max + np.log2(0.95), abs=1e-9)
    assert fit.u_q(0.5) < fit.u_q(0.9)
    low = fit_noise_law(U, noise_law(U, 900, 0.05))
    assert low.u_q(0.95) == 0


def test_result_refuses() -> None:
    fit = noisy_fit()
    with pytest.raises(ValueError, match=r"bits = 9 is outside what noise_law reaches here"):
        fit.quality_for(9)
    with pytest.raises(ValueError, match=r"q = 1.5 must lie between 0 and 1"):
        fit.u_q(1.5)
    with pytest.raises(ValueError, match=r"level = 95 must lie between 0 and 1"):
        fit.confidence_intervals(95)
    with pytest.raises(
        AttributeError, match="a fit has no 'i_mx'; its parameters are u_bar, i_max"
    ):
        _ = fit.i_mx
    line = fit_law(LAWS["log_linear_law"], U, bits=fit.batch.bits[0])
    with pytest.raises(ValueError, match="log_linear_law has no capacity i_max"):
        line.u_q()
    n = np.tile([100.0, 1e3, 1e4], 10)
    joint = fit_joint_law(n, U, fit.batch.bits[0])
    with pytest.raises(ValueError, match="joint_law depends on n, u: no inverse"):
        joint.quality_for(1.0)
