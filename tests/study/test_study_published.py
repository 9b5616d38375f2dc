"""The published values, and their committed fits."""

import pandas as pd
import pytest
from study.published import GRID, published_cells

from noisescaling.fitting import fit_curves
from noisescaling.paths import RESULTS


def test_published_cells_are_all_there() -> None:
    cells = published_cells()
    assert len(cells) == 4844
    assert cells.groupby(GRID).ngroups == 20
    assert cells.groupby([*GRID, "size"]).ngroups == 200


def test_committed_table_of_curves_is_what_the_values_give() -> None:
    stored = pd.read_csv(RESULTS / "published_fits.csv")
    fresh = fit_curves(published_cells(), [*GRID, "size"])
    pinned = stored["identifiable"]
    assert (fresh["identifiable"] == pinned).all()
    for name in ("u_bar", "i_max", "i_max_low", "i_max_high", "sigma", "r_squared"):
        assert fresh.loc[pinned, name].to_numpy() == pytest.approx(
            stored.loc[pinned, name].to_numpy(), rel=2e-4
        )
