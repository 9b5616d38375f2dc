import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from noisescaling import datasets, noise
from noisescaling.datasets import _annotated, counts_file

N_CELLS, N_GENES = 60, 30
COUNTS = np.random.default_rng(0).poisson(0.7, size=(N_CELLS, N_GENES)).astype(np.float32)
TYPES = np.array(["B", "T", "NK"])[np.arange(N_CELLS) % 3]
STORED = {"dense": np.asarray, "CSR": sp.csr_matrix, "CSC": sp.csc_matrix}


@pytest.fixture
def write(tmp_path):
    """Write an h5ad file of the cells, with whatever differs."""

    def write_file(X=COUNTS, obs=None, var=None, layers=None, obsm=None, raw=None):
        table = {"cell_type": pd.Categorical(TYPES, categories=["T", "B", "NK", "unused"])}
        adata = anndata.AnnData(
            X if raw is None else raw,
            obs=pd.DataFrame(table | (obs or {}), index=[f"c{i}" for i in range(N_CELLS)]),
            var=pd.DataFrame(index=var or [f"g{i}" for i in range(N_GENES)]),
        )
        if raw is not None:
            adata.raw = adata.copy()
            adata = adata[:, :20].copy()
            adata.X = X[:, :20]
        adata.layers.update(layers or {})
        adata.obsm.update(obsm or {})
        path = tmp_path / "cells.h5ad"
        adata.write_h5ad(path)
        return path

    return write_file


@pytest.mark.parametrize("place", ["X", "counts", "raw"])
@pytest.mark.parametrize("storage", STORED)
def test_counts_are_found_wherever_and_however_they_are_stored(write, storage, place):
    stored, normalized = STORED[storage](COUNTS), np.log1p(COUNTS)
    path = {
        "X": lambda: write(stored),
        "counts": lambda: write(normalized, layers={"counts": stored}),
        "raw": lambda: write(normalized, raw=stored),
    }[place]()
    cells = datasets.from_h5ad(path, "cell_type", layer=None if place == "X" else place)
    assert (cells.counts.toarray() == COUNTS).all()
    assert cells.counts.dtype == np.int32
    assert cells.genes.tolist() == [f"g{i}" for i in range(N_GENES)]
    assert cells.signal("cell_type").values.tolist() == TYPES.tolist()
    assert cells.notes == ()


@pytest.mark.parametrize("storage", STORED)
@pytest.mark.parametrize("chunk_values", [1, 50, 2**24])
def test_only_wanted_cells_are_read_whatever_the_chunk(write, storage, chunk_values, monkeypatch):
    monkeypatch.setattr(counts_file, "CHUNK_VALUES", chunk_values)
    monkeypatch.setattr(counts_file, "_GAP", 20)
    file = datasets.CountsFile(write(STORED[storage](COUNTS)))
    wanted = np.array([0, 1, 7, 8, 30, 59])
    assert file.shape == (N_CELLS, N_GENES)
    assert (file.read(wanted).toarray() == COUNTS[wanted]).all()
    assert (file.read().toarray() == COUNTS).all()


def testcounts_file_come_in_order_and_hold_a_part_each(write, monkeypatch):
    monkeypatch.setattr(counts_file, "CHUNK_VALUES", 100)
    chunks = list(datasets.CountsFile(write(sp.csr_matrix(COUNTS))).chunks())
    assert len(chunks) > 3
    assert (sp.vstack(chunks).toarray() == COUNTS).all()
    assert max(chunk.nnz for chunk in chunks) < 250


def test_rows_far_apart_are_not_read_together():
    starts = np.arange(1_000_001, dtype=np.int64) * 100
    rows = np.array([5, 6, 7, 500_000, 500_002, 999_999])
    stretches = [s.tolist() for s in counts_file._stretches(rows, starts)]
    assert stretches == [[5, 6, 7], [500_000, 500_002], [999_999]]


