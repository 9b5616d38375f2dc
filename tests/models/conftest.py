import numpy as np
import pytest


def simulate_types(n_cells, n_genes=60, depth=200.0, seed=0):
    """Poisson counts of three well separated types: each has a third of the genes ten times up."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n_cells)
    shares = 1 + 9.0 * (np.arange(n_genes) % 3 == labels[:, None])
    shares *= depth / shares.sum(axis=1, keepdims=True)
    return rng.poisson(shares), labels


def nearest_centre_accuracy(embedding, labels, fitted=150):
    """Share of the cells after `fitted` that lie nearest to their own type's centre."""
    train, known = embedding[:fitted], labels[:fitted]
    centres = np.stack([train[known == label].mean(axis=0) for label in range(3)])
    distance = ((embedding[fitted:, None] - centres) ** 2).sum(axis=2)
    return float((distance.argmin(axis=1) == labels[fitted:]).mean())


@pytest.fixture(scope="session")
def cells():
    return simulate_types(200)


@pytest.fixture(scope="session")
def accuracy():
    return nearest_centre_accuracy
