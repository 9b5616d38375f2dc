"""Tables and figures of the evidence, by the names and the order of all other figures."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling import metric
from noisescaling.plotting import COLOURS, MARKERS
from study import evidence
from study.labels import MODELS, PUBLISHED_AS, model_numbers, named


@pytest.fixture
def board():
    """The known models and one more, by name, on one task; the last is not identified."""
    models = sorted([*MODELS, "ANew"])
    value = np.arange(1.0, 6.0)
    columns = {
        "dataset": "larry", "signal": "cell_type", "model": models, "n_samples": 700,
        "r_squared": 0.98765, "n_points": 12, "identifiable": [True] * 4 + [False],
    }  # fmt: skip
    high = np.append(value[:4] + 0.5, np.inf)
    for name in ("u_bar", "i_max"):
        columns |= {name: value, f"{name}_low": value - 0.5, f"{name}_high": high}
    return pd.DataFrame(columns)


def test_known_models_have_their_numbers_and_others_follow_by_name():
    assert model_numbers(["b", "SCVI", "a", "PCA"]) == {"PCA": 1, "SCVI": 2, "a": 4, "b": 5}


def test_models_have_the_order_the_colours_and_the_names_of_every_figure(board):
    fig, axes = plt.subplots(1, 2)
    evidence.draw_board(tuple(axes), board)
    legend = [text.get_text() for text in axes[1].get_legend().get_texts()]
    assert legend == [*map(named, MODELS), "ANew"]
    for ax in axes:
        drawn = [line for line in ax.lines if line.get_label() in legend]
        assert [line.get_color() for line in drawn] == list(COLOURS[:5])
        assert [line.get_marker() for line in drawn] == list(MARKERS[:5])
    assert [t.get_text() for t in axes[0].get_yticklabels()] == [
        "LARRY, blood progenitors\ncell type"
    ]
    plt.close(fig)


def test_what_is_not_identified_is_an_open_triangle_at_its_lower_end(board):
    fig, axes = plt.subplots(1, 2)
    evidence.draw_board(tuple(axes), board)
    (open_end,) = (x for x in axes[0].lines if x.get_marker() == ">" and len(x.get_xdata()))
    assert open_end.get_xdata().tolist() == [4.5]
    assert sum(len(lines.get_segments()) for lines in axes[0].collections) == 4
    plt.close(fig)


def test_the_table_has_the_readers_names(board):
    shown = evidence.board_table(board)
    assert shown.index.unique().tolist() == [("LARRY, blood progenitors", "cell type")]
    assert shown["model"].tolist() == [named(model) for model in board["model"]]
    assert shown["capacity (bits)"].tolist()[0] == "1 (0.5 to 1.5)"
    assert shown["noise sensitivity (UMIs per cell)"].tolist()[-1] == "not identified, above 4.5"
    assert shown["R²"].unique() == ["0.988"]


@pytest.fixture
def table():
    rows = [
        ("d", model, depth, signal, seed, bits + scale * depth + seed, "ok")
        for model, scale in (("PCA", 1.0), ("SCVI", 2.0))
        for depth in (20.0, 10.0)
        for signal, bits in (("replicate", 0.0), ("cell_type", 5.0))
        for seed in (0, 2)
    ]
    rows.append(("d", "PCA", 10.0, "cell_type", 3, None, "failed"))
    names = ["dataset", "model", "quality", "signal", "seed", "bits", "status"]
    return pd.DataFrame(rows, columns=names)


def test_means_are_over_the_seeds_that_succeeded(table):
    means = evidence.seed_means(table).set_index(["model", "quality"])
    assert means.loc[("PCA", 10.0), "cell_type"] == 5 + 10 + 1
    assert means.loc[("SCVI", 20.0), "replicate"] == 2 * 20 + 1


def test_pairs_go_from_the_lowest_depth_to_the_highest(ax, table):
    evidence.draw_pairs(ax, evidence.seed_means(table), "cell_type")
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.get_lines()}
    assert drawn["PCA"] == [[11, 16], [21, 26]]
    assert ax.get_xlabel() == "between halves (bits)"
    assert ax.get_ylabel() == "with cell type (bits)"


def test_agreements_have_a_row_a_signal_and_their_intervals(ax):
    rows = [
        ("d", signal, ranked, value, value - 0.1, value + 0.2)
        for signal, value in (("time", 0.5), ("cell_type", -0.3))
        for ranked in evidence.RANKINGS
    ]
    names = ["dataset", "signal", "ranked", "correlation", "low", "high"]
    evidence.draw_agreements(ax, pd.DataFrame(rows, columns=names))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["d, time", "d, cell type"]
    bars = ax.collections[0].get_segments()
    assert bars[0][:, 0] == pytest.approx([0.4, 0.7])
    assert bars[1][:, 0] == pytest.approx([-0.4, -0.1])
    assert len(ax.collections) == 3


def test_depth_is_on_a_log_axis_in_umis(ax, table):
    signals = {"cell_type": "-", "replicate": "--"}
    evidence.draw_against_depth(ax, evidence.seed_means(table), signals)
    assert len(ax.get_lines()) == 4
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "UMIs per cell")
    assert ax.get_lines()[1].get_linestyle() == "--"
    assert ax.get_legend_handles_labels()[1] == ["PCA", "scVI"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "20"]


def test_an_estimator_stands_beside_ours_on_the_cases_that_it_saw():
    points = pd.DataFrame(
        {"case": ["a", "b", "a"], "estimator": ["ours", "ours", "peer"], "true_bits": 1.0,
         "bits": [1.1, 1.5, 0.7], "seconds": [1.0, 3.0, None], "version": [None, None, "0.1"]},
    )  # fmt: skip
    table = evidence.error_table(points)
    assert table["cases"].to_dict() == {"ours": 2, "peer": 1}
    assert table["mean absolute error (bits)"].tolist() == pytest.approx([0.3, 0.3])
    assert table["ours on the same (bits)"][["ours", "peer"]].tolist() == pytest.approx([0.3, 0.1])
    assert table.loc["ours", "seconds a case"] == 2
    assert table.loc["peer", "version"] == "0.1"


def test_only_ours_with_a_finite_truth_is_judged():
    first = pd.DataFrame({"true_bits": [1.0, float("inf"), None], "bits": [1.0, 2.0, 3.0]})
    second = pd.DataFrame({"estimator": ["ours", "KSG"], "true_bits": 0.0, "bits": [4.0, 5.0]})
    told = evidence.of_known_truth({"first": first, "second": second})
    assert told["bits"].tolist() == [1.0, 4.0]
    assert told["suite"].tolist() == ["first", "second"]


def test_an_estimate_that_is_off_is_counted_with_its_warning():
    points = pd.DataFrame(
        {"suite": ["a", "a", "b", "b"], "true_bits": 1.0, "bits": [1.0, 2.0, 2.0, 1.1],
         "standard_error": [0.1, 0.1, 0.1, 0.01], "reliable": [True, False, True, "True"]}
    )  # fmt: skip
    table = evidence.warnings_table(points)
    assert table["estimates"].to_dict() == {"a": 2, "b": 2, "all": 4}
    assert table.loc["all", "off"] == 2, "0.1 bits beyond two standard errors is no miss"
    assert table.loc["all", "off, flagged"] == 0.5
    assert table.loc["all", "good, flagged"] == 0
    assert table.loc["all", "covered, not flagged"] == pytest.approx(1 / 3)


def test_a_reason_is_counted_where_its_words_stand():
    points = pd.DataFrame(
        {
            "true_bits": [1.0, 1.0, 1.0], "bits": [2.0, 1.0, 1.0],
            "standard_error": [0.1, 0.1, 0.1], "reliable": [False, False, True],
            "reason": ["0.3 bits are added for more rows", "0.2 bits are added for more rows", ""],
        }
    )  # fmt: skip
    row = evidence.reasons_table(points).loc["bits are added for more rows"]
    assert row.tolist() == [1, 1.0, 1, 0.5]


def test_the_reasons_are_told_apart_by_words_that_the_metric_says():
    sources = Path(metric.__file__).parent.glob("*.py")
    told = " ".join(re.sub(r'"\s*f?"', "", source.read_text()) for source in sources)
    assert not [text for text in evidence.REASONS.values() if text not in told]


def test_a_published_model_looks_like_ours_of_its_kind():
    for ours, theirs in PUBLISHED_AS.items():
        assert model_numbers([theirs])[theirs] == model_numbers([ours])[ours]
    assert model_numbers(["Geneformer", "PCA", "new"]) == {"PCA": 1, "Geneformer": 3, "new": 4}
