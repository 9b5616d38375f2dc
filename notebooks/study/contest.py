"""Who wins: models side by side over cells and depth, with intervals over data sets."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from noisescaling.fitting import fit_curves, snr_one
from study.adequacy import mean_interval
from study.comparisons import RATIO
from study.labels import UNTRAINED, are_controls, named
from study.practice import PLACE, learned
from study.published import GRID, largest, published_cells

_SET = GRID[:2]


def means(points: pd.DataFrame) -> pd.DataFrame:
    """Return the mean bits of each place: index dataset, signal, size, u; a column a model.

    Places that not all models were measured at are left out. The columns gain the ranks of the
    place in its data set, `cells` and `depth`, from 1 for the fewest and shallowest.
    """
    table = points.pivot_table(index=[*_SET, "size", "u"], columns="model", values="bits")
    table = table.dropna().reset_index()
    for rank, column in (("cells", "size"), ("depth", "u")):
        table[rank] = table.groupby(_SET)[column].rank("dense").astype(int)
    return table


def that_learned(points: pd.DataFrame, model: str = "RankTransformer") -> pd.DataFrame:
    """Return the points of the places at which a network has more bits than its control.

    `points` hold the network, its control (", untrained" behind its name) and others; seeds are
    averaged to decide.
    """
    gain = learned(points[points["model"].isin([model, model + UNTRAINED])])
    kept = points.merge(gain.loc[gain["bits"] > 0, PLACE])
    return kept[~are_controls(kept["model"])]


def wins(table: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the share of signals in which one model has more bits; depth by cells (ranks)."""
    ahead = table.assign(won=(table[one] > table[other]).astype(float))
    return ahead.pivot_table(index="depth", columns="cells", values="won", aggfunc="mean")


def published_ratios(one: str, other: str) -> pd.DataFrame:
    """Return how two published models compare at the largest number of cells, over data sets.

    Rows u_bar, u_snr (ratios) and i_max (difference, bits); columns estimate, low, high: the mean
    over data sets (of logarithms, for ratios) and its 95 % interval by Student's t. A data set
    with two signals, which share its cells, counts once.
    """
    fits = fit_curves(largest(published_cells()), GRID)
    fits["u_snr"] = snr_one(fits["u_bar"], fits["i_max"])
    rows = {}
    for name, ratio in RATIO.items():
        by_model = fits.pivot_table(index=_SET, columns="model", values=name)
        apart = (by_model[one] / by_model[other]) if ratio else by_model[one] - by_model[other]
        rows[name] = mean_interval(apart, apart.index.get_level_values("dataset"), ratio=ratio)
    return pd.DataFrame(rows, index=["estimate", "low", "high"]).T


def ratio_table(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios as readers see them."""
    names = {
        "u_bar": "noise sensitivity ū (ratio)",
        "u_snr": "depth at which signal equals noise (ratio)",
        "i_max": "capacity (difference, bits)",
    }
    told = [f"{value:.2f} ({low:.2f} to {high:.2f})" for value, low, high in ratios.to_numpy()]
    return pd.DataFrame({"Geneformer against scVI, 95 % interval": told}, index=names.values())


def draw_wins(ax: Axes, share: pd.DataFrame, one: str, other: str, n_signals: int) -> QuadMesh:
    """Draw for how many signals one model has more bits, over cells and depth."""
    mesh = ax.pcolormesh(
        share.columns, share.index, share * n_signals, cmap="RdBu_r", vmin=0, vmax=n_signals,
        edgecolors="white", linewidth=0.5,
    )  # fmt: skip
    for depth, row in share.iterrows():
        for cells, value in row.items():
            dark = abs(value - 0.5) > 0.35
            ax.text(
                float(cells), float(depth), f"{value * n_signals:.0f}", ha="center", va="center",
                fontsize=8, color="white" if dark else "black",
            )  # fmt: skip
    ax.set(xlabel="cells (rank, fewest to most)", ylabel="UMIs per cell (rank, shallow to deep)")
    ax.set_title(f"{named(one)} has more bits than {named(other)}", fontsize=10)
    ax.set_aspect("equal")
    ax.grid(visible=False)
    return mesh


def corner_counts(table: pd.DataFrame, one: str, other: str, few: Sequence[int]) -> dict[str, int]:
    """Return in how many places one model wins: with few cells and UMIs, and with most cells.

    `few` holds the highest ranks of cells and of depth that count as few.
    """
    won = table[one] > table[other]
    low = (table["cells"] <= few[0]) & (table["depth"] <= few[1])
    most = table["cells"] == table.groupby(_SET)["cells"].transform("max")
    return {
        "few_won": int((won & low).sum()), "few": int(low.sum()),
        "most_won": int((won & most).sum()), "most": int(most.sum()),
    }  # fmt: skip
