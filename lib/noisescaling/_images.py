"""What images are, and the check that data are such images."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import kind_of

#: Images (n_images, height, width, channels): bytes 0 to 255, or floats on the unit scale.
Images: TypeAlias = NDArray[Any]

#: Label of an image whose class is held out.
HELD_OUT = -1


def with_channels(images: ArrayLike) -> Images:
    """Return images with an axis of channels: grey ones may come without, (n, height, width)."""
    array = np.asarray(images)
    return array[..., None] if array.ndim == 3 else array


def check_images(images: ArrayLike, name: str = "images", *, measured: bool = False) -> Images:
    """Return images (n_images, height, width, channels) as bytes or as 32-bit floats.

    Parameters
    ----------
    images
        Bytes, 0 to 255, or floats on the unit scale, 0 (black) to 1; one channel or three. Grey
        ones may be (n_images, height, width).
    name
        What the error calls them.
    measured
        Whether they may hold noise, which leaves the unit scale.

    Raises
    ------
    ValueError
        If the shape or the type is another, or a pixel is NaN, infinite or, in clean images, off
        the unit scale.
    """
    array = with_channels(images)
    if array.ndim != 4 or 0 in array.shape or array.shape[3] not in (1, 3):
        raise ValueError(
            f"{name} has shape {np.shape(images)}; give (n_images, height, width), or "
            "(n_images, height, width, channels) with 1 channel (grey) or 3 (colour), none of them "
            "0"
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise ValueError(
            f"{name} holds {kind_of(array)} values; give bytes (uint8, 0 to 255) or floats from 0 "
            "to 1"
        )
    pixels = array.astype(np.float32, copy=False)
    bad = pixels.size - int(np.isfinite(pixels).sum())
    if bad:
        raise ValueError(
            f"{name} holds {bad} NaN or infinite pixels of {pixels.size}; remove those images"
        )
    low, high = float(pixels.min()), float(pixels.max())
    if not measured and (low < 0 or high > 1):
        raise ValueError(
            f"{name} holds pixels from {low:g} to {high:g}; scale floats to 0 (black) to 1, or "
            "give bytes (uint8)"
        )
    return pixels


def unit_scaled(images: Images) -> NDArray[np.float32]:
    """Return images as floats on the unit scale: bytes over 255, floats as they are."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32, copy=False)
