"""Each measurement noise with its quality axis, as sweeps apply them to data sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from noisescaling._checks import choice
from noisescaling.datasets.dataset import Dataset, Observations, Signal
from noisescaling.datasets.images import LabelledImages
from noisescaling.noise.counts import capture_probability, downsample, split
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
    learn
        The same as `apply`, of observations to learn from; `apply` where None.
    signals
        Gives the signals of the noisy observations; those of the data set where None.
    """

    modality: str
    unit: str
    apply: Callable[[Any, float, np.random.Generator], Any]
    check: Callable[[Any, float], Any]
    own_quality: Callable[[Any, Any, float], float] = lambda drawn, whole, quality: quality
    learn: Callable[[Any, float, np.random.Generator], Any] | None = None
    signals: Callable[[int], Mapping[str, Signal]] | None = None


def _own_depth(drawn: Dataset, whole: Dataset, depth: float) -> float:
    """Return the mean depth that drawn cells reach when all cells are thinned to a depth.

    The drawn cells may be a little deeper or shallower than all cells; thinned with the same
    probability, in UMIs per cell, the quality axis means the same for every number of cells.
    """
    own = drawn.umis_per_cell
    return min(own, own * (depth / whole.umis_per_cell))


def _halves(counts: Any, depth: float, rng: np.random.Generator) -> Any:
    """Deal the molecules of thinned counts to two halves, which stand one below the other."""
    first, second = split(downsample(counts, depth, rng), rng)
    return (
        sp.vstack([first, second], format="csr")
        if sp.issparse(first)
        else np.vstack([first, second])
    )


def _first_half(counts: Any, depth: float, rng: np.random.Generator) -> Any:
    return split(downsample(counts, depth, rng), rng)[0]


def _replicates(n_cells: int) -> dict[str, Signal]:
    cells = np.arange(n_cells)
    return {REPLICATE: Signal(REPLICATE, cells, partners=n_cells + cells)}


def _substitute(sequences: Any, quality: float, rng: np.random.Generator) -> Any:
    return substitute(sequences, error_rate_of(quality), rng)


def _gaussian(data: LabelledImages, quality: float, rng: np.random.Generator) -> LabelledImages:
    return replace(data, images=gaussian(data.images, sigma_for(quality), rng))


def _pixelate(data: LabelledImages, quality: float, _: np.random.Generator) -> LabelledImages:
    return replace(data, images=pixelate(data.images, factor_for(quality)))


def _check_pixels(data: LabelledImages, quality: float) -> None:
    check_factor(factor_for(quality), *data.images.shape[1:3])


#: What the column `signal` calls the information between two halves of the same cells.
REPLICATE = "replicate"

NOISES: dict[str, Noise] = {
    "downsample": Noise(
        "single cells", "UMIs per cell", downsample, capture_probability, _own_depth
    ),
    # The information between halves needs no signal: its one signal is the other half of a cell.
    "halves": Noise(
        "single cells",
        "UMIs per cell",
        _halves,
        capture_probability,
        _own_depth,
        _first_half,
        _replicates,
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
