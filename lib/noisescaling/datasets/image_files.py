"""Images of a user's own: an npz file in MedMNIST's format, or a folder of pictures for each class.

Pillow decides what is a picture, and reads it; numpy reads npz files.
"""

import hashlib
import math
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from noisescaling._checks import same_length, whole
from noisescaling._images import Images, with_channels
from noisescaling.datasets.dataset import Dataset
from noisescaling.datasets.images import image_dataset

#: Bytes of images that are read at most; 16 GiB.
MOST_BYTES = 2**34
_NEEDED = ("train_images", "train_labels", "test_images", "test_labels")
_OPTIONAL = ("val_images", "val_labels")
#: What numpy and zipfile raise on damaged, encrypted and other files.
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)

_FORMATS = ["AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP"]
#: How Pillow names pictures of eight bits a channel or fewer.
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
#: Names of folders that hold parts of a data set, and no classes.
_PARTS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation"))


def from_npz(
    path: str | Path,
    *,
    name: str = "",
    classes: Sequence[str] = (),
    n_images: int = 0,
    seed: int = 0,
    source: str = "",
    licence: str = "",
) -> Dataset:
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
        If the file cannot be read, lacks an array, promises more than it holds or than fits, its
        parts differ in size or type, or its images or labels are unfit.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import datasets
    >>> images = np.random.default_rng(0).random((60, 8, 8))
    >>> labels = np.arange(60) % 3
    >>> np.savez(
    ...     "my.npz", train_images=images[:40], train_labels=labels[:40],
    ...     test_images=images[40:], test_labels=labels[40:],
    ... )
    >>> datasets.from_npz("my.npz").images.shape
    (60, 8, 8, 1)
    """
    arrays = _read_arrays(Path(path))
    parts = {p: _part(arrays, p) for p in ("train", "val", "test") if f"{p}_images" in arrays}
    _refuse_unequal(parts)
    test_images, test_labels = parts.pop("test")
    images, labels = (np.concatenate(both) for both in zip(*parts.values(), strict=True))
    n_all = len(labels) + len(test_labels)
    highest = int(max(one.max(initial=0) for one in (labels, test_labels)))
    if n_images and whole("n_images", n_images, at_least=2) > n_all:
        raise ValueError(f"n_images = {n_images} is more than the {n_all} images of the file")
    if highest >= n_all:
        raise ValueError(f"labels reach to {highest} of {n_all} images; number the classes from 0")
    share, rng = n_images / n_all if n_images else 1.0, np.random.default_rng(seed)
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


def _read_arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of an npz file; no code that it may hold is run."""
    if not path.is_file():
        raise ValueError(f"path = {str(path)!r} is no file; give an npz file")
    try:
        if path.suffix == ".npy":
            raise ValueError("it holds a single array, without classes")
        with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as file:
            names = [key for key in (*_NEEDED, *_OPTIONAL) if key in file.files]
            _refuse_promises(archive, names)
            arrays, found = {key: file[key] for key in names}, ", ".join(file.files) or "none"
    except _UNREADABLE as error:
        raise ValueError(
            f"{path.name} cannot be read as an npz file: {error}; save {', '.join(_NEEDED)} by "
            "numpy.savez"
        ) from error
    missing = [key for key in _NEEDED if key not in arrays]
    if missing:
        raise ValueError(f"{path.name} has no array {', '.join(missing)}; it has {found}")
    return arrays


