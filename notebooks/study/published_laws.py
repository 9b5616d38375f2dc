"""What the published values (arXiv 2503.02726) say of each law, over all modalities."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from scipy.stats import spearmanr

from noisescaling import fitting, plotting
from noisescaling.fitting import fit_curves, snr_one
from study.adequacy import on_one_curve
from study.figures import FloatArray, draw_points
from study.labels import each_series, named
from study.paths import PUBLISHED
from study.published import CURVE, GRID, published_cells, published_spikes
from study.studies import images

#: Exponents p of the quality 1/sigma^p that are tried for noisy images.
EXPONENTS = np.round(np.arange(0.5, 3.01, 0.1), 1)
#: Models that learn, of the published four.
LEARNED = ("SCVI", "Geneformer", "PCA")


#: Mean R² (with its standard error) and number of curves that the authors report.
REPORTED = {
    "transcriptomics": "0.979 ± 0.004 (160)", "sequences": "0.992 (3)",
    "TissueMNIST": "0.979 (18)", "Caltech101": "0.984 (10)",
}  # fmt: skip
#: Gains in per cent from ten times the cells and ten times the UMIs that the authors report.
REPORTED_GAINS = pd.DataFrame(
    {"cells": [0.8, 20.8, 7.9, 2.2], "umis": [9.6, 28.7, 28.6, 11.1]},
    index=["Geneformer", "PCA", "RandomProjection", "SCVI"],
)


def noisy_images() -> pd.DataFrame:
    """Return the published values of noisy images: bits with the class, or a class with the rest.

    Columns: modality (TissueMNIST or Caltech101), noise (gaussian or pixelation), label ("all" or
    the number of the class that is told from the rest), level (sigma, or the factor), bits.
    """
    names = {"class": "label", "mi_value": "bits"}
    parts = [
        pd.read_csv(PUBLISHED / "image_mi.csv").assign(label="all", modality="TissueMNIST"),
        pd.read_csv(PUBLISHED / "image_one_vs_rest_mi.csv").assign(modality="TissueMNIST"),
        pd.read_csv(PUBLISHED / "caltech101_mi.csv").assign(modality="Caltech101"),
    ]
    frame = pd.concat([part.rename(columns=names) for part in parts], ignore_index=True)
    frame = frame[frame["noise"] != "none"].astype({"label": str, "level": float})
    return frame[["modality", "noise", "label", "level", "bits"]].reset_index(drop=True)


def all_curves() -> pd.DataFrame:
    """Return all published curves on one pair of columns, u and bits (means over seeds).

    Columns: modality, curve, u, bits. The quality is the published one: UMIs per cell, true
    residues per error, 1/factor^2; of Gaussian noise 1/sigma for TissueMNIST and 1/sigma^2 for
    Caltech101.
    """
    cells = published_cells().groupby([*GRID, "size", "u"], as_index=False)["bits"].mean()
    cells["curve"] = cells[[*GRID, "size"]].astype(str).agg(" | ".join, axis=1)
    spikes = published_spikes().rename(columns={"model": "curve"})
    images = noisy_images()
    published = (images["modality"] == "TissueMNIST") & (images["noise"] == "gaussian")
    images["u"] = images["level"] ** -np.where(published, 1.0, 2.0)
    images["curve"] = images["noise"] + " | " + images["label"]
    parts = [
        cells.assign(modality="transcriptomics"), spikes.assign(modality="sequences"), images,
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[["modality", "curve", "u", "bits"]]


def collapsed(points: pd.DataFrame, max_capacity_error: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the fits of all curves, and the points of the good ones brought onto one curve.

    A fit is kept as the authors kept theirs: where the standard error of the capacity is below
    `max_capacity_error`, in bits (theirs: 0.5). The points gain x = u/u_bar, y, the collapsed
    information, and miss, the measured less the fitted bits.
    """
    by = ["modality", "curve"]
    fits = fit_curves(points, by)
    kept = fits[fits["i_max_se"] < max_capacity_error]
    return kept, on_one_curve(points, kept, by)


