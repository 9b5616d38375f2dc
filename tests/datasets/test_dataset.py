import numpy as np
import pytest
import scipy.sparse as sp

from noisescaling import datasets
from noisescaling.datasets import pairing, public_cells
from noisescaling.datasets.dataset import Dataset, Signal

CELLS = np.arange(3)
COUNTS = np.ones((3, 2), dtype=int)


def test_real_blood_cells_are_exact_integer_counts():
    pytest.importorskip("scanpy")  # which brings them
    cells = datasets.load("pbmc68k_reduced")
    assert cells.counts.shape == (700, 765)
    assert cells.counts.dtype.kind == "i"
    depths = np.asarray(cells.counts.sum(axis=1)).ravel()
    assert np.median(depths) == pytest.approx(653, abs=1)
    assert cells.counts.data.min() == 1
    assert len(np.unique(cells.signals["cell_type"].values)) == 10
    assert len(cells.genes) == 765


def test_counts_come_back_from_their_logarithm():
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(1.0, size=(40, 60)))
    factors = sp.diags(1e4 / np.asarray(counts.sum(axis=1)).ravel())
    normalized = (factors @ counts).tocsr().astype(np.float32)
    normalized.data = np.log1p(normalized.data)
    assert (public_cells.counts_from_log1p(normalized) != counts).nnz == 0


def test_other_values_are_not_taken_for_counts():
    values = sp.csr_matrix(np.random.default_rng(0).random((20, 30)))
    with pytest.raises(ValueError, match="away from whole multiples of each cell's smallest"):
        public_cells.counts_from_log1p(values)


def test_an_unknown_name_is_refused_with_those_known():
    with pytest.raises(
        ValueError, match="data set = 'pbmc' is unknown; give one of pbmc68k_reduced"
    ):
        datasets.load("pbmc")


def test_a_signal_pairs_rows_with_values_or_with_partners():
    embedding = np.array([[0.0], [10.0], [20.0]])
    x, y = Signal("time", np.array([0, 2]), np.array([5.0, 6.0])).pair(embedding)
    assert x.tolist() == [[0.0], [20.0]]
    assert y.tolist() == [5.0, 6.0]
    x, y = Signal("clone", np.array([0]), partners=np.array([2])).pair(embedding)
    assert (x.tolist(), y.tolist()) == ([[0.0]], [[20.0]])


def test_a_signal_of_another_length_is_refused():
    with pytest.raises(ValueError, match="signal 'time' has 3 rows and 2 values"):
        Signal("time", CELLS, np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="signal 'time' names row 2, and there are 2 cells"):
        Dataset("x", COUNTS[:2], {"time": Signal("time", CELLS, np.ones(3))})


@pytest.mark.parametrize(("row", "partner", "named"), [(0, 3, 3), (0, -1, -1), (-2, 1, -2)])
def test_a_pair_outside_the_data_set_is_refused(row, partner, named):
    clone = Signal("clone", np.array([row]), partners=np.array([partner]))
    with pytest.raises(ValueError, match=f"'clone' names row {named}, and there are 3 cells; give"):
        Dataset("x", COUNTS, {"clone": clone})


def test_a_signal_needs_one_second_side():
    with pytest.raises(ValueError, match="needs either values or partners"):
        Signal("time", CELLS)
    with pytest.raises(ValueError, match="needs either values or partners"):
        Signal("time", CELLS, CELLS, CELLS)


def test_an_unknown_signal_is_refused_with_those_there_are():
    cells = Dataset("x", COUNTS, {"time": Signal("time", CELLS, np.ones(3))})
    with pytest.raises(ValueError, match="signal = 'clone' is unknown; give one of time"):
        cells.signal("clone")


def test_mutual_neighbours_make_one_pair():
    first, second = pairing.nearest_neighbours([[0.0, 0], [0.1, 0], [5, 0], [5.3, 0], [6.5, 0]])
    assert list(zip(first, second, strict=True)) == [(0, 1), (2, 3), (4, 3)]


