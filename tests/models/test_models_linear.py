import anndata as ad
import numpy as np
import pytest
import scanpy as sc
import scipy.sparse as sp
import sklearn.decomposition

from noisescaling.models import PCA, RandomProjection
from noisescaling.models.linear import log_normalized


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(1)
    rates = rng.gamma(0.5, 2.0, (1, 300)) * rng.gamma(2.0, 0.5, (80, 300))
    return rng.poisson(rates)


def test_random_projection_is_linear_in_the_counts(counts):
    model = RandomProjection(seed=3).fit(counts)
    embedding = model.embed(counts)
    assert embedding.shape == (80, 16)
    np.testing.assert_allclose(model.embed(counts[:5] + counts[5:10]),
                               embedding[:5] + embedding[5:10])  # fmt: skip
    assert (model.embed(np.zeros((2, 300), int)) == 0).all()


def test_random_projection_keeps_distances_within_the_johnson_lindenstrauss_bound(counts):
    # For n points, k = 4 ln n / (eps^2/2 - eps^3/3) dimensions keep all squared distances to 1+-eps
    # with high probability.
    eps, n = 0.5, len(counts)
    k = int(np.ceil(4 * np.log(n) / (eps**2 / 2 - eps**3 / 3)))
    embedding = RandomProjection(n_components=k).fit(counts).embed(counts)

    def squared(x):
        return ((x[:, None] - x[None]) ** 2).sum(axis=2)[np.triu_indices(n, 1)]

    ratio = squared(embedding) / squared(counts)
    assert 1 - eps < ratio.min() < 0.9
    assert 1.1 < ratio.max() < 1 + eps
    assert ratio.mean() == pytest.approx(1, abs=0.05)


def test_random_projection_depends_on_the_seed_alone(counts):
    one, same = RandomProjection(seed=1).fit(counts), RandomProjection(seed=1).fit(counts[:40])
    assert (one.embed(counts) == same.embed(counts)).all()
    assert (one.embed(counts) != RandomProjection(seed=2).fit(counts).embed(counts)).any()


def scanpy_expression(counts, n_top_genes):
    data = ad.AnnData(sp.csr_matrix(counts.astype(float)))
    sc.pp.normalize_total(data, target_sum=1e4)
    sc.pp.log1p(data)
    sc.pp.highly_variable_genes(data, n_top_genes=n_top_genes)
    return np.flatnonzero(data.var["highly_variable"]), data.X.toarray()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_pca_is_the_scanpy_and_scikit_learn_pipeline(counts, form):
    model = PCA(n_components=5, n_top_genes=100).fit(form(counts))
    genes, expression = scanpy_expression(counts, 100)
    assert (model.genes == genes).all()
    peer = sklearn.decomposition.PCA(5, svd_solver="full").fit(expression[:, genes])
    np.testing.assert_allclose(model.variances * 80 / 79, peer.explained_variance_)
    embedding = model.embed(form(counts))
    np.testing.assert_allclose(abs(embedding), abs(peer.transform(expression[:, genes])), atol=1e-8)
    signs = np.sign(embedding * peer.transform(expression[:, genes]))
    assert (signs == signs[0]).all()


def test_pca_is_that_of_scikit_learn_on_sparse_expression(counts):
    model = PCA(n_components=5, n_top_genes=100).fit(counts)
    expression = log_normalized(sp.csr_matrix(counts), 1e4)[:, model.genes]
    peer = sklearn.decomposition.PCA(5, svd_solver="covariance_eigh").fit(expression)
    signs = np.sign((model.components * peer.components_.T).sum(axis=0))
    np.testing.assert_allclose(model.components * signs, peer.components_.T, atol=1e-10)


def test_pca_places_other_cells_by_the_genes_mean_and_axes_of_the_fit(counts):
    model = PCA(n_components=5, n_top_genes=100).fit(counts[:60])
    assert model.embed(counts)[60:] == pytest.approx(model.embed(counts[60:]), abs=1e-10)
    assert model.embed(counts[:60]).mean(axis=0) == pytest.approx(0, abs=1e-10)
    assert abs(model.embed(counts[60:]).mean(axis=0)).max() > 0.01


def test_pca_keeps_all_genes_where_there_are_few(counts):
    assert (PCA().fit(counts).genes == np.arange(300)).all()


def test_pca_components_beyond_the_rank_are_zero(counts):
    few = counts[np.arange(40) % 4]
    embedding = PCA(n_components=8).fit(few).embed(few)
    assert (embedding.std(axis=0) > 1e-6).tolist() == [True] * 3 + [False] * 5
    assert (embedding[:, 3:] == 0).all()


def test_pca_puts_every_empty_cell_at_one_finite_point(counts):
    thin = counts.copy()
    thin[:30] = 0
    embedding = PCA().fit(thin).embed(thin)
    assert np.isfinite(embedding).all()
    assert (embedding[:30] == embedding[0]).all()
    assert (embedding[30] != embedding[0]).any()


def test_pca_needs_as_many_cells_as_components(counts):
    with pytest.raises(
        ValueError, match=r"data has 9 cells and PCA needs 16 for n_components = 16"
    ):
        PCA().fit(counts[:9])
