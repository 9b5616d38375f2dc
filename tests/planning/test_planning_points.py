"""A surface of your own points: planted truth, which grid, entropy, refusals."""

import re

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import joint_law
from noisescaling.planning import Costs, plan, surface_of_points

TRUTH = {"i_max": 2.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}


def points(sizes=(100, 300, 1_000, 3_000, 10_000, 30_000), seed=0, scatter=0.01, **truth):
    n, u = (x.ravel() for x in np.meshgrid(sizes, np.geomspace(10, 1e4, 8)))
    bits = joint_law(n, u, *{**TRUTH, **truth}.values())
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"n_samples": n, "quality": u, "bits": bits})
    return table.assign(
        bits=bits + scatter * rng.standard_normal(n.size),
        dataset="mine", model="PCA", signal="type", quality_unit="UMIs per cell", status="ok",
    )  # fmt: skip


def test_the_law_behind_the_points_is_found_again(tmp_path):
    points().to_csv(tmp_path / "my.csv")
    surface = surface_of_points(tmp_path / "my.csv", n_draws=40)
    assert surface.unknown == ""
    assert surface.values == pytest.approx(list(TRUTH.values()), rel=0.25)
    assert surface.cells_range == (100, 30_000)
    named = surface_of_points(points(), dataset="mine", model="PCA", signal="type", n_draws=40)
    assert named.values == pytest.approx(surface.values, rel=1e-6)


def test_points_that_do_not_tell_cells_from_depth_say_so_before_a_number():
    surface = surface_of_points(points(sizes=(240,)), n_draws=0)
    told = plan(surface, Costs(0.2, per_umi=1e-5), 500).sentence
    assert told.startswith("not identified, so this is no plan: only one number of cells, 240, was")


def test_a_capacity_stays_within_the_entropy_of_the_labels():
    above = points(i_max=2.3, scatter=0.05)
    free, bound = (
        surface_of_points(above, n_draws=40),
        surface_of_points(above, entropy=1.58, n_draws=40),
    )
    assert free.values[0] > 1.58
    assert bound.values[0] <= 1.58 * (1 + 1e-9)
    assert bound.draws[:, 0].max() <= 1.58 * (1 + 1e-9)
    assert float(bound.bits(1e9, 1e9)) <= 1.58 + 1e-9


def test_failed_points_are_left_out():
    table = points()
    bad = table.assign(status="failed", bits=np.nan)
    both = surface_of_points(pd.concat([table, bad]), n_draws=0)
    assert both.values == pytest.approx(surface_of_points(table, n_draws=0).values)


def test_one_grid_is_asked_for():
    two = pd.concat([points(), points(seed=1).assign(model="SCVI")])
    told = (
        "dataset, model, signal = , ,  is not one grid of the points; give one of: mine, PCA, type;"
    )
    with pytest.raises(ValueError, match=re.escape(told)):
        surface_of_points(two)
    with pytest.raises(ValueError, match="give one of: mine, PCA, type; mine, SCVI, type"):
        surface_of_points(two, model="GPT")
    assert surface_of_points(two, model="SCVI", n_draws=0).n_draws == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="bits"), "bits"),
        (lambda t: t.assign(quality_unit="true per wrong residue"), "a plan needs UMIs per cell"),
        (lambda t: t.assign(bits=np.nan), "bits holds 48 NaN or infinite values of 48"),
        (lambda t: t.assign(bits="many"), "bits holds .* values; give numbers"),
        (lambda t: t.assign(n_samples=0), "n_samples holds 0; every value must be above 0"),
        (lambda t: t[:3], "3 points are too few for the 5 parameters"),
        (lambda t: t.drop(columns="model"), "points have no column model; leave model empty"),
    ],
)
def test_tables_that_hold_no_grid_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        surface_of_points(change(points()), model="PCA")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'a,b\n"1,2'])
def test_files_that_are_no_table_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "my.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"my.csv|bits|column") as refusal:
        surface_of_points(path)
    assert "\n" not in str(refusal.value)
