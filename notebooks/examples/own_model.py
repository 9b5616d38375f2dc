"""A model of your own: principal components of square roots of counts.

The square root makes the variance of a Poisson count the same for rare and abundant genes, where
a logarithm magnifies the noise of rare ones. All that is asked of a model is here: it is called
with a seed, and has `fit` and `embed`.
"""

from typing import Self

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD


class SquareRootPCA:
    """Leading singular directions of the square roots of counts.

    Parameters
    ----------
    seed
        Seed of the randomized decomposition.
    n_components
        Length of the embedding.
    """

    def __init__(self, seed: int, n_components: int = 16) -> None:
        self.axes = TruncatedSVD(n_components, random_state=seed)

    def fit(self, data: sp.csr_matrix) -> Self:
        """Learn from counts of shape (n_cells, n_genes)."""
        self.axes.fit(np.sqrt(data))
        return self

    def embed(self, data: sp.csr_matrix) -> np.ndarray:
        """Return the embedding of counts, (n_cells, n_components)."""
        return np.asarray(self.axes.transform(np.sqrt(data)))
