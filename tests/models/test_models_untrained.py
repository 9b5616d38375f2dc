"""An untrained network, the control of a trained one: all of the fit but the training."""

import numpy as np
import pytest
import torch

from noisescaling import datasets, models
from noisescaling.sweep.grid import as_recipe
from noisescaling.sweep.measure import build_model
from noisescaling.sweep.measure import settings_of as model_settings

#: Where a fitted model keeps its network, and quick settings.
LEARNING = {
    "SCVI": (lambda m: m._model.module, {"n_hidden": 16, "max_epochs": 2}),
    "RankTransformer": (lambda m: m._network, {"width": 16, "max_epochs": 2, "warmup_steps": 0}),
    "ProteinLanguageModel": (lambda m: m._network, {"width": 16, "n_steps": 10, "window": 40}),
    "ImageClassifier": (
        lambda m: torch.nn.ModuleList([m._frozen, m._tuned, m._head]),
        {"n_features": 8, "max_epochs": 2},
    ),
}
LINEAR = ["RandomProjection", "PCA", "OneHotPCA", "PixelPCA"]


@pytest.fixture(scope="module")
def data(cells):
    """Few observations of each modality, by the name of the model that takes them."""
    images = datasets.simulate_images(40, side=8, contrast=0.6, seed=1).observations
    proteins = datasets.simulate_proteins(30, seed=1).sequences
    counts = cells[0][:60]
    return {"SCVI": counts, "RankTransformer": counts, "ProteinLanguageModel": proteins,
            "ImageClassifier": images}  # fmt: skip


def build(name, seed=0, **settings):
    return models.build(name, seed, "small", **LEARNING[name][1] | settings)


def weights(name, model):
    return {key: p.detach().clone() for key, p in LEARNING[name][0](model).named_parameters()}


def steps_taken(monkeypatch):
    """Count the steps of any optimizer."""
    taken = []
    for kind in (torch.optim.Adam, torch.optim.AdamW):
        step = kind.step
        monkeypatch.setattr(
            kind, "step", lambda self, *a, _step=step, **k: taken.append(1) or _step(self, *a, **k)
        )
    return taken


@pytest.mark.parametrize("name", list(LEARNING))
def test_an_untrained_network_keeps_the_weights_that_training_starts_from(name, data, monkeypatch):
    taken = steps_taken(monkeypatch)
    seen = data[name]
    untrained = build(name, 3, untrained=True).fit(seen)
    assert taken == [], "costs no training"
    assert untrained.losses == []
    trained = build(name, 3).fit(seen)
    assert taken != []
    nearly = build(name, 3, learning_rate=1e-12).fit(seen)
    start, end = weights(name, untrained), weights(name, trained)
    for key, value in weights(name, nearly).items():
        assert value == pytest.approx(start[key], abs=1e-6)
    assert any((start[key] - end[key]).abs().max() > 1e-3 for key in start)
    assert np.abs(untrained.embed(seen) - trained.embed(seen)).max() > 1e-3


@pytest.mark.parametrize("name", list(LEARNING))
def test_an_untrained_network_embeds_by_its_seed_alone(name, data):
    seen = data[name]
    one, same, other = (build(name, s, untrained=True).fit(seen).embed(seen) for s in (1, 1, 2))
    assert np.isfinite(one).all()
    assert np.ptp(one, axis=0).max() > 0
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize("name", list(LEARNING))
def test_a_recipe_records_that_a_model_is_untrained(name):
    given = as_recipe({"name": name, "size": "small", "untrained": True})
    assert build_model(given, 0).untrained
    assert model_settings(given)["untrained"] is True
    assert model_settings(as_recipe({"name": name}))["untrained"] is False


def test_pretrained_weights_stay_where_a_language_model_is_not_trained():
    label = models.build("ProteinLanguageModel", untrained=True).label
    assert label == "ESM-2 8M, untrained"
    label = models.build("ProteinLanguageModel", size="small", untrained=True).label
    assert label == "ESM-2 architecture from scratch (64 wide), untrained"


@pytest.mark.parametrize("name", LINEAR)
def test_what_trains_no_network_has_no_untrained_control(name):
    with pytest.raises(ValueError, match=f"untrained = True, and {name} trains no network"):
        models.build(name, untrained=True)


@pytest.mark.parametrize("name", list(LEARNING))
def test_untrained_is_yes_or_no(name):
    with pytest.raises(ValueError, match="untrained = 'yes' must be True or False"):
        models.build(name, untrained="yes")
