"""Cells thinned for another program, and what that made of them."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from noisescaling import datasets, noise, sweep
from noisescaling.metric import mutual_information
from noisescaling.sweep import export_depths, from_embeddings

N = 200


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Two types of cells, with what other programs leave in a file."""
    made = datasets.simulate_cells(N, 30, 300.0, seed=0, n_types=2)
    path = tmp_path_factory.mktemp("cells") / "my.cells.h5ad"
    datasets.write_h5ad(made, path)
    adata = anndata.read_h5ad(path)
    adata.obsm["X_pca"] = np.zeros((N, 2))
    adata.layers["counts"] = adata.X.copy()
    adata.layers["logs"] = np.log1p(adata.X.toarray())
    adata.var["long_name"] = [f"gene {k}" for k in range(30)]
    adata.write_h5ad(path)
    return path


@pytest.fixture(scope="module")
def files(cells, tmp_path_factory):
    return export_depths(cells, [20, 100.5], tmp_path_factory.mktemp("out") / "deep", seed=3)


def embed(path, use_rep="X_mine"):
    """Do what a user's program does."""
    adata = anndata.read_h5ad(path)
    adata.obsm[use_rep] = np.log1p(adata.X.toarray())[:, :8]
    return adata


def test_each_file_has_the_cells_genes_and_columns_and_tells_its_depth(cells, files):
    whole = anndata.read_h5ad(cells)
    assert [path.name for path in files] == ["my.cells-20.h5ad", "my.cells-100.5.h5ad"]
    sums = set()
    for path, depth in zip(files, (20, 100.5), strict=True):
        made = anndata.read_h5ad(path)
        pd.testing.assert_frame_equal(made.obs, whole.obs)
        pd.testing.assert_frame_equal(made.var, whole.var)
        assert (made.X.toarray() <= whole.X.toarray()).all()
        assert made.X.sum() / N == pytest.approx(depth, rel=0.05)
        told = made.uns["noisescaling"]
        assert (told["umis_per_cell"], told["seed"], told["n_cells"]) == (depth, 3, N)
        sums.add(told["checksum"])
        assert "X_pca" not in made.obsm, "an embedding of all molecules would pass for a new one"
    assert len(sums) == 1


def test_the_seed_decides_which_molecules_are_kept(cells, files, tmp_path):
    same, other = (export_depths(cells, [20], tmp_path / str(k), seed=k)[0] for k in (3, 4))
    first, second, third = (anndata.read_h5ad(p).X.toarray() for p in (files[0], same, other))
    assert (first == second).all()
    assert (first != third).any()


