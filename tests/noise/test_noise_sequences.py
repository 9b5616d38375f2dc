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


AXES = pytest.mark.parametrize("axis", ["published", "channel"])


@AXES
@given(st.floats(1e-9, 1e12))
def test_quality_and_rate_are_inverse(axis, quality):
    rate = noise.error_rate_of(quality, axis)
    assert 0 < rate < 1
    # A rate near 1 has few digits left of what it lacks to 1.
    assert noise.quality_of(rate, axis) == pytest.approx(quality, rel=1e-9 + 1e-14 / quality)


@pytest.mark.parametrize(
    ("rate", "published", "channel"),
    [(0.5, 1, 1 / 3), (0.2, 4, 0.64 / 0.36), (0.9, 1 / 9, 1 / 99), (0.0, np.inf, np.inf)],
)
def test_qualities_are_those_of_the_book(rate, published, channel):
    assert noise.quality_of(rate) == noise.quality_of(rate, "published")
    for axis, quality in (("published", published), ("channel", channel)):
        assert noise.quality_of(rate, axis) == pytest.approx(quality, rel=1e-12)
        assert noise.error_rate_of(quality, axis) == pytest.approx(rate, rel=1e-12)


@given(st.floats(1e-12, 1 - 1e-6))
def test_the_channel_axis_is_the_published_one_less_its_factor(rate):
    expected = noise.quality_of(rate) * (1 - rate) / (2 - rate)
    assert noise.quality_of(rate, "channel") == pytest.approx(expected, rel=1e-12)


def test_the_channel_axis_is_the_signal_to_noise_ratio_of_misread_residues():
    # A residue worth 1 or -1, replaced by one drawn from the same two: what is read has the mean
    # (1 - e) x, and the rest of its variance is noise.
    rng, rate = np.random.default_rng(0), 0.3
    clean, other = rng.choice([-1.0, 1.0], (2, 400_000))
    read = np.where(rng.random(clean.size) < rate, other, clean)
    share = np.corrcoef(clean, read)[0, 1] ** 2
    assert share / (1 - share) == pytest.approx(noise.quality_of(rate, "channel"), rel=0.02)


@AXES
@pytest.mark.parametrize("quality", [0, -1, float("nan")])
def test_qualities_that_are_none_are_refused(axis, quality):
    with pytest.raises(ValueError, match=r"quality = .* must be above 0"):
        noise.error_rate_of(quality, axis)


@pytest.mark.parametrize("convert", [noise.error_rate_of, noise.quality_of])
def test_another_axis_is_refused(convert):
    with pytest.raises(ValueError, match="axis = 'snr' is unknown; give one of published, channel"):
        convert(0.5, "snr")


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan")])
def test_rates_without_a_ratio_are_refused(rate):
    with pytest.raises(ValueError, match=r"error_rate = .* must be at least 0 and below 1"):
        noise.quality_of(rate)


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
