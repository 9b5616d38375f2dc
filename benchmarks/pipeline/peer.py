"""The peer's side of one curve, piece by piece, with published and with our small settings."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from benchmarks.metric.places import ROOT
from benchmarks.metric.speed import PEER
from benchmarks.pipeline import peer_models
from benchmarks.pipeline.setting import (
    LEAST_BERT_STEPS,
    LEAST_SCVI_EPOCHS,
    MODELS,
    PAIRED_DEPTHS,
    SIGNAL,
    Piece,
    cells,
)
from benchmarks.timing import seconds

from noisescaling import models
from noisescaling._compute import threads

#: Training steps of the BERT that are timed.
STEPS = {"published": 3, "small": 100}


def warm_up() -> None:
    """Import and compile what first use does, so that it does not count."""
    data = peer_models.thinned(PAIRED_DEPTHS[0])[:200].copy()
    peer_models.principal_components(data)
    peer_models.scvi_trainer(data, models.build("SCVI", size="small"), 1)()
    peer_models.bert_seconds(data, models.build("RankTransformer", size="small"), 1)


@threads(1)
def one_depth(depth: float, epochs_of_ours: int) -> list[Piece]:
    """Return what the peer takes at one depth: models as published, and as small as ours.

    `epochs_of_ours` is the number of epochs that our small transformer took.
    """
    return list(_pieces(depth, epochs_of_ours))


def _pieces(depth: float, epochs_of_ours: int) -> Iterator[Piece]:
    data = peer_models.thinned(depth)

    def whole(piece: str, call: Callable[[], object]) -> Piece:
        return Piece("peer", "both", piece, depth, seconds(call), "whole")

    yield whole("thinning", lambda: peer_models.thinned(depth))
    yield whole("RandomProjection", lambda: peer_models.random_projection(data))
    yield whole("PCA", lambda: peer_models.principal_components(data))
    for name in ("small", "published"):
        yield _scvi(data, name, depth)
    small = models.build("RankTransformer", size="small")
    n_training = (1 - small.validation_fraction) * data.n_obs
    n_steps = epochs_of_ours * -(-n_training // small.batch_size)
    yield _bert(data, "small", depth, n_steps, "epochs that ours took")
    yield _bert(data, "published", depth, LEAST_BERT_STEPS, "fewest steps the published rule takes")


def _scvi(data: object, name: str, depth: float) -> Piece:
    published = name == "published"
    settings = models.build("SCVI", size=name)
    epochs = LEAST_SCVI_EPOCHS if published else settings.max_epochs
    train = peer_models.scvi_trainer(data, settings, epochs)
    taken: list[int] = []
    spent = seconds(lambda: taken.append(train()))
    what = "fewest epochs the published rule takes:" if published else "whole"
    return Piece("peer", name, "SCVI", depth, spent, f"{what} {taken[0]}")


def _bert(data: object, name: str, depth: float, n_steps: float, source: str) -> Piece:
    chosen = models.build("RankTransformer", size=name)
    spent = peer_models.bert_seconds(data, chosen, STEPS[name])
    times = n_steps / STEPS[name]
    what = f"{STEPS[name]} training steps"
    return Piece("peer", name, "RankTransformer", depth, spent, what, times, source)


def metric(depth: float) -> Piece:
    """Time one call of latentmi, in its own environment, on principal components; as on the rest.

    The 256 axes of the published transformer, which take longer, count like these 16.
    """
    counts = peer_models.thinned(depth).X.astype(np.int64)
    x, y = cells().signals[SIGNAL].pair(models.PCA().fit(counts).embed(counts))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        np.savez(path, x=x, y=y)
        command = [os.environ[PEER], "-m", "benchmarks.pipeline.latentmi_run", str(path)]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "lib"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    spent = json.loads(done.stdout.splitlines()[-1])["seconds"]
    source = "one call a model"
    return Piece("peer", "both", "metric", depth, spent, "1 call", len(MODELS), source)