def _refuse_promises(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    """Refuse arrays that are larger by their headers than in the file, or than fits in memory."""
    total = 0
    for name in names:
        info = archive.getinfo(f"{name}.npy")
        with archive.open(info) as member:
            old = np.lib.format.read_magic(member) == (1, 0)
            read = "read_array_header_1_0" if old else "read_array_header_2_0"
            shape, _, dtype = getattr(np.lib.format, read)(member)
            held = info.file_size - member.tell()
        total += math.prod(shape) * dtype.itemsize
        if math.prod(shape) * dtype.itemsize > held and not dtype.hasobject:
            raise ValueError(f"{name} promises the shape {shape} and holds {held:,} bytes")
    _refuse_too_large(total, "put fewer into a file")


def _refuse_too_large(n_bytes: int, way: str) -> None:
    if n_bytes > MOST_BYTES:
        raise ValueError(f"images of {n_bytes:,} bytes or more are too large; {way}, so that they "
                         f"take at most {MOST_BYTES:,}")  # fmt: skip


def _refuse_unequal(parts: Mapping[str, tuple[Images, NDArray[np.int64]]]) -> None:
    told = {f"{images.shape[1:]} of {images.dtype}": part for part, (images, _) in parts.items()}
    if len(told) > 1:
        each = " and ".join(f"{part}_images of shape {shape}" for shape, part in told.items())
        raise ValueError(f"parts differ: {each}; give all one height, width, channels and type")


def _part(arrays: Mapping[str, NDArray[Any]], part: str) -> tuple[Images, NDArray[np.int64]]:
    """Return images with an axis of channels, and labels as one whole number an image."""
    images, labels = arrays[f"{part}_images"], arrays.get(f"{part}_labels", np.zeros(0))
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"{part}_labels has {labels.shape[1]} labels an image; give one class an image"
        )
    flat = labels.ravel()
    same_length(**{f"{part}_images": np.atleast_1d(images), f"{part}_labels": flat})
    if flat.dtype.kind not in "biu":
        raise ValueError(f"{part}_labels holds {flat.dtype} values; give numbers of classes")
    return with_channels(images), flat.astype(np.int64)


