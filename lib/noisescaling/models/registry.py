"""The models by name."""

from dataclasses import fields, replace
from typing import Any, Literal

from noisescaling._checks import choice
from noisescaling.models.base import CellModel
from noisescaling.models.linear import PCA, RandomProjection
from noisescaling.models.transformer import RankTransformer
from noisescaling.models.variational import SCVI

_MODELS: dict[str, type[CellModel[Any]]] = {
    model.__name__: model for model in (RandomProjection, PCA, SCVI, RankTransformer)
}


def names() -> list[str]:
    """Return the names that `build` knows."""
    return list(_MODELS)


def build(
    name: str, seed: int = 0, size: Literal["published", "small"] = "published", **settings: Any
) -> CellModel[Any]:
    """Return an unfitted model by name.

    Parameters
    ----------
    name
        One of `names()`.
    seed
        Seed of all the model's randomness.
    size
        "published" settings, or "small" ones that fit two processor cores. The linear models have
        but one size.
    settings
        Single settings that override those of the size.

    Raises
    ------
    ValueError
        If the name, the size or a setting is unknown; the message lists those that are known.
    """
    model = _MODELS[choice("model", name, _MODELS)]
    choice("size", size, ("published", "small"))
    base = getattr(model, "small_settings", model.default) if size == "small" else model.default
    known = [field.name for field in fields(base)]
    for setting in settings:
        choice(f"setting of {name}", setting, known)
    return model(replace(base, **settings), seed=seed)
