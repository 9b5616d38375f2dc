"""The measured points of a study as curves to fit: committed ones, and new ones where lacking.

Run as a module, it writes the joint law's fits of the single cells, which the planner offers,
and the entropies of the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noisescaling import paths, presets
from noisescaling._checks import choice
from noisescaling.fitting.tables import fit_grid
from noisescaling.labels import FITTED_AT
from noisescaling.planning.tables import write_surfaces
from noisescaling.sweep import ResultsStore, Sweep, measured, read_sweeps
from noisescaling.sweep.grid import as_recipe
from noisescaling.sweep.measure import load_dataset
from noisescaling.sweep.noises import NOISES

#: What tells one grid of cells and depths from another, and one curve.
GRID: list[str] = ["dataset", "signal", "model"]
CURVE: list[str] = [*GRID, "size"]
_ENTROPIES = "label_entropies.csv"
#: Name of each noise by the unit of its quality axis.
_NOISES = {noise.unit: name for name, noise in NOISES.items()}


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


def single_cells(preset: str, *, file: str = "", **chosen: str | bool) -> Study:
    """Return the single-cell study, in bits against UMIs per cell; measure what is lacking.

    Parameters
    ----------
    preset
        "smoke", "laptop" or "paper": which file of notebooks/sweeps.
    file
        Another TOML file with a sweep.
    chosen
        As for `study`.

    Raises
    ------
    ValueError
        If the preset or a name is unknown, or the file is no sweep.
    """
    own = presets.pick(preset, file, smoke="smoke", laptop="laptop", paper="paper")
    path = Path(file) if file else paths.NOTEBOOKS / "sweeps" / f"{own}.toml"
    return study(read_sweeps(path), paths.RESULTS / "single_cells", **chosen)  # type: ignore[arg-type]


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


#: This project's data sets and signals that a published curve has its like of.
_TWINS: dict[tuple[str, str], tuple[str, str]] = {
    ("citeseq", "cell_type"): ("PBMC", "celltype.l3"),
    ("citeseq", "protein"): ("PBMC", "protein_counts"),
    ("larry", "clone"): ("larry", "clone"),
    ("osmfish", "neighbour"): ("merfish", "ng_idx"),
}
#: What the published tables call this project's models.
_PUBLISHED_MODELS = {"RankTransformer": "Geneformer"}


def largest(points: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each data set, signal and model at its largest number of observations."""
    return points[points["size"] == points.groupby(GRID)["size"].transform("max")]


def beside_published(fits: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return fitted curves beside the published ones of the same kind and the nearest size.

    Parameters
    ----------
    fits
        Table of `fit_curves` of this project's curves, by data set, signal, model and size.
    published
        The same of the published values (notebooks/results/published_fits.csv).

    Returns
    -------
    The columns of `fits`, and those of `published` with the ending _published; rows that have no
    like in the published values are left out.
    """
    rows = []
    for _, row in fits.iterrows():
        dataset, signal = _TWINS.get((row["dataset"], row["signal"]), ("", ""))
        model = _PUBLISHED_MODELS.get(row["model"], row["model"])
        same = published[published[GRID].eq([dataset, signal, model]).all(axis=1)]
        if len(same):
            nearest = np.abs(np.log(same["size"] / row["size"])).idxmin()
            rows.append(pd.concat([row, same.loc[nearest].add_suffix("_published")]))
    return pd.DataFrame(rows)


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
    kept = [
        grid
        for _, grid in found.groupby(GRID)
        if grid["bits"].max() > least_bits and fit_grid(grid).r_squared > least_r_squared
    ]
    return write_surfaces(pd.concat(kept), "ours")


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


if __name__ == "__main__":
    for written in [*write_joint_fits(), write_label_entropies()]:
        print(written)
