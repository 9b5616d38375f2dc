"""Figures of the study show what was measured, on axes with units."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import fit_curves, fit_joint_law, joint_law, noise_law
from study import figures
from study.labels import MODELS, model_numbers, named, readable


def test_tables_for_readers_have_the_names_that_they_know():
    table = pd.DataFrame(
        {"dataset": "larry", "model": ["SCVI", "PCA"], "size": [4800, 50], "u_bar": [4e10, 30.0]}
    )
    told = readable(table.assign(r_squared=[0.98, float("nan")], identified=[False, True]))
    assert told.columns.name == "data"
    assert told.index.tolist() == ["LARRY, blood progenitors"] * 2
    assert told["model"].tolist() == ["scVI", "PCA"]
    assert told["cells"].tolist() == ["4,800", "50"]
    assert told["noise sensitivity (UMIs per cell)"].tolist() == ["not identified", "30"]
    assert told["R²"].tolist() == ["0.980", ""]
    assert told["identified"].tolist() == ["no", "yes"]


def test_a_number_and_its_interval_are_one_column_of_a_table_for_readers():
    ends = {"u_bar": [3.0, 4e12], "u_bar_low": [2.0, 5.5], "u_bar_high": [4.25, np.inf]}
    gain = {"bits": [0.1, np.nan], "bits_low": [-0.2, np.nan], "bits_high": [0.4, np.nan]}
    names = {"dataset": "larry, 2 apart", "noise": "gaussian"}
    table = pd.DataFrame({**names, **ends, **gain, "cells": [300, np.inf]})
    told = readable(table, "a unit", n_rows=2, endless="never", bits="gain (bits)")
    assert told.index.tolist() == [("LARRY, blood progenitors, 2 apart", "Gaussian noise")] * 2
    assert told.columns.tolist() == ["noise sensitivity (a unit)", "gain (bits)", "cells"]
    assert told.iloc[0].tolist() == ["3 (2 to 4.25)", "0.1 (-0.2 to 0.4)", "300"]
    assert told.iloc[1].tolist() == ["not identified, above 5.5", "", "never"]


@pytest.fixture
def plane():
    n, u = np.meshgrid([100.0, 400.0, 1600.0], np.geomspace(5, 500, 6))
    bits = joint_law(n.ravel(), u.ravel(), 40.0, 2.0, 50.0, 0.9, 20.0)
    return pd.DataFrame({"size": n.ravel(), "u": u.ravel(), "bits": bits})


def test_names_and_numbers_of_models_are_stable():
    assert named("SCVI") == "scVI"
    assert named("mine") == "mine"
    assert list(model_numbers((*MODELS, "mine")).values()) == [0, 1, 2, 3, 4]


def test_sensitivity_is_drawn_against_capacity_with_a_marker_for_each_model(ax):
    u = np.geomspace(5, 500, 8)
    rng = np.random.default_rng(0)
    frame = pd.concat(
        pd.DataFrame({"model": m, "u": u, "bits": noise_law(u, v, 1.5) + 0.01 * rng.normal(size=8)})
        for m, v in (("PCA", 30.0), ("SCVI", 60.0))
    )
    figures.draw_sensitivity(ax, fit_curves(frame, "model"))
    drawn = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    assert drawn["PCA"] == pytest.approx(30, rel=0.2)
    assert drawn["scVI"] == pytest.approx(60, rel=0.2)
    assert ax.get_xlabel() == "capacity (bits)"
    assert ax.get_ylabel() == "noise sensitivity (UMIs per cell)"


def test_a_joint_law_is_drawn_with_what_it_misses(ax, plane):
    fit = fit_joint_law(plane["size"], plane["u"], plane["bits"])
    off = plane.assign(dataset="d", signal="s", model="m")
    off.loc[3, "bits"] += 0.2
    dots = figures.draw_joint(ax, off, {("d", "s", "m"): fit})
    missed = np.sort(np.asarray(dots.get_array()))
    assert missed[-1] == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(missed[:-1], 0, atol=0.01)
    assert dots.get_clim() == (-0.3, 0.3)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "400", "1,600"]


@pytest.mark.parametrize(
    ("along", "by", "first"), [("size", "u", "5 cells"), ("u", "size", "100 cells")]
)
def test_a_family_has_a_curve_and_points_for_each_level(ax, plane, along, by, first):
    fit = fit_joint_law(plane["size"], plane["u"], plane["bits"])

    def law(x, level):
        level = np.full_like(x, level)
        return fit.predict(x, level) if along == "size" else fit.predict(level, x)

    figures.draw_family(ax, plane, along, by, lambda level: f"{level:,.0f} cells", law)
    levels = plane[by].nunique()
    assert len(ax.containers) == levels
    assert sum(len(line.get_xdata()) == 60 for line in ax.lines) == levels
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(shown) == 2
    assert shown[0] == first


def test_a_mismatch_is_drawn_beside_the_matched_curve(ax):
    points = pd.DataFrame(
        {
            "u": [10.0, 100.0] * 3,
            "bits": [0.1, 1.0, 0.2, 0.6, 0.3, 1.0],
            "fitted_at": [np.nan] * 2 + [10.0] * 2 + [100.0] * 2,
        }
    )
    figures.draw_mismatches(ax, points)
    assert [line.get_label() for line in ax.lines] == [
        "learned at the depth read", "learned from the shallowest", "learned from the deepest",
    ]  # fmt: skip
    assert ax.lines[2].get_ydata().tolist() == [0.3, 1.0]


def test_the_main_figure_shows_each_kind_of_signal_and_the_rest_is_kept(ax):
    tasks = [*figures.SHOWN[:2], ("larry", "day"), ("mine", "cell_type")]
    points = pd.DataFrame(tasks, columns=["dataset", "signal"]).assign(bits=1.0)
    assert list(figures.by_signal(points)) == tasks[:2]
    assert list(figures.by_signal(points, shown=False)) == tasks[2:]
    own = points[points["dataset"] == "mine"]
    assert list(figures.by_signal(own)) == tasks[3:], "data of one's own are shown"


def test_panels_of_signals_share_one_legend_and_their_labels():
    points = pd.DataFrame({"dataset": ["a", "b"], "signal": "s", "u": 1.0, "bits": 1.0})
    panels = figures.by_signal(points)
    figures.draw_signals(panels, lambda ax, rows: ax.plot(rows["u"], rows["bits"], label="PCA"))
    fig = plt.gcf()
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["PCA"]
    assert [ax.get_title() for ax in fig.axes] == ["a\ns", "b\ns"]
    plt.close(fig)


def test_the_goodness_table_has_a_row_a_source_and_model():
    fits = pd.DataFrame(
        {"model": ["PCA", "PCA", "SCVI"], "r_squared": [0.8, 0.9, 0.7], "sigma": 0.1,
         "identified": [True, False, True]}
    )  # fmt: skip
    tests = pd.DataFrame(
        {"model": ["PCA"] * 4, "p_value": [0.01, 0.2, 0.3, 0.04], "misfit": 0.02, "scatter": 0.03}
    )
    table = figures.goodness_table({"here": fits}, {"here": tests})
    assert table.index.tolist() == [("here", "PCA"), ("here", "scVI")]
    assert table.loc[("here", "PCA"), ["median R²", "rejected at 5 %"]].tolist() == [0.85, 0.5]
    assert np.isnan(table.loc[("here", "scVI"), "misfit (bits)"])


def test_needed_depths_without_an_upper_end_become_arrows(ax):
    needed = pd.DataFrame(
        {"dataset": ["larry"] * 2, "signal": ["clone"] * 2, "model": ["PCA", "SCVI"],
         "u_95": [50.0, 80.0], "u_95_low": [30.0, 40.0], "u_95_high": [90.0, np.inf],
         "deepest": [100.0] * 2}
    )  # fmt: skip
    figures.draw_needed(ax, needed)
    assert [line.get_marker() for line in ax.lines].count(">") == 1
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "LARRY, blood progenitors, clone (sister cells)"
    ]


def test_collapse_draws_the_hyperbola_every_group_and_the_mean_miss_of_each_bin():
    u = np.repeat(np.geomspace(1, 1e4, 200), 4)
    rng = np.random.default_rng(0)
    points = pd.DataFrame(
        {"dataset": ["larry", "other"] * 400, "signal": "s", "model": "PCA", "size": 9, "u": u}
    )
    points["bits"] = (
        noise_law(u, 100, 2) + np.where(u > 100, -0.1, 0.2) + 0.01 * rng.standard_normal(800)
    )
    law = {"signal": "s", "model": "PCA", "size": 9, "u_bar": 100.0, "i_max": 2.0}
    fits = pd.DataFrame(
        [law | {"dataset": name, "identified": True} for name in ("larry", "other")]
    )
    table = figures.collapsed(points, fits, 0.3)
    assert len(table) == 800
    assert figures.collapsed(points, fits.assign(i_max=0.2), 0.3).empty
    fig, (left, right) = plt.subplots(1, 2)
    figures.draw_collapse(left, right, table)
    hyperbola = left.lines[-1]
    np.testing.assert_allclose(
        hyperbola.get_ydata(), hyperbola.get_xdata() / (1 + hyperbola.get_xdata())
    )
    named = left.get_legend_handles_labels()[1]
    assert named == ["LARRY, blood progenitors", "other", "$x/(1+x)$"]
    x, means = np.array(right.containers[0].lines[0].get_data(), dtype=float)
    assert means[x < 0.7] == pytest.approx(0.2, abs=0.01)
    assert means[x > 1.6] == pytest.approx(-0.1, abs=0.01)
    plt.close(fig)


def test_an_open_interval_becomes_an_arrow_and_is_not_dropped(ax):
    table = pd.DataFrame({"estimate": [2.0, 3.0], "low": [1.0, 2.5], "high": [4.0, np.inf]})
    figures.draw_forest(ax, table, ["closed", "open"], reference=1.5)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["closed", "open"]
    arrow = next(line for line in ax.lines if line.get_marker() == ">")
    assert list(arrow.get_ydata()) == [-1]
    spans = ax.collections[0].get_segments()
    assert spans[0][:, 0].tolist() == [1.0, 4.0]
    assert spans[1][0, 0] == 2.5
    assert spans[1][1, 0] == arrow.get_xdata()[0] > 4


def test_hold_out_lists_laws_from_the_best(ax):
    summary = pd.DataFrame(
        {"law": ["good", "bad"], "pooled": [0.1, 0.3], "median_curve": [0.12, 0.4]}
    )
    figures.draw_hold_out(ax, summary, {"good": "a good law"})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a good law", "bad"]
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.3]


@pytest.fixture
def points():
    """Two models of two data sets under both noises, on the law with 1 bit and u_bar = 2."""
    u = np.geomspace(0.01, 100, 9)
    return pd.concat(
        pd.DataFrame({"noise": noise, "dataset": dataset, "model": model, "quality": u,
                      "bits": noise_law(u, 2.0, 1.0), "standard_error": 0.01})
        for noise in ("gaussian", "pixelate")
        for dataset in ("one_set", "other")
        for model in ("PixelPCA", "small network")
    )  # fmt: skip


def test_each_noise_and_data_set_has_a_panel_with_its_fits(points):
    figures.draw_grid(points.assign(entropy=points["dataset"].map({"one_set": 1.5, "other": 2.0})))
    axes = plt.gcf().axes
    assert len(axes) == 4
    assert [ax.get_title() for ax in axes] == ["one set", "other", "", ""]
    assert r"\sigma" in axes[0].get_xlabel()
    assert "f^2" in axes[2].get_xlabel()
    assert [ax.lines[-1].get_ydata()[0] for ax in axes] == [1.5, 2.0, 1.5, 2.0]
    plt.close()


def test_the_noises_of_one_data_set_stand_side_by_side(points):
    figures.draw_grid(points[points["dataset"] == "other"])
    first, second = (ax.get_position() for ax in plt.gcf().axes)
    assert first.y0 == pytest.approx(second.y0)
    assert first.x1 < second.x1
    plt.close()


def test_equal_bits_stand_on_a_line(ax):
    table = pd.DataFrame({"group": list("aab"), "whole": [1.0, 2, 3], "part": 0.5})
    figures.draw_equal(ax, table, "whole", "part", "group")
    assert [len(line.get_xdata()) for line in ax.lines] == [2, 2, 1]
    assert ax.get_legend_handles_labels()[1] == ["a", "b"]


def test_the_check_returns_the_largest_difference_and_draws_both(ax) -> None:
    x = np.geomspace(1, 100, 50)
    gap = figures.draw_check(ax, (x, np.log10(x)), ([1.0, 10.0], [0.1, 1.3]), "name", 1)
    assert gap == pytest.approx(0.3)
    assert len(ax.lines) == 2
    assert ax.lines[1].get_label() == "name"


def test_the_guide_follows_its_power(ax) -> None:
    figures.draw_power(ax, [2.0, 20.0], 5.0, -2.0)
    assert ax.lines[0].get_ydata() == pytest.approx([5.0, 0.05])


def test_lengths_must_agree(ax) -> None:
    with pytest.raises(ValueError, match="places has 2 rows and values has 1 rows"):
        figures.draw_check(ax, ([1.0], [1.0]), ([1.0, 2.0], [1.0]), "name")
