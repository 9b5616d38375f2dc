"""The models by name."""

from dataclasses import fields, replace
from typing import Any, Literal

from noisescaling._checks import choice
from noisescaling.models.base import RepresentationModel
from noisescaling.models.images import ImageClassifier
from noisescaling.models.linear import PCA, RandomProjection
from noisescaling.models.one_hot import OneHotPCA
from noisescaling.models.pixels import PixelPCA
from noisescaling.models.protein import ProteinLanguageModel
from noisescaling.models.transformer import RankTransformer
from noisescaling.models.variational import SCVI

#: The models by the modality of the data that they represent, and by name.
_OF_MODALITY: dict[str, dict[str, Any]] = {
    "single cells": {m.__name__: m for m in (RandomProjection, PCA, SCVI, RankTransformer)},
    "images": {m.__name__: m for m in (PixelPCA, ImageClassifier)},
    "protein sequences": {m.__name__: m for m in (OneHotPCA, ProteinLanguageModel)},
}
_MODELS: dict[str, Any] = {name: m for some in _OF_MODALITY.values() for name, m in some.items()}


def names(modality: str = "single cells") -> list[str]:
    """Return the names that `build` knows of models of a modality.

    Raises
    ------
    ValueError
        If the modality is unknown.
    """
    return list(_OF_MODALITY[choice("modality", modality, _OF_MODALITY)])


def build(
    name: str, seed: int = 0, size: Literal["published", "small"] = "published", **settings: Any
) -> RepresentationModel:
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
    """
    model = _MODELS[choice("model", name, _MODELS)]
    choice("size", size, ("published", "small"))
    known = [field.name for field in fields(model.default)]
    if "untrained" in settings and "untrained" not in known:
        raise ValueError(
            f"untrained = {settings['untrained']}, and {name} trains no network: it is the same "
            "either way; leave untrained out"
        )
    for setting in settings:
        choice(f"setting of {name}", setting, known)
    made: RepresentationModel = (
        model.small(seed=seed, **settings)
        if size == "small"
        else model(replace(model.default, **settings), seed=seed)
    )
    return made
