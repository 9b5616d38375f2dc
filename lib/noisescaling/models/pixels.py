"""Principal components of pixels: the representation of images that is linear."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from noisescaling.models._axes import leading_axes, upright
from noisescaling.models.base import ComponentSettings, FloatArray
from noisescaling.models.image_base import ImageModel, Labels, Pixels


@dataclass(frozen=True)
class PixelPCASettings(ComponentSettings):
    """Settings of `PixelPCA`."""


class PixelPCA(ImageModel[PixelPCASettings]):
    """Pixels, centred, on the leading eigenvectors of their covariance in the training images.

    A baseline that looks at no label; `predict` is linear discriminant analysis of the components
    of the training images. Nothing is random: the seed changes nothing.
    """

    default = PixelPCASettings()

    def _fit(self, pixels: Pixels, codes: Labels) -> None:
        flat = _flat(pixels)
        n = self.settings.n_components
        if min(flat.shape) < n:
            raise ValueError(
                f"{flat.shape[0]} images of {flat.shape[1]} values are too few for n_components = "
                f"{n}; give more images or fewer components"
            )
        #: Mean pixel values, (n_values,), and eigenvectors, (n_values, n_components).
        self.mean, self.components = flat.mean(0), _leading(flat - flat.mean(0), n)
        self._discriminant = LinearDiscriminantAnalysis(solver="lsqr")
        self._discriminant.fit(self._embed(pixels), codes)

    def _embed(self, pixels: Pixels) -> FloatArray:
        return np.asarray((_flat(pixels) - self.mean) @ self.components)

    def _predict(self, pixels: Pixels) -> Labels:
        return np.asarray(self._discriminant.predict(self._embed(pixels)))


def _flat(pixels: Pixels) -> FloatArray:
    return pixels.reshape(len(pixels), -1).astype(np.float64)


def _leading(centred: FloatArray, n: int) -> FloatArray:
    """Return the leading eigenvectors of the covariance, their largest entries positive."""
    if centred.shape[1] <= len(centred):
        return leading_axes(centred.T @ centred, n)[1]
    return upright(scipy.linalg.svd(centred, full_matrices=False)[2][:n].T)
