"""Text files as programs and people write them: compression, encodings, tables and dates."""

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import zstandard
from numpy.typing import NDArray

from noisescaling._signal_kind import are_missing

#: Bytes of text that are read at most: a small file may unpack to any size.
MOST_BYTES = 2**30
#: Compressed bytes of a .zst file that are unpacked at a time; each gives up to 32,768.
_ZSTD_BLOCK = 1024
#: Months, in days: a twelfth of a Julian year.
_DAYS_PER_MONTH = 365.25 / 12

_UNKNOWN = r"\?|XXXX(-XX){0,2}"
_YEAR, _DECIMAL_YEAR = r"[12]\d{3}(-XX){0,2}", r"[12]\d{3}\.\d*"
_MONTH = r"[12]\d{3}-\d\d(-XX)?"
_DAY = r"[12]\d{3}([-/])\d{1,2}\1\d{1,2}([T ].*)?|[12]\d{7}"


def read_text(path: Path, parameter: str, wanted: str) -> str:
    r"""Return the text of a file, plain or compressed by gzip, bzip2, xz or zstd.

    How it is compressed is told by its first bytes, not by its ending. The text is UTF-8, or UTF-16
    with a byte order mark; lines end with "\n".

    Parameters
    ----------
    path
        The file.
    parameter, wanted
        What an error calls the file, and what it asks for.

    Raises
    ------
    ValueError
        If there is no such file, its compression is damaged or cut off, it unpacks to more than
        1 GiB, or it is in another encoding.
    """
    if not path.is_file():
        raise ValueError(f"{parameter} = {path.name!r} is no file; give {wanted}")
    try:
        with path.open("rb") as file:
            data = _unpacked(file)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise ValueError(f"{path.name} is damaged or cut off: {error}; fetch it again") from error
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"{path.name} holds more than {MOST_BYTES:,} bytes of text, and no more are read; "
            "give a part of it"
        )
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = data.decode("utf-16" if data.startswith(marks) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path.name} is neither UTF-8 nor marked UTF-16: line {line} holds "
            f"the byte {data[error.start]:#x}; save it as UTF-8"
        ) from error
    if "\0" in text:
        raise ValueError(f"{path.name} is no text in UTF-8: it holds the byte 0; give {wanted}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unpacked(file: IO[bytes]) -> bytes | bytearray:
    """Return the bytes of a file, unpacked; one more than are allowed, where there are more."""
    head = file.read(4)
    file.seek(0)
    if head == zstandard.MAGIC_NUMBER.to_bytes(4, "little"):
        return _unpacked_zstd(file)
    openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zX": lzma.open}
    opener = next((op for magic, op in openers.items() if head.startswith(magic)), None)
    return (opener(file) if opener else file).read(MOST_BYTES + 1)


def _unpacked_zstd(file: IO[bytes]) -> bytearray:
    # The package's own file reader takes a frame that is cut off for a whole one.
    frame, data = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    while len(data) <= MOST_BYTES and (block := frame.unused_data or file.read(_ZSTD_BLOCK)):
        if frame.eof:
            frame = zstandard.ZstdDecompressor().decompressobj()
        data += frame.decompress(block)
    if not frame.eof and len(data) <= MOST_BYTES:
        raise EOFError("the last frame has no end")
    return data


def read_rows(path: Path, names: list[str], name_column: str, columns: list[str]) -> pd.DataFrame:
    """Return columns of a table, a row for each name in its order; empty text where it has none.

    Columns are separated by commas, tabs or semicolons, whichever the first line has most of. A
    name stands in the table in full, or up to its first blank.

    Raises
    ------
    ValueError
        If the file is no table, lacks a column, or has rows of one name that differ.
    """
    text = read_text(path, "dates", "a table with names and dates")
    separator = max(",\t;", key=text.partition("\n")[0].count)
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=separator, dtype=str, index_col=False, keep_default_na=False,
            skipinitialspace=True,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name} is no table, or empty: {error}") from error
    table = table.fillna("").rename(columns=str.strip)
    require_columns(table, [name_column, *columns], path.name)
    table = table[[name_column, *columns]].apply(lambda column: column.str.strip())
    told = table[~table[columns].apply(are_missing).all(axis=1)].drop_duplicates()
    twice = told[name_column][told[name_column].duplicated()]
    if len(twice):
        raise ValueError(
            f"{path.name} gives {twice.iloc[0]!r} several {' or '.join(columns)}s; give each name "
            "one row"
        )
    rows = told.set_index(name_column)
    keys = [name if name in rows.index else name.split(" ")[0] for name in names]
    return rows.reindex(keys, fill_value="").reset_index(drop=True)


def read_months(dates: pd.Series, where: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return dates, (n,), in months after the year 0, NaN where there is none, and notes on these.

    Days (2021-03-15, 20210315, with a time and its zone or without) and decimal years (2021.2) are
    exact; of months (2021-03, 2021-03-XX) and years (2021, 2021-XX-XX) the middle is taken.

    Raises
    ------
    ValueError
        If a date is anything else, such as a count of days or seconds.
    """
    text = dates.str.strip().str.upper()
    missing = are_missing(dates) | text.str.fullmatch(_UNKNOWN).to_numpy()
    year, month = text.str.fullmatch(_YEAR), text.str.fullmatch(_MONTH)
    exact = pd.to_numeric(text.where(text.str.fullmatch(_DECIMAL_YEAR)))
    years = exact.fillna(text.where(year).str[:4].astype(float) + 0.5)
    day = text.where(text.str.fullmatch(_DAY))
    days = pd.to_datetime(day, format="ISO8601", errors="coerce", utc=True)
    first = pd.to_datetime(text.where(month).str[:7], format="%Y-%m", errors="coerce", utc=True)
    days = days.fillna(first + pd.to_timedelta(first.dt.days_in_month / 2, unit="D"))
    since_1970 = (days - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)
    months = (12 * years).fillna(1970 * 12 + since_1970 / _DAYS_PER_MONTH)
    bad = dates[months.isna() & ~missing]
    if len(bad):
        raise ValueError(
            f"{where} holds {len(bad)} dates that cannot be read of {len(dates)}, such as "
            f"{bad.iloc[0]!r}; give 2021-03-15, 2021-03 or 2021.2, and no count of days or seconds"
        )
    coarse = int((year | month).sum())
    note = f"{coarse} of {len(dates)} dates give no day: the middle of the month or year is taken"
    return months.to_numpy(dtype=float), (note,) if coarse else ()


def require_columns(table: pd.DataFrame, wanted: list[str], where: str) -> None:
    """Refuse a table that lacks a column, with those that it has."""
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        has = ", ".join(map(str, table.columns))
        raise ValueError(f"{where} has no column {', '.join(missing)}; it has {has}")
