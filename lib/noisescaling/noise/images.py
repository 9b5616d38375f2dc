"""Noise of images: brightness that scatters, and pixels that are too large."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import generator, positive
from noisescaling._images import check_images, unit_scaled

#: Rounding error of a factor that was a quality's inverse root, in pixels.
_ROUNDING = 1e-6


def gaussian(images: ArrayLike, sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Add independent normal noise to every pixel and channel; unit-scaled floats.

    The noise is not clipped to the unit scale: clipping makes it depend on the image and bounds
    its variance, so that one over its square would no longer be a signal-to-noise ratio.

    Parameters
    ----------
    images
        Clean images (n_images, height, width, channels), or (n_images, height, width) for grey:
        bytes, or floats from 0 to 1. A single image is `images[None]`.
    sigma
        Standard deviation of the noise, in units of the scale from black (0) to white (1).
    rng
        Source of randomness.

    Returns
    -------
    Floats on the unit scale, of the same shape.

    Raises
    ------
    ValueError
        If `images` are no clean images, or `sigma` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> grey = np.full((10, 28, 28), 0.5)
    >>> noisy = noise.gaussian(grey, 0.2, np.random.default_rng(0))
    >>> noisy.shape, round(float(noisy.std()), 1)
    ((10, 28, 28), 0.2)
    """
    if np.ndim(images) == 3:
        return gaussian(np.expand_dims(images, 3), sigma, rng)[..., 0]
    pixels = unit_scaled(check_images(images))
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma = {sigma:g} must be 0 or above, and finite")
    noise = generator("rng", rng).standard_normal(pixels.shape, dtype=np.float32)
    return pixels + np.float32(sigma) * noise


def pixelate(images: ArrayLike, factor: float) -> NDArray[np.float32]:
    """Average blocks of `factor` x `factor` pixels and give their mean to each of their pixels.

    What a camera with larger pixels sees; the number of pixels stays. The blocks start at the
    top left. Where `factor` does not divide the image, the last blocks hold the pixels that are
    left; where it is no whole number, the sides of the blocks alternate between the two next to
    it, so that there is one block on the square of `factor` pixels throughout.

    Parameters
    ----------
    images
        Images (n_images, height, width, channels), or (n_images, height, width) for grey: bytes,
        or unit-scaled floats, noisy or not. A single image is `images[None]`.
    factor
        Side of a block, in pixels; 1 leaves the images as they are.

    Returns
    -------
    Floats on the unit scale, of the same shape.

    Raises
    ------
    ValueError
        If `images` are no images, or `factor` is below 1 or above their longer side.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> stripes = np.array([[[0.0, 1.0, 0.0, 1.0]]])  # one image of one row
    >>> noise.pixelate(stripes, 2).tolist()
    [[[0.5, 0.5, 0.5, 0.5]]]
    """
    if np.ndim(images) == 3:
        return pixelate(np.expand_dims(images, 3), factor)[..., 0]
    pixels = unit_scaled(check_images(images, measured=True))
    height, width = pixels.shape[1:3]
    check_factor(factor, height, width)
    if factor == 1:
        return pixels.copy()
    blocks = _block_means(_block_means(pixels, factor, 1), factor, 2)
    rows, columns = _block_of(height, factor), _block_of(width, factor)
    return np.asarray(blocks[:, rows][:, :, columns], dtype=np.float32)


def check_factor(factor: float, height: int, width: int) -> float:
    """Return a side of blocks, in pixels, that images of a height and width can have.

    Raises
    ------
    ValueError
        If it is below 1 or above the longer side.
    """
    longer = max(height, width)
    if not 1 <= factor <= longer:
        raise ValueError(
            f"factor = {factor:g} does not suit images of {height} x {width} pixels; give 1 (as "
            f"they are) to {longer} (one block)"
        )
    return float(factor)


def sigma_for(quality: float) -> float:
    """Return the noise of `gaussian`, on the unit scale, for a quality in 1 / sigma^2.

    Examples
    --------
    >>> from noisescaling import noise
    >>> noise.sigma_for(25)
    0.2
    """
    return float(positive("quality", quality) ** -0.5)


def factor_for(quality: float) -> float:
    """Return the factor of `pixelate`, in pixels, for a quality in 1 / factor^2, at most 1.

    Raises
    ------
    ValueError
        If `quality` is not above 0 and at most 1.

    Examples
    --------
    >>> from noisescaling import noise
    >>> noise.factor_for(1 / 16)
    4.0
    """
    if not 0 < quality <= 1:
        raise ValueError(
            f"quality = {quality:g} must be above 0 and at most 1, the pixels as they are"
        )
    factor = float(quality**-0.5)
    return float(round(factor)) if abs(factor - round(factor)) < _ROUNDING else factor


def _block_of(length: int, factor: float) -> NDArray[np.intp]:
    """Return the number of the block that each of `length` pixels lies in."""
    return np.floor(np.arange(length) / factor + _ROUNDING).astype(np.intp)


def _block_means(pixels: NDArray[np.floating], factor: float, axis: int) -> NDArray[np.float64]:
    starts = np.unique(_block_of(pixels.shape[axis], factor), return_index=True)[1]
    sizes = np.diff(np.append(starts, pixels.shape[axis]))
    sums = np.add.reduceat(pixels, starts, axis=axis, dtype=np.float64)
    others = tuple(other for other in range(pixels.ndim) if other != axis)
    return np.asarray(sums / np.expand_dims(sizes, others))
