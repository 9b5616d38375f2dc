"""Figures of the image study: pictures under noise, a panel for each noise and data set."""

from collections.abc import Hashable, Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noisescaling._images import Images, unit_scaled
from noisescaling.fitting import LawFit, fit_noise_law
from noisescaling.plotting.curves import draw_curve
from noisescaling.plotting.style import quality_axis, series

#: Both noises of images, with the label of their axis of quality.
NOISES: dict[str, str] = {
    "gaussian": r"quality $1/\sigma^2$ (Gaussian noise)",
    "pixelate": r"quality $1/f^2$ (pixelation)",
}


def draw_pictures(rows: Mapping[str, Sequence[Images]], titles: Sequence[Sequence[str]]) -> Figure:
    """Draw single images, (1, height, width, channels) each, in rows, each with its title.

    Black is 0 and white 1, or the lowest and highest pixel where noise leaves the unit scale.
    """
    columns = max(map(len, rows.values()))
    size = (1.7 * columns, 1.9 * len(rows))
    fig, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for line, (images, names) in enumerate(zip(rows.values(), titles, strict=True)):
        for ax, image, title in zip(axes[line], images, names, strict=False):
            pixels = unit_scaled(image[0])
            low, high = min(0.0, float(pixels.min())), max(1.0, float(pixels.max()))
            ax.imshow((pixels - low) / (high - low), cmap="gray", vmin=0, vmax=1)
            ax.set_title(title, fontsize=9)
    return fig


def draw_grid(
    points: pd.DataFrame, by: str = "model", ceilings: Mapping[str, float] | None = None
) -> dict[tuple[str, str, Hashable], LawFit]:
    """Draw a panel for each noise and data set, a curve for each value of `by`; return the fits.

    Parameters
    ----------
    points
        Columns noise, dataset, quality, bits, standard_error and `by`.
    by
        Column whose values tell the curves of a panel apart.
    ceilings
        Entropy of the classes of each data set, in bits, which no capacity exceeds.

    Returns
    -------
    The fitted law of each noise, data set and curve.
    """
    noises = [noise for noise in NOISES if noise in set(points["noise"])]
    sets, names = list(points["dataset"].unique()), list(points[by].unique())
    panels = [(noise, dataset) for noise in noises for dataset in sets]
    # The noises of a single data set stand side by side.
    rows, columns = (len(noises), len(sets)) if len(sets) > 1 else (1, len(noises))
    size = (1.4 + 3 * columns, 0.7 + 2.7 * rows)
    fig, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey="col")
    fits: dict[tuple[str, str, Hashable], LawFit] = {}
    for place, (ax, (noise, dataset)) in enumerate(zip(axes.flat, panels, strict=True)):
        own = points[(points["noise"] == noise) & (points["dataset"] == dataset)]
        for name, group in own.groupby(by, sort=False):
            entropy = None if ceilings is None else ceilings.get(dataset)
            fit = fit_noise_law(group["quality"], group["bits"], entropy=entropy)
            fits[noise, dataset, name] = fit
            draw_curve(ax, group, fit, str(name), names.index(name))
        if ceilings:
            ax.axhline(ceilings[dataset], color="grey", ls=":")
        quality_axis(ax, NOISES[noise])
        ax.set_title(dataset.replace("_", " ") if place < columns else "")
        if place % columns:
            ax.set_ylabel("")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)))
    return fits


def draw_prediction(ax: Axes, points: pd.DataFrame) -> None:
    """Draw bits of the predicted class against bits of the representation, at equal quality.

    Parameters
    ----------
    ax
        Where to draw.
    points
        Columns group, representation and prediction (bits); a colour for each group.
    """
    for number, (name, own) in enumerate(points.groupby("group", sort=False)):
        look = {**series(number), "marker": "o"}
        x, y = own["representation"], own["prediction"]
        ax.plot(x, y, ls="none", alpha=0.6, ms=4, label=str(name), **look)
    top = float(points[["representation", "prediction"]].max().max())
    ax.plot([0, top], [0, top], color="grey", lw=1)
    ax.set(xlabel="representation with class (bits)", ylabel="prediction with class (bits)")
    ax.legend()
