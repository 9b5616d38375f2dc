"""A protein that evolves along a trunk with twigs, and sequences drawn from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisescaling._sequences import RESIDUES, other_residues


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
