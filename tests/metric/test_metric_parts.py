import numpy as np
import pytest
from scipy.special import digamma

from noisescaling.metric import _neighbours
from noisescaling.metric._latents import count_pairs, gaussian_bits, neighbours_for, redundancy
from noisescaling.metric._neighbours import ksg
from noisescaling.metric._result import Estimate, doubted
from noisescaling.metric._sides import to_normal


def test_neighbours_are_counted_as_the_equation_says():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 40, 2))
    k = 3
    terms = []
    for i in range(40):
        gap_a, gap_b = np.abs(a - a[i]).max(1), np.abs(b - b[i]).max(1)
        radius = np.sort(np.maximum(gap_a, gap_b))[k]
        n_a, n_b = (gap_a < radius).sum() - 1, (gap_b < radius).sum() - 1
        terms.append(digamma(k) + digamma(40) - digamma(n_a + 1) - digamma(n_b + 1))
    np.testing.assert_allclose(ksg(a, b, k), np.array(terms) / np.log(2), atol=1e-9)


@pytest.mark.parametrize("axes", [2, 3])
def test_trees_and_distances_count_the_same(axes, monkeypatch):
    a, b = np.random.default_rng(1).standard_normal((2, 500, axes))
    distances = ksg(a, b, 4)
    monkeypatch.setattr(_neighbours, "FEW_ROWS", 0)
    assert np.mean(ksg(a, b, 4) != distances) < 0.02


def test_neighbours_have_no_bias_where_nothing_is_shared():
    rng = np.random.default_rng(2)
    bits = [ksg(*rng.standard_normal((2, 500, 1)), 3).mean() for _ in range(40)]
    assert abs(np.mean(bits)) < 0.025


def test_normal_margins_keep_order_and_share_ties():
    values = np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    scores = to_normal(values)
    assert list(np.argsort(scores[:, 0])) == [1, 2, 0]
    assert np.all(scores[:, 1] == 0)


def test_redundancy_is_none_for_independent_columns_and_large_for_a_square():
    u = np.random.default_rng(4).standard_normal((2_000, 1))
    other = np.random.default_rng(5).standard_normal((2_000, 1))
    assert redundancy(np.hstack([u, other])) < 0.01
    assert redundancy(np.hstack([u, to_normal(u**2)])) > 0.5


def test_gaussian_bits_of_two_pairs():
    rng = np.random.default_rng(6)
    u = rng.standard_normal((200_000, 2))
    v = 0.8 * u + 0.6 * rng.standard_normal(u.shape)
    assert gaussian_bits(u, v) == pytest.approx(-np.log2(0.36), abs=0.02)


def test_pairs_that_stand_askew_are_counted_in_full():
    rng = np.random.default_rng(8)
    u = rng.standard_normal((2_000, 2))
    v = np.sqrt(1 - 2**-4.0) * u + 0.25 * rng.standard_normal(u.shape)  # two bits a pair
    turned = v @ np.array([[0.8, -0.6], [0.6, 0.8]])
    for side in (v, turned):
        assert count_pairs(u, side, rng).bits == pytest.approx(4.0, abs=0.25)


def test_fewer_neighbours_where_more_is_shared():
    assert neighbours_for(2_000, 0.0, 1) == 20
    assert neighbours_for(2_000, 5.0, 1) == 3
    assert neighbours_for(60, 0.0, 1) == 3


def test_an_estimate_is_doubted_where_its_bound_is_small_beside_it():
    def told(bits, bound, reason=""):
        return doubted(Estimate(bits, 0.1, np.zeros(5), lower_bound=bound, reason=reason)).reason

    assert told(1.0, 0.15).startswith("rows that took no part in a fit show 0.15 of 1.00 bits:")
    assert told(1.0, -0.5).startswith("rows that took no part in a fit show 0.00 of 1.00 bits:")
    assert told(1.0, 0.25) == told(0.19, 0.0) == told(-0.1, 0.0) == ""
    assert told(1.0, 0.15, "few rows").startswith("few rows; rows that took no part")
    assert told(1.0, 0.25, "few rows") == "few rows"