def cell_law_curves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the fits of the cell law, a curve a quality, and their points on one line.

    Kept as the authors kept theirs: models that learn, at least a tenth of the molecules, and a
    rise of 0.2 bits or more to the limit. The points gain x = n/n0 and y, the missing bits to the
    power of 1/s, so that the law is y = 1/x; and miss, the measured less the fitted bits.
    """
    points = published_cells().rename(columns={"size": "n"})
    full = points.groupby(GRID)["u"].transform("max")
    points = points[points["model"].isin(LEARNED) & (points["u"] >= 0.1 * full * (1 - 1e-3))]
    by = [*GRID, "u"]
    points = points.groupby([*by, "n"], as_index=False)["bits"].mean()
    fits, curves = [], []
    for key, curve in points.groupby(by):
        fit = fitting.fit_cell_law(curve["n"], curve["bits"])
        n0, s, i_inf = (fit.parameters[name] for name in ("n0", "s", "i_inf"))
        if i_inf - curve["bits"].min() < 0.2:
            continue
        told = dict(zip(by, key, strict=True))
        fits.append(told | {"r_squared": fit.r_squared, "s": s, "i_inf": i_inf})
        missing = (i_inf - curve["bits"]).clip(lower=0)
        miss = curve["bits"] - fit.predict(curve["n"])
        curves.append(curve.assign(x=curve["n"] / n0, y=missing ** (1 / s), miss=miss))
    return pd.DataFrame(fits), pd.concat(curves, ignore_index=True)


def capacities() -> pd.DataFrame:
    """Return the noise law's fit of each published curve of cells at each number of cells."""
    fits = fit_curves(published_cells(), CURVE)
    return fits[fits["identified"]].reset_index(drop=True)


