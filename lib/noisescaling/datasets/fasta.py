"""Your own proteins: a FASTA file and a table of dates."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from noisescaling._checks import choice
from noisescaling._sequences import Sequences, check_sequences
from noisescaling.datasets._tables import require_columns
from noisescaling.datasets._translation import looks_like_nucleotides, translate
from noisescaling.datasets.aside import set_aside
from noisescaling.datasets.sequences import SequenceDataset, dated, filled

#: What to do with places that have no residue.
Gaps = Literal["fill", "keep"]
#: Months, in days: a twelfth of a Julian year.
_DAYS_PER_MONTH = 365.25 / 12


def from_fasta(
    path: str | Path,
    dates: str | Path,
    *,
    name_column: str = "name",
    date_column: str = "date",
    undated: Literal["refuse", "leave out"] = "refuse",
    nucleotides: bool = False,
    gaps: Gaps = "fill",
    min_distance: int = 1,
    held_out: float | None = None,
) -> SequenceDataset:
    """Load protein sequences with the signal "time", in months after the earliest.

    Identical sequences are merged, with their earliest date; the data set's notes tell how many.

    Parameters
    ----------
    path
        A FASTA file, plain or compressed by zstd (.zst).
    dates
        A table (CSV, or TSV by its ending) with the sequences' names, as the header lines give them
        in full or up to the first blank, and their dates.
    name_column, date_column
        The table's columns. Dates are days such as 2021-03-15, months such as 2021-03, or years as
        numbers such as 2021.2.
    undated
        What to do with sequences without a date.
    nucleotides
        Whether the file holds coding nucleotides, to be translated from the first.
    gaps
        "fill" puts the most frequent residue of their place where aligned sequences have a gap or
        an ambiguous letter: noise cannot reach these, and their pattern would tell of the date at
        any error rate. "keep" leaves them; sequences of unequal lengths stay as they are.
    min_distance
        Smallest number of residues between two sequences that are kept; 1 merges identical ones.
    held_out
        How many are set aside to be measured on, in whole clades: a share between 0 and 1, or a
        number; the rule of `set_aside` where None.

    Returns
    -------
    A data set named like the file.

    Raises
    ------
    ValueError
        If a file or column is missing, the FASTA file holds no sequence, an empty one, a name
        twice or letters that are no residues, a date is missing or cannot be read.
    """
    file = Path(path)
    names, texts = read_fasta(file)
    months, notes = match_dates(names, read_dates(dates, name_column, date_column), undated)
    texts = _as_proteins(file.name, texts, nucleotides)
    told = np.flatnonzero(np.isfinite(months))
    proteins = check_sequences([texts[row] for row in told])
    proteins, filling = _without_gaps(proteins, gaps)
    data = dated(
        file.name.split(".")[0],
        proteins,
        months[told],
        np.array(names)[told],
        min_distance=min_distance,
        notes=(*notes, *filling),
        source=file.name,
    )
    if held_out is None:
        return data
    chosen = set_aside(data, held_out)
    return data if chosen.swapped else replace(data, held_out=chosen.rows)


def read_fasta(path: Path) -> tuple[list[str], list[str]]:
    """Return the names and the sequences, in capital letters, of a FASTA file.

    Raises
    ------
    ValueError
        If there is no such file, no sequence in it, an empty one, or one name twice.
    """
    names: list[str] = []
    parts: list[list[str]] = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.startswith(">"):
            names.append(line[1:].strip())
            parts.append([])
        elif line.strip() and not names:
            raise ValueError(f"{path.name} has {line.strip()[:20]!r} in line {number}, before any "
                             "header; begin each sequence with a line '>name'")  # fmt: skip
        elif line.strip():
            parts[-1].append(line.strip().upper())
    texts = ["".join(lines) for lines in parts]
    if not names:
        raise ValueError(f"{path.name} holds no sequence; give a FASTA file, '>name' lines first")
    empty = [name for name, text in zip(names, texts, strict=True) if not text]
    if empty:
        raise ValueError(
            f"{path.name} holds {len(empty)} empty sequences of {len(names)}, such as "
            f"{empty[0]!r}; leave them out"
        )
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{path.name} holds the name {name!r} {count} times; give each one once")
    return names, texts


def read_dates(
    path: str | Path, name_column: str = "name", date_column: str = "date"
) -> dict[str, float]:
    """Return dates by name, in months after the year 0, from a table; names without one left out.

    Raises
    ------
    ValueError
        If there is no such file or column, a name has several dates, or a date cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"dates = {file.name!r} is no file; give a table with names and dates")
    separator = "\t" if file.suffix in (".tsv", ".txt") else ","
    table = pd.read_csv(file, sep=separator, dtype=str, skipinitialspace=True)
    require_columns(table, [name_column, date_column], file.name)
    table = table[[name_column, date_column]].dropna().drop_duplicates()
    twice = table[name_column][table[name_column].duplicated()]
    if len(twice):
        raise ValueError(f"{file.name} gives {twice.iloc[0]!r} several dates; give each name one")
    months = _as_months(table[date_column], file.name)
    return dict(zip(table[name_column], months.tolist(), strict=True))


