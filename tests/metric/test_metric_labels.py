import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

from noisescaling.metric import mutual_information
from noisescaling.metric._inputs import as_labels


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


@pytest.mark.parametrize("signal", ["label", "continuous"])
def test_what_a_signal_is_can_be_said(signal):
    x, codes, _ = clusters(300, np.ones(2) / 2, 1.5, 3, seed=7)
    for y in (codes == 1, codes, codes.astype(float)):
        found = mutual_information(x, y, signal=signal)
        assert (found.signal, found.diagnostics.n_classes) == (
            signal, 2 if signal == "label" else None,
        )  # fmt: skip


def test_classes_as_numbers_are_labels_whatever_holds_them():
    x, codes, _ = clusters(300, np.ones(3) / 3, 1.5, 4, seed=6)
    want = mutual_information(x, codes.astype(str))
    assert (want.signal, want.diagnostics.n_classes) == ("label", 3)
    held = [
        codes,
        codes[:, None],
        codes.astype(float),
        codes.astype("u8") + 2**63,
        np.eye(3)[codes],
    ]
    held += [pd.Series(codes, dtype="Int64"), pd.Series(codes, dtype="Float64")]
    held += [pd.Categorical(codes, categories=range(9)), np.ma.array(codes, mask=False)]
    held += [pd.DataFrame({"class": pd.Series(codes, dtype="Int8")})]
    for labels in held:
        found = mutual_information(x, labels)
        assert (found.signal, found.diagnostics.n_classes) == ("label", 3)
        tolerance = 0.05 if getattr(labels, "shape", ())[1:] == (3,) else 1e-9  # other codes
        assert found.bits == pytest.approx(want.bits, abs=tolerance)


def test_the_interval_tells_of_the_error():
    hits = 0
    for seed in range(10):
        x, labels, truth = clusters(500, np.ones(3) / 3, 1.0, 3, seed=20 + seed)
        result = mutual_information(x, labels)
        hits += abs(result.bits - truth) <= 2.5 * result.standard_error
    assert hits >= 8


def plug_in(a, b):
    """Information in the table of counts of two codes, in bits."""
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    p = table / len(a)
    apart = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    return float((p[p > 0] * np.log2(p[p > 0] / apart[p > 0])).sum())


@pytest.mark.parametrize(("n", "n_classes", "wrong"), [(2_000, 4, 0.2), (1_000, 3, 0.6)])
def test_a_guess_in_few_values_has_the_information_of_its_table(n, n_classes, wrong):
    rng = np.random.default_rng(n)
    c = rng.integers(0, n_classes, n)
    guess = np.where(rng.random(n) < wrong, rng.integers(0, n_classes, n), c)
    truth = plug_in(guess, c)
    for x in (np.eye(n_classes)[guess], guess[:, None], 7.0 - guess[:, None]):
        assert mutual_information(x, c).bits == pytest.approx(truth, abs=0.1)
    assert mutual_information(np.eye(n_classes)[guess], np.eye(n_classes)[c]).bits == (
        pytest.approx(truth, abs=0.1)
    )


def test_pairs_of_coins_and_of_counts_have_the_information_of_their_table():
    rng = np.random.default_rng(1)
    coins = rng.integers(0, 2, (2_000, 2))
    other = np.where(rng.random((2_000, 2)) < 0.1, 1 - coins, coins)
    truth = plug_in(other @ [2, 1], coins @ [2, 1])
    found = mutual_information(other.astype(float), coins.astype(float))
    assert found.bits == pytest.approx(truth, abs=0.1)
    independent = rng.integers(0, 2, (2_000, 2))
    assert abs(mutual_information(independent, coins).bits) < 0.05
    molecules = rng.poisson(0.5, (2_000, 2)).astype(float)
    found = mutual_information(molecules, molecules)
    assert found.bits == pytest.approx(found.diagnostics.label_entropy, abs=0.15)


@pytest.mark.parametrize(("n", "n_classes"), [(200, 2), (200, 5), (200, 20), (1_000, 20)])
def test_a_copy_of_the_labels_has_their_entropy(n, n_classes):
    codes = np.random.default_rng(0).integers(0, n_classes, n)
    for x in (codes, np.eye(n_classes)[codes]):
        found = mutual_information(x, codes, signal="label")
        assert found.bits == pytest.approx(found.diagnostics.label_entropy, abs=0.15)


@pytest.mark.parametrize("depth", [0.1, 0.3, 1.0, 3.0])
def test_shallow_cells_of_no_kind_share_nothing_with_labels(depth):
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.ones(60))
    cells = rng.poisson(depth * share, (1_200, 60)).astype(float)
    axes = np.linalg.svd(cells - cells.mean(0), full_matrices=False)[2]
    for x in (cells, np.log1p(cells) @ axes[:8].T):
        for labels in (rng.integers(0, 2, 1_200), rng.integers(0, 6, 1_200)):
            found = mutual_information(x, labels)
            assert abs(found.bits) < 0.05
            assert found.diagnostics.tied_fraction > 0.1 or depth == 3


