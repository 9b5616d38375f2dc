"""A data set: observations and the signals that their representations should tell of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import choice
from noisescaling._counts import Counts, check_counts, mean_umis_per_cell
from noisescaling._signal_kind import are_labels
from noisescaling.datasets._content import Digest
from noisescaling.datasets.truth import entropy_bits
from noisescaling.modalities import CELLS


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
    of
        Which output of a model is paired: its representation ("embedding"), or what it predicts of
        the observations ("prediction"), for models that have been told labels.
    kind
        Whether the values are labels or numbers; "auto" goes by the rule of the metric, by which
        few different whole numbers are labels.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> kind = datasets.Signal("kind", rows=np.arange(4), values=np.array(["a", "a", "b", "b"]))
    >>> kind.labelled, kind.entropy
    (True, 1.0)
    """

    name: str
    rows: NDArray[np.intp]
    values: NDArray[Any] | None = None
    partners: NDArray[np.intp] | None = None
    true_bits: float | None = None
    of: Literal["embedding", "prediction"] = "embedding"
    kind: Literal["auto", "label", "continuous"] = "auto"

    def __post_init__(self) -> None:
        sides = [side for side in (self.values, self.partners) if side is not None]
        if len(sides) != 1:
            raise ValueError(f"signal {self.name!r} needs either values or partners, and not both")
        if len(sides[0]) != len(self.rows):
            raise ValueError(
                f"signal {self.name!r} has {len(self.rows)} rows and {len(sides[0])} values; "
                "they must have the same number"
            )

    @classmethod
    def of_all(cls, name: str, values: NDArray[Any], **details: Any) -> Self:
        """Return values of all observations, in their order, as a signal."""
        return cls(name, np.arange(len(values)), values, **details)

    @property
    def labelled(self) -> bool:
        """Whether the values are labels."""
        if self.values is None or self.kind != "auto":
            return self.kind == "label"
        return are_labels(self.values)

    @property
    def entropy(self) -> float | None:
        """Entropy of the labels, in bits, which no information exceeds; None without labels."""
        return entropy_bits(np.ravel(np.asarray(self.values))) if self.labelled else None

    @property
    def described(self) -> str:
        """What the signal is, in words: labels and their entropy, numbers, or pairs."""
        if self.values is None:
            return f"{self.name}: {len(self.rows)} pairs"
        n, k = len(self.rows), int(np.prod(np.shape(self.values)[1:]))
        if self.labelled:
            n_labels = len(np.unique(np.ravel(self.values)))
            return f"{self.name}: {n_labels} labels of {n}, {self.entropy:.2f} bits of entropy"
        return f"{self.name}: {k} number{'s' * (k > 1)} of each of {n}"

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


class Observations:
    """What all data sets have in common, whatever was observed: a base of frozen dataclasses.

    A data set of a modality has the fields below and its own for what was observed, and says which
    of them hold an entry an observation and what a checksum of them covers.
    """

    #: What is observed, as tables call it.
    modality: ClassVar[str]
    #: What one observation is called, in the plural.
    units: ClassVar[str] = "observations"
    #: Fields that hold one entry an observation; the first of them is what was observed.
    _by_row: ClassVar[tuple[str, ...]]

    name: str
    signals: Mapping[str, Signal]
    truth: Any

    def __post_init__(self) -> None:
        for name, signal in self.signals.items():
            if not isinstance(signal, Signal):
                raise ValueError(
                    f"signals[{name!r}] is a {type(signal).__name__}; give a Signal, such as "
                    f"Signal.of_all({name!r}, values)"
                )
            paired = signal.rows if signal.partners is None else [signal.rows, signal.partners]
            lowest, highest = int(np.min(paired, initial=0)), int(np.max(paired, initial=-1))
            if lowest < 0 or highest >= self.n_samples:
                raise ValueError(
                    f"signal {signal.name!r} names row {lowest if lowest < 0 else highest}, and "
                    f"there are {self.n_samples} {self.units}; give rows from 0 to "
                    f"{self.n_samples - 1}"
                )

    @property
    def n_samples(self) -> int:
        """Number of observations: cells, sequences, images."""
        return int(getattr(self, self._by_row[0]).shape[0])

    @property
    def observations(self) -> Any:
        """What noise acts on and models see."""
        return getattr(self, self._by_row[0])

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the data set of some observations, in the order of `rows`, without signals."""
        kept: dict[str, Any] = {"signals": {}}
        for name in self._by_row:
            entries = getattr(self, name)
            kept[name] = None if entries is None else entries[rows]
        if hasattr(self.truth, "take"):
            kept["truth"] = self.truth.take(rows)
        return replace(self, **kept)  # type: ignore[type-var]

    def add_content(self, digest: Digest) -> None:
        """Add all that models can see of the observations to a checksum."""
        digest.add_values(self.observations)

    def signal(self, name: str) -> Signal:
        """Return one signal by name; the error lists those there are."""
        return self.signals[choice("signal", name, self.signals)]


@dataclass(frozen=True)
class Dataset(Observations):
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
    held_out
        Which cells are set aside to be measured on, (n_cells,); None for the rule of `set_aside`.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> counts = np.array([[3, 1], [0, 2], [4, 4], [1, 1]])
    >>> kind = datasets.Signal.of_all("kind", np.array(["a", "a", "b", "b"]))
    >>> datasets.Dataset("mine", counts, {"kind": kind}).umis_per_cell
    4.0
    """

    modality, units = CELLS.name, CELLS.units
    _by_row = ("counts", "held_out")

    name: str
    counts: Counts
    signals: Mapping[str, Signal]
    genes: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", check_counts(self.counts))
        super().__post_init__()

    @cached_property
    def umis_per_cell(self) -> float:
        """Mean depth, in UMIs per cell."""
        return mean_umis_per_cell(self.counts)

    def add_content(self, digest: Digest) -> None:
        """Add the counts to a checksum."""
        digest.add_counts(self.counts)
