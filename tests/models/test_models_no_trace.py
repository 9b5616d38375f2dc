"""What a fit leaves behind in the process: nothing."""

import random

import numpy as np
import pytest
import torch

from noisescaling import datasets, models
from noisescaling.models.training import alone


@pytest.fixture(params=["SCVI", "RankTransformer", "ProteinLanguageModel", "ImageClassifier"])
def model_and_data(request, cells):
    """A trained model with quick settings, and few observations that it can learn from."""
    if request.param == "ImageClassifier":
        data = datasets.simulate_images(40, side=8, contrast=0.6, seed=1).observations
        settings = {"max_epochs": 1}
    elif request.param == "ProteinLanguageModel":
        data = datasets.simulate_proteins(30, seed=1).sequences
        settings = {"width": 16, "n_heads": 2, "n_steps": 2, "window": 40}
    else:
        data, settings = cells[0][:40], {"max_epochs": 2}
    return models.build(request.param, size="small", device="cpu", **settings), data


def test_fitting_leaves_no_trace(model_and_data, tmp_path, monkeypatch, capfd, recwarn):
    model, data = model_and_data
    monkeypatch.chdir(tmp_path)
    states = torch.get_rng_state(), np.random.get_state()[1], random.getstate()  # noqa: NPY002
    model.fit(data).embed(data)
    assert (torch.get_rng_state() == states[0]).all()
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []


def test_fitting_takes_one_thread_and_gives_the_others_back(model_and_data, monkeypatch):
    model, data = model_and_data
    seen = []
    whole = torch.set_num_threads
    monkeypatch.setattr(torch, "set_num_threads", lambda n: seen.append(n) or whole(n))
    before = torch.get_num_threads()
    model.fit(data).embed(data)
    assert seen[0] == 1
    assert torch.get_num_threads() == before


def fail_after_drawing():
    with alone(1, 0):
        torch.rand(3)
        raise RuntimeError


def test_the_generators_are_restored_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError):
        fail_after_drawing()
    assert (torch.get_rng_state() == before).all()
