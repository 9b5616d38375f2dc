import numpy as np
import pytest
from tests.metric.test_metric_continuous import gaussian_pairs

from noisescaling.metric._critic import Mixture, fit_mixture, judge, score
from noisescaling.metric._latents import information, missed_by_neighbours


def gaussian_critic(k, rho):
    """One Gaussian of k pairs with correlation rho."""
    covariance = np.kron(np.array([[1, rho], [rho, 1]]), np.eye(k))
    return Mixture(np.ones(1), np.zeros((1, 2 * k)), covariance[None])


def test_the_true_density_shows_the_truth_and_its_bound_what_the_rows_can():
    u, v = gaussian_pairs(300, 4, 8.0, 4, seed=1)
    # The pairs stand rotated in u and v; turned back they are pairs again.
    left, _, right = np.linalg.svd(u.T @ v)
    found = score(gaussian_critic(4, np.sqrt(1 - 2**-4.0)), u @ left, v @ right.T)
    assert found.bits == pytest.approx(8.0, abs=0.5)
    assert 6.5 < found.bound < np.log2(300)


def test_a_wrong_critic_shows_nothing_that_is_not_there():
    # Near the centre the ratio of these densities is 2.3 whatever the pairs.
    u, v = 0.1 * np.random.default_rng(2).standard_normal((2, 500, 1))
    found = score(gaussian_critic(1, 0.9), u, v)
    assert found.bits < 0.05
    assert found.bound < 0.05


def test_a_critic_that_learned_noise_shows_none_on_other_rows():
    rng = np.random.default_rng(3)
    u, v = rng.standard_normal((2, 300, 6))
    halves = np.array_split(rng.permutation(300), 2)
    inside = score(fit_mixture(np.hstack([u, v]), 8), u, v)
    found = judge([(u, v)], halves, (8,))
    assert inside.bits > 0.5
    assert found.bound < 0.1
    assert found.bits < inside.bits / 2 + 2 * found.error


@pytest.mark.parametrize("bits", [3.0, 6.0])
def test_what_neighbours_miss_of_gaussian_pairs_is_what_is_left(bits):
    u, v = gaussian_pairs(1_500, 4, bits, 4, seed=4)
    counted = float(information(u, v).mean())
    missed = missed_by_neighbours(u, v, counted, np.random.default_rng(5))
    assert counted < bits - 0.1
    assert missed > 0
    assert abs(counted + missed - bits) < abs(counted - bits)
