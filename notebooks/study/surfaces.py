"""The joint law fitted to every grid of cells and depth, as tables, and read back for the planner.

A table of fits, `SOURCE_joint_fits.csv`, has beside it `SOURCE_joint_draws.csv`: the fit's
uncertainty as draws of its parameters. The planner's page offers those that are identified; of a
law that repeats reject it tells the misfit.
"""

from collections.abc import Iterable
from itertools import combinations_with_replacement
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from noisescaling.fitting import LawFit, cell_law, fit_joint_law, joint_law
from noisescaling.fitting.forecast import Posterior
from noisescaling.planning import Surface, surface_of_fit
from noisescaling.planning.surface import open_questions, typical_error
from study.adequacy import suffices
from study.paths import RESULTS
from study.published import GRID

_FITS = "_joint_fits.csv"
_DRAWS = "_joint_draws.csv"


class Grid(NamedTuple):
    """What tells one fitted grid of cells and UMIs from another."""

    source: str
    dataset: str
    model: str
    signal: str


def fit_grid(grid: pd.DataFrame) -> LawFit:
    """Fit the joint law to one grid: columns size, u, bits; of labels also their `entropy`."""
    entropy = grid.get("entropy", pd.Series(np.nan, grid.index)).iloc[0]
    known = None if np.isnan(entropy) else float(entropy)
    return fit_joint_law(grid["size"], grid["u"], grid["bits"], entropy=known)


def wide_grids(
    points: pd.DataFrame, sizes: int = 3, bits: float = 0.1
) -> dict[tuple[str, str, str], pd.DataFrame]:
    """Return the points of each data set, signal and model that has numbers of cells enough.

    Grids of fewer than `sizes` numbers of cells, or that nowhere hold `bits`, are left out.
    """
    return {
        key: rows
        for key, rows in points.groupby(GRID)
        if rows["size"].nunique() >= sizes and rows["bits"].max() > bits
    }


def curves_over_cells(grids: Iterable[pd.DataFrame], bits: float = 0.1) -> pd.DataFrame:
    """Return the points at the depths that hold `bits` and suffice for a fit of the cell law."""
    curves = pd.concat(grids).groupby([*GRID, "u"])
    return curves.filter(lambda own: own["bits"].max() > bits and suffices(own, cell_law))


def rises(points: pd.DataFrame, by: list[str]) -> "pd.Series[float]":
    """Return each model's median rise from the fewest to the most cells, in bits.

    `by` are the columns that tell one curve over cells from another.
    """
    curves = points.groupby([*by, "size"])["bits"].mean().groupby(by)
    return (curves.last() - curves.first()).groupby("model").median()


def fourfold(
    fits: dict[tuple[str, str, str], LawFit], grids: dict[tuple[str, str, str], pd.DataFrame]
) -> pd.DataFrame:
    """Return what four times the cells, and four times the depth, bring in each grid, in bits.

    From a quarter of the most cells and of the largest depth; columns the grid's, cells, depth.
    """
    rows = []
    for key, fit in fits.items():
        n, u = grids[key]["size"].max(), grids[key]["u"].max()
        base, cells, depth = fit.predict(
            np.array([n / 4, n, n / 4]), np.array([u / 4, u / 4, u])
        ).tolist()
        rows.append((*key, cells - base, depth - base))
    return pd.DataFrame(rows, columns=[*GRID, "cells", "depth"])


def fit_table(fits: dict[tuple[str, str, str], LawFit]) -> pd.DataFrame:
    """Return the joint law's parameters of each grid, and whether all are identified."""
    return pd.DataFrame(
        [
            {**dict(zip(GRID, key, strict=True)), **fit.parameters, "r_squared": fit.r_squared,
             "points": fit.n_points, "identified": fit.verdict.identified}
            for key, fit in fits.items()
        ]
    )  # fmt: skip


