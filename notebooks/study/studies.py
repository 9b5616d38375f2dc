"""The measured points of a study as curves to fit: committed ones, and new ones where lacking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from noisescaling import presets
from noisescaling._checks import choice
from noisescaling.fitting import fit_curves
from noisescaling.noise.noises import NOISES
from noisescaling.sweep import ResultsStore, Sweep, measured, read_sweeps
from noisescaling.sweep.grid import FITTED_AT, as_recipe
from noisescaling.sweep.measure import load_dataset
from study import paths, surfaces
from study.labels import are_controls
from study.published import CURVE, GRID, published_cells
from study.published import largest as largest

_ENTROPIES = "label_entropies.csv"
#: Name of each noise by the unit of its quality axis; halves of cells have that of cells.
_NOISES = {noise.unit: name for name, noise in NOISES.items() if noise.signals is None}


@dataclass(frozen=True)
class Study:
    """Points of a study.

    Attributes
    ----------
    points
        One row a finished point: dataset, signal, model, size (observations), noise, u (quality, in
        the unit of the noise), seed, bits, standard_error (bits), entropy (of labels, bits; else
        missing).
    mismatched
        The same of models that were fitted at another quality than u, with that quality as
        `fitted_at`.
    failed
        Rows of the tidy table that have no value, with their messages.
    n_models
        Number of fitted models by name.
    """

    points: pd.DataFrame
    mismatched: pd.DataFrame
    failed: pd.DataFrame
    n_models: "pd.Series[int]"


def single_cells(
    preset: str, *, file: str = "", controls: bool = False, **chosen: str | bool
) -> Study:
    """Return the single-cell study, in bits against UMIs per cell; measure what is lacking.

    Parameters
    ----------
    preset
        "smoke", "laptop" or "paper": which file of notebooks/sweeps.
    file
        Another TOML file with a sweep.
    controls
        Whether to keep the controls, which learn nothing; those that are named are kept.
    chosen
        As for `study`.

    Raises
    ------
    ValueError
        If the preset or a name is unknown, or the file is no sweep.
    """
    smoke = "controls_smoke" if controls else "smoke"
    own = presets.pick(preset, "", smoke=smoke, laptop="cells", paper="paper")
    return _of_file(file, own, "cells", controls, **chosen)


def trained_elsewhere(preset: str, *, file: str = "", **chosen: Any) -> Study:
    """Return cells read by models that learned from cells of another depth; as `single_cells`.

    Models that were told to learn at the depth that they read are among the points, too.
    """
    smoke, laptop = "train_inference_smoke", "train_inference"
    own = presets.pick(preset, "", smoke=smoke, laptop=laptop, paper="paper")
    found = _of_file(file, own, "train_inference", **chosen)
    same = found.mismatched[found.mismatched["fitted_at"] == found.mismatched["u"]]
    points = pd.concat([found.points, same.drop(columns="fitted_at")], ignore_index=True)
    return replace(found, points=points)


def encodings(*, file: str = "", **chosen: Any) -> Study:
    """Return the study of what counts are turned into before anything is learned, in bits."""
    return _of_file(file, "encodings", "encodings", **chosen)


def axes(*, file: str = "", **chosen: Any) -> Study:
    """Return the study of the number of axes of a representation, in bits."""
    return _of_file(file, "latents", "latents", **chosen)


def published_transformer(*, file: str = "", **chosen: Any) -> Study:
    """Return the study of the rank transformer with the published settings, in bits."""
    return _of_file(file, "published_transformer", "published_transformer", **chosen)


def _without_controls(found: Study) -> Study:
    parts = {name: getattr(found, name) for name in ("points", "mismatched", "failed")}
    kept = {name: part[~are_controls(part["model"])] for name, part in parts.items()}
    n_models = found.n_models[~are_controls(found.n_models.index.to_series())]
    return replace(found, n_models=n_models, **kept)


def sequences(
    preset: str, *, file: str = "", controls: bool = False, **chosen: str | bool
) -> Study:
    """Return the study of proteins, in bits against true residues per error; as `single_cells`."""
    own = f"sequences{_ending(preset)}"
    return _of_file(file, own, "sequence_points.csv", controls, **chosen)


def images(preset: str, *, file: str = "", controls: bool = False, **chosen: str | bool) -> Study:
    """Return the study of images under two noises, in bits; as `single_cells`."""
    return _of_file(file, f"images{_ending(preset)}", "images", controls, **chosen)


def _ending(preset: str) -> str:
    return presets.pick(preset, "", smoke="_smoke", laptop="", paper="_paper")


def _of_file(file: str, own: str, committed: str, controls: bool = True, **chosen: Any) -> Study:
    """Return the study of a user's file, or of the project's own sweep where none is given."""
    path = Path(file) if file else paths.NOTEBOOKS / "sweeps" / f"{own}.toml"
    # The project's own sweeps may name models of the study; a user's file needs permission.
    allow = () if file else ("study",)
    found = study(read_sweeps(path, allow), paths.RESULTS / committed, **chosen)
    return found if controls or chosen.get("models") else _without_controls(found)


def study(
    sweeps: Sequence[Sweep],
    committed: Path,
    *,
    datasets: str = "",
    models: str = "",
    signals: str = "",
    store: str = "",
    recompute: bool = False,
) -> Study:
    """Return the points of sweeps, in bits; measure those that are not there.

    Parameters
    ----------
    sweeps
        What to measure.
    committed
        A CSV file of points, or a folder of them.
    datasets, models, signals
        Names to keep, such as "larry, osmfish"; all where empty.
    store
        Folder that keeps new points; one in the project where empty.
    recompute
        Whether to measure all points anew.

    Raises
    ------
    ValueError
        If none of the points has a name that is to be kept.
    """
    for axis, names in (("datasets", datasets), ("models", models)):
        sweeps = _only(sweeps, axis, names)
    points = ResultsStore(store or paths.POINTS, committed=committed)
    table = measured(sweeps, points, recompute=recompute)
    if signals:
        wanted = [choice("signal", s, table["signal"].unique()) for s in _names(signals)]
        table = table[table["signal"].isin(wanted)]
    return _of_table(table)


def _only(sweeps: Sequence[Sweep], axis: str, names: str) -> list[Sweep]:
    """Keep what is named of an axis of sweeps; a sweep that has none of it falls away."""
    if not names:
        return list(sweeps)
    wanted = _names(names)
    known = {as_recipe(one).label: None for sweep in sweeps for one in getattr(sweep, axis)}
    for name in wanted:
        choice(axis, name, known)
    found = []
    for sweep in sweeps:
        kept = [one for one in getattr(sweep, axis) if as_recipe(one).label in wanted]
        if kept:
            changes: dict[str, Any] = {axis: kept}
            found.append(replace(sweep, **changes))
    return found


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _of_table(table: pd.DataFrame) -> Study:
    bad = table["status"] != "ok"
    model = table["model"].str.partition(FITTED_AT)
    points = table.rename(columns={"n_samples": "size", "quality": "u"}).assign(
        model=model[0], noise=table["quality_unit"].map(_NOISES), fitted_at=pd.to_numeric(model[2])
    )
    points = points[[*CURVE, "noise", "u", "seed", "bits", "standard_error", "fitted_at"]]
    other = points["fitted_at"].notna()
    fitted = ~table.duplicated(["dataset", "model", "n_samples", "quality", "quality_unit", "seed"])
    points = with_entropies(points)
    return Study(
        points[~bad & ~other].drop(columns="fitted_at").reset_index(drop=True),
        points[~bad & other].reset_index(drop=True),
        table[bad].reset_index(drop=True),
        model.loc[fitted, 0].value_counts(),
    )


def write_joint_fits(least_bits: float = 0.3, least_r_squared: float = 0.9) -> list[Path]:
    """Write the joint law's fit of the committed cells, for the planner; return the files.

    Parameters
    ----------
    least_bits
        Grids that nowhere hold so much are left out.
    least_r_squared
        So are those of which the law explains a smaller share of the variance.
    """
    found = single_cells("laptop").points
    found = found[found["model"].isin(["PCA", "SCVI"]) & (found["dataset"] != "simulated")]
    grids = [grid for _, grid in found.groupby(GRID) if grid["bits"].max() > least_bits]
    kept = [one for one in grids if surfaces.fit_grid(one).r_squared > least_r_squared]
    return surfaces.write_surfaces(pd.concat(kept), "ours")


def write_label_entropies(sweeps: Sequence[str] = ("laptop", "images")) -> Path:
    """Write the entropy of every label of the studies' data sets, in bits, for the fits."""
    read = [
        one for name in sweeps for one in read_sweeps(paths.NOTEBOOKS / "sweeps" / f"{name}.toml")
    ]
    recipes = {as_recipe(data) for sweep in read for data in sweep.datasets}
    rows = [
        (one.label, name, round(signal.entropy, 6))
        for one in sorted(recipes, key=lambda one: one.label)
        for name, signal in load_dataset(one).signals.items()
        if signal.entropy is not None
    ]
    path = paths.RESULTS / _ENTROPIES
    columns = ["dataset", "signal", "entropy"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def with_entropies(points: pd.DataFrame) -> pd.DataFrame:
    """Return points of the study with a column `entropy`: that of the labels, in bits, or NaN."""
    task = ["dataset", "signal"]
    known = pd.read_csv(paths.RESULTS / _ENTROPIES).set_index(task)["entropy"]
    here = known.reindex(pd.MultiIndex.from_frame(points[task]))
    return points.assign(entropy=here.to_numpy())


def write_tables() -> list[Path]:
    """Write all tables that are made from committed points and data sets; return the files."""
    cells = published_cells()
    curves = {"published_fits.csv": fit_curves(cells, CURVE)}
    return [
        write_label_entropies(),
        *surfaces.write(curves, paths.RESULTS),
        *surfaces.write_surfaces(cells, "published"),
        *write_joint_fits(),
    ]
