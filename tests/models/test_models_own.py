"""What a model of a user's own may do: take the names of genes, drop cells; and the check of it."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from noisescaling import datasets, models, sweep
from noisescaling.models.own import call, represent

GENES = np.array([f"g{k}" for k in range(20)])


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    return sp.csr_matrix(rng.poisson(rng.gamma(2.0, 2.0, (1, 20)), (60, 20)))


class Plain:
    """Logarithms of counts; the base of models with a fault."""

    def __init__(self, seed=0):
        self.seed = seed

    def fit(self, data):
        return self

    def embed(self, data):
        return np.log1p(data.toarray())


class Named(Plain):
    """Counts of the genes whose name is even."""

    def fit(self, data, genes):
        self.genes = genes[::2]
        return self

    def embed(self, data, genes=None):
        return super().embed(data)[:, np.isin(genes, self.genes)]


class Drops(Plain):
    """Leaves out cells with few molecules."""

    def embed(self, data):
        kept = np.asarray(data.sum(axis=1)).ravel() >= 70
        return super().embed(data)[kept], np.flatnonzero(kept)


def test_genes_go_to_models_that_take_them(counts):
    model = call(Named().fit, counts, GENES)
    assert model.genes.tolist() == GENES[::2].tolist()
    assert represent(model, counts, GENES)[0].shape == (60, 10)
    assert represent(Plain(), counts, GENES)[0].shape == (60, 20)
    with pytest.raises(ValueError, match=r"Named\.fit takes the names of the genes, and the"):
        call(Named().fit, counts, None)


@pytest.mark.parametrize("as_mask", [False, True])
@pytest.mark.parametrize("order", [[3, 7, 12], [12, 3, 7]])
def test_kept_rows_come_in_order_with_their_embedding(counts, order, as_mask):
    class Some(Plain):
        def embed(self, data):
            rows = np.isin(np.arange(60), order) if as_mask else np.array(order)
            return super().embed(data)[rows], rows

    embedding, kept = represent(Some(), counts)
    assert kept.tolist() == [3, 7, 12]
    assert (embedding == np.log1p(counts.toarray())[[3, 7, 12]]).all()


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ([1, 1], "keeps 2 rows, 1 of them different"),
        ([0, 60], "from 0 to 60; name each once, from 0 to 59"),
        ([-1, 3], "from -1 to 3; name each once"),
        ([1, 2, 3], "embeds 3 rows as 2; embed must return one row for each, or a pair"),
        ([True, False], "embeds 2 rows as 2|embed must return one row for each"),
    ],
)
def test_kept_rows_that_cannot_be_are_refused(counts, kept, told):
    class Odd(Plain):
        def embed(self, data):
            return np.zeros((2 if len(kept) != 2 or kept[0] is not True else 1, 3)), kept

    with pytest.raises(ValueError, match=told):
        represent(Odd(), counts)


def two_types(n=400):
    rng = np.random.default_rng(1)
    types = np.repeat(["a", "b"], n // 2)
    shares = 1 + 2.0 * ((np.arange(20) % 2 == 0) == (types == "a")[:, None])
    signal = datasets.Signal("type", np.arange(n), types)
    counts = rng.poisson(70 * rng.gamma(5, 0.2, (n, 1)) * shares / shares.sum(axis=1)[:, None])
    return datasets.Dataset("two types", counts, {"type": signal}, genes=GENES)


def test_a_sweep_gives_genes_and_measures_the_cells_that_are_kept():
    data = two_types()
    data = replace(data, observed=sp.csr_matrix(data.counts))
    factories = {"Plain": Plain, "Named": Named, "Drops": Drops}
    depth = data.umis_per_cell
    table = sweep.noise_curves(data, factories, [depth], [0]).set_index("model")
    assert (table["status"] == "ok").all()
    assert table.loc["Named", "bits"] > 0.5
    n = int(table.loc["Plain", "n_measured"])
    kept = int(table.loc["Drops", "n_measured"])
    assert 20 < kept < n
    assert table.loc["Drops", "message"] == f"the model dropped {n - kept} rows"
    assert table.loc["Plain", "message"] == ""
    nameless = sweep.noise_curves(replace(data, genes=None), {"Named": Named}, [depth], [0])
    assert nameless["status"].tolist() == ["failed"]
    assert "takes the names of the genes" in nameless["message"][0]


@pytest.mark.parametrize("name", models.MODELS)
def test_the_librarys_models_embed_each_row_by_itself(name, counts):
    quick = {
        "SCVI": {"max_epochs": 1}, "RankTransformer": {"max_epochs": 1, "width": 16},
        "ProteinLanguageModel": {"n_steps": 2, "width": 16}, "ImageClassifier": {"max_epochs": 1},
    }  # fmt: skip
    data = {
        "images": datasets.simulate_images(40, side=8, contrast=0.6, seed=1).observations,
        "protein sequences": datasets.simulate_proteins(40, seed=1).sequences,
        "single cells": counts,
    }[models.MODELS[name].modality.name]
    model = models.build(name, size="small", **quick.get(name, {})).fit(data)
    assert 0 <= models.check_embedding(model, data) < 1e-4


def test_dropping_by_what_a_cell_holds_and_names_of_genes_pass(counts):
    assert models.check_embedding(Drops(), counts) == 0
    assert models.check_embedding(call(Named().fit, counts, GENES), counts, genes=GENES) == 0


class Centred(Plain):
    def embed(self, data):
        x = super().embed(data)
        return x - x.mean(axis=0)


class Chunked(Plain):
    """Scales each chunk of 25 cells by its deepest."""

    def embed(self, data):
        parts = np.split(super().embed(data), range(25, data.shape[0], 25))
        return np.vstack([part / part.max() for part in parts])


class Placed(Plain):
    """Adds the number of the row, as a table joined by position does."""

    def embed(self, data):
        return super().embed(data) + np.arange(data.shape[0])[:, None]


class Drawn(Plain):
    def fit(self, data):
        self.rng = np.random.default_rng(self.seed)
        return self

    def embed(self, data):
        return super().embed(data) + 0.1 * self.rng.standard_normal((data.shape[0], 1))


class HalfDropped(Plain):
    """Leaves out the cells below the median depth of their company."""

    def embed(self, data):
        depth = np.asarray(data.sum(axis=1)).ravel()
        kept = np.flatnonzero(depth >= np.median(depth))
        return super().embed(data)[kept], kept


class Broken(Plain):
    def embed(self, data):
        x = super().embed(data)
        x[0, 0] = np.nan
        return x


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Centred, r"Centred embeds a row [\d.]+ spreads away 20 rows alone, and tolerance = 0.001"),
        (Chunked, r"Chunked embeds a row [\d.]+ spreads away in another order"),
        (Placed, r"Placed embeds a row [\d.]+ spreads away in another order"),
        (Drawn, r"Drawn embeds a row [\d.]+ spreads away once more"),
        (HalfDropped, r"HalfDropped keeps \d+ of 20 rows 20 rows alone and \d+ of them whole"),
        (Broken, r"embedding by Broken holds 1 NaN or infinite values of 1200"),
    ],
)
def test_an_embedding_that_depends_on_its_company_is_noticed(model, told, counts):
    with pytest.raises(ValueError, match=told):
        models.check_embedding(model().fit(counts), counts)


def test_the_tolerance_is_in_spreads_of_the_embedding(counts):
    class Tiny(Plain):
        def embed(self, data):
            x = 1e-6 * super().embed(data)
            return x + 1e-8 * (x - x.mean(axis=0))

    assert 1e-10 < models.check_embedding(Tiny(), counts) < 1e-7
    with pytest.raises(ValueError, match="tolerance = 1e-12"):
        models.check_embedding(Tiny(), counts, tolerance=1e-12)
