"""What a grid of points costs, from measured growth: `python -m benchmarks.cost.grid`.

Each piece's seconds are a product of powers of cells, genes and depth, fitted to the measured sizes
(small settings, one thread, at most as many epochs as those take). The published grid lies far
beyond the measured sizes: an extrapolation.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.paths import NOTEBOOKS, RESULTS

TABLE = RESULTS / "grid_cost.csv"
#: Genes of the published data sets, about: 20 to 30 thousand, a panel of 500 for merfish.
GENES = {"PBMC": 20_000, "larry": 25_000, "merfish": 500, "shendure": 25_000}
CLUSTER_CORES = 1000
MODELS = ("RandomProjection", "PCA", "SCVI", "RankTransformer")


@dataclass(frozen=True)
class Growth:
    """Seconds of a piece as a product of powers around a point.

    Attributes
    ----------
    seconds
        At the point.
    at
        The point: cells, genes and depth.
    powers
        Exponent of each.
    """

    seconds: float
    at: Mapping[str, float]
    powers: Mapping[str, float]

    def __call__(self, **where: float) -> float:
        """Return the seconds at other cells, genes and depth."""
        factors = [(where[axis] / self.at[axis]) ** p for axis, p in self.powers.items()]
        return float(self.seconds * np.prod(factors))


def growth(measured: pd.DataFrame) -> Growth:
    """Fit the growth of one piece: an exponent an axis, between 0 and 2, by least squares of logs.

    Parameters
    ----------
    measured
        Rows of one piece: `axis`, the axis that varies in the row's series; `cells`, `genes`,
        `depth`; `seconds`. Each axis' series shares the middle point.
    """
    powers = {}
    for axis in ("cells", "genes", "depth"):
        series = measured[measured["axis"] == axis]
        slope = 0.0
        if len(series) > 1:
            slope = np.polyfit(np.log(series[axis]), np.log(series["seconds"]), 1)[0]
        powers[axis] = float(np.clip(slope, 0.0, 2.0))
    largest = measured[measured["axis"] == "cells"].sort_values("cells").iloc[-1]
    at = {axis: float(largest[axis]) for axis in powers}
    return Growth(float(largest["seconds"]), at, powers)


def points(study: Mapping[str, object]) -> Iterator[tuple[str, int, float, str]]:
    """Yield data set, cells, depth and model of each point of a sweep's file, seed by seed."""
    for grid in study["sweep"]:  # type: ignore[attr-defined]
        for dataset in grid["datasets"]:
            for n_cells in grid["sizes"]:
                for depth in grid["depths"]:
                    for model in study["models"]:  # type: ignore[attr-defined]
                        for _ in study["seeds"]:  # type: ignore[attr-defined]
                            yield dataset["label"], n_cells, depth, model


def grid_cost(study: Mapping[str, object], growths: Mapping[str, Growth]) -> pd.DataFrame:
    """Return points and core hours of a study for each data set and model.

    Parameters
    ----------
    study
        A sweep's file, as read by `tomllib`, whose data sets have labels of `GENES`.
    growths
        Of "downsample", "metric" and each model.

    Returns
    -------
    One row a data set and model: `points`, `core_hours` and `longest_hours`, of the largest point.
    """
    rows = []
    for dataset, n_cells, depth, model in points(study):
        where = {"cells": n_cells, "genes": GENES[dataset], "depth": depth}
        spent = sum(growths[piece](**where) for piece in ("downsample", model, "metric"))
        rows.append({"dataset": dataset, "model": model, "hours": spent / 3600})
    table = pd.DataFrame(rows).groupby(["dataset", "model"], sort=False)["hours"]
    return table.agg(points="count", core_hours="sum", longest_hours="max").reset_index()


def wall_hours(costs: pd.DataFrame, n_cores: int) -> float:
    """Return the hours on some cores, one a point: no less than the longest point takes."""
    return float(max(costs["core_hours"].sum() / n_cores, costs["longest_hours"].max()))


def main() -> None:
    measured = pd.read_csv(RESULTS / "cost_scaling.csv")
    growths = {piece: growth(rows) for piece, rows in measured.groupby("piece")}
    study = tomllib.loads((NOTEBOOKS / "sweeps" / "paper.toml").read_text())
    costs = grid_cost(study, growths)
    costs.round(3).to_csv(TABLE, index=False)
    print(costs.round(2).to_string())
    for n_cores in (2, CLUSTER_CORES):
        print(f"{n_cores} cores: {wall_hours(costs, n_cores):,.0f} hours")


if __name__ == "__main__":
    main()