def match_dates(
    names: list[str], dates: dict[str, float], undated: str = "refuse"
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the date of each name, (n,), in months, NaN where there is none, and notes on these.

    Raises
    ------
    ValueError
        If names have no date and are not to be left out, or none has one.
    """
    choice("undated", undated, ("refuse", "leave out"))
    months = np.array([dates.get(n, dates.get(n.split(" ")[0], np.nan)) for n in names])
    missing = [name for name, when in zip(names, months, strict=True) if np.isnan(when)]
    if not missing:
        return months, ()
    told = f"{len(missing)} of {len(names)} sequences have no date"
    if undated == "refuse" or len(missing) == len(names):
        way = "" if len(missing) == len(names) else ", or undated = 'leave out'"
        raise ValueError(f"{told}, such as {missing[0]!r}; give dates under these names{way}")
    return months, (f"{told}: left out",)


def _as_months(dates: pd.Series, where: str) -> NDArray[np.float64]:
    years = pd.to_numeric(dates, errors="coerce")
    days = pd.to_datetime(dates.where(years.isna()), format="ISO8601", errors="coerce")
    since_1970 = (days - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    months = (12 * years).fillna(1970 * 12 + since_1970 / _DAYS_PER_MONTH)
    bad = dates[months.isna()]
    if len(bad):
        raise ValueError(
            f"{where} holds {len(bad)} dates that cannot be read of {len(dates)}, such as "
            f"{bad.iloc[0]!r}; give 2021-03-15, 2021-03 or 2021.2"
        )
    return np.asarray(months, dtype=float)


def _as_proteins(where: str, texts: list[str], nucleotides: bool) -> list[str]:
    if nucleotides:
        return [translate(text) for text in texts]
    if looks_like_nucleotides(texts):
        raise ValueError(
            f"{where} holds nucleotides, no proteins; give nucleotides = True to translate them"
        )
    return texts


def _without_gaps(proteins: Sequences, gaps: str) -> tuple[Sequences, tuple[str, ...]]:
    if choice("gaps", gaps, ("fill", "keep")) == "keep":
        return proteins, ()
    lengths = np.strings.str_len(proteins)
    if lengths.min() < lengths.max():
        return proteins, (
            f"lengths differ, from {lengths.min()} to {lengths.max()} residues: errors do not hide "
            "what the length tells of the date",
        )
    texts, count = filled(proteins)
    if not count:
        return proteins, ()
    return texts, (
        f"{count} gaps and ambiguous letters of {int(lengths.sum())} are filled with the most "
        "frequent residue of their place",
    )


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"path = {path.name!r} is no file; give a FASTA file")
    if path.suffix != ".zst":
        return path.read_text(encoding="utf-8")
    import zstandard

    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        return bytes(reader.read()).decode()
