import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from noisescaling.fitting import (
    fit_curves,
    fit_noise_law,
    forecast,
    joint_law,
    noise_law,
    report,
)

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


def test_weights_are_those_of_scipy_for_errors_that_differ_little() -> None:
    frame = table().rename(columns={"umis_per_cell": "u", "mi_value": "bits"})
    frame["error"] = np.where(frame["u"] < 100, 0.06, 0.03)
    fits = fit_curves(frame, "model", errors="error").set_index("model")
    for model, curve in frame.groupby("model"):
        best, cover = curve_fit(
            lambda u, x, y: noise_law(u, np.exp(x), y),
            curve["u"], curve["bits"], p0=(6, 1.5), bounds=((0, 0.01), (20, 10)),
            sigma=curve["error"],
        )  # fmt: skip
        assert fits.loc[model, "i_max"] == pytest.approx(best[1], rel=1e-5)
        assert fits.loc[model, "i_max_se"] == pytest.approx(np.sqrt(cover[1, 1]), rel=1e-3)
        single = fit_noise_law(curve["u"], curve["bits"], standard_errors=curve["error"])
        assert single.i_max == pytest.approx(best[1], rel=1e-5)
        assert abs(fit_noise_law(curve["u"], curve["bits"]).i_max - best[1]) > 1e-4


def test_the_level_of_a_table_has_its_effect() -> None:
    narrow, wide = (fit_curves(table(), "model", level=level) for level in (0.68, 0.95))
    assert (narrow["i_max_low"] > wide["i_max_low"]).all()
    assert (narrow["u_bar_high"] < wide["u_bar_high"]).all()
    pd.testing.assert_series_equal(narrow["u_bar_se"], wide["u_bar_se"])


def test_a_report_tells_law_verdict_and_forecast_of_every_curve() -> None:
    tidy = table().rename(columns={"umis_per_cell": "quality", "mi_value": "bits"})
    tidy = tidy.assign(status="ok", n_samples=700, dataset="mine", seed=0)
    failed = tidy.head(3).assign(bits=np.nan, status="failed")
    told = report(pd.concat([failed, tidy]))
    assert list(told.columns[:3]) == ["dataset", "model", "n_samples"]
    pd.testing.assert_frame_equal(
        told[fit_curves(tidy, ["dataset", "model", "n_samples"]).columns],
        fit_curves(tidy, ["dataset", "model", "n_samples"]),
    )
    curve = tidy[tidy["model"] == "a"]
    ahead = forecast(fit_noise_law(curve["quality"], curve["bits"]), 4 * curve["quality"].max())
    row = told.set_index("model").loc["a"]
    assert (row["measured_low"], row["measured_high"]) == (10, pytest.approx(8100))
    assert row["ahead_4"] == pytest.approx(float(ahead.bits), abs=1e-6)
    assert row["ahead_4_low"] == pytest.approx(float(ahead.low), abs=1e-6)
    assert row["ahead_4_high"] == pytest.approx(float(ahead.high), abs=1e-6)
    assert row["ahead_2"] < row["ahead_4"] < row["ahead_10"]
    assert json.loads(told.to_json(orient="records"))[0]["model"] == "a"


def test_a_report_of_one_nameless_curve_has_one_row() -> None:
    curve = table()[lambda t: t["model"] == "b"].drop(columns="model")
    told = report(curve)
    assert told.loc[0, "curve"] == "all"
    assert told.loc[0, "i_max"] == pytest.approx(3.0, abs=0.3)
    with pytest.raises(ValueError, match="frame has 0 rows; give at least one curve"):
        report(curve.assign(status="failed"))


def test_laws_of_two_inputs_take_the_cells_too() -> None:
    n, u = (x.ravel() for x in np.meshgrid(np.geomspace(100, 1e5, 6), np.geomspace(10, 8100, 6)))
    frame = pd.DataFrame({"size": n, "u": u, "bits": joint_law(n, u, 2.4, 30, 400, 0.6, 90)})
    fits = fit_curves(frame.assign(grid="x"), "grid", law=joint_law)
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
    with pytest.raises(ValueError, match="level = 2 must lie between 0 and 1"):
        fit_curves(frame, "model", level=2)
