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
from typing import Any, TypeAlias
from urllib.parse import quote

import pandas as pd
from filelock import FileLock, Timeout

from noisescaling.sweep.measure import COLUMNS, Row

_NUMBERS = ("n_samples", "n_measured", "held_out", "quality", "seed", "bits", "standard_error",
            "seconds")  # fmt: skip
_TEXTS = [name for name in COLUMNS if name not in _NUMBERS]
_ORDER = [
    "dataset", "modality", "signal", "model", "n_samples", "quality_unit", "quality", "seed",
    "provenance",
]  # fmt: skip
#: What stands before the checksum of a line, which closes it.
_SEAL = b',"checksum":"'
#: Beginnings of a text that a spreadsheet takes for a formula, with any apostrophes before them.
_FORMULA = r"'*[=+\-@\t\r]"

#: Rows by the key of their point, and the labels of data set, model and signal.
Known: TypeAlias = dict[tuple[str, str, str, str], Row]


class StoreError(OSError):
    """A store that cannot be read or written, told in words.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> try:
    ...     known = sweep.ResultsStore("points").points()
    ... except sweep.StoreError as error:
    ...     print("the points cannot be read:", error)
    """


class StoreFullError(StoreError):
    """There is no room for a point.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> issubclass(sweep.StoreFullError, sweep.StoreError)  # who catches that, catches this
    True
    """


class CorruptRecordWarning(UserWarning):
    """A line of a store was cut off or set aside.

    Examples
    --------
    >>> import warnings
    >>> from noisescaling import sweep
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", sweep.CorruptRecordWarning)  # refuse a damaged store
    ...     known = sweep.ResultsStore("points").points()
    ...
    """


