"""Cells with what is known of them: an AnnData in memory, or an h5ad file that stays on disk."""

import os
import warnings
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

#: Files in HDF5 of other kinds, by something that only they hold: what they are, and how to read.
_OTHER_KINDS = {
    "barcodes": ("a 10x .h5 file", "scanpy.read_10x_h5({})"),
    "col_attrs": ("a loom file", "anndata.io.read_loom({})"),
    "mod": ("an h5mu file", "mudata.read_h5mu({}).mod['rna']"),
}


@dataclass(frozen=True)
class Annotated:
    """Cells by genes, and what is known of the cells; nothing of a file is read until asked for.

    Parameters
    ----------
    name
        What errors call it.
    matrices
        What `layer` may name: "X", "raw" and layers; arrays or sparse, in memory or in a file.
    obs, obsm
        Columns, one value a cell, and matrices, several values a cell, by name.
    index
        Gives the names of the rows of a table: "obs", "var" or "raw/var".
    """

    name: str
    matrices: Mapping[str, Any]
    obs: Mapping[str, Any]
    obsm: Mapping[str, Any]
    index: Callable[[str], NDArray[np.str_]]

    def matrix(self, layer: str) -> Any:
        """Return one matrix; the error lists those there are."""
        if layer not in self.matrices:
            raise ValueError(
                f"layer = {layer!r} is not in {self.name}; give one of "
                f"{', '.join(self.matrices) or 'none: it holds no matrix'}"
            )
        return self.matrices[layer]

    def genes(self, layer: str) -> NDArray[np.str_]:
        """Return the names of the genes of a matrix, shape (n_genes,)."""
        return self._names(layer, "columns", "genes", "raw/var" if layer == "raw" else "var")

    def cells(self, layer: str) -> NDArray[np.str_]:
        """Return the names of the cells of a matrix, shape (n_cells,)."""
        return self._names(layer, "rows", "cells", "obs")

    def _names(self, layer: str, along: str, units: str, table: str) -> NDArray[np.str_]:
        names, n = self.index(table), self.matrix(layer).shape[along == "columns"]
        if len(names) != n:
            raise ValueError(
                f"{layer} of {self.name} has {n} {along} and {len(names)} names of {units}; write "
                "it anew by AnnData.write_h5ad"
            )
        return names


def of_anndata(adata: Any, name: str = "adata") -> Annotated:
    """Return what an AnnData holds."""
    import anndata

    if not isinstance(adata, anndata.AnnData):
        raise ValueError(f"{name} is a {type(adata).__name__}; give an AnnData, or use from_h5ad")
    raw = adata.raw
    tables = {"obs": adata.obs_names, "var": adata.var_names}
    found = {"X": adata.X, "raw": None if raw is None else raw.X, **adata.layers}
    if raw is not None:
        tables["raw/var"] = raw.var_names
    return Annotated(
        name,
        {place: matrix for place, matrix in found.items() if matrix is not None},
        adata.obs,
        adata.obsm,
        lambda table: np.asarray(tables[table], dtype=str),
    )


@contextmanager
def opened(path: str | Path) -> Iterator[Annotated]:
    """Open an h5ad file; its matrices can be read while it is open.

    Raises
    ------
    ValueError
        If there is no such file, it cannot be opened, is of another kind, or takes data from other
        files.
    """
    place = Path(path).expanduser()
    try:
        with _file(place) as file:
            yield from _checked(file, place)
    except Exception as error:
        if not {"h5py", "anndata"} & set(Path(extract_tb(error.__traceback__)[-1].filename).parts):
            raise
        raise ValueError(
            f"{place} cannot be read: it is damaged, or of no form that anndata knows ({error})"
        ) from error


def _checked(file: h5py.File, path: Path) -> Iterator[Annotated]:
    """Yield what an open file holds, unless it is of another kind, or leads to other files."""
    _check_kind(file, path)
    outside = file.visititems_links(lambda name, link: _outside(file, name, link))
    if outside:
        raise ValueError(
            f"{outside[0]} of {path.name} is not in the file but in {outside[1]}, which is "
            "not read: put all data into one file by AnnData.write_h5ad"
        )
    if isinstance(file["obs"], h5py.Dataset):  # written by anndata 0.6, which is read whole but X
        tables = [part for name, part in file.items() if name not in ("X", "raw.X")]
        afford(f"what {path.name} tells of its cells", sum(map(_n_bytes, tables)))
        adata = read_anndata(path, backed="r")
        with closing(adata.file):
            yield of_anndata(adata, path.name)
    else:
        yield _of_file(file, path.name)


def read_anndata(path: Path, **how: Any) -> Any:
    """Read a whole h5ad file, in silence."""
    import anndata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return anndata.read_h5ad(path, **how)


