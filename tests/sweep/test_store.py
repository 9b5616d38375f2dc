import errno
import json
import os
import subprocess
from dataclasses import replace

import pandas as pd
import pytest

from noisescaling import sweep
from noisescaling.sweep import CorruptRecordWarning, ResultsStore, StoreFullError, disk, records


def record(number=0, signals=("cell_type", "clone"), status="ok", dataset="small"):
    rows = [
        {
            "dataset": dataset, "modality": "single cells", "signal": signal, "model": "PCA",
            "n_samples": 60, "quality": 10.0 + number, "quality_unit": "UMIs per cell", "seed": 1,
            "bits": 1.23456789 if status == "ok" else None, "seconds": 0.25,
            "standard_error": 0.1 if status == "ok" else None, "status": status,
            "message": "" if status == "ok" else 'ValueError: 7, "odd"\nand long',
        }
        for signal in signals
    ]  # fmt: skip
    sums = {signal: f"sum of {signal}" for signal in signals}
    point = {"depth": 10.0 + number}
    return records.make(f"{number:020x}-{'b' * 20}", point, {"n": 5}, rows, sums)


def test_what_is_written_is_read_again(store):
    store.write(record())
    assert store.read(record().key) == record()
    assert store.records() == {record().key: record()}
    assert store.read("gone") is None


def test_reading_an_empty_store_makes_no_folder(store):
    assert store.records() == {}
    assert list(store.table().columns) == list(sweep.COLUMNS)
    assert not store.folder.exists()


def test_the_table_is_tidy_sorted_and_tells_where_each_row_comes_from(store):
    for number in (3, 1, 2):
        store.write(record(number))
    table = store.table()
    assert tuple(table.columns) == sweep.COLUMNS
    assert table["signal"].tolist() == ["cell_type"] * 3 + ["clone"] * 3
    assert table["quality"].tolist() == [11, 12, 13] * 2
    assert table["bits"].iloc[0] == 1.234568
    origin = json.loads(table["provenance"].iloc[0])
    assert origin["key"] == record(1).key
    assert origin["checksum"] == "sum of cell_type"
    assert origin["point"] == {"depth": 11.0}
    assert origin["settings"] == {"n": 5}
    assert "torch 2" in origin["versions"]
    assert pd.Timestamp(origin["date"]).tzinfo is not None


def test_compact_gives_the_same_bytes_whatever_the_order_of_writing(tmp_path):
    first, second = ResultsStore(tmp_path / "a"), ResultsStore(tmp_path / "b")
    made = [record(number) for number in range(5)]
    for one in made:
        first.write(one)
    for one in reversed(made):
        second.write(one)
    files = [store.compact(tmp_path / f"{k}.csv")[0] for k, store in enumerate((first, second))]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"\r" not in files[0].read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.csv", "1.csv", "a", "b"]


def test_compact_into_a_folder_makes_one_file_a_data_set_and_signal(store, tmp_path):
    store.write(record(0, signals=("cell_type", "time")))
    store.write(record(1, dataset="other"))
    files = store.compact(tmp_path / "points")
    assert [file.name for file in files] == [
        "other-cell_type.csv", "other-clone.csv", "small-cell_type.csv", "small-time.csv",
    ]  # fmt: skip
    again = ResultsStore(tmp_path / "new", committed=tmp_path / "points")
    assert again.records() == store.records(), "signals of one point come together again"


def test_committed_points_are_read_back_whole_failures_too(store, tmp_path):
    store.write(record(0))
    store.write(record(1, status="failed"))
    store.compact(tmp_path / "points.csv")
    again = ResultsStore(tmp_path / "new", committed=tmp_path / "points.csv")
    assert again.records() == store.records()
    pd.testing.assert_frame_equal(again.table(), store.table())
    assert again.table()["message"].iloc[1] == 'ValueError: 7, "odd"\nand long'


def test_a_quality_keeps_its_last_digit_in_a_table(store, tmp_path):
    quality = 0.0012755102040816326
    store.write(replace(record(), columns={**record().columns, "quality": quality}))
    store.compact(tmp_path / "points.csv")
    assert disk.read_csv(tmp_path / "points.csv")["quality"].tolist() == [quality, quality]


def test_a_point_in_the_folder_comes_before_its_committed_copy(store, tmp_path):
    store.write(record(0, signals=("cell_type", "time")))
    store.compact(tmp_path / "points.csv")
    new = ResultsStore(tmp_path / "new", committed=tmp_path / "points.csv")
    new.write(record(0, signals=("cell_type", "clone"), status="failed"))
    (found,) = new.records().values()
    told = {signal: result["status"] for signal, result in found.results.items()}
    assert told == {"cell_type": "failed", "time": "ok", "clone": "failed"}


def test_committed_points_that_are_not_there_are_refused(tmp_path):
    store = ResultsStore(tmp_path / "points", committed=tmp_path / "gone")
    with pytest.raises(ValueError, match="gone is not there; give a CSV that `compact` wrote, or"):
        store.records()


