"""Cells, proteins and images under one law: points, fits, and how far data stand above them."""

import numpy as np
import pandas as pd

from noisescaling.fitting import fit_curves
from study import published, studies

#: What tells one curve of any modality from another.
CURVE: list[str] = ["source", "noise", *published.GRID]


def points(preset: str, recompute: bool = False) -> pd.DataFrame:
    """Return the points of this project and the published ones, of the most observations, in bits.

    Columns: source ("here" or "published"), noise, dataset, signal, model, u (in the noise's unit)
    and bits; of labels measured here their entropy (bits).
    """
    found = (
        kind(preset, recompute=recompute).points
        for kind in (studies.single_cells, studies.sequences, studies.images)
    )
    cells, proteins, images = map(published.largest, found)
    proteins = proteins[~proteins["dataset"].str.contains(", ")]  # parts of data sets
    ours = pd.concat([cells, proteins, images[images["signal"] == "class"]]).assign(source="here")
    return pd.concat([ours, _published().assign(source="published")])


def _published() -> pd.DataFrame:
    images = published.published_images()
    # Pixels in the picture become 1 / factor^2.
    side = np.where(images["noise"] == "gaussian", 1, published.IMAGE_SIDE**-2)
    of_images = {"dataset": "kidney cells", "signal": "class", "model": "MobileNetV3"}
    of_proteins = {"noise": "substitute", "dataset": "spike", "signal": "time"}
    cells = published.largest(published.published_cells())
    return pd.concat(
        [
            cells.assign(noise="downsample"),
            published.published_spikes().assign(**of_proteins),
            images.assign(u=images["u"] * side, **of_images),
        ]
    )


def fits_with_headroom(
    points: pd.DataFrame, read_quality: float, pixel_quality: float
) -> pd.DataFrame:
    """Fit every curve; add its usual quality and the headroom, usual quality over sensitivity.

    The usual quality is the deepest of the data for cells, `read_quality` for proteins,
    `pixel_quality` for Gaussian noise of images, and 1, all pixels, for pixelation.
    """
    deepest = points.groupby(CURVE)["u"].max().rename("usual").reset_index()
    fits = fit_curves(points, CURVE).merge(deepest, on=CURVE)
    usual = {"substitute": read_quality, "gaussian": pixel_quality, "pixelate": 1.0}
    fits["usual"] = fits["noise"].map(usual).fillna(fits["usual"])
    return fits.assign(headroom=fits["usual"] / fits["u_bar"])


def summary(fits: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Count the curves of each noise and source, with the range of those that are shown."""
    by = ["noise", "source"]
    every = fits.groupby(by).agg(
        curves=("r_squared", "size"),
        identified=("identified", "sum"),
        median_r_squared=("r_squared", "median"),
    )
    ranges = shown.groupby(by).agg(
        lowest=("u_bar", "min"),
        median_u_bar=("u_bar", "median"),
        highest=("u_bar", "max"),
        median_headroom=("headroom", "median"),
        lowest_headroom=("headroom", "min"),
        highest_headroom=("headroom", "max"),
    )
    return every.join(ranges)
