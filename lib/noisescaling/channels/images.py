"""Pixels as a channel: how much of an image coarser pixels leave out."""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive, whole
from noisescaling.channels.gaussian import FloatArray


def smooth_fields(n_images: int, size: int, length: float, rng: np.random.Generator) -> FloatArray:
    """Random periodic images that vary over `length` pixels, unit variance, (n_images, size, size).

    White noise filtered with a Gaussian of standard deviation `length` pixels.
    """
    n_images, size = whole("n_images", n_images, at_least=1), whole("size", size, at_least=2)
    frequency = np.fft.fftfreq(size)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    window = np.exp(-2 * (np.pi * float(positive("length", length))) ** 2 * squared)
    noise = np.fft.fft2(rng.standard_normal((n_images, size, size)))
    fields = np.fft.ifft2(noise * window).real
    return np.asarray((fields - fields.mean()) / fields.std())


def pixelation_error(images: ArrayLike, factor: int) -> float:
    """Share of the images' variance that lies inside blocks of `factor` x `factor` pixels.

    This is the variance of what block averaging removes, over the variance of the clean images
    (book, equation `eq-pixelation`).

    Raises
    ------
    ValueError
        If the images are not square stacks or `factor` does not divide their size.
    """
    stack = finite("images", images, ndim=3)
    factor = whole("factor", factor, at_least=1)
    n, height, width = stack.shape
    if height % factor or width % factor:
        raise ValueError(
            f"factor = {factor} does not divide images of {height} x {width} pixels; give a divisor"
        )
    blocks = stack.reshape(n, height // factor, factor, width // factor, factor)
    return float(blocks.var(axis=(2, 4)).mean() / stack.var())
