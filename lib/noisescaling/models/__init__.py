"""Representation models, all with `fit(data)` and `embed(data) -> (n, d)` floats."""

from noisescaling.models.base import CellModel, RepresentationModel
from noisescaling.models.image_base import ImageModel
from noisescaling.models.image_training import ImageClassifierSettings
from noisescaling.models.images import ImageClassifier
from noisescaling.models.linear import (
    PCA,
    PCASettings,
    RandomProjection,
    RandomProjectionSettings,
)
from noisescaling.models.one_hot import OneHotPCA, OneHotPCASettings
from noisescaling.models.pixels import PixelPCA, PixelPCASettings
from noisescaling.models.protein import ProteinLanguageModel, ProteinLanguageModelSettings
from noisescaling.models.registry import build, names
from noisescaling.models.sequence_base import SequenceModel
from noisescaling.models.transformer import RankTransformer, RankTransformerSettings
from noisescaling.models.variational import SCVI, SCVISettings

__all__ = [
    "PCA",
    "SCVI",
    "CellModel",
    "ImageClassifier",
    "ImageClassifierSettings",
    "ImageModel",
    "OneHotPCA",
    "OneHotPCASettings",
    "PCASettings",
    "PixelPCA",
    "PixelPCASettings",
    "ProteinLanguageModel",
    "ProteinLanguageModelSettings",
    "RandomProjection",
    "RandomProjectionSettings",
    "RankTransformer",
    "RankTransformerSettings",
    "RepresentationModel",
    "SCVISettings",
    "SequenceModel",
    "build",
    "names",
]
