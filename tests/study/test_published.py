import pandas as pd
import pytest

from noisescaling.fitting import fit_curves
from study.paths import RESULTS
from study.published import GRID, beside_published, published_cells
from study.surfaces import write_surfaces


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


def test_the_joint_fit_of_a_grid_is_the_committed_one(tmp_path) -> None:
    cells = published_cells()
    few = cells[cells["dataset"] == "merfish"]
    joint = pd.read_csv(write_surfaces(few, "some", tmp_path, n_draws=5)[0])
    assert list(joint["model"]) == ["Geneformer", "PCA", "RandomProjection", "SCVI"]
    stored = pd.read_csv(RESULTS / "published_joint_fits.csv").set_index(GRID)
    scvi = joint.set_index(GRID).loc[("merfish", "ng_idx", "SCVI")]
    expected = stored.loc[("merfish", "ng_idx", "SCVI")]
    for name in ("i_max", "u_snr", "n0", "s", "u1", "i_max_se", "cov_i_max_u_snr"):
        assert scvi[name] == pytest.approx(expected[name], rel=1e-3)


def test_the_nearest_published_size_stands_beside_a_curve():
    fits = pd.DataFrame(
        {"dataset": ["citeseq", "simulated"], "signal": ["protein"] * 2,
         "model": ["RankTransformer", "PCA"], "size": [400, 400], "u_bar": [1.0, 2.0]}
    )  # fmt: skip
    published = pd.DataFrame(
        {"dataset": ["PBMC"] * 3, "signal": ["protein_counts"] * 3,
         "model": ["Geneformer", "Geneformer", "PCA"], "size": [464, 10_000, 464],
         "u_bar": [5.0, 6.0, 7.0]}
    )  # fmt: skip
    beside = beside_published(fits, published)
    assert beside[["dataset", "size_published", "u_bar_published"]].to_numpy().tolist() == [
        ["citeseq", 464, 5.0]
    ]
