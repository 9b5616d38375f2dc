"""Data sets: observations, and the signals that their representations should tell of."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import xlogy

from noisescaling._checks import choice
from noisescaling._counts import Counts, check_counts, mean_umis_per_cell
from noisescaling._images import HELD_OUT, Images, with_channels
from noisescaling._sequences import Sequences, check_sequences
from noisescaling._signal_kind import are_labels
from noisescaling.modalities import CELLS, IMAGES, SEQUENCES

#: Rows that a checksum takes at a time.
_ROWS = 4096


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


def entropy_bits(labels: NDArray[np.generic]) -> float:
    """Entropy, in bits, of the observed frequencies of labels of shape (n,).

    Examples
    --------
    >>> from noisescaling import datasets
    >>> datasets.entropy_bits(["a", "a", "b", "b"])
    1.0
    """
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return float(-xlogy(shares, shares).sum() / np.log(2))


class Digest:
    """SHA-256 of counts, numbers and texts added one after the other."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def hexdigest(self) -> str:
        """Return the sum of all that was added, 64 hexadecimal digits."""
        return self._sha.hexdigest()

    def add_text(self, text: str) -> None:
        """Add a text, its length first, so that no two texts run into one another."""
        data = text.encode()
        self._sha.update(len(data).to_bytes(8, "little") + data)

    def add_values(self, values: NDArray[Any]) -> None:
        """Add numbers as 64-bit floats, or anything else as text, with the shape first."""
        array = np.asarray(values)
        self.add_text(f"{array.shape} {'number' if array.dtype.kind in 'biuf' else 'text'}")
        if array.dtype.kind in "biuf":
            self._sha.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        else:
            for value in array.ravel():
                self.add_text(str(value))

    def add_counts(self, counts: Counts) -> None:
        """Add counts (n_cells, n_genes), dense or CSR, by their non-zero entries."""
        self.add_text(f"{tuple(int(n) for n in counts.shape)} counts")
        for start in range(0, counts.shape[0], _ROWS):
            block = sp.csr_matrix(counts[start : start + _ROWS], copy=True)
            block.sum_duplicates()
            block.eliminate_zeros()
            for part in (block.indptr, block.indices, block.data):
                self._sha.update(np.ascontiguousarray(part, dtype="<i8").tobytes())


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
    #: Returns what was observed in the form that the data set keeps, or refuses it.
    _check: ClassVar[Callable[..., Any]]

    name: str
    signals: Mapping[str, Signal]
    truth: Any

    def __post_init__(self) -> None:
        observed = self._by_row[0]
        object.__setattr__(self, observed, self._check(getattr(self, observed)))
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
    _by_row, _check = ("counts", "held_out"), staticmethod(check_counts)

    name: str
    counts: Counts
    signals: Mapping[str, Signal]
    genes: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = field(default=None, repr=False)

    @cached_property
    def umis_per_cell(self) -> float:
        """Mean depth, in UMIs per cell."""
        return mean_umis_per_cell(self.counts)

    def add_content(self, digest: Digest) -> None:
        """Add the counts to a checksum."""
        digest.add_counts(self.counts)


@dataclass(frozen=True)
class SequenceDataset(Observations):
    """Protein sequences with the signals that a representation of them should tell of.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    sequences
        One text a protein, shape (n_sequences,), of equal lengths or not.
    signals
        The signals by name.
    labels
        Names of the sequences, shape (n_sequences,).
    source
        Where the data come from: an address, a citation, or the simulator's settings.
    truth
        What is known of simulated observations; None of real ones.
    licence
        Under which terms the data are published, as far as known; empty where they have none.
    notes
        What was left out or changed when the data were read, a sentence each.
    held_out
        Which sequences are set aside to be measured on, (n_sequences,); None for the rule of
        `set_aside`, whole clades.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> clade = datasets.Signal.of_all("clade", np.array(["a", "a", "b", "b"]))
    >>> own = datasets.SequenceDataset("mine", ["MKT", "MKS", "MRT", "MRS"], {"clade": clade})
    >>> own.n_samples, own.signals["clade"].entropy
    (4, 1.0)
    """

    modality, units = SEQUENCES.name, SEQUENCES.units
    _by_row = ("sequences", "labels", "held_out")
    _check = staticmethod(check_sequences)

    name: str
    sequences: Sequences
    signals: Mapping[str, Signal]
    labels: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class LabelledImages:
    """What noise and models get: images, and the classes of those to learn from.

    Parameters
    ----------
    images
        Bytes, or floats on the unit scale, (n_images, height, width, channels), or (n_images,
        height, width) for grey.
    labels
        Number of the class, (n_images,); `HELD_OUT` where it is not for the model to know.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> seen = datasets.simulate_images(n_images=100).observations
    >>> len(seen), bool((seen.labels < 0).any())  # classes of held-out images are hidden
    (100, True)
    """

    images: Images
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, kw_only=True)
class ImageDataset(Observations):
    """Images in classes, some held out, with the signals that a representation should tell of.

    Signals are measured on the held-out images only, which no model learns from.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    images
        Bytes, or floats on the unit scale, (n_images, height, width, channels); of grey ones, which
        may come without it, the axis of channels is added.
    labels
        Number of each image's class, (n_images,).
    held_out
        Which images are held out, (n_images,).
    signals
        The signals by name.
    source
        Where the data come from: an address, a citation, or the simulator's settings.
    licence
        Under which terms the data are published, as far as known; empty where they have none.
    notes
        What was left out or changed when the data were read, a sentence each.
    truth
        What is known of simulated observations; None of real ones.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> bands = datasets.simulate_images(n_images=100)
    >>> bands.n_samples, int(bands.held_out.sum())
    (100, 40)
    """

    modality, units = IMAGES.name, IMAGES.units
    _by_row, _check = ("images", "labels", "held_out"), staticmethod(with_channels)

    name: str
    images: Images
    labels: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    signals: Mapping[str, Signal]
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    truth: Any = field(default=None, repr=False)

    @cached_property
    def observations(self) -> LabelledImages:
        """The images, with the classes of those that are not held out."""
        return LabelledImages(self.images, np.where(self.held_out, HELD_OUT, self.labels))

    def add_content(self, digest: Digest) -> None:
        """Add the images, and the classes that a model may know, to a checksum."""
        digest.add_text("images")
        for start in range(0, self.n_samples, _ROWS):
            digest.add_values(self.images[start : start + _ROWS])
        digest.add_values(self.observations.labels)
