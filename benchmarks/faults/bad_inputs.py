"""Bad inputs over the public interface, each with the message that a user sees."""

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from noisescaling import datasets, fitting, metric, models, noise, planning, presets, sweep
from noisescaling.sweep.measure import build_model, load_dataset
from study import notebooks

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(1.0, (50, 20))
EMBEDDED = RNG.standard_normal((60, 3))
U = np.array([10.0, 30.0, 100.0, 300.0, 1000.0])
BITS = fitting.noise_law(U, 100.0, 2.0)
SURFACE = planning.surface_of_parameters({"i_max": 3, "u_snr": 40, "n0": 200, "s": 0.7, "u1": 50})
PRICES = planning.Costs(0.2, per_umi=1e-5)


@dataclass(frozen=True)
class Case:
    """A call that must fail, and what is wrong with it in words."""

    part: str
    wrong: str
    call: Callable[[], Any]


def told(case: Case) -> tuple[str, str]:
    """Return the error's type and message; both empty where the call went through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            case.call()
        except Exception as error:  # whatever comes is what the user sees
            folder = re.escape(tempfile.gettempdir()) + r"/\w+/"
            return type(error).__name__, re.sub(folder, "", str(error))
    return "", ""


def table() -> pd.DataFrame:
    """Try all cases: one row a case, with the error's type and message."""
    rows = [(case.part, case.wrong, *told(case)) for case in cases()]
    return pd.DataFrame(rows, columns=["part", "bad input", "error", "message"])


def cases() -> Iterator[Case]:
    """Return all bad inputs, in the order of the data flow."""
    for part, made in _PARTS.items():
        for wrong, call in made.items():
            yield Case(part, wrong, call)


def _spoilt(value: float) -> np.ndarray:
    """Return an embedding with one bad value."""
    spoilt = EMBEDDED.copy()
    spoilt[3, 1] = value
    return spoilt


def _file(name: str, content: bytes) -> Path:
    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(content)
    return path


def _cut(share: float) -> Path:
    """Return an h5ad file of which only a share was written."""
    whole = datasets.write_h5ad(datasets.simulate_cells(60, 20), _file("cut.h5ad", b""))
    return _file("cut.h5ad", whole.read_bytes()[: int(share * whole.stat().st_size)])


def _cells(**options: Any) -> Any:
    path = datasets.write_h5ad(datasets.simulate_cells(60, 20), _file("mine.h5ad", b""))
    return datasets.from_h5ad(path, **{"signal": "cell_type", **options})


def _normalized() -> Any:
    import anndata

    path = datasets.write_h5ad(datasets.simulate_cells(60, 20), _file("mine.h5ad", b""))
    adata = anndata.read_h5ad(path)
    adata.X = np.log1p(adata.X.toarray())
    adata.write_h5ad(path)
    return datasets.from_h5ad(path, "cell_type")


def _sweep(text: str) -> Any:
    return sweep.read_sweeps(_file("mine.toml", text.encode()))


def _grid(**options: Any) -> Any:
    cells = [sweep.recipe("simulated", n_cells=60, n_genes=20, umis_per_cell=100.0)]
    given = {"datasets": cells, "models": ["PCA"], "depths": [10], **options}
    store = sweep.ResultsStore(tempfile.mkdtemp())
    return sweep.run(sweep.Sweep(**given), store, progress=False)


