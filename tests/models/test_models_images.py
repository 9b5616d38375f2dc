from dataclasses import replace

import numpy as np
import pytest
import torch

from noisescaling import datasets, models
from noisescaling.datasets import LabelledImages, registry
from noisescaling.metric import mutual_information
from noisescaling.models import backbones
from noisescaling.models.backbones import ToImageNet
from noisescaling.noise import gaussian

NAMES = models.names("images")


@pytest.fixture(scope="module")
def simulated():
    """Images of four classes under weak noise: every model can tell them apart."""
    data = datasets.simulate_images(400, side=8, contrast=0.6, seed=1)
    noisy = gaussian(data.images, 0.05, np.random.default_rng(0))
    return data, replace(data.observations, images=noisy)


def fitted(name, seen, seed=0, **settings):
    return models.build(name, seed, "small", **settings).fit(seen)


def bits_of(data, x):
    signal = data.signals["class"]
    return mutual_information(x[signal.rows], signal.values)


@pytest.mark.parametrize("name", NAMES)
def test_separable_classes_are_told_to_the_entropy_of_the_labels(simulated, name):
    data, seen = simulated
    model = fitted(name, seen, **({"n_components": 4} if name == "PixelPCA" else {}))
    entropy = datasets.entropy_bits(data.signals["class"].values)
    assert bits_of(data, model.embed(seen)).bits == pytest.approx(entropy, abs=0.03)
    predicted = model.predict(seen)
    assert (predicted == data.labels).all()
    assert bits_of(data, predicted).bits == pytest.approx(entropy, abs=0.03)


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_components_of_simulated_images_hold_the_known_bits(sigma):
    data = datasets.simulate_images(4000, side=8, contrast=1.0, seed=2)
    noisy = gaussian(data.images, sigma, np.random.default_rng(3))
    seen = replace(data.observations, images=noisy)
    found = bits_of(data, fitted("PixelPCA", seen, n_components=2).embed(seen))
    known = float(data.truth.class_bits(sigma))
    assert 0.5 < known < 1.9
    assert found.bits == pytest.approx(known, abs=0.03 + 3 * found.standard_error)
    assert found.bits > 0.85 * known


@pytest.mark.parametrize("name", NAMES)
def test_no_held_out_image_or_label_has_a_part_in_the_fit(simulated, name):
    data, seen = simulated
    settings = {"n_components": 4} if name == "PixelPCA" else {"max_epochs": 2}
    model = fitted(name, seen, **settings)
    changed = replace(data, labels=np.where(data.held_out, 3 - data.labels, data.labels))
    relabelled = replace(changed.observations, images=seen.images)
    other_pixels = seen.images.copy()
    other_pixels[data.held_out] = 0.5
    for other in (relabelled, replace(seen, images=other_pixels)):
        again = fitted(name, other, **settings)
        assert (again.embed(seen) == model.embed(seen)).all()
        assert (again.predict(seen) == model.predict(seen)).all()


def test_the_seed_decides(simulated):
    _, seen = simulated
    first, same, other = (
        fitted("ImageClassifier", seen, seed, max_epochs=1).embed(seen) for seed in (1, 1, 2)
    )
    assert (first == same).all()
    assert (first != other).any()


def test_training_stops_early_and_keeps_the_best_epoch():
    rng = np.random.default_rng(0)
    noise = rng.random((80, 8, 8, 1)).astype(np.float32)
    model = fitted("ImageClassifier", LabelledImages(noise, rng.integers(0, 2, 80)), patience=2)
    assert len(model.losses) - 1 - int(np.argmin(model.losses)) <= 2
    assert len(model.losses) < 30


@pytest.mark.parametrize("side", [3, 8, 17, 40])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_any_size_in_grey_and_colour_are_taken(side, channels):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, side, side + 2, channels), np.uint8)
    seen = LabelledImages(images, np.arange(24) % 3)
    model = fitted("ImageClassifier", seen, max_epochs=1)
    assert model.embed(seen).shape == (24, 32)
    assert np.isfinite(model.embed(seen)).all()


