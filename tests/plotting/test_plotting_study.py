"""Figures of the study of cells show what was measured, on axes with units."""

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import fit_cell_law, fit_curves, fit_joint_law, joint_law, noise_law
from noisescaling.labels import MODELS, named
from noisescaling.plotting import COLOURS, study
from noisescaling.plotting.style import model_numbers


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
    study.draw_sensitivity(ax, fit_curves(frame, "model"))
    drawn = {line.get_label(): line.get_ydata()[0] for line in ax.lines}
    assert drawn["PCA"] == pytest.approx(30, rel=0.2)
    assert drawn["scVI"] == pytest.approx(60, rel=0.2)
    assert ax.get_xlabel() == "capacity (bits)"
    assert ax.get_ylabel() == "noise sensitivity (UMIs per cell)"


def test_a_plane_shares_one_colour_scale_with_its_points(ax, plane):
    fit = fit_joint_law(plane["size"], plane["u"], plane["bits"])
    mesh = study.draw_plane(ax, plane, fit)
    dots = ax.collections[-1]
    assert dots.norm is mesh.norm
    assert mesh.norm.vmax >= plane["bits"].max()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "400", "1,600"]


def test_cell_laws_are_drawn_where_there_is_a_fit(ax, plane):
    deep = plane[plane["u"] == plane["u"].max()]
    law = fit_cell_law(np.tile(deep["size"], 2), np.tile(deep["bits"], 2))
    study.draw_cell_laws(ax, plane, {float(plane["u"].max()): law})
    assert len(ax.containers) == 6
    assert sum(len(line.get_xdata()) == 60 for line in ax.lines) == 1


def test_a_mismatch_is_drawn_beside_the_matched_curve(ax):
    points = pd.DataFrame(
        {
            "u": [10.0, 100.0] * 2,
            "bits": [0.1, 1.0, 0.2, 0.6],
            "fitted_at": [np.nan] * 2 + [10.0] * 2,
        }
    )
    study.draw_mismatch(ax, points, [5.0, 10.0])
    assert [line.get_label() for line in ax.lines] == ["fitted at each depth", "fitted at 10"]
    assert ax.lines[1].get_ydata().tolist() == [0.2, 0.6]
    assert ax.lines[1].get_color() == COLOURS[1], "a depth has one colour in all panels"


def test_a_distribution_reaches_one(ax):
    fits = pd.DataFrame({"model": ["PCA"] * 4, "sigma": [0.01, 0.02, 0.03, 0.04]})
    study.draw_distribution(ax, fits, "sigma", "-", "here")
    assert ax.lines[0].get_ydata().tolist() == [0.25, 0.5, 0.75, 1.0]
    study.draw_distribution(ax, fits.assign(model="Mine"), "sigma", "-", "here")
    assert ax.lines[1].get_label() == "Mine, here", "a model of one's own is drawn too"


def test_needed_depths_without_an_upper_end_become_arrows(ax):
    needed = pd.DataFrame(
        {"dataset": ["larry"] * 2, "signal": ["clone"] * 2, "model": ["PCA", "SCVI"],
         "u_95": [50.0, 80.0], "u_95_low": [30.0, 40.0], "u_95_high": [90.0, np.inf],
         "deepest": [100.0] * 2}
    )  # fmt: skip
    study.draw_needed(ax, needed)
    assert [line.get_marker() for line in ax.lines].count(">") == 1
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "LARRY, blood progenitors, clone (sister cells)"
    ]
