"""What components of simulated cells hold, against closed forms and planted cells."""

import numpy as np
import pytest

from noisescaling import datasets, models
from study import learned_cells, theory
from study.ideal import information_per_umi
from study.learned_cells import Moments, drawn, learned, signal_bits

N_STATES = 6


@pytest.fixture(scope="module")
def cells():
    return datasets.simulate_cells(4000, 100, 300.0, seed=3, effect=0.4)


def spiked(strength, noise):
    """Moments of one state along the mean direction of features of unequal noise."""
    direction = np.ones((len(noise), 1)) / np.sqrt(len(noise))
    loadings = np.sqrt(strength) * direction
    return Moments(loadings @ loadings.T + np.diag(noise), loadings)


@pytest.mark.parametrize("strength", [0.5, 3.0, 20.0])
def test_in_equal_noise_the_closed_form_is_that_of_one_direction(strength):
    moments = spiked(strength, np.ones(50))
    for n_cells in (30, 300, 3000):
        aspect = (50 - 1) / n_cells
        assert learned(moments, n_cells, 1)[0, 0] == pytest.approx(
            float(theory.learned_correlation(strength, aspect))
        )


def test_below_the_threshold_the_closed_form_holds_nothing():
    at = 199 / 2.0**2
    assert learned(spiked(2.0, np.ones(200)), int(0.9 * at), 1)[0, 0] == 0
    assert learned(spiked(2.0, np.ones(200)), int(1.1 * at), 1)[0, 0] > 0


def test_unequal_noise_is_in_the_closed_form_and_in_what_is_drawn():
    noise = np.geomspace(0.1, 4.0, 200)
    moments, rng = spiked(12.0, noise), np.random.default_rng(0)
    for n_cells in (400, 800):
        found = np.mean([drawn(moments, n_cells, rng, 1)[0, 0] for _ in range(30)])
        closed = learned(moments, n_cells, 1)[0, 0]
        equal = float(theory.learned_correlation(12.0 / noise.mean(), 200 / n_cells))
        assert found == pytest.approx(closed, abs=0.01)
        assert abs(found - equal) > 2 * abs(found - closed) + 0.01


@pytest.mark.parametrize("n_cells", [60, 150, 2000])
def test_drawn_training_sets_are_those_of_cells_one_by_one(n_cells):
    moments, rng = spiked(3.0, np.ones(100)), np.random.default_rng(1)
    found = [drawn(moments, n_cells, rng, 1)[0, 0] for _ in range(40)]
    one_by_one = [theory.simulate_direction(3.0, 100, n_cells, rng) for _ in range(40)]
    assert np.mean(found) == pytest.approx(np.mean(one_by_one), abs=0.02)


def test_unlimited_cells_and_all_components_are_a_regression_on_the_features():
    rng = np.random.default_rng(2)
    loadings, mixing = rng.standard_normal((30, 2)), rng.standard_normal((30, 30))
    moments = Moments(loadings @ loadings.T + mixing @ mixing.T + np.eye(30), loadings)
    best = loadings.T @ np.linalg.solve(moments.covariance, loadings)
    assert learned(moments, 10**12, 30) == pytest.approx(best)
    assert drawn(moments, 10**6, rng, 30) == pytest.approx(best)
    fewer = learned(moments, 10**12, 3)
    assert (np.linalg.eigvalsh(best - fewer) > -1e-9).all()
    assert (np.diag(fewer) < np.diag(best)).all()


def test_too_few_cells_are_refused():
    for predict in (lambda m: learned(m, 1), lambda m: drawn(m, 1, np.random.default_rng(0))):
        with pytest.raises(ValueError, match="n_cells = 1"):
            predict(spiked(1.0, np.ones(30)))


def test_scores_without_noise_hold_all_and_those_of_noise_hold_nothing(cells):
    everything = signal_bits(np.eye(N_STATES), cells)
    nothing = signal_bits(np.zeros((N_STATES, N_STATES)), cells)
    for name, signal in cells.signals.items():
        assert everything[name] == pytest.approx(signal.true_bits, abs=0.06)
        assert nothing[name] == pytest.approx(0, abs=1e-3)


