"""One figure of all modalities: noise sensitivities, and how far above them data usually stand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from noisescaling.plotting.style import COLOURS, MARKERS

#: The noises and the units of their quality, in the order of the panels.
_AXES = {
    "downsample": ("cells", "UMIs per cell"),
    "substitute": ("proteins", "true residues per error"),
    "gaussian": ("images, Gaussian noise", r"$1/\sigma^2$"),
    "pixelate": ("images, pixelation", r"$1/f^2$"),
}


def draw_modalities(axes: Sequence[Axes], fits: pd.DataFrame) -> None:
    """Draw noise sensitivities, a panel for each noise, and in the last the headroom of all.

    Parameters
    ----------
    axes
        Five axes.
    fits
        A table of `fit_curves` with the columns noise, source ("here" or "published") and headroom
        (usual quality over noise sensitivity).
    """
    for k, (noise, (title, unit)) in enumerate(_AXES.items()):
        mine = fits[fits["noise"] == noise].sort_values("u_bar")
        y = np.arange(len(mine))
        colour = COLOURS[k]
        high = mine["u_bar_high"].replace(np.inf, 10 * mine["u_bar"].max())
        axes[k].hlines(y, mine["u_bar_low"], high, color=colour, linewidth=0.8)
        for source, face in (("here", colour), ("published", "white")):
            chosen = (mine["source"] == source).to_numpy()
            style: dict[str, Any] = {"color": colour, "markerfacecolor": face, "markersize": 4}
            axes[k].plot(mine["u_bar"][chosen], y[chosen], MARKERS[k], **style)
            shift = k + np.linspace(-0.3, 0.3, len(mine))[chosen] if len(mine) else y[chosen]
            axes[-1].plot(mine["headroom"][chosen], -shift, MARKERS[k], **style)
        axes[k].set(xscale="log", xlabel=unit, title=title, yticks=[])
    axes[-1].axvline(1, color="black", linewidth=1)
    axes[-1].set(xscale="log", xlabel="usual quality / noise sensitivity", title="headroom")
    axes[-1].set_yticks(-np.arange(len(_AXES)), ["cells", "proteins", "noise", "pixels"])
