"""A folder of measured points that one run writes and that survives a crash.

`points.jsonl` has a line a point, appended: its key, its rows, and the checksum of both.
`damaged.jsonl` takes lines that were changed after they were written. `.lock` is held by the run
that writes, and `running.json` tells which that is; the system frees a lock however its owner ends.
"""

import errno
import hashlib
import json
import os
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from filelock import FileLock, Timeout

from noisescaling.sweep.measure import COLUMNS, Rows

_TEXTS = (
    "dataset",
    "modality",
    "signal",
    "model",
    "quality_unit",
    "status",
    "message",
    "provenance",
)
#: Columns that tables of the first protocol lack.
_NEW = ("n_measured", "held_out")
_ORDER = [
    "dataset", "modality", "signal", "model", "n_samples", "quality_unit", "quality", "seed",
    "provenance",
]  # fmt: skip
#: What stands before the checksum of a line, which closes it.
_SEAL = b',"checksum":"'


class StoreError(OSError):
    """A store that cannot be read or written, told in words."""


class StoreFullError(StoreError):
    """There is no room for a point."""


class StoreHeldError(StoreError):
    """Another run writes into the store."""


class CorruptRecordWarning(UserWarning):
    """A line of a store was cut off or set aside."""


class ResultsStore:
    """Measured points in a folder, on top of committed ones.

    Parameters
    ----------
    folder
        Where points are written; made when the first one is. "~" is the home folder.
    committed
        A CSV file that `compact` wrote, or a folder of them; read, and never changed. A value in
        `folder` comes before its committed copy; a failure there does not.
    """

    def __init__(
        self, folder: str | os.PathLike[str], committed: str | os.PathLike[str] | None = None
    ) -> None:
        self.folder = _at_home("folder", folder)
        if os.path.isfile(self.folder):
            raise ValueError(f"folder = {self.folder} is a file; give a folder for the points")
        self.committed = None if committed is None else _at_home("committed", committed)
        self._file = self.folder / "points.jsonl"

    def __repr__(self) -> str:
        return f"ResultsStore({str(self.folder)!r}, committed={str(self.committed)!r})"

    def points(self) -> dict[str, Rows]:
        """Read the rows of all points of the folder, by key; it may be written meanwhile.

        A line that was changed after it was written does not count; a `CorruptRecordWarning` names
        it.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        return self._read()[0]

    def committed_points(self) -> dict[str, Rows]:
        """Read the rows of the committed points alone, by key.

        Raises
        ------
        ValueError
            If there is no such table, or it is none that `compact` wrote.
        """
        found: dict[str, Rows] = {}
        if self.committed is None:
            return found
        if not self.committed.exists():
            raise ValueError(
                f"committed = {self.committed} is not there; give a CSV that `compact` wrote, or a "
                "folder of them"
            )
        folder = self.committed.is_dir()
        for file in sorted(self.committed.glob("*.csv")) if folder else [self.committed]:
            for row in read_csv(file).to_dict("records"):
                told: dict[str, Any] = {str(k): None if v != v else v for k, v in row.items()}
                found.setdefault(_key(told, file), []).append(told)
        return found

    def table(self) -> pd.DataFrame:
        """Return all points as the tidy table, sorted; bits and standard errors in bits."""
        return tidy(both(self.committed_points(), self.points()).values())

    def compact(
        self, target: str | os.PathLike[str], others: "Iterable[ResultsStore]" = ()
    ) -> list[Path]:
        """Write all points as tidy, sorted CSV; the same points give the same bytes.

        Parameters
        ----------
        target
            A file whose name ends in .csv, or a folder for one file a data set and signal.
        others
            Stores whose points are taken along; a value in one of several comes before a failure.

        Returns
        -------
        The files that were written.
        """
        found = both(self.committed_points(), self.points())
        for other in others:
            found = both(found, other.points())
        with self._in_words(Path(target)):
            return write_tables(tidy(found.values()), target)

    def refuse_if_held(self) -> None:
        """Refuse at once where another run writes into this store.

        Raises
        ------
        StoreHeldError
            With the process and the machine of that run.
        """
        if os.path.isdir(self.folder):
            try:
                with self._held():
                    pass
            except StoreHeldError:
                raise
            except StoreError:  # it cannot be written, which matters only if there is need to
                pass

    @contextmanager
    def writing(self) -> Iterator[Callable[[str, Rows], None]]:
        """Hold the store; gives the function that writes a point: its key, and all of its rows.

        What it has written is on the disk when it returns, and replaces what was known of the key.

        Raises
        ------
        StoreError
            If another run holds the store, or it cannot be written; `StoreFullError` if the disk is
            full. All points written so far are kept.
        """
        with self._held():
            with self._in_words():
                self._repair()
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                descriptor = os.open(self._file, flags, 0o666)
            try:
                yield partial(self._append, descriptor)
            finally:
                os.close(descriptor)

    def remove(self) -> None:
        """Remove the points of the folder; what is committed stays."""
        with self._held(), self._in_words():
            self._file.unlink(missing_ok=True)

    def _append(self, descriptor: int, key: str, rows: Rows) -> None:
        data = memoryview(_line(key, rows))
        with self._in_words():
            start = os.fstat(descriptor).st_size
            try:
                while data:
                    data = data[os.write(descriptor, data) :]
                os.fsync(descriptor)
                there = os.stat(self._file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, start)
                raise
            if not os.path.samestat(there, os.fstat(descriptor)):
                raise FileNotFoundError(errno.ENOENT, "it was replaced while a run wrote into it")

    def _read(self) -> tuple[dict[str, Rows], list[bytes], bool]:
        """Return the points, the damaged lines, and whether the last line was cut short."""
        with self._in_words():
            try:
                *lines, last = self._file.read_bytes().split(b"\n")
            except FileNotFoundError:
                return {}, [], False
        found: dict[str, Rows] = {}
        damaged = []
        for number, line in enumerate(lines, start=1):
            try:
                key, rows = _parsed(line)
                found[key] = rows
            except (ValueError, TypeError, KeyError) as error:
                damaged.append(line)
                warnings.warn(
                    f"line {number} of {self._file} does not count, its point is not measured: "
                    f"{error}; the next run moves it to damaged.jsonl",
                    CorruptRecordWarning, stacklevel=3,
                )  # fmt: skip
        return found, damaged, bool(last)

    def _repair(self) -> None:
        """Cut off a last line that was not wholly written, and set damaged lines aside."""
        found, damaged, torn = self._read()
        if torn:
            with self._file.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
            warnings.warn(
                f"the last line of {self._file} was not wholly written, by a kill or on a full "
                "disk: cut off; its point is measured again",
                CorruptRecordWarning, stacklevel=4,
            )  # fmt: skip
        if damaged:
            with (self.folder / "damaged.jsonl").open("ab") as file:
                file.write(b"".join(line + b"\n" for line in damaged))
            write_whole(self._file, b"".join(_line(*point) for point in found.items()))

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock, or refuse in words."""
        with self._in_words():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise StoreHeldError(
                    f"{self.folder} is being written by another run{self._owner()}; wait for it or "
                    "end it (it may be stopped, as by Ctrl-Z), or give another store"
                ) from None
        try:
            with suppress(OSError):
                started = datetime.now().strftime("%Y-%m-%d %H:%M")
                told = {"process": os.getpid(), "host": socket.gethostname(), "since": started}
                (self.folder / "running.json").write_text(json.dumps(told))
            yield
        finally:
            with suppress(OSError):
                (self.folder / "running.json").unlink()
            with suppress(OSError):
                lock.release()

    def _owner(self) -> str:
        try:
            told = json.loads((self.folder / "running.json").read_text())
            return f", process {told['process']} on {told['host']} since {told['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    @contextmanager
    def _in_words(self, place: Path | None = None) -> Iterator[None]:
        """Turn what the system says of a folder into an error that helps."""
        what = place or f"the store {self.folder}"
        try:
            yield
        except StoreError:
            raise
        except (OSError, NotImplementedError) as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFullError(
                    f"no room left in {place or self.folder}; all points written so far are kept: "
                    "free some room and run again"
                ) from error
            why = getattr(error, "strerror", None) or str(error) or "it cannot be locked"
            raise StoreError(
                f"{what} cannot be used ({why}); give a folder that may be written"
            ) from error


