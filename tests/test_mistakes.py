"""What people pass by mistake is taken, or refused in words that say what to give."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch

from noisescaling import datasets, fitting, metric, models, noise, sweep

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
UP = X[:, 0] > 0
COUNTS = RNG.poisson(np.where(UP, 2, 5)[:, None], (200, 12))
ADATA = anndata.AnnData(sp.csr_matrix(COUNTS), obs=pd.DataFrame({"up": UP}))
CELLS = datasets.Dataset("mine", COUNTS, {"up": datasets.Signal.of_all("up", UP)})
TAKES_ARRAYS = {
    "x": lambda given: metric.mutual_information(given, UP),
    "y": lambda given: metric.mutual_information(X, given),
    "u": lambda given: fitting.fit_noise_law(given, np.ones(4)),
    "counts": lambda given: noise.downsample(given, 10, np.random.default_rng(0)),
    "data": lambda given: models.build("PCA", n_components=2).fit(given),
}


class Returns:
    """A model that returns nothing when fitted, and what it is told when it embeds."""

    def __init__(self, embedding):
        self.embedding = embedding

    def fit(self, counts):
        self.fitted = True

    def embed(self, counts):
        assert self.fitted
        return self.embedding(counts)


def curve(models_by_name, depths=(20,), **how):
    return sweep.noise_curves(CELLS, models_by_name, depths, **how)


@pytest.mark.parametrize("name", TAKES_ARRAYS)
def test_an_anndata_is_no_array_and_the_error_names_the_matrix_to_give(name):
    with pytest.raises(ValueError, match=rf"{name} is an AnnData; give .* {name}\.X"):
        TAKES_ARRAYS[name](ADATA)


@pytest.mark.parametrize("given", [None, {"a": 1}])
@pytest.mark.parametrize("name", ["x", "y", "u", "counts"])
def test_nothing_and_a_dictionary_are_no_arrays(name, given):
    with pytest.raises(ValueError, match=f"{name} is {type(given).__name__}; give an array"):
        TAKES_ARRAYS[name](given)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.tensor(X, requires_grad=True), torch.tensor(UP)),
        (sp.csr_matrix(X), UP.tolist()),
        (pd.DataFrame(X), np.where(UP, "up", "down").tolist()),
        (X.tolist(), pd.Series(UP)),
    ],
    ids=["torch", "sparse", "table", "lists"],
)
def test_arrays_of_other_libraries_tell_the_same(x, y):
    assert metric.mutual_information(x, y).bits == metric.mutual_information(X, UP).bits


def test_a_seed_may_be_a_whole_number_in_any_type():
    whole = metric.mutual_information(X, UP, seed=1)
    assert metric.mutual_information(X, UP, seed=1.0).bits == whole.bits
    model = models.build("PCA", n_components=2)
    halves = [metric.replicate_information(COUNTS, model, seed=seed).bits for seed in (1, 1.0)]
    assert halves[0] == halves[1]
    assert curve(["PCA"], seeds=[1.0])["bits"].equals(curve(["PCA"], seeds=[1])["bits"])


@pytest.mark.parametrize(
    "noisy",
    [
        lambda rng: noise.downsample(COUNTS, 10, rng),
        lambda rng: noise.split(COUNTS, rng),
        lambda rng: noise.gaussian(np.zeros((2, 4, 4)), 0.1, rng),
        lambda rng: noise.substitute(["MKTA"], 0.1, rng),
    ],
    ids=["downsample", "split", "gaussian", "substitute"],
)
def test_a_seed_is_no_generator(noisy):
    with pytest.raises(ValueError, match=r"rng = 7 is no generator; give numpy\.random\.default"):
        noisy(7)


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (lambda: sweep.noise_curves(ADATA, ["PCA"], [20]), r"AnnData; .*datasets\.from_anndata"),
        (lambda: sweep.noise_curves(pd.DataFrame(X), ["PCA"], [20]), "of type DataFrame; give a"),
        (lambda: curve("PCA"), r"factories = 'PCA' is one text; give a list, \['PCA'\]"),
        (lambda: curve([models.PCA()]), "factories holds models; give names, or a mapping"),
        (lambda: curve({"mine": models.PCA()}), r"factories\['mine'\] is a PCA; give a function"),
        (lambda: curve(["PCA"], 20), r"depths = 20 is no list; give \[20\]"),
        (lambda: curve(["PCA"], seeds=3), r"seeds = 3 is no list; give \[3\]"),
        (lambda: sweep.Sweep(["simulated"], ["PCA"], depths=[20], sizes=50), "sizes = 50 is no li"),
    ],
)
def test_a_curve_of_something_else_is_refused_before_it_is_measured(mistake, told):
    with pytest.raises(ValueError, match=told):
        mistake()


@pytest.mark.parametrize("embed", [lambda c: c[:, :4], lambda c: sp.csr_matrix(c[:, :4])])
def test_a_model_may_return_nothing_from_fit_and_a_sparse_embedding(embed):
    points = curve({"mine": lambda seed: Returns(embed)}, signals="up")
    assert points["status"].tolist() == ["ok"]
    assert 0.5 < points["bits"][0] < 1.1


def test_an_embedding_of_nothing_is_told():
    points = curve({"mine": lambda seed: Returns(lambda counts: None)})
    assert "what Returns.embed returns is NoneType; give an array" in points["message"][0]


@pytest.mark.parametrize("name", ["PCA", "RandomProjection"])
def test_panels_of_few_genes_are_measured_with_the_default_components(name):
    few = datasets.Dataset("few", COUNTS[:, :6], CELLS.signals)
    points = sweep.noise_curves(few, [name], [10])
    assert points["status"].tolist() == ["ok"]
    assert models.build(name).fit(few.counts).embed(few.counts).shape == (200, 6)
    with pytest.raises(ValueError, match=r"data has 6 genes and .* needs 7 for n_components = 7"):
        models.build(name, n_components=7).fit(few.counts)


def test_images_of_few_pixels_are_represented_with_the_default_components():
    few = datasets.simulate_images(60, side=2, n_bits=1).observations
    assert models.build("PixelPCA").fit(few).embed(few).shape == (60, 4)
