"""What is observed: cells, protein sequences or images. The one place that spells the three."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import same_length
from noisescaling._counts import as_csr, check_counts, row_sums
from noisescaling._images import HELD_OUT, check_images, unit_scaled, with_channels
from noisescaling._sequences import check_sequences


@dataclass(frozen=True)
class Modality:
    """One kind of data: what it is called, and how models take it.

    Parameters
    ----------
    name
        What tables call it.
    units
        What observations are called, in the plural.
    features
        What an observation consists of, in the plural.
    same
        What data must be to fit those that a model learned from.
    clean
        Returns data as a data set holds them, or raises a ValueError.
    check
        Returns data as models represent them, one observation a row, or raises a ValueError.
    shape
        Numbers of features of checked data, which must be those that a model learned from.
    learn
        Returns the observations to learn from, and what else a model may know of them; those of
        `check` alone where None.
    n_filled
        Number of checked observations that hold anything.
    least
        Fewest features that can be represented.
    """

    name: str
    units: str
    features: str
    same: str
    clean: Callable[[Any], Any]
    check: Callable[[Any], Any]
    shape: Callable[[Any], tuple[int, ...]]
    learn: Callable[[Any], tuple[Any, ...]] | None = None
    n_filled: Callable[[Any], int] = len
    least: int = 1


def _pixels(data: Any) -> NDArray[np.float32]:
    return unit_scaled(check_images(data.images, measured=True))


def _images_and_labels(data: Any) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the images whose class is given, and the classes."""
    pixels, labels = _pixels(data), np.asarray(data.labels)
    same_length(images=pixels, labels=labels)
    known = labels != HELD_OUT
    classes, sizes = np.unique(labels[known], return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"the {known.sum()} of {len(labels)} images whose class is given hold {len(classes)} "
            "class; a model that tells classes apart needs at least 2"
        )
    if sizes.min() < 2:
        raise ValueError(
            f"class {classes[sizes.argmin()]} has {sizes.min()} image to learn from; give at "
            "least 2 a class"
        )
    return pixels[known], labels[known]


CELLS = Modality(
    name="single cells",
    units="cells",
    features="genes",
    same="the same genes in the same order",
    clean=check_counts,
    check=partial(as_csr, name="data"),
    shape=lambda counts: (counts.shape[1],),
    n_filled=lambda counts: int((row_sums(counts) > 0).sum()),
    least=2,
)
SEQUENCES = Modality(
    name="protein sequences",
    units="sequences",
    features="residues",
    same="sequences of the same alignment",
    clean=check_sequences,
    check=partial(check_sequences, name="data"),
    shape=lambda sequences: (),
)
#: Sequences in which a place means the same throughout.
ALIGNED = replace(
    SEQUENCES,
    check=partial(check_sequences, name="data", aligned=True),
    shape=lambda sequences: (int(np.strings.str_len(sequences).max()),),
)
IMAGES = Modality(
    name="images",
    units="images",
    features="pixels",
    same="images of the same shape",
    clean=with_channels,
    check=_pixels,
    shape=lambda pixels: pixels.shape[1:],
    learn=_images_and_labels,
)
#: All modalities by name.
MODALITIES: dict[str, Modality] = {one.name: one for one in (CELLS, IMAGES, SEQUENCES)}
