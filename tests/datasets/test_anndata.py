"""An AnnData in memory as a data set; pieces of tissue; what columns and matrices may hold."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from noisescaling import datasets, fitting, models, sweep
from noisescaling._counts import check_counts

N_CELLS, N_GENES = 60, 30
COUNTS = np.random.default_rng(0).poisson(0.7, size=(N_CELLS, N_GENES)).astype(np.float32)
TYPES = np.array(["B", "T", "NK"])[np.arange(N_CELLS) % 3]
SECTIONS = np.repeat(["left", "middle", "right"], 20)
#: Three pieces of tissue, one on another: cells of different pieces are nearest to one another.
PLACES = np.column_stack([np.arange(N_CELLS) % 20, np.repeat([0.0, 0.1, 0.2], 20)])


def made(counts=COUNTS, obsm=None, names=None, **columns):
    table = pd.DataFrame({"cell_type": TYPES} | columns)
    table.index = names or [f"c{i}" for i in range(len(table))]
    adata = anndata.AnnData(counts, obs=table)
    adata.obsm.update(obsm or {})
    return adata


FORMS = {
    "dense": np.asarray, "csr": sp.csr_matrix, "csc": sp.csc_matrix, "csr array": sp.csr_array,
    "csc array": sp.csc_array,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layer", ["X", "counts", "raw"])
def test_an_anndata_gives_what_its_file_gives(tmp_path, form, layer):
    stored = FORMS[form](COUNTS)
    adata = made(stored)
    if layer == "raw":
        adata.raw = adata.copy()
        adata = adata[:, 5:].copy()
    if layer == "counts":
        adata.layers["counts"] = stored.copy()
        adata.X = np.log1p(COUNTS)
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    before = adata.copy()
    here = datasets.from_anndata(adata, "cell_type", layer=layer, n_cells=40, name="cells")
    there = datasets.from_h5ad(path, "cell_type", layer=layer, n_cells=40)
    assert (here.counts.toarray() == there.counts.toarray()).all()
    assert here.counts.shape == (40, N_GENES)
    assert here.genes.tolist() == there.genes.tolist()
    assert here.signals["cell_type"].values.tolist() == there.signals["cell_type"].values.tolist()
    assert (here.name, here.notes) == (there.name, there.notes)
    assert (adata.obs == before.obs).all(axis=None)
    assert abs(adata.X - before.X).sum() == 0


def test_a_view_and_an_anndata_on_disk_are_read(tmp_path):
    path = tmp_path / "cells.h5ad"
    made(sp.csr_matrix(COUNTS)).write_h5ad(path)
    on_disk = anndata.read_h5ad(path, backed="r")
    assert (datasets.from_anndata(on_disk, "cell_type").counts.toarray() == COUNTS).all()
    view = made()[10:40, ::2]
    assert (datasets.from_anndata(view, "cell_type").counts.toarray() == COUNTS[10:40, ::2]).all()


def test_three_lines_lead_from_an_anndata_to_the_law():
    simulated = datasets.simulate_cells(600, 40, 200.0, seed=1)
    adata = made(simulated.counts, cell_type=simulated.signal("cell_type").values)
    points = sweep.noise_curves(
        datasets.from_anndata(adata, "cell_type"),
        {"PCA": lambda seed: models.build("PCA", size="small", seed=seed)},
        depths=[5, 20, 60, 180], seeds=[0],
    )  # fmt: skip
    assert (points["status"] == "ok").all()
    fit = fitting.fit_noise_law(points["quality"].to_numpy(), points["bits"].to_numpy())
    assert fit.u_bar > 0
    assert points["bits"].iloc[-1] > points["bits"].iloc[0]


def test_without_a_signal_all_cells_and_their_counts_are_taken(tmp_path):
    adata = made()
    for cells in (datasets.from_anndata(adata, None), datasets.from_anndata(adata, "")):
        assert (cells.counts.toarray() == COUNTS).all()
        assert cells.signals == {}
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert datasets.from_h5ad(tmp_path / "a.h5ad", None, n_cells=20).n_samples == 20


@pytest.mark.parametrize("given", ["a.h5ad", COUNTS, pd.DataFrame(COUNTS), None])
def test_what_is_no_anndata_is_refused(given):
    with pytest.raises(ValueError, match=r"adata is a .*; give an AnnData, or use from_h5ad"):
        datasets.from_anndata(given, "cell_type")


def test_an_anndata_without_counts_says_which_layers_it_has():
    adata = anndata.AnnData(obs=made().obs, var=made().var, layers={"counts": COUNTS})
    with pytest.raises(ValueError, match="layer = 'X' is not in adata; give one of counts"):
        datasets.from_anndata(adata, "cell_type")


def crossing(cells, sections):
    pairs = cells.signal("spatial")
    return np.mean(sections[pairs.rows] != sections[pairs.partners])


@pytest.mark.parametrize(
    "name", ["library_id", "section", "sample", "slice", "batch", "fov", "Sample", "LIBRARY_ID"]
)
@pytest.mark.parametrize("kind", [str, lambda codes: pd.Categorical(codes.astype(str)), int, float])
def test_neighbours_stay_in_one_piece_of_tissue_and_it_is_told(name, kind):
    codes = np.repeat(np.arange(3), 20)
    column = codes.astype(kind) if isinstance(kind, type) else kind(codes)
    with pytest.warns(UserWarning, match=rf"neighbours are of one {name} each \(3 of them\): give"):
        cells = datasets.from_anndata(made(obsm={"spatial": PLACES}, **{name: column}), "spatial")
    assert crossing(cells, codes) == 0
    assert len(cells.signal("spatial").rows) >= 30


def test_a_named_column_tells_pieces_apart_and_none_of_them_is_one():
    adata = made(obsm={"spatial": PLACES}, piece=SECTIONS, batch=SECTIONS)
    assert crossing(datasets.from_anndata(adata, "spatial", section="piece"), SECTIONS) == 0
    assert datasets.from_anndata(adata, "spatial", section="piece").notes == ()
    assert crossing(datasets.from_anndata(adata, "spatial", section="none"), SECTIONS) > 0.9
    by_columns = made(x=PLACES[:, 0], y=PLACES[:, 1], section=SECTIONS)
    with pytest.warns(UserWarning, match="neighbours are of one section each"):
        cells = datasets.from_anndata(by_columns, ["x", "y"], kind="neighbour")
    pairs = cells.signal("x+y")
    assert (SECTIONS[pairs.rows] == SECTIONS[pairs.partners]).all()


def test_the_first_column_with_two_pieces_is_taken_and_an_empty_one_is_not():
    columns = {"library_id": "all", "sample": None, "batch": SECTIONS}
    with pytest.warns(UserWarning, match="neighbours are of one batch each"):
        cells = datasets.from_anndata(made(obsm={"spatial": PLACES}, **columns), "spatial")
    assert crossing(cells, SECTIONS) == 0


def test_cells_of_no_piece_or_alone_in_one_have_no_neighbour():
    sections = SECTIONS.astype(object)
    sections[3], sections[30] = None, "an island"
    adata = made(obsm={"spatial": PLACES}, piece=sections)
    with pytest.warns(UserWarning, match="2 of 60 cells have no partner by spatial"):
        cells = datasets.from_anndata(adata, "spatial", section="piece")
    assert cells.n_samples == 58
    adata = made(obsm={"spatial": PLACES}, piece=[f"piece {i}" for i in range(N_CELLS)])
    with pytest.raises(ValueError, match="no two of 60 cells with spatial are of one section"):
        datasets.from_anndata(adata, "spatial", section="piece")


def test_a_section_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="section = 'batch' is for neighbours, and cell_type hold"):
        datasets.from_anndata(made(batch=SECTIONS), "cell_type", section="batch")
    with pytest.raises(ValueError, match="'slide' is neither a column of obs nor a matrix"):
        datasets.from_anndata(made(obsm={"spatial": PLACES}), "spatial", section="slide")


DAY = np.arange(N_CELLS) % 4 + 0.5
WRITTEN = {
    "category of numbers": pd.Categorical(DAY), "category of text": pd.Categorical(DAY.astype(str)),
    "text": DAY.astype(str), "nullable": pd.array(DAY, dtype="Float64"),
    "objects": DAY.astype(object), "half": DAY.astype(np.float16),
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_numbers_are_numbers_however_they_are_written(tmp_path, written):
    adata = made(day=WRITTEN[written])
    cells = datasets.from_anndata(adata, "day", kind="continuous")
    assert cells.signal("day").values.tolist() == DAY.tolist()
    assert not cells.signal("day").labelled
    if written not in ("objects", "half", "nullable"):
        adata.write_h5ad(tmp_path / "a.h5ad")
        back = datasets.from_h5ad(tmp_path / "a.h5ad", "day", kind="continuous")
        assert back.signal("day").values.tolist() == DAY.tolist()
    clones = made(day=WRITTEN[written], clone=np.repeat(np.arange(15), 4).astype(str))
    pairs = datasets.from_anndata(clones, "clone", kind="clone", times="day").signal("clone")
    assert (DAY[np.asarray(pairs.partners)] == 3.5).any()


@pytest.mark.parametrize("missing", [None, np.nan, "nan", "", "NA"])
def test_a_missing_number_is_missing_however_it_is_written(missing):
    day = DAY.astype(str).astype(object)
    day[:4] = missing
    with pytest.warns(UserWarning, match="4 of 60 cells have no day"):
        cells = datasets.from_anndata(made(day=day), "day", kind="continuous")
    assert cells.signal("day").values.tolist() == DAY[4:].tolist()


def test_words_are_no_numbers():
    with pytest.raises(ValueError, match="cell_type holds object values; give numbers"):
        datasets.from_anndata(made(), "cell_type", kind="continuous")


PANELS = {
    "nullable": lambda table: table.convert_dtypes(),
    "categories": lambda table: table.astype("category"),
    "mixed": lambda table: table.assign(b=table["b"].astype("Int64")),
    "sparse": lambda table: sp.csr_matrix(table.fillna(0).to_numpy()),
    "half": lambda table: table.to_numpy().astype(np.float16),
}


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_may_be_a_table_of_any_numbers(tmp_path, panel):
    table = pd.DataFrame(np.arange(180.0).reshape(60, 3), columns=list("abc"))
    table.index = [f"c{i}" for i in range(N_CELLS)]
    table.loc["c7", "b"] = 0.0 if panel in ("sparse", "half") else np.nan
    adata = made(obsm={"protein": PANELS[panel](table)})
    adata.write_h5ad(tmp_path / "a.h5ad")
    kept = np.arange(60) if panel in ("sparse", "half") else np.delete(np.arange(60), 7)
    for cells in (
        datasets.from_anndata(adata, "protein"),
        datasets.from_h5ad(tmp_path / "a.h5ad", "protein"),
    ):
        assert cells.signal("protein").values == pytest.approx(table.to_numpy()[kept])


def test_a_panel_with_words_names_the_column():
    table = pd.DataFrame({"a": 1.0, "b": "x"}, index=[f"c{i}" for i in range(N_CELLS)])
    with pytest.raises(ValueError, match=r"protein, b, holds .* values; give numbers"):
        datasets.from_anndata(made(obsm={"protein": table}), "protein")


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
def test_cells_that_are_there_twice_are_told():
    names = [f"c{i}" for i in range(58)] + ["c0", "c1"]
    with pytest.warns(UserWarning, match="2 of 60 cells have the name of an earlier one"):
        datasets.from_anndata(made(names=names), "cell_type")
    deep = np.random.default_rng(0).poisson(3, (N_CELLS, N_GENES))
    deep[40:45] = deep[:5]
    for form in (np.asarray, sp.csr_matrix):
        with pytest.warns(UserWarning, match="5 of 60 cells have all counts of an earlier one"):
            cells = datasets.from_anndata(made(form(deep)), "cell_type")
        assert len(cells.notes) == 1
    shallow = np.zeros((N_CELLS, N_GENES), dtype=int)
    shallow[:, 0] = 3
    assert datasets.from_anndata(made(shallow), "cell_type").notes == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.float32, bool])
@pytest.mark.parametrize("form", [sp.coo_matrix, sp.csr_matrix, sp.csc_matrix])
def test_counts_that_stand_at_one_place_are_added_up_without_overflow(dtype, form):
    most = {np.float32: 2**24, bool: 1}.get(dtype) or np.iinfo(dtype).max
    values = np.array([most, most, 1], dtype=dtype)
    places = (np.zeros(3, dtype=int), np.zeros(3, dtype=int))
    if form is sp.coo_matrix:
        counts = form((values, places), shape=(2, 2))
    else:
        counts = form((values, places[0], [0, 3, 3]), shape=(2, 2))
    assert check_counts(counts).toarray().tolist() == [[2 * most + 1, 0], [0, 0]]


def test_a_signal_is_described():
    cells = datasets.simulate_cells(40, 20, 50.0)
    assert cells.signal("cell_type").described.startswith("cell_type: 4 labels of 40, 1.9")
    assert cells.signal("time").described == "time: 1 number of each of 40"
    assert cells.signal("protein").described == "protein: 8 numbers of each of 40"
    assert cells.signal("clone").described == "clone: 20 pairs"
