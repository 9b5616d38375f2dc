"""Surfaces of the fitted grids; run as a module, it writes those of the published points.

python -m noisescaling.planning.tables

Each table of joint fits, `SOURCE_joint_fits.csv`, has beside it `SOURCE_joint_draws.csv`: the fit's
uncertainty as draws of its parameters. The planner's page offers those that are identified; of a
law that repeats reject it tells the misfit.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from noisescaling.fitting import JOINT
from noisescaling.fitting.tables import GRID, fit_grid, joint_table, published_cells, write
from noisescaling.paths import RESULTS
from noisescaling.planning.surface import (
    Range,
    Surface,
    open_questions,
    surface_of_fit,
    typical_error,
)

_FITS = "_joint_fits.csv"
_DRAWS = "_joint_draws.csv"


class Grid(NamedTuple):
    """What tells one fitted grid of cells and UMIs from another."""

    source: str
    dataset: str
    model: str
    signal: str


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


def draw_table(cells: pd.DataFrame, *, n_draws: int = 200) -> pd.DataFrame:
    """Draws of the joint law's parameters for every grid of a table of measured points.

    Parameters
    ----------
    cells
        Columns dataset, signal, model, size, u, bits, as `published_cells` gives them.
    n_draws
        As for `surface_of_fit`.

    Returns
    -------
    draws
        `n_draws` rows a grid: dataset, signal, model and the five parameters.
    """
    tables = []
    for key, grid in cells.groupby(GRID):
        drawn = surface_of_fit(fit_grid(grid), n_draws=n_draws).draws
        table = pd.DataFrame(drawn, columns=list(JOINT.names))
        tables.append(table.assign(**dict(zip(GRID, key, strict=True))))
    return pd.concat(tables, ignore_index=True)[[*GRID, *JOINT.names]]


def write_surfaces(
    cells: pd.DataFrame, source: str, folder: Path = RESULTS, *, n_draws: int = 200
) -> list[Path]:
    """Fit every grid of a table of measured points and write fits and draws; return the files.

    Parameters
    ----------
    cells
        As for `draw_table`. A table of this project's own points has these columns once
        `n_samples` is renamed to size and `quality` to u.
    source
        What the points are called, "published" for the published ones.
    folder
        Where the two tables go.
    n_draws
        As for `surface_of_fit`.
    """
    draws = draw_table(cells, n_draws=n_draws)
    return write({source + _FITS: joint_table(cells), source + _DRAWS: draws}, folder)


def _surface(row: pd.Series, drawn: pd.DataFrame) -> Surface:
    names = list(JOINT.names)
    cells, reason = _measured(row, "size"), str(row["reason"])
    return Surface(
        row[names].to_numpy(np.float64),
        drawn[names].to_numpy(np.float64),
        cells,
        _measured(row, "u"),
        unknown=open_questions(
            row[names], "" if row["identified"] else reason, cells, row["entropy"]
        ),
        misfit=reason if row["identified"] and row["rejected"] else "",
        error=typical_error(row["scatter"]),
        entropy=row["entropy"],
    )


def _measured(row: pd.Series, name: str) -> Range:
    return float(row[f"{name}_low"]), float(row[f"{name}_high"])


if __name__ == "__main__":
    for written in write_surfaces(published_cells(), "published"):
        print(written)
