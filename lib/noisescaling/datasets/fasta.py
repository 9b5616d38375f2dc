"""Your own proteins: a FASTA file and a table of dates and labels."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from Bio.Data.CodonTable import unambiguous_dna_by_name
from numpy.typing import NDArray

from noisescaling._checks import choice, finite, whole
from noisescaling._sequences import RESIDUES, Sequences, as_letters, as_texts, check_sequences
from noisescaling._signal_kind import are_missing
from noisescaling.datasets.aside import with_aside
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import without_lone_labels
from noisescaling.datasets.text_files import read_months, read_rows, read_text
from noisescaling.modalities import SEQUENCES

#: What to do with places that have no residue.
Gaps = Literal["fill", "keep"]
#: Letters of the array of all sequences at most, the shorter ones as wide as the longest; 1 GiB.
MOST_LETTERS = 2**28
#: Share of A, C, G, T, U and N among the letters from which they are bases for certain, even where
#: others are ambiguous; and below which they are not. A fourth of a protein's letters are such.
_BASES, _NO_BASES = 0.9, 0.5
#: Letters of a piece of protein that are all such only by chance.
_SHORT = 30
#: The letter that says nothing of a residue: it differs from none.
_UNKNOWN = ord("X")
#: The standard code, stops as *.
_STANDARD = unambiguous_dna_by_name["Standard"]
_CODONS = _STANDARD.forward_table | dict.fromkeys(_STANDARD.stop_codons, "*")
_BASES_OR_AMBIGUOUS = "ACGTURYKMSWBDHVN-"


def from_fasta(
    path: str | Path,
    dates: str | Path,
    *,
    name_column: str = "name",
    date_column: str = "date",
    labels: str | Sequence[str] = (),
    undated: Literal["refuse", "leave out"] = "refuse",
    nucleotides: bool = False,
    gaps: Gaps = "fill",
    min_distance: int = 1,
    held_out: float | None = None,
) -> Dataset:
    r"""Load protein sequences with their dates, and what else a table tells of them, as signals.

    The signal "time" is the date, in months after the earliest. Identical sequences are merged,
    with the earliest date and its labels; the data set's notes tell how many.

    Parameters
    ----------
    path
        A FASTA file, plain or compressed (.gz, .zst, .xz, .bz2).
    dates
        A table (CSV or TSV, compressed or not) with the sequences' names, as the header lines give
        them in full or up to the first blank, and their dates or labels.
    name_column, date_column
        The table's columns; no date where `date_column` is empty. Dates are days such as
        2021-03-15, months such as 2021-03 or 2021-03-XX and years such as 2021 or 2021-XX-XX, of
        which the middle is taken, or years as numbers such as 2021.2.
    labels
        Columns of the table that are signals too, such as "clade". Sequences without a label, or
        with one that no other has, carry none. Numbers are taken as such, by the metric's rule.
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
        If a file or column is missing, damaged or in another encoding, the FASTA file holds no
        sequence, an empty one, a name twice, letters that are no residues, nucleotides where
        proteins are wanted or the reverse, or more than fits; a date is missing or cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from noisescaling import datasets
    >>> fasta = ">a\nMKTA\n>b\nMKSA\n>c\nMRSA\n"
    >>> table = "name,date\na,2020-01-15\nb,2020-02-15\nc,2020-03\n"
    >>> _ = Path("my.fasta").write_text(fasta), Path("dates.csv").write_text(table)
    >>> proteins = datasets.from_fasta("my.fasta", "dates.csv")
    >>> proteins.n_samples, proteins.signals["time"].values.round(1)
    (3, array([0., 1., 2.]))
    """
    file, table = Path(path), Path(dates)
    others = [labels] if isinstance(labels, str) else list(labels)
    if not date_column and not others:
        raise ValueError("date_column and labels are both empty; name a column for a signal")
    for taken in {"time", name_column} & set(others):
        raise ValueError(f"labels holds {taken!r}, which is taken; rename that column")
    names, texts = read_fasta(file)
    columns = dict.fromkeys([*filter(None, [date_column]), *others])
    rows = read_rows(table, names, name_column, list(columns))
    months, notes = np.zeros(len(names)), tuple[str, ...]()
    if date_column:
        months, notes = read_months(rows[date_column], table.name)
        notes = (*notes, *_undated(names, np.isnan(months), undated))
    told = np.flatnonzero(~np.isnan(months))
    texts = _as_proteins(file.name, names, texts, nucleotides)
    proteins, filling = _without_gaps(check_sequences([texts[row] for row in told]), gaps)
    kept = np.argsort(months[told], kind="stable")
    kept = kept[distinct(proteins[kept], min_distance)]
    merging = _merged(len(told), len(kept), min_distance)
    signals, telling = _signals(rows.iloc[told[kept]], others)
    if date_column:
        when = months[told[kept]] - months[told].min()
        signals = {"time": Signal("time", np.arange(len(kept)), when, kind="continuous")} | signals
    data = Dataset(
        file.name.split(".")[0],
        proteins[kept],
        signals,
        labels=np.array(names)[told[kept]],
        modality=SEQUENCES.name,
        source=file.name,
        notes=(*notes, *filling, *merging, *telling),
    )
    return with_aside(data, held_out)


def read_fasta(path: Path) -> tuple[list[str], list[str]]:
    """Return the names and the sequences, in capital letters, of a FASTA file.

    Raises
    ------
    ValueError
        If there is no such file, no sequence in it, an empty one, or one name twice; or an array as
        wide as the longest sequence would exceed `MOST_LETTERS`.
    """
    before, *records = re.split("^>", read_text(path, "path", "a FASTA file"), flags=re.MULTILINE)
    if before.strip():
        raise ValueError(f"{path.name} has {before.strip()[:20]!r} before any header; begin each "
                         "sequence with a line '>name'")  # fmt: skip
    names = [record.partition("\n")[0].strip() for record in records]
    texts = ["".join(record.partition("\n")[2].split()).upper() for record in records]
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
    longest = max(map(len, texts))
    if len(texts) * longest > MOST_LETTERS:
        raise ValueError(
            f"{path.name} holds {len(texts)} sequences of up to {longest:,} letters, "
            f"{len(texts) * longest:,} as an array, and at most {MOST_LETTERS:,} fit; leave out "
            "the longest, or take a part"
        )
    return names, texts


def translate(nucleotides: str) -> str:
    """Return the protein that coding nucleotides stand for, from the first on.

    A codon of three gaps is a gap; one that is ambiguous is X; a rest of one or two bases is left
    out, and so is a stop at the end.
    """
    bases = nucleotides.upper().replace("U", "T")
    codons = (bases[i : i + 3] for i in range(0, len(bases) - 2, 3))
    protein = "".join("-" if codon == "---" else _CODONS.get(codon, "X") for codon in codons)
    return protein.removesuffix("*")


def _as_proteins(where: str, names: list[str], texts: list[str], nucleotides: bool) -> list[str]:
    """Return proteins as they are, or translate nucleotides; refuse one taken for the other."""
    lengths = np.array([len(text) for text in texts])
    letters = lengths - [text.count("-") for text in texts]
    shares = np.array([sum(map(text.count, "ACGTUN")) for text in texts]) / np.maximum(letters, 1)
    if nucleotides:
        strange = np.array([bool(set(text) - set(_BASES_OR_AMBIGUOUS)) for text in texts])
        wrong = strange | ((shares < _NO_BASES) & (letters > 0))
        told = "no coding bases: a letter is none, or too few are A, C, G or T; give nucleotides = "
        told += "False if they are proteins, or N for what is unknown"
    else:
        wrong = shares >= _BASES
        wrong &= wrong.all() | (lengths >= _SHORT)
        told = "nucleotides, no proteins; give nucleotides = True to translate them"
    if wrong.any():
        raise ValueError(
            f"{where} holds {wrong.sum()} sequences of {len(texts)}, such as "
            f"{names[int(wrong.argmax())]!r}, that are {told}"
        )
    return [translate(text) for text in texts] if nucleotides else texts


def _undated(names: list[str], missing: np.ndarray, undated: str) -> tuple[str, ...]:
    choice("undated", undated, ("refuse", "leave out"))
    if not missing.any():
        return ()
    told = f"{missing.sum()} of {len(names)} sequences have no date"
    if undated == "refuse" or missing.all():
        way = "" if missing.all() else ", or undated = 'leave out'"
        first = names[int(missing.argmax())]
        raise ValueError(f"{told}, such as {first!r}; give dates under these names{way}")
    return (f"{told}: left out",)


def _merged(before: int, after: int, min_distance: int) -> tuple[str, ...]:
    told = "are copies of an earlier one"
    if min_distance > 1:
        told = f"are closer than {min_distance} residues to an earlier one"
    return (f"{before - after} of {before} sequences {told}: left out",) if after < before else ()


def _signals(rows: pd.DataFrame, names: list[str]) -> tuple[dict[str, Signal], tuple[str, ...]]:
    """Return a signal for each column, of the rows that carry it, and what to tell of those."""
    signals, notes = {}, []
    for name in names:
        carry = np.flatnonzero(~are_missing(rows[name]))
        text = rows[name].iloc[carry]
        numbers = pd.to_numeric(text, errors="coerce")
        taken = text.to_numpy(dtype=str) if numbers.isna().any() else finite(name, numbers)
        signal = without_lone_labels(Signal(name, carry, taken))
        if len(np.unique(np.asarray(signal.values))) < 2:
            raise ValueError(
                f"{name} has {text.nunique()} values in {len(text)} of {len(rows)} sequences, and "
                "fewer than 2 that several have; give a column with at least 2 labels"
            )
        if len(signal.rows) < len(rows):
            left = len(rows) - len(signal.rows)
            notes.append(f"{left} of {len(rows)} sequences have no {name} that another has")
        signals[name] = signal
    return signals, tuple(notes)


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


def distinct(sequences: Sequences, min_distance: int = 1) -> NDArray[np.intp]:
    """Return the rows of sequences that differ from all earlier kept ones, ascending.

    Parameters
    ----------
    sequences
        One text a protein, (n,).
    min_distance
        Smallest number of residues between two that are kept; X differs from nothing. At 1, texts
        that are not equal differ.

    Raises
    ------
    ValueError
        If `min_distance` is below 1, or above 1 and the sequences have several lengths.
    """
    if whole("min_distance", min_distance, at_least=1) == 1:
        return np.sort(np.unique(sequences, return_index=True)[1])
    letters = as_letters(check_sequences(sequences, aligned=True)).astype(np.uint8)
    kept: list[int] = []
    stack = np.empty_like(letters)
    for row, here in enumerate(letters):
        others = stack[: len(kept)]
        differs = (others != here) & (others != _UNKNOWN) & (here != _UNKNOWN)
        if differs.sum(axis=1).min(initial=min_distance) >= min_distance:
            stack[len(kept)] = here
            kept.append(row)
    return np.array(kept, dtype=np.intp)


def filled(sequences: Sequences) -> tuple[Sequences, int]:
    """Fill gaps and letters of no single amino acid with the most frequent residue of their place.

    Substitution turns residues into residues: where there is none it leaves a mark that no error
    rate removes, and the pattern of gaps would tell of the date when all else is lost.

    Parameters
    ----------
    sequences
        Aligned sequences, (n,).

    Returns
    -------
    The sequences, and how many letters were filled. A place where no sequence has a residue stays.

    Raises
    ------
    ValueError
        If the sequences have several lengths.
    """
    letters = as_letters(check_sequences(sequences, aligned=True)).copy()
    counts = np.stack([(letters == residue).sum(axis=0) for residue in RESIDUES])
    gaps = ~np.isin(letters, RESIDUES) & (counts.max(axis=0) > 0)
    letters[gaps] = np.broadcast_to(RESIDUES[counts.argmax(axis=0)], letters.shape)[gaps]
    return as_texts(letters), int(gaps.sum())
