"""Simulated images whose information with their class is known at every level of noise."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, whole
from noisescaling.datasets.images import ImageDataset, image_dataset

#: Nodes of the Gauss-Hermite rule; the integral is smooth.
_NODES = 200


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
) -> ImageDataset:
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
