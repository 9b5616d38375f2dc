"""Linear representations of cells: random projection and principal components."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy.sparse as sp

from noisescaling._checks import positive, whole
from noisescaling._counts import Counts
from noisescaling.models._axes import leading_axes
from noisescaling.models.base import (
    CellModel,
    ComponentSettings,
    FloatArray,
    as_csr,
    row_sums,
)
from noisescaling.models.moments import gene_dispersions, leading_genes, product_moments


@dataclass(frozen=True)
class RandomProjectionSettings(ComponentSettings):
    """Settings of `RandomProjection`; the defaults are the published ones."""


class RandomProjection(CellModel[RandomProjectionSettings]):
    """Raw counts times a random Gaussian matrix: the representation that learns nothing.

    The matrix has independent entries of variance 1/n_components, so that squared distances keep
    their mean (Johnson and Lindenstrauss 1984). Depth differences between cells stay in. A cell
    without molecules is at the origin.
    """

    default = RandomProjectionSettings()
    components_setting = "n_components"

    def _fit(self, counts: sp.csr_matrix) -> None:
        shape = (counts.shape[1], self.settings.n_components)
        rng = np.random.default_rng(self.seed)
        #: Projection, (n_genes, n_components).
        self.components: FloatArray = rng.standard_normal(shape) / np.sqrt(shape[1])

    def _embed(self, counts: sp.csr_matrix) -> FloatArray:
        return np.asarray(counts @ self.components)


@dataclass(frozen=True)
class PCASettings(ComponentSettings):
    """Settings of `PCA`; the defaults are the published ones."""

    n_top_genes: int = 750
    target_sum: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("n_top_genes", self.n_top_genes, at_least=self.n_components)
        positive("target_sum", self.target_sum)


class PCA(CellModel[PCASettings]):
    """Principal components of log-normalized counts of the most variable genes.

    Counts are scaled to `target_sum` molecules a cell, then log(1 + x); the `n_top_genes` genes of
    largest normalized dispersion (Satija et al. 2015, as in scanpy) are centred on their mean and
    projected on the leading `n_components` eigenvectors of their covariance. Fit remembers genes,
    mean and components. Nothing here is random: the seed changes nothing. A cell without molecules
    has expression 0 throughout; it counts in the fit and embeds to one fixed point. Components
    beyond the rank of the data are 0.
    """

    default = PCASettings()
    components_setting = "n_components"

    def _check_size(self, n_cells: int, n_genes: int, n_filled: int) -> None:
        super()._check_size(n_cells, n_genes, n_filled)
        if n_cells < self.settings.n_components:
            raise ValueError(
                f"data has {n_cells} cells and PCA needs {self.settings.n_components} for "
                f"n_components = {self.settings.n_components}; give more cells or fewer components"
            )

    def fit(self, data: Counts) -> Self:
        """Learn from counts of shape (n_cells, n_genes), in molecules: `fit_blocks` of one block.

        Raises
        ------
        ValueError
            If `data` are no counts, hold no molecule, or too few cells or genes for this model.
        """
        return self.fit_blocks([data])

    def fit_blocks(self, blocks: Iterable[Counts]) -> Self:
        """Learn from counts in blocks of cells, (some cells, n_genes) each, as `fit` from all.

        The blocks are gone through twice, and must be the same each time: a list, or
        `noise.downsample_blocks`. One is in memory at a time; `embed` them one by one.

        Raises
        ------
        ValueError
            As `fit` does, or if the blocks differ in genes or in the second round.
        """
        target_sum = self.settings.target_sum
        n_first, n_filled, dispersion = gene_dispersions(self._expressions(blocks), target_sum)
        self._check_size(n_first, len(dispersion), n_filled)
        #: Indices of the genes in use, ascending; the same in whatever blocks the cells come.
        self.genes = leading_genes(dispersion, self.settings.n_top_genes)
        n_cells, mean, products = product_moments(
            block[:, self.genes] for block in self._expressions(blocks)
        )
        if n_cells != n_first:
            raise ValueError(
                f"blocks held {n_first} cells at first and {n_cells} then; give a list or "
                "another iterable that can be gone through twice"
            )
        #: Mean log expression of those genes, (n_top_genes,).
        self.mean = mean
        #: Eigenvectors, (n_top_genes, n_components), and the variance along each.
        self.components, self.variances = _principal_axes(
            products - np.outer(mean, mean), self.settings.n_components
        )
        self.n_genes = len(dispersion)
        return self

    def _expressions(self, blocks: Iterable[Counts]) -> Iterable[sp.csr_matrix]:
        return (log_normalized(as_csr(block), self.settings.target_sum) for block in blocks)

    def _embed(self, counts: sp.csr_matrix) -> FloatArray:
        chosen = log_normalized(counts, self.settings.target_sum)[:, self.genes]
        return np.asarray(chosen @ self.components - self.mean @ self.components)


def log_normalized(counts: sp.csr_matrix, target_sum: float) -> sp.csr_matrix:
    """Return log(1 + counts scaled to `target_sum` molecules a cell); empty cells stay 0."""
    totals = np.maximum(row_sums(counts), 1)
    scaled = sp.diags_array(target_sum / totals) @ counts
    return sp.csr_matrix(scaled.log1p())


def _principal_axes(covariance: FloatArray, n_components: int) -> tuple[FloatArray, FloatArray]:
    """Return eigenvectors of a covariance, largest first, and eigenvalues."""
    values, vectors = leading_axes(covariance, n_components)
    # Directions without variance are rounding noise, which a rank-based metric would magnify.
    real = values > max(values[0], 0) * len(covariance) * np.finfo(float).eps
    return vectors * real, values * real
