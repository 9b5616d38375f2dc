"""What readers call data sets, models, signals and columns, and the models' order and colours."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from noisescaling.fitting import joint_law
from noisescaling.plotting import MODEL_NAMES, series, short, with_interval

#: Names for readers; what is not here is shown as it is.
LABELS: dict[str, str] = MODEL_NAMES | {
    "RandomProjection, 128 axes": "random projection, 128 axes",
    "SCVI, untrained": "scVI, untrained",
    "RankTransformer, untrained": "rank transformer, untrained",
    # images
    "digits": "digits",
    "blood_cells": "blood cells, images",
    "pneumonia": "chest X-rays",
    "PixelPCA": "PCA of pixels",
    "prediction": "class, as the model predicts it",
    # proteins
    "ESM-2 architecture from scratch (32 wide), untrained": (
        "ESM-2 architecture, untrained (32 wide)"
    ),
    "simulated_proteins": "simulated proteins",
    "influenza_n2": "influenza N2",
    "spike": "SARS-CoV-2 spike",
    "time": "time",
    # the published data sets and signals
    "PBMC": "PBMC, CITE-seq",
    "merfish": "MERFISH, spatial",
    "shendure": "mouse embryos, time course",
    "celltype.l3": "cell type",
    "protein_counts": "surface proteins",
    "ng_idx": "spatial neighbour",
    "author_day": "day of development",
    # those of this project
    "simulated": "simulated cells",
    "pbmc68k_reduced": "blood cells, 68k",
    "citeseq": "blood cells, CITE-seq",
    "larry": "LARRY, blood progenitors",
    "osmfish": "osmFISH, mouse cortex",
    "mixology_celseq2": "three cell lines",
    "mixology_celseq2_5cl_p3": "five cell lines",
    "rna_mixture": "RNA mixtures",
    "cell_type": "cell type",
    "protein": "surface proteins",
    "clone": "clone (sister cells)",
    "neighbour": "spatial neighbour",
    "day": "day, as a number",
    "mixture": "mixture, as a label",
    "amount": "amount of RNA",
    # noises
    "downsample": "thinned cells",
    "substitute": "misread residues",
    "gaussian": "Gaussian noise",
    "pixelate": "coarse pixels",
}
#: The order of the models in every figure, and so their colours.
MODELS: tuple[str, ...] = ("RandomProjection", "PCA", "SCVI", "RankTransformer")
#: What stands behind the name of a network in that of its control, which has learned nothing.
UNTRAINED = ", untrained"
#: The other control: a random projection of as many axes as the transformer has.
_AS_WIDE = "RandomProjection, 128 axes"
#: Heads of columns for readers, by their names in code; {unit} is that of the quality.
HEADS: dict[str, str] = {
    "dataset": "data",
    "size": "cells",
    "n_samples": "cells",
    "u": "{unit}",
    "u_bar": "noise sensitivity ({unit})",
    "i_max": "capacity (bits)",
    "r_squared": "R²",
    "sigma": "residual (bits)",
    "n_points": "points",
    "identifiable": "identified",
    "rejected": "law rejected",
    "u_95": "depth needed ({unit})",
    "u_snr": "signal equals noise at ({unit})",
    "deepest": "deepest data ({unit})",
    "reached": "share of capacity reached",
    "true_bits": "truth (bits)",
    "standard_error": "standard error",
    "lower_bound": "lower bound",
}
#: What a table shows of fits of the noise law.
FIT: tuple[str, ...] = (
    *(f"{name}{end}" for name in ("u_bar", "i_max") for end in ("", "_low", "_high")),
    "r_squared",
)
#: Parameters of the laws; a fit that leaves one open stops at a bound, far beyond any data.
_PARAMETERS = frozenset({"u_bar", "i_max", "u_95", "u_snr", "n0", "u1"})
_LOWEST, _HIGHEST = 1e-5, 1e7
#: No capacity comes near the bound of its search, in bits, unless the points leave it open.
_HIGHEST_CAPACITY = 0.99 * joint_law.parameters["i_max"].upper
#: Columns that hold names of `LABELS`.
_NAMED = frozenset({"dataset", "signal", "model", "noise"})
#: What the published tables call this project's models.
PUBLISHED_AS = {"RankTransformer": "Geneformer"}


def are_controls(models: "pd.Series[str]") -> "pd.Series[bool]":
    """Tell which models are controls that stand beside others and have learned nothing."""
    return models.str.endswith(UNTRAINED) | (models == _AS_WIDE)


def named(*names: str) -> str:
    """Return what readers call data sets, signals or models; a name itself where none is known."""
    return ", ".join(LABELS.get(name, name) for name in names)


def readable(
    table: pd.DataFrame,
    unit: str = "UMIs per cell",
    n_rows: int = 1,
    endless: str = "not identified",
    **heads: str,
) -> pd.DataFrame:
    """Return a table for reading: names, heads of columns and digits as readers know them.

    A number beside the ends of its interval becomes one column, "114 (94.3 to 137)". A parameter
    without an end, or at a bound of its fit, is "not identified". Files keep the raw names.

    Parameters
    ----------
    table
        Columns by the names that the code has; `x_low` and `x_high` are the ends of `x`.
    unit
        Unit of the quality.
    n_rows
        How many columns, from the first, name the rows.
    endless
        What an infinite number is called.
    heads
        Heads of columns that `HEADS` does not know, or calls otherwise.

    Examples
    --------
    >>> import pandas as pd
    >>> from study.labels import readable
    >>> fits = pd.DataFrame({"model": ["SCVI"], "i_max": 2.0, "i_max_low": 1.5, "i_max_high": 2.5})
    >>> readable(fits).loc["scVI", "capacity (bits)"]
    '2 (1.5 to 2.5)'
    """
    ends = {f"{name}{end}" for name in table for end in ("_low", "_high")}
    shown = {
        (HEADS | heads).get(name, name).format(unit=unit): _written(table, name, endless)
        for name in table
        if name not in ends
    }
    first = list(shown)[:n_rows]
    told = pd.DataFrame(shown).set_index(first)
    # One row of heads: a name of the index would stand in a second one.
    return told.rename_axis(index=None, columns=first[0]) if n_rows == 1 else told


def _written(table: pd.DataFrame, name: str, endless: str) -> "pd.Series[Any]":
    """Return a column as text, with its interval where the table has one."""
    if f"{name}_low" in table:
        ends = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
        write = with_interval if name in _PARAMETERS else _with_range
        return pd.Series([write(*one) for one in ends], table.index, dtype=object)
    if name in _NAMED:
        return table[name].map(_name)
    return table[name].map(lambda value: _text(value, name, endless))


def _with_range(value: float, low: float, high: float) -> str:
    return "" if np.isnan(value) else f"{short(value)} ({short(low)} to {short(high)})"


def _name(name: str) -> str:
    """Return what readers call a name, or each of its parts, such as "larry, 2 apart"."""
    return LABELS.get(name) or named(*name.split(", "))


def _text(value: object, name: str, endless: str) -> str:
    """Return a value as text: yes or no, thousands by commas, three digits; nothing of what lacks.

    The share of variance has three decimals, as figures have it.
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, int | float | np.number):
        return "" if value is None else str(value)
    if np.isnan(value):
        return ""
    parameter = name.removesuffix("_published")
    highest = _HIGHEST_CAPACITY if parameter == "i_max" else _HIGHEST
    if np.isinf(value) or (parameter in _PARAMETERS and not _LOWEST < value < highest):
        return endless
    if name == "r_squared":
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int | np.integer) else short(float(value) + 0.0)


def model_numbers(models: Iterable[str]) -> dict[str, int]:
    """Number of each model's colour and marker, the models in the order of every figure.

    The known models have the same numbers everywhere, by either name; others follow by name.
    """
    here = set(models)
    numbers = {name: number for number, name in enumerate(MODELS)}
    numbers |= {theirs: numbers[ours] for ours, theirs in PUBLISHED_AS.items()}
    others = sorted(here.difference(numbers))
    numbers |= {name: number for number, name in enumerate(others, len(MODELS))}
    return {
        name: number for name, number in sorted(numbers.items(), key=itemgetter(1)) if name in here
    }


def each_series(
    table: pd.DataFrame, by: str = "model"
) -> Iterator[tuple[str, pd.DataFrame, dict[str, Any]]]:
    """Yield what readers call each value of a column, its rows, and their colour and marker.

    Models come in the order of every figure, and look the same in all; others as in the table.
    """
    names = table[by].dropna().unique()
    numbers = model_numbers(names) if by == "model" else {name: k for k, name in enumerate(names)}
    for name, number in numbers.items():
        yield named(str(name)), table[table[by] == name], series(number)
