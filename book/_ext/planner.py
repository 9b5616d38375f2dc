"""Puts the planner's scripts, style and data beside its page, and on no other page.

The data are the surfaces of all fitted grids, written at build time from notebooks/results.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sphinx.application import Sphinx

from noisescaling.fitting import JOINT
from noisescaling.planning.surface import Surface, standard_normals, typical_error
from study.labels import LABELS, named
from study.surfaces import Grid, surfaces

ASSETS = Path(__file__).resolve().parents[1] / "planner"
N_DRAWS = 200
#: What the page shows first, where it is offered.
START = Grid("published", "shendure", "SCVI", "author_day")


def names(key: Grid) -> dict[str, str]:
    """Return the names of a grid as the address holds them; a source of its own is told apart."""
    own = "" if key.source == START.source else f", {key.source}"
    return {"dataset": key.dataset + own, "model": key.model, "signal": key.signal}


def surface_data(surface: Surface) -> dict[str, Any]:
    """Return one surface as the page's arithmetic reads it."""
    return {
        "value": surface.values.tolist(),
        "draws": surface.draws.tolist(),
        "cells": surface.cells_range,
        "umis": surface.umis_range,
        "misfit": surface.misfit,
        "error": asdict(surface.error),
        "entropy": surface.entropy if np.isfinite(surface.entropy) else None,
    }


def page_data() -> dict[str, Any]:
    """Return everything the page reads: fits, labels and the normals of typed-in errors.

    A fit that is not identified is no plan: the page has its name and the reason alone. `error` is
    that of a new point under parameters that are typed in.
    """
    found = surfaces()
    offered = {key: surface for key, surface in found.items() if not surface.unknown}
    ours = {
        names(key)["dataset"]: f"{named(key.dataset)} (measured here)"
        for key in found
        if key.source != START.source
    }
    return {
        "parameters": JOINT.names,
        "labels": LABELS | ours,
        "start": names(START if START in offered else next(iter(offered), START)),
        "fits": [names(key) | surface_data(surface) for key, surface in offered.items()],
        "withheld": [
            names(key) | {"unknown": surface.unknown}
            for key, surface in found.items()
            if surface.unknown
        ],
        "error": asdict(typical_error()),
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
