"""Images with the signals that follow from their classes, and simulated ones of known bits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, same_length, whole
from noisescaling._images import check_images
from noisescaling.datasets.dataset import Dataset, Signal
from noisescaling.datasets.pairing import is_repeated
from noisescaling.modalities import IMAGES

#: Nodes of the Gauss-Hermite rule; the integral is smooth.
_NODES = 200


def image_dataset(
    name: str,
    images: ArrayLike,
    labels: ArrayLike,
    held_out: ArrayLike,
    classes: Sequence[str],
    **details: Any,
) -> Dataset:
    """Make a data set of images and classes, with the signals that follow from the classes.

    Parameters
    ----------
    name
        What the data set is called in tables and figures.
    images
        Bytes, or floats from 0 to 1, (n_images, height, width, channels), or (n_images, height,
        width) for grey.
    labels
        Number of each image's class, 0 to len(classes) - 1, (n_images,).
    held_out
        Which images are held out of learning, (n_images,).
    classes
        Names of the classes.
    details
        `source`, `licence`, `notes` and `truth` of `Dataset`.

    Returns
    -------
    A data set with the signals "class"; "prediction", the same against the class that a model
    predicts; and, for three classes or more, "<class> against the rest" for each. A class with a
    single held-out image is in no signal.

    Raises
    ------
    ValueError
        If the images are no clean images, lengths differ, a label names no class, or the images to
        learn from or the held-out ones hold fewer than two classes.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> images = np.random.default_rng(0).random((40, 8, 8))
    >>> held_out = np.arange(40) >= 24
    >>> own = datasets.image_dataset("mine", images, np.arange(40) % 2, held_out, ["cat", "dog"])
    >>> sorted(own.signals)
    ['class', 'prediction']
    """
    pixels = check_images(images)
    codes, held = _codes(labels, len(classes)), np.asarray(held_out, dtype=bool)
    same_length(images=pixels, labels=codes, held_out=held)
    _enough_classes(codes, held, classes)
    signals = class_signals(codes, held, classes)
    return Dataset(
        name, pixels, signals, held_out=held, labels=codes, modality=IMAGES.name, **details
    )


def class_signals(
    labels: NDArray[np.int64], held_out: NDArray[np.bool_], classes: Sequence[str]
) -> dict[str, Signal]:
    """Return the signals of classes, measured on held-out images."""
    rows = np.flatnonzero(held_out)
    rows = rows[is_repeated(labels[rows])]
    names = np.asarray(classes, dtype=str)[labels[rows]]
    signals = {
        "class": Signal("class", rows, names),
        "prediction": Signal("prediction", rows, names, of="prediction"),
    }
    told = np.unique(names)
    if len(told) > 2:
        for one in told:
            name = f"{one} against the rest"
            signals[name] = Signal(name, rows, names == one)
    return signals


def _codes(labels: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.ndim != 1 or array.dtype.kind not in "biu":
        raise ValueError(
            f"labels have shape {array.shape} and type {array.dtype}; give one whole number an "
            "image, the number of its class"
        )
    codes = array.astype(np.int64)
    if codes.size and not 0 <= codes.min() <= codes.max() < n_classes:
        raise ValueError(
            f"labels reach from {codes.min()} to {codes.max()}, and there are {n_classes} classes; "
            f"number them 0 to {n_classes - 1}"
        )
    return codes


def _enough_classes(
    labels: NDArray[np.int64], held_out: NDArray[np.bool_], classes: Sequence[str]
) -> None:
    for told, chosen in (("to learn from", ~held_out), ("held out", held_out)):
        found = np.unique(labels[chosen])
        if len(found) < 2:
            which = f", {classes[found[0]]!r}" if len(found) else ""
            raise ValueError(
                f"the {int(chosen.sum())} images {told} hold {len(found)} class{which}; give at "
                "least 2 classes"
            )


@dataclass(frozen=True)
class ImageTruth:
    """What is known of simulated images.

    Parameters
    ----------
    n_bits
        Bands of an image, each bright or dark on its own: its class has so many bits.
    band_pixels
        Pixels of a band.
    contrast
        Bright less dark, on the unit scale.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> truth = datasets.simulate_images(n_images=100).truth
    >>> truth.class_bits([0.1, 10]).round(2)
    array([2.  , 0.06])
    """

    n_bits: int
    band_pixels: int
    contrast: float

    def class_bits(self, sigma: ArrayLike) -> NDArray[np.float64]:
        """Return the bits that an image tells of its class under Gaussian noise.

        The mean of a band's pixels is all that they tell of it, a binary input of a Gaussian
        channel: with s half the contrast over the noise of the mean, a band tells
        1 - E log2(1 + exp(-2 s (s + z))) bits, z standard normal.

        Parameters
        ----------
        sigma
            Standard deviation of a pixel's noise, on the unit scale; above 0.
        """
        s = self.contrast * np.sqrt(self.band_pixels) / (2 * finite("sigma", sigma))
        z, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        lost = np.logaddexp2(0, -2 * s[..., None] * (s[..., None] + z) / np.log(2))
        return np.asarray(self.n_bits * (1 - lost @ weights / weights.sum()))


def simulate_images(
    n_images: int = 1500,
    side: int = 12,
    n_bits: int = 2,
    contrast: float = 0.5,
    held_out: float = 0.4,
    seed: int = 0,
) -> Dataset:
    """Simulate grey images of bands that are bright or dark, each at random.

    Without noise all images of a class are equal: `noise.gaussian` brings all that differs.

    Parameters
    ----------
    n_images
        Number of images.
    side
        Height and width, in pixels; a multiple of `n_bits`.
    n_bits
        Number of bands; there are 2^n_bits classes, equally likely.
    contrast
        Bright less dark, on the unit scale; above 0 and at most 1.
    held_out
        Share of the images that are held out.
    seed
        The same seed gives the same images.

    Returns
    -------
    A data set with the signals "class" (n_bits bits), "prediction" and, for two bits or more, each
    class against the rest; its truth is an `ImageTruth`.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> bands = datasets.simulate_images(n_images=100, side=8, n_bits=2)
    >>> bands.images.shape, bands.signals["class"].true_bits
    ((100, 8, 8, 1), 2.0)
    """
    whole("n_images", n_images, at_least=10)
    if whole("side", side, at_least=2) % whole("n_bits", n_bits, at_least=1):
        raise ValueError(f"side = {side} is no multiple of n_bits = {n_bits}; give one that is")
    for name, share in (("contrast", contrast), ("held_out", held_out)):
        if not 0 < share <= 1:
            raise ValueError(f"{name} = {share:g} must be above 0 and at most 1")
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2**n_bits, n_images)
    bright = labels[:, None] >> np.arange(n_bits) & 1
    rows = 0.5 + contrast * (np.repeat(bright, side // n_bits, axis=1) - 0.5)
    images = np.repeat(rows[:, :, None, None], side, axis=2).astype(np.float32)
    truth = ImageTruth(n_bits, side * side // n_bits, contrast)
    made = image_dataset(
        "simulated_images", images, labels, np.arange(n_images) >= (1 - held_out) * n_images,
        [f"{k:0{n_bits}b}" for k in range(2**n_bits)],
        source=f"simulate_images(seed={seed})", truth=truth,
    )  # fmt: skip
    known = replace(made.signals["class"], true_bits=float(n_bits))
    return replace(made, signals={**made.signals, "class": known})
