"""Committed points beside points measured anew: `python -m benchmarks.recompute points.csv`.

Points are the same where their descriptions are (data set, size, quality, model and settings,
seed). Tells how many there are, how far they lie apart in bits and in standard errors, and which
lie further apart than two standard errors of their difference.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from noisescaling.sweep import ResultsStore, Sweep, measured, read_csv, recipe
from study import paths

#: The committed tables of points.
TABLES = ("cells/*.csv", "board/*.csv", "images/*.csv", "sequence_points.csv")
#: Standard errors of the difference beyond which two values disagree.
LIMIT = 2.0


def committed() -> pd.DataFrame:
    """Return all committed points of the tidy tables."""
    files = sorted(file for table in TABLES for file in paths.RESULTS.glob(table))
    return pd.concat([read_csv(file) for file in files], ignore_index=True)


def differences(kept: pd.DataFrame, anew: pd.DataFrame) -> pd.DataFrame:
    """Return the points of both tables with the difference in bits and in standard errors."""
    columns = ["bits", "standard_error", "status"]
    found = _keyed(kept).join(_keyed(anew)[columns], how="inner", rsuffix="_anew")
    found["difference"] = (found["bits_anew"] - found["bits"]).abs()
    spread = np.hypot(found["standard_error"], found["standard_error_anew"])
    found["errors"] = np.where(found["difference"] == 0, 0.0, found["difference"] / spread)
    return found.reset_index()


def measured_anew(points: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Measure the points of a table again, from nothing, into an empty folder."""
    store = ResultsStore(folder)
    tables = [
        measured(sweep_of(json.loads(text)["point"], signals), store, progress=False)
        for text, signals in _grouped(points)
    ]
    return pd.concat(tables, ignore_index=True)


def sweep_of(point: dict, signals: Iterable[str]) -> Sweep:
    """Return the sweep of one point, from its description."""
    data, model = (
        recipe(point[part]["name"], **point[part]["settings"]) for part in ("dataset", "model")
    )
    return Sweep(
        [data], [model], [point["quality"]], sizes=[point["size"]], seeds=[point["seed"]],
        noise=point["noise"], fit_qualities=[point["fit_quality"]], signals=list(signals),
    )  # fmt: skip


def _grouped(points: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Return each point once, with the signals that are asked of it."""
    groups = points.groupby(points["provenance"].map(_identity))
    return [(part["provenance"].iloc[0], part["signal"].tolist()) for _, part in groups]


def _keyed(points: pd.DataFrame) -> pd.DataFrame:
    keyed = points.assign(identity=points["provenance"].map(_identity))
    return keyed.set_index(["identity", "signal"])


def _identity(provenance: str) -> str:
    return json.dumps(json.loads(provenance)["point"], sort_keys=True)


def main() -> int:
    """Print what differs; return 1 where more points do than chance would have."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recompute", description=__doc__)
    parser.add_argument("points", type=Path, help="CSV that compact wrote")
    found = differences(committed(), read_csv(parser.parse_args().points))
    if found.empty:
        print("none of these points is committed")
        return 1
    told = found.groupby(["dataset", "model"])[["difference", "errors"]].agg(["median", "max"])
    print(f"{len(found)} points are in both", told.round(4).to_string(), sep="\n")
    beyond = found[(found["errors"] > LIMIT) | (found["status"] != found["status_anew"])]
    print(f"{len(beyond)} lie apart by more than {LIMIT:g} standard errors, or by their status")
    print(beyond[["dataset", "signal", "model", "quality", "difference"]].to_string())
    return int(len(beyond) > 0.05 * len(found))


if __name__ == "__main__":
    sys.exit(main())
