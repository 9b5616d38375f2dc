import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from noisescaling import noise
from noisescaling._sequences import AMINO_ACIDS, OTHER_LETTERS, as_letters, as_texts

PROTEINS = st.lists(
    st.text(AMINO_ACIDS + OTHER_LETTERS, min_size=1, max_size=30), min_size=1, max_size=8
)
RNG = np.random.default_rng(0)


@given(PROTEINS, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_lengths_and_all_but_residues_stay(proteins, error_rate, seed):
    given_texts = np.array(proteins)
    noisy = noise.substitute(given_texts, error_rate, np.random.default_rng(seed))
    assert given_texts.tolist() == proteins, "the clean sequences were changed"
    for clean, read in zip(proteins, noisy.tolist(), strict=True):
        assert len(read) == len(clean)
        for a, b in zip(clean, read, strict=True):
            assert (b in AMINO_ACIDS) if a in AMINO_ACIDS else (b == a)


@given(PROTEINS)
def test_letters_come_back_as_texts(proteins):
    assert as_texts(as_letters(np.array(proteins))).tolist() == proteins


@given(PROTEINS, st.integers(0, 2**32 - 1))
def test_no_errors_change_nothing_and_errors_everywhere_leave_no_true_residue(proteins, seed):
    rng = np.random.default_rng(seed)
    assert noise.substitute(np.array(proteins), 0.0, rng).tolist() == proteins
    for clean, read in zip(proteins, noise.substitute(proteins, 1.0, rng).tolist(), strict=True):
        assert all(a != b for a, b in zip(clean, read, strict=True) if a in AMINO_ACIDS)


@pytest.mark.parametrize("error_rate", [1e-3, 0.1, 0.5, 0.95])
def test_the_share_of_errors_is_within_binomial_bounds(error_rate):
    clean = np.array([AMINO_ACIDS * 50 + "-X*"] * 100)
    noisy = noise.substitute(clean, error_rate, np.random.default_rng(1))
    errors = int((as_letters(noisy) != as_letters(clean)).sum())
    low, high = stats.binom.interval(1 - 1e-6, 100 * 50 * 20, error_rate)
    assert low <= errors <= high


def test_the_19_others_are_equally_likely():
    noisy = noise.substitute(["W" * 50_000], 0.8, np.random.default_rng(2))
    letters, counts = np.unique(as_letters(noisy), return_counts=True)
    others = counts[letters != ord("W")]
    assert len(others) == 19
    assert stats.chisquare(others).pvalue > 1e-3


def test_the_same_seed_gives_the_same_errors():
    clean = ["ACDEFGHIKL" * 20, "MNPQ-X*"]
    first, second = (noise.substitute(clean, 0.3, np.random.default_rng(4)) for _ in range(2))
    assert (first == second).all()


@given(st.floats(1e-6, 1e6))
def test_ratio_and_rate_are_inverse(ratio):
    rate = noise.error_rate_of(ratio)
    assert (1 - rate) / rate == pytest.approx(ratio, rel=1e-6)
    assert noise.true_error_ratio_of(rate) == pytest.approx(ratio, rel=1e-6)


def test_perfect_reading_is_an_infinite_ratio():
    assert noise.error_rate_of(np.inf) == 0
    assert noise.true_error_ratio_of(0.0) == np.inf
    assert noise.error_rate_of(1.0) == 0.5


@pytest.mark.parametrize("ratio", [0, -1, float("nan")])
def test_ratios_that_are_none_are_refused(ratio):
    with pytest.raises(ValueError, match="true_error_ratio holds"):
        noise.error_rate_of(ratio)


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan")])
def test_rates_without_a_ratio_are_refused(rate):
    with pytest.raises(ValueError, match=r"error_rate = .* must be at least 0 and below 1"):
        noise.true_error_ratio_of(rate)


@pytest.mark.parametrize(
    ("sequences", "told"),
    [
        ([], r"sequences has shape \(0,\)"),
        ([1, 2], "type int64; give a list of texts"),
        ("ACD", r"sequences has shape \(\)"),
        (["ACD", "", ""], "sequences holds 2 empty sequences of 3, the first at 1; leave them out"),
        (["ACD", "AC1a"], "holds 2 letters that are no residues, such as '1' at place 3 of seq"),
    ],
)
def test_what_is_no_protein_is_refused(sequences, told):
    with pytest.raises(ValueError, match=told):
        noise.substitute(sequences, 0.1, RNG)


@pytest.mark.parametrize("error_rate", [-0.1, 1.1, float("nan")])
def test_bad_rates_are_refused(error_rate):
    with pytest.raises(ValueError, match=r"error_rate = .* must lie from 0 to 1"):
        noise.substitute(["ACD"], error_rate, RNG)


def test_unequal_lengths_are_refused_where_alignment_is_needed():
    with pytest.raises(ValueError, match="has lengths from 2 to 3 residues; align them"):
        noise.check_sequences(["ACD", "AC"], aligned=True)
