"""A simulated evolving protein with dates whose information is known."""

import numpy as np

from noisescaling._checks import above_zero, whole
from noisescaling._sequences import RESIDUES, as_texts, other_residues
from noisescaling.datasets.dataset import Signal
from noisescaling.datasets.dating import ProteinTruth, date_bits, draw
from noisescaling.datasets.sequences import SequenceDataset


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
) -> SequenceDataset:
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
    return SequenceDataset(
        "simulated_proteins",
        as_texts(RESIDUES[draw(truth, dates, rng)]),
        {"time": Signal("time", np.arange(n_sequences), dates, true_bits=bits)},
        source=f"simulated, seed {seed}",
        truth=truth,
    )
