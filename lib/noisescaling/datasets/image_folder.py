"""Images of a user's own: a folder of pictures for each class."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noisescaling._checks import whole
from noisescaling.datasets.images import ImageDataset, image_dataset

#: Endings of the files that count as pictures.
PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")

#: How Pillow names pictures of eight bits a channel or fewer.
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def from_folder(
    path: str | Path,
    *,
    side: int = 0,
    held_out: float = 0.4,
    group: str = "",
    seed: int = 0,
    name: str = "",
) -> ImageDataset:
    """Read pictures (PNG, JPEG, TIFF, BMP) from a folder that holds a folder for each class.

    Parameters
    ----------
    path
        The outer folder; the names of the folders in it are those of the classes.
    side
        Height and width to resize to, in pixels; 0 leaves them, where all have the same.
    held_out
        Share of the sources to hold out, above 0 and below 1.
    group
        A regular expression, whose first match in a file's name tells its source, such as a
        patient: pictures of one source are held out together. Each picture is a source of its own
        where empty.
    seed
        The same seed holds out the same pictures.
    name
        What the data set is called; the folder's name where empty.

    Raises
    ------
    ValueError
        If there are fewer than two classes, a folder without pictures, a file that is no picture
        of eight bits a channel, or pictures of several sizes.
    """
    folders = _class_folders(Path(path))
    files = [(file, number) for number, folder in enumerate(folders) for file in _pictures(folder)]
    images = _stacked([file for file, _ in files], side)
    labels = np.array([number for _, number in files])
    sources = np.array([_source(file, group) for file, _ in files])
    return image_dataset(
        name or Path(path).name, images, labels,
        split_by_source(sources, held_out, np.random.default_rng(seed)),
        [folder.name for folder in folders],
        source=Path(path).name,
    )  # fmt: skip


def split_by_source(
    sources: NDArray[Any], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose a share of the sources at random; tell which rows come from these, (n,).

    Images of one source (a patient, a slide) are alike, so that a model would know the held-out
    ones from those that it learned from.

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1, or so small or large that one side stays empty.
    """
    known = np.unique(sources)
    number = round(share * len(known)) if 0 < share < 1 else 0
    if not 0 < number < len(known):
        raise ValueError(
            f"held_out = {share:g} of {len(known)} sources leaves {number} to hold out; give a "
            "share between 0 and 1 that leaves images on both sides"
        )
    return np.isin(sources, rng.permutation(known)[:number])


def _class_folders(path: Path) -> list[Path]:
    if not path.is_dir():
        raise ValueError(f"path = {str(path)!r} is no folder; give one that holds one for a class")
    folders = sorted(f for f in path.iterdir() if f.is_dir() and not f.name.startswith("."))
    if len(folders) < 2:
        raise ValueError(
            f"{path.name} holds {len(folders)} folders; give one for each of at least 2 classes"
        )
    return folders


def _pictures(folder: Path) -> list[Path]:
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not files:
        raise ValueError(
            f"the folder {folder.name} holds 0 pictures ({', '.join(PICTURES)}); add some or "
            "remove it"
        )
    return files


def _source(file: Path, group: str) -> str:
    if not group:
        return f"{file.parent.name}/{file.name}"
    found = re.search(group, file.name)
    if found is None:
        raise ValueError(f"group = {group!r} matches nothing in the file name {file.name}")
    return found.group(1) if found.re.groups else found.group(0)


def _stacked(files: Sequence[Path], side: int) -> NDArray[np.uint8]:
    """Read pictures into one array; grey ones with one channel, where all are grey."""
    whole("side", side, at_least=0)
    pictures = [_read(file) for file in files]
    mode = "L" if all(p.mode in ("1", "L", "LA") for p in pictures) else "RGB"
    sizes = {p.size: file.name for p, file in zip(pictures, files, strict=True)}
    if len(sizes) > 1 and not side:
        (a, first), (b, second) = list(sizes.items())[:2]
        raise ValueError(
            f"pictures differ in size: {first} has {a[0]} x {a[1]} pixels and {second} has "
            f"{b[0]} x {b[1]}; give side, in pixels, to resize all"
        )
    arrays = []
    for picture in pictures:
        converted = picture.convert(mode)
        if side:
            converted = converted.resize((side, side), Image.Resampling.BILINEAR)
        arrays.append(np.asarray(converted).reshape(*converted.size[::-1], -1))
    return np.stack(arrays)


def _read(file: Path) -> Image.Image:
    try:
        with Image.open(file) as picture:
            picture.load()
            mode = picture.mode
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{file.parent.name}/{file.name} cannot be read: {error}") from error
    if mode not in _EIGHT_BITS:
        raise ValueError(
            f"{file.parent.name}/{file.name} has pixels of mode {mode}; convert it to 8 bits a "
            "channel"
        )
    return picture
