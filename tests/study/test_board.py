"""The board of models: known laws come back in order, and what cannot be compared is refused."""

import numpy as np
import pandas as pd
import pytest

from noisescaling import fitting, sweep
from study import paths
from study.board import board
from study.evidence import board_table

U = [10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0]
TRUTH = {"plain": (400.0, 1.5), "deep": (100.0, 2.0)}


def points(models=TRUTH, n_samples=700, noise=0.01, **other):
    rng = np.random.default_rng(0)
    rows = [
        {
            "dataset": "cells", "signal": "cell_type", "model": model, "n_samples": n_samples,
            "quality": u, "seed": seed, "status": "ok",
            "bits": float(fitting.noise_law(u, *law)) + noise * rng.standard_normal(),
        } | other
        for model, law in models.items() for u in U for seed in (0, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_known_laws_come_back_the_larger_capacity_first():
    table = board(points())
    assert table["model"].tolist() == ["deep", "plain"]
    for row in table.itertuples():
        u_bar, i_max = TRUTH[row.model]
        assert row.i_max == pytest.approx(i_max, abs=0.05)
        assert row.u_bar == pytest.approx(u_bar, rel=0.1)
        assert row.u_bar_low < row.u_bar < row.u_bar_high
        assert row.n_points == 12


def test_only_the_largest_size_counts_and_cells_of_another_depth_do_not():
    small = points(n_samples=100, noise=0.3)
    other = points(models={"deep, fitted at 10": (1.0, 0.1)})
    pd.testing.assert_frame_equal(board(pd.concat([points(), small, other])), board(points()))


def test_what_is_not_identified_comes_last_with_what_is_known():
    table = board(points({"plain": (400.0, 1.5), "open": (1e6, 6.0)}))
    assert table["identifiable"].tolist() == [True, False]
    shown = board_table(table)
    assert shown["identified"].tolist() == ["yes", "no"]
    assert shown["noise sensitivity (UMIs per cell)"].iloc[1].startswith("not identified, above ")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: pd.concat([p, p.tail(1)]), "1 points are there twice, the first of deep on"),
        (lambda p: p[~((p["model"] == "deep") & (p["quality"] == 10))], "was measured at"),
        (
            lambda p: p.assign(status=np.where(p["model"] == "deep", "failed", "ok")),
            "deep on cells, cell_type has 0 finished points; a curve needs 4",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(spoil, message):
    with pytest.raises(ValueError, match=message):
        board(spoil(points()))


def test_the_boards_sweep_is_the_largest_size_of_the_study():
    folder = paths.NOTEBOOKS / "sweeps"
    study = sweep.read_sweeps(folder / "cells.toml")
    for task in sweep.read_sweeps(folder / "board.toml", allow=["package"]):
        same = [one for one in study if one.datasets == task.datasets]
        assert same
        assert task.sizes == same[0].sizes[-1:]
        assert {one.qualities for one in same} == {task.qualities}
        assert len(task.seeds) == 2
