"""The committed fits and draws of the joint law are those of the committed points."""

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import joint_law
from study.paths import RESULTS
from study.published import GRID, published_cells
from study.surfaces import (
    Grid,
    curves_over_cells,
    draw_table,
    fit_grid,
    fourfold,
    load_surface,
    rises,
    surfaces,
    wide_grids,
    write_surfaces,
)

PLANTED = (40.0, 2.0, 50.0, 0.9, 20.0)


@pytest.fixture
def plane():
    n, u = np.meshgrid([100.0, 400.0, 1600.0], np.geomspace(5, 500, 6))
    bits = joint_law(n.ravel(), u.ravel(), *PLANTED)
    return pd.DataFrame({"size": n.ravel(), "u": u.ravel(), "bits": bits})


def test_only_identified_fits_carry_no_open_question():
    """A law that repeats reject is offered all the same, and its misfit is told."""
    tables = [pd.read_csv(path) for path in sorted(RESULTS.glob("*_joint_fits.csv"))]
    rows = pd.concat(tables, ignore_index=True)
    found = list(surfaces().values())
    assert len(found) == len(rows)
    for surface, (_, row) in zip(found, rows.iterrows(), strict=True):
        known = row["identified"] and row["n0"] >= 1 and row["i_max"] < 14.9
        assert (not surface.unknown) == (known and row["size_low"] < row["size_high"])
        assert bool(surface.misfit) == (row["identified"] and row["rejected"])
        assert not any(name in surface.unknown for name in ("n0", "i_max", "u_snr", "u1", "inf"))
        assert row["i_max"] <= row["entropy"] * (1 + 1e-5)
        assert surface.entropy == row["entropy"]
    offered = [surface for surface in found if not surface.unknown]
    assert any(surface.misfit for surface in offered)
    assert rows["entropy"].lt(np.inf).sum() >= 10


def test_every_published_fit_has_a_surface_whose_draws_fit_the_points():
    found = surfaces()
    published = {key: one for key, one in found.items() if key.source == "published"}
    assert len(published) == 20
    cells = published_cells()
    for key, surface in published.items():
        mine = cells[(cells[GRID] == (key.dataset, key.signal, key.model)).all(axis=1)]
        best = np.square(surface.bits(mine["size"], mine["u"]) - mine["bits"]).mean()
        places = mine["size"].to_numpy()[:, None], mine["u"].to_numpy()[:, None]
        drawn = np.square(surface.drawn_bits(*places) - mine["bits"].to_numpy()[:, None])
        # Likely parameters fit nearly as well as the best: a misfit at each place could be theirs.
        error = surface.error.misfit**2 + surface.error.scatter**2
        n_places = mine.groupby(["size", "u"]).ngroups
        assert (drawn.mean(axis=0) < best + 40 / n_places * error).all(), key
        assert np.median(drawn.mean(axis=0)) > best * (1 - 1e-3), key


def test_the_committed_draws_are_those_of_the_committed_points():
    committed = pd.read_csv(RESULTS / "published_joint_draws.csv")
    cells = published_cells()
    one = cells[(cells["dataset"] == "shendure") & (cells["model"] == "SCVI")]
    again = draw_table(one)
    mine = committed[(committed["dataset"] == "shendure") & (committed["model"] == "SCVI")]
    assert list(again.columns) == list(committed.columns) == [*GRID, *joint_law.names]
    for name in joint_law.names:
        middle = again[name].median(), mine[name].median()
        assert middle[0] == pytest.approx(middle[1], rel=0.2)


def test_points_of_another_source_become_surfaces_too(tmp_path):
    cells = published_cells()
    mine = cells[(cells["dataset"] == "larry") & (cells["model"] == "SCVI")]
    write_surfaces(mine, "mine", tmp_path, n_draws=20)
    found = surfaces(tmp_path)
    assert list(found) == [Grid("mine", "larry", "SCVI", "clone")]
    surface = load_surface("larry", "SCVI", "clone", source="mine", folder=tmp_path)
    assert surface.draws.shape == (20, 5)
    published = load_surface("larry", "SCVI", "clone")
    assert surface.values == pytest.approx(published.values, rel=1e-3)
    assert surface.cells_range == published.cells_range


def test_a_fit_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        ValueError, match=r"no fit of published, PBMC, GPT, clone; there are .*SCVI"
    ):
        load_surface("PBMC", "GPT", "clone")
    assert load_surface("PBMC", "SCVI", "celltype.l3").n_draws == 200


def test_grids_with_few_cells_or_few_bits_are_left_out(plane):
    named = plane.assign(dataset="d", signal="s")
    points = pd.concat(
        [named.assign(model="A"), named[named["size"] < 1600].assign(model="B"),
         named.assign(model="C", bits=0.01)]
    )  # fmt: skip
    assert list(wide_grids(points)) == [("d", "s", "A")]


def test_depths_of_too_few_points_or_bits_have_no_cell_law(plane):
    named = plane.assign(dataset="d", signal="s", model="A")
    lowest = named["u"].min()
    few = named[(named["u"] > lowest) | (named["size"] < 1600)]
    twice = pd.concat([few.assign(bits=0.5), few[few["u"] < 100].assign(bits=0.4)])
    kept = curves_over_cells([twice, twice.assign(model="B", bits=0.01)])
    # Four points at two numbers of cells are too few places for three parameters.
    assert set(kept["u"]) == {u for u in named["u"] if lowest < u < 100}
    assert set(kept["model"]) == {"A"}


def test_a_rise_is_from_the_fewest_to_the_most_cells():
    points = pd.DataFrame(
        {"model": ["A"] * 6, "u": [1.0] * 3 + [2.0] * 3, "size": [1, 2, 4] * 2,
         "bits": [0.0, 0.9, 0.2, 0.0, 0.9, 0.6]}
    )  # fmt: skip
    assert rises(points, ["model", "u"])["A"] == pytest.approx(0.4)


def test_four_times_the_cells_and_the_depth_are_read_off_the_law(plane):
    fit = fit_grid(plane)
    gain = fourfold({("d", "s", "A"): fit}, {("d", "s", "A"): plane}).iloc[0]
    n, u = plane["size"].max(), plane["u"].max()
    truth = joint_law(np.array([n / 4, n, n / 4]), np.array([u / 4, u / 4, u]), *PLANTED)
    assert gain["cells"] == pytest.approx(truth[1] - truth[0], abs=1e-3)
    assert gain["depth"] == pytest.approx(truth[2] - truth[0], abs=1e-3)
