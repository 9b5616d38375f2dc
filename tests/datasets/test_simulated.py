import numpy as np
import pytest
from scipy import stats

from noisescaling import datasets, noise
from noisescaling.datasets import entropy_bits, simulated
from study import ideal

SIGNALS = {"cell_type", "protein", "clone", "time", "neighbour"}


@pytest.fixture(scope="module")
def cells():
    return datasets.simulate_cells(6000, 200, 400.0, seed=1)


def test_cells_are_integer_counts_at_the_wanted_depth(cells):
    assert cells.counts.shape == (6000, 200)
    assert cells.counts.dtype.kind == "i"
    assert cells.umis_per_cell == pytest.approx(400, rel=0.02)
    assert set(cells.signals) == SIGNALS


def test_counts_are_poisson_given_the_state():
    cells = datasets.simulate_cells(4000, 50, 500.0, depth_spread=0.0, seed=2)
    means = 500 * cells.truth.proportions(cells.truth.state)
    z = (cells.counts - means) / np.sqrt(means)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.var() == pytest.approx(1, abs=0.02)


def test_the_state_is_six_independent_standard_coordinates(cells):
    covariance = np.cov(cells.truth.state.T)
    assert np.abs(covariance - np.eye(6)).max() < 0.06


@pytest.mark.parametrize(("name", "coordinate"), [("clone", 3), ("neighbour", 5)])
def test_partners_share_their_own_coordinate_and_no_other(cells, name, coordinate):
    signal = cells.signals[name]
    x, y = signal.pair(cells.truth.state)
    correlations = np.array([np.corrcoef(x[:, j], y[:, j])[0, 1] for j in range(6)])
    assert simulated.correlation_bits(correlations[coordinate]) == pytest.approx(
        signal.true_bits, abs=0.08
    )
    assert np.abs(np.delete(correlations, coordinate)).max() < 0.07
    both = np.concatenate([signal.rows, signal.partners])
    assert len(np.unique(both)) == len(both) == 6000


def test_time_correlates_as_told(cells):
    signal = cells.signals["time"]
    measured = np.corrcoef(cells.truth.state[:, 4], signal.values)[0, 1]
    assert simulated.correlation_bits(measured) == pytest.approx(signal.true_bits, abs=0.05)


def test_protein_information_is_that_of_the_sample_covariance(cells):
    signal = cells.signals["protein"]
    joint = np.cov(np.hstack([cells.truth.state[:, 1:3], signal.values]).T)
    parts = [np.linalg.slogdet(block).logabsdet for block in (joint[:2, :2], joint[2:, 2:], joint)]
    measured = (parts[0] + parts[1] - parts[2]) / (2 * np.log(2))
    assert measured == pytest.approx(signal.true_bits, abs=0.06)


@pytest.mark.parametrize(("n_types", "spread"), [(2, 0.1), (4, 0.3), (7, 0.6)])
def test_label_information_by_quadrature_equals_a_fine_sum(n_types, spread):
    centres = np.sqrt(1 - spread**2) * simulated.standard_centres(n_types)
    grid = np.linspace(-8, 8, 40_001)
    density = stats.norm.pdf(grid[:, None], centres, spread)
    mixture = density.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(density > 0, density * np.log2(density / mixture[:, None]), 0)
    fine = terms.mean(axis=1).sum() * (grid[1] - grid[0])
    assert simulated.label_bits(centres, spread) == pytest.approx(fine, abs=1e-4)


def test_label_information_reaches_the_entropy_of_separate_labels():
    assert simulated.label_bits(simulated.standard_centres(4), 1e-3) == pytest.approx(2.0, abs=1e-9)
    assert entropy_bits(np.repeat(["a", "b", "c", "d"], 5)) == pytest.approx(2.0)


def test_the_ideal_observer_reaches_the_predicted_signal_to_noise_ratio():
    cells = datasets.simulate_cells(4000, 300, 800.0, depth_spread=0.0, seed=3)
    unit_depths = ideal.unit_snr_depths(cells.truth)
    for depth in (800.0, 100.0):
        counts = noise.downsample(
            cells.counts, min(depth, cells.umis_per_cell), np.random.default_rng(0)
        )
        estimate = ideal.most_likely_state(counts, cells.truth)
        for j, (name, u_snr) in enumerate(unit_depths.items()):
            snr = depth / u_snr
            measured = np.corrcoef(estimate[:, j], cells.truth.state[:, j])[0, 1] ** 2
            assert measured == pytest.approx(snr / (1 + snr), abs=0.03), name


def test_the_ideal_observer_of_an_empty_cell_knows_nothing():
    cells = datasets.simulate_cells(10, 30, 50.0)
    state = ideal.most_likely_state(np.zeros_like(cells.counts), cells.truth)
    assert (state == 0).all()


def test_the_same_seed_gives_the_same_cells_and_another_does_not():
    first, second, other = (datasets.simulate_cells(50, 30, seed=s) for s in (4, 4, 5))
    assert (first.counts == second.counts).all()
    assert (first.counts != other.counts).any()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"n_cells": 3}, "n_cells = 3 must be a whole number of at least 4"),
        ({"n_genes": 1}, "n_genes = 1 must be a whole number of at least 20"),
        ({"n_types": 1}, "n_types = 1 must be a whole number of at least 2"),
        ({"umis_per_cell": 0.0}, "umis_per_cell = 0 must be above 0"),
        ({"umis_per_cell": float("nan")}, "umis_per_cell = nan must be above 0"),
        ({"time_correlation": 1.0}, "time_correlation = 1 must lie between 0 and 1"),
        ({"depth_spread": -1.0}, "depth_spread = -1 must be at least 0"),
    ],
)
def test_bad_settings_are_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        datasets.simulate_cells(**arguments)
