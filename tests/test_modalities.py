"""The three modalities: what they are called, and what all that belongs to one agrees on."""

import numpy as np
import pytest
import scipy.sparse as sp

from noisescaling import datasets, models
from noisescaling.modalities import ALIGNED, CELLS, IMAGES, MODALITIES, SEQUENCES
from noisescaling.noise.noises import NOISES


def test_tables_data_sets_models_and_noises_call_them_alike():
    assert list(MODALITIES) == ["single cells", "images", "protein sequences"]
    made = {
        CELLS: datasets.simulate_cells(20, 30, seed=0),
        IMAGES: datasets.simulate_images(40, side=8, seed=0),
        SEQUENCES: datasets.simulate_proteins(20, seed=0),
    }
    for modality, data in made.items():
        assert (data.modality, data.units) == (modality.name, modality.units)
        assert models.names(modality.name)
        assert [name for name, noise in NOISES.items() if noise.modality == modality.name]
        assert len(data.observations if modality is not CELLS else data.counts) == data.n_samples
    assert ALIGNED.name == SEQUENCES.name


def test_cells_that_hold_nothing_are_counted_out():
    counts = CELLS.check(np.array([[0, 2, 0], [0, 0, 0], [1, 0, 3]]))
    assert (CELLS.shape(counts), CELLS.n_filled(counts)) == ((3,), 2)
    stored = sp.csr_matrix(([0, 5], [0, 1], [0, 1, 2]), shape=(2, 3))
    assert CELLS.check(stored).nnz == 1
    assert stored.nnz == 2, "the caller's matrix was changed"


def test_only_images_of_known_classes_are_learned_from():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    pixels, labels = IMAGES.learn(datasets.LabelledImages(images, np.array([4, -1, 7, 4, 7])))
    assert labels.tolist() == [4, 7, 4, 7]
    assert (pixels[:, 0, 0, 0] * 255).round().tolist() == [0, 2, 3, 4]


def test_a_place_of_aligned_sequences_is_a_feature():
    assert ALIGNED.shape(ALIGNED.check(["MKV", "MAV"])) == (3,)
    assert SEQUENCES.shape(SEQUENCES.check(["MKV", "MA"])) == ()
    with pytest.raises(ValueError, match="data has lengths from 2 to 3 residues; align them"):
        ALIGNED.check(["MKV", "MA"])
