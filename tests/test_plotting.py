"""Curves, their table, panels, pictures and plans show what was measured or planned."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling import plotting
from noisescaling.fitting import fit_joint_law, forecast, joint_law, noise_law, replicate_law
from noisescaling.planning import Costs, Library, cheapest, plan, surface_of_parameters
from noisescaling.planning.plan import thousands

U = np.geomspace(5, 2000, 10)


@pytest.fixture
def ax():
    """An axis to draw on, closed afterwards."""
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


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


def test_a_table_names_the_parameters_of_any_law(ax, frame):
    halves = frame.assign(bits=replicate_law(frame["quality"], 60, 2))
    table = plotting.law_table(plotting.draw_curves(ax, halves, law=replicate_law))
    assert table.loc["PCA", "quality at which signal equals noise (UMIs per cell)"][:4] == "60 ("
    assert table.loc["PCA", "number of directions"].startswith("2 (")


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
    looks = [tuple(plotting.series(number).values()) for number in range(49)]
    assert looks[:7] == list(zip(plotting.COLOURS, plotting.MARKERS, strict=True))
    assert len(set(looks)) == 49, "an eighth series looks like the first"


def test_panels_share_the_order_of_colours(ax, frame):
    fits = plotting.draw_curves(
        ax, frame[frame["model"] == "SCVI"].rename(columns={"quality": "u"}), order=["PCA", "SCVI"]
    )
    assert list(fits) == ["SCVI"]
    assert ax.containers[0].lines[0].get_color() == plotting.COLOURS[1]


def test_panels_leave_places_empty():
    fig, axes = plotting.panels(5)
    assert len(axes) == 5
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]
    plt.close(fig)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.98329, "0.983"), (15491.6, "15,492"), (7.6e10, "7.6e+10"), (np.inf, "inf")],
)
def test_numbers_of_tables_are_short(value, text):
    assert plotting.short(value) == text


def test_pictures_show_black_as_zero_unless_noise_leaves_the_scale():
    bright = np.full((1, 2, 2, 1), 128, np.uint8)
    noisy = np.array([-1.0, 0.0, 1.0, 3.0], np.float32).reshape(1, 2, 2, 1)
    fig = plotting.draw_pictures([{"bytes": bright, "floats": noisy}])
    shown = [ax.images[0].get_array().ravel() for ax in fig.axes]
    assert np.asarray(shown[0]) == pytest.approx(128 / 255)
    assert np.asarray(shown[1]) == pytest.approx([0, 0.25, 0.5, 1])
    plt.close()


PARAMETERS = {"i_max": 3.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}
COSTS = Costs(0.2, per_read=2e-6, library=Library(20_000, 0.6))


def law(**measured):
    return surface_of_parameters(PARAMETERS, {"u_snr": 10.0}, n_draws=40, **measured)


def test_the_surface_shows_the_best_design_on_the_line_of_its_price(ax):
    surface = law(cells_range=(100, 1e5), umis_range=(10, 8_000))
    found = plan(surface, COSTS, 2_000)
    plotting.draw_surface(ax, surface, COSTS, found)
    line, dot = ax.lines[0], ax.lines[-1]
    assert dot.get_xydata()[0] == pytest.approx([found.design.n_cells, found.design.umis_per_cell])
    cells, umis = line.get_xydata().T
    assert COSTS.total(cells, umis) == pytest.approx(2_000)
    assert umis.max() < 20_000
    assert ax.get_xlim()[0] < 100 < 1e5 < ax.get_xlim()[1]
    assert ax.get_ylabel() == "UMIs per cell"


def test_open_intervals_leave_the_picture_finite(ax):
    surface = surface_of_parameters({**PARAMETERS, "i_max": 2.0}, {"i_max": 0.4}, n_draws=40)
    found = cheapest(surface, COSTS, 1.6)
    assert np.isinf(found.cells_interval[1])
    plotting.draw_surface(ax, surface, COSTS, found)
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_the_budget_line_peaks_at_the_best_design(ax):
    surface = law()
    found = plan(surface, COSTS, 2_000)
    plotting.draw_budget_line(ax, surface, COSTS, found)
    umis, bits = ax.lines[0].get_xydata().T
    assert bits.max() <= found.design.bits + 1e-9
    assert umis[bits.argmax()] == pytest.approx(found.design.umis_per_cell, rel=0.15)
    assert len(ax.collections) == 1, "the band of the draws"
    assert ax.get_ylabel() == "information (bits)"


def test_the_table_tells_each_plan():
    surface = law(cells_range=(100, 1e5), umis_range=(10, 3_000))
    plans = {"small": plan(surface, COSTS, 200), "large": plan(surface, COSTS, 2e5)}
    table = plotting.plan_table(plans)
    assert list(table.index) == ["small", "large"]
    assert table.loc["large", "identified"] == "yes"
    assert table.loc["large", "reads per cell"] == thousands(plans["large"].design.reads_per_cell)
    assert table.loc["large", "lanes"] == thousands(plans["large"].design.lanes)
    assert table.loc["large", "beyond what was measured"] == "cells, depth"
    low, high = plans["small"].bits_interval
    assert table.loc["small", "bits"] == (
        f"{plans['small'].design.bits:.2f} ({low:.2f} to {high:.2f})"
    )
    bare = plotting.plan_table({"bare": plan(surface_of_parameters(PARAMETERS), COSTS, 200)})
    assert "(" not in bare.loc["bare", "bits"]
    by_umi = plotting.plan_table({"by UMI": plan(surface, Costs(0.2, per_umi=1e-5), 200)})
    assert not {"reads per cell", "lanes"} & set(by_umi)


def test_a_forecast_table_shows_the_forecast_with_its_interval_and_what_is_known(ax, frame):
    fits = plotting.draw_curves(ax, frame)
    table = plotting.forecast_table(fits, "times deeper", (2, 4))
    ahead = forecast(fits["SCVI"], U.max() * np.array([2.0, 4.0]))
    told = f"{ahead.bits[1]:.2f} ({ahead.low[1]:.2f} to {ahead.high[1]:.2f})"
    assert table.loc["scVI", "4 times deeper (bits)"] == told
    assert table["identified"].str.startswith("yes").all()


def test_more_observations_are_forecast_at_the_best_quality():
    n, u = (a.ravel() for a in np.meshgrid([50, 100, 200], U))
    fit = fit_joint_law(n, u, joint_law(n, u, 2, 10, 100, 1, 5))
    table = plotting.forecast_table({"PCA": fit}, "times as many", [4])
    ahead = forecast(fit, 800, U.max())
    assert table.iloc[0, 0] in ("yes", "no")
    assert table.iloc[0, 1].startswith(f"{float(ahead.bits):.2f} ({float(ahead.low):.2f} to")
    assert float(ahead.low) < joint_law(800, U.max(), 2, 10, 100, 1, 5) < float(ahead.high)
