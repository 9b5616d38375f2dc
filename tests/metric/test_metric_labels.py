import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

from noisescaling.metric import mutual_information


def clusters(n, shares, spread, dim, seed):
    """Unit Gaussian clusters in 3 axes among noise, and their information by Monte Carlo."""
    rng = np.random.default_rng(seed)
    means = spread * rng.standard_normal((len(shares), 3))
    labels = rng.choice(len(shares), n, p=shares)
    core = means[labels] + rng.standard_normal((n, 3))
    draw = rng.choice(len(shares), 50_000, p=shares)
    sample = means[draw] + rng.standard_normal((50_000, 3))
    log = -0.5 * ((sample[:, None] - means) ** 2).sum(2)
    own = log[np.arange(50_000), draw]
    truth = (own - logsumexp(log + np.log(shares), axis=1)).mean() / np.log(2)
    return np.hstack([core, rng.standard_normal((n, dim - 3))]), labels, truth


@pytest.mark.parametrize(
    ("n_classes", "uneven", "tolerance"),
    [(2, False, 0.06), (5, True, 0.1), (12, True, 0.15)],
)
def test_round_clusters_have_their_information(n_classes, uneven, tolerance):
    shares = np.geomspace(1, 0.1, n_classes) if uneven else np.ones(n_classes)
    x, labels, truth = clusters(2_000, shares / shares.sum(), 1.2, 8, seed=1)
    assert mutual_information(x, labels).bits == pytest.approx(truth, abs=tolerance)


def test_shells_have_no_linear_signal_but_are_seen():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 2_000)
    x = rng.standard_normal((2_000, 6)) * np.array([1, 3])[labels][:, None]
    truth = 1 - _shell_confusion(rng)
    assert mutual_information(x, labels).bits == pytest.approx(truth, abs=0.06)


def _shell_confusion(rng):
    """H(label | x) of two shells of widths 1 and 3 in six axes, in bits."""
    labels = rng.integers(0, 2, 100_000)
    squared = (rng.standard_normal((100_000, 6)) ** 2).sum(1) * np.array([1, 9])[labels]
    log = np.column_stack([-0.5 * squared, -squared / 18 - 6 * np.log(3)])
    return (logsumexp(log, axis=1) - log[np.arange(100_000), labels]).mean() / np.log(2)


def test_labels_in_stripes_are_seen_by_their_neighbours():
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 8, (2_000, 1))
    assert mutual_information(x, np.floor(x[:, 0]).astype(int) % 2).bits > 0.85


def test_separated_classes_give_the_entropy_and_never_more():
    rng = np.random.default_rng(4)
    labels = rng.choice(4, 800, p=[0.4, 0.3, 0.2, 0.1])
    x = 50.0 * np.eye(4)[labels] + rng.standard_normal((800, 4))
    result = mutual_information(x, labels)
    assert result.bits <= result.diagnostics.label_entropy
    assert result.bits == pytest.approx(result.diagnostics.label_entropy, abs=0.03)


@pytest.mark.parametrize("n_classes", [2, 10])
def test_labels_of_noise_share_nothing(n_classes):
    rng = np.random.default_rng(5)
    labels = rng.integers(0, n_classes, 1_500)
    assert abs(mutual_information(rng.standard_normal((1_500, 8)), labels).bits) < 0.03


def test_constant_embedding_is_zero_bits():
    labels = np.arange(300) % 3
    assert mutual_information(np.zeros((300, 2)), labels).bits == 0


def test_every_kind_of_label_gives_the_same():
    x, codes, _ = clusters(300, np.ones(3) / 3, 1.5, 4, seed=6)
    names = np.array(["a", "b", "c"])[codes]
    want = mutual_information(x, codes)
    assert want.signal == "label"
    for labels in (names, names.astype(object), pd.Categorical(names), pd.Series(names), [*names]):
        assert mutual_information(x, labels) == want


def test_booleans_are_labels_and_floats_are_not():
    x, codes, _ = clusters(300, np.ones(2) / 2, 1.5, 3, seed=7)
    assert mutual_information(x, codes == 1).signal == "label"
    assert mutual_information(x, codes.astype(float)).signal == "continuous"
    assert mutual_information(x, codes.astype(float), signal="label").signal == "label"
    assert mutual_information(x, codes, signal="continuous").signal == "continuous"


def test_the_interval_tells_of_the_error():
    hits = 0
    for seed in range(10):
        x, labels, truth = clusters(500, np.ones(3) / 3, 1.0, 3, seed=20 + seed)
        result = mutual_information(x, labels)
        hits += abs(result.bits - truth) <= 2.5 * result.standard_error
    assert hits >= 8
