"""The board: noise sensitivity and capacity of models that were measured on the same data."""

import pandas as pd

from noisescaling.fitting import fit_curves
from noisescaling.sweep.grid import FITTED_AT

#: What must be the same for models to be compared.
TASK: list[str] = ["dataset", "signal"]
#: What a point of the board is told apart by.
POINT: list[str] = [*TASK, "model", "n_samples", "quality", "seed"]
#: Points below which a curve has no fit with an interval.
MIN_POINTS = 4


def board(points: pd.DataFrame) -> pd.DataFrame:
    """Fit the noise law (bits) to each model's curve on each data set and signal.

    Each data set and signal is compared at its largest number of samples.

    Parameters
    ----------
    points
        Tidy results table of several models, of labels with their `entropy`. Rows without a
        value are left out.

    Returns
    -------
    table
        One row a data set, signal and model: `n_samples`, then the columns of `fit_curves`. Of a
        data set and signal the largest capacity comes first, and last what is not identified.

    Raises
    ------
    ValueError
        If a model was measured at other qualities than the others of its data set and signal, has
        a point twice, or has no four finished points.
    """
    # Cells that were embedded at another depth than the fitted ones are another question.
    points = points[~points["model"].str.contains(FITTED_AT, regex=False)]
    points = points[points["n_samples"] == points.groupby(TASK)["n_samples"].transform("max")]
    _check(points)
    done = points[points["status"] == "ok"]
    fits = fit_curves(done, [*TASK, "n_samples", "model"])
    order = [*TASK, "identifiable", "i_max", "model"]
    ascending = [True, True, False, False, True]
    return fits.sort_values(order, ascending=ascending, ignore_index=True)


def _check(points: pd.DataFrame) -> None:
    """Refuse curves that cannot be compared."""
    twice = points[points.duplicated(POINT)]
    if len(twice):
        raise ValueError(
            f"{len(twice)} points are there twice, the first of {_told(twice.iloc[0])}; a model of "
            "yours needs a name of its own"
        )
    for _, group in points.groupby(TASK):
        qualities = {m: set(part["quality"]) for m, part in group.groupby("model")}
        usual = max(qualities.values(), key=list(qualities.values()).count)
        for model, here in qualities.items():
            if here != usual:
                raise ValueError(
                    f"{_told(group.assign(model=model).iloc[0])} was measured at {_listed(here)}, "
                    f"and the other models at {_listed(usual)}; measure the same"
                )
    n_done = points["status"].eq("ok").groupby([points[c] for c in [*TASK, "model"]]).sum()
    few = n_done[n_done < MIN_POINTS]
    for (dataset, signal, model), n in few.items():
        raise ValueError(
            f"{model} on {dataset}, {signal} has {n} finished points; a curve needs {MIN_POINTS}"
        )


def _told(row: "pd.Series[str]") -> str:
    return f"{row['model']} on {row['dataset']}, {row['signal']}"


def _listed(qualities: set[float]) -> str:
    return ", ".join(f"{quality:g}" for quality in sorted(qualities))
