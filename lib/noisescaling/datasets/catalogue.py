"""The data sets by name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from noisescaling._checks import choice
from noisescaling.datasets import (
    citeseq,
    image_sets,
    lineage,
    mixtures,
    registry,
    spatial,
    viruses,
)
from noisescaling.datasets.dataset import Observations
from noisescaling.datasets.packaged import pbmc68k_reduced
from noisescaling.datasets.simulated import simulate_cells


@dataclass(frozen=True)
class _Entry:
    """How to load a data set, and the public files that this takes."""

    load: Callable[..., Observations]
    files: tuple[str, ...] = ()


_ENTRIES: dict[str, _Entry] = {
    "pbmc68k_reduced": _Entry(pbmc68k_reduced),
    "citeseq": _Entry(citeseq.citeseq, (citeseq.RNA, citeseq.PROTEIN)),
    **{
        f"mixology_{name}": _Entry(partial(mixtures.cell_lines, name), mixtures.files(f"sc_{name}"))
        for name in mixtures.CELL_SETS
    },
    "rna_mixture": _Entry(mixtures.rna_mixture, mixtures.files("RNAmix_celseq2")),
    "larry": _Entry(lineage.larry, (lineage.FILE,)),
    "osmfish": _Entry(spatial.osmfish, (spatial.FILE,)),
    "digits": _Entry(image_sets.digits),
    "blood_cells": _Entry(image_sets.blood_cells, (image_sets.SMEARS,)),
    "pneumonia": _Entry(image_sets.pneumonia, (image_sets.PNEUMONIA,)),
    "tissue": _Entry(image_sets.tissue, (image_sets.tissue_file(28),)),
    "spike": _Entry(viruses.spike, viruses.SPIKE_FILES),
    "influenza_n2": _Entry(viruses.influenza_n2, viruses.N2_FILES),
    "simulated": _Entry(simulate_cells),
}


def names() -> list[str]:
    """Return the names that `load` knows."""
    return list(_ENTRIES)


def at_hand() -> list[str]:
    """Return the names that `load` loads without a network: packaged, mirrored or cached ones."""
    return [
        name for name, entry in _ENTRIES.items() if all(registry.at_hand(f) for f in entry.files)
    ]


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
    """
    made = _ENTRIES[choice("data set", name, _ENTRIES)].load
    known = inspect.signature(made).parameters
    for setting in settings:
        choice(f"setting of data set {name}", setting, known)
    return made(**settings)
