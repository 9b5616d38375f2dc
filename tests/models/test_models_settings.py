"""Settings are the constructor's arguments, as scikit-learn knows them."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from noisescaling import models
from noisescaling.models.training import train

ALL = list(models.MODELS)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", ["published", "small"])
def test_scikit_learn_clones_models_with_their_settings_and_unfitted(name, size):
    model = models.build(name, 5, size)
    model.shape = (3,)
    twin = clone(model)
    assert type(twin) is type(model)
    assert twin.get_params() == model.get_params() == {"seed": 5, **model.settings}
    assert not hasattr(twin, "shape")
    assert pickle.loads(pickle.dumps(model)).get_params() == model.get_params()


@pytest.mark.parametrize("name", ALL)
def test_the_constructor_takes_each_setting_by_name_and_no_other(name):
    model = models.MODELS[name]
    assert model(**model().get_params()).settings == model().settings
    with pytest.raises(TypeError, match="unexpected keyword argument 'n_component'"):
        model(n_component=3)


def test_changed_settings_hold_for_the_next_fit():
    counts = np.random.default_rng(0).poisson(3, (40, 30))
    model = models.PCA().fit(counts).set_params(n_components=3)
    assert model.fit(counts).embed(counts).shape == (40, 3)
    same = models.PCA(n_components=3).fit(counts)
    assert (model.embed(counts) == same.embed(counts)).all()
    assert repr(model) == "PCA(seed=0, n_components=3, n_top_genes=750, target_sum=10000.0)"


@pytest.mark.parametrize("name", ALL)
def test_each_setting_has_a_range_wherever_it_is_changed(name):
    model = models.build(name, size="small")
    for setting, value in model.get_params().items():
        if isinstance(value, str) and setting != "weights":
            bad = "no such choice"
        elif isinstance(value, bool):
            bad = 1
        elif isinstance(value, str):
            continue
        else:
            bad = 10**6 if setting == "pooled_layer" else -1
        with pytest.raises(ValueError, match=setting):
            clone(model).set_params(**{setting: bad})
        with pytest.raises(ValueError, match=setting):
            models.MODELS[name](**model.get_params() | {setting: bad})
        changed = clone(model)
        setattr(changed, setting, bad)
        with pytest.raises(ValueError, match=setting):
            changed.fit(None)


def test_an_unknown_setting_is_told():
    with pytest.raises(ValueError, match="n_component"):
        models.PCA().set_params(n_component=3)


class Own(models.Model):
    """A model that shifts depth by a setting."""

    shift: float = 2.0
    way: str = "up"

    def _fit(self, counts):
        self.n_seen = counts.shape[0]

    def _embed(self, counts):
        return counts.sum(axis=1) + self.shift


def test_a_model_is_a_class_with_two_methods():
    model = Own(shift=3.0, seed=2)
    assert model.settings == {"shift": 3.0, "way": "up"}
    assert model.fit([[1, 2], [0, 5]]).embed([[4, 4]]).tolist() == [[11.0]]
    assert clone(model).shift == 3.0
    with pytest.raises(ValueError, match="shift holds 0; every value must be above 0"):
        Own(shift=0.0)
    with pytest.raises(ValueError, match="Own was fitted on 2; give the same genes"):
        model.embed([[1, 2, 3]])


def test_training_that_diverges_says_so():
    import torch

    network = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"held-out loss is nan nats .* smaller learning_rate"):
        train(network, [[], []], lambda loss: loss, lambda: float("nan"), patience=5)


def test_the_best_weights_are_kept_whatever_comes_after():
    import torch

    network, exams = torch.nn.Linear(1, 1, bias=False), iter([3.0, 1.0, 2.0, 2.5, 9.0])
    seen = []

    def epochs():
        for k in range(10):
            with torch.no_grad():
                network.weight.fill_(k)
            seen.append(k)
            yield []

    losses = train(network, epochs(), lambda loss: loss, lambda: next(exams), patience=2)
    assert losses == [3.0, 1.0, 2.0, 2.5]
    assert seen == [0, 1, 2, 3]
    assert network.weight.item() == 1
