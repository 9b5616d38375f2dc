"""Kinds of data that an earlier estimator read wrong, with planted truth."""

import numpy as np
import pytest
from scipy.special import logsumexp, ndtr, ndtri
from scipy.stats import entropy, multivariate_normal, poisson
from tests.metric.test_metric_continuous import gaussian_pairs

from noisescaling.metric import mutual_information


def clustered_views(n, seed, noise, shuffled=False):
    """Two noisy views of four Gaussian clusters in six axes, and their information in bits."""
    fixed = np.random.default_rng(17)
    means = 2.0 * fixed.standard_normal((4, 6))

    def draw(n, rng):
        z = means[rng.integers(0, 4, n)] + rng.standard_normal((n, 6))
        x, y = z + noise * rng.standard_normal((2, n, 6))
        return x, y[rng.permutation(n)] if shuffled else y

    def log_density(points, copies):
        covariance = np.kron(np.ones((copies, copies)), np.eye(6))
        covariance += noise**2 * np.eye(6 * copies)
        each = [multivariate_normal(np.tile(m, copies), covariance).logpdf(points) for m in means]
        return logsumexp(each, axis=0)

    x, y = draw(20_000, fixed)
    joint = log_density(np.hstack([x, y]), 2) - log_density(x, 1) - log_density(y, 1)
    truth = 0.0 if shuffled else joint.mean() / np.log(2) + 2  # of four equal shares
    return *draw(n, np.random.default_rng(seed)), truth