def _at_home(name: str, path: str | os.PathLike[str]) -> Path:
    """Return an absolute path, its "~" the home folder."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"{name} = {path} names the home folder of nobody; give another") from None


def both(first: Mapping[str, Rows], second: Mapping[str, Rows]) -> dict[str, Rows]:
    """Return the points of two sources; of one value in both the second's, a failure last."""
    found = {key: list(rows) for key, rows in first.items()}
    for key, rows in second.items():
        told = {(row["dataset"], row["model"], row["signal"]): row for row in found.get(key, [])}
        for row in rows:
            name = row["dataset"], row["model"], row["signal"]
            if row["status"] == "ok" or told.get(name, row)["status"] != "ok":
                told[name] = row
        found[key] = list(told.values())
    return found


def tidy(points: Iterable[Rows]) -> pd.DataFrame:
    """Return rows of points as the tidy table, sorted."""
    rows = [tuple(row[name] for name in COLUMNS) for some in points for row in some]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("bits", "standard_error", "seconds"):
        table[name] = table[name].astype(float)
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def read_csv(file: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a tidy table that `compact` wrote.

    A table of the first protocol has no columns `n_measured` and `held_out`: its models were
    measured on the observations that they had learned from.

    Raises
    ------
    ValueError
        If a column is lacking.
    """
    # An empty message or a label such as "NA" is text; only an empty number is missing.
    table = pd.read_csv(
        file,
        dtype=dict.fromkeys(_TEXTS, str) | {"held_out": bool},
        keep_default_na=False,
        na_values={"bits": "", "standard_error": "", "seconds": ""},
        float_precision="round_trip",  # else a quality read is not the quality written
    )
    lacking = [name for name in COLUMNS if name not in table and name not in _NEW]
    if lacking:
        raise ValueError(
            f"{file} has no column {', '.join(lacking)}; give a table that `compact` wrote"
        )
    if "n_measured" not in table:
        table["n_measured"], table["held_out"] = table["n_samples"], False
    return table[list(COLUMNS)]


def write_tables(table: pd.DataFrame, target: str | os.PathLike[str]) -> list[Path]:
    """Write a tidy table as one CSV file, or into a folder as one a data set and signal."""
    path = _at_home("target", target)
    if path.suffix == ".csv":
        return [write_csv(table, path)]
    files: dict[str, Path] = {}
    for names, group in table.groupby(["dataset", "signal"], sort=True):
        # No "-" within a name, so that no two pairs share a file; no "/", so that none leaves.
        name = "-".join(quote(n, safe=" ,", errors="backslashreplace").replace("-", "%2D")
                        .replace("~", "%7E").replace(".", "%2E") for n in names)  # fmt: skip
        if len(name) > 200 or name.casefold() in files:
            name = f"{name[:150]}~{hashlib.sha256(name.encode()).hexdigest()[:20]}"
        files[name.casefold()] = write_csv(group, path / f"{name}.csv")
    return list(files.values())


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV, whole or not at all; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = table.to_csv(index=False, lineterminator="\n")
    return write_whole(path, text.encode(errors="backslashreplace"))


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file under another name, flush it to the disk and rename it; return its path."""
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def origin(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provenance of a row tells; empty where it is none that a sweep wrote."""
    try:
        told = json.loads(row["provenance"])
    except (TypeError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _key(row: Mapping[str, Any], file: Path) -> str:
    """Return the key of a committed row; replicates of the first protocol have none."""
    text = str(row["provenance"])
    key = origin(row).get("key")
    if key is None and not text.startswith("noisescaling "):
        raise ValueError(
            f"provenance = {text!r} in {file} names no point; give a table that `compact` wrote"
        )
    names = ("dataset", "model", "n_samples", "quality", "seed")
    return str(key) if key else json.dumps([row[name] for name in names])


def _line(key: str, rows: Rows) -> bytes:
    content = json.dumps({"key": key, "rows": rows}, separators=(",", ":"), allow_nan=False)
    return _sealed(content.encode().removesuffix(b"}")) + b"\n"


def _parsed(line: bytes) -> tuple[str, Rows]:
    body, _, told = line.rpartition(_SEAL)
    if _sealed(body) != line:
        raise ValueError(
            f"it says that its content has the checksum {told[:20].decode(errors='replace')!r}, "
            f"and that has {_checksum(body)!r}"
        )
    content = json.loads(line)
    return content["key"], content["rows"]


def _sealed(body: bytes) -> bytes:
    """Return the beginning of a JSON object as a whole one that ends with its checksum."""
    return body + _SEAL + _checksum(body).encode() + b'"}'


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:20]
