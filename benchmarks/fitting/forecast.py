"""The prior of the forecasts and its hold-out: each data set is asked of what the others taught.

`python -m benchmarks.fitting.forecast` writes the prior of the package and the table of the
hold-out; it takes about twenty minutes on one core. A curve gives its lowest levels and is asked
for the rest; a grid of cells and depths gives its near corner and is asked for the far one. The
data set that is asked, its twin in the other study included, teaches nothing: neither the prior nor
the growth of the misfit.
"""

import json
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from noisescaling.fitting import Law, LawFit
from noisescaling.fitting.adequacy import lack_of_fit
from noisescaling.fitting.comparison import above, below
from noisescaling.fitting.curves import fit_groups
from noisescaling.fitting.forecast import Posterior, Prior, forecast
from noisescaling.fitting.laws import joint_law, noise_law, stretched_noise_law
from noisescaling.sweep import read_sweeps
from study import studies
from study.paths import NOTEBOOKS, RESULTS
from study.published import published_cells

CURVE = ["source", "dataset", "signal", "model", "noise", "size"]
GRID = CURVE[:-1]
#: The same cells in both studies, by one name.
TWINS = {"PBMC": "citeseq"}
#: A prior of so few data sets is made so many times as wide as they differ.
WIDER = 1.5
WIDE = {"u_bar": 4.0, "u_snr": 4.0, "u1": 4.0, "n0": 4.0, "i_max": 1.0, "k": 0.5, "s": 0.5}
ROUNDS = 2
GROWTHS = np.arange(0, 0.2, 0.01)


@dataclass(frozen=True)
class Curve:
    """One curve or grid: all of it fitted, its near part fitted, and what is asked."""

    teaches: str
    named: dict[str, object]
    whole: LawFit
    near: LawFit
    asked: pd.DataFrame


def measured_points() -> pd.DataFrame:
    """Return all points: the published cells, and the committed ones of this project."""
    folders = {"sequences": "sequence_points.csv", "images": "images"}
    ours = [studies.single_cells("laptop").points]
    for name, committed in folders.items():
        sweeps = read_sweeps(NOTEBOOKS / "sweeps" / f"{name}.toml")
        ours.append(studies.study(sweeps, RESULTS / committed).points)
    here = pd.concat(ours).assign(source="here")
    published = published_cells().assign(source="published", noise="downsample")
    return pd.concat([published, here], ignore_index=True)


def near_and_far(group: pd.DataFrame, law: Law) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a curve at six of ten levels (five of eight), a grid at its near and far corner."""
    if law is joint_law:
        share = 0.1 if group["size"].nunique() > 6 else 0.5
        near = below({"size": share, "u": 0.25})(group)
        return group[near], group[above({"size": 0.4, "u": 0.4})(group)]
    level = group["u"].rank(method="dense")
    near = level <= round(0.6 * level.max())
    return group[near], group[~near]


def split_curves(points: pd.DataFrame, by: list[str], law: Law) -> list[Curve]:
    """Fit each curve with enough levels, whole and its near part."""
    found = []
    for key, group in points.groupby(by):
        levels, sizes = group["u"].nunique(), group["size"].nunique()
        if levels < 8 or (law is joint_law and (sizes < 4 or group["bits"].max() < 0.3)):
            continue
        near, far = near_and_far(group, law)
        named = dict(zip(by, key, strict=True))
        name = str(named["dataset"]).partition(",")[0]
        whole, part = (fit_groups(one, by, law)[0][1] for one in (group, near))
        found.append(Curve(TWINS.get(name, name), named, whole, part, far))
    return found


def moments(fit: LawFit, prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the parameters' binary logarithms, in units of the largest measured."""
    posterior = Posterior(fit, prior)
    theta, weights = posterior.draws()
    doublings = (theta - posterior.units) / np.log(2)
    mean = weights @ doublings
    return mean, weights @ np.square(doublings - mean)


def learned(curves: list[Curve], law: Law, scatter: float, misfit: float) -> Prior:
    """Prior that the curves teach: expectation maximisation from a wide one, then widened.

    A data set of n curves counts as the root of n.
    """
    counts = pd.Series([curve.teaches for curve in curves]).value_counts()
    shares = np.array([counts[curve.teaches] ** -0.5 for curve in curves])
    shares /= shares.sum()
    spreads = {name: WIDE[name] for name in law.names}
    prior = Prior(dict.fromkeys(law.names, 0.0), spreads, scatter, misfit, 0.0)
    for _ in range(ROUNDS):
        means, variances = map(
            np.array, zip(*(moments(c.whole, prior) for c in curves), strict=True)
        )
        centre = shares @ means
        spread = np.sqrt(shares @ (np.square(means - centre) + variances))
        prior = replace(prior, means=named(law, centre), spreads=named(law, spread))
    return replace(prior, spreads=named(law, WIDER * spread))


def named(law: Law, values: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(law.names, values, strict=True)}