class ResultsStore:
    """Measured points in a folder, on top of committed ones.

    Parameters
    ----------
    folder
        Where points are written; made when the first one is. "~" is the home folder.
    committed
        A CSV file that `compact` wrote, or a folder of them; read, and never changed. A value in
        `folder` comes before its committed copy; a failure there does not.

    Raises
    ------
    ValueError
        If the folder is a file.

    Examples
    --------
    >>> from noisescaling import sweep
    >>> store = sweep.ResultsStore("points")
    >>> len(store.points())  # the folder is made when the first point is written
    0
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

    def points(self) -> Known:
        """Read the rows of the folder; it may be written meanwhile.

        A line that was changed after it was written does not count; a `CorruptRecordWarning` names
        it.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        return self._read()[0]

    def committed_points(self) -> Known:
        """Read the committed rows alone.

        Raises
        ------
        ValueError
            If there is no such table, or it is none that `compact` wrote.
        """
        if self.committed is None:
            return {}
        if not self.committed.exists():
            raise ValueError(
                f"committed = {self.committed} is not there; give a CSV that `compact` wrote, or a "
                "folder of them"
            )
        found: Known = {}
        folder = self.committed.is_dir()
        for file in sorted(self.committed.glob("*.csv")) if folder else [self.committed]:
            for row in read_csv(file).to_dict("records"):
                told: Row = {str(k): None if v != v else v for k, v in row.items()}
                found[named(_key(told, file), told)] = told
        return found

    def known(self) -> Known:
        """Read the rows of the folder and the committed ones."""
        return both(self.committed_points(), self.points())

    def table(self) -> pd.DataFrame:
        """Return all points as the tidy table, sorted; bits and standard errors in bits."""
        return tidy(self.known().values())

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
        found = self.known()
        for other in others:
            found = both(found, other.points())
        with self._in_words(Path(target)):
            return write_tables(tidy(found.values()), target)

    @contextmanager
    def writing(self) -> Iterator[Callable[[str, list[Row]], None]]:
        """Hold the store; gives the function that writes rows of a point, by its key.

        What it has written is on the disk when it returns, and replaces the former row of the same
        data set, model and signal.

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

    def _append(self, descriptor: int, key: str, rows: list[Row]) -> None:
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

    def _read(self) -> tuple[Known, list[bytes], list[bytes], bytes]:
        """Return the rows, the sound and the damaged lines, and the last if it was cut short."""
        with self._in_words():
            *lines, last = (self._file.read_bytes() if self._file.exists() else b"").split(b"\n")
        found: Known = {}
        sound, damaged = [], []
        for number, line in enumerate(lines, start=1):
            try:
                key, rows = _parsed(line)
                found |= {named(key, row): row for row in rows}
                sound.append(line)
            except (ValueError, TypeError, KeyError) as error:
                damaged.append(line)
                warnings.warn(
                    f"line {number} of {self._file} does not count, its point is not measured: "
                    f"{error}; the next run moves it to damaged.jsonl",
                    CorruptRecordWarning, stacklevel=3,
                )  # fmt: skip
        return found, sound, damaged, last

    def _repair(self) -> None:
        """Cut off a last line that was not wholly written, and set damaged lines aside."""
        _, sound, damaged, torn = self._read()
        if torn:
            warnings.warn(
                f"the last line of {self._file} was not wholly written, by a kill or on a full "
                "disk: cut off; its point is measured again",
                CorruptRecordWarning, stacklevel=4,
            )  # fmt: skip
        if damaged:
            with (self.folder / "damaged.jsonl").open("ab") as file:
                file.write(b"".join(line + b"\n" for line in damaged))
        if damaged or torn:
            write_whole(self._file, b"".join(line + b"\n" for line in sound))

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock, or refuse in words."""
        with self._in_words():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise StoreError(
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


def named(key: str, row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return what a row of a point is known by."""
    return key, row["dataset"], row["model"], row["signal"]


def both(first: Known, second: Known) -> Known:
    """Return the rows of two sources; of one in both the second's, a failure last."""
    better = {
        name: row for name, row in second.items()
        if row["status"] == "ok" or first.get(name, row)["status"] != "ok"
    }  # fmt: skip
    return first | better


def tidy(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows of points as the tidy table, sorted."""
    table = pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS))
    numbers = dict.fromkeys(("bits", "standard_error", "seconds"), float)
    return table.astype(numbers).sort_values(_ORDER, kind="stable", ignore_index=True)


def read_csv(file: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a tidy table that `compact` or `write_csv` wrote.

    Raises
    ------
    ValueError
        If a column is lacking.

    Examples
    --------
    >>> from noisescaling import datasets, sweep
    >>> cells = datasets.simulate_cells(n_cells=100, n_genes=30, umis_per_cell=100)
    >>> points = sweep.noise_curves(cells, ["PCA"], [50], signals=["cell_type"])
    >>> sweep.read_csv(sweep.write_csv(points, "points.csv"))["quality"].tolist()
    [50.0]
    """
    # An empty message or a label such as "NA" is text; only an empty number is missing.
    table = pd.read_csv(
        file,
        dtype=dict.fromkeys(_TEXTS, str) | {"held_out": bool},
        keep_default_na=False,
        na_values={"bits": "", "standard_error": "", "seconds": ""},
        float_precision="round_trip",  # else a quality read is not the quality written
    )
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise ValueError(
            f"{file} has no column {', '.join(lacking)}; give a table that `compact` wrote"
        )
    for name in _TEXTS:
        table[name] = table[name].str.replace(f"^'(?={_FORMULA})", "", regex=True)
    return table[list(COLUMNS)]


def write_csv(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a tidy table as CSV, whole or not at all; return its path.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, which `read_csv`
    takes off.

    Examples
    --------
    >>> from noisescaling import datasets, sweep
    >>> cells = datasets.simulate_cells(n_cells=100, n_genes=30, umis_per_cell=100)
    >>> points = sweep.noise_curves(cells, ["PCA"], [50], signals=["cell_type"])
    >>> sweep.write_csv(points, "points.csv").name
    'points.csv'
    """
    target = _at_home("path", path)
    target.parent.mkdir(parents=True, exist_ok=True)
    safe = {name: table[name].str.replace(f"^(?={_FORMULA})", "'", regex=True) for name in _TEXTS}
    text = table.assign(**safe).to_csv(index=False, lineterminator="\n")
    return write_whole(target, text.encode(errors="backslashreplace"))


def write_tables(table: pd.DataFrame, target: str | os.PathLike[str]) -> list[Path]:
    """Write a tidy table as one CSV file, or into a folder as one a data set and signal."""
    path = _at_home("target", target)
    if path.suffix == ".csv":
        return [write_csv(table, path)]
    files: dict[str, Path] = {}
    for names, group in table.groupby(["dataset", "signal"], sort=True):
        name = "-".join(map(file_name, names))
        if len(name) > 200 or name.casefold() in files:
            name = f"{name[:150]}~{hashlib.sha256(name.encode()).hexdigest()[:20]}"
        files[name.casefold()] = write_csv(group, path / f"{name}.csv")
    return list(files.values())


def file_name(text: str) -> str:
    """Return a text as a part of a file's name; other texts give others, and none leaves a folder.

    There is no "-" in it, which may then join two, and no "/".
    """
    quoted = quote(text, safe=" ,", errors="backslashreplace")
    return quoted.replace("-", "%2D").replace("~", "%7E").replace(".", "%2E")


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


def _key(row: Row, file: Path) -> str:
    """Return the key of a committed row."""
    key = origin(row).get("key")
    if key is None:
        raise ValueError(
            f"provenance = {row['provenance']!r} in {file} names no point; give a table that "
            "`compact` wrote"
        )
    return str(key)


def _line(key: str, rows: list[Row]) -> bytes:
    content = json.dumps({"key": key, "rows": rows}, separators=(",", ":"), allow_nan=False)
    return _sealed(content.encode().removesuffix(b"}")) + b"\n"


def _parsed(line: bytes) -> tuple[str, list[Row]]:
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
