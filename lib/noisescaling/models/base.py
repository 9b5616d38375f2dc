"""What a representation model is; of cells, the checks that all of them share."""

from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._checks import whole
from noisescaling._counts import Counts
from noisescaling.noise import check_counts

FloatArray = NDArray[np.float64]
Settings = TypeVar("Settings")


class RepresentationModel(Protocol):
    """What a noise-scaling study asks of a model: learn from data, then represent data."""

    def fit(self, data: Any) -> Self:
        """Learn from observations, one a row, and return the model itself."""

    def embed(self, data: Any) -> NDArray[Any]:
        """Return the representation of observations: finite floats, (n, d)."""


class SeededModel(Generic[Settings]):
    """What the library's models have in common, whatever they represent: settings and a seed.

    Parameters
    ----------
    settings
        The model's settings, a frozen dataclass; its defaults where None.
    seed
        Seed of all randomness. The same seed, data, machine and number of threads give the same
        embedding; other users of random numbers in the process notice nothing.
    """

    default: Settings
    #: Settings that fit two processor cores, of models that have others than the default for it.
    small_settings: Settings | None = None

    def __init__(self, settings: Settings | None = None, *, seed: int = 0) -> None:
        self.settings = self.default if settings is None else settings
        self.seed = whole("seed", seed, at_least=0)

    @classmethod
    def small(cls, *, seed: int = 0, **settings: Any) -> Self:
        """Return the model with settings that fit two processor cores."""
        base: Any = cls.small_settings or cls.default
        return cls(replace(base, **settings), seed=seed)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings}, seed={self.seed})"


@dataclass(frozen=True)
class ComponentSettings:
    """Settings of a model that is nothing but components."""

    n_components: int = 16

    def __post_init__(self) -> None:
        whole("n_components", self.n_components, at_least=1)


class CellModel(SeededModel[Settings]):
    """A representation model of counts: checks them, then leaves the work to `_fit`, `_embed`."""

    min_cells = 2
    #: Name of the setting that counts the components, of which there are no more than genes.
    components_setting = ""
    n_genes: int

    def fit(self, data: Counts) -> Self:
        """Learn from counts of shape (n_cells, n_genes), in molecules, and return the model.

        Raises
        ------
        ValueError
            If `data` are no counts, hold no molecule, or too few cells or genes for this model.
        """
        counts = as_csr(data)
        n_cells, n_genes = counts.shape
        self._check_size(n_cells, n_genes, int((row_sums(counts) > 0).sum()))
        self._fit(counts)
        self.n_genes = n_genes
        return self

    def embed(self, data: Counts) -> FloatArray:
        """Return the embedding of counts (n_cells, n_genes): finite floats, (n_cells, d).

        The cells need not be those of the fit; the genes must be the same, in the same order.

        Raises
        ------
        ValueError
            If the model is not fitted, `data` are no counts, or have another number of genes.
        """
        name = type(self).__name__
        if not hasattr(self, "n_genes"):
            raise ValueError(f"{name} is not fitted; call fit before embed")
        counts = as_csr(data)
        if counts.shape[1] != self.n_genes:
            raise ValueError(
                f"data has {counts.shape[1]} genes and {name} was fitted on {self.n_genes}; "
                "give the same genes in the same order"
            )
        return np.asarray(self._embed(counts), dtype=np.float64)

    def _check_size(self, n_cells: int, n_genes: int, n_filled: int) -> None:
        name = type(self).__name__
        setting = self.components_setting
        genes = max(2, getattr(self.settings, setting)) if setting else 2
        if n_genes < genes:
            way = f"; give more genes or a smaller {setting}" if setting and n_genes > 1 else ""
            needs = f" for {setting} = {genes}" if setting else ""
            raise ValueError(f"data has {n_genes} genes and {name} needs {genes}{needs}{way}")
        if n_filled == 0:
            raise ValueError(
                f"data has {n_cells} cells, all with 0 molecules; measure deeper or leave them out"
            )
        if n_filled < self.min_cells:
            raise ValueError(
                f"data has {n_filled} cells with molecules and {name} needs {self.min_cells}; "
                "give more cells"
            )

    def _fit(self, counts: sp.csr_matrix) -> None:
        raise NotImplementedError

    def _embed(self, counts: sp.csr_matrix) -> NDArray[Any]:
        raise NotImplementedError


def row_sums(counts: sp.csr_matrix) -> NDArray[np.int64]:
    """Return the molecules of each cell, (n_cells,)."""
    return np.asarray(counts.sum(axis=1, dtype=np.int64)).ravel()


def as_csr(data: Counts) -> sp.csr_matrix:
    """Return checked counts as CSR without stored zeros."""
    counts = sp.csr_matrix(check_counts(data, "data"))
    if counts.nnz and not counts.data.all():
        counts = counts.copy()
        counts.eliminate_zeros()
    return counts