def _drawn(images: Images, share: float, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows of a random share of the images, in the order of their content's hashes."""
    hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
    order = np.array(sorted(range(len(images)), key=hashes.__getitem__), dtype=np.intp)
    kept = rng.permutation(len(order))[: round(share * len(order))]
    return order[np.sort(kept)]


def from_folder(
    path: str | Path,
    *,
    side: int = 0,
    held_out: float = 0.4,
    group: str = "",
    seed: int = 0,
    name: str = "",
) -> Dataset:
    """Read pictures (PNG, JPEG, TIFF, WebP and others) from a folder that holds one for each class.

    Pictures in sub-folders are of the class of the outermost. They are turned as their EXIF data
    say, and what is transparent is white. The data set's notes tell of this, and of what is left
    out.

    Parameters
    ----------
    path
        The outer folder; the names of the folders in it are those of the classes.
    side
        Height and width to resize to, in pixels, as each is read; 0 leaves them, where all have the
        same.
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
        of eight bits a channel or holds several, or pictures of several sizes or more than fit.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from PIL import Image
    >>> from noisescaling import datasets
    >>> for i, kind in enumerate(["cat", "dog"] * 10):
    ...     Path("pets", kind).mkdir(parents=True, exist_ok=True)
    ...     Image.fromarray(np.full((4, 4), 5 * i, np.uint8)).save(f"pets/{kind}/{i}.png")
    ...
    >>> datasets.from_folder("pets").images.shape
    (20, 4, 4, 1)
    """
    top = Path(path)
    pictures, notes = _pictures(top)
    classes = [picture.relative_to(top).parts[0] for picture in pictures]
    images, remarks = _stacked(pictures, top, whole("side", side, at_least=0))
    sources = np.array([_source(picture, top, group) for picture in pictures])
    names, labels = np.unique(classes, return_inverse=True)
    return image_dataset(
        name or top.name, images, labels,
        split_by_source(sources, held_out, np.random.default_rng(seed)),
        names.tolist(), source=top.name, notes=(*notes, *remarks),
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


def _pictures(top: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Return the pictures in folders and what lies in these, in order; and notes on the others."""
    if not top.is_dir():
        raise ValueError(f"path = {str(top)!r} is no folder; give one that holds one for a class")
    Image.init()
    endings = [ending for ending, kind in Image.EXTENSION.items() if kind in _FORMATS]
    inside = [file for folder in top.iterdir() if folder.is_dir() for file in folder.rglob("*")]
    parts = {file: file.relative_to(top).parts for file in sorted([*top.iterdir(), *inside])}
    parts = {file: at for file, at in parts.items() if not any(p.startswith(".") for p in at)}
    folders = [at[0] for file, at in parts.items() if len(at) == 1 and file.is_dir()]
    files = [file for file in parts if file.is_file()]
    found = [f for f in files if f.suffix.lower() in endings and len(parts[f]) > 1]
    _refuse_folders(top, folders, {parts[file][0] for file in found})
    deeper = sum(len(parts[file]) > 2 for file in found)
    notes = [f"{deeper} of {len(found)} pictures stand in sub-folders of their class"]
    if left := sorted(set(files) - set(found)):
        told = f"{len(left)} files are no pictures of a class, such as {'/'.join(parts[left[0]])}"
        notes.append(f"{told}: left out")
    return found, tuple(notes if deeper else notes[1:])


def _refuse_folders(top: Path, folders: Sequence[str], with_pictures: Collection[str]) -> None:
    if len(folders) < 2:
        raise ValueError(
            f"{top.name} holds {len(folders)} folders; give one for each of at least 2 classes"
        )
    if _PARTS.issuperset(name.lower() for name in folders):
        raise ValueError(
            f"{top.name} holds {', '.join(folders)}, parts and no classes; give a folder that "
            "holds one for each class"
        )
    for name in folders:
        if name not in with_pictures:
            raise ValueError(
                f"the folder {name} holds 0 pictures, such as PNG, JPEG or TIFF; add some or "
                "remove it"
            )


def _source(file: Path, top: Path, group: str) -> str:
    if not group:
        return file.relative_to(top).as_posix()
    found = re.search(group, file.name)
    if found is None:
        raise ValueError(f"group = {group!r} matches nothing in the file name {file.name}")
    return found.group(1) if found.re.groups else found.group(0)


def _stacked(
    files: Sequence[Path], top: Path, side: int
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Read pictures into one array, with one channel where all are grey; and tell what was done."""
    arrays: list[NDArray[np.uint8]] = []
    remarks, sizes, n_bytes = Counter[str](), dict[tuple[int, ...], str](), 0
    for file in files:
        array, told = _read(file, file.relative_to(top).as_posix(), side)
        arrays.append(array)
        remarks.update(told)
        sizes.setdefault(array.shape[:2], file.name)
        n_bytes += array.nbytes
        _refuse_too_large(n_bytes, "give side, in pixels, to resize them as they are read")
    if len(sizes) > 1:
        told = [f"{name} has {w} x {h} pixels" for (h, w), name in sizes.items()][:2]
        raise ValueError(
            f"pictures differ in size: {' and '.join(told)}; give side, in pixels, to resize all"
        )
    channels = max(array.shape[2] for array in arrays)
    images = np.stack([np.broadcast_to(one, (*one.shape[:2], channels)) for one in arrays])
    return images, tuple(f"{n} of {len(files)} pictures {told}" for told, n in remarks.items())


def _read(file: Path, name: str, side: int) -> tuple[NDArray[np.uint8], list[str]]:
    """Return a picture as bytes, (height, width, 1 or 3), and what was done to it."""
    try:
        # Pillow knows other formats, some of which run a program of their own.
        with Image.open(file, formats=[one for one in _FORMATS if one in Image.OPEN]) as picture:
            _refuse_unfit(picture)
            turned = picture.getexif().get(ExifTags.Base.Orientation) in range(2, 9)
            remarks = ["are turned as their EXIF data say"] if turned else []
            shown = ImageOps.exif_transpose(picture)
            if picture.format == "MPO":
                remarks.append("hold previews or further views (MPO): left out")
    except (OSError, EOFError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    mode = "L" if shown.mode in ("1", "L", "LA") else "RGB"
    if shown.has_transparency_data:
        shown = shown.convert("RGBA")
        if np.asarray(shown)[..., 3].min() < 255:
            remarks.append("are transparent in places: white there")
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    shown = shown.convert(mode)
    if side:
        shown = shown.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(shown).reshape(shown.height, shown.width, -1), remarks


def _refuse_unfit(picture: Image.Image) -> None:
    if picture.mode not in _EIGHT_BITS:
        raise ValueError(f"pixels of mode {picture.mode}; convert it to 8 bits a channel")
    pages = getattr(picture, "n_frames", 1)
    if pages > 1 and picture.format != "MPO":
        raise ValueError(f"it holds {pages} pages or frames; save each that is meant by itself")
