"""Files as other programs, older versions and strangers write them: read right, or refused."""

import contextlib
import subprocess
import sys

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from noisescaling import datasets
from noisescaling.datasets import counts_file

N_CELLS, N_GENES = 60, 30
COUNTS = np.random.default_rng(0).poisson(0.7, size=(N_CELLS, N_GENES)).astype(np.float32)
STORED = {"dense": np.asarray, "csr": sp.csr_matrix, "csc": sp.csc_matrix}
NAMES = [f"c{i}" for i in range(N_CELLS)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5ad"


def write(path, storage="csr", raw=False):
    """Write cells of three types, whose counts stand in X, a layer and, if wanted, in raw."""
    stored = STORED[storage](COUNTS)
    table = pd.DataFrame({"cell_type": list("abc") * 20}, index=NAMES)
    adata = anndata.AnnData(stored, obs=table, layers={"counts": stored.copy()})
    if raw:
        adata.raw = adata.copy()
    adata.write_h5ad(path)
    return path


def exchange(file, name, values, **details):
    """Put other values under a name, with the same attributes."""
    attributes = dict(file[name].attrs) if name in file else {}
    if name in file:
        del file[name]
    file.create_dataset(name, data=values, **details).attrs.update(attributes)


def null(file, name):
    if name in file:
        del file[name]
    file.create_dataset(name, data=h5py.Empty("f")).attrs.update(
        {"encoding-type": "null", "encoding-version": "0.1.0"}
    )


@pytest.mark.parametrize("storage", STORED)
@pytest.mark.parametrize("kind", ["float16", ">f4", ">f8", ">i4", ">u2", "int8", "bool"])
def test_counts_of_every_number_type_and_byte_order_are_read(path, storage, kind):
    counts = COUNTS > 0 if kind == "bool" else COUNTS
    with h5py.File(write(path, storage), "r+") as file:
        name = "X" if storage == "dense" else "X/data"
        exchange(
            file, name, (file[name][()] > 0 if kind == "bool" else file[name][()]).astype(kind)
        )
        if storage != "dense":
            exchange(file, "X/indices", file["X/indices"][()].astype(">i8"))
            exchange(file, "X/indptr", file["X/indptr"][()].astype(">i4"))
    cells = datasets.from_h5ad(path, "cell_type")
    assert (cells.counts.toarray() == counts).all()
    assert cells.counts.dtype == np.int32


@pytest.mark.parametrize("kind", ["float16", ">f4", ">i4"])
def test_an_anndata_of_such_numbers_is_read(kind):
    table = pd.DataFrame({"cell_type": list("abc") * 20}, index=NAMES)
    adata = anndata.AnnData(COUNTS.astype(kind), obs=table)
    assert (datasets.from_anndata(adata, "cell_type").counts.toarray() == COUNTS).all()


@pytest.mark.parametrize("place", ["X", "raw", "raw/X", "layers/counts", "layers", "obsm"])
def test_what_is_stored_as_null_is_not_there(path, place):
    with h5py.File(write(path, raw=True), "r+") as file:
        null(file, place)
    layer = {"X": "counts", "layers": "X", "layers/counts": "X"}.get(place, "counts")
    assert (datasets.from_h5ad(path, "cell_type", layer=layer).counts.toarray() == COUNTS).all()
    gone = {"X": "X", "raw": "raw", "raw/X": "raw"}.get(place)
    if gone:
        with pytest.raises(ValueError, match=f"layer = '{gone}' is not in a.h5ad; give one of"):
            datasets.from_h5ad(path, "cell_type", layer=gone)


def test_a_file_without_any_matrix_says_so(path):
    with h5py.File(write(path), "r+") as file:
        null(file, "X")
        null(file, "layers")
    with pytest.raises(ValueError, match="give one of none: it holds no matrix"):
        datasets.from_h5ad(path, "cell_type")


@pytest.mark.parametrize("layer", ["X", "raw"])
def test_a_file_of_anndata_0_6_is_read(path, layer):
    counts = sp.csr_matrix(COUNTS)
    with h5py.File(path, "w") as file:
        for name in ("X", "raw.X"):
            group = file.create_group(name)
            group.attrs.update({"h5sparse_format": "csr", "h5sparse_shape": COUNTS.shape})
            for part in ("data", "indices", "indptr"):
                group[part] = getattr(counts, part)
        rows = [(f"c{i}".encode(), i % 3, i / 7) for i in range(N_CELLS)]
        file["obs"] = np.array(rows, [("index", "S4"), ("cell_type", "i1"), ("score", "f4")])
        genes = np.array([(f"g{i}".encode(),) for i in range(N_GENES)], [("index", "S4")])
        file["var"] = file["raw.var"] = genes
        file["uns/cell_type_categories"] = np.array([b"B", b"NK", b"T"])
        places = [((i, 0.0),) for i in range(N_CELLS)]
        file["obsm"] = np.array(places, [("X_spatial", "f4", (2,))])
    cells = datasets.from_h5ad(path, "cell_type", layer=layer)
    assert (cells.counts.toarray() == COUNTS).all()
    assert cells.genes[:2].tolist() == ["g0", "g1"]
    assert cells.signal("cell_type").values[:4].tolist() == ["B", "NK", "T", "B"]
    assert datasets.from_h5ad(path, "score").signal("score").values[7] == pytest.approx(1)
    assert (
        datasets.from_h5ad(path, "X_spatial", layer=layer).signal("X_spatial").partners is not None
    )


def test_a_file_of_anndata_0_7_has_its_categories_beside_the_columns(path):
    with h5py.File(write(path), "r+") as file:
        obs = file["obs"]
        codes = np.arange(N_CELLS) % 3
        del obs["cell_type"]
        obs["cell_type"] = codes.astype("i1")
        obs["__categories/cell_type"] = np.array(["B", "NK", "T"], dtype=h5py.string_dtype())
        obs["cell_type"].attrs["categories"] = obs["__categories/cell_type"].ref
        obs.attrs["encoding-version"] = "0.1.0"
    cells = datasets.from_h5ad(path, "cell_type")
    assert cells.signal("cell_type").values[:4].tolist() == ["B", "NK", "T", "B"]


@pytest.mark.parametrize("table", ["obs", "var", "raw/var", "obsm", "uns"])
def test_what_this_anndata_cannot_read_bars_nothing_else(path, table):
    with h5py.File(write(path, raw=True), "r+") as file:
        new = file[table].create_dataset("when", data=np.arange(N_CELLS))
        new.attrs.update({"encoding-type": "datetime-array", "encoding-version": "0.9.0"})
        if "column-order" in file[table].attrs:
            order = [*file[table].attrs["column-order"], "when"]
            file[table].attrs["column-order"] = np.array(order, dtype=object)
    for layer in ("X", "raw"):
        cells = datasets.from_h5ad(path, "cell_type", layer=layer)
        assert (cells.counts.toarray() == COUNTS).all()
    if table in ("obs", "obsm"):
        with pytest.raises(ValueError, match=rf"{table}/when cannot be read .* update anndata, or"):
            datasets.from_h5ad(path, "when")


OTHER_KINDS = {
    "tenx.h5": (["matrix/data", "matrix/barcodes"], "no h5ad but a 10x .h5 .*read_10x_h5"),
    "old.h5": (["GRCh38/data", "GRCh38/barcodes"], "no h5ad but a 10x .h5 .*read_10x_h5"),
    "a.loom": (["matrix", "layers/spliced", "col_attrs/cell_type"], "but a loom .*read_loom"),
    "a.h5mu": (["mod/rna/X", "obs/x", "var/x"], r"but an h5mu file; .*read_h5mu\('a.h5mu'\).mod"),
    "weights.h5": (["layer/kernel"], "no h5ad file: it has no obs and no var; write one by"),
    "half.h5ad": (["obs/x", "X"], "no h5ad file: it has no var; write one by"),
}


@pytest.mark.parametrize("layer", [None, "spliced"])
@pytest.mark.parametrize("name", OTHER_KINDS)
def test_files_of_other_kinds_are_told_with_the_way_out(tmp_path, name, layer):
    elements, told = OTHER_KINDS[name]
    with h5py.File(tmp_path / name, "w") as file:
        for element in elements:
            file[element] = COUNTS
    with pytest.raises(ValueError, match=told):
        datasets.from_h5ad(tmp_path / name, "cell_type", layer=layer)


def test_folders_are_told(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        datasets.from_h5ad(tmp_path, "cell_type")
    adata = anndata.AnnData(COUNTS, obs=pd.DataFrame(index=NAMES))
    pytest.importorskip("zarr")
    adata.write_zarr(tmp_path / "a.zarr")
    with pytest.raises(ValueError, match=r"no h5ad but a zarr folder; .*read_zarr\('a.zarr'\)"):
        datasets.from_h5ad(tmp_path / "a.zarr", "cell_type")


def test_a_file_that_was_cut_off_is_damaged(path):
    whole = write(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read: it was cut off, or damaged"):
        datasets.from_h5ad(path, "cell_type")


def test_a_file_that_is_being_written_is_not_called_damaged(path):
    program = (
        f"import h5py; f = h5py.File({str(write(path))!r}, 'r+'); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(ValueError, match="is open in a program that writes it: close it there"):
            datasets.from_h5ad(path, "cell_type")
        other.communicate(b"\n")
    assert datasets.from_h5ad(path, "cell_type").n_samples == N_CELLS


def test_a_file_that_may_not_be_read_is_not_called_damaged(path, monkeypatch):
    def denied(*_):  # the tests may run as root, who may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(h5py, "File", denied)
    with pytest.raises(ValueError, match=r"you may not read .*a.h5ad: ask its owner, or copy it"):
        datasets.from_h5ad(path, "cell_type")


def test_the_home_folder_may_be_a_tilde(path, monkeypatch):
    monkeypatch.setenv("HOME", str(write(path).parent))
    assert datasets.from_h5ad("~/a.h5ad", "cell_type").name == "a"


@pytest.mark.parametrize("name", ["X", "X/data", "obs/secret", "layers/secret", "obsm", "uns/x"])
@pytest.mark.parametrize("how", ["link", "storage", "virtual", "gone"])
def test_values_from_another_file_are_refused(path, tmp_path, name, how):
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["values"] = np.arange(N_CELLS, dtype="f4")
    (tmp_path / "secret.txt").write_text("the words of another user" * 100)
    with h5py.File(write(path), "r+") as file:
        if name in file:
            del file[name]
        if how == "link":
            file[name] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/values")
        elif how == "storage":
            place = [(str(tmp_path / "secret.txt"), 0, 4 * N_CELLS)]
            file.create_dataset(name, (N_CELLS,), "f4", external=place)
        else:
            source = str(tmp_path / "secret.h5") if how == "virtual" else "."
            layout = h5py.VirtualLayout((N_CELLS,), "f4")
            layout[:] = h5py.VirtualSource(source, "nowhere", (N_CELLS,))
            file.create_virtual_dataset(name, layout)
    with pytest.raises(ValueError, match=rf"{name} of a.h5ad is not in the file but in .*: put"):
        datasets.from_h5ad(path, "cell_type")
    with pytest.raises(ValueError, match="is not in the file but in"):
        datasets.CountsFile(path)


def test_values_from_elsewhere_in_the_file_are_read(path):
    with h5py.File(write(path, "dense"), "r+") as file:
        file["kept"] = file["X"][()]
        layout = h5py.VirtualLayout(COUNTS.shape, "f4")
        layout[:] = h5py.VirtualSource(".", "kept", COUNTS.shape)
        attributes = dict(file["X"].attrs)
        del file["X"]
        file.create_virtual_dataset("X", layout).attrs.update(attributes)
        file["obs/same"] = h5py.SoftLink("/obs/cell_type")
    assert (datasets.from_h5ad(path, "cell_type").counts.toarray() == COUNTS).all()


DAMAGES = {
    "beyond": ("indices", lambda values: np.where(np.arange(len(values)) == 3, 10**6, values)),
    "negative": ("indices", lambda values: np.where(np.arange(len(values)) == 3, -1, values)),
    "falling": ("indptr", lambda values: values[::-1]),
    "short": ("indptr", lambda values: values[:-1]),
    "far": ("indptr", lambda values: values * 2),
    "few": ("data", lambda values: values[:-1]),
}


@pytest.mark.parametrize("storage", ["csr", "csc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_sparse_matrix_is_refused_in_file_and_memory(path, storage, damage):
    part, change = DAMAGES[damage]
    with h5py.File(write(path, storage), "r+") as file:
        exchange(file, f"X/{part}", change(file[f"X/{part}"][()]))
    with pytest.raises(ValueError, match=r"X of a.h5ad is damaged: its ind.*; take an undamaged"):
        datasets.from_h5ad(path, "cell_type")
    matrix = STORED[storage](COUNTS)
    setattr(matrix, part, change(getattr(matrix, part)))
    with pytest.raises(ValueError, match="X is damaged: its ind"):
        list(counts_file.CountsMatrix("X", matrix).chunks())


HUGE = 10**13


def empty(file, name, shape, dtype="f4"):
    attributes = dict(file[name].attrs) if name in file else {}
    if name in file:
        del file[name]
    file.create_dataset(name, shape, dtype, chunks=tuple(min(n, 100) for n in shape)).attrs.update(
        attributes
    )


@pytest.mark.parametrize(
    ("storage", "name", "shape"),
    [
        ("csr", "obs/_index", (HUGE,)),
        ("csr", "obs/cell_type", (HUGE,)),
        ("csr", "var/_index", (HUGE,)),
        ("dense", "X", (HUGE, N_GENES)),
        ("dense", "X", (N_CELLS, HUGE)),
        ("csr", "attributes", (HUGE, N_GENES)),
        ("csr", "attributes", (N_CELLS, HUGE)),
        ("csc", "attributes", (N_CELLS, HUGE)),
    ],
)
def test_what_a_file_promises_is_weighed_before_it_is_read(path, storage, name, shape):
    with h5py.File(write(path, storage), "r+") as file:
        if name == "attributes":
            file["X"].attrs["shape"] = shape
        else:
            empty(file, name, shape)
    with pytest.raises(ValueError, match=r"needs about \d+.\d GB and this machine|names of"):
        datasets.from_h5ad(path, "cell_type")


def test_a_file_of_anndata_0_6_is_weighed_too(path):
    with h5py.File(path, "w") as file:
        file["X"], file["var"] = COUNTS, np.zeros(N_GENES, [("index", "S4")])
        empty(file, "obs", (HUGE,), [("index", "S4"), ("t", "i4")])
    with pytest.raises(ValueError, match=r"what a.h5ad tells of its cells needs about \d+.\d GB"):
        datasets.from_h5ad(path, "t")


@pytest.mark.parametrize("storage", ["csr", "csc"])
@pytest.mark.parametrize("thin", [None, lambda counts: counts])
def test_a_row_of_too_many_values_is_weighed_before_it_is_read(path, storage, thin):
    with h5py.File(write(path, storage), "r+") as file:
        empty(file, "X/data", (HUGE,))
        empty(file, "X/indices", (HUGE,), "i4")
        exchange(file, "X/indptr", np.where(np.arange(len(file["X/indptr"])) > 0, HUGE, 0))
    with pytest.raises(ValueError, match=r"needs about \d+.\d GB and this machine has"):
        datasets.from_h5ad(path, "cell_type", thin=thin)


ODD = [
    3, "x", np.arange(3), np.zeros((60, 2)), np.zeros((2, 2, 2)), np.full(60, np.nan),
    h5py.Empty("f"), np.array([], "f4"), np.array(["z"] * 60, dtype=h5py.string_dtype()),
]  # fmt: skip


def read_or_refused(path):
    """Read every form of signal and matrix; whatever the file holds, a refusal is in words."""
    for signal, layer in (("cell_type", "X"), ("spatial", "counts"), ("panel", "raw")):
        with contextlib.suppress(ValueError):
            assert datasets.from_h5ad(path, signal, layer=layer).n_samples <= N_CELLS


def rich(path):
    """Write a file with all that can stand in one."""
    adata = anndata.read_h5ad(write(path, raw=True))
    adata.obsm["spatial"] = np.random.default_rng(0).random((N_CELLS, 2))
    adata.obsm["panel"] = pd.DataFrame(adata.obsm["spatial"], index=NAMES, columns=["a", "b"])
    adata.layers["counts"] = COUNTS
    adata.write_h5ad(path)
    return path


@pytest.mark.parametrize("odd", range(len(ODD)))
def test_whatever_stands_in_a_place_is_read_or_refused_in_words(path, odd):
    whole = rich(path).read_bytes()
    with h5py.File(path) as file:
        names: list[str] = []
        file.visit(names.append)
        attributes = [(name, key) for name in names for key in file[name].attrs]
    for name in names[odd % 4 :: 4]:
        path.write_bytes(whole)
        with h5py.File(path, "r+") as file:
            exchange(file, name, ODD[odd])
        read_or_refused(path)
    for name, key in attributes[odd :: 3 * len(ODD)]:
        path.write_bytes(whole)
        with h5py.File(path, "r+") as file:
            file[name].attrs[key] = ODD[odd]
        read_or_refused(path)
        with h5py.File(path, "r+") as file:
            del file[name].attrs[key]
        read_or_refused(path)


def test_a_file_with_flipped_bytes_is_read_or_refused_in_words(path):
    rng = np.random.default_rng(0)
    whole = rich(path).read_bytes()
    for _ in range(20):
        flipped = bytearray(whole)
        flipped[rng.integers(len(whole))] = rng.integers(256)
        path.write_bytes(flipped)
        read_or_refused(path)


def test_a_column_of_another_length_is_refused(path):
    with h5py.File(write(path), "r+") as file:
        exchange(file, "obs/cell_type/codes", np.zeros(7, dtype="i1"))
    with pytest.raises(ValueError, match=r"cell_type of a.h5ad has shape \(7,\), and there are 60"):
        datasets.from_h5ad(path, "cell_type")
