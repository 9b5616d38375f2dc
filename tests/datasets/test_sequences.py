import numpy as np
import pytest

from noisescaling import datasets, noise
from noisescaling._sequences import RESIDUES, as_letters
from noisescaling.datasets import Dataset, dating, viruses
from noisescaling.datasets.fasta import distinct, filled
from noisescaling.metric import mutual_information


@pytest.fixture(scope="module")
def proteins():
    return datasets.simulate_proteins(3000, seed=3)


def numbers(sequences):
    """Each residue by its number."""
    return np.searchsorted(RESIDUES, as_letters(sequences))


def test_kept_sequences_are_as_far_apart_as_asked_and_no_other_is_left_out():
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACDX"), size=(80, 8), p=[0.5, 0.3, 0.1, 0.1])
    texts = np.array(["".join(row) for row in letters])

    def distance(a, b):
        return sum(x != y and "X" not in (x, y) for x, y in zip(texts[a], texts[b], strict=True))

    kept = distinct(texts, 3).tolist()
    assert all(distance(a, b) >= 3 for a in kept for b in kept if a < b)
    left = set(range(80)) - set(kept)
    assert all(any(distance(a, b) < 3 for b in kept if b < a) for a in left)


def made(texts, names="abc", name="d"):
    labels = np.array(list(names[: len(texts)]))
    return Dataset(name, np.array(texts), {}, labels=labels, modality="protein sequences")


def test_a_part_keeps_names_and_loses_signals():
    part = made(["MK", "MV", "MA"]).take(np.array([0, 2]))
    assert part.labels.tolist() == ["a", "c"]
    assert part.sequences.tolist() == ["MK", "MA"]
    assert not part.signals


def test_the_checksum_follows_the_letters(checksum):
    same = made(np.array(["MK", "MV"], dtype="U9"), "xy", "e")
    assert checksum(made(["MK", "MV"])) == checksum(same) != checksum(made(["MK", "MA"]))


def test_a_distance_below_one_is_refused():
    with pytest.raises(ValueError, match="min_distance = 0 must be a whole number of at least 1"):
        distinct(np.array(["MK", "MV"]), 0)


def test_the_trunk_changes_when_and_where_the_truth_says(proteins):
    truth, dates = proteins.truth, proteins.signal("time").values
    acids = numbers(proteins.sequences)
    changed = acids[:, truth.trunk_sites] == truth.trunk_acids
    assert (np.diff(changed.astype(int), axis=1) <= 0).all(), "changes are made in order"
    assert not (changed & (truth.trunk_months >= dates[:, None])).any(), "changed too early"
    fixed = np.setdiff1d(np.arange(160), np.r_[truth.trunk_sites, truth.twig_sites])
    assert (acids[:, fixed] == truth.ancestor[fixed]).all()


def test_twig_sites_change_as_often_as_their_rate_says(proteins):
    truth = proteins.truth
    acids = numbers(proteins.sequences)
    share = (acids[:, truth.twig_sites] != truth.ancestor[truth.twig_sites]).mean()
    twigs = np.random.default_rng(0).exponential(truth.lag, 100_000)
    assert share == pytest.approx(truth.twig_change(twigs).mean(), rel=0.05)


def test_without_twigs_the_information_is_the_entropy_of_the_intervals():
    data = datasets.simulate_proteins(lag=1e-4, n_twig_sites=0, months=100.0, seed=1)
    edges = np.r_[0, data.truth.trunk_months, 100.0]
    shares = np.diff(edges) / 100
    entropy = -(shares * np.log2(shares)).sum()
    assert data.signal("time").true_bits == pytest.approx(entropy, abs=0.06)


def test_errors_take_information_away_until_nothing_is_left(proteins):
    bits = [dating.date_bits(proteins.truth, e).bits for e in (0.0, 0.05, 0.3, 0.7, 0.95)]
    assert (np.diff(bits) < -0.05).all()
    assert bits[0] == pytest.approx(proteins.signal("time").true_bits, abs=0.05)
    # With 19 errors to a true residue, all 20 amino acids are equally likely.
    assert bits[-1] == pytest.approx(0, abs=1e-9)


