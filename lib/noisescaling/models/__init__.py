"""Representation models, all with `fit(data)` and `embed(data) -> (n, d)` floats."""

from noisescaling.models.base import CellModel, RepresentationModel
from noisescaling.models.image_base import ImageModel
from noisescaling.models.images import ImageClassifier, ImageClassifierSettings
from noisescaling.models.linear import (
    PCA,
    PCASettings,
    RandomProjection,
    RandomProjectionSettings,
)
from noisescaling.models.pixels import PixelPCA, PixelPCASettings
from noisescaling.models.registry import build, names
from noisescaling.models.transformer import RankTransformer, RankTransformerSettings
from noisescaling.models.variational import SCVI, SCVISettings

__all__ = [
    "PCA",
    "SCVI",
    "CellModel",
    "ImageClassifier",
    "ImageClassifierSettings",
    "ImageModel",
    "PCASettings",
    "PixelPCA",
    "PixelPCASettings",
    "RandomProjection",
    "RandomProjectionSettings",
    "RankTransformer",
    "RankTransformerSettings",
    "RepresentationModel",
    "SCVISettings",
    "build",
    "names",
]
