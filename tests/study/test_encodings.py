"""Transforms and ranks of counts: definitions by hand, invariances, what is left out."""

import numpy as np
import pytest
import scipy.sparse as sp

from study.encodings import RankProjection, TransformedPCA

COUNTS = np.array([[4.0, 1.0, 0.0], [2.0, 2.0, 4.0], [0.0, 3.0, 1.0], [8.0, 0.0, 8.0]])


@pytest.fixture
def cells():
    return np.random.default_rng(0).poisson(2.0, (60, 20)).astype(float)


def test_transforms_are_their_formulas():
    for transform, change in (("none", np.asarray), ("sqrt", np.sqrt), ("log", np.log1p)):
        own = TransformedPCA(transform=transform, scale=0, n_top_genes=3, n_components=2)
        values = own.fit(COUNTS)._values(sp.csr_matrix(COUNTS))
        np.testing.assert_allclose(values, change(COUNTS))


def test_a_scaled_cell_has_the_molecules_that_it_is_scaled_to(cells):
    for scale, molecules in ((10_000.0, 10_000.0), (-1.0, cells.sum(axis=1).mean())):
        own = TransformedPCA(transform="none", scale=scale, n_top_genes=20).fit(cells)
        np.testing.assert_allclose(own._values(sp.csr_matrix(cells)).sum(axis=1), molecules)


def test_scaled_transforms_do_not_see_depth_and_unscaled_ones_do(cells):
    for transform in ("sqrt", "log"):
        scaled = TransformedPCA(transform=transform, scale=-1, n_top_genes=20).fit(cells)
        np.testing.assert_allclose(scaled.embed(cells), scaled.embed(3 * cells))
        plain = TransformedPCA(transform=transform, scale=0, n_top_genes=20).fit(cells)
        assert np.abs(plain.embed(cells) - plain.embed(3 * cells)).max() > 0.1


def test_pearson_residuals_are_those_of_scanpy(cells):
    anndata, scanpy = pytest.importorskip("anndata"), pytest.importorskip("scanpy")
    table = anndata.AnnData(cells.copy())
    scanpy.experimental.pp.normalize_pearson_residuals(table, check_values=False)
    own = TransformedPCA(transform="pearson", scale=0, n_top_genes=20).fit(cells)
    np.testing.assert_allclose(own._values(sp.csr_matrix(cells)), table.X, atol=1e-6)


def test_genes_are_those_of_most_variance_over_mean(cells):
    cells[:, 7] *= np.where(np.arange(60) % 2, 5, 0)
    own = TransformedPCA(n_top_genes=1, n_components=1).fit(cells)
    assert own._genes.tolist() == [7]


def test_components_are_no_more_than_cells_or_genes():
    assert TransformedPCA(n_top_genes=3).fit(COUNTS).embed(COUNTS).shape == (4, 3)


def test_ranks_fall_from_one_with_the_excess_of_a_gene():
    own = RankProjection(n_components=5).fit(COUNTS)
    own._axes = np.eye(3)  # the ranks themselves
    ranks = own.embed(COUNTS)
    shares = COUNTS / COUNTS.sum(axis=1, keepdims=True)
    medians = [np.median(column[column > 0]) for column in shares.T]
    for row, share in enumerate(shares):
        there = np.flatnonzero(share)
        order = there[np.argsort(-(share / medians)[there], kind="stable")]
        np.testing.assert_allclose(ranks[row, order], 1 - np.arange(len(order)) / len(order))
        assert not ranks[row, share == 0].any()


def test_only_the_first_genes_count(cells):
    own = RankProjection(max_genes=4).fit(cells)
    own._axes = np.eye(20)
    assert ((own.embed(cells) > 0).sum(axis=1) == 4).all()


def test_ranks_do_not_see_depth_and_the_seed_decides_the_axes(cells):
    own = RankProjection(seed=1).fit(cells)
    np.testing.assert_allclose(own.embed(cells), own.embed(7 * cells))
    other = RankProjection(seed=2).fit(cells)
    assert np.abs(own.embed(cells) - other.embed(cells)).max() > 0.1


def test_a_cell_without_molecules_embeds_to_finite_numbers(cells):
    cells[0] = 0
    for model in (RankProjection(), *(TransformedPCA(transform=t) for t in ("log", "pearson"))):
        assert np.isfinite(model.fit(cells).embed(cells)).all()
    assert not RankProjection().fit(cells).embed(cells)[0].any()
