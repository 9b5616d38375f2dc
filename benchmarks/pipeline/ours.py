"""Our side of one curve: thinning, four models with small settings, and the metric."""

import time
from collections.abc import Iterator

import numpy as np
from benchmarks.pipeline.setting import MODELS, SIGNAL, Piece, cells

from noisescaling import datasets, models, noise
from noisescaling._compute import threads
from noisescaling.metric import mutual_information


def warm_up() -> None:
    """Import and compile what first use does, so that it does not count."""
    few = datasets.simulate_cells(100, 50, seed=0)
    for name, quick in {"PCA": {}, "SCVI": {"max_epochs": 1}, "RankTransformer": {}}.items():
        model = models.build(name, size="small", **quick)
        mutual_information(*few.signals[SIGNAL].pair(model.fit(few.counts).embed(few.counts)))


@threads(1)
def one_depth(depth: float) -> list[Piece]:
    """Return what each piece takes at one depth; of trained models also the number of epochs."""
    return list(_pieces(depth))


def _pieces(depth: float) -> Iterator[Piece]:
    start = time.process_time()
    counts = noise.downsample(cells().counts, depth, np.random.default_rng(0))
    yield Piece("ours", "small", "thinning", depth, time.process_time() - start, "whole")
    spent = 0.0
    for name in MODELS:
        size = "small" if name in ("SCVI", "RankTransformer") else "published"
        start = time.process_time()
        model = models.build(name, seed=0, size=size).fit(counts)
        embedding = model.embed(counts)
        between = time.process_time()
        mutual_information(*cells().signals[SIGNAL].pair(embedding), seed=0)
        spent += time.process_time() - between
        epochs = len(getattr(model, "losses", ())) or ""
        yield Piece("ours", "small", name, depth, between - start, f"whole {epochs}".strip())
    yield Piece("ours", "small", "metric", depth, spent, "whole, four models")
