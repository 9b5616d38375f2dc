import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from noisescaling import noise

COUNTS = hnp.arrays(
    np.int64,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.integers(0, 50),
).filter(lambda counts: counts.sum() > 0)


def dense(counts):
    return counts.toarray() if sp.issparse(counts) else counts


@given(COUNTS, st.floats(0.01, 1.0), st.integers(0, 2**32 - 1), st.booleans())
def test_downsample_gives_integers_that_never_grow(counts, share, seed, sparse):
    given_counts = sp.csr_matrix(counts) if sparse else counts
    thinned = noise.downsample(
        given_counts, share * counts.sum() / len(counts), np.random.default_rng(seed)
    )
    assert sp.issparse(thinned) == sparse
    assert thinned.dtype.kind == "i"
    assert dense(thinned).min() >= 0
    assert (dense(thinned) <= counts).all()
    assert (dense(given_counts) == counts).all(), "the clean counts were changed"


@given(COUNTS, st.floats(0.05, 0.95), st.integers(0, 2**32 - 1), st.booleans())
def test_split_adds_up_to_the_whole(counts, fraction, seed, sparse):
    whole = sp.csr_matrix(counts) if sparse else counts
    first, second = noise.split(whole, np.random.default_rng(seed), fraction)
    assert (dense(first) + dense(second) == counts).all()
    assert min(dense(first).min(), dense(second).min()) >= 0


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix, sp.csc_matrix, sp.coo_matrix])
def test_downsample_follows_the_binomial_law(kind):
    counts = np.full((4000, 5), 6)
    thinned = dense(noise.downsample(kind(counts), 9.0, np.random.default_rng(1)))
    observed = np.bincount(thinned.ravel(), minlength=7)
    expected = stats.binom.pmf(np.arange(7), 6, 0.3) * thinned.size
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_downsample_keeps_the_differences_in_depth():
    counts = np.array([[100], [10_000]]).repeat(500, axis=1)
    thinned = noise.downsample(counts, counts.sum() / 2 / 10, np.random.default_rng(0))
    ratio = thinned[1].sum() / thinned[0].sum()
    assert ratio == pytest.approx(100, rel=0.05)


def test_downsample_meets_the_depth_on_average():
    rng = np.random.default_rng(0)
    counts = sp.random(
        2000, 300, density=0.2, rng=rng, data_rvs=lambda n: rng.poisson(9, n)
    ).tocsr()
    thinned = noise.downsample(counts, 40.0, rng)
    assert thinned.sum() / 2000 == pytest.approx(40, rel=0.02)
    assert (thinned.data > 0).all()


def test_full_depth_changes_nothing():
    counts = np.array([[3, 0], [5, 2]])
    thinned = noise.downsample(counts, 5.0, np.random.default_rng(0))
    assert (thinned == counts).all()
    assert thinned is not counts


def test_the_halves_of_poisson_counts_are_independent():
    counts = np.random.default_rng(0).poisson(8.0, size=(200_000, 1))
    first, second = noise.split(counts, np.random.default_rng(1))
    assert abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 0.01
    assert first.var() == pytest.approx(4.0, rel=0.02)


def test_the_same_seed_gives_the_same_counts():
    counts = np.random.default_rng(0).poisson(5.0, size=(50, 20))
    first, second = (noise.downsample(counts, 30, np.random.default_rng(3)) for _ in range(2))
    assert (first == second).all()


@settings(deadline=None)
@given(st.integers(1, 2**31))
def test_large_counts_do_not_overflow(count):
    thinned = noise.downsample(np.array([[count, count]]), float(count), np.random.default_rng(0))
    assert 0 <= thinned.min() <= thinned.max() <= count


def test_unsigned_small_integers_do_not_overflow():
    counts = np.full((300, 4), 200, dtype=np.uint8)
    first, second = noise.split(counts, np.random.default_rng(0))
    assert (first.astype(int) + second == 200).all()
    assert noise.downsample(counts, 400, np.random.default_rng(0)).mean() == pytest.approx(
        100, rel=0.05
    )


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([[1, -2]], "counts holds -2; counts are never below 0"),
        ([[1.5, 2.0]], "counts holds 1 fractional values of 2, such as 1.5; give raw counts"),
        ([[np.nan, 2.0]], "counts holds 1 NaN or infinite values of 2"),
        ([[np.inf, 2.0]], "counts holds 1 NaN or infinite values of 2"),
        ([1, 2, 3], r"counts has shape \(3,\); give \(n_cells, n_genes\)"),
        (np.zeros((0, 4)), r"counts has shape \(0, 4\)"),
        ([["a"]], "counts holds text values; give whole numbers"),
        (np.zeros((3, 2)), "counts of 3 cells hold 0 molecules"),
        (sp.csr_matrix((3, 2)), "counts of 3 cells hold 0 molecules"),
        (sp.csr_matrix([[0.5, 1.0]]), "counts holds 1 fractional values of 2"),
    ],
)
def test_bad_counts_are_refused(counts, told):
    with pytest.raises(ValueError, match=told):
        noise.downsample(counts, 1.0, RNG)


@pytest.mark.parametrize(
    ("depth", "told"),
    [
        (
            5000,
            r"umis_per_cell = 5000 is more than the mean 653\.5 of these counts; "
            r"give at most 653\.5",
        ),
        (0, "umis_per_cell = 0 must be above 0"),
        (-3, "umis_per_cell = -3 must be above 0"),
        (float("nan"), "umis_per_cell = nan must be above 0"),
    ],
)
def test_bad_depths_are_refused(depth, told):
    with pytest.raises(ValueError, match=told):
        noise.downsample(np.array([[600, 53], [654, 0]]), depth, RNG)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_bad_fractions_are_refused(fraction):
    with pytest.raises(ValueError, match=r"fraction = .* must lie between 0 and 1"):
        noise.split(np.array([[1, 2]]), RNG, fraction)
