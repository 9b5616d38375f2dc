"""The worked plan with parameters of its reader's own."""

import json

from noisescaling import notebooks
from noisescaling.planning import Costs, cheapest, surface_of_parameters


def test_own_parameters_and_wanted_bits_give_the_library_s_plan(tmp_path):
    given = {
        "preset": "smoke",
        "own": "i_max=4, u_snr=10, n0=10, s=0.5, u1=100",
        "own_errors": "i_max=0.2, u_snr=2",
        "bits": "3.2",
        "per_million_reads": "0",
        "per_million_umis": "5",
        "current_cells": "500",
        "current_umis": "2000",
    }
    target = notebooks.execute("plan_an_experiment", given, tmp_path / "own.ipynb")
    cells = json.loads(target.read_text())["cells"]
    told = "".join(
        "".join(o["text"]) for c in cells for o in c.get("outputs", []) if o.get("name") == "stdout"
    )
    law = surface_of_parameters({"i_max": 4, "u_snr": 10, "n0": 10, "s": 0.5, "u1": 100})
    expected = cheapest(law, Costs(0.2, per_umi=5e-6), 3.2, current=(500, 2_000))
    assert told == expected.sentence + "\n"
    assert expected.sentence.startswith("deeper")
