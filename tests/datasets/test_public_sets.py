"""The public data sets hold what their pages say, where their files are at hand."""

import gzip

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from noisescaling.datasets import public_cells, text_files

#: Cells, genes, labels and the smallest mean depth.
CELL_LINES = {
    "celseq2": (240, 28142, 3, 38000),
    "celseq2_5cl_p1": (156, 15530, 5, 34000),
    "celseq2_5cl_p2": (163, 14049, 5, 26000),
    "celseq2_5cl_p3": (252, 13398, 5, 17000),
    "dropseq": (210, 15127, 3, 26000),
}


def marker(cells, gene):
    """Share of a gene in the molecules of each cell that has a type, by type."""
    signal = cells.signal("cell_type")
    counts = cells.counts[signal.rows]
    share = counts[:, list(cells.genes).index(gene)].toarray().ravel() / counts.sum(axis=1).A1
    return pd.Series(share).groupby(signal.values).mean()


def test_citeseq_has_paired_proteins_and_gated_types(load):
    cells = load("citeseq")
    assert cells.counts.shape == (6855, 4000)
    depths = np.asarray(cells.counts.sum(axis=1)).ravel()
    assert np.median(depths) == 661
    proteins = cells.signal("protein")
    assert proteins.values.shape == (6855, 14)
    assert np.median(np.expm1(proteins.values).sum(axis=1)) == pytest.approx(5619)
    assert set(np.unique(cells.signal("cell_type").values)) == set(public_cells.GATES)
    assert len(cells.signal("cell_type").rows) > 0.9 * 6855
    # The RNA, which the gates did not see, agrees with them.
    found = {gene: marker(cells, gene).idxmax() for gene in ("MS4A1", "CD8A", "GNLY", "LYZ")}
    assert found == {"MS4A1": "B", "CD8A": "CD8 T", "GNLY": "NK", "LYZ": "CD14 monocyte"}
    assert marker(cells, "LST1").idxmax() == "CD16 monocyte"
    assert marker(cells, "IL7R").idxmax() == "CD4 T"


def test_gates_leave_cells_between_the_modes_without_a_type():
    b_cell = {"CD3": 5, "CD4": 5, "CD8a": 20, "CD14": 25, "CD16": 20, "CD19": 500, "CD56": 15}
    table = pd.DataFrame({"b": b_cell, "doublet": b_cell | {"CD3": 2000}})
    assert public_cells.gate(table).tolist() == ["B", ""]


@pytest.mark.parametrize("name", public_cells.CELL_LINES)
def test_cell_lines_are_single_cells_without_spike_ins(load, name):
    cells = load(f"mixology_{name}")
    n_cells, n_genes, n_lines, depth = CELL_LINES[name]
    assert cells.counts.shape == (n_cells, n_genes)
    assert cells.umis_per_cell > depth
    assert len(np.unique(cells.signal("cell_type").values)) == n_lines
    assert not any(gene.startswith("ERCC-") for gene in cells.genes)
    assert any("doublets: left out" in note for note in cells.notes)


def test_mixtures_have_their_known_shares_and_amounts(load):
    wells = load("rna_mixture")
    assert wells.n_samples == 340
    shares = wells.signal("proportions").values
    assert shares.shape == (340, 2)
    assert len(np.unique(wells.signal("mixture").values)) == 7
    pure = wells.signal("mixture").values == "100% H1975"
    assert (shares[pure] == [0, 1]).all()
    amount = wells.signal("amount").values
    assert sorted(set(2**amount)) == pytest.approx([3.75, 7.5, 15, 30])
    # More RNA gives more molecules.
    depth = np.asarray(wells.counts.sum(axis=1)).ravel()
    assert np.corrcoef(amount, np.log2(depth))[0, 1] > 0.5


def test_larry_pairs_early_cells_with_late_sisters(load):
    cells = load("larry")
    assert cells.counts.shape == (781, 2481)
    assert cells.counts.data.min() == 1
    clone = cells.signal("clone")
    days = cells.signal("day").values
    assert len(clone.rows) == 155
    assert (days[clone.rows] < 6).all()
    assert (days[clone.partners] == 6).all()
    assert len(np.unique(np.r_[clone.rows, clone.partners])) == 2 * 155
    labels = dict(zip(*np.unique(cells.signal("time").values, return_counts=True), strict=True))
    assert labels == {"day 2": 34, "day 4": 316, "day 6": 431}


def test_osmfish_pairs_cells_of_one_type_more_often_than_chance(load):
    cells = load("osmfish")
    assert cells.counts.shape == (4076, 33)
    assert cells.notes == ("454 of 4530 cells are copies: left out",)
    types = cells.signal("cell_type").values
    neighbour = cells.signal("neighbour")
    same = np.mean(types[neighbour.rows] == types[neighbour.partners])
    chance = np.square(np.unique(types, return_counts=True)[1] / 4076).sum()
    assert same > chance + 0.1
    counts = cells.counts
    alike = (counts[neighbour.rows] == counts[neighbour.partners]).all(axis=1)
    assert alike.mean() < 0.01


@pytest.mark.parametrize("name", ["mixology_dropseq", "larry", "osmfish"])
def test_a_public_set_tells_its_source_and_licence_and_keeps_its_checksum(load, name, checksum):
    cells = load(name)
    assert "github.com" in cells.source
    assert cells.licence
    assert checksum(cells) == checksum(load(name))


@pytest.mark.parametrize("corner", ["", ",", '"",'])
def test_a_table_of_genes_by_cells_becomes_counts_of_cells_by_genes(tmp_path, corner):
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write(f'{corner}"a","b","c"\n"Actb",0,2,1\n"Gapdh",0.0,0.0,5.0\n')
    counts, genes, cells = public_cells.read_gene_table(path)
    assert counts.toarray().tolist() == [[0, 0], [2, 0], [1, 5]]
    assert (genes.tolist(), cells.tolist()) == (["Actb", "Gapdh"], ["a", "b", "c"])


def test_a_table_with_a_short_line_is_refused(tmp_path):
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write('"a","b","c"\n"Actb",0,2,1\n"Gapdh",0,2\n')
    with pytest.raises(ValueError, match=r"t.csv.gz has 3 cells and 2 counts of gene Gapdh"):
        public_cells.read_gene_table(path)


def test_a_missing_column_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="the table has no column b, c; it has a, d"):
        text_files.require_columns(pd.DataFrame(columns=["a", "d"]), ["a", "b", "c"], "the table")


def test_counts_come_back_from_counts_over_a_factor():
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(1.0, size=(40, 60)))
    scaled = (sp.diags(np.linspace(0.1, 7.3, 40)) @ counts).tocsr().astype(np.float32)
    assert (public_cells.counts_from_normalized(scaled) != counts).nnz == 0
    with pytest.raises(ValueError, match=r"more than 0.25; give counts over a factor of each cell"):
        public_cells.counts_from_normalized(sp.csr_matrix(np.array([[1.0, 1.4]])))


def test_a_cell_of_no_clone_or_of_two_has_no_clone():
    membership = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1]])
    assert public_cells.clone_of(sp.csr_matrix(membership)).tolist() == [1, -1, -1, 2]


def test_unknown_clones_stay_unpaired():
    clones, days = np.array([-1, -1, 0, 0, 0]), np.array([2.0, 6, 2, 6, 6])
    signals = public_cells.lineage_signals(clones, days, np.array(list("abcde")))
    assert signals["clone"].rows.tolist() == [2]
    assert signals["clone"].partners.tolist() in ([3], [4])
