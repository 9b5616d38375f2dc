"""The page of embeddings from elsewhere, with files that another program has embedded."""

import json

import anndata
import numpy as np
import pandas as pd
import papermill

from noisescaling import datasets, sweep
from study import paths

NOTEBOOK = str(paths.NOTEBOOKS / "your_embeddings.ipynb")


def test_a_folder_of_embedded_files_gives_curve_law_and_table(tmp_path):
    name = "X_<img src=x onerror=alert(1)>"
    cells = datasets.simulate_cells(200, 30, 400.0, n_types=2)
    whole = datasets.write_h5ad(cells, tmp_path / "mine.h5ad")
    for seed in (0, 1):  # each in a folder of its own
        folder = tmp_path / "out" / str(seed)
        for path in sweep.export_depths(whole, [10, 40, 150, 400], folder, seed=seed):
            adata = anndata.read_h5ad(path)
            adata.obsm[name] = np.log1p(adata.X.toarray())[:, :6]
            adata[: 200 - 10 * seed].write_h5ad(path)
    given = {"folder": str(tmp_path / "out"), "use_rep": name, "n_samples": 5000, "held_out": True,
             "preset": "smoke", "table": str(tmp_path / "table.csv")}  # fmt: skip
    papermill.execute_notebook(NOTEBOOK, str(tmp_path / "o.ipynb"), given, progress_bar=False)
    table = sweep.read_csv(tmp_path / "table.csv")
    assert table[["quality", "seed"]].to_numpy().tolist() == [
        [depth, seed] for depth in (10, 40, 150, 400) for seed in (0, 1)
    ]
    assert set(table["n_measured"]) == {190}
    assert table["message"].iloc[1].startswith("10 of 200 dropped")
    assert table[["n_samples", "held_out", "model"]].iloc[0].tolist() == [5000, True, name]
    files = sorted((tmp_path / "out").rglob("*.h5ad"))
    again = sweep.from_embeddings(files, use_rep=name, signal="cell_type")
    pd.testing.assert_series_equal(table["bits"], again["bits"])
    cells = json.loads((tmp_path / "o.ipynb").read_text())["cells"]
    shown = [o["data"]["text/html"] for c in cells for o in c.get("outputs", [])
             if "text/html" in o.get("data", {})]  # fmt: skip
    assert len(shown) >= 3
    assert "<img" not in "".join(map("".join, shown))
    assert "&lt;img" in "".join(map("".join, shown))
