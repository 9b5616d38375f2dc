"""Linear representations: random projection, and principal components of each modality."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from noisescaling._checks import whole
from noisescaling._counts import Counts, as_csr, row_sums
from noisescaling._sequences import AMINO_ACIDS, Sequences, as_letters
from noisescaling.modalities import ALIGNED, IMAGES
from noisescaling.models.base import FloatArray, Model

#: Bins of mean expression within which dispersions are compared, as in scanpy.
_N_BINS = 20
_LETTERS = np.array([ord(letter) for letter in AMINO_ACIDS + "-"], dtype=np.uint32)


class RandomProjection(Model):
    """Raw counts times a random Gaussian matrix: the representation that learns nothing.

    The matrix has independent entries of variance 1/n_components, so that squared distances keep
    their mean (Johnson and Lindenstrauss 1984). Depth differences between cells stay in. A cell
    without molecules is at the origin. The default is the published setting; of fewer
    genes, as many as there are.

    Examples
    --------
    >>> from noisescaling import models
    >>> model = models.RandomProjection(n_components=2).fit([[3, 1, 0], [0, 2, 5]])
    >>> model.embed([[0, 0, 0]])  # a cell without molecules is at the origin
    array([[0., 0.]])
    """

    n_components: int = 16

    up_to_features, shrinks = "n_components", True

    def _fit(self, counts: sp.csr_matrix) -> None:
        n_genes = counts.shape[1]
        shape = (n_genes, min(self.n_components, n_genes))
        rng = np.random.default_rng(self.seed)
        #: Projection, (n_genes, n_components).
        self.components: FloatArray = rng.standard_normal(shape) / np.sqrt(shape[1])

    def _embed(self, counts: sp.csr_matrix) -> FloatArray:
        return np.asarray(counts @ self.components)


class PCA(Model):
    """Principal components of log-normalized counts of the most variable genes.

    Counts are scaled to `target_sum` molecules a cell, then log(1 + x); the `n_top_genes` genes of
    largest normalized dispersion (Satija et al. 2015, as in scanpy) are centred on their mean and
    projected on the leading `n_components` eigenvectors of their covariance. Fit remembers genes,
    mean and components. Nothing here is random: the seed changes nothing. A cell without molecules
    has expression 0 throughout; it counts in the fit and embeds to one fixed point. Components
    beyond the rank of the data are 0. The defaults are the published settings; of fewer genes, as
    many components as there are.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> cells = datasets.simulate_cells(n_cells=100, n_genes=50, umis_per_cell=100)
    >>> models.PCA(n_components=8).fit(cells.counts).embed(cells.counts[:10]).shape
    (10, 8)
    """

    n_components: int = 16
    n_top_genes: int = 750
    target_sum: float = 1e4

    up_to_features = up_to_rows = "n_components"
    shrinks = True

    def _check_settings(self) -> None:
        super()._check_settings()
        whole("n_top_genes", self.n_top_genes, at_least=self.n_components)

    def fit_blocks(self, blocks: Iterable[Counts]) -> Self:
        """Learn from counts in blocks of cells, (some cells, n_genes) each, as `fit` from all.

        The blocks are gone through twice, and must be the same each time: a list, or
        `noise.downsample_blocks`. One is in memory at a time; `embed` them one by one.

        Raises
        ------
        ValueError
            As `fit` does, or if the blocks differ in genes or in the second round.
        """
        n_first, n_filled, dispersion = gene_dispersions(self._expressions(blocks), self.target_sum)
        self._check_size(n_first, n_filled, len(dispersion))
        #: Indices of the genes in use, ascending; the same in whatever blocks the cells come.
        self.genes = leading_genes(dispersion, self.n_top_genes)
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
            products - np.outer(mean, mean), min(self.n_components, len(mean))
        )
        self.shape = (len(dispersion),)
        return self

    def _expressions(self, blocks: Iterable[Counts]) -> Iterable[sp.csr_matrix]:
        return (log_normalized(as_csr(block, "data"), self.target_sum) for block in blocks)

    def _fit(self, counts: sp.csr_matrix) -> None:
        self.fit_blocks([counts])

    def _embed(self, counts: sp.csr_matrix) -> FloatArray:
        chosen = log_normalized(counts, self.target_sum)[:, self.genes]
        return np.asarray(chosen @ self.components - self.mean @ self.components)


class OneHotPCA(Model):
    """Leading principal components of aligned sequences, one column a place and letter.

    The representation of proteins that knows no biology. A letter is one of the 20 amino acids or a
    gap; stops and ambiguous letters are none, all columns 0. Nothing here is random: the seed
    changes nothing. Components beyond the rank of the data are 0.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> proteins = datasets.simulate_proteins(n_sequences=60).sequences
    >>> models.OneHotPCA(n_components=4).fit(proteins).embed(proteins[:3]).shape
    (3, 4)
    """

    n_components: int = 16

    modality = ALIGNED
    up_to_rows = "n_components"

    def _fit(self, sequences: Sequences) -> None:
        columns = one_hot(sequences)
        #: Share of the sequences with each place's letter, (n_places * 21,).
        self.mean: FloatArray = columns.mean(axis=0, dtype=np.float64)
        # Fewer sequences than columns: the axes follow from the sequences' inner products.
        gram = (columns @ columns.T).astype(np.float64)
        gram -= gram.mean(axis=0) + gram.mean(axis=1)[:, None] - gram.mean()
        values, vectors = leading_axes(gram, self.n_components)
        real = values > max(values[0], 0) * len(gram) * np.finfo(np.float32).eps
        scale = np.where(real, 1 / np.sqrt(np.where(real, values, 1)), 0)
        centred = columns.T @ vectors - np.outer(self.mean, vectors.sum(axis=0))
        #: Principal axes, (n_places * 21, n_components).
        self.components: FloatArray = centred * scale

    def _embed(self, sequences: Sequences) -> FloatArray:
        return np.asarray(one_hot(sequences) @ self.components - self.mean @ self.components)


class PixelPCA(Model):
    """Pixels, centred, on the leading eigenvectors of their covariance in the training images.

    A baseline that looks at no label; `predict` is linear discriminant analysis of the components
    of the training images. Nothing is random: the seed changes nothing.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> bands = datasets.simulate_images(n_images=60)
    >>> model = models.PixelPCA(n_components=2).fit(bands.observations)
    >>> model.embed(bands.observations).shape
    (60, 2)
    """

    n_components: int = 16

    modality = IMAGES
    up_to_features = up_to_rows = "n_components"
    shrinks = True

    def _fit(self, pixels: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        flat = _flat(pixels)
        #: Mean pixel values, (n_values,), and eigenvectors, (n_values, n_components).
        self.mean = flat.mean(0)
        self.components = _leading(flat - self.mean, min(self.n_components, flat.shape[1]))
        self._discriminant = LinearDiscriminantAnalysis(solver="lsqr")
        self._discriminant.fit(self._embed(pixels), labels)

    def _embed(self, pixels: NDArray[np.float32]) -> FloatArray:
        return np.asarray((_flat(pixels) - self.mean) @ self.components)

    def predict(self, data: Any) -> NDArray[np.int64]:
        """Return the number of the class that each image most probably shows, (n_images,).

        Raises
        ------
        ValueError
            As `embed`.
        """
        embedding = self.embed(data)  # which tells where the model is not fitted
        return np.asarray(self._discriminant.predict(embedding))


def log_normalized(counts: sp.csr_matrix, target_sum: float) -> sp.csr_matrix:
    """Return log(1 + counts scaled to `target_sum` molecules a cell); empty cells stay 0."""
    totals = np.maximum(row_sums(counts), 1)
    scaled = sp.diags_array(target_sum / totals) @ counts
    return sp.csr_matrix(scaled.log1p())


def gene_dispersions(
    blocks: Iterable[sp.csr_matrix], target_sum: float
) -> tuple[int, int, FloatArray]:
    """Return cells, those with molecules, and the normalized dispersion of each gene, (n_genes,).

    The sums over cells are exact, so that the dispersions, ties among them included, are the same
    in whatever blocks or order the cells come.

    Parameters
    ----------
    blocks
        Log expression of some cells each, (some cells, n_genes).
    target_sum
        Molecules that each cell was scaled to.

    Raises
    ------
    ValueError
        If there is no block, or blocks differ in genes.
    """
    n_cells = n_filled = n_genes = 0
    sums = np.zeros(())
    for block in blocks:
        if n_cells and block.shape[1] != n_genes:
            raise ValueError(f"blocks have {n_genes} and {block.shape[1]} genes; give equal ones")
        n_genes = block.shape[1]
        shares = np.expm1(block.data) / target_sum
        sums = sums + np.stack([_parts(x, block.indices, n_genes) for x in (shares, shares**2)])
        n_cells += block.shape[0]
        n_filled += int((np.diff(block.indptr) > 0).sum())
    if n_cells == 0:
        raise ValueError("blocks holds no block; give counts")
    mean, square = (sums[:, 0] * 2.0**-30 + sums[:, 1] * 2.0**-60) / n_cells
    variance = (square - mean**2) * n_cells / max(n_cells - 1, 1)
    # What is left of a gene that is the same in all cells is rounding.
    variance[variance < 1e-12 * square] = 0
    scaled = normalized_dispersion(mean * target_sum, variance * target_sum**2)
    return n_cells, n_filled, scaled


def _parts(values: FloatArray, genes: NDArray[np.integer], n_genes: int) -> FloatArray:
    """Sum numbers from 0 to 1 a gene, in units of 2^-30 and, what is left, of 2^-60.

    These are sums of whole numbers, and exact for up to 2^23 cells.
    """
    scaled = values * 2.0**30
    left = np.floor((scaled - np.floor(scaled)) * 2.0**30)
    return np.stack([np.bincount(genes, x, n_genes) for x in (np.floor(scaled), left)])


def leading_genes(dispersion: FloatArray, n_top_genes: int) -> NDArray[np.intp]:
    """Return the ascending indices of the largest dispersions; of those that tie, the first.

    Genes without variance, whose dispersion is NaN, come last.
    """
    order = np.argsort(-np.nan_to_num(dispersion, nan=-np.inf), kind="stable")
    return np.sort(order[:n_top_genes])


def normalized_dispersion(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return each gene's log dispersion beside genes of like mean (Satija et al. 2015); (n_genes,).

    The same as scanpy's `dispersions_norm` of the flavour "seurat", but from moments. NaN for genes
    without variance.
    """
    safe = np.where(mean == 0, 1e-12, mean)
    ratio = variance / safe
    dispersion = pd.Series(np.log(np.where(ratio > 0, ratio, np.nan)))
    bins = pd.cut(np.log1p(safe), bins=_N_BINS)
    grouped = dispersion.groupby(bins, observed=True)
    centre, spread = grouped.transform("mean"), grouped.transform("std")
    # The only gene of its bin has no others to be compared with: scanpy gives it 1.
    alone = spread.isna() & dispersion.notna()
    normalized = (dispersion - centre.where(~alone, 0)) / spread.where(~alone, centre)
    return np.asarray(normalized, dtype=np.float64)


