"""A surface from measured points: your own table, or the published one."""

from pathlib import Path

import pandas as pd

from noisescaling.fitting import JOINT, fit_law
from noisescaling.fitting.points import frame_points
from noisescaling.planning.surface import Surface, surface_of_fit

_UNIT = "UMIs per cell"


def surface_of_points(
    points: pd.DataFrame | str | Path,
    *,
    dataset: str = "",
    model: str = "",
    signal: str = "",
    entropy: float | None = None,
    n_draws: int = 200,
    seed: int = 0,
) -> Surface:
    """Surface of the joint law fitted to measured points of one data set, model and signal.

    Parameters
    ----------
    points
        The tidy table, or a CSV file of it: n_samples (cells), quality (UMIs per cell), bits; where
        they are there, dataset, model and signal, which tell grids apart, status and quality_unit.
    dataset, model, signal
        Which grid of the table; empty where there is one.
    entropy
        Entropy of the labels, in bits, for a signal of labels: no capacity exceeds it.
    n_draws, seed
        As for `surface_of_fit`.

    Raises
    ------
    ValueError
        If the file is no such table, holds none or several of the grids asked for, or its points
        do not suffice for a fit.
    """
    wanted = {"dataset": dataset, "model": model, "signal": signal}
    (n, u), bits = frame_points(_one_grid(_good_points(points), wanted), JOINT)
    fit = fit_law(JOINT, n, u, bits=bits, entropy=entropy)
    return surface_of_fit(fit, n_draws=n_draws, seed=seed)


def _good_points(points: pd.DataFrame | str | Path) -> pd.DataFrame:
    if not isinstance(points, pd.DataFrame):
        try:
            points = pd.read_csv(points)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"points = {str(points)!r} is no table: {str(error).splitlines()[0]}; give a CSV "
                "file with the columns n_samples, quality, bits"
            ) from error
    units = set(points.get("quality_unit", [])) - {_UNIT}
    if units:
        raise ValueError(f"quality_unit = {min(map(str, units))!r}; a plan needs {_UNIT}")
    return points[points["status"] == "ok"] if "status" in points else points


def _one_grid(points: pd.DataFrame, wanted: dict[str, str]) -> pd.DataFrame:
    """Return the rows of the grid that is wanted by name, or of the only one."""
    names = [name for name in wanted if name in points]
    asked = {name: value for name, value in wanted.items() if value}
    if unknown := [name for name in asked if name not in names]:
        raise ValueError(f"points have no column {unknown[0]}; leave {unknown[0]} empty")
    found = points
    for name, value in asked.items():
        found = found[found[name].astype(str) == value]
    if not names or len(found[names].drop_duplicates()) == 1:
        return found
    known = (found if len(found) else points)[names].drop_duplicates()
    told = "; ".join(", ".join(map(str, row)) for row in known.itertuples(index=False))
    raise ValueError(
        f"{', '.join(wanted)} = {', '.join(wanted.values())} is not one grid of the points; "
        f"give one of: {told}"
    )
