"""The notebook for a user's own sequences, run as a user runs it: by papermill alone."""

import html
import json
import lzma
import re

import papermill
import pytest

from noisescaling import datasets
from study import paths

SOURCE = str(paths.NOTEBOOKS / "your_sequences.ipynb")
LIVE = "<img src=x onerror=alert(1)>$a_{$"


def run(tmp_path, **parameters):
    target = tmp_path / "out.ipynb"
    papermill.execute_notebook(SOURCE, str(target), parameters, progress_bar=False)
    cells = json.loads(target.read_text())["cells"]
    return [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]


def test_dates_and_labels_of_a_users_files_give_curves_laws_and_bearable_errors(tmp_path):
    data = datasets.simulate_proteins(120, seed=2)
    months = data.signal("time").values
    names = [f"s{k}" for k in range(data.n_samples)]
    fasta, table = tmp_path / f"{LIVE}.fasta.xz", tmp_path / "metadata.tsv"
    records = "".join(f">{n}\n{t}\n" for n, t in zip(names, data.sequences, strict=True))
    fasta.write_bytes(lzma.compress(records.encode()))
    rows = [
        f"{name}\t{2020 + int(when) // 12}-{int(when) % 12 + 1:02}-XX\t{LIVE}{int(when) // 24}"
        for name, when in zip(names, months, strict=True)
    ]
    table.write_text("\n".join([f"strain\tdate\t{LIVE}", *rows]))
    outputs = run(
        tmp_path, path=str(fasta), dates=str(table), name_column="strain", labels=LIVE,
        preset="smoke", store=str(tmp_path / "kept"),
    )  # fmt: skip
    shown = "".join(json.dumps(o.get("data", o.get("text", {}))) for o in outputs)
    assert re.search(r"120 of 120 dates give no day: the middle", shown)
    assert re.search(r"2 labels of 1\d\d, [01]\.\d\d bits of entropy", shown)
    assert re.search(r"time: 1 number of each of 1\d\d", shown)
    curves = ("OneHotPCA, time", f"OneHotPCA, {html.escape(LIVE)}")
    ahead = ("10 times the quality (bits)", "10 times as many (bits)")
    for word in ("noise sensitivity", "misread at most", "identified", *curves, *ahead):
        assert word in shown
    assert "image/png" in shown
    assert not any(LIVE in str(o["data"].get("text/html", "")) for o in outputs if "data" in o)
    assert not any("text/markdown" in o.get("data", {}) for o in outputs)
    tables = [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert re.search(r"\d% \(\d+\.\d+% to \d+\.\d+%\)", "".join(map(str, tables)))


def test_no_sequences_are_refused_in_the_words_of_the_reader(tmp_path):
    (tmp_path / "my.fasta").write_text(">a\nACGTACGT\n")
    (tmp_path / "dates.csv").write_text("name,date\na,2020\n")
    with pytest.raises(papermill.PapermillExecutionError, match="nucleotides, no proteins; give"):
        run(tmp_path, path=str(tmp_path / "my.fasta"), dates=str(tmp_path / "dates.csv"))
