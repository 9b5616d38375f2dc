import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from noisescaling.fitting import JOINT, fit_curves, fit_noise_law, joint_law, noise_law

TRUTH = {"a": (300.0, 1.5), "b": (2000.0, 3.0), "c": (80.0, 0.6)}


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    u = np.repeat(np.geomspace(10, 8100, 10), 2)
    parts = []
    for model, truth in TRUTH.items():
        bits = noise_law(u, *truth) + 0.03 * rng.standard_normal(20)
        parts.append(pd.DataFrame({"model": model, "umis_per_cell": u, "mi_value": bits}))
    # Curves of different lengths, in mixed order.
    return pd.concat(parts).iloc[:-5].sample(frac=1, random_state=1)


def test_fits_are_those_of_plain_least_squares() -> None:
    frame = table()
    fits = fit_curves(frame, "model").set_index("model")
    for model, curve in frame.groupby("model"):
        expected, _ = curve_fit(
            lambda u, x, y: noise_law(u, np.exp(x), y),
            curve["umis_per_cell"], curve["mi_value"], p0=(6, 1.5), bounds=((0, 0.01), (20, 10)),
        )  # fmt: skip
        assert fits.loc[model, "i_max"] == pytest.approx(expected[1], abs=1e-4)
        assert np.log(fits.loc[model, "u_bar"]) == pytest.approx(expected[0], abs=1e-3)


def test_rows_are_those_of_single_fits() -> None:
    frame = table()
    fits = fit_curves(frame, ["model"])
    assert list(fits.columns[:8]) == [
        "model", "u_bar", "i_max", "u_bar_se", "i_max_se", "r_squared", "n_points", "identifiable",
    ]  # fmt: skip
    for _, row in fits.iterrows():
        curve = frame[frame["model"] == row["model"]]
        single = fit_noise_law(curve["umis_per_cell"], curve["mi_value"])
        assert row["n_points"] == len(curve)
        assert row["u_bar_se"] == pytest.approx(single.standard_errors["u_bar"], rel=1e-4)
        limits = single.confidence_intervals()["i_max"]
        assert (row["i_max_low"], row["i_max_high"]) == pytest.approx(limits, rel=1e-4)
        for name in ("r_squared", "sigma", "aicc"):
            assert row[name] == pytest.approx(getattr(single, name), rel=1e-6)
        assert bool(row["identifiable"]) is single.identifiable


def test_column_of_standard_errors_weighs_the_points() -> None:
    frame = table().rename(columns={"umis_per_cell": "u", "mi_value": "bits"})
    frame["standard_error"] = np.where(frame["u"] < 100, 5.0, 0.05)
    fits = fit_curves(frame, "model", errors="standard_error").set_index("model")
    curve = frame[frame["model"] == "b"]
    single = fit_noise_law(curve["u"], curve["bits"], standard_errors=curve["standard_error"])
    assert fits.loc["b", "i_max"] == pytest.approx(single.i_max, rel=1e-6)
    assert fits.loc["b", "i_max_se"] == pytest.approx(single.standard_errors["i_max"], rel=1e-4)


def test_laws_of_two_inputs_take_the_cells_too() -> None:
    n, u = (x.ravel() for x in np.meshgrid(np.geomspace(100, 1e5, 6), np.geomspace(10, 8100, 6)))
    frame = pd.DataFrame({"size": n, "u": u, "bits": joint_law(n, u, 2.4, 30, 400, 0.6, 90)})
    fits = fit_curves(frame.assign(grid="x"), "grid", law=JOINT)
    assert fits.loc[0, "s"] == pytest.approx(0.6, rel=1e-4)


def test_fit_curves_refuses() -> None:
    frame = table()
    with pytest.raises(
        ValueError, match="frame has no column u or umis_per_cell or quality; its columns are"
    ):
        fit_curves(frame.drop(columns="umis_per_cell"), "model")
    with pytest.raises(ValueError, match="frame has no column dataset"):
        fit_curves(frame, ["dataset"])
    nameless = frame.assign(model=[None, *frame["model"][1:]])
    with pytest.raises(ValueError, match="model is missing in 1 of 55 rows; fill it in"):
        fit_curves(nameless, "model")
    with pytest.raises(ValueError, match="mi_value holds 1 NaN or infinite values of 55"):
        fit_curves(frame.assign(mi_value=[np.nan, *frame["mi_value"][1:]]), "model")
    with pytest.raises(ValueError, match="umis_per_cell holds -1; every value must be above 0"):
        fit_curves(frame.assign(umis_per_cell=-1.0), "model")
    few = pd.concat([frame, pd.DataFrame({"model": "d", "umis_per_cell": [9], "mi_value": [1]})])
    with pytest.raises(ValueError, match="model = d: 1 points are too few for the 2 parameters"):
        fit_curves(few, "model")
    with pytest.raises(ValueError, match="frame has 0 rows; give at least one curve"):
        fit_curves(frame.iloc[:0], "model")
    with pytest.raises(ValueError, match="level = 2 must be between 0 and 1"):
        fit_curves(frame, "model", level=2)