@pytest.mark.parametrize("storage", STORED)
def test_counts_can_be_thinned_while_they_are_read(write, storage):
    rng = np.random.default_rng(0)
    cells = datasets.from_h5ad(
        write(STORED[storage](COUNTS)), "cell_type",
        thin=lambda counts: noise.split(counts, rng, 0.25)[0],
    )  # fmt: skip
    assert (cells.counts.toarray() <= COUNTS).all()
    assert cells.umis_per_cell == pytest.approx(COUNTS.sum() / N_CELLS / 4, rel=0.2)


def test_values_that_are_no_counts_are_refused_with_the_way_to_the_counts(write):
    path = write(np.log1p(COUNTS), layers={"raw_counts": COUNTS, "scaled": COUNTS - 0.5})
    told = (
        "X of cells.h5ad holds fractional or negative values, so no counts; whole numbers stand in "
        "raw_counts: give layer='raw_counts'"
    )
    with pytest.raises(ValueError, match=told):
        datasets.from_h5ad(path, "cell_type")


def test_without_any_counts_the_error_says_so(write):
    with pytest.raises(ValueError, match="no other layer of the file holds whole numbers"):
        datasets.from_h5ad(write(np.log1p(COUNTS)), "cell_type")


def test_values_that_turn_fractional_later_are_refused_too(write, monkeypatch):
    monkeypatch.setattr("noisescaling.datasets.counts_file._PEEK", N_GENES)
    counts = COUNTS.copy()
    counts[-1, 0] = 0.5
    with pytest.raises(ValueError, match=r"X of cells.h5ad holds 1 fractional values of \d+"):
        datasets.from_h5ad(write(sp.csr_matrix(counts)), "cell_type")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"signal": "type"}, "'type' is neither a column of obs nor a matrix of obsm in "
         "cells.h5ad; obs has cell_type, day; obsm has protein"),
        ({"signal": "day", "layer": "counts"}, "layer = 'counts' is not in cells.h5ad; give one"),
        ({"signal": "day", "kind": "time"}, "kind = 'time' is unknown; give one of auto, label"),
        ({"signal": "cell_type", "kind": "continuous"}, "cell_type holds category values"),
        ({"signal": "protein", "kind": "label"}, "protein is a matrix of 2 columns; labels need"),
        ({"signal": "day", "kind": "neighbour"}, "day has one number a cell; places need two or"),
        ({"signal": "day", "n_cells": 61}, "n_cells = 61 is more than the 60 cells of cells"),
    ],
)  # fmt: skip
def test_what_the_file_has_not_is_refused_with_what_it_has(write, arguments, told):
    path = write(obs={"day": np.arange(60) % 4}, obsm={"protein": COUNTS[:, :2]})
    with pytest.raises(ValueError, match=told):
        datasets.from_h5ad(path, **arguments)


def test_no_file_and_no_h5ad_file_are_told_apart(tmp_path):
    with pytest.raises(ValueError, match=r"there is no file .*nowhere.h5ad"):
        datasets.from_h5ad(tmp_path / "nowhere.h5ad", "cell_type")
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match=r"t.csv is no h5ad file; write one by AnnData.write_h5ad"):
        datasets.from_h5ad(tmp_path / "t.csv", "cell_type")


