"""What a representation model of images is, and the checks that all of them share."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import same_length
from noisescaling._images import Images, check_images, unit_scaled
from noisescaling.datasets.images import HELD_OUT, LabelledImages
from noisescaling.models.base import FloatArray, SeededModel, Settings

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]


class ImageModel(SeededModel[Settings]):
    """A representation model of images: checks them, then leaves the work to its subclass."""

    #: Numbers of the classes that the model tells apart, ascending.
    classes: Labels
    #: Height, width and channels of the images that it was fitted on.
    shape: tuple[int, ...]

    def fit(self, data: LabelledImages) -> Self:
        """Learn from the images whose class is given, and return the model itself.

        Raises
        ------
        ValueError
            If these are no images, hold a single class, or a class has fewer than two images.
        """
        images, labels = check_images(data.images, measured=True), np.asarray(data.labels)
        same_length(images=images, labels=labels)
        known = labels != HELD_OUT
        classes, codes = np.unique(labels[known], return_inverse=True)
        _check_classes(classes, codes, len(labels))
        self._fit(unit_scaled(images[known]), codes.astype(np.int64))
        self.classes, self.shape = classes, images.shape[1:]
        return self

    def embed(self, data: LabelledImages) -> FloatArray:
        """Return the embedding of all images: finite floats, (n_images, d).

        Raises
        ------
        ValueError
            If the model is not fitted, or the images are of another shape than it was fitted on.
        """
        return np.asarray(self._embed(self._pixels(data.images)), dtype=np.float64)

    def predict(self, data: LabelledImages) -> Labels:
        """Return the number of the class that each image most probably shows, (n_images,).

        Raises
        ------
        ValueError
            As `embed`.
        """
        pixels = self._pixels(data.images)
        return np.asarray(self.classes[self._predict(pixels)])

    def _pixels(self, images: Images) -> Pixels:
        name = type(self).__name__
        if not hasattr(self, "shape"):
            raise ValueError(f"{name} is not fitted; call fit before embed or predict")
        checked = check_images(images, measured=True)
        if checked.shape[1:] != self.shape:
            raise ValueError(
                f"images are {_told(checked.shape[1:])} and {name} was fitted on "
                f"{_told(self.shape)}; give images of the same shape"
            )
        return unit_scaled(checked)

    def _fit(self, pixels: Pixels, codes: Labels) -> None:
        raise NotImplementedError

    def _embed(self, pixels: Pixels) -> NDArray[Any]:
        raise NotImplementedError

    def _predict(self, pixels: Pixels) -> Labels:
        raise NotImplementedError


def _check_classes(classes: Labels, codes: Labels, n_images: int) -> None:
    if len(classes) < 2:
        raise ValueError(
            f"the {len(codes)} of {n_images} images whose class is given hold {len(classes)} "
            "class; a model that tells classes apart needs at least 2"
        )
    counts = np.bincount(codes)
    if counts.min() < 2:
        raise ValueError(
            f"class {classes[counts.argmin()]} has {counts.min()} image to learn from; give at "
            "least 2 a class"
        )


def _told(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
