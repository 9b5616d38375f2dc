"""The worked plan with parameters, points and a pilot of its reader's own."""

import json

import numpy as np
import pandas as pd

from noisescaling.fitting import joint_law
from noisescaling.planning import (
    Costs,
    Library,
    cheapest,
    plan,
    surface_of_parameters,
    surface_of_points,
)
from study import notebooks


def printed(given, target):
    """What the notebook prints, with the parameters given, smallest of presets."""
    notebooks.execute("plan_an_experiment", {"preset": "smoke", **given}, target)
    cells = json.loads(target.read_text())["cells"]
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    return "".join("".join(one["text"]) for one in outputs if one.get("name") == "stdout")


def test_own_parameters_and_wanted_bits_give_the_library_s_plan(tmp_path):
    given = {
        "own": "i_max=4, u_snr=10, n0=10, s=0.5, u1=100",
        "own_errors": "i_max=0.2, u_snr=2",
        "bits": "3.2",
        "per_million_reads": "0",
        "per_million_umis": "5",
        "current_cells": "500",
        "current_umis": "2000",
    }
    told = printed(given, tmp_path / "own.ipynb")
    law = surface_of_parameters({"i_max": 4, "u_snr": 10, "n0": 10, "s": 0.5, "u1": 100})
    expected = cheapest(law, Costs(0.2, per_umi=5e-6), 3.2, current=(500, 2_000))
    assert told == expected.sentence + "\n"
    assert "deeper than the present design (2,000 UMIs per cell)" in expected.sentence


def test_own_points_and_a_pilot_give_the_library_s_plan(tmp_path):
    n, u = (x.ravel() for x in np.meshgrid([240.0], np.geomspace(10, 1e4, 12)))
    scatter = 0.05 * np.random.default_rng(0).standard_normal(n.size)
    bits = joint_law(n, u, 2, 60, 300, 0.6, 100) + scatter
    table = pd.DataFrame({"n_samples": n, "quality": u, "bits": bits})
    table.to_csv(tmp_path / "my.csv", index=False)
    reads = np.array([5_000, 15_000, 45_000])
    given = {
        "points": str(tmp_path / "my.csv"),
        "pilot_reads": ", ".join(map(str, reads)),
        "pilot_umis": ", ".join(map(str, Library(9_000, 0.5).umis(reads))),
    }
    told = printed(given, tmp_path / "mine.ipynb")
    costs = Costs(0.2, per_read=2e-6, library=Library(9_000, 0.5))
    surface = surface_of_points(tmp_path / "my.csv", n_draws=0)
    lines = [plan(surface, costs, 5_000).sentence, *plan(surface, costs, 5_000).extrapolations]
    first = "the pilot's library: 9,000 distinct UMIs per cell"
    assert told == "".join(f"{line}\n" for line in [first, *lines])
    start = "not identified, so this is no plan: only one number of cells, 240, was measured"
    assert lines[0].startswith(start)