def test_a_partner_brings_its_own_noise_and_a_time_none(cells):
    share = 0.6
    bits = signal_bits(share * np.eye(N_STATES), cells)
    one, two = theory.correlation_information([0.95**2 * share, 0.9**2 * share**2])
    assert bits["time"] == pytest.approx(float(one), abs=0.03)
    assert bits["clone"] == pytest.approx(float(two), abs=0.03)
    assert bits["neighbour"] == pytest.approx(float(two), abs=0.03)


def test_whitened_counts_of_weak_effects_hold_the_information_of_their_molecules():
    cells = datasets.simulate_cells(4000, 100, 50.0, seed=3, effect=0.1)
    found = learned_cells.whitened_moments(cells.truth, 50.0).loadings
    expected = 50 * information_per_umi(cells.truth)
    assert np.abs(found.T @ found - expected).max() < 0.05 * np.diag(expected).mean()
    deep = learned(learned_cells.whitened_moments(cells.truth, 1e9), 100, 6)
    assert np.diag(deep) == pytest.approx(np.ones(N_STATES), abs=1e-6)


def test_moments_of_counts_are_those_of_the_cells(cells):
    moments = learned_cells.count_moments(cells, cells.counts.sum(axis=1).mean())
    joint = np.cov(np.hstack([cells.counts, cells.truth.state]), rowvar=False)
    scale = np.sqrt(np.diag(joint))
    off = np.abs(joint[:100, :100] - moments.covariance) / np.outer(scale[:100], scale[:100])
    assert np.median(off) < 0.02
    assert off.max() < 0.25
    assert np.abs(joint[:100, 100:] - moments.loadings).max() / scale[:100].max() < 0.05


def test_components_of_cells_explain_what_is_predicted():
    cells = datasets.simulate_cells(12_000, 100, 150.0, seed=4, effect=0.4)
    moments = learned_cells.log_moments(cells, 150.0, 2, np.random.default_rng(0))
    rng = np.random.default_rng(5)
    for n_cells in (60, 200, 1000):
        expected = np.diag(np.mean([drawn(moments, n_cells, rng) for _ in range(20)], axis=0))
        found = [own_share(cells, rng.permutation(12_000), n_cells) for _ in range(6)]
        assert np.mean(found, axis=0) == pytest.approx(expected, abs=0.05)


def own_share(cells, order, n_cells):
    """Squared correlations of the states of new cells with the scores of a real PCA."""
    scores = models.PCA().fit(cells.counts[order[:n_cells]]).embed(cells.counts[order[n_cells:]])
    state = cells.truth.state[order[n_cells:]]
    fit = np.linalg.lstsq(scores - scores.mean(axis=0), state - state.mean(axis=0), rcond=None)
    return 1 - fit[1] / len(state) / state.var(axis=0)


def test_the_measured_cells_are_those_set_aside_with_all_signals(cells):
    measured = learned_cells.measured_cells(cells)
    assert measured.n_samples == datasets.set_aside(cells).rows.sum()
    assert set(measured.signals) == set(cells.signals)
    assert max(measured.signals["clone"].partners) < measured.n_samples


def test_a_table_has_every_prediction_and_rises_with_cells_and_depth(cells):
    rng = np.random.default_rng(0)
    logs = {u: learned_cells.log_moments(cells, u, 1, rng) for u in (20.0, 200.0)}
    table = learned_cells.predicted(cells, logs, [100, 5000], 3, rng)
    assert set(table["source"]) == set(learned_cells.PREDICTIONS)
    assert len(table) == 3 * 5 * 2 * 2
    bits = table.pivot_table("bits", ["source", "signal"], ["u", "size"])
    assert (bits[20.0, 100] < bits[200.0, 5000]).all()
    for u in logs:
        assert (bits[u, 100] <= bits[u, 5000]).all()
