import io
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from noisescaling import datasets
from noisescaling._images import HELD_OUT
from noisescaling.datasets import image_files, image_sets, registry
from noisescaling.datasets.image_files import split_by_source


@pytest.fixture
def arrays():
    """Arrays of a file in MedMNIST's format: three classes, grey."""
    rng = np.random.default_rng(0)
    parts = {"train": 24, "val": 6, "test": 12}
    made = {f"{p}_images": rng.integers(0, 256, (n, 6, 6), np.uint8) for p, n in parts.items()}
    return made | {
        f"{p}_labels": (np.arange(n) % 3).astype(np.uint8)[:, None] for p, n in parts.items()
    }


def write(path, arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_an_npz_file_learns_from_train_and_val_and_holds_test_out(arrays, tmp_path):
    data = datasets.from_npz(write(tmp_path / "mine.npz", arrays), classes=("a", "b", "c"))
    assert (data.name, data.images.shape, data.held_out.sum()) == ("mine", (42, 6, 6, 1), 12)
    learned = {image.tobytes() for image in data.images[~data.held_out]}
    own = [*arrays["train_images"], *arrays["val_images"]]
    assert learned == {image.tobytes() for image in own}
    label_of = dict(
        zip((i.tobytes() for i in arrays["test_images"]), arrays["test_labels"][:, 0], strict=True)
    )
    for row in np.flatnonzero(data.held_out):
        assert data.labels[row] == label_of[data.images[row].tobytes()]
        assert data.observations.labels[row] == HELD_OUT


def test_another_order_of_the_same_images_is_the_same_data_set(arrays, tmp_path, checksum):
    order = np.random.default_rng(1).permutation(24)
    other = arrays | {k: arrays[k][order] for k in ("train_images", "train_labels")}
    first, second = (
        datasets.from_npz(write(tmp_path / f"{k}.npz", a)) for k, a in enumerate((arrays, other))
    )
    assert checksum(first) == checksum(second)


def test_a_draw_of_images_takes_of_both_kinds_and_follows_the_seed(arrays, tmp_path, checksum):
    path = write(tmp_path / "mine.npz", arrays)
    few = datasets.from_npz(path, n_images=21, seed=1)
    assert (few.n_samples, few.held_out.sum()) == (21, 6)
    assert checksum(few) == checksum(datasets.from_npz(path, n_images=21, seed=1))
    assert checksum(few) != checksum(datasets.from_npz(path, n_images=21, seed=2))


def damaged(arrays, **changed):
    return {k: v for k, v in (arrays | changed).items() if v is not None}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"test_labels": None}, r"mine.npz has no array test_labels; it has train_images, val_im"),
        ({"train_images": None, "test_images": None}, "no array train_images, test_images; it has"),
        ({"train_labels": np.zeros((23, 1), np.uint8)}, "has 24 rows and train_labels has 23 rows"),
        ({"train_labels": np.zeros((24, 3), np.uint8)}, "train_labels has 3 labels an image; give"),
        ({"train_labels": np.zeros((24, 1))}, "train_labels holds float64 values; give numbers of"),
        ({"train_images": np.zeros((24, 6, 6, 6, 1), np.uint8)}, "dimension|shape"),
        ({"test_labels": np.zeros((12, 1), np.uint8)}, "the 12 images held out hold 1 class, '0'"),
    ],
)
def test_missing_and_unfit_arrays_are_refused(arrays, tmp_path, change, text):
    path = write(tmp_path / "mine.npz", damaged(arrays, **change))
    with pytest.raises(ValueError, match=text):
        datasets.from_npz(path)


