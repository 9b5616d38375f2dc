"""What principal components of simulated cells hold in bits, from the truth, nothing fitted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
import scipy.sparse as sp
from matplotlib.axes import Axes
from numpy.random import Generator
from numpy.typing import NDArray

from noisescaling._checks import whole
from noisescaling.datasets import CellTruth, Dataset, set_aside
from noisescaling.datasets.pairing import restrict
from noisescaling.datasets.simulated import COORDINATES, label_bits
from noisescaling.models import PCA, RandomProjection
from noisescaling.models.linear import leading_axes, log_normalized
from noisescaling.plotting import series
from study.figures import draw_family
from study.labels import named
from study.theory import gaussian_information

FloatArray = NDArray[np.float64]
#: The three predictions, from what is simplest to what is nearest to the cells.
PREDICTIONS = ("whitened", "closed form", "drawn")
#: Cells of which counts are drawn at once.
_BLOCK = 2000
#: Share of the state that what holds nothing still explains: its noise stays finite.
_LEAST = 1e-9


@dataclass(frozen=True)
class Moments:
    """Second moments of the features of cells of one depth, over all states.

    Parameters
    ----------
    covariance
        Of the features, shape (n_features, n_features).
    loadings
        Covariance of the features with the state, shape (n_features, n_states), each state of
        variance one.
    """

    covariance: FloatArray
    loadings: FloatArray

    @cached_property
    def axes(self) -> tuple[FloatArray, FloatArray]:
        """Eigenvalues of the covariance, largest first, and eigenvectors as columns."""
        return leading_axes(self.covariance, len(self.covariance))

    def explained(self, directions: FloatArray) -> FloatArray:
        """Covariance of the states that the scores on directions explain, (n_states, n_states).

        b^T V (V^T S V)^-1 V^T b for directions V, (n_features, n_axes); the diagonal is the squared
        multiple correlation of each state with the scores.
        """
        shared = directions.T @ self.loadings
        scores = directions.T @ self.covariance @ directions
        return np.asarray(shared.T @ np.linalg.solve(scores, shared))


def whitened_moments(truth: CellTruth, umis: float) -> Moments:
    """Moments of counts over their Poisson noise, linear in the state: sqrt(u p_g)(w_g - w).

    With p_g the mean share of a gene, the products of the loadings are those of `eq-fisher-umi`
    times u, and their eigenvalues the l_k of `eq-learned-spectrum` (book). `umis` is the depth u.
    """
    shares = truth.proportions(truth.state).mean(axis=0)
    centred = truth.loadings - shares @ truth.loadings
    loadings = np.sqrt(umis * shares)[:, None] * centred
    return Moments(loadings @ loadings.T + np.eye(len(loadings)), loadings)


def count_moments(cells: Dataset, umis: float) -> Moments:
    """Moments of Poisson counts at a mean depth, with the depth differences of the cells."""
    rates = _rates(cells, umis)
    clean = _split(np.cov(np.hstack([rates, cells.truth.state]), rowvar=False), rates.shape[1])
    return Moments(clean.covariance + np.diag(rates.mean(axis=0)), clean.loadings)


def log_moments(cells: Dataset, umis: float, rounds: int, rng: Generator) -> Moments:
    """Moments of log-normalized counts, as `models.PCA` takes them, of cells drawn anew.

    The cells' states and depth differences are kept, their counts drawn `rounds` times at a mean
    depth of `umis`; none of the counts that were measured is used.
    """
    rates, total, products = _rates(cells, umis), np.zeros(()), np.zeros(())
    parts = np.array_split(np.arange(len(rates)), len(rates) // _BLOCK + 1)
    for rows in parts * whole("rounds", rounds, at_least=1):
        logs = log_normalized(sp.csr_matrix(rng.poisson(rates[rows])), PCA().target_sum)
        both = np.hstack([logs.toarray(), cells.truth.state[rows]])
        total, products = total + both.sum(axis=0), products + both.T @ both
    n = rounds * len(rates)
    return _split(products / n - np.outer(total, total) / n**2, rates.shape[1])


def _rates(cells: Dataset, umis: float) -> FloatArray:
    """Return the expected counts of each cell at a mean depth, (n_cells, n_genes)."""
    depths = np.asarray(cells.counts.sum(axis=1), dtype=np.float64).reshape(-1, 1)
    return np.asarray(umis * depths / depths.mean() * cells.truth.proportions(cells.truth.state))


def _split(joint: FloatArray, n_features: int) -> Moments:
    return Moments(joint[:n_features, :n_features], joint[:n_features, n_features:])


def learned(moments: Moments, n_cells: int, n_components: int = 16) -> FloatArray:
    """Covariance of the states that learned components explain in new cells, in closed form.

    sum_k b^T v_k v_k^T b / t_k [1 - 1/N sum_j (t_j / (t_k - t_j))^2]_+ over the leading components
    k and the others j, with the features' eigenvectors v and eigenvalues t (book, equation
    `eq-learned-unequal`). For one state in noise of variance one it is `eq-learned-pca`.

    Parameters
    ----------
    moments
        Of p features with k states.
    n_cells
        N: cells that are learned from, at least 2.
    n_components
        Components that are kept, fewer than p.

    Returns
    -------
    Shape (k, k); the diagonal is the squared correlation of each state with the scores.
    """
    kept = min(n_components, whole("n_cells", n_cells, at_least=2) - 1)
    variances, axes = moments.axes
    first, rest = variances[:kept, None], variances[kept:]
    with np.errstate(divide="ignore"):  # a component of the noise, which holds nothing
        lost = ((rest / (first - rest)) ** 2).sum(axis=1, keepdims=True) / n_cells
    shared = axes[:, :kept].T @ moments.loadings
    return np.asarray(shared.T @ (shared * np.clip(1 - lost, 0, None) / first))


def drawn(moments: Moments, n_cells: int, rng: Generator, n_components: int = 16) -> FloatArray:
    """The same as `learned`, of components learned from `n_cells` Gaussian cells of those moments.

    What is learned is drawn, what it explains in new cells is exact. No limit of many cells or
    features is taken.
    """
    kept = min(n_components, whole("n_cells", n_cells, at_least=2) - 1)
    n_features, freedom = len(moments.covariance), n_cells - 1
    # Of more cells than features, the triangle that has the same products (Bartlett).
    cells = rng.standard_normal((min(freedom, n_features), n_features))
    if freedom > n_features:
        lengths = np.sqrt(rng.chisquare(freedom - np.arange(n_features)))
        cells = np.triu(cells, 1) + np.diag(lengths)
    cells = cells @ np.linalg.cholesky(moments.covariance).T
    return moments.explained(leading_axes(cells.T @ cells, kept)[1])


def measured_cells(cells: Dataset) -> Dataset:
    """Return the cells that every model is measured on, with their signals."""
    rows = np.flatnonzero(set_aside(cells).rows)
    signals = {name: restrict(signal, rows) for name, signal in cells.signals.items()}
    return replace(cells.take(rows), signals=signals)


def signal_bits(explained: FloatArray, cells: Dataset) -> dict[str, float]:
    """Information, in bits, that Gaussian scores of cells hold of each of their signals.

    The scores are the states of the cells plus independent noise, of the variance 1/R - 1 where
    they explain the share R. A signal's covariance with the state is that of these cells. A partner
    is as noisy as the cell itself.

    Parameters
    ----------
    explained
        Covariance of the states that the scores explain, shape (6, 6).
    cells
        The simulated cells that are measured.
    """
    found = {}
    for name, signal in cells.signals.items():
        own = [k for k, called in enumerate(COORDINATES) if called.startswith(name)]
        state, one = cells.truth.state[:, own], np.eye(len(own))
        values, paired = np.asarray(signal.values), signal.partners is not None
        noise = np.linalg.inv(explained[np.ix_(own, own)] + _LEAST * one) - one
        if signal.labelled:
            found[name] = _label_bits(state[signal.rows, 0], values, noise[0, 0])
            continue
        other = state[signal.partners] if paired else values.reshape(len(signal.rows), -1)
        joint = np.cov(np.hstack([state[signal.rows], other]), rowvar=False)
        joint[: len(own), : len(own)] += noise
        joint[len(own) :, len(own) :] += noise if paired else 0
        found[name] = gaussian_information(joint, len(own))
    return found


def _label_bits(state: FloatArray, labels: NDArray[np.str_], noise: float) -> float:
    groups = [state[labels == label] for label in np.unique(labels)]
    spread = float(np.mean([group.var() for group in groups]))
    return label_bits(np.array([group.mean() for group in groups]), (spread + noise) ** 0.5)


def predicted(
    cells: Dataset, logs: Mapping[float, Moments], sizes: Iterable[int], draws: int, rng: Generator
) -> pd.DataFrame:
    """Predict bits of principal components over cells and depth, in the three ways.

    Parameters
    ----------
    cells
        The whole data set.
    logs
        Moments of its log-normalized counts by depth, in UMIs per cell.
    sizes
        Cells that are learned from.
    draws, rng
        Training sets drawn for a point, whose bits are averaged, and what draws them.

    Returns
    -------
    Columns source (one of `PREDICTIONS`), signal, size, u, bits.
    """
    measured, rows = measured_cells(cells), []
    white = {u: whitened_moments(cells.truth, u) for u in logs}
    for u, n in product(logs, sizes):
        trained = [drawn(logs[u], n, rng) for _ in range(draws)]
        shares = [learned(white[u], n)], [learned(logs[u], n)], trained
        for source, found in zip(PREDICTIONS, shares, strict=True):
            bits = pd.DataFrame([signal_bits(one, measured) for one in found]).mean()
            rows += [(source, signal, n, u, value) for signal, value in bits.items()]
    return pd.DataFrame(rows, columns=["source", "signal", "size", "u", "bits"])


def projection_gaps(cells: Dataset, points: pd.DataFrame) -> pd.DataFrame:
    """Return the bits of random projections, in closed form less measured.

    Parameters
    ----------
    cells
        The whole data set.
    points
        Columns signal, u, seed, bits of random projections of it.

    Returns
    -------
    A row (u, seed), and a column a signal.
    """
    found = points.pivot_table("bits", ["u", "seed"], "signal")
    depths, seeds = (found.index.unique(level) for level in ("u", "seed"))
    directions = {k: RandomProjection(seed=k).fit(cells.counts).components for k in seeds}
    aside, expected = measured_cells(cells), {}
    for u in depths:
        moments = count_moments(cells, u)
        for seed in seeds:
            expected[u, seed] = signal_bits(moments.explained(directions[seed]), aside)
    return pd.DataFrame.from_dict(expected, orient="index")[found.columns] - found


def draw_bits(axes: Sequence[Axes], measured: pd.DataFrame, table: pd.DataFrame) -> None:
    """Draw measured bits against cells, a panel a signal, and those of drawn training sets.

    Columns of both signal, size, u, bits; `table` is one of `predicted`. A dashed line has the
    noise equal, at the middle depth.
    """
    equal = table.pivot_table("bits", ["source", "signal", "u"], "size").loc["whitened"]
    depths = sorted(measured["u"].unique())
    middle = depths[len(depths) // 2]
    for ax, (signal, own) in zip(axes, measured.groupby("signal"), strict=False):
        drawn = table[(table["source"] == "drawn") & (table["signal"] == signal)]
        lines = drawn.pivot_table("bits", "u", "size")

        def law(n: FloatArray, u: float, lines: pd.DataFrame = lines) -> FloatArray:
            return np.asarray(np.interp(np.log(n), np.log(lines.columns), lines.loc[u]))

        draw_family(ax, own, "size", "u", "{:,.0f} UMIs".format, law)
        dashed = equal.loc[(signal, middle)]
        ax.plot(dashed.index, dashed, "k--", lw=1, label=f"equal noise, {middle:.0f} UMIs")
        ax.set_title(named(str(signal)))


def draw_exponents(ax: Axes, found: pd.DataFrame, told: pd.DataFrame) -> None:
    """Draw the exponent of the cell law, measured with its interval against predicted.

    Fits of the same curves, indexed by signal and u, with columns s, s_low and s_high.
    """
    for number, (signal, own) in enumerate(found.groupby("signal")):
        ends = np.abs(own[["s_low", "s_high"]].T - own["s"].to_numpy())
        look = series(number) | {"ls": "none", "ms": 4, "lw": 0.7, "label": named(str(signal))}
        ax.errorbar(told["s"][own.index], own["s"], yerr=ends, **look)
    ax.axline((0.5, 0.5), slope=1, color="grey", linestyle="--", linewidth=1)
    ax.set(xlabel="exponent $s$ predicted", ylabel="exponent $s$ measured", title="cell law")
    ax.legend(fontsize=8, loc="upper left")
    ax.set_ylim(0, 3)
