"""What counts are turned into before anything is learned: transforms for PCA, and gene ranks.

Models of the study's own, named in sweeps as `study.encodings:TransformedPCA`; the module uses
nothing of the library, so that its points depend on it alone.
"""

from typing import Any, Literal, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import PCA

FloatArray = NDArray[np.float64]
#: Dispersion of counts that Pearson residuals assume, as scanpy does.
THETA = 100.0


class TransformedPCA:
    """Principal components of counts after a transform, of genes chosen the same way for all.

    Parameters
    ----------
    seed
        Unused: nothing is random.
    transform
        "none", "sqrt" (square roots), "log" (of 1 + x), or "pearson" (analytic residuals of
        Lause, Berens and Kobak 2021 with the genes' shares of the cells learned from).
    scale
        Molecules to which each cell is scaled first: 0 for none, -1 for the mean of the cells
        learned from, else that number. Pearson residuals take the counts as they are.
    n_components, n_top_genes
        Axes kept, and genes: those of the largest variance over mean.
    """

    def __init__(
        self,
        seed: int = 0,
        transform: Literal["none", "sqrt", "log", "pearson"] = "log",
        scale: float = -1,
        n_components: int = 16,
        n_top_genes: int = 750,
    ) -> None:
        self.transform, self.scale = transform, scale
        self.n_components, self.n_top_genes = n_components, n_top_genes

    def fit(self, data: Any) -> Self:
        """Learn genes, shares and axes from counts (n_cells, n_genes), in molecules."""
        counts = sp.csr_matrix(data, dtype=float)
        mean = np.asarray(counts.mean(axis=0)).ravel()
        square = np.asarray(counts.multiply(counts).mean(axis=0)).ravel()
        spread = np.divide(square - mean**2, mean, out=np.zeros_like(mean), where=mean > 0)
        self._genes = np.sort(np.argsort(-spread, kind="stable")[: self.n_top_genes])
        self._shares = mean / max(mean.sum(), 1e-300)
        self._molecules = float(mean.sum()) if self.scale == -1 else self.scale
        self._clip = np.sqrt(counts.shape[0])
        values = self._values(counts)
        n_components = min(self.n_components, *values.shape)
        self._pca = PCA(n_components, svd_solver="covariance_eigh").fit(values)
        return self

    def embed(self, data: Any) -> FloatArray:
        """Return the components of counts (n_cells, n_genes): (n_cells, n_components)."""
        return np.asarray(self._pca.transform(self._values(sp.csr_matrix(data, dtype=float))))

    def _values(self, counts: sp.csr_matrix) -> FloatArray:
        totals = np.asarray(counts.sum(axis=1)).ravel()
        chosen = counts[:, self._genes].toarray()
        if self.transform == "pearson":
            expected = np.outer(totals, self._shares[self._genes])
            scatter = np.sqrt(expected + expected**2 / THETA)
            residuals = np.divide(
                chosen - expected, scatter, out=np.zeros_like(chosen), where=scatter > 0
            )
            return np.clip(residuals, -self._clip, self._clip)
        if self._molecules:
            chosen *= (self._molecules / np.maximum(totals, 1))[:, None]
        change = {"none": np.asarray, "sqrt": np.sqrt, "log": np.log1p}
        return np.asarray(change[self.transform](chosen))


class RankProjection:
    """Random projection of gene ranks: what turning counts into ranks keeps before any learning.

    As Geneformer does (Theodoris et al. 2023), a cell's genes are ordered by their share of its
    molecules over the gene's median share in the cells learned from that have it. The first gene
    gets the value 1, the last nearly 0, genes beyond `max_genes` and genes without molecules 0.

    Parameters
    ----------
    seed
        Seed of the projection.
    max_genes
        Genes kept a cell; 0 for all.
    n_components
        Axes of the projection.
    """

    def __init__(self, seed: int = 0, max_genes: int = 0, n_components: int = 16) -> None:
        self.seed, self.max_genes, self.n_components = seed, max_genes, n_components

    def fit(self, data: Any) -> Self:
        """Learn the genes' median shares from counts (n_cells, n_genes), in molecules."""
        shares = _shares(data).tocsc()
        parts = np.split(shares.data, shares.indptr[1:-1])
        self._medians = np.array([np.median(part) if len(part) else 1.0 for part in parts])
        rng = np.random.default_rng(self.seed)
        shape = (shares.shape[1], self.n_components)
        self._axes = rng.standard_normal(shape) / np.sqrt(self.n_components)
        return self

    def embed(self, data: Any) -> FloatArray:
        """Return the projection of the ranks of counts (n_cells, n_genes): (n_cells, d)."""
        excess = _shares(data) @ sp.diags_array(1 / self._medians)
        ranks = sp.csr_matrix(excess)
        for row in range(ranks.shape[0]):
            cell = slice(ranks.indptr[row], ranks.indptr[row + 1])
            place = np.empty(cell.stop - cell.start)
            place[np.argsort(-ranks.data[cell], kind="stable")] = np.arange(len(place))
            kept = min(len(place), self.max_genes or len(place))
            ranks.data[cell] = np.maximum(1 - place / max(kept, 1), 0)
        return np.asarray(ranks @ self._axes)


def _shares(data: Any) -> sp.csr_matrix:
    """Return each gene's share of a cell's molecules; of a cell without any, 0."""
    counts = sp.csr_matrix(data, dtype=float)
    counts.eliminate_zeros()
    totals = np.asarray(counts.sum(axis=1)).ravel()
    return sp.csr_matrix(sp.diags_array(1 / np.maximum(totals, 1)) @ counts)
