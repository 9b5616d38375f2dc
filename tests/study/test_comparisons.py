"""Models and laws side by side: planted contrasts and planted surfaces come back."""

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import fit_noise_law, joint_law, noise_law
from study import comparisons, modalities

U = np.geomspace(10, 8000, 8)


def fits(ratio, less, n_sets=4):
    """Fitted curves of two models, the first with a multiple of the sensitivity, and less bits."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(n_sets):
        u_bar, i_max = 100.0 * (1 + number), 2.0 + 0.1 * number
        for model, scale, lower in (("RankTransformer", ratio, less), ("SCVI", 1.0, 0.0)):
            row = {"dataset": f"set {number}", "signal": "s", "model": model}
            here = {"u_bar": u_bar * scale * np.exp(0.02 * rng.normal())}
            here["i_max"] = i_max - lower + 0.01 * rng.normal()
            for name, value in here.items():
                row |= {name: value, f"{name}_low": 0.9 * value, f"{name}_high": 1.1 * value}
            rows.append(row)
    return pd.DataFrame(rows)


def test_planted_contrasts_come_back_with_intervals_that_are_not_wide():
    table = comparisons.compare_models({"here": fits(3.0, 0.4)}).set_index("of")
    assert table["compared"].to_dict() == {
        "u_bar": "rank transformer / scVI", "i_max": "rank transformer less scVI",
    }  # fmt: skip
    assert table.loc["u_bar", "mean"] == pytest.approx(3, rel=0.05)
    assert table.loc["u_bar", "low"] < 3 < table.loc["u_bar", "high"] < 3.4
    assert table.loc["i_max", "mean"] == pytest.approx(-0.4, abs=0.03)
    assert table["curves"].tolist() == table["data sets"].tolist() == [4, 4]


@pytest.mark.parametrize(
    ("ratio", "less", "of", "word"),
    [
        (3.0, 0.4, "u_bar", "higher (2.9"),
        (3.0, 0.4, "i_max", "lower (-0.4"),
        (0.3, -0.4, "u_bar", "lower (0.29"),
        (0.3, -0.4, "i_max", "higher (0.4"),
        (1.0, 0.0, "u_bar", "not clearly different (0.98, "),
    ],
)
def test_the_verdict_says_what_the_interval_says(ratio, less, of, word):
    contrasts = comparisons.compare_models({"here": fits(ratio, less), "elsewhere": fits(1.0, 0)})
    assert comparisons.verdict(contrasts, "here", of).startswith(word)
    assert comparisons.verdict(contrasts, "nowhere", of) == "not told: a model is lacking"


def test_one_data_set_or_one_model_is_no_comparison():
    assert comparisons.compare_models({"here": fits(3.0, 0.4, n_sets=1)}).empty
    alone = fits(3.0, 0.4).query("model == 'SCVI'")
    assert comparisons.compare_models({"here": alone}).empty


def test_looking_ahead_adds_what_the_law_adds():
    fit = fit_noise_law(np.repeat(U, 3), noise_law(np.repeat(U, 3), 900.0, 2.0))
    ahead = comparisons.look_ahead(fit, 4)
    expected = noise_law(np.array([U[-1], 4 * U[-1]]), 900.0, 2.0)
    assert [ahead["now"], ahead["bits"]] == pytest.approx(expected.tolist(), abs=0.01)
    assert ahead["adds"] == pytest.approx(np.diff(expected)[0], abs=0.01)
    assert 0 <= ahead["low"] <= ahead["bits"] <= ahead["high"]


def test_both_orders_give_a_surface_that_is_one_law_of_each():
    n, u = (values.ravel() for values in np.meshgrid(np.geomspace(100, 1e4, 7), U))
    table = pd.DataFrame({"dataset": "d", "model": "m", "signal": "s", "size": n, "u": u})
    table["bits"] = joint_law(n, u, 2.0, 30.0, 1e-3, 1.0, 1e-3)  # cells are no limit
    (row,) = comparisons.orders(table, 10.0).to_dict("records")
    truth = joint_law(1e5, 10 * U[-1], 2.0, 30.0, 1e-3, 1.0, 1e-3)
    assert row["noise first"] == pytest.approx(truth, abs=0.02)
    assert row["cells first"] == pytest.approx(truth, abs=0.02)
    assert row["limit, noise first"] == pytest.approx(2, abs=0.02)
    assert row["largest"] == table["bits"].max()


def test_the_true_law_misses_the_deepest_levels_least():
    rng = np.random.default_rng(0)
    curves = {"dataset": "d", "signal": "s", "model": "m"}
    points = pd.concat(
        pd.DataFrame(curves | {"size": size, "u": U, "bits": noise_law(U, 50.0 * size, 2.0)})
        for size in (1, 2, 3)
    )
    points["bits"] += 0.005 * rng.normal(size=len(points))
    errors = comparisons.errors_of_deepest(points)
    assert errors.loc["noise_law", "mean"] < 0.05 < errors.loc["log_linear_law", "mean"]
    assert (errors["worst level"] >= errors["mean"]).all()


def test_headroom_is_the_usual_quality_of_each_noise_over_the_sensitivity():
    curve = {"source": "here", "dataset": "d", "signal": "s", "model": "m"}
    points = pd.concat(
        pd.DataFrame(curve | {"noise": noise, "u": U, "bits": noise_law(U, 40.0, 1.5)})
        for noise in ("downsample", "substitute", "gaussian", "pixelate")
    )
    fits = modalities.fits_with_headroom(points, 332.0, 1e4).set_index("noise")
    assert fits["usual"].to_dict() == {
        "downsample": U[-1], "substitute": 332.0, "gaussian": 1e4, "pixelate": 1.0,
    }  # fmt: skip
    assert fits["headroom"].to_numpy() == pytest.approx(fits["usual"].to_numpy() / 40, rel=1e-3)
    shown = modalities.summary(fits.reset_index(), fits.reset_index().head(1))
    assert shown["curves"].tolist() == [1, 1, 1, 1]


@pytest.fixture
def axes_points():
    """Three data sets: twice the axes add 0.4 bits up to 8, nothing from 8 to 16."""
    u = np.repeat(np.geomspace(5, 2000, 8), 2)
    rng = np.random.default_rng(0)
    parts = []
    for k in range(3):
        for axes, capacity in ((4, 1.2), (8, 1.6), (16, 1.6)):
            bits = noise_law(u, 50.0, capacity + 0.05 * k) + 0.005 * rng.standard_normal(16)
            parts.append(
                pd.DataFrame(
                    {
                        "dataset": f"d{k}",
                        "signal": "s",
                        "model": f"PCA, {axes} axes",
                        "size": 9,
                        "u": u,
                        "bits": bits,
                    }
                )
            )
    return pd.concat(parts)


def test_axes_add_capacity_up_to_the_last_clear_step(axes_points, ax):
    fits = comparisons.axes_fits(axes_points)
    assert sorted(fits["axes"].unique()) == [4, 8, 16]
    steps = comparisons.axes_steps(fits)
    assert steps.index.tolist() == ["4 to 8", "8 to 16"]
    assert steps.loc["4 to 8", "capacity (bits)"] == pytest.approx(0.4, abs=0.02)
    assert steps.loc["8 to 16", "low"] <= 0 <= steps.loc["8 to 16", "high"]
    assert "up to 8" in comparisons.axes_sentence(steps)
    assert "no capacity" in comparisons.axes_sentence(steps.iloc[1:])
    comparisons.draw_axes([ax, ax.twinx()], fits)
    assert len(ax.lines) == 3
