"""Bits beside accuracy: the same embeddings of held-out cells, read by the metric and classifiers.

`python -m study.accuracy` measures what is lacking of notebooks/results/accuracy.csv.
"""

import sys
from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from noisescaling.metric import mutual_information
from noisescaling.plotting import series
from noisescaling.sweep.grid import Recipe, recipe
from noisescaling.sweep.measure import Source, build_model, source_of
from study import paths, resumed
from study.labels import named

TABLE = paths.RESULTS / "accuracy.csv"
#: Depths of each data set, in UMIs per cell.
DEPTHS: dict[str, tuple[float, ...]] = {
    "citeseq": (5, 23, 110, 510, 1100),
    "pbmc68k_reduced": (5, 20, 84, 340, 690),
    "larry": (5, 23, 110, 510, 1090),
    "osmfish": (5, 14, 39, 110, 180),
    "mixology_celseq2_5cl_p3": (50, 260, 1400, 7400, 17000),
}
#: Cells to learn from, at most.
SIZE = 1000
MODELS = (recipe("RandomProjection"), recipe("PCA"), recipe("SCVI", size="small"))
SEEDS = (0, 1)
CLASSIFIERS = {
    "linear probe": LogisticRegression(max_iter=3000),
    "nearest neighbours": KNeighborsClassifier(15),
}


def read(embedding: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, float]:
    """Return what one embedding says of labels: bits, and the accuracy of each classifier.

    Parameters
    ----------
    embedding
        Representation of n cells, (n, d).
    labels
        The label of each, (n,).
    seed
        Of the metric and of the five folds that accuracies are cross-validated over.
    """
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    told = {"bits": mutual_information(embedding, labels, seed=seed, signal="label").bits}
    for name, classifier in CLASSIFIERS.items():
        scaled = make_pipeline(StandardScaler(), classifier)
        told[name] = float(np.mean(cross_val_score(scaled, embedding, labels, cv=folds)))
    return told


def point(source: Source, model: Recipe, depth: float, seed: int) -> dict[str, float]:
    """Return the readings of cell types of held-out cells, by a model that learned at a depth."""
    told = []
    for learned, measured in source.parts(SIZE, seed):
        fitted = build_model(model, seed).fit(
            source.noisy("downsample", learned, depth, seed, True)
        )
        embedding = fitted.embed(source.noisy("downsample", measured, depth, seed, False))
        signal = source.signals("downsample", measured)["cell_type"]
        told.append(read(embedding[signal.rows], np.asarray(signal.values), seed))
    return {str(name): float(mean) for name, mean in pd.DataFrame(told).mean().items()}


def points(datasets: str = "") -> pd.DataFrame:
    """Return the committed readings: dataset, model, u, seed, bits, and accuracies by classifier.

    Raises
    ------
    ValueError
        If a data set that is to be kept is unknown.
    """
    return resumed.of_sets(TABLE, DEPTHS, datasets)


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Draw accuracies against bits, a panel a classifier, a line a data set and model."""
    means = table.groupby(["dataset", "model", "u"], as_index=False)[["bits", *CLASSIFIERS]].mean()
    sets = {name: number for number, name in enumerate(means["dataset"].unique())}
    for ax, classifier in zip(axes, CLASSIFIERS, strict=True):
        for (dataset, model), own in means.groupby(["dataset", "model"]):
            label = named(str(dataset)) if model == "PCA" else None
            look = series(sets[dataset]) | {"ms": 5, "lw": 0.8, "alpha": 0.8}
            look |= {} if model == "PCA" else {"markerfacecolor": "none"}
            ax.plot(own["bits"], own[classifier], label=label, **look)
        ax.set(xlabel="bits with the cell type", title=classifier)
    axes[0].set_ylabel("accuracy")
    axes[0].legend(fontsize=8)


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Return each pair of models at one data set, depth and seed: differences of all readings."""
    both = table.merge(table, on=["dataset", "u", "seed"], suffixes=("_a", "_b"))
    both = both[both["model_a"] < both["model_b"]]
    gaps = {name: both[f"{name}_a"] - both[f"{name}_b"] for name in ("bits", *CLASSIFIERS)}
    return both[["dataset", "u", "seed", "model_a", "model_b"]].assign(**gaps)


def disagreements(table: pd.DataFrame, bits: float = 0.05, accuracy: float = 0.01) -> pd.DataFrame:
    """Return how often bits and accuracy rank a pair of models the other way round.

    One row a data set, and one for all: the pairs, and for each classifier the share of all pairs,
    and of those ("clear") that differ by more than `bits` and by more than `accuracy`.
    """
    gaps = pairs(table)
    rows = {}
    for name, own in [*((named(str(n)), g) for n, g in gaps.groupby("dataset")), ("all", gaps)]:
        rows[name] = {"pairs": len(own)}
        for classifier in CLASSIFIERS:
            other = own["bits"] * own[classifier] < 0
            clear = (own["bits"].abs() > bits) & (own[classifier].abs() > accuracy)
            rows[name] |= {classifier: other.mean(), f"{classifier}, clear": other[clear].mean()}
    return pd.DataFrame.from_dict(rows, orient="index").round(3)


def rank_correlation(table: pd.DataFrame, classifier: str) -> float:
    """Return the mean over data sets of the rank correlation of bits and accuracy."""
    means = table.groupby(["dataset", "model", "u"])[["bits", classifier]].mean()
    return float(
        np.mean([spearmanr(own["bits"], own[classifier])[0] for _, own in means.groupby("dataset")])
    )


def spread_at(table: pd.DataFrame, classifier: str, bits: float) -> float:
    """Return by how much the accuracy of data sets differs at the same bits, interpolated."""
    means = table.groupby(["dataset", "model", "u"], as_index=False)[["bits", classifier]].mean()
    told = [
        np.interp(bits, own["bits"], own[classifier], left=np.nan, right=np.nan)
        for _, own in means.sort_values("bits").groupby("dataset")
    ]
    return float(np.nanmax(told) - np.nanmin(told))


def sentence(table: pd.DataFrame) -> str:
    """Say how often bits and a linear probe disagree, from a table of `disagreements`."""
    every = table.loc["all"]
    return (
        f"Bits and the accuracy of a linear probe rank {every['linear probe']:.0%} of "
        f"{every['pairs']:.0f} pairs of models the other way round, and "
        f"{every['linear probe, clear']:.0%} of those that differ clearly."
    )


def main() -> int:
    """Measure what is lacking of the table, a row at a time."""
    models = {model.label: model for model in MODELS}
    wanted = [
        (dataset, label, depth, seed)
        for dataset, depths in DEPTHS.items()
        for label, depth, seed in product(models, depths, SEEDS)
    ]

    def measure(dataset: str, label: str, depth: float, seed: int) -> pd.DataFrame:
        return pd.DataFrame([point(source_of(recipe(dataset)), models[label], depth, seed)])

    resumed.go_on(TABLE, ["dataset", "model", "u", "seed"], wanted, measure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
