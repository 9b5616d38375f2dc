"""Points that compare replicate information with labelled information, model by model."""

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noisescaling import noise, paths
from noisescaling.datasets import Dataset
from noisescaling.metric import replicate_information
from noisescaling.sweep import disk
from noisescaling.sweep.agreement import rank_agreement
from noisescaling.sweep.points import COLUMNS, described, failure, measure, versions
from noisescaling.sweep.replicate_cases import CONSTANT, Case, cases, model

#: What the column `signal` calls the information between two halves of the same cells.
REPLICATE = "replicate"
STORE = paths.RESULTS / "replicate_points.csv"


def measure_point(dataset: Dataset, name: str, depth: float, seed: int) -> list[dict[str, Any]]:
    """Return the tidy rows of one model at one depth: each signal, and the replicates, in bits.

    The labelled rows are of the model fitted on the cells thinned to `depth`, in UMIs per cell; the
    replicate row of the model fitted on one half of the same molecules.
    """
    rows = measure(dataset, name, partial(model, name), depth, seed, dataset.signals)
    start = time.perf_counter()
    rng = np.random.default_rng([seed, round(depth * 1000)])
    try:
        counts = noise.downsample(dataset.counts, depth, rng)
        found = replicate_information(counts, model(name, seed), seed=seed)
        told = {"bits": found.bits, "standard_error": found.standard_error,
                "status": "ok", "message": ""}  # fmt: skip
    except Exception as error:  # a failed point is a row, whatever the model raised
        told = failure(error)
    row = described(dataset.name, name, depth, seed) | told
    row |= {"signal": REPLICATE, "n_samples": dataset.n_samples, "provenance": versions()}
    return [*rows, row | {"seconds": time.perf_counter() - start}]


def points(chosen: Iterable[Case], store: Path | None = None, *, keep: bool = True) -> pd.DataFrame:
    """Return the tidy table of all points of the cases; compute those that `store` lacks.

    Each finished point is written at once, so that a stopped run goes on where it was.

    Parameters
    ----------
    chosen
        Data sets and grids.
    store
        CSV file of the points so far; none where None.
    keep
        Whether to write new points into `store`.
    """
    table = _read(store)
    wanted: set[tuple[Any, ...]] = set()
    for case in chosen:
        dataset = case.load()
        for depth, seed, name in product(case.depths, case.seeds, case.models):
            key = (case.name, dataset.n_samples, depth, seed, name)
            wanted.add(key)
            if key not in _keys(table):
                rows = pd.DataFrame(measure_point(dataset, name, depth, seed))[list(COLUMNS)]
                table = rows if table.empty else pd.concat([table, rows], ignore_index=True)
                if keep and store is not None:
                    _write(table, store)
    return table[[key in wanted for key in _keys(table)]].reset_index(drop=True)


def agreements(table: pd.DataFrame) -> pd.DataFrame:
    """Return how well replicate bits rank as each signal's bits do, one row a data set and signal.

    Ranks are of bits averaged over seeds. The constant embedding, which any measure puts last, is
    left out. `everything` ranks all models and depths together, `models` the models at one depth,
    `depths` the depths of one model.

    Parameters
    ----------
    table
        The tidy table of `points`.

    Returns
    -------
    Columns `dataset`, `signal`, `ranked`, `correlation`, `low`, `high`, `p_value`, `n_points`.
    """
    good = table[(table["status"] == "ok") & (table["model"] != CONSTANT)]
    mean = good.groupby(["dataset", "signal", "model", "quality"])["bits"].mean()
    rows = []
    for (dataset, signal), labelled in mean.groupby(level=["dataset", "signal"], sort=False):
        if signal == REPLICATE:
            continue
        pair = pd.concat(
            [labelled.droplevel(["dataset", "signal"]), mean[dataset, REPLICATE]],
            axis=1, keys=["labelled", "replicate"], join="inner",
        ).reset_index()  # fmt: skip
        for ranked, groups in (("everything", None), ("models", "quality"), ("depths", "model")):
            codes = None if groups is None else pair[groups].to_numpy()
            found = rank_agreement(pair["replicate"], pair["labelled"], codes)
            rows.append({"dataset": dataset, "signal": signal, "ranked": ranked} | asdict(found))
    return pd.DataFrame(rows)


def _keys(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = table[["dataset", "n_samples", "quality", "seed", "model"]]
    return list(columns.itertuples(index=False, name=None))


def _read(store: Path | None) -> pd.DataFrame:
    if store is None or not store.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return disk.read_csv(store)


def _write(table: pd.DataFrame, store: Path) -> None:
    by = ["dataset", "signal", "model", "n_samples", "quality", "seed"]
    rounded = table.assign(seconds=table["seconds"].astype(float).round(2)).sort_values(by)
    disk.write_csv(rounded, store, float_format="%.6g")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute the points of a preset into the committed table."""
    parser = argparse.ArgumentParser(prog="python -m noisescaling.sweep.replicates")
    parser.add_argument("--preset", default="laptop", choices=("smoke", "laptop", "paper"))
    parser.add_argument("--store", type=Path, default=STORE, help="CSV file that grows")
    given = parser.parse_args(arguments)
    points(cases(given.preset), given.store)


if __name__ == "__main__":
    main()
