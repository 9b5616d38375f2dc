import numpy as np
import pytest

from noisescaling.metric import _labels
from noisescaling.metric._labels import (
    NEAREST,
    SCHEMES,
    Split,
    are_copies,
    beyond,
    deal,
    log_ratios,
    nearest,
    neighbour_logs,
    pool_weights,
    pooled,
)


def counts_of(split, codes):
    return split.sums(codes, codes.max() + 1, np.ones((len(codes), 1)))[:, :, 0]


def all_ratios(z, codes, split, share):
    """One ratio of each kind: two linear, the curved one, the votes."""
    near = nearest(z, np.random.default_rng(0))
    return log_ratios(z, z, near, codes, share, split)[[0, 1, 4, 5]]


def test_what_teaches_a_part_is_summed_by_class():
    codes, part = np.array([0, 1, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 2, 2])
    columns = np.arange(12.0).reshape(6, 2)
    split = Split(part, ~np.eye(3, dtype=bool))
    want = [[columns[(part != i) & (codes == c)].sum(0) for c in range(2)] for i in range(3)]
    assert split.sums(codes, 2, columns).tolist() == np.array(want).tolist()


def test_classifiers_learn_nothing_from_the_part_they_judge():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 240)
    z = codes[:, None] + rng.standard_normal((240, 4))
    split = deal(codes, np.arange(240), 4, 3, rng)
    before = all_ratios(z, codes, split, np.full(3, 1 / 3))
    other, judged = codes.copy(), split.part == 0
    other[judged] = (other[judged] + 1) % 3
    after = all_ratios(z, other, split, np.full(3, 1 / 3))
    for a, b in zip(before[:3], after[:3], strict=True):
        np.testing.assert_allclose(a[judged], b[judged], atol=1e-9)
        assert not np.allclose(a[~judged], b[~judged])


def test_neighbours_that_vote_are_not_of_the_part_that_is_judged():
    codes = np.repeat([0, 1], 40)
    z = np.random.default_rng(1).standard_normal((80, 2))
    part = (np.arange(80) % 4 > 1).astype(int)
    split = Split(part, ~np.eye(2, dtype=bool))
    only = codes.copy()
    only[part == 0] = 0
    logs = neighbour_logs(nearest(z, np.random.default_rng(0)), only, np.ones(2) / 2, split)
    assert (logs[part == 1].argmax(1) == 0).all()


def test_the_nearest_rows_are_the_nearest_each_itself_first():
    z = np.random.default_rng(2).standard_normal((300, 3))
    near, gaps = nearest(z, np.random.default_rng(0))
    assert (near[:, 0] == np.arange(300)).all()
    apart = ((z[:, None] - z) ** 2).sum(2)
    assert (near == np.argsort(apart, axis=1)[:, :NEAREST]).all()
    np.testing.assert_allclose(gaps, np.sort(apart, axis=1)[:, :NEAREST], atol=1e-9)


