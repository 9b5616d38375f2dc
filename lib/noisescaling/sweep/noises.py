"""Each measurement noise with its quality axis, as sweeps apply them to data sets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from noisescaling._checks import choice
from noisescaling.datasets.dataset import Dataset, Observations
from noisescaling.datasets.images import LabelledImages
from noisescaling.noise.counts import capture_probability, downsample
from noisescaling.noise.images import check_factor, factor_for, gaussian, pixelate, sigma_for
from noisescaling.noise.sequences import error_rate_of, substitute


@dataclass(frozen=True)
class Noise:
    """One kind of measurement noise.

    Parameters
    ----------
    modality
        Data sets that it is a noise of, by their `modality`.
    unit
        Unit of its quality axis.
    apply
        Gives noisy observations from clean ones, a quality and a source of randomness.
    check
        Raises a ValueError where observations cannot be given a quality.
    own_quality
        Gives the quality that drawn observations have when the whole data set, the second argument,
        is given a quality; the same where that does not depend on which observations are drawn.
    """

    modality: str
    unit: str
    apply: Callable[[Any, float, np.random.Generator], Any]
    check: Callable[[Any, float], Any]
    own_quality: Callable[[Any, Any, float], float] = lambda drawn, whole, quality: quality


def _own_depth(drawn: Dataset, whole: Dataset, depth: float) -> float:
    """Return the mean depth that drawn cells reach when all cells are thinned to a depth.

    The drawn cells may be a little deeper or shallower than all cells; thinned with the same
    probability, in UMIs per cell, the quality axis means the same for every number of cells.
    """
    own = drawn.umis_per_cell
    return min(own, own * (depth / whole.umis_per_cell))


def _substitute(sequences: Any, quality: float, rng: np.random.Generator) -> Any:
    return substitute(sequences, error_rate_of(quality), rng)


def _gaussian(data: LabelledImages, quality: float, rng: np.random.Generator) -> LabelledImages:
    return replace(data, images=gaussian(data.images, sigma_for(quality), rng))


def _pixelate(data: LabelledImages, quality: float, _: np.random.Generator) -> LabelledImages:
    return replace(data, images=pixelate(data.images, factor_for(quality)))


def _check_pixels(data: LabelledImages, quality: float) -> None:
    check_factor(factor_for(quality), *data.images.shape[1:3])


NOISES: dict[str, Noise] = {
    "downsample": Noise(
        "single cells", "UMIs per cell", downsample, capture_probability, _own_depth
    ),
    "substitute": Noise(
        "protein sequences", "true residues per error", _substitute, lambda _, q: error_rate_of(q)
    ),
    "gaussian": Noise("images", "1 / sigma^2", _gaussian, lambda _, q: sigma_for(q)),
    "pixelate": Noise("images", "1 / factor^2", _pixelate, _check_pixels),
}


def check(name: str, dataset: Observations, quality: float) -> None:
    """Refuse a noise of another modality, and a quality that the data cannot be given.

    Raises
    ------
    ValueError
        With the noises that there are for the modality, or both numbers.
    """
    known = [other for other, one in NOISES.items() if one.modality == dataset.modality]
    choice(f"noise of {dataset.modality}", name, known)
    NOISES[name].check(dataset.observations, quality)


def noisy(name: str, dataset: Observations, quality: float, seed: int) -> Any:
    """Return observations of a quality, with one generator for each seed and quality.

    So all models of a point see the same noise.
    """
    rng = np.random.default_rng([seed, round(quality * 1000)])
    return NOISES[name].apply(dataset.observations, quality, rng)