def asked_of(curves: list[Curve], prior: Prior) -> pd.DataFrame:
    """Forecasts of what each curve is asked, at growth 0 and 1, beside what was measured."""
    tables = []
    for curve in curves:
        inputs = [curve.asked[{"n": "size"}.get(x, x)].to_numpy() for x in curve.near.law.inputs]
        still, grown = (
            forecast(curve.near, *inputs, prior=replace(prior, growth=growth))
            for growth in (0.0, 1.0)
        )
        halves = [np.square(one.bits - one.low) for one in (still, grown)]
        tables.append(
            curve.asked[["u", "size", "bits"]].assign(
                **{name: curve.named[name] for name in ("source", "dataset")},
                curve=", ".join(map(str, curve.named.values())),
                teaches=curve.teaches,
                forecast=still.bits,
                law=curve.near.predict(*inputs),
                square=halves[0],
                per_growth=halves[1] - halves[0],
                entropy=float(np.ravel(curve.near.batch.entropy)[0]),
            )
        )
    return pd.concat(tables, ignore_index=True)


def held(table: pd.DataFrame, growth: float | pd.Series) -> pd.Series:
    """Whether each point lies in its interval, at a growth of the misfit."""
    half = np.sqrt(table["square"] + growth**2 * table["per_growth"])
    return (table["bits"] - table["forecast"]).abs() <= half


def growth_of(table: pd.DataFrame) -> float:
    """Smallest growth with which the intervals hold 0.9, averaged over data sets."""
    for growth in GROWTHS:
        if held(table, growth).groupby(table["teaches"]).mean().mean() >= 0.9:
            break
    return round(float(growth), 2)


def scatter_and_misfit(points: pd.DataFrame, by: list[str], law: Law) -> tuple[float, float]:
    """Median scatter of repeats, and root mean square misfit of the law at a level, in bits."""
    points = points[points.groupby(by)["u"].transform("nunique") >= 8]
    tests = lack_of_fit(points, by, law)
    places = points.groupby(by).apply(lambda one: one.groupby(["size", "u"]).ngroups).median()
    # The fitted parameters take up some of the misfit.
    square = np.square(tests["misfit"]).mean() * places / (places - len(law.names))
    return round(float(tests["scatter"].median()), 3), round(float(np.sqrt(square)), 3)


def derive(
    points: pd.DataFrame, by: list[str], law: Law, forecaster: Law
) -> tuple[Prior, pd.DataFrame]:
    """Return the prior of all data sets, and the hold-out of each with that of the others."""
    scatter, misfit = scatter_and_misfit(points, by, forecaster)
    curves = split_curves(points, by, law)
    teaching = [c for c in curves if not str(c.named["signal"]).endswith(("rest", "prediction"))]
    tables = []
    for name in sorted({curve.teaches for curve in curves}):
        others = [curve for curve in teaching if curve.teaches != name]
        prior = learned(others, forecaster, scatter, misfit)
        tables.append(asked_of([c for c in curves if c.teaches == name], prior))
        print(forecaster.name, name, prior, flush=True)
    table = pd.concat(tables, ignore_index=True)
    growths = {
        name: growth_of(table[table["teaches"] != name]) for name in table["teaches"].unique()
    }
    table["half"] = np.sqrt(
        table["square"] + table["teaches"].map(growths) ** 2 * table["per_growth"]
    )
    prior = learned(teaching, forecaster, scatter, misfit)
    return replace(prior, growth=growth_of(table)), table


def summary(table: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Errors of law and forecast (bits), coverage and width of the 90 % intervals, by groups."""
    error = (table["forecast"] - table["bits"]).abs()
    work = table.assign(
        error=error,
        law_error=(table["law"] - table["bits"]).abs(),
        held=error <= table["half"],
        curve=table.groupby(["source", "curve"]).ngroup(),
    )
    return (
        work.groupby(by)
        .agg(
            curves=("curve", "nunique"),
            points=("error", "size"),
            median=("error", "median"),
            mean=("error", "mean"),
            p90=("error", _ninth),
            law_median=("law_error", "median"),
            law_mean=("law_error", "mean"),
            law_p90=("law_error", _ninth),
            coverage=("held", "mean"),
            half_width=("half", "median"),
        )
        .reset_index()
    )


def _ninth(values: pd.Series) -> float:
    return float(values.quantile(0.9))


def main() -> None:
    points = measured_points()
    priors, tables = {}, []
    for what, by, law, forecaster in (
        ("depth", CURVE, noise_law, stretched_noise_law),
        ("cells and depth", GRID, joint_law, joint_law),
    ):
        prior, table = derive(points, by, law, forecaster)
        priors[forecaster.name] = asdict(prior)
        tables.append(table.assign(asked=what))
        summed = [summary(tables[-1], ["asked", "source", "dataset"])]
        summed.append(summary(tables[-1], ["asked", "source"]).assign(dataset="all"))
        tables[-1] = pd.concat(summed, ignore_index=True)
        print(tables[-1].round(3).to_string(), flush=True)
    data_sets = sorted(points["dataset"].unique())
    text = json.dumps({"data_sets": data_sets, "priors": priors}, indent=1)
    Path(str(files("noisescaling.fitting") / "prior.json")).write_text(
        text + "\n", encoding="utf-8"
    )
    pd.concat(tables).to_csv(RESULTS / "forecast_holdout.csv", index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
