"""A data set: observations and the signals that their representations should tell of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import choice
from noisescaling._counts import Counts, check_counts, mean_umis_per_cell
from noisescaling.datasets import _content


@dataclass(frozen=True)
class Signal:
    """What the rows of a representation are paired with.

    Either values measured on the same observations (a label, a protein panel, a time), or other
    observations whose representation is the second side (a sister cell, a spatial neighbour).

    Parameters
    ----------
    name
        What the signal is called in tables and figures.
    rows
        Observations that carry the signal, shape (m,), as indices into the data set.
    values
        Values of the signal, shape (m,) or (m, k); None where `partners` are given.
    partners
        Observations paired with `rows`, shape (m,); None where `values` are given.
    true_bits
        Information between the noise-free state and the signal, in bits, where it is known.
    """

    name: str
    rows: NDArray[np.intp]
    values: NDArray[Any] | None = None
    partners: NDArray[np.intp] | None = None
    true_bits: float | None = None

    def __post_init__(self) -> None:
        if (self.values is None) == (self.partners is None):
            raise ValueError(f"signal {self.name!r} needs either values or partners, and not both")
        other = self.values if self.values is not None else self.partners
        assert other is not None
        if len(other) != len(self.rows):
            raise ValueError(
                f"signal {self.name!r} has {len(self.rows)} rows and {len(other)} values; "
                "they must have the same number"
            )

    def pair(self, representation: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the two sides whose information is measured, each with m rows.

        Parameters
        ----------
        representation
            Representation of all observations, shape (n, d).
        """
        x = representation[self.rows]
        if self.partners is not None:
            return x, representation[self.partners]
        assert self.values is not None
        return x, self.values


@dataclass(frozen=True)
class Dataset:
    """Counts of cells with the signals that a representation of them should tell of.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    counts
        Counts of shape (n_cells, n_genes), in molecules (UMIs); dense or CSR.
    signals
        The signals by name.
    genes
        Names of the genes, shape (n_genes,).
    source
        Where the data come from: an address, a citation, or the simulator's settings.
    truth
        What is known of simulated observations; None of real ones.
    licence
        Under which terms the data are published, as far as known; empty where they have none.
    notes
        What was left out or changed when the data were read, a sentence each.
    """

    name: str
    counts: Counts
    signals: Mapping[str, Signal]
    genes: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", check_counts(self.counts))
        for signal in self.signals.values():
            highest = int(np.max(signal.rows, initial=-1))
            if highest >= self.n_samples:
                raise ValueError(
                    f"signal {signal.name!r} names cell {highest}, and there are "
                    f"{self.n_samples} cells"
                )

    @property
    def n_samples(self) -> int:
        """Number of cells."""
        return int(self.counts.shape[0])

    @property
    def umis_per_cell(self) -> float:
        """Mean depth, in UMIs per cell."""
        return mean_umis_per_cell(self.counts)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the counts and signals: equal content has equal sums, however it is stored."""
        digest = _content.Digest()
        digest.add_counts(self.counts)
        for name in sorted(self.signals):
            signal = self.signals[name]
            digest.add_text(name)
            digest.add_values(signal.rows)
            for side in (signal.values, signal.partners):
                digest.add_text("absent" if side is None else "present")
                if side is not None:
                    digest.add_values(side)
        return digest.hexdigest()

    def signal(self, name: str) -> Signal:
        """Return one signal by name; the error lists those there are."""
        return self.signals[choice("signal", name, self.signals)]
