"""Leading eigenvectors with a sign of their own, so that the same data give the same axes."""

import numpy as np
import scipy.linalg

from noisescaling.models.base import FloatArray


def leading_axes(symmetric: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the n largest eigenvalues, largest first, and their eigenvectors (d, n), upright."""
    d = len(symmetric)
    values, vectors = scipy.linalg.eigh(symmetric, subset_by_index=[d - n, d - 1])
    return values[::-1], upright(vectors[:, ::-1])


def upright(vectors: FloatArray) -> FloatArray:
    """Return vectors (d, n) with the sign that makes the largest entry of each positive."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]))
