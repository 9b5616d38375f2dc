"""Images in classes that come inside a package or are public files."""

import numpy as np

from noisescaling._checks import choice
from noisescaling.datasets.image_files import from_npz
from noisescaling.datasets.images import ImageDataset, image_dataset
from noisescaling.datasets.registry import fetch

PNEUMONIA = "img/pneumoniamnist.npz"

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


def digits() -> ImageDataset:
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


def pneumonia() -> ImageDataset:
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


def tissue(side: int = 28, n_images: int = 0, seed: int = 0) -> ImageDataset:
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
    """
    return from_npz(
        fetch(tissue_file(side)), name="tissue", classes=_TISSUE_CLASSES, n_images=n_images,
        seed=seed, source=_MEDMNIST, licence="CC BY 4.0",
    )  # fmt: skip
