"""The notebooks run at smoke size, refuse what they should, and the book shows what they give."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest

from study import notebooks, paths

NAMES = notebooks.names()


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_at_smoke_size(name, tmp_path):
    target = notebooks.execute(name, {"preset": "smoke"}, tmp_path / f"{name}.ipynb")
    cells = json.loads(target.read_text())["cells"]
    outputs = [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]
    assert not [o for o in outputs if o.get("name") == "stderr"], "warnings reach the page"
    assert any("image/png" in o.get("data", {}) for o in outputs), "no figure"


@pytest.mark.parametrize("name", NAMES)
def test_the_book_shows_the_notebook_as_it_is(name):
    assert notebooks.problems(name) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_clean_and_its_first_parameter_is_the_preset(name):
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs"), "the source holds outputs"
        assert cell.get("execution_count") is None
    declared = papermill.inspect_notebook(str(path))
    assert next(iter(declared)) == "preset"
    assert all(entry["help"] for entry in declared.values()), "a parameter has no comment"


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_caption_and_words_for_those_who_do_not_see(name):
    cells = json.loads((paths.NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]
    figures = [c["metadata"]["mystnb"] for c in cells if "mystnb" in c["metadata"]]
    assert figures
    for figure in figures:
        assert len(figure["figure"]["caption"]) > 40
        assert len(figure["image"]["alt"]) > 20


def test_an_unknown_parameter_is_refused():
    with pytest.raises(
        ValueError, match="parameter = 'depth' is unknown; give one of preset, depths"
    ):
        notebooks.execute("quickstart", {"depth": "10"})


def test_a_value_of_another_type_is_refused():
    with pytest.raises(ValueError, match="parameter seed = 'seven' is no int"):
        notebooks.execute("quickstart", {"seed": "seven"})


def test_papermill_alone_refuses_an_unknown_parameter_too(tmp_path):
    source = str(paths.NOTEBOOKS / "quickstart.ipynb")
    with pytest.raises(papermill.PapermillExecutionError, match="parameter = 'dephts' is unknown"):
        papermill.execute_notebook(
            source, str(tmp_path / "out.ipynb"), {"dephts": "10"}, progress_bar=False
        )


def cell(source="1", **given):
    return {
        "cell_type": "code", "source": source, "metadata": {}, "execution_count": 1, "outputs": [],
    } | given  # fmt: skip


def test_a_kernel_that_lost_its_port_to_another_is_started_again(monkeypatch):
    tried = []

    def execute(*given, **options):
        tried.append(given)
        if len(tried) == 1:
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        raise ValueError("depth = 0 must be above 0")

    monkeypatch.setattr("papermill.execute_notebook", execute)
    with pytest.raises(ValueError, match="depth = 0"):  # which is not tried again
        notebooks.execute(NAMES[0])
    assert len(tried) == 2


def stderr(text):
    return {"output_type": "stream", "name": "stderr", "text": text}


def test_scrubbing_leaves_nothing_that_changes_by_the_run_and_keeps_warnings():
    executed = {
        "metadata": {"papermill": {"duration": 3.2}, "kernelspec": {"name": "python3"}},
        "cells": [
            cell(
                metadata={"tags": ["a"], "execution": {"iopub": "2026"}, "papermill": {}}, id="x7"
            ),
            {"cell_type": "markdown", "source": "", "metadata": {"papermill": {}, "tags": []}},
            cell(
                outputs=[stderr("pbmc: 10%|█ | 1/8 [00:01<00:09]\r"), stderr("UserWarning: no\n")]
            ),
        ],
    }
    clean = notebooks.scrub(nbformat.from_dict(executed))
    assert clean["metadata"] == {"kernelspec": {"name": "python3"}}
    assert clean["cells"][0]["metadata"] == {"tags": ["a"]}
    assert clean["cells"][0]["id"] == "cell-0"
    assert clean["cells"][1]["metadata"] == {}
    assert [o["text"] for o in clean["cells"][2]["outputs"]] == ["UserWarning: no\n"]


@pytest.mark.parametrize(
    ("executed", "told"),
    [
        ([cell("2")], "is stale: its cells differ"),
        ([cell(execution_count=None)], "has 1 cells that were not executed"),
        ([cell(outputs=[{"output_type": "error"}])], "stores an error"),
        ([cell(outputs=[stderr("UserWarning: no")])], "stores warnings"),
        (None, "x.ipynb is missing"),
        ([cell()], None),
        ([cell(), cell("seed = 7", metadata={"tags": ["injected-parameters"]})], None),
    ],
)
def test_a_stale_failed_or_unexecuted_figure_is_told(executed, told, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    for folder, cells in (("notebooks", [cell()]), ("figures", executed)):
        (tmp_path / folder).mkdir()
        if cells is not None:
            (tmp_path / folder / "x.ipynb").write_text(json.dumps({"cells": cells}))
    found = notebooks.problems("x")
    assert (not found) if told is None else (told in found[0])


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one notebook, which reads a table and lists a folder."""
    for name, place in {"ROOT": "", "NOTEBOOKS": "notebooks", "FIGURES": "figures"}.items():
        (tmp_path / place).mkdir(exist_ok=True)
        monkeypatch.setattr(paths, name, tmp_path / place)
    for name in ("table.csv", "other.csv", "notebooks/module.py"):
        (tmp_path / name).write_text("1")
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", execution_count=1)])
    source.metadata["kernelspec"] = {"name": "python3"}
    nbformat.write(source, tmp_path / "notebooks" / "x.ipynb")

    def execute_notebook(path, *given, **options):
        Path(os.environ["STUDY_READS"]).write_text("table.csv\nnotebooks\nnotebooks/module.py\n")
        return nbformat.read(path, as_version=4)

    monkeypatch.setattr(papermill, "execute_notebook", execute_notebook)
    monkeypatch.setattr(papermill, "inspect_notebook", lambda path: {"n": {"default": "1"}})
    notebooks.execute("x", {"n": "2"})
    assert notebooks.up_to_date("x", {"n": "2"})
    return tmp_path