def test_cells_without_a_label_are_left_out_and_said(write):
    labels = pd.Series(TYPES, dtype=object)
    labels[[0, 5]] = np.nan
    labels[9] = "a lone one"
    told = "3 of 60 cells have no kind, or one that no other cell has: left out"
    with pytest.warns(UserWarning, match=told):
        cells = datasets.from_h5ad(write(obs={"kind": labels.to_numpy()}), "kind")
    assert cells.notes == (told,)
    kept = np.setdiff1d(np.arange(60), [0, 5, 9])
    assert (cells.counts.toarray() == COUNTS[kept]).all()
    assert cells.signal("kind").values.tolist() == TYPES[kept].tolist()


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_doubled_gene_names_are_numbered_and_said(write):
    names = ["Actb"] * 3 + [f"g{i}" for i in range(27)]
    with pytest.warns(UserWarning, match="2 gene names are doubles"):
        cells = datasets.from_h5ad(write(var=names), "cell_type")
    assert cells.genes[:3].tolist() == ["Actb", "Actb-1", "Actb-2"]
    assert (cells.counts.toarray() == COUNTS).all()


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint64", "float64", "float32"])
def test_few_whole_numbers_are_labels_unless_told_otherwise_and_it_is_said(write, dtype):
    path = write(obs={"day": (np.arange(60) % 4).astype(dtype)})
    told = "day holds 4 different whole numbers in 60 cells, taken as labels: give kind='continuou"
    with pytest.warns(UserWarning, match=told):
        cells = datasets.from_h5ad(path, "day")
    assert any(told in note for note in cells.notes)
    assert cells.signal("day").labelled
    assert cells.signal("day").values.tolist() == [str(i % 4) for i in range(60)]
    numbers = datasets.from_h5ad(path, "day", kind="continuous")
    assert numbers.signal("day").values.tolist() == [i % 4 for i in range(60)]
    assert not numbers.signal("day").labelled
    assert numbers.notes == ()


def test_many_whole_numbers_are_numbers_and_it_is_said(write):
    told = "age holds 30 different whole numbers in 60 cells, taken as numbers: give kind='label'"
    with pytest.warns(UserWarning, match=told):
        cells = datasets.from_h5ad(write(obs={"age": np.arange(60) % 30}), "age")
    assert not cells.signal("age").labelled


def test_numbers_with_missing_ones_are_the_same_labels(write):
    day = np.where(np.arange(60) < 4, np.nan, np.arange(60) % 4)
    with pytest.warns(UserWarning, match="4 of 60 cells have no day"):
        cells = datasets.from_h5ad(write(obs={"day": day}), "day")
    assert cells.signal("day").values.tolist() == [str(i % 4) for i in range(4, 60)]


@pytest.mark.parametrize("written", ["nan", "NA", "None", "N/A", "null", " "])
def test_labels_that_are_written_as_missing_are_missing(write, written):
    names = np.where(np.arange(60) < 6, written, TYPES).astype(object)
    with pytest.warns(UserWarning, match="6 of 60 cells have no kind"):
        cells = datasets.from_h5ad(write(obs={"kind": pd.Categorical(names)}), "kind")
    assert cells.signal("kind").values.tolist() == TYPES[6:].tolist()


def test_a_matrix_of_one_column_is_a_column(write):
    with pytest.warns(UserWarning, match="taken as labels"):
        cells = datasets.from_h5ad(write(obsm={"c": (np.arange(60) % 3)[:, None]}), "c")
    assert cells.signal("c").values.tolist() == [str(i % 3) for i in range(60)]


def test_a_panel_loses_the_cells_with_a_missing_value(write):
    panel = pd.DataFrame(
        COUNTS[:, :3].copy(), index=[f"c{i}" for i in range(60)], columns=list("abc")
    )
    panel.iloc[4, 1] = np.nan
    with pytest.warns(UserWarning, match="1 of 60 cells"):
        cells = datasets.from_h5ad(write(obsm={"protein": panel}), "protein")
    assert cells.signal("protein").values.shape == (59, 3)


def test_places_pair_nearest_neighbours(write):
    places = np.column_stack([np.repeat(np.arange(30), 2) + np.tile([0, 0.1], 30), np.zeros(60)])
    cells = datasets.from_h5ad(write(obsm={"spatial": places}), "spatial")
    pairs = cells.signal("spatial")
    assert (pairs.rows.tolist(), pairs.partners.tolist()) == (
        list(range(0, 60, 2)),
        list(range(1, 60, 2)),
    )
    columns = write(obs={"x": places[:, 0], "y": places[:, 1]})
    same = datasets.from_h5ad(columns, ["x", "y"], kind="neighbour").signal("x+y")
    assert (same.rows == pairs.rows).all()


