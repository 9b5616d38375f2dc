"""A CSV of measured points that grows point by point, so a killed run goes on where it stopped.

Needs the standard library only, because the peers' environments read and write it too.
"""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_points(path: Path) -> list[Row]:
    """Return the rows of `path` as strings, or none when there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def add_point(path: Path, row: Row) -> None:
    """Append one row, with a header when the file is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def rewrite_points(path: Path, rows: Iterable[Row]) -> None:
    """Write `path` from nothing, each row at once and on the screen."""
    path.unlink(missing_ok=True)
    for row in rows:
        add_point(path, row)
        print(path.stem, *row.values(), sep="  ", flush=True)


def measure_points(path: Path, keys: Iterable[Row], measure: Callable[[Row], Row]) -> None:
    """Measure each key that `path` lacks, and append `key | measure(key)` at once."""
    names: list[str] | None = None
    done: set[tuple[str, ...]] = set()
    rows = read_points(path)
    for key in keys:
        if names is None:
            names = list(key)
            done = {tuple(row[name] for name in names) for row in rows}
        if tuple(str(key[name]) for name in names) in done:
            continue
        row = {**key, **measure(key)}
        add_point(path, row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
