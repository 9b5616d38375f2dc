"""What a grid costs, from measured growth."""

import tomllib

import pandas as pd
import pytest
from benchmarks.cost import grid

from study import paths


def series(**powers):
    """Seconds of a piece that grows by known powers, as the benchmark measures it."""
    middle = {"cells": 2000, "genes": 1000, "depth": 200}
    rows = []
    for axis, values in (
        ("cells", (500, 2000, 8000)),
        ("genes", (250, 1000)),
        ("depth", (50, 200)),
    ):
        for value in values:
            where = middle | {axis: value}
            spent = 3.0
            for name, power in powers.items():
                spent *= (where[name] / middle[name]) ** power
            rows.append({"axis": axis, **where, "seconds": spent})
    return pd.DataFrame(rows)


def test_growth_finds_the_powers_and_goes_on_with_them():
    found = grid.growth(series(cells=1.0, genes=0.5))
    assert found.powers == pytest.approx({"cells": 1.0, "genes": 0.5, "depth": 0.0})
    assert found(cells=20_000, genes=4000, depth=10) == pytest.approx(3.0 * 10 * 2)


def test_a_power_stays_between_0_and_2():
    powers = grid.growth(series(cells=3.0, genes=-0.5)).powers
    assert (powers["cells"], powers["genes"]) == (2.0, 0.0)


def growths(seconds):
    one = grid.Growth(seconds, {"cells": 1, "genes": 1, "depth": 1}, {"cells": 1.0})
    none = grid.Growth(0.0, {"cells": 1, "genes": 1, "depth": 1}, {"cells": 1.0})
    return {"downsample": none, "metric": none, **dict.fromkeys(grid.MODELS, one)}


def test_the_cost_of_the_published_grid_adds_up():
    study = tomllib.loads((paths.NOTEBOOKS / "sweeps" / "paper.toml").read_text())
    costs = grid.grid_cost(study, growths(3600.0))
    assert (costs["points"] == 10 * 10 * 4).all()
    assert len(costs) == 4 * 4
    sizes = study["sweep"][0]["sizes"]
    pbmc = costs[costs["dataset"] == "PBMC"]
    assert pbmc["core_hours"].tolist() == pytest.approx([sum(sizes) * 10 * 4] * 4)
    assert (pbmc["longest_hours"] == max(sizes)).all()


def test_a_cluster_is_no_faster_than_its_longest_point():
    costs = pd.DataFrame({"core_hours": [10.0, 30.0], "longest_hours": [1.0, 4.0]})
    assert grid.wall_hours(costs, 2) == 20.0
    assert grid.wall_hours(costs, 1000) == 4.0
