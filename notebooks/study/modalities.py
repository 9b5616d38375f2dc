"""Cells, proteins and images under one law: points, fits, and how far data stand above them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from noisescaling.fitting import fit_curves
from study import published, studies
from study.labels import UNTRAINED

FloatArray = NDArray[np.float64]
#: Image networks that are compared: what one has over the other.
IMAGE_CONTRASTS: dict[str, tuple[str, str]] = {
    "small network, trained": ("small network", "small network" + UNTRAINED),
    "SqueezeNet, tuned": ("tuned SqueezeNet", "frozen SqueezeNet"),
}
#: What tells one curve of any modality from another.
CURVE: list[str] = ["source", "noise", *published.GRID]
#: True residues per error from which on residues count as nearly clean.
CLEAN = 100
#: The language model of proteins in the study, as its sweep calls it.
LANGUAGE_MODEL = "ESM-2 architecture from scratch (32 wide)"


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
    of_images = {"dataset": "kidney cells", "signal": "class", "model": "MobileNetV3"}
    of_proteins = {"noise": "substitute", "dataset": "spike", "signal": "time"}
    cells = published.largest(published.published_cells())
    return pd.concat(
        [
            cells.assign(noise="downsample"),
            published.published_spikes().assign(**of_proteins),
            published.published_images().assign(**of_images),
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


def language_models(fits: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Return what language models of proteins from scratch are worth, a row a data set.

    Parameters
    ----------
    fits
        Fits of the noise law, with the columns dataset, model and u_bar.
    points
        Their points, with the columns dataset, model, u (true residues per error) and bits.

    Returns
    -------
    Columns times, their noise sensitivity over that of principal components, and learned, the bits
    of the trained network less those of the untrained one where residues are nearly clean.
    """
    names = ["PCA of residues", LANGUAGE_MODEL, LANGUAGE_MODEL + UNTRAINED]
    clean = points[points["u"] >= CLEAN]
    sensitivity, bits = (
        table.pivot_table(value, "dataset", "model").reindex(columns=names)
        for table, value in ((fits, "u_bar"), (clean, "bits"))
    )
    components, trained, untrained = names
    times = sensitivity[trained] / sensitivity[components]
    return pd.DataFrame({"times": times, "learned": bits[trained] - bits[untrained]})


def letter_quality(u: ArrayLike, letters: int = 20) -> FloatArray:
    """Return the signal-to-noise ratio of misread letters, up to a factor: (1 - e)^2 / [e (2 - e)].

    Here e is the probability that a letter is drawn anew, from all `letters` with the true one.

    Parameters
    ----------
    u
        True letters per wrong one, any shape; at 1 / (letters - 1) and below nothing is left: 0.
    letters
        Number of letters of the alphabet.
    """
    anew = np.minimum(letters / (letters - 1) / (1 + np.asarray(u, dtype=float)), 1)
    return np.asarray(np.square(1 - anew) / (anew * (2 - anew)))


def residue_axes(points: pd.DataFrame, curve: list[str]) -> pd.DataFrame:
    """Fit proteins on two axes of quality: true residues per error, and that of `letter_quality`.

    Parameters
    ----------
    points
        Columns of `curve`, u (true residues per error) and bits. Points at which all residues are
        equally likely to be read, or the true one less than others, are left out of both fits.
    curve
        Columns that tell one curve from another.

    Returns
    -------
    One row a curve: the columns of `curve`, residues and channel (R^2 of the noise law on each).
    """
    kept = points.assign(channel=letter_quality(points["u"])).query("channel > 0")
    fits = {
        "residues": fit_curves(kept, curve),
        "channel": fit_curves(kept.assign(u=kept["channel"]), curve),
    }
    told = [own.set_index(curve)["r_squared"].rename(name) for name, own in fits.items()]
    return pd.concat(told, axis=1).reset_index()


def summary(fits: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Count the curves of each noise and source, with the range of those that are shown.

    Columns: noise, source, curves, identified, r_squared (median), and of u_bar and headroom the
    median, and the lowest and highest (`_low`, `_high`).
    """
    by = ["noise", "source"]
    every = fits.groupby(by).agg(
        curves=("r_squared", "size"),
        identified=("identified", "sum"),
        r_squared=("r_squared", "median"),
    )
    ways = {"": "median", "_low": "min", "_high": "max"}
    ranges = {
        f"{name}{end}": (name, way) for name in ("u_bar", "headroom") for end, way in ways.items()
    }
    return every.join(shown.groupby(by).agg(**ranges)).reset_index()


def image_contrasts(points: pd.DataFrame) -> pd.DataFrame:
    """Return what training and tuning add to image networks, in bits.

    Parameters
    ----------
    points
        Columns noise, dataset, model, u and bits; seeds are averaged.

    Returns
    -------
    One row a contrast of `IMAGE_CONTRASTS` that the points allow, data set and noise: contrast,
    dataset, noise, best (the difference at the highest quality) and mean (over all qualities).
    """
    table = points.pivot_table("bits", ["dataset", "noise", "u"], "model")
    columns = ["contrast", "dataset", "noise", "best", "mean"]
    rows = [pd.DataFrame(columns=columns).astype({"best": float, "mean": float})]
    for contrast, (one, other) in IMAGE_CONTRASTS.items():
        if {one, other} <= set(table):
            gap = (table[one] - table[other]).dropna().groupby(["dataset", "noise"])
            added = pd.DataFrame({"best": gap.last(), "mean": gap.mean()}).reset_index()
            rows.append(added.assign(contrast=contrast))
    return pd.concat(rows[1:] or rows, ignore_index=True)[columns]
