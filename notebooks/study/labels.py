"""What readers call data sets, models and signals, and the order and colours of the models."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import pandas as pd

from noisescaling.plotting import MODEL_NAMES, series

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
}
#: The order of the models in every figure, and so their colours.
MODELS: tuple[str, ...] = ("RandomProjection", "PCA", "SCVI", "RankTransformer")
#: Controls that stand beside the models: they have learned nothing of the data.
CONTROLS: tuple[str, ...] = (
    "RandomProjection, 128 axes", "SCVI, untrained", "RankTransformer, untrained",
)  # fmt: skip
#: What the published tables call this project's models.
PUBLISHED_AS = {"RankTransformer": "Geneformer"}


def named(*names: str) -> str:
    """Return what readers call data sets, signals or models; a name itself where none is known."""
    return ", ".join(LABELS.get(name, name) for name in names)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which data sets, signals and models have the names that readers know."""
    known = [name for name in ("dataset", "signal", "model") if name in table]
    return table.assign(**{name: table[name].map(named) for name in known}).reset_index(drop=True)


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
