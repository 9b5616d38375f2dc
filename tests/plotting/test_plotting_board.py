"""The board's figure and table use the names and the order of all other figures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling.labels import MODELS, named
from noisescaling.plotting import COLOURS, MARKERS
from noisescaling.plotting.board import board_table, draw_board
from noisescaling.plotting.style import model_numbers


@pytest.fixture
def table():
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


def test_models_have_the_order_the_colours_and_the_names_of_every_figure(table):
    fig, axes = plt.subplots(1, 2)
    draw_board(tuple(axes), table)
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


def test_what_is_not_identified_is_an_open_triangle_at_its_lower_end(table):
    fig, axes = plt.subplots(1, 2)
    draw_board(tuple(axes), table)
    (open_end,) = (x for x in axes[0].lines if x.get_marker() == ">" and len(x.get_xdata()))
    assert open_end.get_xdata().tolist() == [4.5]
    assert sum(len(lines.get_segments()) for lines in axes[0].collections) == 4
    plt.close(fig)


def test_the_table_has_the_readers_names(table):
    shown = board_table(table)
    assert shown.index.unique().tolist() == [("LARRY, blood progenitors", "cell type")]
    assert shown["model"].tolist() == [named(model) for model in table["model"]]
    assert shown["capacity (bits)"].tolist()[0] == "1 (0.5 to 1.5)"
    assert shown["noise sensitivity"].tolist()[-1] == "not identified, above 4.5"
    assert shown["R²"].unique() == [0.988]