def test_cells_on_one_spot_are_never_their_own_neighbour():
    first, second = pairing.nearest_neighbours(np.zeros((5, 2)))
    assert (first != second).all()


def test_one_cell_has_no_neighbour():
    with pytest.raises(ValueError, match="positions holds 1 cells; give at least 2"):
        pairing.nearest_neighbours([[0.0, 0.0]])


def test_sisters_share_their_clone_and_pair_once():
    clones = np.array([7, 1, 7, 7, 1, 3, 7, 7])
    first, second = pairing.sisters(clones, np.random.default_rng(0))
    assert (clones[first] == clones[second]).all()
    both = np.concatenate([first, second])
    assert len(np.unique(both)) == len(both) == 6


def test_early_cells_pair_with_late_sisters_once():
    clones = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3])
    times = np.array([2, 4, 6, 6, 4, 4, 6, 2, 6])
    early, late = pairing.early_and_late(clones, times, np.random.default_rng(0))
    assert (clones[early] == clones[late]).all()
    assert (times[early] < 6).all()
    assert (times[late] == 6).all()
    assert sorted(early) == [0, 1, 7]
    assert len(set(late)) == 3


def test_which_sisters_pair_is_random():
    clones, times = np.zeros(40, dtype=int), np.repeat([0, 1], 20)
    draws = [pairing.early_and_late(clones, times, np.random.default_rng(s)) for s in (0, 0, 1)]
    assert (draws[0][1] == draws[1][1]).all()
    assert (draws[0][1] != draws[2][1]).any()


def test_clones_of_one_time_have_no_early_and_late_cells():
    with pytest.raises(ValueError, match="none of 2 clones has cells both at the last time, 6"):
        pairing.early_and_late([0, 1], [2, 6], np.random.default_rng(0))


def test_the_checksum_is_of_the_content_and_not_of_its_storage(checksum):
    sums = {
        checksum(Dataset("x", counts, {"time": Signal("time", CELLS, np.arange(3.0))}))
        for counts in (COUNTS, sp.csr_matrix(COUNTS), COUNTS.astype(float), COUNTS.astype(np.int32))
    }
    assert len(sums) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"counts": COUNTS + np.eye(3, 2, dtype=int)},
        {"counts": np.ones((3, 3), dtype=int)},
        {"values": np.array([0.0, 1.0, 3.0])},
        {"values": np.array(["0", "1", "2"])},
        {"rows": CELLS[::-1]},
        {"partners": np.arange(3)},
        {"name": "day"},
    ],
)
def test_other_content_has_another_checksum(changed, checksum):
    def made(counts=COUNTS, name="time", rows=CELLS, values=None, partners=None):
        if values is None and partners is None:
            values = np.arange(3.0)
        return Dataset("x", counts, {name: Signal(name, rows, values, partners)})

    assert checksum(made(**changed)) != checksum(made())


@pytest.mark.parametrize("given", [np.arange(3), [0, 1, 2], "time", None])
def test_values_that_are_no_signal_are_told_how_to_become_one(given):
    with pytest.raises(ValueError, match=r"signals\['mix'\] is a .* Signal.of_all\('mix', "):
        Dataset("x", COUNTS, {"mix": given})
    assert Dataset("x", COUNTS, {"mix": Signal.of_all("mix", np.arange(3))}).n_samples == 3


def test_what_was_observed_is_called_by_its_own_name_alone():
    cells = Dataset("x", COUNTS, {})
    assert cells.counts is cells.observed
    for other in ("sequences", "images"):
        with pytest.raises(ValueError, match=f"x holds single cells, and .*{other} are asked for"):
            getattr(cells, other)


def test_a_data_set_needs_what_its_modality_needs():
    with pytest.raises(ValueError, match="modality = 'rna' is unknown; give one of single cells"):
        Dataset("x", COUNTS, {}, modality="rna")
    with pytest.raises(ValueError, match="images of 'x' have no labels, or no held_out; give both"):
        Dataset("x", np.zeros((4, 8, 8)), {}, modality="images", labels=np.zeros(4, int))
