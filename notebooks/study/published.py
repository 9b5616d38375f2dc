"""The published values (arXiv 2503.02726)."""

import numpy as np
import pandas as pd

from noisescaling.fitting import fit_curves
from noisescaling.paths import PUBLISHED
from study.laws import noise_law_of_u95

#: The columns that tell one published grid of (cells, UMIs) from another.
GRID = ["dataset", "signal", "model"]
#: Pixels along a side of the published images, of which a factor of pixelation makes fewer.
_IMAGE_SIDE = 224


def published_cells() -> pd.DataFrame:
    """Return the published single-cell values: one row a measured point, bits.

    Columns: dataset, signal, model, size (cells), u (UMIs per cell), seed, bits.
    """
    frame = pd.read_csv(PUBLISHED / "single_cell_mi.csv")
    frame = frame.rename(columns={"algorithm": "model", "umis_per_cell": "u", "mi_value": "bits"})
    columns = [*GRID, "size", "u", "seed", "bits"]
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

    Columns: noise, u (1/sigma^2 for Gaussian noise of pixels in 0 to 1, pixels in the picture for
    pixelation), bits. The clean images, which have no finite quality, are left out.
    """
    frame = pd.read_csv(PUBLISHED / "image_mi.csv").query("noise != 'none'")
    pixels = np.square(_IMAGE_SIDE / frame["level"])
    u = np.where(frame["noise"] == "gaussian", 1 / np.square(frame["level"]), pixels)
    return pd.DataFrame({"noise": frame["noise"], "u": u, "bits": frame["mi_value"]})


def depth_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return u_95 of each grid at its largest size, beside the depth of the data.

    Columns: the grid's, size, u_95, u_95_low, u_95_high (95 % profile interval, UMIs per cell),
    i_max and its interval, deepest (UMIs per cell), reached (bits of the law at the deepest data
    as a share of i_max).
    """
    largest = cells[cells["size"] == cells.groupby(GRID)["size"].transform("max")]
    fits = fit_curves(largest, [*GRID, "size"], law=noise_law_of_u95)
    deepest = largest.groupby(GRID)["u"].max().rename("deepest").reset_index()
    table = fits.merge(deepest, on=GRID)
    # Of a capacity without an end, no share is reached.
    known = np.isfinite(table["i_max"])
    most = table["i_max"].where(known, 1.0)
    bits = noise_law_of_u95.function(table["deepest"], table["u_95"], most)
    table["reached"] = (bits / most).where(known, 0.0)
    ends = ["u_95", "u_95_low", "u_95_high", "i_max", "i_max_low", "i_max_high"]
    return table[[*GRID, "size", *ends, "deepest", "reached"]]