def joint_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the joint law's fit of every grid.

    Columns: the grid's; the five parameters and their standard errors (`_se`); the covariance on
    the fit's scale, `cov_a_b`, where each parameter but i_max and s is its natural logarithm;
    sigma (bits), r_squared, n_points, identified, rejected, p_value (as `Verdict`), reason, entropy
    (of labels, bits), scatter (of repeats, bits, as a forecast takes it), and the ranges measured.
    """
    return pd.DataFrame([_row(key, grid) for key, grid in cells.groupby(GRID)])


def _row(key: tuple[str, str, str], grid: pd.DataFrame) -> dict[str, object]:
    fit = fit_grid(grid)
    pairs = combinations_with_replacement(enumerate(joint_law.names), 2)
    return {
        **dict(zip(GRID, key, strict=True)),
        **fit.parameters,
        **{f"{name}_se": value for name, value in fit.standard_errors.items()},
        **{f"cov_{a}_{b}": fit.covariance_inward[i, j] for (i, a), (j, b) in pairs},
        "sigma": fit.sigma,
        "r_squared": fit.r_squared,
        "n_points": fit.n_points,
        "identified": fit.verdict.identified,
        "rejected": fit.verdict.rejected,
        "p_value": fit.verdict.p_value,
        "reason": fit.reason,
        "entropy": float(np.ravel(fit.batch.entropy)[0]),
        "scatter": Posterior(fit).point.scatter,
        "size_low": grid["size"].min(),
        "size_high": grid["size"].max(),
        "u_low": grid["u"].min(),
        "u_high": grid["u"].max(),
    }


def draw_table(cells: pd.DataFrame, *, n_draws: int = 200) -> pd.DataFrame:
    """Return `n_draws` draws of the joint law's parameters for every grid of measured points.

    Columns: dataset, signal, model and the five parameters.
    """
    tables = []
    for key, grid in cells.groupby(GRID):
        drawn = surface_of_fit(fit_grid(grid), n_draws=n_draws).draws
        table = pd.DataFrame(drawn, columns=list(joint_law.names))
        tables.append(table.assign(**dict(zip(GRID, key, strict=True))))
    return pd.concat(tables, ignore_index=True)[[*GRID, *joint_law.names]]


def write(tables: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write tables by the names of their files; return where they are."""
    for name, table in tables.items():
        # Six digits: enough for any use, and the same on machines that differ in the last bit.
        table.to_csv(folder / name, index=False, float_format="%.6g")
    return [folder / name for name in tables]


def write_surfaces(
    cells: pd.DataFrame, source: str, folder: Path = RESULTS, *, n_draws: int = 200
) -> list[Path]:
    """Fit every grid of a table of measured points and write fits and draws; return the files.

    Parameters
    ----------
    cells
        Columns dataset, signal, model, size, u, bits, as `published_cells` gives them.
    source
        What the points are called, "published" for the published ones.
    folder
        Where the two tables go.
    n_draws
        As for `surface_of_fit`.
    """
    tables = {_FITS: joint_table(cells), _DRAWS: draw_table(cells, n_draws=n_draws)}
    return write({source + ending: table for ending, table in tables.items()}, folder)


def surfaces(folder: Path = RESULTS) -> dict[Grid, Surface]:
    """Surfaces of all fitted grids whose draws are in `folder`, in the tables' order."""
    found = {}
    for fits in sorted(folder.glob(f"*{_FITS}")):
        source = fits.name.removesuffix(_FITS)
        draws = folder / f"{source}{_DRAWS}"
        if draws.exists():
            drawn = dict(iter(pd.read_csv(draws).groupby(GRID)))
            for _, row in pd.read_csv(fits).iterrows():
                key = Grid(source, row["dataset"], row["model"], row["signal"])
                found[key] = _surface(row, drawn[tuple(row[GRID])])
    return found


def load_surface(
    dataset: str, model: str, signal: str, *, source: str = "published", folder: Path = RESULTS
) -> Surface:
    """Surface of one fitted grid.

    Raises
    ------
    ValueError
        If there is no such grid; the error lists those there are.
    """
    known = surfaces(folder)
    key = Grid(source, dataset, model, signal)
    if key not in known:
        told = "; ".join(", ".join(one) for one in known)
        raise ValueError(f"no fit of {', '.join(key)}; there are {told}")
    return known[key]


def _surface(row: "pd.Series", drawn: pd.DataFrame) -> Surface:
    names, reason = list(joint_law.names), str(row["reason"])
    cells, umis = ((float(row[f"{x}_low"]), float(row[f"{x}_high"])) for x in ("size", "u"))
    unknown = "" if row["identified"] else reason
    return Surface(
        row[names].to_numpy(np.float64),
        drawn[names].to_numpy(np.float64),
        cells,
        umis,
        unknown=open_questions(row[names], unknown, cells, row["entropy"]),
        misfit=reason if row["identified"] and row["rejected"] else "",
        error=typical_error(row["scatter"]),
        entropy=row["entropy"],
    )
