"""The data sets by name."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from noisescaling._checks import choice
from noisescaling.datasets import image_sets, public_cells, registry, viruses
from noisescaling.datasets.simulated import simulate_cells

#: How each data set is loaded, and the public files that this takes.
_SETS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "pbmc68k_reduced": (public_cells.pbmc68k_reduced, ()),
    "citeseq": (public_cells.citeseq, public_cells.CITESEQ),
    **{
        f"mixology_{name}": (
            partial(public_cells.cell_lines, name),
            public_cells.mixology_files(f"sc_{name}"),
        )
        for name in public_cells.CELL_LINES
    },
    "rna_mixture": (public_cells.rna_mixture, public_cells.mixology_files("RNAmix_celseq2")),
    "larry": (public_cells.larry, (public_cells.LARRY,)),
    "osmfish": (public_cells.osmfish, (public_cells.OSMFISH,)),
    "digits": (image_sets.digits, ()),
    "blood_cells": (image_sets.blood_cells, (image_sets.SMEARS,)),
    "pneumonia": (image_sets.pneumonia, (image_sets.PNEUMONIA,)),
    "tissue": (image_sets.tissue, (image_sets.tissue_file(28),)),
    "spike": (viruses.spike, viruses.SPIKE_FILES),
    "influenza_n2": (viruses.influenza_n2, viruses.N2_FILES),
    "simulated": (simulate_cells, ()),
}


def names() -> list[str]:
    """Return the names that `load` knows.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> "pbmc68k_reduced" in datasets.names()
    True
    """
    return list(_SETS)


def at_hand() -> list[str]:
    """Return the names that `load` loads without a network: packaged, mirrored or cached ones.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> "digits" in datasets.at_hand()
    True
    """
    return [name for name, (_, files) in _SETS.items() if all(map(registry.at_hand, files))]


def load(name: str, **settings: Any) -> Any:
    """Load a data set by name: counts of cells in UMIs (molecules), images on the unit scale.

    "pbmc68k_reduced" and "digits" come inside packages, "simulated" from `simulate_cells`. The
    others are public files, which are looked for in the folder that the environment variable
    `NOISESCALING_MIRROR` names, then in the cache, then on the network, and are verified by their
    checksums.

    Parameters
    ----------
    name
        One of `names()`.
    settings
        Of those loaders that have some: `min_distance` and `gaps` of the viruses, all of
        `simulate_cells`.

    Raises
    ------
    ValueError
        If the name or a setting is unknown (the message lists those that are known), or a file's
        checksum is another.
    ConnectionError
        If a file is not on this machine and cannot be downloaded.

    Examples
    --------
    >>> from noisescaling import datasets
    >>> datasets.load("digits").images.shape
    (1797, 8, 8, 1)
    """
    made = _SETS[choice("data set", name, _SETS)][0]
    known = inspect.signature(made).parameters
    for setting in settings:
        choice(f"setting of data set {name}", setting, known)
    return made(**settings)