def change(name):
    return lambda project: (project / name).write_text("2")


@pytest.mark.parametrize(
    "change",
    [
        change("table.csv"), change("notebooks/module.py"), change("notebooks/new.csv"),
        lambda project: (project / "table.csv").unlink(),
    ],
)  # fmt: skip
def test_a_figure_is_stale_if_what_it_read_changed(project, change):
    change(project)
    assert not notebooks.up_to_date("x", {"n": "2"})


def test_a_figure_is_not_stale_for_what_it_did_not_read(project):
    (project / "other.csv").write_text("2")
    assert notebooks.up_to_date("x", {"n": "2"})
    assert not notebooks.up_to_date("x", {"n": "3"}), "other parameters"


READS = """
import sys
from study import paths, reads
reads.record()
import pandas
pandas.read_csv(paths.RESULTS / "law_speed.csv")
sorted((paths.RESULTS / "board").glob("*"))
from study import board
open(sys.argv[1], "w").close()
"""


def test_modules_tables_and_lists_of_folders_are_noted(tmp_path):
    notes, written = tmp_path / "notes", paths.RESULTS / "never.csv"
    given = os.environ | {"STUDY_READS": str(notes)}
    try:
        subprocess.run([sys.executable, "-c", READS, str(written)], env=given, check=True)
    finally:
        written.unlink()
    noted = notes.read_text().splitlines()
    assert len(noted) == len(set(noted))
    assert {
        "notebooks/results/law_speed.csv", "notebooks/results/board", "notebooks/study/board.py",
        "notebooks/study/paths.py", "lib/noisescaling/fitting/__init__.py",
    } <= set(noted)  # fmt: skip
    assert "notebooks/results/never.csv" not in noted
    assert not any(".pyc" in name for name in noted)
    assert "." not in noted, "new files beside it make no notebook stale"


def test_the_table_of_seconds_has_a_row_for_each_notebook():
    table = pd.read_csv(paths.RESULTS / "figure_seconds.csv")
    assert sorted(table["notebook"]) == sorted(notebooks.names())
    assert (table["seconds"] > 0).all()
    told = dict(zip(table["notebook"], table["figure"], strict=True))
    assert told == {name: notebooks.title(name) for name in told}