def test_class_numbers_need_not_be_without_gaps(simulated):
    data, seen = simulated
    kept = (data.labels == 1) | (data.labels == 3)
    some = LabelledImages(seen.images[kept], seen.labels[kept])
    assert set(fitted("PixelPCA", some, n_components=2).predict(some)) == {1, 3}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("images", "labels", "text"),
    [
        (np.zeros((20, 64)), np.arange(20) % 2, r"images has shape \(20, 64\)"),
        (np.full((20, 8, 8, 1), np.nan), np.arange(20) % 2, "holds 1280 NaN or infinite pixels"),
        (np.zeros((20, 8, 8, 1)), np.arange(19) % 2, "images has 20 rows and labels has 19"),
        (np.zeros((20, 8, 8, 1)), np.zeros(20, int), "the 20 of 20 images .* hold 1 class; a mo"),
        (np.zeros((20, 8, 8, 1)), np.full(20, -1), "the 0 of 20 images .* hold 0 class"),
        (np.zeros((20, 8, 8, 1)), np.arange(20) // 19, "class 1 has 1 image to learn from"),
    ],
)
def test_bad_images_and_labels_are_refused(name, images, labels, text):
    with pytest.raises(ValueError, match=text):
        models.build(name, size="small").fit(LabelledImages(images, labels))


@pytest.mark.parametrize("name", NAMES)
def test_embedding_before_the_fit_or_of_another_shape_is_refused(simulated, name):
    _, seen = simulated
    with pytest.raises(ValueError, match=f"{name} is not fitted; call fit before embed"):
        models.build(name).predict(seen)
    few = {"n_components": 2} if name == "PixelPCA" else {"max_epochs": 1}
    model = fitted(name, LabelledImages(seen.images[:40], seen.labels[:40]), **few)
    wide = LabelledImages(np.zeros((2, 8, 9, 1)), np.zeros(2, int))
    with pytest.raises(
        ValueError, match=f"data has 8 x 9 x 1 pixels and {name} was fitted on 8 x 8 x"
    ):
        model.embed(wide)


@pytest.mark.parametrize(
    ("name", "setting", "text"),
    [
        ("PixelPCA", {"n_components": 0}, "n_components = 0 must be a whole number of at least 1"),
        (
            "ImageClassifier",
            {"backbone": "resnet"},
            "backbone = 'resnet' is unknown; give one of s",
        ),
        ("ImageClassifier", {"tuned_blocks": -1}, "tuned_blocks = -1 must be a whole number"),
        ("ImageClassifier", {"batch_size": 1}, "batch_size = 1 must be a whole number of at least"),
        ("ImageClassifier", {"validation_fraction": 1.0}, "validation_fraction = 1 must lie betw"),
    ],
)
def test_settings_out_of_range_are_refused(name, setting, text):
    with pytest.raises(ValueError, match=text):
        models.build(name, **setting)


def test_more_components_than_images_are_refused():
    seen = LabelledImages(np.zeros((6, 8, 8, 1)), np.arange(6) % 2)
    with pytest.raises(
        ValueError, match="data has 6 images and PixelPCA needs 16 for n_components = 16"
    ):
        models.build("PixelPCA").fit(seen)


@pytest.fixture
def mobilenet(tmp_path):
    """Save a tiny untrained MobileNetV2; return its folder."""
    from transformers import MobileNetV2Config, MobileNetV2Model

    config = MobileNetV2Config(depth_multiplier=0.1, image_size=32, min_depth=4)
    MobileNetV2Model(config).save_pretrained(tmp_path)
    return str(tmp_path)


@pytest.mark.parametrize("tuned_blocks", [0, 2, 99])
def test_only_the_last_blocks_of_a_mobilenet_learn(simulated, mobilenet, tuned_blocks):
    _, seen = simulated
    some = LabelledImages(seen.images[:60], seen.labels[:60])
    settings = {"backbone": "mobilenet", "weights": mobilenet, "tuned_blocks": tuned_blocks,
                "input_side": 32, "max_epochs": 1}  # fmt: skip
    model = fitted("ImageClassifier", some, **settings)
    untrained = fitted("ImageClassifier", some, **settings | {"learning_rate": 1e-12})
    assert model.embed(some).shape == (60, 32)
    pairs = zip(model._frozen.parameters(), untrained._frozen.parameters(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    assert (len(list(model._frozen.parameters())) == 0) == (tuned_blocks == 99)
    assert bool(model._slow) == (tuned_blocks > 0)


def test_missing_and_foreign_weights_are_refused(simulated, tmp_path, monkeypatch):
    from transformers import BertConfig, BertModel

    _, seen = simulated
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConnectionError, match=r"gone' are neither a folder here nor can they be"):
        fitted("ImageClassifier", seen, backbone="mobilenet", weights=str(tmp_path / "gone"))
    tiny = BertConfig(vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=1,
                      intermediate_size=4)  # fmt: skip
    BertModel(tiny).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="are of a bert; give a mobilenet_v2"):
        fitted("ImageClassifier", seen, backbone="mobilenet", weights=str(tmp_path))
    with pytest.raises(ValueError, match="squeezenet has its own; leave weights empty"):
        fitted("ImageClassifier", seen, backbone="squeezenet", weights="mine")


