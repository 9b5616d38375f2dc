"""Readouts of a protein model: planted truth, closed forms, nothing learned of what is held out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling import datasets, models
from noisescaling.datasets import Signal
from noisescaling.sweep import Point, measure, recipe
from noisescaling.sweep.measure import source_of
from study import evidence, paths, readouts

#: Sequences to learn from and to measure, places, and axes of a network.
N, M, PLACES, WIDTH = 300, 200, 40, 6
BY = ["dataset", "network", "trained", "quality", "seed", "readout"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def told_of(read, states, months):
    """Return the bits of ridge regressions from a readout of the first N states to the others."""
    signals = (Signal("time", np.arange(len(part)), part) for part in (months[:N], months[N:]))
    pair = read(states[:N], states[N:])
    return readouts.regressed(pair, *signals, clades=np.arange(N) % 10)


@pytest.mark.parametrize("name", ["ridge_bits", "ridge_within_bits"])
def test_a_month_in_the_spread_of_states_is_read_with_their_deviation_alone(rng, name):
    months = rng.normal(3, 0.5, N + M)
    states = rng.standard_normal((N + M, PLACES, WIDTH)) * months[:, None, None]
    states -= states.mean(axis=1, keepdims=True)
    assert told_of(readouts.deviations, states, months)[name] > 1
    assert told_of(readouts.means, states, months)[name] < 0.1


@pytest.mark.parametrize("name", ["ridge_bits", "ridge_within_bits"])
def test_a_month_in_the_states_of_a_place_is_read_with_components_alone(rng, name):
    months = rng.standard_normal(N + M)
    states = rng.standard_normal((N + M, PLACES, WIDTH))
    states[:, 7, 2] += 4 * months
    states[:, 8] -= states.mean(axis=1) * PLACES  # so that the mean over places is 0 throughout
    states[:, 8] += rng.standard_normal((N + M, WIDTH))
    assert told_of(readouts.components, states, months)[name] > 1.2
    assert told_of(readouts.means, states, months)[name] < 0.1


def test_components_are_those_of_the_scaled_states_that_are_learned_from(rng):
    strength = np.linspace(1, 4, PLACES)[:, None]
    states = strength * rng.standard_normal((N + M, PLACES, WIDTH)) + rng.normal(size=(PLACES, 1))
    learned, asked = readouts.components(states[:N], states[N:])
    centre = states[:N].mean(axis=0)
    scale = np.sqrt(((states[:N] - centre) ** 2).mean(axis=(0, 1)))
    flat = ((states - centre) / scale).reshape(N + M, -1)
    _, _, axes = np.linalg.svd(flat[:N], full_matrices=False)
    kept = axes[: learned.shape[1]]
    variance = np.var(flat[:N] @ kept.T, axis=0)
    assert learned.shape == (N, models.OneHotPCA.n_components)
    assert np.var(learned, axis=0) == pytest.approx(variance, rel=0.02)  # by a randomized method
    assert np.var(learned[:, 0]) == pytest.approx(variance[0], rel=1e-3)
    assert len(asked) == M


def test_no_readout_learns_from_what_is_held_out(rng):
    states = rng.standard_normal((N + M, PLACES, WIDTH))
    other = states[N:] * 50 + 3
    for read in readouts.READOUTS.values():
        learned, asked = read(states[:N], states[N:])
        same, _ = read(states[:N], other)
        _, few = read(states[:N], states[N : N + 5])
        assert (learned == same).all()
        assert few == pytest.approx(asked[:5])
        assert read(states[:N], states[:N])[1] == pytest.approx(learned)


def test_components_do_not_see_the_scale_of_an_axis_of_the_network(rng):
    states = rng.standard_normal((N + M, PLACES, WIDTH))
    wide = states * np.array([1000, 1, 1, 1, 1, 0.001])
    for one, other in zip(
        *(readouts.components(s[:N], s[N:]) for s in (states, wide)), strict=True
    ):
        assert np.abs(other) == pytest.approx(np.abs(one), abs=1e-6)


def test_the_bits_of_a_correlation_are_those_of_normal_variables(rng):
    true, noise = rng.standard_normal((2, 100_000))
    told = 0.8 * true + 0.6 * noise
    assert readouts.regression_bits(told, true) == pytest.approx(0.737, abs=0.01)
    assert readouts.regression_bits(7 - 3 * told, true) == 0


def test_without_a_network_the_mean_is_the_share_of_each_letter():
    proteins = datasets.simulate_proteins(n_sequences=60).sequences
    told, loss = readouts.embeddings((proteins[:40], proteins[40:]), readouts.NO_NETWORK, False, 0)
    shares = told[readouts.MEAN][1]
    assert shares.sum(axis=1) == pytest.approx(np.ones(20))
    assert shares[0, :2] == pytest.approx([proteins[40].count(a) / len(proteins[40]) for a in "AC"])
    components = models.OneHotPCA().fit(proteins[:40]).embed(proteins[40:])
    assert (told[readouts.PLACES][1] == components).all()
    assert np.isnan(loss)


@pytest.fixture
def tiny(monkeypatch):
    settings = {"size": "small", "width": 8, "n_heads": 2, "n_layers": 1, "n_steps": 3}
    monkeypatch.setitem(readouts.NETWORKS, readouts.SHORT, settings)
    given = recipe("noisescaling.datasets:simulate_proteins", n_sequences=120)
    monkeypatch.setitem(readouts.DATASETS, "spike", given)
    return given, settings


@pytest.mark.parametrize("trained", [True, False])
def test_the_mean_has_the_bits_that_a_sweep_measures(tiny, trained):
    given, settings = tiny
    told = readouts.point(source_of(given), readouts.SHORT, trained, 100.0, 1)
    model = recipe("ProteinLanguageModel", **settings, untrained=not trained)
    (row,) = measure(Point(given, model, None, 100.0, 1, noise="substitute"), ["time"])
    mean = told.set_index("readout").loc[readouts.MEAN]
    assert mean["bits"] == pytest.approx(row["bits"], abs=0.005)
    assert mean["n_measured"] == row["n_measured"]
    assert np.isnan(mean["loss"]) != trained
    assert len(told) == 4


def test_only_what_is_lacking_is_measured(tiny, tmp_path, monkeypatch):
    asked = [("spike", readouts.NO_NETWORK, False, quality, 0) for quality in (np.inf, 100.0)]
    monkeypatch.setattr(readouts, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(readouts, "wanted", lambda: asked[:1])
    readouts.main()
    first = pd.read_csv(readouts.TABLE)
    monkeypatch.setattr(readouts, "wanted", lambda: asked)
    readouts.main()
    both = pd.read_csv(readouts.TABLE)
    pd.testing.assert_frame_equal(both[: len(first)], first)
    assert both["quality"].tolist() == [np.inf, np.inf, 100, 100]
    monkeypatch.setattr(readouts, "point", None)  # which would fail if it were called
    readouts.main()


@pytest.fixture
def committed():
    return pd.read_csv(readouts.TABLE)


def test_the_committed_table_has_every_point_once(committed):
    assert not committed.duplicated(BY).any()
    there = set(committed[readouts.KEY].itertuples(index=False, name=None))
    assert there == set(readouts.wanted())
    assert committed.drop(columns="loss").notna().all().all()


def test_committed_means_are_the_points_of_the_sweep(committed):
    swept = pd.read_csv(paths.RESULTS / "sequence_points.csv")
    swept = swept[swept["model"].str.startswith("ESM-2")]
    swept = swept.assign(trained=~swept["model"].str.contains("untrained"))
    own = committed[(committed["readout"] == readouts.MEAN) & (committed["network"] == "200 steps")]
    both = own.merge(swept, on=["dataset", "trained", "quality", "seed"], suffixes=("", "_swept"))
    assert len(both) == 12  # at 100 true residues per error
    assert (both["n_measured"] == both["n_measured_swept"]).all()
    assert (both["bits"] - both["bits_swept"]).abs().max() < 0.01


@pytest.fixture
def planted():
    """A network whose training adds half a bit, and as much again when it is long."""
    rows = [
        {"dataset": "spike", "quality": np.inf, "seed": 0, "readout": readout, "network": network,
         "trained": trained, "bits": bits, "ridge_within_bits": 2 * bits, "ridge_bits": 0.0,
         "ridge_r_squared": 0.0, "loss": 1.0}
        for readout in ("a", "b")
        for network, trained, bits in (
            ("none", False, 9.0), ("200 steps", False, 1.0), ("200 steps", True, 1.5),
            ("1,200 steps", True, 2.0), ("200 steps, 128 wide", False, 3.0),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_means_are_over_seeds_and_tell_trained_from_untrained(planted):
    other = planted.assign(seed=1, bits=planted["bits"] + 1)
    means = evidence.readout_means(pd.concat([planted, other]), "bits")
    names = ["no network", "untrained", "trained, 200 steps", "trained, 1,200 steps"]
    names.append("untrained, 128 wide")
    assert [means.loc[(np.inf, "spike"), (name, "b")] for name in names] == [9.5, 1.5, 2, 2.5, 3.5]
    assert means.shape == (1, 10)


def test_unknown_data_sets_are_refused():
    with pytest.raises(ValueError, match="dataset = 'flu' is unknown; give one of spike, infl"):
        readouts.points("flu")


@pytest.mark.parametrize("estimate", evidence.ESTIMATES)
def test_each_network_has_its_marker_in_each_panel(planted, estimate):
    fig, axes = plt.subplots(1, 2)
    both = pd.concat([planted, planted.assign(dataset="influenza_n2", ridge_bits=1.0)])
    evidence.draw_readouts(axes, both, estimate)
    for ax, (_, own) in zip(axes, both.groupby("dataset", sort=False), strict=True):
        told = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
        assert list(told)[:2] == ["no network", "untrained"]
        assert len(told) == 5
        assert told["untrained"] == own[estimate].to_list()[1::5]
        assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    plt.close(fig)


def test_ends_are_the_lowest_and_the_highest():
    told = evidence.ends(gain=pd.Series([0.5, -1, 2]), lost=pd.Series([3.0]))
    assert told == {"gain_low": -1, "gain_high": 2, "lost_low": 3, "lost_high": 3}
