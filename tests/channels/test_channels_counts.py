import numpy as np
import pytest

from noisescaling.channels import Technique, lognormal_cells, observe, readout_snr
from noisescaling.noise import downsample

CELLS = lognormal_cells(4000, 60, 0.3, np.random.default_rng(0))


def measured_snr(counts: np.ndarray, u: float, shares: np.ndarray, weights: np.ndarray) -> float:
    """Signal over noise variance of a readout whose mean given the cell is known."""
    signal = shares @ weights
    return float(signal.var() / np.square(counts @ weights / u - signal).mean())


@pytest.mark.parametrize(
    "technique", [Technique(), Technique(dropout=0.4), Technique(dispersion=0.5)]
)
def test_counts_meet_the_closed_form(technique: Technique) -> None:
    _, shares, loadings = CELLS
    closed = readout_snr(shares, loadings, technique)
    for u in (20.0, 2000.0):
        counts = observe(shares, u, np.random.default_rng(1), technique)
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
        (lambda: Technique(dropout=1.0), "dropout = 1 must be at least 0 and below 1"),
        (lambda: Technique(dispersion=-1.0), "dispersion = -1 must be finite and at least 0"),
        (lambda: readout_snr(CELLS[1], np.zeros(60)), "the readout is the same for all cells"),
        (lambda: readout_snr(CELLS[1], np.ones(5)), "genes has 60 rows and weights has 5 rows"),
        (lambda: observe(CELLS[1], 0.0, np.random.default_rng(0)), "u holds 0; every value"),
    ],
)
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()