def compressed(path, spare=b""):
    """Write SqueezeNet's format with two stored weights in each layer, and return their values."""
    shapes = [shape for _, shape in backbones._layers()]
    with path.open("wb") as file:
        file.write(np.full(len(shapes), 2, "<u4").tobytes())
        for k, shape in enumerate(shapes):
            table = np.zeros(256, "<f4")
            table[1:3] = k + 1, -k - 1
            file.write(table.tobytes() + np.full(shape[0], k, "<f4").tobytes())
            file.write(bytes([1, 2, 3 + 16 * 4]))  # values 1 and 2, gaps of 3 and 4 weights
        file.write(spare)
    return path


def test_compressed_weights_are_decoded_by_table_and_gap(tmp_path):
    weights = backbones.decode(compressed(tmp_path / "w.net"))
    for k, (name, shape) in enumerate(backbones._layers()):
        flat = weights[f"{name}.weight"].ravel()
        assert weights[f"{name}.weight"].shape == shape
        assert flat[[3, 8]].tolist() == [k + 1, -k - 1]
        assert int((flat != 0).sum()) == 2
        assert (weights[f"{name}.bias"] == k).all()


def test_damaged_weights_are_refused(tmp_path):
    whole = compressed(tmp_path / "w.net").read_bytes()
    short = tmp_path / "short.net"
    short.write_bytes(whole[:-5])
    with pytest.raises(ValueError, match=r"short.net ends at byte \d+, and \d+ are needed"):
        backbones.decode(short)
    with pytest.raises(ValueError, match=r"more.net holds 7 bytes more than SqueezeNet has"):
        backbones.decode(compressed(tmp_path / "more.net", b"1234567"))


@pytest.fixture
def published():
    """Return where the published weights lie, or skip the test with a word."""
    if not registry.at_hand(backbones.SQUEEZENET):
        pytest.skip("the weights are not at hand: set NOISESCALING_MIRROR")
    return registry.fetch(backbones.SQUEEZENET)


def test_published_weights_fill_the_network(published):
    weights = backbones.decode(published)
    assert sum(w.numel() for w in weights.values()) == 1_248_424
    blocks = torch.nn.Sequential(*backbones.squeezenet_blocks(published)).eval()
    with torch.no_grad():
        assert blocks(torch.zeros(1, 3, 64, 64)).shape == (1, 512, 3, 3)


def test_images_are_given_the_size_channels_and_spread_of_imagenet():
    x = torch.arange(12.0).reshape(1, 3, 2, 2)
    resized = ToImageNet(2, spread=2.0, reverse=True)(x)
    assert (resized == 2 * x.flip(1)).all()
    grey = ToImageNet(64, spread=1.0)(torch.ones(2, 1, 9, 5))
    assert grey.shape == (2, 3, 64, 64)
    assert grey.numpy() == pytest.approx(1)


@pytest.mark.usefixtures("published")
def test_a_network_that_knows_imagenet_tells_digits_it_never_saw():
    data = datasets.load("digits").take(np.arange(500))
    learned = np.where(np.arange(500) < 350, data.labels, -1)
    seen = LabelledImages(data.images, learned)
    model = fitted("ImageClassifier", seen, backbone="squeezenet")
    assert (model.predict(seen) == data.labels)[350:].mean() > 0.85


def test_waiting_longer_for_a_gain_that_does_not_come_changes_nothing():
    """The weights that are kept are those of the best epoch, not of the last."""
    rng = np.random.default_rng(0)
    noise = rng.random((80, 8, 8, 1)).astype(np.float32)
    seen = LabelledImages(noise, rng.integers(0, 2, 80))
    short, long = (fitted("ImageClassifier", seen, patience=n) for n in (3, 6))
    assert np.argmin(short.losses) == np.argmin(long.losses)
    assert len(long.losses) > len(short.losses)
    assert (short.embed(seen) == long.embed(seen)).all()


@pytest.mark.parametrize("flat", [False, True])
def test_the_scale_of_each_channel_changes_nothing(flat):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = 0.3 + 0.2 * labels[:, None, None, None] + 0.1 * rng.random((60, 1, 1, 3))
    pixels = np.broadcast_to(pixels, (60, 8, 8, 3)) + (0 if flat else 0.1) * rng.random(
        (60, 8, 8, 3)
    )
    first, other = (
        fitted("ImageClassifier", seen, max_epochs=2).embed(seen)
        for seen in (
            LabelledImages(scaled.astype(np.float32), labels)
            for scaled in (pixels, pixels * [1.0, 0.5, 0.1] + [0.0, 0.2, 0.6])
        )
    )
    assert np.ptp(first) > 0.1
    assert other == pytest.approx(first, abs=0.02)
