"""Each measurement noise with its quality axis, as sweeps apply them to data sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from noisescaling._checks import choice
from noisescaling.datasets.dataset import Signal
from noisescaling.modalities import CELLS, IMAGES, SEQUENCES
from noisescaling.noise.counts import capture_probability, downsample, split
from noisescaling.noise.images import check_factor, factor_for, gaussian, pixelate, sigma_for
from noisescaling.noise.sequences import error_rate_of, substitute

#: What the column `signal` calls the information between two halves of the same cells.
REPLICATE = "replicate"


@dataclass(frozen=True)
class Noise:
    """One kind of measurement noise.

    Parameters
    ----------
    modality
        Data sets that it is a noise of, by their `modality`.
    unit
        Unit of its quality axis.
    add
        Gives noisy counts, sequences or images from clean ones, a level and a source of randomness.
    level
        Gives the level of a quality, or raises a ValueError where there is none.
    suits
        Raises a ValueError where counts, sequences or images cannot have a level.
    own_quality
        Gives the quality that drawn observations have when the whole data set, the second argument,
        is given a quality; the same where that does not depend on which observations are drawn.
    learn
        The same as `add`, of observations to learn from; `add` where None.
    signals
        Gives the signals of the noisy observations; those of the data set where None.
    """

    modality: str
    unit: str
    add: Callable[[Any, float, np.random.Generator], Any]
    level: Callable[[float], float] = float
    suits: Callable[[Any, float], Any] = lambda clean, level: None
    own_quality: Callable[[Any, Any, float], float] = lambda drawn, whole, quality: quality
    learn: Callable[[Any, float, np.random.Generator], Any] | None = None
    signals: Callable[[int], Mapping[str, Signal]] | None = None

    def apply(self, data: Any, quality: float, rng: np.random.Generator) -> Any:
        """Return observations of a quality; of images, with the labels that they have."""
        if self.modality == IMAGES.name:
            return replace(data, images=self.add(data.images, self.level(quality), rng))
        return self.add(data, self.level(quality), rng)

    def check(self, data: Any, quality: float) -> None:
        """Raise a ValueError if the observations cannot be given the quality."""
        clean = data.images if self.modality == IMAGES.name else data
        self.suits(clean, self.level(quality))


def _own_depth(drawn: Any, whole: Any, depth: float) -> float:
    """Return the mean depth that drawn cells reach when all cells are thinned to a depth.

    The drawn cells may be a little deeper or shallower than all cells; thinned with the same
    probability, in UMIs per cell, the quality axis means the same for every number of cells.
    """
    own = drawn.umis_per_cell
    return float(min(own, own * (depth / whole.umis_per_cell)))


def _halves(counts: Any, depth: float, rng: np.random.Generator) -> Any:
    """Deal the molecules of thinned counts to two halves, which stand one below the other."""
    both = split(downsample(counts, depth, rng), rng)
    return sp.vstack(both, format="csr") if sp.issparse(counts) else np.vstack(both)


def _replicates(n_cells: int) -> dict[str, Signal]:
    cells = np.arange(n_cells)
    return {REPLICATE: Signal(REPLICATE, cells, partners=n_cells + cells)}


NOISES: dict[str, Noise] = {
    "downsample": Noise(
        CELLS.name, "UMIs per cell", downsample, suits=capture_probability, own_quality=_own_depth
    ),
    # The information between halves needs no signal: its one signal is the other half of a cell.
    "halves": Noise(
        CELLS.name, "UMIs per cell", _halves, suits=capture_probability, own_quality=_own_depth,
        learn=lambda counts, depth, rng: split(downsample(counts, depth, rng), rng)[0],
        signals=_replicates,
    ),
    "substitute": Noise(
        SEQUENCES.name, "true residues per error", substitute, level=error_rate_of
    ),
    "gaussian": Noise(IMAGES.name, "1 / sigma^2", gaussian, level=sigma_for),
    "pixelate": Noise(
        IMAGES.name, "1 / factor^2", lambda images, factor, rng: pixelate(images, factor),
        level=factor_for, suits=lambda images, factor: check_factor(factor, *images.shape[1:3]),
    ),
}  # fmt: skip


def check(name: str, dataset: Any, quality: float) -> None:
    """Refuse a noise of another modality, and a quality that the data cannot be given.

    Raises
    ------
    ValueError
        With the noises that there are for the modality, or both numbers.
    """
    known = [other for other, one in NOISES.items() if one.modality == dataset.modality]
    choice(f"noise of {dataset.modality}", name, known)
    NOISES[name].check(dataset.observations, quality)
