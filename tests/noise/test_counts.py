import os
import subprocess
import sys

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


@settings(deadline=None)  # the first compiles
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


@settings(deadline=None)
@given(COUNTS, st.floats(0.05, 0.95), st.integers(0, 2**32 - 1), st.booleans())
def test_split_adds_up_to_the_whole(counts, fraction, seed, sparse):
    whole = sp.csr_matrix(counts) if sparse else counts
    first, second = noise.split(whole, np.random.default_rng(seed), fraction)
    assert (dense(first) + dense(second) == counts).all()
    assert min(dense(first).min(), dense(second).min()) >= 0


KINDS = (np.asarray, np.asfortranarray, sp.csr_matrix, sp.csc_matrix, sp.coo_matrix, sp.csr_array)
KEPT = (1e-3, 0.01, 0.06, 0.0625, 0.1, 0.25, 0.5, 0.7, 0.9, 0.999)


def kept_of(count, probability, n_cells=2000, n_genes=25, seed=1):
    counts = np.full((n_cells, n_genes), count)
    depth = probability * count * n_genes
    return noise.downsample(counts, depth, np.random.default_rng(seed))


def p_value(drawn, count, probability):
    """Return how likely numbers so far from the binomial law are, if they follow it."""
    law = stats.binom(count, probability)
    # Bins of at least ten expected draws, the last open to the right.
    edges = np.unique(law.ppf(np.arange(1, 20) / 20))
    expected = np.diff(np.concatenate([[0], law.cdf(edges), [1]])) * drawn.size
    observed = np.bincount(np.searchsorted(edges, drawn.ravel()), minlength=len(expected))
    enough = expected >= 10
    observed = np.append(observed[enough], observed[~enough].sum())
    expected = np.append(expected[enough], expected[~enough].sum())
    some = expected > 0
    assert observed[~some].sum() == 0
    return stats.chisquare(observed[some], expected[some]).pvalue if some.sum() > 1 else 1.0


@pytest.mark.parametrize("probability", KEPT)
@pytest.mark.parametrize("count", [1, 2, 5, 63, 64, 65, 1000, 1024, 1025, 100_000])
def test_each_count_follows_the_binomial_law(count, probability):
    drawn = kept_of(count, probability, 400 if count > 100 else 2000)
    assert p_value(drawn, count, probability) > 1e-5
    mean = stats.norm.sf(
        abs(drawn.mean() - count * probability)
        / np.sqrt(count * probability * (1 - probability) / drawn.size)
    )
    assert mean > 1e-5


@pytest.mark.parametrize("count", [2**31 + 7, 2**40])
def test_huge_counts_follow_the_binomial_law(count):
    drawn = kept_of(count, 0.3, 400).astype(float)
    scaled = (drawn - count * 0.3) / np.sqrt(count * 0.3 * 0.7)
    assert stats.kstest(scaled.ravel(), "norm").pvalue > 1e-4


def test_counts_of_any_size_beside_each_other_follow_the_law():
    row = np.array([0, 3, 1025, 1, 0, 64, 5000, 2, 1024, 7])
    thinned = noise.downsample(np.tile(row, (20_000, 1)), row.sum() * 0.3, np.random.default_rng(0))
    for gene, count in enumerate(row):
        if count:
            assert p_value(thinned[:, gene], count, 0.3) > 1e-5
    assert (thinned[:, row == 0] == 0).all()


@pytest.mark.parametrize("probability", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [1, 6, 2000])
def test_genes_cells_and_seeds_are_independent(count, probability):
    drawn = kept_of(count, probability, 3000, 40, seed=2).astype(float)
    other = kept_of(count, probability, 3000, 40, seed=3).astype(float)
    scale = np.sqrt(count * probability * (1 - probability))
    a, b = ((x - count * probability) / scale for x in (drawn, other))
    pairs = {
        "genes": (a[:, 1:], a[:, :-1]), "far genes": (a[:, 20:], a[:, :-20]),
        "cells": (a[1:], a[:-1]), "seeds": (a, b), "seeds, next gene": (a[:, 1:], b[:, :-1]),
    }  # fmt: skip
    for name, (one, two) in pairs.items():
        assert abs((one * two).mean()) < 5 / np.sqrt(one.size), name
    # The sum of a cell is binomial too; of dependent genes it would be wider or narrower.
    assert p_value(drawn.sum(axis=1).astype(int), 40 * count, probability) > 1e-5


