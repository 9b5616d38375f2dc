"""Simulated proteins that evolve along a trunk with twigs, and the bits each tells of its date.

The ideal observer knows the trunk, and no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from noisescaling._checks import above_zero, whole
from noisescaling._sequences import RESIDUES, as_texts, other_residues
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.modalities import SEQUENCES

#: Dates and lengths of twigs that integrals run over.
_N_DATES = 480
_N_TWIGS = 200
#: Drawn sequences that information is averaged over.
_N_DRAWS = 4000
#: Stands for an error rate of 0 in likelihoods.
_SMALLEST = 1e-12


@dataclass(frozen=True)
class ProteinTruth:
    """How a simulated protein evolved.

    Its tree is a trunk with many twigs: each sequence left the trunk some time before its date, and
    changed on its own since. No site changes both on the trunk and on twigs.

    Parameters
    ----------
    ancestor
        The first sequence, numbers of amino acids, (n_residues,).
    trunk_sites, trunk_months, trunk_acids
        Where, when (ascending) and to which amino acid the trunk changed; (n_changes,) each.
    twig_sites
        Sites that change on twigs, (n_twig_sites,).
    twig_rate
        Changes a site and month on a twig.
    lag
        Mean length of a twig, in months; its length is exponentially distributed.
    months
        Dates are uniform from 0 to this many months.
    """

    ancestor: NDArray[np.intp]
    trunk_sites: NDArray[np.intp]
    trunk_months: NDArray[np.float64]
    trunk_acids: NDArray[np.intp]
    twig_sites: NDArray[np.intp]
    twig_rate: float
    lag: float
    months: float

    def twig_change(self, twig_months: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that a twig site differs from the trunk's.

        All amino acids replace one another at one rate (Jukes and Cantor 1969, with 20 letters).
        """
        pace = len(RESIDUES) / (len(RESIDUES) - 1)
        return np.asarray(-np.expm1(-pace * self.twig_rate * twig_months) / pace)


@dataclass(frozen=True)
class DateBits:
    """Information between a sequence and its date.

    Attributes
    ----------
    bits
        The information, in bits.
    standard_error
        Of the average over drawn sequences, in bits.
    """

    bits: float
    standard_error: float


def simulate_proteins(
    n_sequences: int = 800,
    n_residues: int = 160,
    months: float = 48.0,
    *,
    seed: int = 0,
    n_changes: int = 30,
    n_twig_sites: int = 80,
    twig_rate: float = 0.02,
    lag: float = 2.0,
) -> Dataset:
    """Simulate a protein that evolves like that of a seasonal virus, sampled on known dates.

    One lineage, the trunk, changes at `n_changes` sites, once each, at uniformly random times. Each
    sequence left the trunk a while before its date, and changed at some of `n_twig_sites` other
    sites since. Given the trunk, sequences are independent of one another. `Signal.true_bits` is
    the information of a clean sequence with its date, for who knows the trunk: no representation
    holds more (book, equation `eq-protein-bits`).

    Parameters
    ----------
    n_sequences, n_residues
        Size of the data set; at least 10 sequences, and residues for all changing sites.
    months
        Time over which dates are uniform, in months.
    seed
        The same seed gives the same proteins.
    n_changes
        Number of changes on the trunk, at least 1.
    n_twig_sites
        Number of sites that change on twigs.
    twig_rate
        Changes a twig site and month.
    lag
        Mean time since a sequence left the trunk, in months.

    Returns
    -------
    A data set with the signal "time", in months, and the `ProteinTruth` as `truth`.

    Raises
    ------
    ValueError
        If a size is too small, or a time or rate is not above 0.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> proteins = datasets.simulate_proteins(n_sequences=50, n_residues=160)
    >>> len(proteins.sequences[0]), sorted(proteins.signals)
    (160, ['time'])
    """
    whole("n_sequences", n_sequences, at_least=10)
    whole("n_changes", n_changes, at_least=1)
    whole("n_twig_sites", n_twig_sites, at_least=0)
    whole("n_residues", n_residues, at_least=n_changes + n_twig_sites)
    above_zero(months=months, twig_rate=twig_rate, lag=lag)
    rng = np.random.default_rng(seed)
    ancestor = rng.integers(len(RESIDUES), size=n_residues)
    sites = rng.permutation(n_residues)
    trunk_sites, twig_sites, _ = np.split(sites, [n_changes, n_changes + n_twig_sites])
    truth = ProteinTruth(
        ancestor=ancestor,
        trunk_sites=trunk_sites,
        trunk_months=np.sort(rng.uniform(0, months, n_changes)),
        trunk_acids=other_residues(ancestor[trunk_sites], rng),
        twig_sites=twig_sites,
        twig_rate=twig_rate,
        lag=lag,
        months=months,
    )
    dates = rng.uniform(0, months, n_sequences)
    bits = date_bits(truth, 0.0, seed=seed).bits
    return Dataset(
        "simulated_proteins",
        as_texts(RESIDUES[draw(truth, dates, rng)]),
        {"time": Signal("time", np.arange(n_sequences), dates, true_bits=bits)},
        source=f"simulated, seed {seed}",
        truth=truth,
        modality=SEQUENCES.name,
    )


