"""How to read out a protein language model: one network's residue states, read in several ways.

`python -m study.readouts` measures what is lacking of notebooks/results/protein_readouts.csv.
"""

import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from noisescaling import models
from noisescaling._checks import correlation_bits
from noisescaling.datasets import Signal
from noisescaling.datasets.aside import clades_of
from noisescaling.models.linear import one_hot
from noisescaling.sweep.grid import recipe
from noisescaling.sweep.measure import Source, estimate, source_of
from study import paths, resumed

FloatArray = NDArray[Any]
#: What is learned from, and what is measured.
Pair = tuple[FloatArray, FloatArray]
TABLE = paths.RESULTS / "protein_readouts.csv"
KEY = ["dataset", "network", "trained", "quality", "seed"]
SIMULATED = "simulated_proteins"
DATASETS = {name: recipe(name) for name in ("spike", "influenza_n2")} | {
    SIMULATED: recipe("noisescaling.datasets:simulate_proteins", label=SIMULATED)
}
#: Networks, the first that of the study, and what stands for sequences without a network.
SHORT, LONG, WIDE, NO_NETWORK = "200 steps", "1,200 steps", "200 steps, 128 wide", "none"
NETWORKS: dict[str, dict[str, Any]] = {
    SHORT: (_study := {"size": "small", "width": 32, "n_heads": 2}),
    LONG: _study | {"n_steps": 1200},
    WIDE: _study | {"width": 128, "n_heads": 4},
}
#: True residues per error.
CLEAN, NOISY = np.inf, 100.0
SEEDS = (0, 1)
PENALTIES = np.logspace(-2, 6, 17)


def means(learned: FloatArray, asked: FloatArray) -> Pair:
    """Return the mean over places of states (n, n_places, width): (n, width)."""
    return learned.mean(axis=1, dtype=float), asked.mean(axis=1, dtype=float)


def deviations(learned: FloatArray, asked: FloatArray) -> Pair:
    """Return the mean and the standard deviation over places of states: (n, 2 width)."""
    of_one, of_other = means(learned, asked)
    return np.hstack([of_one, learned.std(axis=1)]), np.hstack([of_other, asked.std(axis=1)])


def components(learned: FloatArray, asked: FloatArray) -> Pair:
    """Return principal components of the states of all places: (n, as many as PCA of residues).

    All is learned from the first alone: the mean at each place, the components, and the scale of
    each of the network's axes, its standard deviation about those means, the same at all places.
    """
    scale = np.maximum(np.sqrt(learned.var(axis=0).mean(axis=0)), 1e-12)
    flat, other = ((states / scale).reshape(len(states), -1) for states in (learned, asked))
    axes = PCA(models.OneHotPCA.n_components, svd_solver="randomized", random_state=0).fit(flat)
    return axes.transform(flat), axes.transform(other)


MEAN, PLACES = "mean over residues", "components of residues"
READOUTS = {MEAN: means, "mean and deviation": deviations, PLACES: components}


def embeddings(pair: Pair, network: str, trained: bool, seed: int) -> tuple[dict[str, Pair], float]:
    """Return the readouts of sequences by name, and the loss at the end of training, in nats.

    Without a network they are the shares of the letters and PCA of residues.
    """
    if network == NO_NETWORK:
        letters = (one_hot(one).reshape(len(one), -1, 21) for one in pair)
        axes = models.OneHotPCA().fit(pair[0])
        return {MEAN: means(*letters), PLACES: (axes.embed(pair[0]), axes.embed(pair[1]))}, np.nan
    settings = NETWORKS[network] | {"untrained": not trained}
    model: Any = models.build("ProteinLanguageModel", seed, **settings).fit(pair[0])
    states = [model.residue_states(one) for one in pair]
    losses = [model.residue_losses(*both) for both in zip(pair, states, strict=True)]
    told = {name: read(*states) for name, read in READOUTS.items()}
    told["components of surprise"] = components(*(one[..., None] for one in losses))
    return told, float(np.mean(model.losses[-20:])) if trained else np.nan


