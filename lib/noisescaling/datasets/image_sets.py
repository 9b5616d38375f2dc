"""Images in classes that come inside a package or are public files."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noisescaling._checks import choice
from noisescaling.datasets.dataset import Dataset
from noisescaling.datasets.image_files import from_npz, split_by_source
from noisescaling.datasets.images import image_dataset
from noisescaling.datasets.registry import fetch

PNEUMONIA = "img/pneumoniamnist.npz"
SMEARS = "img/bccd_cells_28_rgb.npz"

#: Height and width of a cell's image, in pixels.
_SIDE = 28
#: The smallest side of a cell in its smear, in pixels.
_SMALLEST = 8
#: Side of what is cut out, over that of the cell's own box.
_MARGIN = 1.1
#: Kinds as the annotations name them, and as tables do.
_KINDS = {"RBC": "red cell", "WBC": "white cell", "Platelets": "platelet"}

#: Images, numbers of their kinds, and numbers of their smears.
_Cells = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]

_MEDMNIST = "Yang et al., Scientific Data 10, 41 (2023), medmnist.com"
_TISSUE_CLASSES = (
    "collecting duct, connecting tubule",
    "distal convoluted tubule",
    "glomerular endothelial cells",
    "interstitial endothelial cells",
    "leukocytes",
    "podocytes",
    "proximal tubule segments",
    "thick ascending limb",
)


def tissue_file(side: int) -> str:
    """Return the path of the kidney cells of a side in pixels, as the registry knows it."""
    choice("side", str(side), ("28", "64", "128", "224"))
    return f"img/tissuemnist{'' if side == 28 else f'_{side}'}.npz"


def digits() -> Dataset:
    """Load 1,797 written digits of 8 x 8 grey pixels, which come inside scikit-learn.

    The last two fifths of each digit, 723 images, are held out, in the order of the file, so that
    neighbouring images, often of one hand, fall on one side.

    Returns
    -------
    A data set with the signals "class" (ten digits, 3.32 bits), "prediction" and each digit
    against the rest.
    """
    from sklearn.datasets import load_digits

    table = load_digits()
    held_out = np.zeros(len(table.target), dtype=bool)
    for digit in range(10):
        rows = np.flatnonzero(table.target == digit)
        held_out[rows[len(rows) * 3 // 5 :]] = True
    return image_dataset(
        "digits",
        (table.images[..., None] / 16).astype(np.float32),
        table.target,
        held_out,
        [str(digit) for digit in range(10)],
        source="Alpaydin and Kaynak, UCI repository (1998), as carried by scikit-learn",
        licence="CC BY 4.0",
    )


def pneumonia() -> Dataset:
    """Load 5,856 X-ray images of children's chests, 28 x 28 grey pixels, 624 of them held out.

    PneumoniaMNIST with its published split; a mirror may hold it built again from its sources,
    which gives the same data set.

    Returns
    -------
    A data set with the signals "class" (normal, pneumonia) and "prediction".
    """
    return from_npz(
        fetch(PNEUMONIA), name="pneumonia", classes=("normal", "pneumonia"),
        source=_MEDMNIST, licence="CC BY 4.0",
    )  # fmt: skip


def tissue(side: int = 28, n_images: int = 0, seed: int = 0) -> Dataset:
    """Load 236,386 cells of the kidney's cortex in eight classes, 47,280 of them held out.

    TissueMNIST, which the published image study used.

    Parameters
    ----------
    side
        Height and width, in pixels: 28, 64, 128 or 224.
    n_images
        How many to draw at random; 0 for all.
    seed
        The same seed draws the same images.

    Returns
    -------
    A data set with the signals "class", "prediction" and each class against the rest.

    Raises
    ------
    ValueError
        If the side is another.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> datasets.tissue(side=28, n_images=5000).images.shape  # doctest: +SKIP
    (5000, 28, 28, 1)
    """
    return from_npz(
        fetch(tissue_file(side)), name="tissue", classes=_TISSUE_CLASSES, n_images=n_images,
        seed=seed, source=_MEDMNIST, licence="CC BY 4.0",
    )  # fmt: skip


def blood_cells(folder: str | Path | None = None) -> Dataset:
    """Load 1,466 blood cells of three kinds, 28 x 28 pixels in colour, out of 364 smears.

    Two fifths of the smears are held out with all their cells. As many red cells are drawn as there
    are others.

    Parameters
    ----------
    folder
        The folder BCCD of a checkout of github.com/Shenggan/BCCD_Dataset, to cut the cells out
        anew; where None, they come from a mirror that holds them.

    Returns
    -------
    A data set with the signals "class" (red cell, white cell, platelet), "prediction" and each
    kind against the rest.

    Raises
    ------
    ValueError
        If `folder` holds no annotations.
    ConnectionError
        If `folder` is None and no mirror holds the cells.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> datasets.blood_cells().images.shape  # doctest: +SKIP
    (1466, 28, 28, 3)
    """
    images, labels, smears = _stored() if folder is None else cut_out(Path(folder))
    return image_dataset(
        "blood_cells",
        images,
        labels,
        split_by_source(smears, 0.4, np.random.default_rng(0)),
        list(_KINDS.values()),
        source="BCCD, github.com/Shenggan/BCCD_Dataset, commit d272fb1",
        licence="MIT",
        notes=("red cells drawn at random, as many as the others together",),
    )


def cut_out(folder: Path) -> _Cells:
    """Cut the cells out of a checkout's smears; bytes (n, 28, 28, 3), kinds (n,), smears (n,).

    Raises
    ------
    ValueError
        If there are no annotations.
    """
    files = sorted((folder / "Annotations").glob("*.xml"))
    if not files:
        raise ValueError(
            f"folder = {str(folder)!r} holds 0 files Annotations/*.xml; give the folder BCCD of a "
            "checkout of https://github.com/Shenggan/BCCD_Dataset"
        )
    cells = [cell for file in files for cell in _cells_of(file, folder)]
    images, labels, smears = (np.array(column) for column in zip(*cells, strict=True))
    red, other = np.flatnonzero(labels == 0), np.flatnonzero(labels > 0)
    drawn = np.random.default_rng(0).choice(red, min(len(other), len(red)), replace=False)
    kept = np.sort(np.concatenate([other, drawn]))
    return images[kept], labels[kept], smears[kept]


def _stored() -> _Cells:
    with np.load(fetch(SMEARS), allow_pickle=False) as file:
        images, labels, smears = (file[key] for key in ("images", "labels", "source_image"))
    return images, labels.astype(np.int64), smears.astype(np.int64)


def _cells_of(file: Path, folder: Path) -> list[tuple[NDArray[np.uint8], int, int]]:
    """Return image, kind and smear of each cell that one annotation file tells of."""
    with Image.open(folder / "JPEGImages" / f"{file.stem}.jpg") as opened:
        smear = opened.convert("RGB")
    cells = []
    for cell in ET.parse(file).getroot().iter("object"):
        x0, y0, x1, y1 = (
            int(cell.findtext(f"bndbox/{edge}", "0")) for edge in ("xmin", "ymin", "xmax", "ymax")
        )
        if min(x1 - x0, y1 - y0) < _SMALLEST:
            continue
        x, y, half = (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 2 * _MARGIN
        box = (int(x - half), int(y - half), int(x + half), int(y + half))
        image = smear.crop(box).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
        kind = list(_KINDS).index(cell.findtext("name", ""))
        cells.append((np.asarray(image), kind, int(file.stem[-5:])))
    return cells