def shallow_cells(n, depth, genes, seed):
    """Two sets of independent cells of few molecules, on the axes of the first; like stay alike."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(genes))
    first, second = (np.log1p(rng.poisson(depth * share, (n, genes))) for _ in range(2))
    axes = np.linalg.svd(first - first.mean(0), full_matrices=False)[2][:8].T

    def project(cells):
        kinds, which = np.unique(cells, axis=0, return_inverse=True)
        return (kinds @ axes)[which.ravel()]

    return project(first), project(second)


@pytest.mark.parametrize("depth", [0.15, 0.4, 0.8, 2.5])
def test_rows_tied_on_both_sides_give_no_bits(depth):
    x, y = shallow_cells(900, depth, 70, seed=3)
    rng = np.random.default_rng(4)
    for other in (y, y[:, :1], rng.standard_normal(900), rng.integers(0, 7, 900).astype(float)):
        found = mutual_information(x, other, signal="continuous")
        assert abs(found.bits) < 0.1
        assert found.diagnostics.lower_bound < 0.1


@pytest.mark.parametrize(("n_values", "rows_each"), [(100, 5), (300, 2), (60, 9)])
def test_few_rows_a_value_on_either_side_give_no_bits(n_values, rows_each):
    """Too few rows to be a value of their own, as cells of one donor or partners of many cells."""
    n, read = n_values * rows_each, []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((2, n_values, 8)).repeat(rows_each, axis=1)
        x, y = rng.permutation(x), rng.permutation(y)
        read.append([mutual_information(x, other).bits for other in (y, rng.permutation(n) / n)])
        read.append(
            [mutual_information(rng.standard_normal((n, 8)), other).bits for other in (x, y)]
        )
    assert np.abs(np.mean(read)) < 0.05
    assert np.max(read) < 0.2


@pytest.mark.parametrize("rows_each", [2, 5])
def test_few_rows_a_value_keep_the_bits_of_their_channel(rows_each):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((1_000, 4)).repeat(rows_each, axis=0)
    found = mutual_information(x, x[:, :2] + rng.standard_normal((len(x), 2)))
    assert found.bits == pytest.approx(1.0, abs=0.08)  # two channels of half a bit


@pytest.mark.parametrize("copies", [2, 3])
def test_a_sample_beside_itself_is_noticed(copies):
    x, y = gaussian_pairs(400, 1, 1.0, 3, seed=2)
    found = mutual_information(np.tile(x, (copies, 1)), np.tile(y, (copies, 1)))
    assert found.bits == pytest.approx(mutual_information(x, y).bits, abs=0.15)
    assert not found.diagnostics.reliable
    told = f"{400 * (copies - 1)} of {400 * copies} rows are copies of others on both sides"
    assert told in found.diagnostics.reason


@pytest.mark.parametrize(("n_kinds", "wrong"), [(3, 0.3), (6, 0.1), (5, 1.0)])
def test_a_guess_and_the_class_in_any_code_share_the_bits_of_their_channel(n_kinds, wrong):
    rng = np.random.default_rng(n_kinds)
    c = rng.integers(0, n_kinds, 1_500)
    guess = np.where(rng.random(1_500) < wrong, rng.integers(0, n_kinds, 1_500), c)
    off = wrong / n_kinds
    truth = np.log2(n_kinds) - entropy([1 - wrong + off, *[off] * (n_kinds - 1)], base=2)
    one_hot, codes = np.eye(n_kinds), rng.standard_normal((n_kinds, 4))
    for x in (one_hot[guess], codes[guess], guess[:, None].astype(float)):
        for y in (one_hot[c], codes[c], c.astype(float), c.astype(str)):
            assert mutual_information(x, y).bits == pytest.approx(truth, abs=0.1)


def test_discrete_copies_give_their_entropy_and_others_nothing():
    rng = np.random.default_rng(5)
    counts, other = rng.poisson(0.8, (2, 2_000, 2)).astype(float)
    truth = 2 * entropy(poisson.pmf(np.arange(30), 0.8), base=2)
    assert mutual_information(counts, counts).bits == pytest.approx(truth, abs=0.15)
    assert mutual_information(counts, other).bits == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("maps", [(np.asarray, np.asarray), (np.sinh, lambda y: y**3)])
def test_as_many_pairs_as_there_are_count(maps):
    x, y = gaussian_pairs(2_000, 11, 8.0, 11, seed=6)
    found = mutual_information(maps[0](x), maps[1](y))
    assert found.bits == pytest.approx(8.0, abs=0.3)
    assert found.diagnostics.n_latents == 11


@pytest.mark.parametrize("seed", [7, 8])
def test_two_pairs_among_hundreds_of_noise_axes(seed):
    x, y = gaussian_pairs(1_600, 2, 2.5, 230, seed)
    found = mutual_information(x, y)
    assert found.bits == pytest.approx(2.5, abs=0.25)
    assert found.diagnostics.lower_bound < 2.5


@pytest.mark.parametrize(("noise", "tolerance"), [(0.45, 0.4), (1.2, 0.2)])
def test_views_of_clusters_have_their_information(noise, tolerance):
    x, y, truth = clustered_views(2_000, 9, noise)
    found = mutual_information(x, y)
    assert found.bits == pytest.approx(truth, abs=tolerance)
    assert 0.7 * truth < found.diagnostics.lower_bound < truth
    assert abs(found.bits - truth) < 2.5 * found.standard_error


def test_shuffled_views_of_clusters_share_nothing():
    x, y, _ = clustered_views(2_000, 10, 0.45, shuffled=True)
    assert abs(mutual_information(x, y).bits) < 0.05


@pytest.mark.parametrize(
    "of",
    [
        lambda x: x,
        lambda x: x[:, ::-1],
        np.exp,
        lambda x: x @ [[1.0, 2], [3, -1], [0.5, 0.5]],
        lambda x: x[:, :1] - x[:, 2:],
        lambda x: x[:, 0],
    ],
)
def test_an_unbounded_truth_is_finite_large_and_told(of):
    x = np.random.default_rng(11).standard_normal((700, 3))
    found = mutual_information(x, of(x))
    assert np.isfinite([found.bits, found.standard_error, found.diagnostics.lower_bound]).all()
    assert found.bits > 4
    assert not found.diagnostics.reliable
    assert "lower bound" in found.diagnostics.reason


@pytest.mark.parametrize(("k", "bits", "dim"), [(1, 0.8, 10), (2, 2.4, 12)])
def test_any_number_of_rows_agrees(k, bits, dim):
    for n in (150, 1_100):
        draws = [gaussian_pairs(n, k, bits, dim, seed=60 + i) for i in range(6)]
        mean = np.mean([mutual_information(*draw).bits for draw in draws])
        assert mean == pytest.approx(bits, abs=0.13)


def test_the_seed_moves_the_bits_by_less_than_half_of_the_standard_error():
    x, y = gaussian_pairs(280, 2, 2.4, 12, seed=12)
    found = [mutual_information(x, y, seed=seed) for seed in range(5)]
    assert np.std([one.bits for one in found]) < found[0].standard_error / 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: (*gaussian_pairs(500, 2, 2.0, 4, seed), 2.0),
        lambda seed: (*gaussian_pairs(500, 6, 6.0, 8, seed), 6.0),
        lambda seed: (*gaussian_pairs(500, 1, 0.3, 2, seed), 0.3),
    ],
)
def test_the_lower_bound_is_below_the_truth_and_below_the_estimate(draw):
    for seed in range(2):
        x, y, truth = draw(70 + seed)
        found = mutual_information(x, y)
        bound = found.diagnostics.lower_bound
        assert truth / 2 < bound < truth + 2.5 * found.standard_error
        assert bound < found.bits + 2 * found.standard_error


def cut_on_one_side(side):
    """Two independent sides, one of them with more axes than the rows allow."""
    rng = np.random.default_rng(13)
    few, many = rng.standard_normal((90, 3)), rng.standard_normal((90, 60))
    return (few, many) if side else (many, few)


def one_magnitude(n, dim, seed):
    """Two bits between the size of one unknown direction of x and one of y, in `dim` axes."""
    rng = np.random.default_rng(seed)
    size = rng.standard_normal((n, 1))
    hidden = ndtri((1 + ndtr(size)) / 2) * rng.choice([-1, 1], (n, 1))
    y = np.sqrt(1 - 2**-4.0) * size + 0.25 * rng.standard_normal((n, 1))
    turns = (np.linalg.qr(rng.standard_normal((dim, dim)))[0] for _ in range(2))
    noise = rng.standard_normal((2, n, dim - 1))
    return [np.hstack([core, rest]) @ turn
            for core, rest, turn in zip((hidden, y), noise, turns, strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (lambda: one_magnitude(700, 8, 16), "bits may be missed, so rely on the lower bound"),
        (lambda: np.random.default_rng(13).standard_normal((2, 90, 60)),
         "10 % of the variance or more is on axes that were left out: keep fewer columns"),
        (lambda: cut_on_one_side(0), "10 % of the variance or more is on axes that were left out"),
        (lambda: cut_on_one_side(1), "10 % of the variance or more is on axes that were left out"),
        (lambda: gaussian_pairs(300, 12, 16.0, 12, seed=14),
         "300 rows can hardly show so many bits: read the estimate as a lower bound"),
        (lambda: gaussian_pairs(400, 1, 4.0, 1, seed=14), "400 rows can hardly show so many bits"),
        (lambda: gaussian_pairs(200, 2, 1.0, 30, seed=14),
         "200 rows are few for 60 axes, and weak signals or clusters are not found: measure more"),
        (lambda: gaussian_pairs(1_200, 70, 105.0, 70, seed=15),
         "64 pairs of latents are the most that are kept: read the estimate as a lower bound"),
    ],
    ids=["shape", "axes left out", "of x alone", "of y alone", "many bits", "one pair", "few rows",
         "pairs"],
)  # fmt: skip
def test_what_speaks_against_an_estimate_is_told_with_what_to_do(draw, reason):
    found = mutual_information(*draw()).diagnostics
    assert reason in found.reason
    assert not found.reliable


@pytest.mark.parametrize("turns", [0.5, 1.0, 2.0])
def test_bent_data_in_few_columns_need_no_compression_and_no_warning(turns):
    rng = np.random.default_rng(17)
    z = rng.uniform(0.2, 1, 1_500)
    x = z[:, None] * np.column_stack([np.cos(7 * turns * z), np.sin(7 * turns * z)])
    found = mutual_information(x, ndtri((z - 0.2) / 0.8) + rng.standard_normal(1_500))
    assert found.bits == pytest.approx(0.5, abs=0.15)
    assert (found.diagnostics.reliable, found.diagnostics.reason) == (True, "")


def test_equal_rows_are_counted_whatever_the_sign_of_zero():
    x = np.random.default_rng(18).standard_normal((60, 2))
    x[:3] = [[0.0, 1], [-0.0, 1], [-0.0, 2]]
    found = mutual_information(x, np.arange(60.0))
    assert found.diagnostics.tied_fraction == pytest.approx(2 / 60)


def test_ordinary_data_are_not_warned_of():
    for seed in range(2):
        found = mutual_information(*gaussian_pairs(1_500, 2, 2.0, 6, seed=80 + seed))
        assert (found.diagnostics.reliable, found.diagnostics.reason) == (True, "")
        none = mutual_information(*np.random.default_rng(seed).standard_normal((2, 1_500, 5)))
        assert (none.diagnostics.reliable, none.diagnostics.reason) == (True, "")
