"""A model of the user's own by its name, as the page on own models shows it."""

import json
import os
import re
import sys

import papermill
import pytest

from noisescaling import sweep
from noisescaling.sweep.measure import build_model
from study import paths

EXAMPLES = paths.NOTEBOOKS / "examples"
PAGE = (paths.ROOT / "book" / "own_model.md").read_text()


@pytest.fixture
def on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    yield
    sys.modules.pop("own_model", None)


def test_names_are_imported_and_the_size_goes_to_the_librarys_models_alone(on_the_path):
    own, known = sweep.model_recipes(["own_model:SquareRootPCA", "PCA"], "small")
    assert (own.label, own.values) == ("SquareRootPCA", {})
    assert known.values == {"size": "small"}
    assert type(build_model(own, seed=3)).__name__ == "SquareRootPCA"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PCS", "model = 'PCS' is unknown"),
        ("own_model:Gone", "cannot be imported .*Gone.*; give package.module:attribute"),
        ("gone.module:Model", "cannot be imported .*No module named 'gone'"),
        ("own_model:sp.csr_matrix", r"cannot be called with seed \("),
        ("__import__('os'):getcwd", "cannot be imported"),
        ("os:getcwd()", "cannot be imported"),
    ],
)
def test_what_is_no_model_is_refused_and_never_evaluated(on_the_path, name, message):
    with pytest.raises(ValueError, match=message):
        sweep.model_recipes([name])


def test_a_notebook_measures_it_beside_the_librarys(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES), prepend=os.pathsep)
    target = tmp_path / "out.ipynb"
    parameters = {
        "preset": "smoke", "models": "PCA, own_model:SquareRootPCA", "depths": "30, 150, 690",
        "store": str(tmp_path / "points"),
    }  # fmt: skip
    papermill.execute_notebook(
        str(paths.NOTEBOOKS / "your_cells.ipynb"), str(target), parameters, progress_bar=False
    )
    shown = json.dumps(json.loads(target.read_text())["cells"])
    assert "SquareRootPCA, 400 cells" in shown
    table = sweep.ResultsStore(tmp_path / "points").table()
    means = table.groupby("model")["bits"].mean()
    assert (table["status"] == "ok").all()
    assert means["SquareRootPCA"] > 0.5


def test_the_page_shows_the_module_as_it_is():
    included = re.search(r"```\{literalinclude\} (\S+)", PAGE).group(1)
    assert (paths.ROOT / "book" / included).resolve() == EXAMPLES / "own_model.py"
