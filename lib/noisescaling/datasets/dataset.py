"""Data sets: observations, and the signals that their representations should tell of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import xlogy

from noisescaling._checks import choice
from noisescaling._counts import Counts, mean_umis_per_cell
from noisescaling._images import HELD_OUT, Images
from noisescaling._sequences import Sequences
from noisescaling._signal_kind import are_labels
from noisescaling.modalities import CELLS, IMAGES, MODALITIES, SEQUENCES, Modality

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


@dataclass(frozen=True)
class Dataset:
    """What was observed, with the signals that a representation of it should tell of.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    observed
        Counts of cells in molecules (UMIs), (n_cells, n_genes), dense or CSR; proteins, one text
        each, (n_sequences,); or images, bytes or floats on the unit scale, (n_images, height,
        width, channels), of grey ones with or without the last axis.
    signals
        The signals by name; those of images are measured on held-out images, which no model learns
        from.
    genes
        Names of the genes of cells, shape (n_genes,).
    source
        Where the data come from: an address, a citation, or the simulator's settings.
    truth
        What is known of simulated observations; None of real ones.
    licence
        Under which terms the data are published, as far as known; empty where they have none.
    notes
        What was left out or changed when the data were read, a sentence each.
    held_out
        Which observations are set aside to be measured on, shape (n,); None for the rule of
        `set_aside`. Images need it.
    labels
        Names of sequences, or number of each image's class, shape (n,). Images need it.
    modality
        What is observed: "single cells", "protein sequences" or "images".

    Raises
    ------
    ValueError
        If the observations are not of the modality, a signal names a row that is not there, or
        images lack their classes or which of them are held out.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> kind = datasets.Signal.of_all("kind", np.array(["a", "a", "b", "b"]))
    >>> counts = np.array([[3, 1], [0, 2], [4, 4], [1, 1]])
    >>> datasets.Dataset("mine", counts, {"kind": kind}).umis_per_cell
    4.0
    >>> proteins = ["MKT", "MKS", "MRT", "MRS"]
    >>> own = datasets.Dataset("mine", proteins, {"kind": kind}, modality="protein sequences")
    >>> own.n_samples, own.signals["kind"].entropy
    (4, 1.0)
    """

    name: str
    observed: Any
    signals: Mapping[str, Signal]
    genes: NDArray[np.str_] | None = None
    source: str = ""
    truth: Any = field(default=None, repr=False)
    licence: str = ""
    notes: tuple[str, ...] = ()
    held_out: NDArray[np.bool_] | None = field(default=None, repr=False)
    labels: NDArray[Any] | None = field(default=None, repr=False)
    modality: str = CELLS.name

    def __post_init__(self) -> None:
        choice("modality", self.modality, MODALITIES)
        object.__setattr__(self, "observed", MODALITIES[self.modality].clean(self.observed))
        if self.modality == IMAGES.name and (self.labels is None or self.held_out is None):
            raise ValueError(f"images of {self.name!r} have no labels, or no held_out; give both")
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
    def units(self) -> str:
        """What the observations are called: cells, sequences, images."""
        return MODALITIES[self.modality].units

    @property
    def n_samples(self) -> int:
        """Number of observations: cells, sequences, images."""
        return int(self.observed.shape[0])

    @property
    def counts(self) -> Counts:
        """Counts of cells, in molecules, (n_cells, n_genes)."""
        return self._of(CELLS)

    @property
    def sequences(self) -> Sequences:
        """Proteins, one text each, (n_sequences,)."""
        return np.asarray(self._of(SEQUENCES))

    @property
    def images(self) -> Images:
        """Images, (n_images, height, width, channels)."""
        return np.asarray(self._of(IMAGES))

    def _of(self, kind: Modality) -> Any:
        if self.modality != kind.name:
            raise ValueError(f"{self.name} holds {self.modality}, and {kind.name} are asked for")
        return self.observed

    @cached_property
    def umis_per_cell(self) -> float:
        """Mean depth of cells, in UMIs per cell."""
        return mean_umis_per_cell(self.counts)

    @cached_property
    def observations(self) -> Any:
        """What noise acts on and models see: of images, with the classes of those not held out."""
        if self.modality != IMAGES.name:
            return self.observed
        shown = np.where(np.asarray(self.held_out), HELD_OUT, np.asarray(self.labels))
        return LabelledImages(self.observed, shown)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the data set of some observations, in the order of `rows`, without signals."""
        kept: dict[str, Any] = {"observed": self.observed[rows], "signals": {}}
        for name in ("labels", "held_out"):
            values = getattr(self, name)
            kept[name] = None if values is None else values[rows]
        if hasattr(self.truth, "take"):
            kept["truth"] = self.truth.take(rows)
        return replace(self, **kept)

    def add_content(self, digest: Digest) -> None:
        """Add all that models can see of the observations to a checksum."""
        if self.modality == CELLS.name:
            digest.add_counts(self.observed)
        elif self.modality == SEQUENCES.name:
            digest.add_values(self.observed)
        else:
            digest.add_text("images")
            for start in range(0, self.n_samples, _ROWS):
                digest.add_values(self.observed[start : start + _ROWS])
            digest.add_values(self.observations.labels)

    def signal(self, name: str) -> Signal:
        """Return one signal by name; the error lists those there are."""
        return self.signals[choice("signal", name, self.signals)]
