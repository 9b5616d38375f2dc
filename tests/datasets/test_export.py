import anndata
import numpy as np
import pytest

from noisescaling import datasets
from noisescaling.datasets.dataset import Dataset, Signal


def test_a_data_set_comes_back_from_its_file(tmp_path):
    cells = datasets.simulate_cells(60, 30)
    path = datasets.write_h5ad(cells, tmp_path / "cells.h5ad")
    for name in ("cell_type", "time", "protein"):
        back = datasets.from_h5ad(path, name)
        assert (back.counts.toarray() == cells.counts).all()
        assert back.genes.tolist() == cells.genes.tolist()
        assert (back.signal(name).values == cells.signal(name).values).all()
    assert set(anndata.read_h5ad(path).obs) == {"cell_type", "time"}


def test_cells_without_a_value_stay_without_one(tmp_path):
    label = Signal("label", np.array([0, 1, 2, 4]), np.array(["a", "b", "a", "b"]))
    panel = Signal("panel", np.array([1, 3]), np.array([[1.0, 2], [3, 5]]))
    cells = Dataset("x", np.eye(5, dtype=int), {"label": label, "panel": panel})
    path = datasets.write_h5ad(cells, tmp_path / "x.h5ad")
    with pytest.warns(UserWarning, match="1 of 5 cells have no label"):
        back = datasets.from_h5ad(path, "label")
    assert (back.counts.toarray() == np.eye(5)[[0, 1, 2, 4]]).all()
    assert np.isnan(anndata.read_h5ad(path).obsm["panel"][[0, 2, 4]]).all()
    assert back.genes.tolist() == ["0", "1", "2", "3", "4"]
