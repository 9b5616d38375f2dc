"""The notebook for a user's own file, run as a user runs it: by papermill alone."""

import json

import anndata
import numpy as np
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
