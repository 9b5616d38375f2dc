"""The notebook for a user's own images, run as a user runs it: by papermill alone."""

import json
import re

import numpy as np
import papermill
import pytest
from PIL import Image

from noisescaling import datasets, sweep
from noisescaling.sweep.grid import as_recipe
from noisescaling.sweep.measure import check, source_of
from study import paths

SOURCE = str(paths.NOTEBOOKS / "your_images.ipynb")


def run(tmp_path, **parameters):
    target = tmp_path / "out.ipynb"
    papermill.execute_notebook(SOURCE, str(target), parameters, progress_bar=False)
    cells = json.loads(target.read_text())["cells"]
    outputs = [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]
    return "".join(json.dumps(o.get("data", o.get("text", {}))) for o in outputs)


def test_a_users_npz_file_gives_curve_and_law(tmp_path):
    data = datasets.simulate_images(300, side=8, n_bits=1, seed=3)
    parts = {"train": ~data.held_out, "test": data.held_out}
    arrays = {f"{part}_images": data.images[rows, ..., 0] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": data.labels[rows, None] for part, rows in parts.items()}
    np.savez(tmp_path / "mine.npz", **arrays)
    shown = run(
        tmp_path, path=str(tmp_path / "mine.npz"), preset="smoke", models="PixelPCA",
        qualities="0.01, 0.1, 1, 10", factors="1, 2, 8", store=str(tmp_path / "kept"),
    )  # fmt: skip
    assert "mine: 300 images of 8 x 8 pixels, 1 channels, 2 classes; 120 images held" in shown
    assert "image/png" in shown
    assert re.search(r"class: 2 labels of 120, (0\.9\d|1\.00) bits of entropy", shown)
    for word in ("noise sensitivity", "identified", "side of a block", "PixelPCA, gaussian"):
        assert word in shown
    assert "10 times the quality (bits)" in shown
    assert "10 times as many (bits)" in shown
    assert re.search(r"\d \(\d[\d.e+-]* to \d[\d.e+-]*\)", shown)
    assert len((tmp_path / "kept" / "points.jsonl").read_text().splitlines()) == 7 + 4


def test_a_users_folder_is_split_by_source_and_a_single_class_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(120):
        bright = k % 2
        pixels = rng.integers(100 * bright, 100 * bright + 120, (9, 7), dtype=np.uint8)
        folder = tmp_path / "mine" / ("light" if bright else "dark")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"slide{k // 4:02d}_{k}.png")
    given = {
        "path": str(tmp_path / "mine"), "preset": "smoke", "models": "PixelPCA",
        "qualities": "0.1, 1, 10, 100", "factors": "1, 3, 9", "group": r"slide(\d+)",
    }  # fmt: skip
    shown = run(tmp_path, **given)
    assert "mine: 120 images of 9 x 7 pixels, 1 channels, 2 classes; 48 images held" in shown
    with pytest.raises(papermill.PapermillExecutionError, match=r"dark holds 0 folders; give one"):
        run(tmp_path, **given | {"path": str(tmp_path / "mine" / "dark")})


def test_names_of_files_are_shown_and_never_live(tmp_path):
    live = "<img src=x onerror=alert(1)>$a_{$"
    top, rng = tmp_path / live, np.random.default_rng(0)
    for k in range(120):
        folder = top / f"{live}{k % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(100 * (k % 2), 100 * (k % 2) + 120, (6, 6), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{k}.png")
    (top / f"{live}.txt").write_text("")
    target = tmp_path / "out.ipynb"
    given = {"path": str(top), "preset": "smoke", "models": "PixelPCA", "factors": "1, 2, 6"}
    papermill.execute_notebook(SOURCE, str(target), given, progress_bar=False)
    outputs = [o for c in json.loads(target.read_text())["cells"] for o in c.get("outputs", [])]
    assert any("1 files are no pictures" in str(o.get("text")) for o in outputs)
    shown = [o.get("data", {}) for o in outputs]
    assert not any("<img" in str(one.get(kind, "")) for one in shown
                   for kind in ("text/html", "text/markdown"))  # fmt: skip


def test_the_image_studies_describe_points_that_exist():
    digits = source_of(as_recipe("digits"))
    counts = {}
    for name in ("images_smoke", "images", "images_paper"):
        sweeps = sweep.read_sweeps(paths.NOTEBOOKS / "sweeps" / f"{name}.toml")
        counts[name] = len({point.identity for one in sweeps for point in one.points()})
        for one in sweeps:
            if "digits" in {as_recipe(d).label for d in one.datasets}:
                check(one, digits)
    assert counts == {"images_smoke": 16, "images": 340, "images_paper": 88}
