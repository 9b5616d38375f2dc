"""The published study's data sets, from small files of the layouts that are made public."""

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp

from study import published_cells as published

N = 40
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(2.0, size=(N, 12)) + np.eye(N, 12, dtype=int)


@pytest.fixture
def pbmc(tmp_path):
    proteins = pd.DataFrame(RNG.integers(5, 60, size=(N, 200)), index=[f"c{i}" for i in range(N)])
    proteins.columns = [f"p{i}" for i in range(200)]
    proteins.iloc[1] = 1  # too few molecules
    proteins.iloc[2, 40:] = 0  # too few proteins
    proteins.iloc[2, :40] = 200
    counts = COUNTS.copy()
    counts[:, -1] = np.where(np.arange(N) == 3, 500, 1)  # one cell is dying
    types = {
        "celltype.l2": ["B"] * N,
        "celltype.l3": np.array(["B naive", "B memory"])[np.arange(N) % 2],
    }
    types["celltype.l2"][0] = "Doublet"
    adata = anndata.AnnData(
        sp.csr_matrix(counts.astype(np.float32)), obs=pd.DataFrame(types, index=proteins.index),
        var=pd.DataFrame(index=[*(f"g{i}" for i in range(11)), "MT-CO1"]),
        obsm={"protein_counts": proteins},
    )  # fmt: skip
    adata.write_h5ad(tmp_path / "pbmc_seurat_v4.h5ad")
    return tmp_path / "pbmc_seurat_v4.h5ad", proteins


def test_blood_cells_pass_the_published_filters(pbmc):
    path, proteins = pbmc
    cells = published.hao_pbmc(path)
    assert cells.n_samples == N - 4
    assert cells.notes == (f"4 of {N} cells do not pass the filters: left out",)
    assert cells.signal("cell_type").values[:2].tolist() == ["B naive", "B memory"]
    assert np.expm1(cells.signal("protein").values) == pytest.approx(proteins.iloc[4:].to_numpy())
    assert published.hao_pbmc(path, n_cells=10).n_samples == 10


def test_another_layout_of_blood_cells_is_refused(pbmc):
    path, _ = pbmc
    adata = anndata.read_h5ad(path)
    del adata.obs["celltype.l3"]
    adata.write_h5ad(path)
    with pytest.raises(ValueError, match=r"'celltype.l3' is neither a column of obs nor"):
        published.hao_pbmc(path)