def rank_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Return each model's mean rank, 1 for the largest, in exponent s and limit I_inf.

    Models are ranked within a data set, signal and quality of `cell_law_curves` at which two or
    more of them were kept; places is their number.
    """
    place = [*GRID[:2], "u"]
    shared = fits[fits.groupby(place)["model"].transform("size") > 1]
    ranks = shared.groupby(place)[["s", "i_inf"]].rank(ascending=False)
    table = ranks.groupby(shared["model"]).mean()
    table["places"] = shared["model"].value_counts()
    return table.rename(columns={"s": "rank of s", "i_inf": "rank of I_inf"}).rename(index=named)


def correlations(fits: pd.DataFrame, capacities: pd.DataFrame) -> dict[str, float]:
    """Return rank correlations of parameters.

    Of s with I_inf over all `fits` (`cell_law_curves`). Within a data set, signal and model, and
    averaged over these: of I_inf with the quality over `fits`, of I_max with the number of cells
    over `capacities` (noise-law fits of each size).
    """

    def mean(table: pd.DataFrame, one: str, other: str) -> float:
        grids = [own for _, own in table.groupby(GRID) if min(own[[one, other]].nunique()) > 2]
        return float(np.mean([spearmanr(own[one], own[other])[0] for own in grids]))

    return {
        "s_i_inf": float(spearmanr(fits["s"], fits["i_inf"])[0]),
        "i_inf_u": mean(fits, "u", "i_inf"),
        "i_max_size": mean(capacities, "size", "i_max"),
    }


def draw_parameters(axes: Sequence[Axes], fits: pd.DataFrame, capacities: pd.DataFrame) -> None:
    """Draw s against I_inf, I_inf against quality and I_max against cells, a colour a model."""
    panels = (
        (fits, "s", "i_inf", "exponent $s$", r"limit $I_\infty$ (bits)"),
        (fits, "u", "i_inf", "UMIs per cell", r"limit $I_\infty$ (bits)"),
        (capacities, "size", "i_max", "cells", r"capacity $I_{\max}$ (bits)"),
    )
    for ax, (table, x, y, x_label, y_label) in zip(axes, panels, strict=True):
        for model, rows, look in each_series(table):
            look |= {"ms": 3, "lw": 0.8, "ls": "none" if x == "s" else "-"}
            for _, own in rows.sort_values(x).groupby(GRID[:2]):
                ax.plot(own[x], own[y], **look)
            ax.plot([], [], label=model, **look)
        ax.set(xscale="log", xlabel=x_label, ylabel=y_label)
    axes[0].xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_xticks([0.03, 0.1, 0.3], ["0.03", "0.1", "0.3"])
    axes[0].figure.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=4)


def projected_gains() -> pd.DataFrame:
    """Return what ten times the molecules or cells would add at the largest design, in per cent.

    Columns: the grid's, bits (of the noise law at the largest design), umis and cells (per cent of
    those bits, by the noise law at the most cells and the cell law at full depth).
    """
    rows = []
    for key, grid in published_cells().groupby(GRID):
        n, u = grid["size"].max(), grid["u"].max()
        most, deep = grid[grid["size"] == n], grid[grid["u"] == u]
        depth = fitting.fit_noise_law(most["u"], most["bits"]).predict([u, 10 * u])
        cells = fitting.fit_cell_law(deep["size"], deep["bits"]).predict([n, 10 * n])
        gains = [100 * (after / before - 1) for before, after in (depth, cells)]
        rows.append((*key, depth[0], *gains))
    return pd.DataFrame(rows, columns=[*GRID, "bits", "umis", "cells"])


def estimator_fits() -> pd.DataFrame:
    """Return the noise law, with u_snr, of the same embeddings measured by three estimators."""
    frame = pd.read_csv(PUBLISHED / "estimator_comparison_mi.csv")
    names = {"umis_per_cell": "u", "mi_value": "bits"}
    fits = fit_curves(frame.rename(columns=names), ["signal", "estimator"])
    return fits.assign(u_snr=snr_one(fits["u_bar"], fits["i_max"]))


def image_axes(curves: pd.DataFrame) -> pd.DataFrame:
    """Return which exponent p of the quality 1/sigma^p each curve of noisy images prefers.

    Parameters
    ----------
    curves
        Columns group, curve, sigma, bits.

    Returns
    -------
    group, curve, best (the exponent of least scatter), low and high (the exponents that a
    likelihood ratio does not reject at 95 %, within those tried), r_squared_1 and r_squared_2 (of
    the noise law against 1/sigma and 1/sigma^2).
    """
    by = ["group", "curve"]
    tried = {
        p: fit_curves(curves.assign(u=curves["sigma"] ** -p), by).set_index(by) for p in EXPONENTS
    }
    scatter = pd.DataFrame({p: fits["sigma"] for p, fits in tried.items()})
    n_points = tried[1.0]["n_points"].to_numpy()[:, None]
    loss = n_points * 2 * np.log(scatter.div(scatter.min(axis=1), axis=0))
    allowed = loss.le(3.84)
    table = pd.DataFrame({"best": scatter.idxmin(axis=1)})
    table["low"] = allowed.idxmax(axis=1)
    table["high"] = allowed.iloc[:, ::-1].idxmax(axis=1)
    for p in (1, 2):
        table[f"r_squared_{p}"] = tried[float(p)]["r_squared"]
    return table.reset_index()


def noisy_image_curves(least_bits: float) -> pd.DataFrame:
    """Return all curves of Gaussian pixel noise, published and own: group, curve, sigma, bits."""
    published = noisy_images().query("noise == 'gaussian'")
    published = published.rename(columns={"label": "curve", "level": "sigma"})
    here = images("laptop").points.query("noise == 'gaussian' and signal != 'prediction'")
    here = here.groupby(["dataset", "model", "signal", "u"], as_index=False)["bits"].mean()
    parts = [
        published.assign(group=published["modality"] + ", published"),
        here.assign(
            group=here["dataset"].map(named) + ", " + here["model"].map(named),
            curve=here["signal"], sigma=here["u"] ** -0.5,
        ),
    ]  # fmt: skip
    curves = pd.concat(parts, ignore_index=True)[["group", "curve", "sigma", "bits"]]
    return curves[curves.groupby(["group", "curve"])["bits"].transform("max") >= least_bits]


def axis_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Return the numbers that the page on image noise tells."""
    tissue = table["group"].str.startswith("TissueMNIST")
    one = table["r_squared_1"] > table["r_squared_2"]
    whole = table[tissue & (table["curve"] == "all")].iloc[0]
    return {
        "tissue_one": (tissue & one).sum(), "tissue_n": tissue.sum(),
        "rest_two": (~tissue & ~one).sum(), "rest_n": (~tissue).sum(),
        "tissue_r2_1": whole["r_squared_1"], "tissue_r2_2": whole["r_squared_2"],
    }  # fmt: skip