def draw(
    truth: ProteinTruth, dates: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw one sequence for each date, (n,) in months; numbers of amino acids, (n, n_residues)."""
    twig = rng.exponential(truth.lag, len(dates))
    acids = np.tile(truth.ancestor, (len(dates), 1))
    changed = truth.trunk_months < (dates - twig)[:, None]
    acids[:, truth.trunk_sites] = np.where(changed, truth.trunk_acids, acids[:, truth.trunk_sites])
    own = rng.random((len(dates), len(truth.twig_sites))) < truth.twig_change(twig)[:, None]
    before = acids[:, truth.twig_sites]
    acids[:, truth.twig_sites] = np.where(own, other_residues(before, rng), before)
    return acids


def date_bits(truth: ProteinTruth, error_rate: float, *, seed: int = 0) -> DateBits:
    """Information, in bits, between a sequence with errors and its date, for who knows the trunk.

    I = E[ log2 p(x|t) / p(x) ], averaged over drawn sequences x and dates t (book, equation
    `eq-protein-bits`). Given the trunk, sequences are independent, so nothing that is learned from
    others adds to it: no representation of a sequence holds more.

    Parameters
    ----------
    truth
        How the protein evolved.
    error_rate
        Probability that a residue is read as another, from 0 to 1.
    seed
        Seed of the draws.
    """
    rng = np.random.default_rng(seed)
    which = rng.integers(_N_DATES, size=_N_DRAWS)
    acids = draw(truth, possible_dates(truth)[which], rng)
    misread = rng.random(acids.shape) < error_rate
    read = np.where(misread, other_residues(acids, rng), acids)
    likelihood = date_likelihood(truth, read, error_rate)
    bits = np.log2(likelihood[np.arange(_N_DRAWS), which] / likelihood.mean(axis=1))
    return DateBits(float(bits.mean()), float(bits.std() / np.sqrt(_N_DRAWS)))


def possible_dates(truth: ProteinTruth) -> NDArray[np.float64]:
    """Return the dates that integrals run over, in months, (n_dates,)."""
    return (np.arange(_N_DATES) + 0.5) / _N_DATES * truth.months


def date_likelihood(
    truth: ProteinTruth, acids: NDArray[np.intp], error_rate: float
) -> NDArray[np.float64]:
    """Return p(x|t) for each sequence and date, (n, n_dates), up to a factor of the sequence."""
    trunk = _trunk_likelihood(truth, acids, error_rate)
    own = (acids[:, truth.twig_sites] != truth.ancestor[truth.twig_sites]).sum(axis=1)
    likelihood = np.empty((len(acids), _N_DATES))
    for number in np.unique(own):
        rows = own == number
        likelihood[rows] = trunk[rows] @ _twig_likelihood(truth, int(number), error_rate).T
    return likelihood


def _trunk_likelihood(
    truth: ProteinTruth, acids: NDArray[np.intp], error_rate: float
) -> NDArray[np.float64]:
    """Return p(trunk sites | first k changes made), (n, n_changes + 1), up to a factor."""
    read = acids[:, truth.trunk_sites]
    right = float(np.log(max(1 - error_rate, _SMALLEST)))
    wrong = float(np.log(max(error_rate, _SMALLEST) / (len(RESIDUES) - 1)))
    changed = np.where(read == truth.trunk_acids, right, wrong)
    unchanged = np.where(read == truth.ancestor[truth.trunk_sites], right, wrong)
    logs = np.cumsum(np.pad(changed - unchanged, ((0, 0), (1, 0))), axis=1)
    return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _twig_likelihood(truth: ProteinTruth, own: int, error_rate: float) -> NDArray[np.float64]:
    """Return p(twig sites that differ, changes on the trunk | date), (n_dates, n_changes + 1)."""
    twigs: NDArray[np.float64] = -truth.lag * np.log1p(-(np.arange(_N_TWIGS) + 0.5) / _N_TWIGS)
    change = truth.twig_change(twigs)
    # A changed site that is misread looks unchanged in one of 19 cases.
    differs = change * (1 - error_rate / (len(RESIDUES) - 1)) + (1 - change) * error_rate
    weight = stats.binom.pmf(own, len(truth.twig_sites), differs) / _N_TWIGS
    left: NDArray[np.float64] = possible_dates(truth)[:, None] - twigs
    made = np.searchsorted(truth.trunk_months, left)
    table = np.zeros((_N_DATES, len(truth.trunk_months) + 1))
    np.add.at(table, (np.arange(_N_DATES)[:, None], made), np.broadcast_to(weight, made.shape))
    return table