def gaussians(seed, n=4_000):
    """Three classes of unequal covariance, and log p(class | x) over the share, known."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    means, widths = np.array([[0, 0], [1.5, 0], [0, 2]]), np.array([1.0, 1.0, 1.0])
    z = means[codes] + widths[codes][:, None] * rng.standard_normal((n, 2))
    logs = -0.5 * ((z[:, None] - means) ** 2).sum(2)
    share = np.bincount(codes) / n
    joint = np.exp(logs) * share
    return z, codes, share, np.log(joint / joint.sum(1, keepdims=True) / share)


def test_gaussian_classes_get_the_chances_that_they_have():
    z, codes, share, truth = gaussians(3)
    split = deal(codes, np.arange(len(codes)), 5, 4, np.random.default_rng(0))
    for found in all_ratios(z, codes, split, share)[::2]:
        assert np.abs(found - truth).mean() < 0.15


def test_the_pool_finds_the_one_that_is_right_and_puts_a_boast_right():
    _, codes, share, truth = gaussians(4)
    noise = np.random.default_rng(0).standard_normal(truth.shape)
    weights, converged = pool_weights(np.stack([3 * truth, noise]), codes, np.log(share))
    assert converged
    assert weights == pytest.approx([1 / 3, 0], abs=0.05)


def test_a_classifier_that_is_always_wrong_is_turned_round_and_harms_nothing():
    _, codes, share, truth = gaussians(4, 1_000)
    weights, converged = pool_weights(-2 * truth[None], codes, np.log(share))
    assert converged
    assert weights == pytest.approx([-1 / 2], abs=0.1)
    bits = pooled(-2 * truth[None], weights, codes, np.log(share))
    right = pooled(truth[None], np.ones(1), codes, np.log(share))
    assert bits.mean() == pytest.approx(right.mean(), abs=0.01)
    assert (bits <= -np.log2(share[codes])).all()


def test_the_pool_is_at_least_as_good_as_each():
    z, codes, share, _ = gaussians(5, 500)
    split = deal(codes, np.arange(500), 5, 4, np.random.default_rng(0))
    ratios = np.stack(all_ratios(z, codes, split, share))
    weights, _ = pool_weights(ratios, codes, np.log(share))
    whole = pooled(ratios, weights, codes, np.log(share)).mean()
    for one in np.eye(len(ratios)):
        assert whole > pooled(ratios, one, codes, np.log(share)).mean() - 1e-3


def test_a_search_that_runs_out_of_steps_says_so(monkeypatch):
    _, codes, share, truth = gaussians(6, 300)
    monkeypatch.setattr(_labels, "MAX_STEPS", 1)
    assert not pool_weights(9 * truth[None], codes, np.log(share))[1]


@pytest.mark.parametrize(("scheme", "share"), list(zip(SCHEMES, (0.8, 0.25), strict=True)))
def test_parts_hold_each_class_evenly_and_learn_from_their_share(scheme, share):
    codes = np.repeat([0, 1, 2], [60, 40, 20])
    split = deal(codes, np.arange(120), *scheme, np.random.default_rng(0))
    assert (np.bincount(split.part) == 120 / scheme[0]).all()
    counts = counts_of(split, codes)
    np.testing.assert_allclose(counts, np.tile(share * np.array([60, 40, 20]), (scheme[0], 1)))
    assert not split.teaches.diagonal().any()


def test_groups_stay_in_one_part():
    groups = np.tile(np.arange(50), 2)
    codes = groups % 2
    part = deal(codes, groups, 5, 4, np.random.default_rng(0)).part
    assert (part[:50] == part[50:]).all()


@pytest.mark.parametrize(
    ("equal", "codes", "copies"),
    [
        (np.tile(np.arange(100), 2), np.tile(np.arange(100) % 4, 2), True),
        (np.append(np.arange(100), np.arange(20)), np.append(np.arange(100), np.arange(20)) % 4,
         True),
        (np.arange(200), np.arange(200) % 4, False),
        (np.arange(200) // 2, np.arange(200) % 4, False),
        (np.arange(200) % 4, np.arange(200) % 4, False),
        (np.arange(200) % 20, np.arange(200) % 20, False),
    ],
    ids=["all twice", "some twice", "none", "ties by chance", "a guess", "many guesses"],
)  # fmt: skip
def test_copies_of_rows_are_told_from_rows_that_are_equal(equal, codes, copies):
    assert are_copies(codes, equal) == copies


def test_what_lies_beyond_the_rows_is_between_the_bits_and_the_entropy():
    assert beyond(1.0, 1.0, 2.0) == 1.0
    assert beyond(1.0, 1.2, 2.0) == 1.0
    assert 1.0 < beyond(1.0, 0.8, 2.0) < beyond(1.0, 0.5, 2.0) < 2.0
    # Two thirds of a loss fell, to 0.5 bits: 1.2 more such steps, in logarithms.
    assert beyond(1.5, 0.5, 2.0) == pytest.approx(2 - 0.5 * 3**-1.2)
    assert beyond(2.0, 1.0, 2.0) == 2.0