@settings(deadline=None)
@given(COUNTS, st.floats(0.01, 1.0), st.integers(0, 2**32 - 1))
def test_the_same_molecules_are_kept_in_every_format_and_type(counts, share, seed):
    counts[0, 0] += 2000
    depth = share * counts.sum() / len(counts)
    kept = [
        dense(noise.downsample(kind(counts.astype(dtype)), depth, np.random.default_rng(seed)))
        for kind in KINDS
        for dtype in (np.int16, np.uint16, np.int64, np.uint64, np.float32)
    ]
    assert all((other == kept[0]).all() for other in kept)


def test_unsorted_and_repeated_entries_are_the_counts_that_they_add_up_to():
    loose = sp.csr_matrix(([1, 5, 2, 0, 4], [3, 1, 3, 0, 2], [0, 3, 3, 5]), shape=(3, 4))
    first, second = (
        dense(noise.downsample(x, 2.0, np.random.default_rng(5))) for x in (loose, loose.toarray())
    )
    assert (first == second).all()


def test_one_cells_molecules_do_not_depend_on_the_other_cells():
    counts = np.random.default_rng(0).poisson(3.0, (6, 30))
    changed = counts.copy()
    changed[2] += 4
    first, second = (noise.split(x, np.random.default_rng(1))[0] for x in (counts, changed))
    assert (first[[0, 1, 3, 4, 5]] == second[[0, 1, 3, 4, 5]]).all()


def test_another_seed_and_the_next_call_keep_other_molecules():
    counts, rng = np.full((50, 20), 5), np.random.default_rng(0)
    first, following = (noise.split(counts, rng)[0] for _ in range(2))
    assert (first != following).any()
    assert (first != noise.split(counts, np.random.default_rng(1))[0]).any()


def test_what_a_seed_keeps_stays_the_same():
    # Whole numbers only: the same on every machine. Other numbers here mean other committed points.
    counts = np.array([[0, 1, 2, 3, 70], [9, 0, 0, 2000, 1], [0, 0, 0, 0, 0]])
    kept = noise.split(counts, np.random.default_rng(0), 0.3)[0]
    assert kept.tolist() == [[0, 0, 1, 1, 24], [3, 0, 0, 625, 0], [0] * 5]


@pytest.mark.parametrize("kind", KINDS)
def test_empty_cells_and_genes_stay_empty(kind):
    counts = np.zeros((5, 4), int)
    counts[2, 1] = 40
    thinned = dense(noise.downsample(kind(counts), 4.0, np.random.default_rng(0)))
    assert 0 < thinned[2, 1] < 40
    assert thinned.sum() == thinned[2, 1]


@pytest.mark.parametrize("probability", [5e-324, 1e-300, 1e-20, 1 - 2**-53])
def test_probabilities_next_to_none_and_all(probability):
    counts = np.full((10, 10), 500)
    first, second = noise.split(counts, np.random.default_rng(0), probability)
    assert (second if probability > 0.5 else first).sum() == 0


@pytest.mark.parametrize("folder", ["", "/proc/none"])
def test_a_place_to_keep_compiled_code_in_or_none_give_the_same(folder, tmp_path):
    place = folder or str(tmp_path)
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", THIN_ONCE],
        env=os.environ | {"NUMBA_CACHE_DIR": place, "HOME": place, "XDG_CACHE_HOME": place},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (told.stdout, told.stderr) == ("[[3, 7]]\n", "")
    assert folder or list(tmp_path.rglob("*.nbi"))


THIN_ONCE = """
import numpy as np
from noisescaling import noise
print(noise.split(np.array([[6, 15]]), np.random.default_rng(0))[0].tolist())
"""


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
        ([[-5.0, 2.0]], "counts holds -5; counts are never below 0"),
        (np.array([[-1, 2]], np.int8), "counts holds -1; counts are never below 0"),
        ([[1e300, 2.0]], r"counts holds 1e\+300; a count is at most 2\^40"),
        ([[2**40 + 1, 2]], r"a count is at most 2\^40 = 1.09951e\+12 molecules"),
        (np.array([[2**64 - 1, 2]], np.uint64), r"counts holds 1.84467e\+19; a count is at most"),
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
