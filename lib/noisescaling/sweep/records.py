"""The record of one point: what was measured with each signal, and where it comes from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from noisescaling.sweep.checksums import of_bytes
from noisescaling.sweep.points import COLUMNS, versions

#: Columns that all signals of a point have in common, and those of each signal.
_SHARED = ("dataset", "modality", "model", "n_samples", "quality", "quality_unit", "seed")
_OWN = ("bits", "standard_error", "status", "message", "seconds")
#: Decimals of bits and seconds that are kept; far below any standard error.
_DECIMALS = {"bits": 6, "standard_error": 6, "seconds": 3}

#: What stands before the checksum of a record, which closes it.
_SEAL = b',"checksum":"'


class CorruptRecordError(ValueError):
    """A file that is no record of a point."""


@dataclass(frozen=True)
class Record:
    """One point: one fitted model and its information with each signal.

    Attributes
    ----------
    key
        Checksum of the point's description, a dash, and that of the data set's content.
    point
        The description.
    settings
        All settings that the model ended up with.
    columns
        The columns of the tidy table that all signals share.
    results
        Signal to bits, standard error (bits), status, message, seconds, the checksum of the
        signal's content, date and versions.
    """

    key: str
    point: Mapping[str, Any]
    settings: Mapping[str, Any]
    columns: Mapping[str, Any]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Checksum of the description."""
        return self.key.partition("-")[0]

    def made_with(self, settings: Mapping[str, Any]) -> bool:
        """Tell whether the model's settings were these, as far as both name them."""
        return all(self.settings[k] == v for k, v in settings.items() if k in self.settings)

    def merged(self, other: "Record | None") -> "Record":
        """Return this record with the results of another for signals that it lacks."""
        if other is None or other.key != self.key or not other.made_with(self.settings):
            return self
        return replace(self, results={**other.results, **self.results})


def make(
    key: str,
    point: Mapping[str, Any],
    settings: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    checksums: Mapping[str, str],
) -> Record:
    """Return the record of rows of the tidy table, all of one point, measured just now."""
    made = {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "versions": versions()}
    columns: dict[str, Any] = {}
    results = {}
    for row in rows:
        columns = {name: row[name] for name in _SHARED}
        own = {name: _rounded(name, row[name]) for name in _OWN}
        results[row["signal"]] = {**own, "checksum": checksums.get(row["signal"], ""), **made}
    return Record(key, point, settings, columns, results)


def to_json(record: Record) -> bytes:
    """Return a record as one line of JSON, which ends with the checksum of what stands before."""
    content = {
        "key": record.key, "point": record.point, "settings": record.settings,
        "columns": record.columns, "results": record.results,
    }  # fmt: skip
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return _sealed(text.encode().removesuffix(b"}"))


def from_json(data: bytes, key: str) -> Record:
    """Return the record that JSON holds; one without a checksum, of an earlier version, is taken.

    Raises
    ------
    CorruptRecordError
        If it is no record, or that of another point, or was changed after it was written.
    """
    try:
        content = json.loads(data)
        told = content.pop("checksum", None)
        record = Record(**content)
        complete = record.key == key and record.columns.keys() == set(_SHARED)
        for result in record.results.values():
            complete = complete and result.keys() >= {*_OWN, "checksum", "date", "versions"}
    except ValueError as error:
        raise CorruptRecordError(f"it is no JSON ({error})") from None
    except (TypeError, AttributeError) as error:
        raise CorruptRecordError(f"it holds no record of a point ({error})") from None
    if not complete:
        raise CorruptRecordError("it holds another point, or a part of one")
    body = data.rpartition(_SEAL)[0]
    if told is not None and data != _sealed(body):
        raise CorruptRecordError(
            f"it was changed after it was written: it says that its content has the checksum "
            f"{told}, and that has {of_bytes(body)}"
        )
    return record


def _sealed(body: bytes) -> bytes:
    """Return the beginning of a JSON object as a whole one that ends with its checksum."""
    return body + _SEAL + of_bytes(body).encode() + b'"}\n'


def tidy(records: Iterable[Record]) -> pd.DataFrame:
    """Return records as the tidy table, sorted, one row a point and signal."""
    rows = [row for record in records for row in _rows(record)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = ["dataset", "modality", "signal", "model", "n_samples", "quality", "seed", "provenance"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def from_table(table: pd.DataFrame) -> dict[str, Record]:
    """Return the records, by key, of a tidy table that `tidy` made.

    Raises
    ------
    ValueError
        If a row's provenance is none that `tidy` writes.
    """
    found: dict[str, Record] = {}
    for row in table.to_dict("records"):
        try:
            origin = json.loads(row["provenance"])
            key = origin["key"]
            made = {name: origin[name] for name in ("checksum", "date", "versions")}
            record = found.setdefault(
                key, Record(key, origin["point"], origin["settings"], _native(row, _SHARED), {})
            )
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(
                f"provenance = {row['provenance']!r} names no point ({error!r}); "
                "give a table that `compact` wrote"
            ) from None
        assert isinstance(record.results, dict)
        record.results[row["signal"]] = {**_native(row, _OWN), **made}
    return found


def _rows(record: Record) -> Iterable[tuple[Any, ...]]:
    shared = record.columns
    origin = {"key": record.key, "point": record.point, "settings": record.settings}
    start = json.dumps(origin, separators=(",", ":"), sort_keys=True)[:-1]
    for signal, result in record.results.items():
        end = (f'"{name}":{json.dumps(result[name])}' for name in ("checksum", "date", "versions"))
        row = {**shared, **result, "signal": signal, "provenance": f"{start},{','.join(end)}}}"}
        yield tuple(row[name] for name in COLUMNS)


def _rounded(name: str, value: Any) -> Any:
    return (
        round(float(value), _DECIMALS[name]) if name in _DECIMALS and value is not None else value
    )


def _native(row: Mapping[Any, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return columns of a row as JSON can hold them, with None for what is missing."""
    values = {name: row[name] for name in names}
    empty = {"message": ""}
    return {k: empty.get(k) if pd.isna(v) else v for k, v in values.items()}
