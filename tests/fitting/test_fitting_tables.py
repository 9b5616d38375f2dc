import pandas as pd
import pytest

from noisescaling.fitting import fit_curves
from noisescaling.fitting.tables import GRID, published_cells, write_tables
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


def test_write_tables_writes_both(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = published_cells()
    few = cells[cells["dataset"] == "merfish"]
    monkeypatch.setattr("noisescaling.fitting.tables.published_cells", lambda: few)
    curves, joint = (pd.read_csv(path) for path in write_tables(tmp_path))
    assert len(curves) == 40
    assert list(joint["model"]) == ["Geneformer", "PCA", "RandomProjection", "SCVI"]
    stored = pd.read_csv(RESULTS / "published_joint_fits.csv").set_index(GRID)
    scvi = joint.set_index(GRID).loc[("merfish", "ng_idx", "SCVI")]
    expected = stored.loc[("merfish", "ng_idx", "SCVI")]
    for name in ("i_max", "u_snr", "n0", "s", "u1", "i_max_se", "cov_i_max_u_snr"):
        assert scvi[name] == pytest.approx(expected[name], rel=1e-3)