def test_corrupt_files_and_files_that_hold_code_are_refused(arrays, tmp_path):
    whole = write(tmp_path / "mine.npz", arrays).read_bytes()
    bad = tmp_path / "bad.npz"
    for content in (b"", b"PK\x03\x04rest", whole[: len(whole) // 2], b"text"):
        bad.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"bad.npz cannot be read as an npz file: .*; save .* by numpy.savez"
        ):
            datasets.from_npz(bad)
    refused = 0
    places = range(0, len(whole), 23)
    for place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:  # some bytes say nothing, such as the time; no other error is let out
            datasets.from_npz(bad)
        except ValueError:
            refused += 1
    assert refused > len(places) / 2
    with zipfile.ZipFile(bad, "w") as archive:
        for key in arrays:
            archive.writestr(key, b"no array")
    with pytest.raises(ValueError, match=r"bad.npz cannot be read"):
        datasets.from_npz(bad)
    np.savez(bad, **(arrays | {"train_labels": np.array([{}] * 24, dtype=object)}))
    with pytest.raises(ValueError, match=r"bad.npz cannot be read"):
        datasets.from_npz(bad)
    with pytest.raises(ValueError, match=r"path = .*gone.npz' is no file; give an npz file"):
        datasets.from_npz(tmp_path / "gone.npz")
    with pytest.raises(ValueError, match="n_images = 99 is more than the 42 images of the file"):
        datasets.from_npz(tmp_path / "mine.npz", n_images=99)


def test_kidney_cells_are_read_from_a_file_of_the_published_format(arrays, tmp_path, monkeypatch):
    path = write(tmp_path / "mirror.npz", arrays)
    monkeypatch.setattr(image_sets, "fetch", lambda _: path)
    data = datasets.tissue(64, n_images=30)
    assert (data.name, data.n_samples) == ("tissue", 30)
    assert "distal convoluted tubule against the rest" in data.signals
    with pytest.raises(ValueError, match="side = '32' is unknown; give one of 28, 64, 128, 224"):
        datasets.tissue(32)
    assert all(image_sets.tissue_file(side) in registry.FILES for side in (28, 64, 128, 224))


def picture(path, value, size=(8, 6), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


@pytest.fixture
def folder(tmp_path):
    for k in range(10):
        picture(tmp_path / "mine" / "dark" / f"p{k // 2}_{k}.png", k)
        picture(tmp_path / "mine" / "light" / f"p{5 + k // 2}_{k}.jpg", 200 + k)
    return tmp_path / "mine"


def test_a_folder_for_each_class_is_a_data_set(folder):
    data = datasets.from_folder(folder, seed=1)
    assert (data.name, data.images.shape) == ("mine", (20, 6, 8, 1))
    assert data.held_out.sum() == 8
    assert (data.images[data.labels == 0] < 100).all()
    assert (data.images[data.labels == 1] > 150).all()
    assert set(data.signals["class"].values) == {"dark", "light"}
    assert (datasets.from_folder(folder, seed=1).held_out == data.held_out).all()


def test_pictures_of_one_source_stay_on_one_side(folder):
    held_out = datasets.from_folder(folder, group=r"(p\d)_").held_out
    assert (held_out[::2] == held_out[1::2]).all()
    sources = np.repeat(np.arange(50), 3)
    chosen = split_by_source(sources, 0.3, np.random.default_rng(0))
    assert chosen.sum() == 45
    assert not set(sources[chosen]) & set(sources[~chosen])


def test_pictures_of_several_sizes_need_a_side_and_colour_makes_all_coloured(folder):
    picture(folder / "light" / "wide.png", (255, 0, 0), (16, 16), "RGB")
    with pytest.raises(ValueError, match=r"p\d_\d has|differ in size: .* has 8 x 6 .* 16 x 16"):
        datasets.from_folder(folder)
    data = datasets.from_folder(folder, side=10)
    assert data.images.shape == (21, 10, 10, 3)
    assert data.images[-1, 5, 5].tolist() == [255, 0, 0]


def test_what_is_no_folder_of_classes_is_refused(folder, tmp_path):
    def refused(text, path=folder, **given):
        with pytest.raises(ValueError, match=text):
            datasets.from_folder(path, **given)

    refused("is no folder; give one that holds one for a class", tmp_path / "gone")
    refused("dark holds 0 folders; give one for each of at least 2 classes", folder / "dark")
    refused("held_out = 0.01 of 20 sources leaves 0 to hold out", held_out=0.01)
    refused("held_out = 1.5 of 20 sources", held_out=1.5)
    refused("group = 'x' matches nothing in the file name", group="x")
    (folder / "dark" / "p9_9.png").write_bytes(b"no picture")
    refused("dark/p9_9.png cannot be read")
    picture(folder / "dark" / "p9_9.png", 7, mode="I;16")
    refused("dark/p9_9.png cannot be read: pixels of mode I;16; convert it to 8 bits")
    (folder / "empty").mkdir()
    refused("the folder empty holds 0 pictures, such as PNG, JPEG or TIFF; add some or remove it")


def checkout(path, n_smears=6):
    """Write smears with one cell of each kind, and their annotations, as BCCD has them."""
    for k in range(n_smears):
        name = f"BloodImage_{k:05d}"
        picture(path / "JPEGImages" / f"{name}.jpg", (k, 100, 100), (60, 60), "RGB")
        root = ET.Element("annotation")
        for j, kind in enumerate(("RBC", "WBC", "Platelets")):
            cell = ET.SubElement(root, "object")
            ET.SubElement(cell, "name").text = kind
            box = ET.SubElement(cell, "bndbox")
            size = 3 if (k, j) == (0, 1) else 20
            for edge, at in zip(("xmin", "ymin", "xmax", "ymax"), (5, 5, 5 + size, 5 + size),
                                strict=True):  # fmt: skip
                ET.SubElement(box, edge).text = str(at)
        (path / "Annotations").mkdir(exist_ok=True)
        ET.ElementTree(root).write(path / "Annotations" / f"{name}.xml")


def test_blood_cells_are_cut_out_of_a_checkout_and_split_by_smear(tmp_path):
    checkout(tmp_path)
    images, labels, smear = image_sets.cut_out(tmp_path)
    assert images.shape == (6 + 11, 28, 28, 3)
    assert np.bincount(labels).tolist() == [6, 5, 6]  # one white cell is too small
    assert (abs(images[:, 14, 14, 0].astype(int) - smear) < 8).all()
    data = datasets.blood_cells(tmp_path)
    assert not set(smear[data.held_out]) & set(smear[~data.held_out])
    with pytest.raises(ValueError, match=r"holds 0 files Annotations/\*.xml; give the folder BCCD"):
        datasets.blood_cells(tmp_path / "JPEGImages")


def test_the_mirrored_blood_cells_are_split_by_smear(load):
    data = load("blood_cells")
    with np.load(registry.fetch(image_sets.SMEARS)) as file:
        smear = file["source_image"]
    assert not set(smear[data.held_out]) & set(smear[~data.held_out])


def test_without_a_mirror_the_blood_cells_say_how_they_are_made(monkeypatch, tmp_path):
    monkeypatch.setenv(registry.MIRROR, str(tmp_path))
    told = re.escape("blood_cells(folder) reads a checkout of https://github.com/Shenggan/BCCD")
    with pytest.raises(ConnectionError, match=told):
        datasets.load("blood_cells")


def test_chests_of_another_order_are_the_same_data_set(load, monkeypatch, tmp_path, checksum):
    data = load("pneumonia")
    with np.load(registry.fetch(image_sets.PNEUMONIA)) as file:
        arrays = {key: file[key] for key in file.files}
    order = np.random.default_rng(0).permutation(len(arrays["train_images"]))
    mixed = arrays | {k: arrays[k][order] for k in ("train_images", "train_labels")}
    path = tmp_path / "official.npz"
    np.savez(path, **mixed)
    monkeypatch.setattr(image_sets, "fetch", lambda _: path)
    assert checksum(datasets.load("pneumonia")) == checksum(data)


def promising(path, shape, dtype="|u1", held=b"\0" * 100, name="train_images", others=None):
    """Write an npz file of which one array's header promises a shape and `held` follows."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    np.savez(path, **{k: v for k, v in others.items() if k != name})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{name}.npy", header.getvalue() + held)
    return path


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("train_images", (2**43, 8), "|u1"),
        ("val_images", (24, 1000, 1000), "<f8"),
        ("test_labels", (2**62,), "<i8"),
    ],
)
def test_what_a_header_promises_is_not_believed(arrays, tmp_path, name, shape, dtype):
    path = promising(tmp_path / "mine.npz", shape, dtype, name=name, others=arrays)
    told = (
        f"mine.npz cannot be read .*{name} promises the shape {re.escape(str(shape))} and holds 1"
    )
    with pytest.raises(ValueError, match=told):
        datasets.from_npz(path)


def test_more_images_than_fit_are_refused(arrays, tmp_path, monkeypatch, folder):
    monkeypatch.setattr(image_files, "MOST_BYTES", 900)
    told = "images of [0-9,]+ bytes or more are too large; {}, so that they take at most 900"
    with pytest.raises(ValueError, match=told.format("put fewer into a file")):
        datasets.from_npz(write(tmp_path / "mine.npz", arrays))
    with pytest.raises(ValueError, match=told.format("give side, in pixels, to .*read")):
        datasets.from_folder(folder)
    assert datasets.from_folder(folder, side=6).images.size == 20 * 36


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"test_images": np.zeros((12, 7, 6), np.uint8)},
         r"parts differ: .*val_images of shape \(6, 6, 1\) of uint8 and test_images of shape \(7"),
        ({"val_images": np.zeros((6, 6, 6, 3), np.uint8)}, r"val_images of shape \(6, 6, 3\) of"),
        ({"test_images": np.zeros((12, 6, 6))}, r"test_images of shape \(6, 6, 1\) of float64; g"),
        ({"test_labels": np.full((12, 1), 10**12)}, "labels reach to 1000000000000 of 42 images"),
    ],
)  # fmt: skip
def test_parts_that_differ_and_endless_classes_are_refused(arrays, tmp_path, change, told):
    with pytest.raises(ValueError, match=told):
        datasets.from_npz(write(tmp_path / "mine.npz", arrays | change))


def test_an_axis_of_one_channel_may_stand_in_some_parts(arrays, tmp_path, checksum):
    plain = datasets.from_npz(write(tmp_path / "a.npz", arrays))
    some = arrays | {"val_images": arrays["val_images"][..., None]}
    assert checksum(datasets.from_npz(write(tmp_path / "b.npz", some))) == checksum(plain)


def test_a_single_array_is_told_to_lack_classes(arrays, tmp_path):
    np.save(tmp_path / "mine.npy", arrays["train_images"])
    with pytest.raises(
        ValueError, match=r"mine.npy cannot .* a single array, without classes; sav"
    ):
        datasets.from_npz(tmp_path / "mine.npy")


@pytest.mark.parametrize("ending", ["tif", "png", "gif", "webp"])
def test_further_pages_and_frames_are_refused(folder, ending):
    pages = [Image.new("L", (8, 6), k) for k in (10, 200, 90)]
    pages[0].save(folder / "dark" / f"p9_9.{ending}", save_all=True, append_images=pages[1:])
    with pytest.raises(ValueError, match=rf"dark/p9_9.{ending} cannot be read: it holds 3 pages"):
        datasets.from_folder(folder)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_pictures_are_turned_as_their_exif_data_say(folder, orientation, ending):
    upright = np.zeros((6, 8), np.uint8)
    upright[:2, :5] = 250
    turns = {2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
             6: np.rot90, 7: lambda a: np.rot90(a, 2).T, 8: lambda a: np.rot90(a, -1)}  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(turns.get(orientation, np.copy)(upright)))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = folder / "dark" / f"p9_9.{ending}"
    stored.convert("RGB").save(path, exif=exif, **({"quality": 100} if ending == "jpg" else {}))
    data = datasets.from_folder(folder)
    one = data.images[10, ..., 0].astype(int)  # the last of the dark ones
    assert abs(one - upright).max() < 60
    told = "1 of 21 pictures are turned as their EXIF data say"
    assert data.notes == ((told,) if orientation > 1 else ())


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "L"])
def test_what_is_transparent_is_white_and_told(folder, mode):
    see_through = Image.new("RGBA", (8, 6), (0, 0, 0, 255))
    see_through.paste((7, 7, 7, 0), (0, 0, 4, 6))
    opaque = Image.new("RGBA", (8, 6), (0, 0, 0, 255))
    for k, picture in enumerate((see_through, opaque)):
        kept = picture.quantize(4) if mode == "P" else picture.convert(mode)
        named = {"transparency": 7} if mode == "L" else {}  # the grey that is none
        kept.save(folder / "dark" / f"p9_{k}.png", **named)
    data = datasets.from_folder(folder)
    assert data.images[10, :, :4].min() > 250
    assert data.images[10, :, 4:].max() < 5
    assert data.images[11].max() < 5
    assert data.notes == ("1 of 22 pictures are transparent in places: white there",)
    assert data.images.shape[3] == (1 if mode in ("L", "LA") else 3)


@pytest.mark.parametrize(
    "ending", ["bmp", "gif", "jp2", "jpeg", "JPG", "png", "ppm", "tif", "webp"]
)
def test_pictures_of_all_endings_count(folder, ending):
    Image.new("RGB", (8, 6), (9, 9, 9)).save(folder / "dark" / f"p9_9.{ending}")
    data = datasets.from_folder(folder)
    assert (data.n_samples, data.notes) == (21, ())


def test_pictures_in_sub_folders_count_and_other_files_are_told(folder, checksum):
    whole = datasets.from_folder(folder)
    (folder / "dark" / "zz" / "more").mkdir(parents=True)
    (folder / "dark" / "p4_9.png").rename(folder / "dark" / "zz" / "more" / "p4_9.png")
    (folder / "dark" / ".hidden").mkdir()
    for path in ("dark/zz/list.txt", "labels.csv", "dark/.DS_Store", "dark/.hidden/a.png", "b.png"):
        (folder / path).write_bytes(b"")
    (folder / "light").rename(folder.parent / "elsewhere")
    (folder / "light").symlink_to(folder.parent / "elsewhere")
    data = datasets.from_folder(folder)
    assert checksum(data) == checksum(whole)
    assert data.notes == (
        "1 of 20 pictures stand in sub-folders of their class",
        "3 files are no pictures of a class, such as b.png: left out",
    )


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "val", "test")])
def test_parts_are_not_taken_for_classes(folder, names):
    for name in names:
        shutil.copytree(folder, folder.parent / "split" / name)
    with pytest.raises(ValueError, match=r"split holds .*, parts and no classes; give a folder"):
        datasets.from_folder(folder.parent / "split")


@pytest.mark.parametrize(
    "content", [b"", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n", "cut"]
)
def test_damaged_pictures_and_programs_are_refused(folder, content):
    whole = (folder / "dark" / "p0_0.png").read_bytes()
    content = whole[: len(whole) // 2] if content == "cut" else content
    (folder / "dark" / "p9_9.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"dark/p9_9.png cannot be read: "):
        datasets.from_folder(folder)


SMALL_MEMORY = """
import resource, sys
from noisescaling import datasets
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 2**26, -1))
print(datasets.from_folder(sys.argv[1], side=8).images.shape)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is one of Linux")
def test_pictures_are_resized_as_they_are_read(tmp_path):
    for name in ("dark", "light"):
        (tmp_path / name).mkdir()
        Image.new("L", (3000, 3000), 40).save(tmp_path / name / "0.png")
        for k in range(1, 5):
            shutil.copy(tmp_path / name / "0.png", tmp_path / name / f"{k}.png")
    command = [sys.executable, "-c", SMALL_MEMORY, str(tmp_path)]  # 10 of 9 MB in 64 MiB
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "(10, 8, 8, 1)\n", done.stderr