def test_counts_of_a_layer_or_in_memory(cells, files, tmp_path):
    adata = anndata.read_h5ad(cells)
    adata.X = np.log1p(adata.X.toarray())
    (path,) = export_depths(adata, [20], tmp_path, seed=3, layer="counts")
    assert path.name == "cells-20.h5ad"
    assert (anndata.read_h5ad(path).X != anndata.read_h5ad(files[0]).X).nnz == 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"depths": [20, 5000]}, "umis_per_cell = 5000 is more than the mean"),
        ({"depths": [20, 20.0]}, "depths = 20, 20 holds one twice; give each once"),
        ({"depths": [0]}, "depths holds 0; every value must be above 0"),
        ({"layer": "logs"}, "counts"),
        ({"layer": "deep"}, "layer = 'deep' is unknown; give one of X, counts, logs"),
        ({"seed": -1}, "seed = -1 must be a whole number of at least 0"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_written(cells, tmp_path, change, text):
    given = {"depths": [20], **change}
    with pytest.raises(ValueError, match=text):
        export_depths(cells, given.pop("depths"), tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_none_is_told(tmp_path):
    (tmp_path / "text.h5ad").write_text("cells")
    with pytest.raises(ValueError, match=r"text\.h5ad is no h5ad file"):
        export_depths(tmp_path / "text.h5ad", [20], tmp_path)
    with pytest.raises(ValueError, match=r"there is no file .*gone\.h5ad"):
        from_embeddings([tmp_path / "gone.h5ad"], signal="cell_type")


def test_a_file_that_takes_data_from_another_is_refused(files, tmp_path):
    own = tmp_path / "linked.h5ad"
    anndata.read_h5ad(files[0]).write_h5ad(own)
    with h5py.File(own, "r+") as file:
        file["obsm/X_mine"] = h5py.ExternalLink(str(files[1]), "X")
    for call in (
        lambda: from_embeddings([own], use_rep="X_mine", signal="cell_type"),
        lambda: export_depths(own, [1], tmp_path / "out"),
    ):
        with pytest.raises(ValueError, match="is not in the file but in"):
            call()


def test_embeddings_give_the_bits_of_the_metric_in_the_tidy_table(files, tmp_path):
    deep = embed(files[1])
    deep.write_h5ad(tmp_path / "deep.h5ad")
    table = from_embeddings(
        {100.5: tmp_path / "deep.h5ad", 20: embed(files[0])}, use_rep="X_mine", signal="cell_type"
    )
    assert tuple(table.columns) == sweep.COLUMNS
    assert table["quality"].tolist() == [20, 100.5]
    assert set(table["status"]) == {"ok"}
    assert (table["message"] == "").all()
    row = table.iloc[1]
    deep = deep[deep.obs_names.sort_values()]
    found = mutual_information(deep.obsm["X_mine"], deep.obs["cell_type"].astype(str), seed=3)
    assert row["bits"] == pytest.approx(found.bits, abs=1e-6)
    assert row[["model", "signal", "n_samples", "n_measured", "seed", "held_out"]].tolist() == [
        "X_mine", "cell_type", N, N, 3, False,
    ]  # fmt: skip
    path = sweep.write_csv(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(sweep.read_csv(path), table)


def test_dropped_cells_are_counted_and_the_others_matched_by_name(files):
    shallow, deep = embed(files[0]), embed(files[1])
    mixed = np.random.default_rng(0).permutation(N)
    shallow, deep = shallow[mixed[:150]].copy(), deep[20:].copy()
    table = from_embeddings([deep, shallow], use_rep="X_mine", signal="cell_type", model="mine")
    left = len(set(shallow.obs_names) & set(deep.obs_names))
    assert table["n_measured"].tolist() == [left, left]
    assert table["quality"].tolist() == [20, 100.5], "from the files"
    assert table["message"].iloc[0].startswith("50 of 200 dropped by the program; measured on")
    assert table["message"].iloc[1].startswith("20 of 200 dropped")
    names = deep.obs_names[deep.obs_names.isin(shallow.obs_names)].sort_values()
    found = mutual_information(
        deep[names].obsm["X_mine"], deep[names].obs["cell_type"].astype(str), seed=3
    )
    assert table["bits"].iloc[1] == pytest.approx(found.bits, abs=1e-6)


def test_arrays_of_images_or_sequences_with_their_unit():
    rng = np.random.default_rng(0)
    classes = np.repeat([3, 5], 60)
    arrays = {q: rng.normal(size=(120, 2)) + q * (classes == 3)[:, None] for q in (0.1, 4.0)}
    table = from_embeddings(
        arrays, signal=classes, kind="label", modality="images", unit="1 / sigma^2",
        dataset="pictures", model="mine", signal_name="class", n_samples=1000, held_out=True,
    )  # fmt: skip
    assert table["bits"].iloc[0] < 0.2
    assert table["bits"].iloc[1] > 0.8
    assert table[["modality", "quality_unit", "dataset", "model", "signal"]].iloc[0].tolist() == [
        "images", "1 / sigma^2", "pictures", "mine", "class",
    ]  # fmt: skip
    assert table[["n_samples", "held_out"]].iloc[0].tolist() == [1000, True]


def test_missing_values_of_a_signal_are_left_out():
    rng = np.random.default_rng(0)
    z = pd.DataFrame(rng.normal(size=(80, 2)), index=[f"c{k:02}" for k in range(80)])
    months = pd.Series(z[0] + 0.1 * rng.normal(size=80), index=z.index)
    months.iloc[:9] = np.nan
    backwards = months.iloc[::-1]
    row = from_embeddings({1.0: z}, signal=backwards).iloc[0]
    assert (row["n_measured"], row["n_samples"]) == (71, 80)
    expected = mutual_information(z.iloc[9:].to_numpy(), months.iloc[9:].to_numpy(), seed=0)
    assert row["bits"] == pytest.approx(expected.bits, abs=1e-6)
    text = pd.Series(np.where(z[0] > 0, "up", "down"), index=z.index)
    text.iloc[:5] = ["NA", None, "", "nan", "alone"]
    assert from_embeddings({1.0: z}, signal=text)["n_measured"].tolist() == [75]


def test_an_embedding_without_an_estimate_is_a_failed_row():
    z = np.random.default_rng(0).normal(size=(60, 2))
    bad = z.copy()
    bad[3, 1] = np.nan
    table = from_embeddings({1.0: bad}, signal=z[:, 0])
    assert table["status"].tolist() == ["failed"]
    assert "NaN" in table["message"].iloc[0]
    assert table["bits"].isna().all()


Z = np.ones((50, 2))


@pytest.mark.parametrize(
    ("embeddings", "options", "text"),
    [
        ({}, {}, "embeddings is empty; give one for each quality"),
        ({-1.0: Z}, {}, "quality holds -1; every value must be above 0"),
        ([Z], {}, "embeddings tell no quality; give a mapping from quality"),
        ({1.0: Z}, {"signal": np.ones(49)}, "signal has 49 rows and lacks 1 of the 50"),
        ({1.0: Z}, {"signal": np.ones(51)}, "signal has 51 rows and lacks 0 of the 50"),
        ({1.0: Z}, {"signal": "type"}, "signal = 'type' is unknown; give one of"),
        ({1.0: Z}, {"signal": pd.Series(1, index=range(40))}, "has 40 rows and lacks 10 of the 50"),
        ({1.0: pd.DataFrame(Z, index=[7] * 50)}, {}, "49 of 50 observations have a name twice"),
        (
            {1.0: pd.DataFrame(Z), 2.0: pd.DataFrame(Z, index=range(50, 100))}, {},
            "embeddings have no observation in common; keep their names",
        ),
        ({1.0: Z}, {"kind": "continuous", "signal": ["a", "b"] * 25}, "'signal' holds text"),
        ({1.0: Z}, {"signal": pd.date_range("2020", periods=50)}, "'signal' holds dates; give one"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(embeddings, options, text):
    with pytest.raises(ValueError, match=text):
        from_embeddings(embeddings, **{"signal": np.arange(50.0), **options})


def test_files_of_other_data_or_another_depth_are_refused(files):
    with pytest.raises(ValueError, match="quality = 30, and its file was thinned to 20"):
        from_embeddings({30: files[0]}, signal="cell_type")
    other = embed(files[1])
    other.uns["noisescaling"]["checksum"] = "another"
    with pytest.raises(ValueError, match="embeddings are of 2 different data sets; give those of"):
        from_embeddings([embed(files[0]), other], use_rep="X_mine", signal="cell_type")
    with pytest.raises(ValueError, match="quality = 20 with seed 3 is given twice; give it once"):
        from_embeddings([files[0], files[0]], signal="cell_type")
    with pytest.raises(ValueError, match="as a Series or DataFrame where they have names"):
        from_embeddings([files[0]], signal=np.arange(N))
    with pytest.raises(ValueError, match="use_rep = 'X_scGPT' is unknown"):
        from_embeddings([files[0]], use_rep="X_scGPT", signal="cell_type")


def test_thinning_is_that_of_the_library(cells, tmp_path):
    counts = sp.csr_matrix(anndata.read_h5ad(cells).X).astype(int)
    made = [anndata.read_h5ad(p).X for p in export_depths(cells, [50, 150], tmp_path)]
    kept = [noise.downsample(counts, d, np.random.default_rng(0)).sum() for d in (50, 150)]
    assert [one.sum() for one in made] == pytest.approx(kept, rel=0.03)