def test_neighbours_at_one_place_are_told(write):
    places = np.column_stack([np.arange(60.0), np.zeros(60)])
    places[1] = places[0]
    with pytest.warns(UserWarning, match=r"1 of \d+ pairs of neighbours are at one and the same"):
        datasets.from_h5ad(write(obsm={"spatial": places}), "spatial")


def test_chosen_cells_keep_their_sisters_and_their_counts(write):
    clones = np.array([f"clone {i // 2}" for i in range(60)], dtype=object)
    clones[:2] = None
    with pytest.warns(UserWarning, match="2 of 60 cells have no partner by clone: left out"):
        cells = datasets.from_h5ad(
            write(sp.csr_matrix(COUNTS), obs={"clone": clones}), "clone", kind="clone", n_cells=20
        )
    pairs = cells.signal("clone")
    assert cells.n_samples == 20
    assert len(pairs.rows) == 10
    # Each pair of sisters stands in the file as two cells that follow one another.
    for first, second in zip(pairs.rows, pairs.partners, strict=True):
        place = [np.flatnonzero((row == COUNTS).all(axis=1))[0] // 2
                 for row in cells.counts[[first, second]].toarray()]  # fmt: skip
        assert place[0] == place[1] != 0


def test_sisters_of_different_times_are_early_and_late(write):
    obs = {"clone": np.repeat([f"c{i}" for i in range(30)], 2), "day": np.tile([2.0, 4.0], 30)}
    cells = datasets.from_h5ad(write(obs=obs), "clone", kind="clone", times="day")
    assert (cells.signal("clone").rows % 2 == 0).all()
    assert (cells.signal("clone").partners % 2 == 1).all()


def test_fewer_cells_are_a_part_of_more(write):
    path = write(sp.csr_matrix(COUNTS))
    few, more = (datasets.from_h5ad(path, "cell_type", n_cells=n, seed=3) for n in (20, 40))
    rows = {tuple(row) for row in more.counts.toarray()}
    assert all(tuple(row) in rows for row in few.counts.toarray())
    assert (few.n_samples, more.n_samples) == (20, 40)


@pytest.mark.parametrize(
    ("column", "kind", "told"),
    [
        ([f"cell {i}" for i in range(60)], "label", "has 0 label of two cells or more, of 60"),
        ([f"clone {i // 2}" for i in range(60)], "label", "has 30 labels for 60 cells; for clones"),
        (["B"] * 60, "label", "has 1 label of two cells or more, of 1 labels in 60 cells"),
        (pd.Categorical([None] * 60, ["B"]), "label", "s is empty in all 60 cells"),
        ([2.5] * 60, "continuous", "s does not vary over 60 cells: no information"),
        ([f"cell {i}" for i in range(60)], "clone", "no clone has two, so there are no sisters"),
    ],
)
def test_signals_that_can_tell_nothing_are_refused(write, column, kind, told):
    with pytest.raises(ValueError, match=told):
        datasets.from_h5ad(write(obs={"s": column}), "s", kind=kind)


def test_counts_larger_than_the_memory_are_refused_with_both_sizes(write, monkeypatch):
    monkeypatch.setattr(_annotated, "memory", lambda: 8 * 1000)
    monkeypatch.setattr(counts_file, "CHUNK_VALUES", 100)
    monkeypatch.setattr(counts_file, "_GAP", 20)
    path = write(sp.csr_matrix(COUNTS))
    told = r"X of cells.h5ad for 60 cells needs .* give n_cells of at most \d\d, or thin"
    with pytest.raises(ValueError, match=told):
        datasets.from_h5ad(path, "cell_type")
    assert datasets.from_h5ad(path, "cell_type", n_cells=20).n_samples == 20


@pytest.mark.skipif(not hasattr(__import__("os"), "sysconf"), reason="asks the system's memory")
def test_the_machine_tells_its_memory():
    assert _annotated.memory() > 2**28
