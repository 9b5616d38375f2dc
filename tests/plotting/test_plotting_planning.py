"""Figures of a plan: what is drawn is what was planned."""

import numpy as np
import pytest

from noisescaling.planning import Costs, Library, cheapest, plan, surface_of_parameters
from noisescaling.planning.plan import thousands
from noisescaling.plotting.planning import draw_budget_line, draw_surface, plan_table

PARAMETERS = {"i_max": 3.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}
COSTS = Costs(0.2, per_read=2e-6, library=Library(20_000, 0.6))


def law(**measured):
    return surface_of_parameters(PARAMETERS, {"u_snr": 10.0}, n_draws=40, **measured)


def test_the_surface_shows_the_best_design_on_the_line_of_its_price(ax):
    surface = law(cells_range=(100, 1e5), umis_range=(10, 8_000))
    found = plan(surface, COSTS, 2_000)
    draw_surface(ax, surface, COSTS, found)
    line, dot = ax.lines[0], ax.lines[-1]
    assert dot.get_xydata()[0] == pytest.approx([found.design.n_cells, found.design.umis_per_cell])
    cells, umis = line.get_xydata().T
    assert COSTS.total(cells, umis) == pytest.approx(2_000)
    assert umis.max() < 20_000
    assert ax.get_xlim()[0] < 100 < 1e5 < ax.get_xlim()[1]
    assert ax.get_ylabel() == "UMIs per cell"


def test_open_intervals_leave_the_picture_finite(ax):
    surface = surface_of_parameters({**PARAMETERS, "i_max": 2.0}, {"i_max": 0.4}, n_draws=40)
    found = cheapest(surface, COSTS, 1.6)
    assert np.isinf(found.cells_interval[1])
    draw_surface(ax, surface, COSTS, found)
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_the_budget_line_peaks_at_the_best_design(ax):
    surface = law()
    found = plan(surface, COSTS, 2_000)
    draw_budget_line(ax, surface, COSTS, found)
    umis, bits = ax.lines[0].get_xydata().T
    assert bits.max() <= found.design.bits + 1e-9
    assert umis[bits.argmax()] == pytest.approx(found.design.umis_per_cell, rel=0.15)
    assert len(ax.collections) == 1, "the band of the draws"
    assert ax.get_ylabel() == "information (bits)"


def test_the_table_tells_each_plan():
    surface = law(cells_range=(100, 1e5), umis_range=(10, 3_000))
    plans = {"small": plan(surface, COSTS, 200), "large": plan(surface, COSTS, 2e5)}
    table = plan_table(plans)
    assert list(table.index) == ["small", "large"]
    assert table.loc["large", "identified"] == "yes"
    assert table.loc["large", "reads per cell"] == thousands(plans["large"].design.reads_per_cell)
    assert table.loc["large", "lanes"] == thousands(plans["large"].design.lanes)
    assert table.loc["large", "beyond what was measured"] == "cells, depth"
    low, high = plans["small"].bits_interval
    assert table.loc["small", "bits"] == (
        f"{plans['small'].design.bits:.2f} ({low:.2f} to {high:.2f})"
    )
    bare = plan_table({"bare": plan(surface_of_parameters(PARAMETERS), COSTS, 200)})
    assert "(" not in bare.loc["bare", "bits"]
    by_umi = plan_table({"by UMI": plan(surface, Costs(0.2, per_umi=1e-5), 200)})
    assert not {"reads per cell", "lanes"} & set(by_umi)
