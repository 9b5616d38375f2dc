"""Single elements of an h5ad file, read without the rest."""

import warnings
from pathlib import Path
from typing import Any

import h5py


def read_element(path: Path, name: str) -> Any:
    """Read one element of an h5ad file, such as "obs" or "obsm/protein", in silence."""
    from anndata.io import read_elem

    with h5py.File(path, "r") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_elem(file[name])


def read_anndata(path: Path) -> Any:
    """Read a whole h5ad file, in silence."""
    import anndata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return anndata.read_h5ad(path)


def keys(path: Path, group: str) -> list[str]:
    """Return the names in a group of an h5ad file, such as "obsm"; none where it lacks the group.

    Raises
    ------
    ValueError
        If there is no such file, it is no h5ad file, or it is damaged.
    """
    if not path.exists():
        raise ValueError(f"there is no file {path}")
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path} is no h5ad file; write one by AnnData.write_h5ad")
    try:
        with h5py.File(path, "r") as file:
            return sorted(file[group]) if group in file else []
    except OSError as error:
        raise ValueError(f"{path} cannot be read: it was cut off, or damaged ({error})") from None


def count_places(path: Path) -> dict[str, str]:
    """Return where counts can stand in a file: what `layer` calls it, and its place."""
    found = {"X": "X"} if "X" in keys(path, "/") else {}
    if "X" in keys(path, "raw"):
        found["raw"] = "raw/X"
    return found | {name: f"layers/{name}" for name in keys(path, "layers")}