def product_moments(blocks: Iterable[sp.csr_matrix]) -> tuple[int, FloatArray, FloatArray]:
    """Return cells, mean (n_genes,) and mean product of genes with genes over blocks of cells."""
    n_cells = 0
    sums = products = np.zeros(())
    for block in blocks:
        n_cells += block.shape[0]
        sums = sums + np.asarray(block.sum(axis=0)).ravel()
        products = products + (block.T @ block).toarray()
    return n_cells, sums / max(n_cells, 1), products / max(n_cells, 1)


def one_hot(sequences: Sequences) -> NDArray[np.float32]:
    """Return 1 where a place holds a letter, else 0; (n_sequences, n_places * 21)."""
    letters = as_letters(sequences)
    held = letters[:, :, None] == _LETTERS
    return np.asarray(held.reshape(len(letters), -1), dtype=np.float32)


def leading_axes(symmetric: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the n largest eigenvalues, largest first, and their eigenvectors (d, n), upright."""
    d = len(symmetric)
    values, vectors = scipy.linalg.eigh(symmetric, subset_by_index=[d - n, d - 1])
    return values[::-1], upright(vectors[:, ::-1])


def upright(vectors: FloatArray) -> FloatArray:
    """Return vectors (d, n) with the sign that makes the largest entry of each positive."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]))


def _principal_axes(covariance: FloatArray, n_components: int) -> tuple[FloatArray, FloatArray]:
    """Return eigenvectors of a covariance, largest first, and eigenvalues."""
    values, vectors = leading_axes(covariance, n_components)
    # Directions without variance are rounding noise, which a rank-based metric would magnify.
    real = values > max(values[0], 0) * len(covariance) * np.finfo(float).eps
    return vectors * real, values * real


def _flat(pixels: NDArray[np.float32]) -> FloatArray:
    return pixels.reshape(len(pixels), -1).astype(np.float64)


def _leading(centred: FloatArray, n: int) -> FloatArray:
    """Return the leading eigenvectors of the covariance, their largest entries positive."""
    if centred.shape[1] <= len(centred):
        return leading_axes(centred.T @ centred, n)[1]
    return upright(scipy.linalg.svd(centred, full_matrices=False)[2][:n].T)
