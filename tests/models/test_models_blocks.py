"""PCA from blocks of cells: the same as from all at once, in memory that does not grow."""

import tracemalloc

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from noisescaling import noise
from noisescaling.datasets import counts_file
from noisescaling.datasets.counts_file import CountsFile
from noisescaling.models import PCA
from noisescaling.models.linear import gene_dispersions, leading_genes, log_normalized

SETTINGS = {"n_components": 5, "n_top_genes": 100}


def simulate(n_cells, n_genes=300, seed=1):
    rng = np.random.default_rng(seed)
    rates = rng.gamma(0.5, 2.0, (1, n_genes)) * rng.gamma(2.0, 0.5, (n_cells, n_genes))
    counts = rng.poisson(rates)
    counts[::7] = 0
    counts[:, 5] = 0
    return counts


def test_dispersions_are_those_of_scanpy():
    expression = log_normalized(sp.csr_matrix(simulate(500)), 1e4)
    table = sc.pp.highly_variable_genes(ad.AnnData(expression), flavor="seurat", inplace=False)
    n_cells, n_filled, ours = gene_dispersions([expression[:200], expression[200:]], 1e4)
    assert (n_cells, n_filled) == (500, 428)
    np.testing.assert_allclose(ours, table["dispersions_norm"], rtol=1e-6)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("n_top_genes", [100, 1000])
def test_blocks_give_the_components_of_all_cells(form, n_top_genes):
    counts = simulate(400)
    chosen = {"n_components": 5, "n_top_genes": n_top_genes}
    blocks = [form(counts[:50]), form(counts[50:51]), form(counts[51:])]
    whole, parts = PCA(**chosen).fit(counts), PCA(**chosen).fit_blocks(blocks)
    assert (whole.genes == parts.genes).all()
    np.testing.assert_allclose(parts.variances, whole.variances, rtol=1e-9)
    embedding = np.vstack([parts.embed(block) for block in blocks])
    np.testing.assert_allclose(embedding, whole.embed(counts), atol=1e-7)


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.floats(1, 200), st.integers(5, 60),
    st.lists(st.integers(1, 59), unique=True),
)  # fmt: skip
def test_the_genes_do_not_depend_on_the_blocks_or_the_order_of_cells(seed, depth, n_top, cuts):
    # Shallow cells of few genes: many genes tie, and rounding would decide which are chosen.
    rng = np.random.default_rng(seed)
    rates = rng.gamma(0.5, 2.0, 40) * rng.gamma(2.0, 0.5, (60, 40))
    counts = rng.poisson(depth * rates / rates.sum(axis=1, keepdims=True))
    counts = np.hstack([counts, counts[rng.permutation(60)], counts])
    counts[0, 0] += 1
    chosen = {"n_components": 3, "n_top_genes": n_top}
    whole = PCA(**chosen).fit(counts).genes
    blocks = [sp.csr_matrix(part) for part in np.split(counts, sorted(cuts))]
    assert (PCA(**chosen).fit_blocks(blocks).genes == whole).all()
    assert (PCA(**chosen).fit(counts[rng.permutation(60)]).genes == whole).all()


def test_of_equal_genes_the_first_are_chosen():
    counts = simulate(200, 50)
    expression = log_normalized(sp.csr_matrix(np.hstack([counts, counts])), 1e4)
    dispersion = gene_dispersions([expression], 1e4)[2]
    np.testing.assert_array_equal(dispersion[:50], dispersion[50:])
    best = np.nanargmax(dispersion)
    assert leading_genes(dispersion, 1).tolist() == [best]
    assert leading_genes(dispersion, 2).tolist() == [best, best + 50]


@pytest.mark.parametrize("depth", [3, 7, 1000])
def test_genes_that_are_the_same_in_all_cells_have_no_dispersion(depth):
    rng = np.random.default_rng(depth)
    varying = rng.multinomial(depth, np.full(6, 1 / 6), 200)
    expression = log_normalized(sp.csr_matrix(np.hstack([varying, np.ones((200, 2), int)])), 1e4)
    dispersion = gene_dispersions([expression], 1e4)[2]
    assert np.isnan(dispersion).tolist() == [False] * 6 + [True] * 2
    assert leading_genes(dispersion, 7).tolist() == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ([], "holds no block"),
        ([np.ones((9, 30), int), np.ones((9, 31), int)], "30 and 31 genes"),
        ([np.zeros((9, 30), int)], "all with 0 molecules"),
        ([np.ones((4, 30), int)], "has 4 cells and PCA needs 5"),
        (iter([np.ones((9, 30), int)]), "9 cells at first and 0 then"),
    ],
)
def test_blocks_that_will_not_do_are_refused(blocks, told):
    with pytest.raises(ValueError, match=told):
        PCA(**SETTINGS).fit_blocks(blocks)


def peak_bytes(path):
    """Peak memory of thinning and PCA of a file's cells, in bytes."""
    tracemalloc.start()
    thinned = noise.downsample_blocks(CountsFile(path).chunks, 50.0)
    model = PCA(**SETTINGS).fit_blocks(thinned)
    for block in thinned:
        assert model.embed(block).shape == (block.shape[0], 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_cells_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(counts_file, "CHUNK_VALUES", 20_000)
    peaks = {}
    for n_cells in (500, 2000, 8000):
        path = tmp_path / f"{n_cells}.h5ad"
        ad.AnnData(sp.csr_matrix(simulate(n_cells))).write_h5ad(path)
        peaks[n_cells] = peak_bytes(path)
    # Only where each cell begins grows: 8 bytes a cell and their differences.
    assert peaks[8000] < peaks[2000] + 6000 * 40
    assert peaks[8000] < 1.3 * peaks[2000]
