"""Representation models, all with `fit(data)` and `embed(data) -> (n, d)` floats."""

from typing import Any, Literal

from noisescaling._checks import choice
from noisescaling.modalities import CELLS, MODALITIES
from noisescaling.models.base import Model, RepresentationModel
from noisescaling.models.image_classifier import ImageClassifier
from noisescaling.models.linear import PCA, OneHotPCA, PixelPCA, RandomProjection
from noisescaling.models.own import check_embedding
from noisescaling.models.protein import ProteinLanguageModel
from noisescaling.models.transformer import RankTransformer
from noisescaling.models.variational import SCVI

__all__ = [
    "PCA",
    "SCVI",
    "ImageClassifier",
    "Model",
    "OneHotPCA",
    "PixelPCA",
    "ProteinLanguageModel",
    "RandomProjection",
    "RankTransformer",
    "RepresentationModel",
    "build",
    "check_embedding",
    "names",
]

#: The library's models by name; each knows its modality.
MODELS: dict[str, type[Model]] = {
    model.__name__: model
    for model in (
        RandomProjection,
        PCA,
        SCVI,
        RankTransformer,
        PixelPCA,
        ImageClassifier,
        OneHotPCA,
        ProteinLanguageModel,
    )
}


def names(modality: str = CELLS.name) -> list[str]:
    """Return the names that `build` knows of models of a modality.

    Raises
    ------
    ValueError
        If the modality is unknown.

    Examples
    --------
    >>> from noisescaling import models
    >>> models.names()
    ['RandomProjection', 'PCA', 'SCVI', 'RankTransformer']
    >>> models.names("images")
    ['PixelPCA', 'ImageClassifier']
    """
    choice("modality", modality, MODALITIES)
    return [name for name, model in MODELS.items() if model.modality.name == modality]


def build(
    name: str, seed: int = 0, size: Literal["published", "small"] = "published", **settings: Any
) -> Model:
    """Return an unfitted model by name.

    Parameters
    ----------
    name
        One of `names(modality)`.
    seed
        Seed of all the model's randomness.
    size
        "published" settings, or "small" ones that fit two processor cores. The linear models have
        but one size.
    settings
        Single settings that override those of the size. Of models that train a network,
        `untrained=True` gives the control: all of the fit but the training.

    Raises
    ------
    ValueError
        If the name, the size or a setting is unknown; the message lists those that are known. If
        a model is to be untrained that trains no network.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> cells = datasets.simulate_cells(n_cells=100, n_genes=50, umis_per_cell=100)
    >>> models.build("PCA", n_components=5).fit(cells.counts).embed(cells.counts).shape
    (100, 5)
    """
    model = MODELS[choice("model", name, MODELS)]
    choice("size", size, ("published", "small"))
    known = list(model().settings)
    if "untrained" in settings and "untrained" not in known:
        raise ValueError(
            f"untrained = {settings['untrained']}, and {name} trains no network: it is the same "
            "either way; leave untrained out"
        )
    for setting in settings:
        choice(f"setting of {name}", setting, known)
    small = model.small if size == "small" else {}
    return model(seed=seed, **{**small, **settings})
