"""Committed tables that are measured a group of rows at a time, and go on where they stopped."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from noisescaling import presets
from noisescaling._checks import choice
from noisescaling._compute import threads


def of_sets(file: Path, known: Collection[str], datasets: str = "") -> pd.DataFrame:
    """Return the rows of a committed table of the data sets that are to be kept; empty for all.

    Raises
    ------
    ValueError
        If a data set that is to be kept is unknown.
    """
    table = pd.read_csv(file)
    chosen = presets.words("datasets", datasets) if datasets else list(known)
    return table[table["dataset"].isin([choice("dataset", name, known) for name in chosen])]


def go_on(
    file: Path,
    key: Sequence[str],
    wanted: Iterable[tuple[object, ...]],
    measure: Callable[..., pd.DataFrame],
) -> None:
    """Measure what is lacking of a table, and write it after each group of rows.

    Parameters
    ----------
    file
        The table, a CSV; it need not be there.
    key
        Columns that name a group of rows.
    wanted
        Their values for each group.
    measure
        Gives the other columns of a group, from the values that name it.
    """
    tables = [pd.read_csv(file)] if file.exists() else []
    there = {one for table in tables for one in table[[*key]].itertuples(index=False, name=None)}
    for one in tqdm([one for one in wanted if one not in there], desc=file.stem):
        with threads(1):
            rows = measure(*one)
        tables.append(pd.DataFrame([one] * len(rows), columns=[*key]).join(rows))
        pd.concat(tables).to_csv(file, index=False, float_format="%.6g")