def _file(path: Path) -> h5py.File:
    """Open a file of HDF5, or tell why that cannot be done."""
    if path.is_dir():
        zarr = any((path / name).exists() for name in (".zgroup", ".zattrs", "zarr.json"))
        way = f"write it as one: anndata.read_zarr({path.name!r}).write_h5ad(...)"
        raise ValueError(f"{path} is {f'no h5ad but a zarr folder; {way}' if zarr else 'a folder'}")
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except PermissionError:
        raise ValueError(f"you may not read {path}: ask its owner, or copy it") from None
    except OSError as error:
        if "unable to lock" in str(error):
            raise ValueError(
                f"{path} is open in a program that writes it: close it there, or copy the file"
            ) from None
        if not h5py.is_hdf5(path):
            raise ValueError(f"{path} is no h5ad file; write one by AnnData.write_h5ad") from None
        raise ValueError(f"{path} cannot be read: it was cut off, or damaged ({error})") from None


def _check_kind(file: h5py.File, path: Path) -> None:
    """Refuse files of HDF5 that are no h5ad files, with the way to make one."""
    lacking = [name for name in ("obs", "var") if name not in file]
    held = set(file)
    for group in file.values() if lacking else ():
        held |= set(group) if isinstance(group, h5py.Group) else set()
    for sign, (kind, way) in _OTHER_KINDS.items():
        if sign in held:
            raise ValueError(
                f"{path} is no h5ad but {kind}; write one: "
                f"{way.format(repr(path.name))}.write_h5ad(...)"
            )
    if lacking:
        raise ValueError(
            f"{path} is no h5ad file: it has no {' and no '.join(lacking)}; write one by "
            "AnnData.write_h5ad"
        )


def _outside(file: h5py.File, name: str, link: Any) -> tuple[str, str] | None:
    """Return what takes its values from another file or from nowhere, and from where."""
    if isinstance(link, h5py.ExternalLink):
        return name, link.filename
    found = file.get(name) if isinstance(link, h5py.HardLink) else None
    if not isinstance(found, h5py.Dataset):
        return None
    sources = [source for source, *_ in found.external or ()]
    for virtual in found.virtual_sources() if found.is_virtual else ():
        if virtual.file_name != "." or virtual.dset_name not in file:
            sources.append(f"{virtual.dset_name} of {virtual.file_name}")
    return (name, sources[0]) if sources else None


def _of_file(file: h5py.File, name: str) -> Annotated:
    raw, layers, obsm = (
        group if isinstance(group := file.get(part), h5py.Group) else {}
        for part in ("raw", "layers", "obsm")
    )
    found = {"X": file.get("X"), "raw": raw.get("X"), **layers}
    matrices = {place: _matrix(element) for place, element in found.items()}
    return Annotated(
        name,
        {place: matrix for place, matrix in matrices.items() if matrix is not None},
        _columns(file["obs"]),
        _Elements(dict.fromkeys(obsm, obsm)),
        cache(lambda table: _names(file[table])),
    )


def _matrix(element: Any) -> Any:
    """Return a matrix that stays in its file; None where an element is none."""
    from anndata.io import sparse_dataset

    try:
        matrix = element if isinstance(element, h5py.Dataset) else sparse_dataset(element)
        return matrix if len(matrix.shape) == 2 else None
    except Exception:  # null, which has no shape, or of no form that anndata knows
        return None


class _Elements(UserDict[str, Any]):
    """Elements of a file by name, in the group that is stored with it; read when asked for."""

    def __getitem__(self, name: str) -> Any:
        return _read(super().__getitem__(name)[name])


def _columns(table: h5py.Group) -> Mapping[str, Any]:
    if table.attrs.get("encoding-version") != "0.2.0":  # categories stand beside the columns
        return dict(_read(table))
    names = map(str, np.ravel(table.attrs["column-order"]))
    return _Elements({name: table for name in names if name in table})


def _names(table: h5py.Group) -> NDArray[np.str_]:
    """Return the names of the rows of a table, without reading its columns."""
    return np.ravel(np.asarray(_read(table[table.attrs["_index"]]), dtype=str))


def _read(element: Any) -> Any:
    """Read one element by anndata, unless it would not fit into memory."""
    from anndata.io import read_elem

    sizes = [_n_bytes(element)]
    if isinstance(element, h5py.Group):
        element.visititems(lambda _, part: sizes.append(_n_bytes(part)))
    afford(element.name, sum(sizes))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read_elem(element)
    except Exception as error:  # whatever anndata makes of it
        raise ValueError(
            f"{element.name.lstrip('/')} cannot be read by this anndata ({type(error).__name__}): "
            "update anndata, or take it out of the file"
        ) from error


def _n_bytes(part: Any) -> int:
    return (part.size or 0) * part.dtype.itemsize if isinstance(part, h5py.Dataset) else 0


def afford(name: str, n_bytes: float, way: str = "take it out of the file") -> None:
    """Refuse what takes more than half of this machine's memory, with both sizes."""
    there = memory()
    if there is not None and n_bytes > there / 2:
        raise ValueError(
            f"{name} needs about {n_bytes / 1e9:.1f} GB and this machine has {there / 1e9:.1f} GB; "
            f"{way}"
        )


def memory() -> int | None:
    """Return the memory of this machine in bytes, None where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