@pytest.mark.parametrize("times", [2, 4])
def test_a_sample_beside_itself_is_noticed_and_gives_no_bits(times):
    rng = np.random.default_rng(3)
    x, labels = rng.standard_normal((300, 5)), rng.integers(0, 4, 300)
    found = mutual_information(np.tile(x, (times, 1)), np.tile(labels, times))
    assert abs(found.bits) < 0.05
    assert "copies" in found.diagnostics.reason
    assert not found.diagnostics.reliable
    once = mutual_information(x, labels)
    assert "copies" not in once.diagnostics.reason
    assert found.standard_error > 0.5 * once.standard_error


def test_few_rows_tell_what_many_rows_tell():
    x, labels, truth = clusters(6_000, np.ones(6) / 6, 1.5, 12, seed=8)
    for n in (150, 300, 1_000):
        draws = [slice(i * n, (i + 1) * n) for i in range(6)]
        bits = [mutual_information(x[rows], labels[rows]).bits for rows in draws]
        assert np.mean(bits) == pytest.approx(truth, abs=0.1)


def test_the_seed_moves_the_bits_by_less_than_half_of_the_standard_error():
    x, labels, _ = clusters(296, np.ones(6) / 6, 1.2, 12, seed=9)
    found = [mutual_information(x, labels, seed=seed) for seed in range(6)]
    assert np.std([one.bits for one in found]) < found[0].standard_error / 2


def test_the_lower_bound_is_below_the_truth_and_nothing_where_nothing_is_shared():
    for seed in range(4):
        x, labels, truth = clusters(400, np.ones(4) / 4, 1.2, 6, seed=30 + seed)
        assert mutual_information(x, labels).diagnostics.lower_bound < truth + 0.1
        labels = np.random.default_rng(seed).permutation(labels)
        assert mutual_information(x, labels).diagnostics.lower_bound < 0.01


def test_too_few_rows_a_class_are_said():
    x, labels, _ = clusters(120, np.ones(20) / 20, 2.0, 30, seed=10)
    kept = np.bincount(labels)[labels] > 1
    found = mutual_information(x[kept], labels[kept], signal="label")
    assert not found.diagnostics.reliable
    assert "rows" in found.diagnostics.reason
    x, labels, _ = clusters(1_000, np.ones(3) / 3, 1.2, 4, seed=11)
    found = mutual_information(x, labels)
    assert (found.diagnostics.reliable, found.diagnostics.reason) == (True, "")
    assert found.diagnostics.converged


def test_many_classes_of_few_rows_are_estimated_and_more_than_half_of_the_rows_refused():
    labels = np.arange(400) % 200
    x = 3 * np.random.default_rng(0).standard_normal((200, 8))[labels]
    x = x + np.random.default_rng(1).standard_normal(x.shape)
    found = mutual_information(x, labels.astype(str))
    assert 4 < found.bits <= found.diagnostics.label_entropy
    labels = np.append(np.arange(399) % 201, 0)
    told = "y holds 201 classes in 400 rows; give at most 200, two rows each"
    with pytest.raises(ValueError, match="classes with a single row"):
        mutual_information(x, labels.astype(str))
    with pytest.raises(ValueError, match=told):
        as_labels("y", labels, rare=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x * 1e-200,
        lambda x: x * 1e150,
        lambda x: np.where(np.arange(x.size).reshape(x.shape) == 3, 1e300, x),
        lambda x: np.repeat(x, 40, axis=1),
        lambda x: np.round(x),
        lambda x: np.sign(x[:, :1]),
        lambda x: np.hstack([x, np.ones_like(x)]),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 15])
def test_estimates_are_always_finite(spoil, n_classes):
    labels = np.arange(60) % n_classes
    x = spoil(np.random.default_rng(0).standard_normal((60, 3)))
    found = mutual_information(x, labels, signal="label", pointwise=True)
    told = found.diagnostics
    assert np.isfinite([found.bits, found.standard_error, told.lower_bound]).all()
    assert np.isfinite(found.pointwise).all()


@pytest.mark.parametrize(("n", "n_values"), [(200, 4), (400, 6)])
def test_tables_of_values_that_share_nothing_show_nothing_on_average(n, n_values):
    # A table alone would show (n_values - 1)^2 / (2 n ln 2) bits too many, 0.03 and 0.05.
    rng = np.random.default_rng(12)
    draws = rng.integers(0, n_values, (60, 2, n)).astype(float)
    bits = [mutual_information(x, y, signal="continuous").bits for x, y in draws]
    assert np.mean(bits) == pytest.approx(0, abs=3 * np.std(bits) / np.sqrt(60) + 0.002)
    assert np.mean(bits) == pytest.approx(0, abs=0.012)


def test_the_standard_error_is_as_large_as_the_errors_are():
    draws = [clusters(200, np.ones(6) / 6, 1.0, 8, seed=100 + seed) for seed in range(16)]
    found = [mutual_information(x, labels) for x, labels, _ in draws]
    errors = [one.bits - truth for one, (_, _, truth) in zip(found, draws, strict=True)]
    told = np.mean([one.standard_error for one in found])
    assert 0.5 * told < np.sqrt(np.mean(np.square(errors))) < 1.2 * told