_PARTS: dict[str, dict[str, Callable[[], Any]]] = {
    "datasets": {
        "a data set that does not exist": lambda: datasets.load("pbmc3k"),
        "fewer than no cells": lambda: datasets.simulate_cells(-5),
        "a negative depth": lambda: datasets.simulate_cells(60, 20, -1.0),
        "a correlation above 1": lambda: datasets.simulate_cells(60, 20, time_correlation=1.2),
        "a file that is not there": lambda: datasets.from_h5ad("gone.h5ad", "cell_type"),
        "a text file as h5ad": lambda: datasets.from_h5ad(_file("a.h5ad", b"cells"), "cell_type"),
        "an empty file as h5ad": lambda: datasets.from_h5ad(_file("a.h5ad", b""), "cell_type"),
        "an h5ad file cut in half": lambda: datasets.from_h5ad(_cut(0.5), "cell_type"),
        "a column that is not there": lambda: _cells(signal="celltype"),
        "a layer that is not there": lambda: _cells(layer="raw_counts"),
        "a kind of signal that is not known": lambda: _cells(kind="sister"),
        "more cells than there are": lambda: _cells(n_cells=1000),
        "a sister outside the data set": lambda: datasets.Dataset(
            "mine", COUNTS, {"clone": datasets.Signal("clone", np.array([0]), partners=[10**6])}
        ),
        "normalized values as counts": _normalized,
        "a FASTA file that is not there": lambda: datasets.from_fasta("gone.fa", "dates.csv"),
    },
    "noise": {
        "negative counts": lambda: noise.downsample(-COUNTS, 5, RNG),
        "fractions as counts": lambda: noise.downsample(COUNTS + 0.5, 5, RNG),
        "NaN among counts": lambda: noise.downsample(np.full((3, 3), np.nan), 5, RNG),
        "counts as a list of words": lambda: noise.downsample(np.array([["a", "b"]]), 5, RNG),
        "counts of one axis": lambda: noise.downsample(COUNTS[0], 5, RNG),
        "a depth above that of the data": lambda: noise.downsample(COUNTS, 1e6, RNG),
        "a depth of 0": lambda: noise.downsample(COUNTS, 0, RNG),
        "a depth of NaN": lambda: noise.downsample(COUNTS, float("nan"), RNG),
        "halves with a share of 1.5": lambda: noise.split(COUNTS, RNG, 1.5),
        "an error rate of 2": lambda: noise.substitute(["MKV", "MKL"], 2.0, RNG),
        "sequences of digits": lambda: noise.substitute(["123"], 0.1, RNG),
    },
    "models": {
        "a model that does not exist": lambda: models.build("UMAP"),
        "a size that does not exist": lambda: models.build("PCA", size="huge"),
        "a setting that does not exist": lambda: models.build("PCA", n_component=8),
        "0 components": lambda: models.build("PCA", n_components=0),
        "a negative seed": lambda: models.build("PCA", seed=-1),
        "embed before fit": lambda: models.build("PCA").embed(COUNTS),
        "more components than genes": lambda: models.build("PCA", n_components=30).fit(COUNTS),
        "other genes at embed than at fit": lambda: (
            models.build("PCA", n_components=4).fit(COUNTS).embed(COUNTS[:, :10])
        ),
        "cells without a molecule": lambda: models.build("PCA").fit(np.zeros((50, 20), int)),
        "code as a model's name": lambda: build_model(sweep.recipe("os:system('ls')"), 0),
        "a class that is no model": lambda: build_model(sweep.recipe("pathlib:Path"), 0),
        "a function that takes no seed": lambda: build_model(sweep.recipe("os:getcwd"), 0),
        "a package that is not installed": lambda: sweep.model_recipes(["my_package:Model"]),
    },
    "metric": {
        "NaN in a representation": lambda: metric.mutual_information(_spoilt(np.nan), EMBEDDED),
        "infinity in a representation": lambda: metric.mutual_information(
            _spoilt(np.inf), EMBEDDED
        ),
        "sides of different length": lambda: metric.mutual_information(EMBEDDED, EMBEDDED[:50]),
        "too few rows": lambda: metric.mutual_information(EMBEDDED[:20], EMBEDDED[:20]),
        "no rows": lambda: metric.mutual_information(EMBEDDED[:0], EMBEDDED[:0]),
        "three axes": lambda: metric.mutual_information(EMBEDDED[:, :, None], EMBEDDED),
        "a class of a single row": lambda: metric.mutual_information(
            EMBEDDED, np.array(["a"] * 59 + ["b"])
        ),
        "words as a representation": lambda: metric.mutual_information(
            EMBEDDED.astype(str), EMBEDDED
        ),
        "a kind of signal that is not known": lambda: metric.mutual_information(
            EMBEDDED, EMBEDDED, signal="ordinal"
        ),
    },
    "sweep": {
        "a file that is not there": lambda: sweep.read_sweeps("gone.toml"),
        "a file that is no TOML": lambda: _sweep("datasets = [pbmc"),
        "a key that does not exist": lambda: _sweep('dataset = ["pbmc68k_reduced"]'),
        "code of another package in a file": lambda: _sweep(
            'datasets = ["os:system"]\nmodels = ["PCA"]\ndepths = [10]'
        ),
        "a data set that does not exist": lambda: load_dataset(sweep.recipe("pbmc")),
        "a signal that does not exist": lambda: _grid(signals=["celltype"]),
        "more cells than there are": lambda: _grid(sizes=[500]),
        "a depth above that of the data": lambda: _grid(depths=[10_000]),
        "no depth": lambda: _grid(depths=[]),
        "a depth twice": lambda: _grid(depths=[10, 10]),
        "0 processes": lambda: sweep.run(
            sweep.Sweep(["pbmc68k_reduced"], ["PCA"], [10]),
            sweep.ResultsStore(tempfile.mkdtemp()),
            n_processes=0,
        ),
        "a store that is a file": lambda: sweep.run(
            sweep.Sweep(["pbmc68k_reduced"], ["RandomProjection"], [10]),
            sweep.ResultsStore(_file("store", b"")),
            progress=False,
        ),
        "a setting that cannot be written down": lambda: sweep.recipe("PCA", n_components={8}),
        "a table that is none": lambda: sweep.read_csv(_file("points.csv", b"a,b\n1,2\n")),
    },
    "fitting": {
        "a quality of 0": lambda: fitting.fit_noise_law([0, 10, 100, 300], [0, 1, 2, 2.1]),
        "NaN among the bits": lambda: fitting.fit_noise_law(U, [*BITS[:4], np.nan]),
        "fewer points than parameters": lambda: fitting.fit_noise_law([10, 100], [1, 2]),
        "points at one quality": lambda: fitting.fit_noise_law([10] * 5, [1, 1.1, 1, 0.9, 1]),
        "sides of different length": lambda: fitting.fit_noise_law(U, BITS[:3]),
        "an interval at a level of 95": lambda: fitting.fit_noise_law(U, BITS).confidence_intervals(
            level=95
        ),
        "bits above the capacity": lambda: fitting.fit_noise_law(U, BITS).quality_for(9.0),
        "a table without qualities": lambda: fitting.fit_curves(
            pd.DataFrame({"model": ["a"] * 5, "bits": BITS}), "model"
        ),
        "a column that is not there": lambda: fitting.fit_curves(
            pd.DataFrame({"u": U, "bits": BITS}), "model"
        ),
        "a loss that is not known": lambda: fitting.fit_noise_law(U, BITS, loss="cauchy"),
        "cells below 0": lambda: fitting.fit_cell_law([-1, 10, 100, 1000], [0, 1, 2, 2.1]),
    },
    "planning": {
        "a negative price": lambda: planning.Costs(-1.0, per_umi=1e-5),
        "no price of depth": lambda: planning.plan(SURFACE, planning.Costs(1.0), 100),
        "a budget below one cell": lambda: planning.plan(SURFACE, PRICES, 0.001),
        "a budget of NaN": lambda: planning.plan(SURFACE, PRICES, float("nan")),
        "bits above the capacity": lambda: planning.cheapest(SURFACE, PRICES, 9.0),
        "a level of 95": lambda: planning.plan(SURFACE, PRICES, 100, level=95),
        "a parameter that is lacking": lambda: planning.surface_of_parameters({"i_max": 3}),
        "a law written badly": lambda: planning.named_numbers("own", "i_max=three"),
        "usable reads above 1": lambda: planning.Library(20_000, 1.5),
    },
    "notebooks": {
        "a notebook that does not exist": lambda: notebooks.execute("quickest"),
        "a parameter that does not exist": lambda: notebooks.execute("quickstart", {"dephts": "1"}),
        "a word for a number": lambda: notebooks.execute("quickstart", {"seed": "seven"}),
        "a fraction for a whole number": lambda: notebooks.execute("quickstart", {"seed": "3.7"}),
        "a preset that does not exist": lambda: presets.pick("fast", 0, smoke=1, laptop=2, paper=3),
        "a list with a word in it": lambda: presets.numbers("depths", "10, many"),
        "an empty list": lambda: presets.words("models", " , "),
    },
}
