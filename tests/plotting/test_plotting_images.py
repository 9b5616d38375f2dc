import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import noise_law
from noisescaling.plotting.images import draw_grid, draw_pictures, draw_prediction


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
    fits = draw_grid(points, ceilings={"one_set": 1.5, "other": 2.0})
    axes = plt.gcf().axes
    assert len(axes) == 4
    assert [ax.get_title() for ax in axes] == ["one set", "other", "", ""]
    assert r"\sigma" in axes[0].get_xlabel()
    assert "f^2" in axes[2].get_xlabel()
    assert len(fits) == 8
    for fit in fits.values():
        assert (fit.u_bar, fit.i_max) == (pytest.approx(2, rel=1e-3), pytest.approx(1, rel=1e-3))
    plt.close()


def test_the_noises_of_one_data_set_stand_side_by_side(points):
    draw_grid(points[points["dataset"] == "other"])
    first, second = (ax.get_position() for ax in plt.gcf().axes)
    assert first.y0 == pytest.approx(second.y0)
    assert first.x1 < second.x1
    plt.close()


def test_pictures_show_black_as_zero_unless_noise_leaves_the_scale():
    bright = np.full((1, 2, 2, 1), 128, np.uint8)
    noisy = np.array([-1.0, 0.0, 1.0, 3.0], np.float32).reshape(1, 2, 2, 1)
    fig = draw_pictures({"rows": [bright, noisy]}, [["bytes", "floats"]])
    shown = [ax.images[0].get_array().ravel() for ax in fig.axes]
    assert np.asarray(shown[0]) == pytest.approx(128 / 255)
    assert np.asarray(shown[1]) == pytest.approx([0, 0.25, 0.5, 1])
    plt.close()


def test_predictions_are_drawn_beside_the_line_of_equal_bits(ax):
    table = pd.DataFrame({"group": list("aab"), "representation": [1.0, 2, 3], "prediction": 0.5})
    draw_prediction(ax, table)
    assert [len(line.get_xdata()) for line in ax.lines] == [2, 1, 2]
