"""Puts the planner's scripts, style and data beside its page, and on no other page.

The data are the surfaces of all fitted grids, written at build time from notebooks/results.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from noisescaling.fitting import JOINT
from noisescaling.labels import LABELS
from noisescaling.planning.surface import Surface, standard_normals
from noisescaling.planning.tables import Grid, surfaces

ASSETS = Path(__file__).resolve().parents[1] / "planner"
N_DRAWS = 200
#: What the page shows first.
START = Grid("published", "PBMC", "SCVI", "celltype.l3")


def fit_data(key: Grid, surface: Surface) -> dict[str, Any]:
    """Return one surface as the page reads it; a data set's name tells a source of its own."""
    own = "" if key.source == START.source else f", {key.source}"
    return {
        "dataset": key.dataset + own,
        "model": key.model,
        "signal": key.signal,
        "value": surface.values.tolist(),
        "draws": surface.draws.tolist(),
        "cells": surface.cells_range,
        "umis": surface.umis_range,
    }


def page_data() -> dict[str, Any]:
    """Return everything the page reads: fits, labels and the normals of typed-in errors."""
    return {
        "parameters": JOINT.names,
        "labels": LABELS,
        "start": START._asdict(),
        "fits": [fit_data(key, surface) for key, surface in surfaces().items()],
        "normals": standard_normals(N_DRAWS).round(6).tolist(),
    }


def write_assets(folder: Path) -> None:
    """Write the planner's files into a folder; the page loads them by relative addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in [*ASSETS.glob("*.js"), *ASSETS.glob("*.css")]:
        shutil.copyfile(source, folder / source.name)
    data = json.dumps(page_data(), separators=(",", ":"), allow_nan=False)
    # A script and not JSON: a page opened from a folder may not fetch, but may load scripts.
    (folder / "data.js").write_text(f"window.noisescalingFits = {data};\n", encoding="utf-8")


def on_build_finished(app: Sphinx, exception: Exception | None) -> None:
    """Write the files once the pages are there."""
    if exception is None and app.builder.format == "html":
        write_assets(Path(app.outdir) / "planner")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook."""
    app.connect("build-finished", on_build_finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
