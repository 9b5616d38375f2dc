from dataclasses import replace

import numpy as np
import pytest

from noisescaling import datasets, models
from noisescaling._images import HELD_OUT
from noisescaling.datasets import LabelledImages, image_dataset, simulate_images


def make(n=60, classes=("a", "b", "c"), **given):
    rng = np.random.default_rng(0)
    values = {
        "images": rng.integers(0, 256, (n, 4, 4, 1), dtype=np.uint8),
        "labels": np.arange(n) % len(classes),
        "held_out": np.arange(n) >= n // 2,
        "classes": classes,
    }
    return image_dataset("made", **(values | given))


def test_models_see_no_class_of_a_held_out_image():
    data = make()
    seen = data.observations
    assert (seen.labels[data.held_out] == HELD_OUT).all()
    assert (seen.labels[~data.held_out] == data.labels[~data.held_out]).all()
    assert seen.images is data.images


def test_signals_are_of_held_out_images_only():
    data = make()
    assert list(data.signals) == ["class", "prediction", *(f"{c} against the rest" for c in "abc")]
    for signal in data.signals.values():
        assert data.held_out[signal.rows].all()
    assert data.signals["class"].values[0] == "abc"[data.labels[30]]
    rest = data.signals["b against the rest"]
    assert (rest.values == (data.labels[rest.rows] == 1)).all()
    assert data.signals["prediction"].of == "prediction"
    assert data.signals["class"].of == "embedding"


def test_two_classes_have_no_rest_and_a_lone_held_out_image_no_signal():
    assert list(make(classes=("a", "b")).signals) == ["class", "prediction"]
    labels = np.arange(60) % 2
    labels[[3, 40]] = 2
    data = make(labels=labels)
    assert 40 not in data.signals["class"].rows
    assert "c against the rest" not in data.signals


def test_the_checksum_covers_pixels_split_and_held_out_classes(checksum):
    data = make()
    assert checksum(data) == checksum(make())
    other = data.labels.copy()
    other[[40, 41]] = other[[41, 40]]
    others = [
        make(images=255 - data.images),
        make(labels=other),
        make(held_out=np.arange(60) >= 31),
    ]
    assert len({checksum(one) for one in (data, *others)}) == 4


def test_some_images_keep_their_classes():
    data = make()
    part = data.take(np.array([5, 40, 7]))
    assert part.n_samples == 3
    assert part.labels.tolist() == data.labels[[5, 40, 7]].tolist()
    assert part.observations.labels.tolist()[1] == HELD_OUT


@pytest.mark.parametrize("as_given", [np.uint8, np.float32, np.float64, list])
def test_grey_images_need_no_axis_of_channels(as_given, checksum):
    grey = np.random.default_rng(0).integers(0, 2, (60, 4, 5), np.uint8)
    given = grey.tolist() if as_given is list else grey.astype(as_given)
    given = np.asarray(given, np.float64).tolist() if as_given is list else given
    without, with_axis = make(images=given), make(images=np.asarray(given)[..., None])
    assert without.images.shape == (60, 4, 5, 1)
    assert checksum(without) == checksum(with_axis)
    bare = replace(with_axis, observed=np.asarray(given))  # a data set made by its class
    assert bare.images.shape == (60, 4, 5, 1)


@pytest.mark.parametrize("name", ["PixelPCA", "ImageClassifier"])
def test_models_take_grey_images_without_an_axis(name):
    if name == "ImageClassifier":
        pytest.importorskip("torch")
    data = simulate_images(60, side=4)
    seen = data.observations
    bare = LabelledImages(seen.images[..., 0], seen.labels)
    settings = {"n_components": 2} if name == "PixelPCA" else {"max_epochs": 1}
    fits = [models.build(name, size="small", **settings).fit(one) for one in (seen, bare)]
    assert (fits[0].embed(seen) == fits[1].embed(bare)).all()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"images": np.zeros((60, 16), np.uint8)}, r"images has shape \(60, 16\); give \(n_images"),
        ({"images": np.zeros((60, 4, 0), np.uint8)}, r"images has shape \(60, 4, 0\)"),
        ({"images": np.zeros((60, 4, 4, 2), np.uint8)}, r"channels\) with 1 channel \(grey\) or 3"),
        ({"images": np.full((60, 4, 4, 1), 255.0)}, r"pixels from 255 to 255; scale floats to 0"),
        ({"images": np.full((60, 4, 4, 1), -0.1)}, r"pixels from -0.1 to -0.1"),
        ({"images": np.full((60, 4, 4, 1), np.nan)}, r"holds 960 NaN or infinite pixels of 960"),
        ({"images": np.zeros((60, 4, 4, 1), np.uint16)}, r"holds uint16 values; give bytes"),
        ({"labels": np.arange(59) % 3}, r"images has 60 rows and labels has 59 rows"),
        ({"labels": np.arange(60)}, r"labels reach from 0 to 59, and there are 3 classes; number"),
        ({"labels": np.arange(60) % 3 - 1}, r"labels reach from -1 to 1"),
        ({"labels": np.arange(60) / 2}, r"labels have shape \(60,\) and type float64; give one"),
        ({"labels": np.zeros(60, int)}, r"the 30 images to learn from hold 1 class, 'a'; give at"),
        ({"held_out": np.zeros(60, bool)}, r"the 0 images held out hold 0 class; give at least 2"),
    ],
)
def test_bad_images_and_labels_are_refused(given, text):
    with pytest.raises(ValueError, match=text):
        make(**given)


@pytest.mark.parametrize(
    ("name", "n", "held_out", "shape", "classes"),
    [
        ("digits", 1797, 723, (8, 8, 1), 10),
        ("blood_cells", 1466, 599, (28, 28, 3), 3),
        ("pneumonia", 5856, 624, (28, 28, 1), 2),
    ],
)
def test_public_images(load, name, n, held_out, shape, classes):
    data = load(name)
    assert data.images.shape == (n, *shape)
    assert data.held_out.sum() == held_out
    assert len(np.unique(data.labels)) == classes
    assert data.modality == "images"


def test_the_known_bits_are_the_limits_and_grow_with_contrast():
    truth = datasets.simulate_images(20).truth
    assert truth.class_bits(1e-3) == pytest.approx(2)
    assert truth.class_bits(1e3) == pytest.approx(0, abs=1e-3)
    # Weak signals: s^2 / (2 ln 2) bits a band.
    s = truth.contrast * truth.band_pixels**0.5 / 2 / 100
    assert truth.class_bits(100) == pytest.approx(2 * s**2 / (2 * np.log(2)), rel=1e-2)
    assert replace(truth, contrast=1.0).class_bits(2.0) == pytest.approx(truth.class_bits(1.0))


def test_simulated_images_hold_their_class_and_refuse_numbers_out_of_range():
    data = datasets.simulate_images(50, side=6, n_bits=2, contrast=0.4)
    assert data.images.shape == (50, 6, 6, 1)
    for k in range(4):
        rows = data.images[data.labels == k]
        assert (rows == rows[0]).all()
        assert rows[0, [0, 5], 0, 0] == pytest.approx([0.3 + 0.4 * (k & 1), 0.3 + 0.4 * (k >> 1)])
    for given, text in (
        ({"side": 7}, "side = 7 is no multiple of n_bits = 2"),
        ({"contrast": 0.0}, "contrast = 0 must be above 0"),
    ):
        with pytest.raises(ValueError, match=text):
            datasets.simulate_images(50, **given)