def test_a_table_from_elsewhere_is_refused(tmp_path):
    columns = dict.fromkeys(sweep.COLUMNS, "1")
    pd.DataFrame([columns]).to_csv(tmp_path / "points.csv", index=False)
    with pytest.raises(ValueError, match=r"provenance = '1' names no point .* `compact` wrote"):
        ResultsStore(tmp_path, committed=tmp_path / "points.csv").records()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"\0" * len(data), id="zeros"),
        pytest.param(lambda data: b"{}", id="another object"),
        pytest.param(lambda data: b"7", id="a number"),
        pytest.param(lambda data: data.replace(b'"bits"', b'"bats"'), id="a name is wrong"),
        pytest.param(lambda data: data.replace(b"bbbb", b"cccc"), id="another point"),
        pytest.param(lambda data: data + data, id="twice"),
        pytest.param(lambda data: data.replace(b"1.234568", b"1.234569", 1), id="a value"),
        pytest.param(lambda data: data.replace(b'"n":5', b'"n":6'), id="a setting"),
        pytest.param(lambda data: data.replace(b'"}\n', b'0"}\n'), id="the checksum itself"),
        pytest.param(
            lambda data: data[:-2] + b',"settings":{"n":6}}\n', id="a value again, behind it"
        ),
    ],
)
def test_a_corrupt_file_is_named_and_set_aside_and_the_others_stand(store, damage):
    for number in range(3):
        store.write(record(number))
    path = store.path(record(1).key)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.warns(CorruptRecordWarning, match=rf"{path} was set aside as .*set_aside"):
        found = store.records()
    assert found.keys() == {record(0).key, record(2).key}
    assert not path.exists()
    (aside,) = (store.folder / "set_aside").iterdir()
    assert aside.read_bytes() == damaged
    path.write_bytes(damaged)
    with pytest.warns(CorruptRecordWarning):
        assert store.read(record(1).key) is None
    assert len(list((store.folder / "set_aside").iterdir())) == 2, "both are kept"


def test_a_value_changed_by_hand_is_told_with_both_checksums(store):
    store.write(record())
    path = store.path(record().key)
    path.write_bytes(path.read_bytes().replace(b"0.1,", b"0.01,"))
    told = (
        r"it was changed after it was written: it says that its content has the checksum "
        r"[0-9a-f]{20}, and that has [0-9a-f]{20}; its point counts as not measured"
    )
    with pytest.warns(CorruptRecordWarning, match=told):
        assert store.read(record().key) is None


def test_a_point_written_without_a_checksum_earlier_is_still_read_and_gets_one(store):
    first, later = record(signals=("cell_type",)), record(signals=("clone",))
    store.write(first)
    path = store.path(first.key)
    path.write_bytes(path.read_bytes().rpartition(b',"checksum":"')[0] + b"}\n")
    assert store.records() == {first.key: first}
    store.write(later.merged(store.read(first.key)))
    assert len(json.loads(path.read_bytes())["checksum"]) == 20
    assert store.records() == {first.key: later.merged(first)}


def test_rooms_of_dead_processes_are_removed_and_those_of_live_ones_stay(store):
    folder = store.folder / "writing"
    folder.mkdir(parents=True)
    host = os.uname().nodename
    process = subprocess.Popen(["true"])
    process.wait()
    dead, live = folder / f"key~{host}~{process.pid}", folder / f"key~{host}~{os.getpid()}"
    elsewhere = folder / "key~elsewhere~1"
    for room in (dead, live, elsewhere):
        room.write_bytes(b"")
    store.clean()
    assert set(folder.iterdir()) == {live, elsewhere}


def test_a_write_that_breaks_off_leaves_nothing(store, monkeypatch):
    def broken(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(disk.os, "fsync", broken)
    with pytest.raises(KeyboardInterrupt):
        store.write(record())
    assert store.records() == {}
    assert list((store.folder / "writing").iterdir()) == []


def test_a_full_disk_is_told_and_other_errors_are_not_called_so(store, monkeypatch):
    def failing(number):
        def replace(*paths):
            raise OSError(number, os.strerror(number))

        return replace

    monkeypatch.setattr(disk.os, "replace", failing(errno.ENOSPC))
    with pytest.raises(StoreFullError, match=rf"no room left in {store.folder} \(point 0+-b+\)"):
        store.write(record())
    monkeypatch.setattr(disk.os, "replace", failing(errno.EACCES))
    with pytest.raises(PermissionError):
        store.write(record())


def test_a_disk_that_fills_during_the_computation_does_not_lose_the_point(small_disk):
    store = ResultsStore(small_disk / "store")
    with store.reserve(record().key) as write:
        with pytest.raises(OSError, match="No space left"):
            (small_disk / "junk").write_bytes(b"x" * 2**20)
        write(record())
    assert store.read(record().key) == record()
