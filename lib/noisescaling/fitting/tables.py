"""The published values and the tables of their fits; run as a module, it writes the tables.

python -m noisescaling.fitting.tables
"""

from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd

from noisescaling.fitting.curves import fit_curves
from noisescaling.fitting.fit import fit_joint_law
from noisescaling.fitting.forecast import Posterior
from noisescaling.fitting.law import FloatArray
from noisescaling.fitting.laws import JOINT, NOISE_OF_U95
from noisescaling.fitting.result import LawFit
from noisescaling.paths import PUBLISHED, RESULTS

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
    fits = fit_curves(largest, [*GRID, "size"], law=NOISE_OF_U95)
    deepest = largest.groupby(GRID)["u"].max().rename("deepest").reset_index()
    table = fits.merge(deepest, on=GRID)
    # Of a capacity without an end, no share is reached.
    known = np.isfinite(table["i_max"])
    most = table["i_max"].where(known, 1.0)
    bits = NOISE_OF_U95.function(table["deepest"], table["u_95"], most)
    table["reached"] = (bits / most).where(known, 0.0)
    ends = ["u_95", "u_95_low", "u_95_high", "i_max", "i_max_low", "i_max_high"]
    return table[[*GRID, "size", *ends, "deepest", "reached"]]


def joint_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the joint law's fit of every grid.

    Columns: the grid's; the five parameters and their standard errors (`_se`); the covariance on
    the fit's scale, `cov_a_b`, where each parameter but i_max and s is its natural logarithm;
    sigma (bits), r_squared, n_points, identified, rejected, p_value (as `Verdict`), reason, entropy
    (of labels, bits), scatter (of repeats, bits, as a forecast takes it), and the ranges measured.
    """
    rows = []
    for key, grid in cells.groupby(GRID):
        fit = fit_grid(grid)
        rows.append(
            {
                **dict(zip(GRID, key, strict=True)),
                **fit.parameters,
                **{f"{name}_se": value for name, value in fit.standard_errors.items()},
                **_covariance(fit.covariance_inward),
                "sigma": fit.sigma,
                "r_squared": fit.r_squared,
                "n_points": fit.n_points,
                "identified": fit.verdict.identified,
                "rejected": fit.verdict.rejected,
                "p_value": fit.verdict.p_value,
                "reason": fit.reason,
                "entropy": float(np.ravel(fit.batch.entropy)[0]),
                "scatter": Posterior(fit).point.scatter,
                "size_low": grid["size"].min(),
                "size_high": grid["size"].max(),
                "u_low": grid["u"].min(),
                "u_high": grid["u"].max(),
            }
        )
    return pd.DataFrame(rows)


def fit_grid(grid: pd.DataFrame) -> LawFit:
    """Fit the joint law to one grid: columns size, u, bits; of labels also their `entropy`."""
    entropy = grid.get("entropy", pd.Series(np.nan, grid.index)).iloc[0]
    known = None if np.isnan(entropy) else float(entropy)
    return fit_joint_law(grid["size"], grid["u"], grid["bits"], entropy=known)


def _covariance(matrix: FloatArray) -> dict[str, float]:
    pairs = combinations_with_replacement(enumerate(JOINT.names), 2)
    return {f"cov_{a}_{b}": float(matrix[i, j]) for (i, a), (j, b) in pairs}


def write(tables: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write tables by the names of their files; return where they are."""
    for name, table in tables.items():
        # Six digits: enough for any use, and the same on machines that differ in the last bit.
        table.to_csv(folder / name, index=False, float_format="%.6g")
    return [folder / name for name in tables]


def write_tables(folder: Path = RESULTS) -> list[Path]:
    """Write published_fits.csv and published_joint_fits.csv; return where they are."""
    cells = published_cells()
    curves, joint = fit_curves(cells, [*GRID, "size"]), joint_table(cells)
    return write({"published_fits.csv": curves, "published_joint_fits.csv": joint}, folder)


if __name__ == "__main__":
    for path in write_tables():
        print(path)
