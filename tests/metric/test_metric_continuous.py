from itertools import pairwise

import numpy as np
import pytest

from noisescaling.metric import mutual_information, mutual_informations


def gaussian_pairs(n, k, bits, dim, seed):
    """k pairs that share `bits` in all, rotated among noise into `dim` axes a side."""
    rng = np.random.default_rng(seed)
    rho = np.sqrt(1 - 2 ** (-2 * bits / k))
    a = rng.standard_normal((n, k))
    b = rho * a + np.sqrt(1 - rho**2) * rng.standard_normal((n, k))
    sides = []
    for core in (a, b):
        turn, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
        sides.append(np.hstack([core, rng.standard_normal((n, dim - k))]) @ turn)
    return sides


# A pair's own estimate scatters by rho / (sqrt(n) ln 2); the tolerances are three of these and a
# little bias, below what a shift by one neighbour, a fit that sees its own rows, or nats cause.
@pytest.mark.parametrize(
    ("k", "bits", "dim", "tolerance"),
    [
        (1, 0.5, 1, 0.08),
        (1, 2.0, 1, 0.11),
        (1, 4.0, 1, 0.12),
        (2, 2.0, 4, 0.15),
        (1, 1.0, 16, 0.12),
        (3, 3.594, 16, 0.22),
    ],
)
def test_gaussian_pairs_have_their_closed_form(k, bits, dim, tolerance):
    x, y = gaussian_pairs(2_000, k, bits, dim, seed=1)
    assert mutual_information(x, y).bits == pytest.approx(bits, abs=tolerance)


@pytest.mark.parametrize("dim", [1, 4, 16])
def test_independent_sides_share_nothing(dim):
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 3_000, dim))
    result = mutual_information(x, y)
    assert abs(result.bits) < 0.03
    assert abs(result.bits) < 3 * result.standard_error


def test_what_fits_to_few_rows_learn_by_heart_does_not_count():
    x, y = np.random.default_rng(3).standard_normal((2, 400, 40))
    found = mutual_information(x, y)
    assert abs(found.bits) < 0.1
    assert found.diagnostics.lower_bound < 0.05


def test_estimates_of_nothing_fall_on_both_sides_of_zero():
    rng = np.random.default_rng(3)
    bits = [mutual_information(*rng.standard_normal((2, 300))).bits for _ in range(12)]
    assert min(bits) < 0 < max(bits)


def test_a_signal_in_the_magnitude_alone_is_seen():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2_000, 4))
    y = np.log(np.abs(x[:, 0])) + 0.5 * rng.standard_normal(2_000)
    direct = mutual_information(np.abs(x[:, 0]), y).bits
    assert direct > 1
    assert 0.6 * direct < mutual_information(x, y).bits < 1.1 * direct


def test_a_shared_scale_is_seen_as_of_student_vectors():
    # Uncorrelated Student vectors of 3 axes and 2 degrees of freedom share 0.4197 bits.
    rng = np.random.default_rng(5)
    scale = np.sqrt(2 / rng.chisquare(2, (3_000, 1)))
    x, y = rng.standard_normal((2, 3_000, 3)) * scale
    assert mutual_information(x, y).bits == pytest.approx(0.4197, abs=0.09)


def test_wiping_half_of_the_rows_halves_the_information():
    x, y = gaussian_pairs(3_000, 1, 2.0, 1, seed=6)
    x = x * (np.random.default_rng(6).random((3_000, 1)) < 0.5)
    result = mutual_information(x, y)
    assert result.bits == pytest.approx(1.0, abs=0.12)
    assert result.diagnostics.tied_fraction == pytest.approx(0.5, abs=0.05)


def test_symmetry_and_invertible_maps():
    x, y = gaussian_pairs(1_500, 2, 2.0, 4, seed=7)
    base = mutual_information(x, y)
    close = pytest.approx(base.bits, abs=2 * base.standard_error)
    assert mutual_information(y, x).bits == close
    assert mutual_information(x @ np.random.default_rng(7).standard_normal((4, 4)), y).bits == close
    assert mutual_information(np.exp(3 * x), 1e-9 * y).bits == close


def test_information_falls_along_a_chain_of_noise():
    x, y = gaussian_pairs(2_000, 1, 3.0, 2, seed=8)
    noise = np.random.default_rng(8).standard_normal(x.shape)
    bits = [mutual_information(x + level * noise, y).bits for level in (0, 0.3, 1, 3)]
    assert all(a > b + 0.1 for a, b in pairwise(bits))


def test_independent_parts_add_up():
    x1, y1 = gaussian_pairs(2_000, 1, 1.0, 2, seed=9)
    x2, y2 = gaussian_pairs(2_000, 1, 2.0, 2, seed=10)
    both = mutual_information(np.hstack([x1, x2]), np.hstack([y1, y2])).bits
    apart = mutual_information(x1, y1).bits + mutual_information(x2, y2).bits
    assert both == pytest.approx(apart, abs=0.15)


@pytest.mark.parametrize("shape", [(500,), (500, 3)])
def test_constant_input_is_zero_bits(shape):
    y = np.random.default_rng(11).standard_normal(shape)
    for pair in ((np.ones(500), y), (y, np.full((500, 2), 7.0))):
        result = mutual_information(*pair)
        assert (result.bits, result.standard_error) == (0, 0)


def test_the_standard_error_is_that_of_a_gaussian_pair():
    x, y = gaussian_pairs(2_000, 1, 1.0, 1, seed=12)
    theory = np.sqrt(0.75) / np.sqrt(2_000) / np.log(2)
    assert 0.7 * theory < mutual_information(x, y).standard_error < 2 * theory


def test_intervals_cover_the_truth():
    hits = 0
    for seed in range(20):
        x, y = gaussian_pairs(500, 1, 1.0, 2, seed=100 + seed)
        result = mutual_information(x, y)
        hits += abs(result.bits - 1.0) <= 2 * result.standard_error
    assert hits >= 16


def test_same_seed_same_bits_and_torch_is_left_alone():
    torch = pytest.importorskip("torch")

    x, y = gaussian_pairs(400, 1, 1.0, 3, seed=13)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    assert mutual_information(x, y, seed=5) == mutual_information(x, y, seed=5)
    assert mutual_information(x, y, seed=5).bits != mutual_information(x, y, seed=6).bits
    assert torch.equal(state, torch.get_rng_state())
    assert threads == torch.get_num_threads()


def test_several_signals_equal_one_by_one():
    x, y = gaussian_pairs(400, 1, 1.0, 3, seed=14)
    labels = (y[:, 0] > 0).astype(int)
    together = mutual_informations(x, {"panel": y, "type": labels})
    assert together["panel"] == mutual_information(x, y)
    assert together["type"] == mutual_information(x, labels)


def test_pointwise_terms_and_their_mean():
    x, y = gaussian_pairs(800, 1, 1.0, 1, seed=15)
    result = mutual_information(x, y, pointwise=True)
    assert result.pointwise.shape == (800,)
    assert result.pointwise.mean() == pytest.approx(result.bits)
    assert mutual_information(x, y).pointwise is None
