"""Images of a user's own: an npz file in MedMNIST's format."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noisescaling._checks import same_length, whole
from noisescaling._images import Images
from noisescaling.datasets.images import ImageDataset, image_dataset

_NEEDED = ("train_images", "train_labels", "test_images", "test_labels")
_OPTIONAL = ("val_images", "val_labels")


def from_npz(
    path: str | Path,
    *,
    name: str = "",
    classes: Sequence[str] = (),
    n_images: int = 0,
    seed: int = 0,
    source: str = "",
    licence: str = "",
) -> ImageDataset:
    """Read images in classes from an npz file in MedMNIST's format (Yang et al. 2023).

    The file holds `train_images`, `train_labels`, `test_images` and `test_labels`, and maybe
    `val_images` and `val_labels`, which are learned from like the training images. The test images
    are held out. Images are put in an order by their content, so that two files that hold the same
    images in different orders are one data set.

    Parameters
    ----------
    path
        The file.
    name
        What the data set is called; the file's name where empty.
    classes
        Names of the classes by number; the numbers where empty.
    n_images
        How many images to draw at random, of both kinds in proportion; 0 for all.
    seed
        The same seed draws the same images.
    source, licence
        Where the data come from, and their terms.

    Raises
    ------
    ValueError
        If the file cannot be read, lacks an array, or its images or labels are unfit.
    """
    arrays = _read(Path(path))
    learned = [_part(arrays, part) for part in ("train", "val") if f"{part}_images" in arrays]
    images = np.concatenate([part for part, _ in learned])
    labels = np.concatenate([part for _, part in learned])
    test_images, test_labels = _part(arrays, "test")
    share = _share(n_images, len(labels) + len(test_labels))
    rng = np.random.default_rng(seed)
    rows, test_rows = _drawn(images, share, rng), _drawn(test_images, share, rng)
    all_labels = np.concatenate([labels[rows], test_labels[test_rows]])
    return image_dataset(
        name or Path(path).stem,
        np.concatenate([images[rows], test_images[test_rows]]),
        all_labels,
        np.arange(len(all_labels)) >= len(rows),
        list(classes) or [str(k) for k in range(int(all_labels.max(initial=0)) + 1)],
        source=source or Path(path).name,
        licence=licence,
    )


def _read(path: Path) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of an npz file; no code that it may hold is run."""
    if not path.is_file():
        raise ValueError(f"path = {str(path)!r} is no file; give an npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array")
            names = [key for key in (*_NEEDED, *_OPTIONAL) if key in file.files]
            missing = [key for key in _NEEDED if key not in names]
            found = ", ".join(file.files) or "none"
            arrays = {key: file[key] for key in names}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path.name} cannot be read as an npz file: {error}; save it by numpy.savez"
        ) from error
    if missing:
        raise ValueError(f"{path.name} has no array {', '.join(missing)}; it has {found}")
    return arrays


def _part(arrays: Mapping[str, NDArray[Any]], part: str) -> tuple[Images, NDArray[np.int64]]:
    """Return images with an axis of channels, and labels as one whole number an image."""
    images, labels = arrays[f"{part}_images"], arrays.get(f"{part}_labels", np.zeros(0))
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"{part}_labels has {labels.shape[1]} labels an image; give one class an image"
        )
    flat = labels.ravel()
    same_length(**{f"{part}_images": images, f"{part}_labels": flat})
    if flat.dtype.kind not in "biu":
        raise ValueError(f"{part}_labels holds {flat.dtype} values; give numbers of classes")
    return (images[..., None] if images.ndim == 3 else images), flat.astype(np.int64)


def _share(n_images: int, n_all: int) -> float:
    if not n_images:
        return 1.0
    if whole("n_images", n_images, at_least=2) > n_all:
        raise ValueError(f"n_images = {n_images} is more than the {n_all} images of the file")
    return n_images / n_all


def _drawn(images: Images, share: float, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows of a random share of the images, in the order of their content's hashes."""
    hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
    order = np.array(sorted(range(len(images)), key=hashes.__getitem__), dtype=np.intp)
    kept = rng.permutation(len(order))[: round(share * len(order))]
    return order[np.sort(kept)]
