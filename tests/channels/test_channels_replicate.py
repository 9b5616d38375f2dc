import numpy as np
import pytest

from noisescaling.channels import (
    attenuated,
    correlation_information,
    half_reliability,
    reliability_from_bits,
    replicate_bits,
    sample_information,
    simulate_halves,
    spearman_brown,
)


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
    assert reliability_from_bits(replicate_bits(half_reliability(snr))) == pytest.approx(
        half_reliability(snr)
    )


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
        (lambda: reliability_from_bits(-0.1), "bits = -0.1 is negative; give at least 0"),
        (
            lambda: simulate_halves(0, 1.0, np.random.default_rng(0)),
            "n_cells = 0 must be a whole number of at least 1",
        ),
    ],
)
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