def test_errors_everywhere_tell_what_a_residue_is_not(proteins):
    assert dating.date_bits(proteins.truth, 1.0).bits > 0.3


@pytest.mark.parametrize("error_rate", [0.0, 0.2, 0.5])
def test_the_metric_finds_what_the_ideal_observer_knows(proteins, error_rate):
    rng = np.random.default_rng(0)
    read = noise.substitute(proteins.sequences, error_rate, rng)
    likelihood = dating.date_likelihood(proteins.truth, numbers(read), error_rate)
    guess = likelihood @ dating.possible_dates(proteins.truth) / likelihood.sum(axis=1)
    found = mutual_information(guess[:, None], proteins.signal("time").values).bits
    assert found == pytest.approx(dating.date_bits(proteins.truth, error_rate).bits, abs=0.15)


def test_the_same_seed_gives_the_same_proteins(checksum):
    one, same, other = (datasets.simulate_proteins(50, seed=s) for s in (1, 1, 2))
    assert checksum(one) == checksum(same) != checksum(other)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"n_sequences": 5}, "n_sequences = 5 must be a whole number of at least 10"),
        ({"n_residues": 100}, "n_residues = 100 must be a whole number of at least 110"),
        ({"lag": 0.0}, "lag = 0 must be above 0 and finite"),
        ({"months": float("inf")}, "months = inf must be above 0 and finite"),
    ],
)
def test_settings_out_of_range_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        datasets.simulate_proteins(**given)


@pytest.mark.parametrize(
    ("name", "number", "with_gaps", "residues", "months"),
    [("spike", 1651, 1683, 1274, 51.6), ("influenza_n2", 299, 310, 469, 547.7)],
)
def test_the_viruses_are_what_their_pages_say(load, name, number, with_gaps, residues, months):
    data = load(name)
    assert (data.name, data.n_samples) == (name, number)
    letters = as_letters(data.sequences)
    assert letters.shape == (number, residues)
    assert len(np.unique(data.sequences)) == number
    assert not np.isin(letters, [ord("-"), ord("X")]).any()
    time = data.signal("time").values
    assert (time.min(), time.max()) == (0, pytest.approx(months, abs=0.1))
    assert any("are copies of an earlier one" in note for note in data.notes)
    assert "github.com" in data.source
    assert data.licence
    assert getattr(viruses, name)(gaps="keep").n_samples == with_gaps


def test_gaps_are_filled_with_what_is_most_frequent_at_their_place():
    texts, count = filled(np.array(["MKV-*", "M-VA*", "MXLA*", "MKV-*"]))
    assert texts.tolist() == ["MKVA*", "MKVA*", "MKLA*", "MKVA*"]
    assert count == 4


def test_what_noise_cannot_reach_tells_of_the_date_at_any_error_rate(load):
    load("spike")
    kept = viruses.spike(gaps="keep")
    bits = {}
    for gaps, data in {"keep": kept, "fill": load("spike")}.items():
        read = noise.substitute(data.sequences, 0.95, np.random.default_rng(0))
        is_letter = np.stack([as_letters(read) == ord(c) for c in "-X"]).any(axis=0)
        number = is_letter.sum(axis=1) + 0.01 * np.random.default_rng(0).random(len(read))
        bits[gaps] = mutual_information(number[:, None], data.signal("time").values).bits
    assert bits["keep"] > 0.5
    assert abs(bits["fill"]) < 0.1


def test_influenza_changes_with_time(load):
    data = load("influenza_n2")
    letters = as_letters(data.sequences)
    distance = (letters != letters[0]).sum(axis=1)
    assert np.corrcoef(distance, data.signal("time").values)[0, 1] > 0.9