def regressed(pair: Pair, months: Signal, dates: Signal, clades: FloatArray) -> dict[str, float]:
    """Return the bits that ridge regressions tell of the months of what is measured.

    One learns from other clades, its penalty chosen on some that it leaves out; of this also the
    share of the variance. The other is cross-validated among what is measured, as the metric is.
    """
    learned, asked = pair[0][months.rows], pair[1][dates.rows]
    known, true = (np.asarray(one.values, dtype=float) for one in (months, dates))
    folds = list(GroupKFold(5).split(learned, groups=clades[months.rows]))
    across = make_pipeline(StandardScaler(), RidgeCV(PENALTIES, cv=folds)).fit(learned, known)
    within = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    told, rows = across.predict(asked), KFold(5, shuffle=True, random_state=0)
    return {
        "ridge_bits": regression_bits(told, true),
        "ridge_r_squared": 1 - float(np.mean((told - true) ** 2) / np.var(true)),
        "ridge_within_bits": regression_bits(cross_val_predict(within, asked, true, cv=rows), true),
    }


def regression_bits(told: FloatArray, true: FloatArray) -> float:
    """Return the bits between normal variables of the same correlation; 0 where it is negative."""
    return float(correlation_bits(np.square(max(np.corrcoef(told, true)[0, 1], 0))))


def point(source: Source, network: str, trained: bool, quality: float, seed: int) -> pd.DataFrame:
    """Return a row a readout of a network: bits by the metric and by ridge regression."""
    rows: dict[str, list[dict[str, float]]] = {}
    asked: dict[str, list[tuple[Signal, FloatArray]]] = {}
    for parts in source.parts(None, seed):
        both = zip(parts, (True, False), strict=True)
        pair = tuple(source.noisy("substitute", one, quality, seed, first) for one, first in both)
        months, dates = (source.signals("substitute", part)["time"] for part in parts)
        told, loss = embeddings(pair, network, trained, seed)
        for name, values in told.items():
            ridge = regressed(values, months, dates, clades_of(pair[0]))
            asked.setdefault(name, []).append((dates, values[1]))
            rows.setdefault(name, []).append(ridge | {"loss": loss})
    found = {name: pd.Series(pd.DataFrame(of).mean()) for name, of in rows.items()}
    return pd.DataFrame(
        {"readout": name, **_metric(asked[name], seed), **mean} for name, mean in found.items()
    )


def _metric(asked: Sequence[tuple[Signal, FloatArray]], seed: int) -> dict[str, Any]:
    found = estimate(asked, seed)
    told = {name: found[name] for name in ("bits", "standard_error")}
    n_measured = sum(len(signal.rows) for signal, _ in asked)
    return told | {"n_measured": n_measured, "n_axes": asked[0][1].shape[1]}


def points(datasets: str = "") -> pd.DataFrame:
    """Return the committed table: a row a readout, the columns of `KEY`, bits, loss (nats).

    Raises
    ------
    ValueError
        If a data set that is to be kept is unknown.
    """
    return resumed.of_sets(TABLE, DATASETS, datasets)


def wanted() -> list[tuple[str, str, bool, float, int]]:
    """Return the points of the table, as `KEY` names them; long training with one seed."""
    short = [(NO_NETWORK, False), (SHORT, True), (SHORT, False)]
    wide, long = [(WIDE, True), (WIDE, False)], [(LONG, True)]
    grid = [(CLEAN, short + wide, SEEDS), (NOISY, short, SEEDS), (CLEAN, long, SEEDS[:1])]
    return [
        (dataset, *network, quality, seed)
        for quality, networks, seeds in grid
        for seed, dataset, network in product(seeds, DATASETS, networks)
    ]


def main() -> int:
    """Measure what is lacking of the table, and write it after each network."""
    resumed.go_on(
        TABLE, KEY, wanted(), lambda dataset, *how: point(source_of(DATASETS[dataset]), *how)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