@pytest.fixture
def larry(tmp_path):
    factors = np.linspace(0.2, 3.0, N)
    write_matrix(tmp_path / "stateFate_inVitro_normed_counts.mtx.gz", COUNTS * factors[:, None])
    membership = np.zeros((N, 25), dtype=int)
    membership[np.arange(N), np.arange(N) // 2] = 1
    membership[0, 1] = 1  # in two clones
    write_matrix(tmp_path / "stateFate_inVitro_clone_matrix.mtx.gz", membership)
    known = pd.DataFrame({"Library": "LK", "Time point": np.tile([2.0, 6.0], N // 2)})
    known["Cell type annotation"] = "Undifferentiated"
    known.to_csv(tmp_path / "stateFate_inVitro_metadata.txt", sep="\t", index=False)
    names = "\n".join(f"Gene{i}" for i in range(12))
    (tmp_path / "stateFate_inVitro_gene_names.txt").write_text(names + "\n")
    return tmp_path


def write_matrix(path, values):
    with gzip.open(path, "wb") as file:
        scipy.io.mmwrite(file, sp.coo_matrix(values))


def test_barcoded_cells_come_back_as_whole_counts_with_their_sisters(larry):
    cells = published.weinreb_larry(larry)
    assert (cells.counts.toarray() == COUNTS).all()
    assert cells.genes.tolist() == [f"Gene{i}" for i in range(12)]
    clone = cells.signal("clone")
    assert clone.rows.tolist() == list(range(2, N, 2))
    assert clone.partners.tolist() == list(range(3, N, 2))
    assert set(cells.signal("time").values) == {"day 2", "day 6"}


def test_barcoded_cells_of_files_that_do_not_fit_are_refused(larry):
    (larry / "stateFate_inVitro_gene_names.txt").write_text("Gene0\n")
    with pytest.raises(ValueError, match=r"normed_counts has shape \(40, 12\), .* 1 genes"):
        published.weinreb_larry(larry)
    (larry / "stateFate_inVitro_metadata.txt").unlink()
    with pytest.raises(ValueError, match=r"neither stateFate_inVitro_metadata.txt nor .*txt.gz in"):
        published.weinreb_larry(larry)


@pytest.fixture
def brain(tmp_path):
    cells = [1101 + 7 * i for i in range(N)]
    columns = {f"Gene{i}": COUNTS[:, i] for i in range(12)} | {"Blank-1": 1}
    table = pd.DataFrame(columns, index=cells)
    table.iloc[5, :12] = 0
    table.to_csv(tmp_path / "cell_by_gene_S1R1.csv")
    places = {"fov": 0, "center_x": np.repeat(np.arange(N // 2), 2) + np.tile([0, 0.1], N // 2)}
    known = pd.DataFrame(places | {"center_y": 0.0}, index=cells)[::-1]
    known.to_csv(tmp_path / "cell_metadata_S1R1.csv")
    return tmp_path / "cell_by_gene_S1R1.csv", tmp_path / "cell_metadata_S1R1.csv"


def test_a_brain_slice_pairs_neighbours_and_leaves_out_controls_and_empty_cells(brain):
    cells = published.vizgen_merfish(*brain)
    filled = np.delete(np.arange(N), 5)
    assert (cells.counts.toarray() == COUNTS[filled]).all()
    assert cells.genes.tolist() == [f"Gene{i}" for i in range(12)]
    pairs = {tuple(filled[[a, b]]) for a, b in zip(cells.signal("neighbour").rows,
             cells.signal("neighbour").partners, strict=True)}  # fmt: skip
    assert pairs == {(i, i + 1) for i in range(0, N, 2) if i != 4} | {(4, 3)}
    assert cells.notes == (f"1 of {N} cells hold no molecule: left out",)


def test_a_brain_slice_with_unplaced_cells_is_refused(brain):
    table, known = brain
    pd.read_csv(known, index_col=0).iloc[3:].to_csv(known)
    with pytest.raises(ValueError, match="cell_metadata lacks 3 of the 39 cells of cell_by_gene"):
        published.vizgen_merfish(table, known)


@pytest.mark.parametrize("with_raw", [True, False])
def test_embryos_carry_their_day(tmp_path, with_raw):
    names = np.array(["E0850", "E1433.3", "P0000", "E0925"])[np.arange(N) % 4]
    obs = pd.DataFrame({"author_day": pd.Categorical(names)}, index=[f"c{i}" for i in range(N)])
    adata = anndata.AnnData(sp.csr_matrix(COUNTS.astype(np.float32)), obs=obs)
    if with_raw:
        adata.raw = adata.copy()
        adata.X = np.log1p(COUNTS)
    adata.write_h5ad(tmp_path / "embryo.h5ad")
    cells = published.qiu_embryo(tmp_path / "embryo.h5ad")
    assert (cells.counts.toarray() == COUNTS).all()
    assert cells.signal("time").values.tolist() == names.tolist()
    assert cells.signal("day").values[:4] == pytest.approx([8.5, 14.333, 19.0, 9.25])
    assert published.qiu_embryo(tmp_path / "embryo.h5ad", n_cells=20).n_samples == 20


@pytest.mark.parametrize(
    ("name", "day"),
    [("E9.25", 9.25), ("E0925", 9.25), ("P0", 19), ("P0000", 19), ("E18.75", 18.75)],
)
def test_a_day_is_read_from_both_spellings(name, day):
    assert published.embryonic_day(name) == day


def test_what_is_no_day_is_refused():
    with pytest.raises(ValueError, match="'TS12' is no day of an embryo; give one such as E0925"):
        published.embryonic_day("TS12")