def goodness(fits: pd.DataFrame) -> pd.DataFrame:
    """Return the mean R² of each modality with its standard error, beside the reported one."""
    quality = fits.groupby("modality")["r_squared"].agg(["mean", "sem", "size"])
    here = quality.apply(lambda row: "{:.3f} ± {:.3f} ({:.0f})".format(*row), axis=1)
    told = quality.index.map(REPORTED)
    return pd.DataFrame({"R² here (curves)": here, "R² reported (curves)": told})


def gains_table(gains: pd.DataFrame) -> pd.DataFrame:
    """Return the mean gains of each model, in per cent, beside the reported ones."""
    here = gains.groupby("model")[["umis", "cells"]].mean()
    both = here.join(REPORTED_GAINS, rsuffix="_reported")
    both = both[["umis", "umis_reported", "cells", "cells_reported"]].map("{:.1f} %".format)
    titles = ["10 × UMIs, here", "reported", "10 × cells, here", "reported "]
    return both.set_axis(titles, axis=1).rename(index=named)


def gain_gap(gains: pd.DataFrame) -> float:
    """Return the largest difference of gains from depth to the reported ones, percentage points."""
    means = gains.groupby("model")["umis"].mean()
    return float((means - REPORTED_GAINS["umis"]).abs().max())


def estimator_spread(fits: pd.DataFrame) -> pd.DataFrame:
    """Return the largest over the smallest u_bar and u_snr of the estimators, by signal."""
    by = fits.groupby("signal")[["u_bar", "u_snr"]]
    return by.max() / by.min()


def draw_collapse(
    axes: Sequence[Axes], points: pd.DataFrame, by: str, law: Callable[[FloatArray], FloatArray]
) -> None:
    """Draw points on one law, and below what it leaves over, in bits."""
    above, below = axes
    draw_points(above, points, by, law)
    for _, own, look in each_series(points.sort_values(by, kind="stable"), by):
        below.plot(own["x"], own["miss"], ls="none", ms=2.5, alpha=0.4, **look)
    below.axhline(0, color="grey", linewidth=1)


def draw_estimators(axes: Sequence[Axes], fits: pd.DataFrame) -> None:
    """Draw u_bar and u_snr of the same embeddings by estimator, a row a signal."""
    signals = sorted(set(fits["signal"]))
    for number, (estimator, own) in enumerate(fits.groupby("estimator")):
        look = plotting.series(number) | {"linestyle": "none"}
        height = np.array([signals.index(name) for name in own["signal"]]) + 0.2 * (number - 1)
        for ax, column in zip(axes, ("u_bar", "u_snr"), strict=True):
            ax.plot(own[column], height, label=str(estimator), **look)
        ends = own["u_bar_low"], own["u_bar_high"]
        axes[0].hlines(height, *ends, color=look["color"], linewidth=1.2)
    axes[0].set(xscale="log", xlabel=r"$\bar u$ (UMIs per cell)")
    axes[1].set(xscale="log", xlabel=r"$u_\mathrm{snr}$ (UMIs per cell)")
    names = [name.replace("celltype_", "cell type, ") for name in signals]
    axes[0].set_yticks(range(len(signals)), names)
    axes[1].legend(fontsize=8)


def draw_axes(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the preferred exponent of each curve with its interval, grouped."""
    groups = list(dict.fromkeys(table["group"]))
    height = np.array([groups.index(name) for name in table["group"]], dtype=float)
    height += 0.6 * (
        table.groupby("group").cumcount() / table.groupby("group")["best"].transform("size") - 0.4
    )
    look = plotting.series(0) | {"linestyle": "none", "markersize": 3.5}
    ax.hlines(height, table["low"], table["high"], color=look["color"], linewidth=1)
    ax.plot(table["best"], height, **look)
    for power in (1, 2):
        ax.axvline(power, color="grey", linewidth=1, linestyle=":")
    ax.set_yticks(range(len(groups)), groups)
    ax.invert_yaxis()
    ax.set_xlabel(r"power $p$ of the quality $1/\sigma^p$")
