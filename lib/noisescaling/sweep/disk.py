"""Files of a store, written whole or not at all."""

import errno
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from noisescaling.sweep.points import COLUMNS

#: Bytes that are set aside for a point before it is computed.
RESERVE = 16384
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NUMBERS = ("n_samples", "quality", "seed", "bits", "standard_error", "seconds")
_TEXTS = [name for name in COLUMNS if name not in _NUMBERS]


class StoreFullError(OSError):
    """There is no room for a point."""


@contextmanager
def telling_if_full(folder: Path, key: str) -> Iterator[None]:
    """Turn the system's word that a disk is full into a `StoreFullError` that helps."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StoreFullError(
            f"no room left in {folder} (point {key}); all points written so far are kept: free "
            "some room and run again"
        ) from error


def fill(room: Path, data: bytes, target: Path) -> None:
    """Write a file that may be there already, flush it to the disk and move it to its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Opened without emptying it: the room that is there stays ours.
    with os.fdopen(os.open(room, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    os.replace(room, target)


def read_csv(file: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a tidy table that `compact` wrote.

    Raises
    ------
    ValueError
        If a column is lacking.
    """
    # An empty message or a label such as "NA" is text; only an empty number is missing.
    table = pd.read_csv(
        file,
        dtype=dict.fromkeys(_TEXTS, str),
        keep_default_na=False,
        na_values={"bits": "", "standard_error": ""},
        float_precision="round_trip",  # else a quality read is not the quality written
    )
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise ValueError(
            f"{file} has no column {', '.join(lacking)}; give a table that `compact` wrote"
        )
    return table


def write_csv(table: pd.DataFrame, path: Path, float_format: str | None = None) -> Path:
    """Write a table as CSV, whole or not at all; return its path."""
    text = table.to_csv(index=False, lineterminator="\n", float_format=float_format)
    fill(path.with_name(f".{path.name}.{os.getpid()}"), text.encode(), path)
    return path


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the search for cycles, which takes half of the time where many objects are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
