"""The notebook for a user's own file, run as a user runs it: by papermill alone."""

import json

import anndata
import numpy as np
import pandas as pd
import papermill
import pytest

from noisescaling import datasets
from study import paths

SOURCE = str(paths.NOTEBOOKS / "your_cells.ipynb")


@pytest.fixture
def file(tmp_path):
    """Write cells with normalized values in X and their counts in a layer."""
    path = datasets.write_h5ad(datasets.simulate_cells(160, 40), tmp_path / "mine.h5ad")
    adata = anndata.read_h5ad(path)
    adata.layers["counts"] = adata.X.copy()
    adata.X = np.log1p(adata.X.toarray())
    adata.obs.loc[adata.obs_names[:7], "cell_type"] = np.nan
    adata.write_h5ad(path)
    return path


def run(tmp_path, **parameters):
    target = tmp_path / "out.ipynb"
    papermill.execute_notebook(SOURCE, str(target), parameters, progress_bar=False)
    cells = json.loads(target.read_text())["cells"]
    return [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]


def test_a_users_file_gives_curve_law_and_needed_depth(file, tmp_path):
    outputs = run(
        tmp_path, path=str(file), layer="counts", preset="smoke", models="RandomProjection",
        depths="30, 100, 300, 900", sizes="40, 76", information=0.4, store=str(tmp_path / "kept"),
    )  # fmt: skip
    shown = "".join(json.dumps(o.get("data", o.get("text", {}))) for o in outputs)
    assert "mine: 153 cells, 40 genes" in shown
    assert "text/markdown" not in shown, "names of a file become markup of the page"
    assert "7 of 160 cells have no cell_type" in shown
    assert "image/png" in shown
    for word in ("noise sensitivity", "needs (UMIs per cell)", "RandomProjection, 40 cells"):
        assert word in shown
    assert len((tmp_path / "kept" / "points.jsonl").read_text().splitlines()) == 8


def test_normalized_values_are_refused_with_the_layer_to_give(file, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="give layer='counts'"):
        run(tmp_path, path=str(file), preset="smoke")


def told(outputs):
    return "".join(json.dumps(o.get("data", o.get("text", {}))) for o in outputs)


@pytest.mark.parametrize(("mean", "n_genes"), [(0.8, 60), (3.0, 8)])
def test_shallow_data_and_few_genes_are_measured_with_the_default_depths(tmp_path, mean, n_genes):
    cells = datasets.simulate_cells(700, max(n_genes, 20), mean, seed=0)
    path = datasets.write_h5ad(cells, tmp_path / "few.h5ad")
    anndata.read_h5ad(path)[:, :n_genes].copy().write_h5ad(path)
    outputs = run(tmp_path, path=str(path), preset="smoke", held_out="0.5")
    assert f"few: 700 cells, {n_genes} genes" in told(outputs)
    assert "cell_type: 4 labels of 700, 2.00 bits of entropy" in told(outputs)
    assert "points failed" not in told(outputs)


def test_without_a_signal_halves_tell_the_depth_where_signal_equals_noise(tmp_path):
    path = datasets.write_h5ad(datasets.simulate_cells(400, 40, 400), tmp_path / "mine.h5ad")
    outputs = run(
        tmp_path, path=str(path), signal="", preset="smoke", models="PCA",
        depths="20, 60, 150, 390", table=str(tmp_path / "points.csv"),
    )  # fmt: skip
    assert "quality at which signal equals noise (UMIs per cell)" in told(outputs)
    assert "PCA, 200 cells" in told(outputs)
    points = pd.read_csv(tmp_path / "points.csv")
    assert set(points["signal"]) == {"replicate"}
    assert points["bits"].iloc[-1] > points["bits"].iloc[0] + 0.3


def test_neighbours_of_several_sections_are_told(tmp_path):
    cells = datasets.simulate_cells(200, 40, 100)
    path = datasets.write_h5ad(cells, tmp_path / "tissue.h5ad")
    adata = anndata.read_h5ad(path)
    adata.obsm["spatial"] = np.random.default_rng(0).random((200, 2))
    adata.obs["slice"] = np.arange(200) % 2
    adata.write_h5ad(path)
    given = {"path": str(path), "signal": "spatial", "preset": "smoke", "models": "PCA"}
    shown = told(run(tmp_path, **given, depths="10, 30, 90"))
    assert "neighbours are of one slice each (2 of them)" in shown
    assert " pairs" in shown
