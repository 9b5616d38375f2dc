"""How the signal-to-noise ratio grows with molecules, pixels and right residues."""

import numpy as np
import pytest

from noisescaling.noise import downsample
from study.counting import (
    lognormal_cells,
    misread_snr,
    observe,
    pixelation_error,
    readout_snr,
    smooth_fields,
)

CELLS = lognormal_cells(4000, 60, 0.3, np.random.default_rng(0))


def measured_snr(counts: np.ndarray, u: float, shares: np.ndarray, weights: np.ndarray) -> float:
    """Signal over noise variance of a readout whose mean given the cell is known."""
    signal = shares @ weights
    return float(signal.var() / np.square(counts @ weights / u - signal).mean())


@pytest.mark.parametrize("technique", [{}, {"dropout": 0.4}, {"dispersion": 0.5}])
def test_counts_meet_the_closed_form(technique: dict[str, float]) -> None:
    _, shares, loadings = CELLS
    closed = readout_snr(shares, loadings, **technique)
    for u in (20.0, 2000.0):
        counts = observe(shares, u, np.random.default_rng(1), **technique)
        assert counts.sum(axis=1).mean() == pytest.approx(u, rel=0.05)
        seen = measured_snr(counts, u, shares, loadings)
        assert seen == pytest.approx(float(closed.snr(u)), rel=0.1)


def test_counting_noise_alone_is_proportional_to_depth() -> None:
    closed = readout_snr(CELLS[1], CELLS[2])
    assert closed.floor == 0
    assert float(closed.snr(300.0)) == pytest.approx(3 * float(closed.snr(100.0)))


def test_thinned_counts_have_the_snr_of_counts_drawn_shallow() -> None:
    _, shares, loadings = CELLS
    rng = np.random.default_rng(2)
    deep = observe(shares, 3000.0, rng)
    u = 150.0
    thinned, drawn = downsample(deep, u, rng), observe(shares, u, rng)
    seen = [measured_snr(counts, u, shares, loadings) for counts in (thinned, drawn)]
    assert seen[0] == pytest.approx(seen[1], rel=0.08)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: readout_snr(CELLS[1], CELLS[2], dropout=1.0),
            "dropout = 1 must be at least 0 and below 1",
        ),
        (
            lambda: observe(CELLS[1], 9.0, np.random.default_rng(0), dispersion=-1.0),
            "dispersion = -1 must be finite and at least 0",
        ),
        (lambda: readout_snr(CELLS[1], np.zeros(60)), "the readout is the same for all cells"),
        (lambda: readout_snr(CELLS[1], np.ones(5)), "genes has 60 rows and weights has 5 rows"),
        (lambda: observe(CELLS[1], 0.0, np.random.default_rng(0)), "u holds 0; every value"),
    ],
)
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()


def test_error_is_the_variance_inside_blocks() -> None:
    ramp = np.tile(np.arange(8.0), (1, 8, 1))
    assert pixelation_error(ramp, 1) == 0
    assert pixelation_error(ramp, 2) == pytest.approx(0.25 / np.arange(8.0).var())
    assert pixelation_error(ramp, 8) == pytest.approx(1)


def test_smooth_images_lose_with_the_pixel_area_and_edges_with_its_side() -> None:
    fields = smooth_fields(20, 256, 12.0, np.random.default_rng(0))
    smooth = pixelation_error(fields, 4) / pixelation_error(fields, 2)
    edges = np.sign(fields)
    sharp = pixelation_error(edges, 8) / pixelation_error(edges, 4)
    assert smooth == pytest.approx((4**2 - 1) / (2**2 - 1), rel=0.1)
    assert sharp == pytest.approx(2, rel=0.15)
    assert fields.std() == pytest.approx(1)


def test_factor_must_divide_the_images() -> None:
    with pytest.raises(ValueError, match="factor = 3 does not divide images of 8 x 8 pixels"):
        pixelation_error(np.zeros((1, 8, 8)), 3)


@pytest.mark.parametrize("error", [0.02, 0.3, 0.9])
def test_misread_residues_meet_the_closed_form(error: float) -> None:
    rng = np.random.default_rng(0)
    seen = np.mean([misread_snr(error, rng) for _ in range(20)])
    assert seen == pytest.approx((1 - error) ** 2 / (error * (2 - error)), rel=0.04)
