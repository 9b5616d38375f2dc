import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from study.adequacy import collapse

from noisescaling import plotting
from noisescaling.fitting import fit_joint_law, joint_law, noise_law
from noisescaling.plotting import laws

U = np.geomspace(10, 8000, 8)


def test_noise_laws_show_points_and_law_of_every_model(ax):
    fits = pd.DataFrame({"model": ["a", "b"], "u_bar": [100.0, 900.0], "i_max": [1.0, 2.0]})
    points = pd.concat(
        pd.DataFrame({"model": f["model"], "u": U, "bits": noise_law(U, f["u_bar"], f["i_max"])})
        for _, f in fits.iterrows()
    )
    laws.draw_noise_laws(ax, points, fits, {"a": "first"})
    line, dots = ax.lines[0], ax.lines[1]
    np.testing.assert_allclose(np.interp(U, *line.get_data()), dots.get_ydata(), atol=0.01)
    assert ax.get_legend_handles_labels()[1] == ["first", "b"]
    assert ax.get_xscale() == "log"


def test_panels_leave_places_empty():
    fig, axes = laws.panels(5)
    assert len(axes) == 5
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]
    plt.close(fig)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.98329, "0.983"), (15491.6, "15,492"), (7.6e10, "7.6e+10"), (np.inf, "inf")],
)
def test_numbers_of_tables_are_short(value, text):
    assert plotting.short(value) == text


def test_collapse_draws_the_hyperbola_and_every_group(ax):
    x, y = collapse(U, noise_law(U, 100, 2), 100, 2)
    laws.draw_collapse(ax, x, y, pd.Series(["p", "q"] * 4), {"p": "one"})
    hyperbola = ax.lines[-1]
    np.testing.assert_allclose(
        hyperbola.get_ydata(), hyperbola.get_xdata() / (1 + hyperbola.get_xdata())
    )
    assert ax.get_legend_handles_labels()[1] == ["one", "q", "$x/(1+x)$"]
    with pytest.raises(ValueError, match="x has 8 rows and y has 8 rows and groups has 2 rows"):
        laws.draw_collapse(ax, x, y, pd.Series(["p", "q"]), {})


def test_an_open_interval_becomes_an_arrow_and_is_not_dropped(ax):
    table = pd.DataFrame({"estimate": [2.0, 3.0], "low": [1.0, 2.5], "high": [4.0, np.inf]})
    laws.draw_forest(ax, table, ["closed", "open"], reference=1.5)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["closed", "open"]
    arrow = next(line for line in ax.lines if line.get_marker() == ">")
    assert list(arrow.get_ydata()) == [-1]
    spans = ax.collections[0].get_segments()
    assert spans[0][:, 0].tolist() == [1.0, 4.0]
    assert spans[1][0, 0] == 2.5
    assert spans[1][1, 0] == arrow.get_xdata()[0] > 4


def test_misfit_shows_the_mean_residual_of_each_bin(ax):
    x = np.repeat(10.0 ** np.array([-1.1, 0.1]), 40)
    rng = np.random.default_rng(0)
    residuals = np.repeat([0.2, -0.1], 40) + 0.01 * rng.standard_normal(80)
    laws.draw_misfit(ax, x, residuals, "model")
    means = np.asarray(ax.containers[0].lines[0].get_ydata(), dtype=float)
    np.testing.assert_allclose(means, [0.2, -0.1], atol=0.01)


def test_hold_out_lists_laws_from_the_best(ax):
    summary = pd.DataFrame(
        {"law": ["good", "bad"], "pooled": [0.1, 0.3], "median_curve": [0.12, 0.4]}
    )
    laws.draw_hold_out(ax, summary, {"good": "a good law"})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a good law", "bad"]
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.3]


def test_surface_draws_a_curve_for_each_size(ax):
    n, u = (values.ravel() for values in np.meshgrid([100.0, 1e3, 1e4], U))
    bits = joint_law(n, u, 2.4, 30, 400, 0.6, 90)
    fit = fit_joint_law(n, u, bits)
    laws.draw_surface(ax, pd.DataFrame({"size": n, "u": u, "bits": bits}), fit)
    assert len(ax.lines) == 6
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "100 cells", "10,000 cells",
    ]  # fmt: skip
