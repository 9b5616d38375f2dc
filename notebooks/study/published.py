"""The published values (arXiv 2503.02726), and the curves of this study beside them."""

import numpy as np
import pandas as pd

from noisescaling.fitting import fit_curves
from study.labels import PUBLISHED_AS
from study.laws import noise_law_of_u95
from study.paths import PUBLISHED

#: The columns that tell one grid of (cells, UMIs) from another, and one curve.
GRID: list[str] = ["dataset", "signal", "model"]
CURVE: list[str] = [*GRID, "size"]
#: This project's data sets and signals that a published curve has its like of.
_TWINS: dict[tuple[str, str], tuple[str, str]] = {
    ("citeseq", "cell_type"): ("PBMC", "celltype.l3"),
    ("citeseq", "protein"): ("PBMC", "protein_counts"),
    ("larry", "clone"): ("larry", "clone"),
    ("osmfish", "neighbour"): ("merfish", "ng_idx"),
}


def published_cells() -> pd.DataFrame:
    """Return the published single-cell values: one row a measured point, bits.

    Columns: dataset, signal, model, size (cells), u (UMIs per cell), seed, bits.
    """
    frame = pd.read_csv(PUBLISHED / "single_cell_mi.csv")
    frame = frame.rename(columns={"algorithm": "model", "umis_per_cell": "u", "mi_value": "bits"})
    columns = [*CURVE, "u", "seed", "bits"]
    return frame[columns].astype({"u": float}).sort_values(columns, ignore_index=True)


def published_spikes() -> pd.DataFrame:
    """Return the published values of spike sequences: bits with time, over true/error ratio.

    Columns: model (of ESM-2), u (residues that are right per one that is wrong), bits.
    """
    frame = pd.read_csv(PUBLISHED / "spike_mi.csv")
    names = {"model_size": "model", "true/error": "u", "mutual_information": "bits"}
    frame = frame.rename(columns=names)[list(names.values())]
    return frame.assign(model="ESM-2 " + frame["model"]).sort_values(["model", "u"])


def published_images() -> pd.DataFrame:
    """Return the published values of noisy images: bits with the label.

    Columns: noise, u (1/sigma^2 for Gaussian noise of pixels in 0 to 1, 1/factor^2 for pixelation),
    bits. The clean images, which have no finite quality, are left out.
    """
    frame = pd.read_csv(PUBLISHED / "image_mi.csv").query("noise != 'none'")
    frame = frame.assign(u=1 / np.square(frame["level"]), bits=frame["mi_value"])
    return frame[["noise", "u", "bits"]]


def largest(points: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each data set, signal and model at its largest number of observations."""
    return points[points["size"] == points.groupby(GRID)["size"].transform("max")]


def depth_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return u_95 of each grid at its largest size, beside the depth of the data.

    Columns: the grid's, size, u_95, u_95_low, u_95_high (95 % profile interval, UMIs per cell),
    i_max and its interval, deepest (UMIs per cell), reached (bits of the law at the deepest data
    as a share of i_max).
    """
    most = largest(cells)
    deepest = most.groupby(GRID)["u"].max().rename("deepest").reset_index()
    table = fit_curves(most, CURVE, law=noise_law_of_u95).merge(deepest, on=GRID)
    # Of a capacity without an end, no share is reached.
    known = np.isfinite(table["i_max"])
    capacity = table["i_max"].where(known, 1.0)
    bits = noise_law_of_u95.function(table["deepest"], table["u_95"], capacity)
    table["reached"] = (bits / capacity).where(known, 0.0)
    ends = ["u_95", "u_95_low", "u_95_high", "i_max", "i_max_low", "i_max_high"]
    return table[[*CURVE, *ends, "deepest", "reached"]]


def beside_published(fits: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return fitted curves beside the published ones of the same kind and the nearest size.

    Parameters
    ----------
    fits
        Table of `fit_curves` of this project's curves, by data set, signal, model and size.
    published
        The same of the published values (notebooks/results/published_fits.csv).

    Returns
    -------
    The columns of `fits`, and those of `published` with the ending _published; rows that have no
    like in the published values are left out.
    """
    rows = []
    for _, row in fits.iterrows():
        twin = _TWINS.get((row["dataset"], row["signal"]), ("", ""))
        key = [*twin, PUBLISHED_AS.get(row["model"], row["model"])]
        same = published[published[GRID].eq(key).all(axis=1)]
        if len(same):
            nearest = np.abs(np.log(same["size"] / row["size"])).idxmin()
            rows.append(pd.concat([row, same.loc[nearest].add_suffix("_published")]))
    return pd.DataFrame(rows)
