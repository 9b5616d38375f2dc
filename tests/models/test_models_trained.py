"""What both trained models promise: learning, other cells, empty cells, seeds, silence."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from noisescaling import models
from noisescaling._compute import device_of

QUICK = {
    "SCVI": {"n_hidden": 32, "n_latent": 4, "max_epochs": 30, "batch_size": 64},
    "RankTransformer": {"width": 32, "feed_forward": 32, "max_tokens": 24, "max_epochs": 12},
}


def build(name, seed=0, **settings):
    return models.build(name, seed, size="small", device="cpu", **QUICK[name] | settings)


def with_empty_cells(counts):
    return np.vstack([counts, np.zeros((3, counts.shape[1]), int)])


@pytest.fixture(scope="module", params=list(QUICK))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def fitted(name, cells):
    """A model fitted on the first 150 cells and three empty ones."""
    return build(name).fit(with_empty_cells(cells[0][:150]))


def test_planted_types_are_told_apart_in_cells_that_the_fit_never_saw(fitted, cells, accuracy):
    counts, labels = cells
    assert accuracy(fitted.embed(counts), labels) > 0.9


def test_training_lowers_the_held_out_loss_and_keeps_the_best(fitted):
    assert min(fitted.losses) < fitted.losses[0]
    assert len(fitted.losses) <= fitted.max_epochs


def test_empty_cells_share_one_finite_point_and_leave_the_fit_unchanged(name, fitted, cells):
    counts = cells[0]
    embedding = fitted.embed(with_empty_cells(counts))
    assert np.isfinite(embedding).all()
    assert embedding[-3:] == pytest.approx(np.broadcast_to(embedding[-1], (3, embedding.shape[1])))
    without = build(name).fit(counts[:150]).embed(counts)
    assert without == pytest.approx(embedding[:-3], abs=1e-5)


def test_a_cell_embeds_the_same_whatever_its_company(fitted, cells):
    counts = cells[0]
    assert fitted.embed(counts[:7]) == pytest.approx(fitted.embed(counts)[:7], abs=1e-5)


def test_the_same_seed_gives_the_same_bits_dense_or_sparse_and_another_seed_others(name, cells):
    counts = cells[0][:60]
    one, same = build(name, 5).fit(counts), build(name, 5).fit(sp.csr_matrix(counts))
    assert (one.embed(counts) == same.embed(counts)).all()
    assert (one.embed(counts) != build(name, 6).fit(counts).embed(counts)).any()


@pytest.mark.parametrize(
    ("limit", "n_epochs"), [(0, 12), (1, 1), (1080, 1), (2159, 1), (2160, 2), (10**9, 12)]
)
def test_genes_read_are_limited_by_whole_epochs_of_which_there_is_one(limit, n_epochs, cells):
    # Of 50 cells 5 are held out, and each of the others is read as 24 genes: 1,080 an epoch.
    model = build("RankTransformer", max_genes_read=limit, patience=99, learning_rate=1e-5)
    assert len(model.fit(cells[0][:50]).losses) == n_epochs


def test_a_sentence_is_made_of_the_genes_in_use_alone(cells):
    counts = cells[0][:60].copy()
    model = build("RankTransformer", n_top_genes=20).fit(counts)
    assert model.genes.shape == model.medians.shape == (20,)
    before = model.embed(counts)
    counts[:, np.delete(np.arange(60), model.genes)] = 7
    assert (model.embed(counts) == before).all()
    assert len(build("RankTransformer", n_top_genes=0).fit(counts).genes) == 60


@pytest.mark.parametrize("untrained", [False, True])
def test_too_few_cells_with_the_genes_in_use_are_refused(untrained):
    told = r"1 cells hold one of the n_top_genes = 1 genes in use and RankTransformer needs 10"
    with pytest.raises(ValueError, match=told):
        build("RankTransformer", n_top_genes=1, untrained=untrained).fit(np.eye(12, dtype=int))


@pytest.mark.parametrize("n_cells", [10, 11, 33, 65, 81, 129])
def test_scvi_never_makes_a_batch_of_one_cell(n_cells, cells):
    counts = cells[0][:n_cells]
    model = build("SCVI", n_hidden=8, n_latent=2, max_epochs=1, batch_size=32)
    assert np.isfinite(model.fit(counts).embed(counts)).all()


def test_too_few_cells_with_molecules_are_refused(name, cells):
    counts = with_empty_cells(cells[0][:9])
    with pytest.raises(ValueError, match=rf"data has 9 cells with molecules and {name} needs 10"):
        build(name).fit(counts)


@pytest.mark.parametrize("depth", [0.5, 2.0])
def test_deeply_thinned_cells_stay_finite(name, cells, depth):
    counts = np.random.default_rng(0).binomial(cells[0], depth / 200)
    assert (counts.sum(axis=1) == 0).any()
    assert np.isfinite(build(name).fit(counts).embed(counts)).all()


@pytest.mark.parametrize("name_", list(QUICK))
def test_training_stops_early_with_the_best_weights_and_says_nothing(name_, capfd):
    counts = np.random.default_rng(0).poisson(0.5, (60, 30))
    setting = {"max_epochs": 80, "patience": 2, "learning_rate": 3e-2, "device": "cpu"}
    losses = models.build(name_, size="small", **setting).fit(counts).losses
    assert len(losses) < 80
    assert len(losses) - 1 - int(np.argmin(losses)) >= 2
    assert capfd.readouterr() == ("", "")


def test_a_missing_device_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("auto") == "cpu"
    with pytest.raises(ValueError, match=r"device = 'cuda', but torch finds 0 CUDA devices; give"):
        device_of("cuda")


@pytest.mark.parametrize("name_", list(QUICK))
def test_waiting_longer_for_a_gain_that_does_not_come_changes_nothing(name_):
    """The weights that are kept are those of the best epoch, not of the last."""
    counts = np.random.default_rng(0).poisson(0.5, (60, 30))
    setting = {"max_epochs": 80, "learning_rate": 3e-2}
    short, long = (build(name_, patience=n, **setting).fit(counts) for n in (10, 13))
    assert np.argmin(short.losses) == np.argmin(long.losses)
    assert len(long.losses) > len(short.losses)
    assert (short.embed(counts) == long.embed(counts)).all()
