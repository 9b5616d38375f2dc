"""A study's points as curves: what is kept, what is told apart, and its published like."""

import pandas as pd
import pytest

from noisescaling.sweep import COLUMNS, ResultsStore, Sweep, recipe, run
from study import modalities, studies
from study.labels import readable

CELLS = recipe("simulated", n_cells=120, n_genes=40, umis_per_cell=300)
GRID = [
    Sweep([CELLS], ["RandomProjection", "PCA"], [20, 200], [90, 120], signals=["time", "protein"]),
    Sweep([CELLS], ["PCA"], [20, 200], signals=["time"], fit_depths=[20]),
]


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    store = ResultsStore(folder / "points")
    run(GRID, store, progress=False)
    store.compact(folder / "csv")
    return folder / "csv"


def test_a_study_tells_matched_from_mismatched_points(committed, tmp_path):
    found = studies.study(GRID, committed, store=str(tmp_path))
    assert len(found.points) == 2 * 2 * 2 * 2
    assert found.points["model"].unique().tolist() == ["PCA", "RandomProjection"]
    assert found.mismatched["fitted_at"].tolist() == [20.0, 20.0]
    assert found.n_models.to_dict() == {"PCA": 6, "RandomProjection": 4}
    assert found.failed.empty
    assert not list(tmp_path.iterdir()), "nothing was measured anew"


def test_only_what_is_named_is_kept(committed, tmp_path):
    found = studies.study(
        GRID, committed, models="RandomProjection", signals="time", store=str(tmp_path)
    )
    assert set(found.points["model"]) == {"RandomProjection"}
    assert set(found.points["signal"]) == {"time"}
    assert found.mismatched.empty


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"models": "UMAP"}, "models = 'UMAP' is unknown; give one of RandomProjection, PCA"),
        ({"datasets": "mars"}, "datasets = 'mars' is unknown; give one of simulated"),
        ({"signals": "mass"}, "signal = 'mass' is unknown; give one of protein, time"),
    ],
)
def test_unknown_names_are_refused(committed, tmp_path, chosen, text):
    with pytest.raises(ValueError, match=text):
        studies.study(GRID, committed, store=str(tmp_path), **chosen)


ROW = dict.fromkeys(COLUMNS, "") | {
    "dataset": "a", "signal": "s", "model": "PCA, fitted at 20", "n_samples": 9, "quality": 5.0,
    "quality_unit": "UMIs per cell", "seed": 0, "bits": 1.0, "standard_error": 0.1, "status": "ok",
}  # fmt: skip


def test_failed_points_are_told_and_left_out():
    table = pd.DataFrame([ROW, ROW | {"status": "failed", "bits": None, "message": "why"}])
    found = studies._of_table(table)
    assert found.points.empty
    assert found.mismatched["fitted_at"].tolist() == [20.0]
    assert found.failed["message"].tolist() == ["why"]


def test_points_and_models_of_two_noises_are_told_apart():
    image = ROW | {"model": "PixelPCA", "signal": "class"}
    rows = [image | {"quality_unit": unit} for unit in ("1 / sigma^2", "1 / factor^2")]
    found = studies._of_table(pd.DataFrame([*rows, rows[0] | {"signal": "prediction"}]))
    assert found.points["noise"].tolist() == ["gaussian", "pixelate", "gaussian"]
    assert found.n_models.to_dict() == {"PixelPCA": 2}


def test_cells_are_thinned_though_their_halves_have_the_same_unit():
    found = studies._of_table(pd.DataFrame([ROW | {"quality_unit": "UMIs per cell"}]))
    assert set(found.points["noise"]) | set(found.mismatched["noise"]) == {"downsample"}


def test_the_committed_study_holds_what_the_file_says():
    found = studies.single_cells("laptop", controls=True)
    assert found.n_models.sum() >= 2000
    assert found.n_models["SCVI"] == found.n_models["SCVI, untrained"] >= 130
    assert found.n_models["RankTransformer"] == found.n_models["RankTransformer, untrained"] >= 130
    assert not studies.single_cells("laptop").points["model"].str.contains("untrained").any()
    assert found.points["dataset"].nunique() >= 5
    assert found.points.groupby("dataset")["u"].nunique().min() == 8
    assert found.failed["message"].str.contains("an estimate needs at least 40").all()


def test_language_models_stand_beside_components_and_their_untrained_network():
    names = ["PCA of residues", "ESM-2 architecture from scratch (32 wide)",
             "ESM-2 architecture from scratch (32 wide), untrained"]  # fmt: skip
    fits = pd.DataFrame({"dataset": "spike", "model": names, "u_bar": [20.0, 100.0, 90.0]})
    rows = [("spike", name, u, bits) for name, clean in zip(names, (2.0, 1.5, 1.9), strict=True)
            for u, bits in ((10.0, 0.3), (100.0, clean), (1000.0, clean))]  # fmt: skip
    points = pd.DataFrame(rows, columns=["dataset", "model", "u", "bits"])
    found = modalities.language_models(fits, points).loc["spike"]
    assert found["times"] == 5.0
    assert found["learned"] == pytest.approx(-0.4)
    alone = modalities.language_models(fits[:1], points[:3])
    assert alone.isna().all(axis=None)


def test_networks_of_proteins_that_learned_nothing_are_left_out_unless_wanted():
    control = "ESM-2 architecture from scratch (32 wide), untrained"
    assert control not in set(studies.sequences("laptop").points["model"])
    assert control in set(studies.sequences("laptop", controls=True).points["model"])


def test_image_networks_are_compared_where_both_were_measured():
    rows = [("gaussian", "digits", model, u, bits + u)
            for model, bits in (("small network", 1.0), ("small network, untrained", 0.2))
            for u in (1.0, 8.0)]  # fmt: skip
    rows += [("gaussian", "blood_cells", "small network", 1.0, 2.0)]
    points = pd.DataFrame(rows, columns=["noise", "dataset", "model", "u", "bits"])
    points.loc[(points["model"] == "small network") & (points["u"] == 8.0), "bits"] += 0.1
    found = modalities.image_contrasts(points)
    assert found["contrast"].tolist() == ["small network, trained"]
    assert found["dataset"].tolist() == ["digits"], "no control, no difference"
    assert found.loc[0, ["best", "mean"]].tolist() == pytest.approx([0.9, 0.85])
    alone = modalities.image_contrasts(points[points["model"] == "small network"])
    assert readable(alone, n_rows=3).empty
