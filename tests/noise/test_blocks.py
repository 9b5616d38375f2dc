import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from noisescaling import noise


def blocks():
    return [np.full((40, 5), 6), np.full((60, 5), 2), sp.csr_matrix(np.full((10, 5), 4))]


def dense(counts):
    return counts.toarray() if sp.issparse(counts) else counts


def test_blocks_are_thinned_by_the_probability_of_them_all():
    thinned = noise.downsample_blocks(blocks, 9.0, seed=1)
    mean = (40 * 30 + 60 * 10 + 10 * 20) / 110
    assert thinned.probability == pytest.approx(9.0 / mean)
    assert [part.shape for part in thinned] == [(40, 5), (60, 5), (10, 5)]


def test_a_block_follows_the_binomial_law():
    (part,) = noise.downsample_blocks(lambda: [np.full((4000, 5), 6)], 9.0)
    expected = stats.binom.pmf(np.arange(7), 6, 0.3) * part.size
    assert stats.chisquare(np.bincount(part.ravel(), minlength=7), expected).pvalue > 1e-3


def test_each_round_gives_the_same_counts_and_blocks_differ():
    same = lambda: [np.full((40, 5), 6)] * 2  # noqa: E731
    thinned = noise.downsample_blocks(same, 15.0, seed=2)
    first, second = list(thinned), list(thinned)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert (first[0] != first[1]).any()
    (other, _) = noise.downsample_blocks(same, 15.0, seed=3)
    assert (other != first[0]).any()


@settings(deadline=None)
@given(st.lists(st.integers(1, 59), unique=True), st.floats(0.001, 1), st.integers(0, 2**32 - 1))
def test_cells_are_thinned_alike_in_whatever_blocks_they_come(cuts, share, seed):
    counts = np.random.default_rng(0).negative_binomial(1, 0.1, (60, 7))
    counts[5], counts[7, 3] = 0, 100_000
    depth = share * counts.sum() / 60
    parts = np.split(counts, sorted(cuts))
    parts = [sp.csr_matrix(part) if k % 2 else part for k, part in enumerate(parts)]
    thinned = noise.downsample_blocks(lambda: parts, depth, seed)
    together = noise.downsample(counts, depth, np.random.default_rng(seed))
    assert (np.vstack([dense(part) for part in thinned]) == together).all()


def test_full_depth_changes_nothing():
    thinned = noise.downsample_blocks(blocks, 2000 / 110)
    assert all((dense(a) == dense(b)).all() for a, b in zip(thinned, blocks(), strict=True))


@pytest.mark.parametrize(
    ("given", "depth", "told"),
    [
        (list, 10.0, "yields no block"),
        (blocks, 19.5, "more than the mean 18.18"),
        (blocks, 0.0, "must be above 0"),
        (lambda: [np.zeros((3, 2), int)], 1.0, "counts of 3 cells hold 0 molecules"),
        (lambda: [np.array([[0.5]])], 1.0, "fractional"),
    ],
)
def test_what_cannot_be_thinned_is_refused(given, depth, told):
    with pytest.raises(ValueError, match=told):
        noise.downsample_blocks(given, depth)
