import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling import plotting
from noisescaling.fitting import noise_law

U = np.geomspace(5, 2000, 10)


@pytest.fixture
def frame():
    def curve(model, u_bar):
        points = {"quality": U, "bits": noise_law(U, u_bar, 2.0), "standard_error": 0.02}
        return pd.DataFrame(points | {"model": model})

    return pd.concat([curve("PCA", 40.0), curve("SCVI", 80.0)])


def test_a_figure_shows_points_law_and_band_of_every_model(ax, frame):
    fits = plotting.draw_curves(ax, frame)
    assert fits["PCA"].u_bar == pytest.approx(40, rel=1e-3)
    assert len(ax.collections) >= 2, "no bands"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["PCA", "scVI"]
    assert ax.get_xlabel() == "UMIs per cell"
    assert ax.get_ylabel() == "information (bits)"
    assert ax.get_xscale() == "log"


def test_curves_differ_in_colour_and_in_marker(ax, frame):
    plotting.draw_curves(ax, frame)
    drawn = [c.lines[0] for c in ax.containers]
    assert len({line.get_color() for line in drawn}) == 2
    assert len({line.get_marker() for line in drawn}) == 2


def test_the_table_gives_both_numbers_with_intervals(ax, frame):
    table = plotting.law_table(plotting.draw_curves(ax, frame))
    assert list(table.index) == ["PCA", "scVI"]
    assert table.loc["scVI", "noise sensitivity (UMIs per cell)"].startswith("80 (")
    assert table.loc["PCA", "capacity (bits)"].startswith("2 (")
    assert table.loc["PCA", "identified"] == "yes"


def test_tables_are_shown_whole():
    plotting.use_style()
    long = pd.DataFrame({"bits": np.linspace(0.1, 90, 100), "why": "a long word on it " * 5})
    shown = long.to_html()
    assert "..." not in shown


def test_figures_are_opaque_so_that_they_read_on_a_dark_page():
    plotting.use_style()
    assert plt.rcParams["figure.facecolor"] == "white"
    assert plt.rcParams["savefig.facecolor"] == "white"
    assert len(plotting.COLOURS) == len(plotting.MARKERS) == 7
