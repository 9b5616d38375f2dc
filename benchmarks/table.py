"""One table of all comparisons, from the points that each benchmark measured."""

import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pandas as pd
from benchmarks.metric.places import RESULTS, ROOT
from benchmarks.pipeline.summary import COMPARISONS, curve_ratio
from benchmarks.points import Row

TABLE = RESULTS / "benchmarks.csv"
COLUMNS = (
    "benchmark", "ours", "peer", "unit", "ratio", "ratio_low", "ratio_high", "repeats",
    "peer_version", "wanted", "machine", "date", "source",
)  # fmt: skip
_LATENTMI = "latentmi 0.1.3"


def gathered() -> pd.DataFrame:
    """Return the table, from the benchmarks whose points are there."""
    rows = []
    for name, read in _READERS.items():
        path = RESULTS / name
        if path.exists():
            points = pd.read_csv(path)
            common = {"machine": _one(points, "machine"), "source": name}
            common["date"] = _one(points, "date") or _committed(name)
            rows += [row | common for row in read(points)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _one(points: pd.DataFrame, column: str) -> str:
    return str(points[column].iloc[-1]) if column in points else ""


def _committed(name: str) -> str:
    """Return the day on which the points were committed, for those that carry no date."""
    command = ["git", "log", "-1", "--format=%cs", "--", str(RESULTS / name)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def _package(*names: str) -> str:
    told = []
    for name in names:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            told.append(name)
    return ", ".join(told)


def _downsample(points: pd.DataFrame) -> Iterator[Row]:
    for row in points.itertuples():
        what = f"{row.share:.0%} of {row.umis_per_cell:,} UMIs per cell"
        yield {"benchmark": f"downsample, {row.variant}, {what}", "unit": "s", "ours": row.ours,
               "peer": row.peer, "ratio": row.ratio, "ratio_low": row.low, "ratio_high": row.high,
               "repeats": row.repeats, "wanted": "ratio 15",
               "peer_version": _package("scanpy")}  # fmt: skip


def _pipeline(points: pd.DataFrame) -> Iterator[Row]:
    for comparison in COMPARISONS:
        told = curve_ratio(points, comparison)
        peers = ["scvi-tools", "transformers", "scanpy"]
        versions = _package(*peers)
        if "metric" in comparison.pieces:
            versions += f", {_LATENTMI}"
        yield {"benchmark": comparison.name, "unit": "s", "ours": round(told.ours, 1),
               "peer": round(told.peer, 1), "ratio": round(told.ratio, 2),
               "ratio_low": round(told.low, 2), "ratio_high": round(told.high, 2),
               "repeats": told.repeats, "peer_version": versions,
               "wanted": "ratio 10" if comparison is COMPARISONS[0] else ""}  # fmt: skip


def _metric(points: pd.DataFrame) -> Iterator[Row]:
    for n, pair in points.groupby("n_samples"):
        ours, peer = (
            pair.loc[pair["estimator"] == e, "seconds"].item() for e in ("ours", "latentmi")
        )
        ratio = round(peer / ours, 1)
        yield {"benchmark": f"metric, {n:,} pairs, by the clock", "unit": "s", "ours": ours,
               "peer": peer, "ratio": ratio, "repeats": 1,
               "peer_version": _LATENTMI}  # fmt: skip


def _fitting(points: pd.DataFrame) -> Iterator[Row]:
    (row,) = points.to_dict("records")
    yield {"benchmark": f"fits of {row['curves']} curves with intervals", "unit": "s",
           "ours": row["seconds_ours"], "peer": row["seconds_lmfit"], "ratio": row["ratio"],
           "repeats": 1,
           "peer_version": _package("lmfit")}  # fmt: skip


def _engine(points: pd.DataFrame) -> Iterator[Row]:
    for row in points.itertuples():
        limit = "" if pd.isna(row.wanted) else f"under {row.wanted:g} {row.unit}"
        yield {"benchmark": row.quantity, "ours": row.median, "unit": row.unit, "repeats": 5,
               "wanted": limit}  # fmt: skip


def _million(points: pd.DataFrame) -> Iterator[Row]:
    for row in points.itertuples():
        yield {"benchmark": f"{row.cells:,} cells from a file: peak memory",
               "ours": row.peak_gib, "unit": "GiB", "repeats": 1,
               "wanted": f"under {row.wanted_gib:g} GiB"}  # fmt: skip


#: Who reads the points of which file; files of long runs stay as they were measured.
_READERS = {
    "downsample_speed.csv": _downsample,
    "pipeline_speed.csv": _pipeline,
    "metric_speed.csv": _metric,
    "law_speed.csv": _fitting,
    "sweep_engine.csv": _engine,
    "million_cells.csv": _million,
}
