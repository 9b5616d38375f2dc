"""A folder of measured points that many processes write and that survives a crash.

    points/KEY.json    one point each, whole or not there at all
    claims/            which process computes which point (see `claims`)
    writing/           room reserved for points in computation
    set_aside/         files that were no records

A point's file is written under another name, flushed to the disk, and renamed.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from noisescaling.sweep import claims, disk, records
from noisescaling.sweep.claims import Claims
from noisescaling.sweep.records import CorruptRecordError, Record


class CorruptRecordWarning(UserWarning):
    """A file was set aside."""


class ResultsStore:
    """Measured points in a folder, on top of committed ones.

    Parameters
    ----------
    folder
        Where points are written; made when the first one is. All processes of a run must see it.
    committed
        A CSV file that `compact` wrote, or a folder of them; read, and never changed. A point in
        `folder` comes before its committed copy.
    stale_after
        Seconds after which a point that a process on another machine has claimed is free again,
        if that process gives no more sign of life.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        committed: str | os.PathLike[str] | None = None,
        stale_after: float = 300.0,
    ) -> None:
        self.folder = Path(folder).absolute()
        if self.folder.is_file():
            raise ValueError(f"folder = {self.folder} is a file; give a folder for the points")
        self.committed = None if committed is None else Path(committed).absolute()
        self.claims = Claims(self.folder / "claims", stale_after)

    def __repr__(self) -> str:
        return f"ResultsStore({str(self.folder)!r}, committed={str(self.committed)!r})"

    def path(self, key: str) -> Path:
        """Return where a point's file stands, or would."""
        return self.folder / "points" / f"{key}.json"

    def read(self, key: str) -> Record | None:
        """Read one point of the folder; None where it is not there, or was set aside."""
        try:
            return records.from_json(self.path(key).read_bytes(), key)
        except FileNotFoundError:
            return None
        except CorruptRecordError as error:
            self._set_aside(key, str(error))
            return None

    def records(self, committed: Mapping[str, Record] | None = None) -> dict[str, Record]:
        """Read all points, by key.

        A file that is no record, or was changed after it was written, is moved to `set_aside/`, and
        a `CorruptRecordWarning` names it.

        Parameters
        ----------
        committed
            What `committed_records` gave, where that was read already.
        """
        with disk.uncollected():
            found = dict(self.committed_records() if committed is None else committed)
            for key in sorted(path.stem for path in (self.folder / "points").glob("*.json")):
                record = self.read(key)
                if record is not None:
                    found[key] = record.merged(found.get(key))
        return found

    def committed_records(self) -> dict[str, Record]:
        """Read the committed points alone, by key.

        Raises
        ------
        ValueError
            If there is no such table, or it is none that `compact` wrote.
        """
        found: dict[str, Record] = {}
        if self.committed is None:
            return found
        if not self.committed.exists():
            raise ValueError(
                f"committed = {self.committed} is not there; give a CSV that `compact` wrote, or a "
                "folder of them"
            )
        files = [self.committed]
        if self.committed.is_dir():
            files = sorted(self.committed.glob("*.csv"))
        for file in files:
            for key, record in records.from_table(disk.read_csv(file)).items():
                found[key] = record.merged(found.get(key))  # each file may hold one signal
        return found

    @contextmanager
    def reserve(self, key: str) -> Iterator[Callable[[Record], None]]:
        """Set room aside for a point; gives the function that writes its record.

        So a full disk is found before a point is computed and not after; it raises `OSError`.
        """
        room = self.folder / "writing" / f"{key}~{claims.owner()['host']}~{os.getpid()}"
        try:
            room.parent.mkdir(parents=True, exist_ok=True)
            room.write_bytes(b"\0" * disk.RESERVE)
            yield lambda record: disk.fill(room, records.to_json(record), self.path(record.key))
        finally:
            room.unlink(missing_ok=True)

    def write(self, record: Record) -> None:
        """Write one point, whole or not at all.

        Raises
        ------
        StoreFullError
            If there is no room.
        """
        with disk.telling_if_full(self.folder, record.key), self.reserve(record.key) as write:
            write(record)

    def table(self) -> pd.DataFrame:
        """Return all points as the tidy table, sorted; bits and standard errors in bits."""
        return records.tidy(self.records().values())

    def compact(self, target: str | os.PathLike[str]) -> list[Path]:
        """Write all points as tidy, sorted CSV; the same points give the same bytes.

        Parameters
        ----------
        target
            A file whose name ends in .csv, or a folder for one file a data set and signal.

        Returns
        -------
        The files that were written.
        """
        table, path = self.table(), Path(target)
        if path.suffix == ".csv":
            return [disk.write_csv(table, path)]
        groups = table.groupby(["dataset", "signal"], sort=True)
        return [disk.write_csv(group, path / f"{'-'.join(key)}.csv") for key, group in groups]

    def clean(self) -> None:
        """Remove the room that dead processes of this machine had reserved."""
        for room in (self.folder / "writing").glob("*"):
            _, host, pid = room.name.split("~")
            if host == claims.owner()["host"] and not claims.running(int(pid)):
                room.unlink(missing_ok=True)

    def _set_aside(self, key: str, why: str) -> None:
        path = self.path(key)
        aside = self.folder / "set_aside" / path.name
        number = 0
        while aside.exists():
            number += 1
            aside = aside.with_name(f"{key}.{number}.json")
        aside.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another process was faster
            path.rename(aside)
        warnings.warn(
            f"{path} was set aside as {aside}: {why}; its point counts as not measured",
            CorruptRecordWarning,
            stacklevel=2,
        )
