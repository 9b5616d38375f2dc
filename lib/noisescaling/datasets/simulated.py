"""Simulated cells with five signals whose information with the cells' state is known."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from noisescaling import _checks
from noisescaling._checks import above_zero, between_0_and_1, whole
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import Pairs, nearest_neighbours, sisters

#: The coordinates of the state, one independent standard direction each.
COORDINATES = ("cell_type", "protein_1", "protein_2", "clone", "time", "neighbour")
_N_PROTEINS = 8
#: Nodes of the Gauss-Hermite rule.
_NODES = 200


@dataclass(frozen=True)
class CellTruth:
    """What is hidden behind simulated cells.

    Parameters
    ----------
    state
        State of each cell, shape (n_cells, 6), each coordinate of mean 0 and variance 1.
    log_rates
        Log of each gene's share of the molecules at state 0, up to a constant; shape (n_genes,).
    loadings
        Change of the log rates a unit of state, shape (n_genes, 6).

    Examples
    --------
    >>> from noisescaling import datasets
    >>> truth = datasets.simulate_cells(n_cells=200, n_genes=50, umis_per_cell=100).truth
    >>> truth.state.shape, truth.loadings.shape
    ((200, 6), (50, 6))
    """

    state: NDArray[np.float64]
    log_rates: NDArray[np.float64]
    loadings: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp]) -> "CellTruth":
        """Return what is hidden behind some of the cells."""
        return replace(self, state=self.state[rows])

    def proportions(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each gene's share of a cell's molecules, shape (n_cells, n_genes)."""
        logits = self.log_rates + state @ self.loadings.T
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def simulate_cells(
    n_cells: int = 2000,
    n_genes: int = 500,
    umis_per_cell: float = 1000.0,
    *,
    seed: int = 0,
    n_types: int = 4,
    type_spread: float = 0.3,
    sister_correlation: float = 0.9,
    time_correlation: float = 0.95,
    neighbour_correlation: float = 0.9,
    protein_noise: float = 1.0,
    effect: float = 0.15,
    depth_spread: float = 0.3,
) -> Dataset:
    """Simulate Poisson counts of cells, in UMIs, with five signals of known information.

    A cell's state is six independent coordinates. Its counts are Poisson with mean depth times the
    gene's share, the share log-linear in the state. Each signal is tied to coordinates of its own:
    the type sets the mean of one; eight proteins are noisy mixtures of two; sister cells of a
    clone, spatial neighbours, and time correlate with one each. `Signal.true_bits` is the
    information between state and signal: no representation of the counts can hold more.

    Parameters
    ----------
    n_cells, n_genes
        Size of the data set; at least 4 cells and 20 genes.
    umis_per_cell
        Mean depth, in UMIs per cell.
    seed
        The same seed gives the same cells.
    n_types
        Number of equally frequent cell types.
    type_spread
        Standard deviation of the state within a type, where that of all cells is 1.
    sister_correlation, time_correlation, neighbour_correlation
        Correlation of the sister's, the neighbour's state, or of time, with the cell's state.
    protein_noise
        Standard deviation of the noise of each protein, where a unit of state is 1.
    effect
        Standard deviation of the loadings: change of log expression a unit of state.
    depth_spread
        Standard deviation of the log depth between cells.

    Returns
    -------
    A data set with the signals "cell_type", "protein", "clone", "time" and "neighbour", and the
    `CellTruth` as `truth`.

    Raises
    ------
    ValueError
        If a size is too small, a correlation not between 0 and 1, a depth, noise, effect or spread
        out of range.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> cells = datasets.simulate_cells(n_cells=200, n_genes=50, umis_per_cell=100)
    >>> cells.counts.shape, sorted(cells.signals)
    ((200, 50), ['cell_type', 'clone', 'neighbour', 'protein', 'time'])
    """
    whole("n_cells", n_cells, at_least=4)
    whole("n_genes", n_genes, at_least=20)
    whole("n_types", n_types, at_least=2)
    between_0_and_1(
        type_spread=type_spread, sister_correlation=sister_correlation,
        time_correlation=time_correlation, neighbour_correlation=neighbour_correlation,
    )  # fmt: skip
    above_zero(umis_per_cell=umis_per_cell, protein_noise=protein_noise, effect=effect)
    if not depth_spread >= 0:
        raise ValueError(f"depth_spread = {depth_spread:g} must be at least 0")
    rng = np.random.default_rng(seed)
    sister_pairs = sisters(rng.permutation(n_cells) // 2, rng)
    neighbour_pairs = nearest_neighbours(_positions_in_pairs(n_cells, rng))
    parts = [
        _cell_type(n_cells, n_types, type_spread, rng),
        _protein(n_cells, protein_noise, rng),
        _partner("clone", n_cells, sister_pairs, sister_correlation, rng),
        _time(n_cells, time_correlation, rng),
        _partner("neighbour", n_cells, neighbour_pairs, neighbour_correlation, rng),
    ]
    truth = CellTruth(
        state=np.column_stack([state for state, _ in parts]),
        log_rates=rng.standard_normal(n_genes),
        loadings=effect * rng.standard_normal((n_genes, len(COORDINATES))),
    )
    return Dataset(
        "simulated",
        _poisson_counts(truth, umis_per_cell, depth_spread, rng),
        {signal.name: signal for _, signal in parts},
        genes=np.array([f"gene {g}" for g in range(n_genes)]),
        source=f"simulated, seed {seed}",
        truth=truth,
    )


#: Coordinates of the state that a signal is tied to, (n_cells, k), and the signal.
_Part = tuple[NDArray[np.float64], Signal]


def _cell_type(n_cells: int, n_types: int, spread: float, rng: np.random.Generator) -> _Part:
    centres = np.sqrt(1 - spread**2) * standard_centres(n_types)
    types = rng.integers(n_types, size=n_cells)
    state = centres[types] + spread * rng.standard_normal(n_cells)
    labels = np.array([f"type {k}" for k in types])
    bits = label_bits(centres, spread)
    return state, Signal("cell_type", np.arange(n_cells), labels, true_bits=bits)


def _protein(n_cells: int, noise: float, rng: np.random.Generator) -> _Part:
    state = rng.standard_normal((n_cells, 2))
    mixing = rng.standard_normal((2, _N_PROTEINS))
    panel = state @ mixing + noise * rng.standard_normal((n_cells, _N_PROTEINS))
    bits = panel_bits(mixing, noise)
    return state, Signal("protein", np.arange(n_cells), panel, true_bits=bits)


def _time(n_cells: int, correlation: float, rng: np.random.Generator) -> _Part:
    state = rng.standard_normal(n_cells)
    time = _noisy_copy(state, correlation, rng)
    bits = correlation_bits(correlation)
    return state, Signal("time", np.arange(n_cells), time, true_bits=bits, kind="continuous")


def _partner(
    name: str, n_cells: int, pairs: Pairs, correlation: float, rng: np.random.Generator
) -> _Part:
    first, second = pairs
    state = rng.standard_normal(n_cells)
    state[second] = _noisy_copy(state[first], correlation, rng)
    bits = correlation_bits(correlation)
    return state, Signal(name, first, partners=second, true_bits=bits)


def _noisy_copy(
    values: NDArray[np.float64], correlation: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    noise = rng.standard_normal(len(values))
    return np.asarray(correlation * values + np.sqrt(1 - correlation**2) * noise)


def _positions_in_pairs(n_cells: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Place cells on a plane in close pairs, far from the next, in random order."""
    side = int(np.ceil(np.sqrt(n_cells / 2)))
    spot = np.arange(n_cells) // 2
    centres = np.column_stack([spot % side, spot // side]).astype(float)
    positions = centres + 0.05 * rng.standard_normal((n_cells, 2)).clip(-2, 2)
    return positions[rng.permutation(n_cells)]


def _poisson_counts(
    truth: CellTruth, umis_per_cell: float, depth_spread: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    n_cells = len(truth.state)
    size = np.exp(depth_spread * rng.standard_normal(n_cells) - depth_spread**2 / 2)
    means = umis_per_cell * size[:, None] * truth.proportions(truth.state)
    return np.asarray(rng.poisson(means))


def standard_centres(n_types: int) -> NDArray[np.float64]:
    """Return equally spaced means of the types, shape (n_types,), of mean 0 and variance 1."""
    steps = np.arange(n_types) - (n_types - 1) / 2
    return np.asarray(steps / steps.std())


def label_bits(centres: NDArray[np.float64], spread: float) -> float:
    """Information, in bits, between a label and a value normal around the label's centre.

    By Gauss-Hermite quadrature over each equally frequent label's normal distribution.

    Parameters
    ----------
    centres
        Mean of the value for each label, shape (n_types,).
    spread
        Standard deviation of the value within a label.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    values = centres[:, None] + spread * nodes
    distances = (values[:, :, None] - centres) / spread
    log_posterior = -(nodes**2) / 2 - logsumexp(-(distances**2) / 2, axis=2)
    conditional = -np.average(log_posterior.mean(axis=0), weights=weights)
    return float((np.log(len(centres)) - conditional) / np.log(2))


def panel_bits(mixing: NDArray[np.float64], noise: float) -> float:
    """Information, in bits, between standard normal states and their noisy linear mixtures.

    Parameters
    ----------
    mixing
        Weights of the states in each measured value, shape (n_states, n_values).
    noise
        Standard deviation of each value's independent noise.
    """
    gram = np.eye(len(mixing)) + mixing @ mixing.T / noise**2
    return float(np.linalg.slogdet(gram).logabsdet / (2 * np.log(2)))


def correlation_bits(correlation: float) -> float:
    """Information, in bits, between two jointly normal values: -1/2 log2(1 - correlation^2)."""
    return float(_checks.correlation_bits(np.asarray(correlation**2)))
