"""Points that are written stay; what is damaged, torn, foreign or out of reach is told."""

import csv
import errno
import json
import os
import re

import pandas as pd
import pytest

from noisescaling import sweep
from noisescaling.sweep import (
    CorruptRecordWarning,
    ResultsStore,
    StoreError,
    StoreFullError,
    recipe,
    run,
)

CELLS = recipe("sweep_models:small_cells", label="small")


def rows(number=0, signals=("cell_type", "clone"), status="ok", dataset="small", **changes):
    """Return the rows of a point, as a measurement gives them."""
    return [
        {
            "dataset": dataset, "modality": "single cells", "signal": signal, "model": "PCA",
            "n_samples": 60, "n_measured": 50, "held_out": True, "quality": 10.0 + number,
            "quality_unit": "UMIs per cell", "seed": 1, "seconds": 0.25,
            "bits": 1.234568 if status == "ok" else None,
            "standard_error": 0.1 if status == "ok" else None, "status": status,
            "message": "" if status == "ok" else 'ValueError: 7, "odd"\nand long',
            "provenance": json.dumps({"key": key(number), "point": {}, "checksum": signal}),
        } | changes
        for signal in signals
    ]  # fmt: skip


def key(number):
    return f"{number:020x}"


def fill(store, **points):
    with store.writing() as write:
        for name, some in points.items():
            write(name, some)
    return store


def known(**points):
    """Return rows as a store gives them."""
    return {
        (key, row["dataset"], row["model"], row["signal"]): row
        for key, some in points.items() for row in some
    }  # fmt: skip


def keys_of(store):
    return {key for key, *_ in store.points()}


def file_of(store):
    return store.folder / "points.jsonl"


def test_what_is_written_is_read_again_and_a_later_line_counts(store):
    fill(store, a=rows(0), b=rows(1))
    assert store.points() == known(a=rows(0), b=rows(1))
    fill(store, a=rows(0, signals=["time"]))
    first = [row | {"bits": 9.0} for row in rows(0, signals=["clone"])]
    fill(store, a=first)
    assert store.points() == known(
        a=[*rows(0, ["cell_type"]), *first, *rows(0, ["time"])], b=rows(1)
    )
    assert len(file_of(store).read_text().splitlines()) == 4


def test_reading_an_empty_store_makes_no_folder(store):
    assert store.points() == {}
    assert list(store.table().columns) == list(sweep.COLUMNS)
    assert not store.folder.exists()


def test_the_table_is_tidy_and_sorted(store):
    fill(store, **{key(n): rows(n) for n in (3, 1, 2)})
    table = store.table()
    assert tuple(table.columns) == sweep.COLUMNS
    assert table["signal"].tolist() == ["cell_type"] * 3 + ["clone"] * 3
    assert table["quality"].tolist() == [11, 12, 13] * 2


def test_the_provenance_tells_where_a_row_comes_from(store, probes):
    run(probes(depths=(10,), seeds=(1,)), store)
    origin = json.loads(store.table()["provenance"].iloc[0])
    assert origin["point"]["quality"] == 10
    assert origin["settings"]["seconds"] == 0.0 if "seconds" in origin["settings"] else True
    assert len(origin["settings"]["source"]) == len(origin["checksum"]) == 20
    assert "numpy 2" in origin["versions"]
    assert pd.Timestamp(origin["date"]).tzinfo is not None
    assert keys_of(store) == {origin["key"]}


def test_compact_gives_the_same_bytes_whatever_the_order_of_writing(tmp_path):
    stores = ResultsStore(tmp_path / "a"), ResultsStore(tmp_path / "b")
    for store, order in zip(stores, (range(5), reversed(range(5))), strict=True):
        fill(store, **{key(n): rows(n) for n in order})
    files = [store.compact(tmp_path / f"{k}.csv")[0] for k, store in enumerate(stores)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"\r" not in files[0].read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.csv", "1.csv", "a", "b"]


PAIRS = [
    ("a-b", "c"), ("a", "b-c"), ("../../x", "y"), ("..", ".."), ("/etc", "x"), ("A", "q"),
    ("a", "q"), ("a%2Db", "c"), ("a/b", "c"), ("a" * 300, "c"), ("a" * 300, "d"), ("", "c"),
    ("ü ", "\ud83d"), ("blood_cells", "platelet against the rest"), ("~a", "c"), ("con", "c\0d"),
]  # fmt: skip


def test_no_labels_share_a_file_or_leave_the_folder(store, tmp_path):
    points = {str(k): rows(k, [s], dataset=d) for k, (d, s) in enumerate(PAIRS)}
    fill(store, **points)
    target = tmp_path / "deep" / "csv"
    files = store.compact(target)
    assert len({file.name.casefold() for file in files}) == len(PAIRS)
    assert {file.parent for file in files} == {target}
    assert sorted(target.iterdir()) == sorted(files)
    assert "blood_cells-platelet against the rest.csv" in {file.name for file in files}
    again = ResultsStore(tmp_path / "new", committed=target).table()
    assert len(again) == len(PAIRS)
    plain = [d for d, s in PAIRS if s.isprintable()]
    assert set(plain) <= set(again["dataset"])


def test_committed_points_are_read_back_whole_failures_too(store, tmp_path):
    fill(store, **{key(0): rows(0), key(1): rows(1, status="failed")})
    store.compact(tmp_path / "points.csv")
    again = ResultsStore(tmp_path / "new", committed=tmp_path / "points.csv")
    assert again.committed_points() == store.points()
    pd.testing.assert_frame_equal(again.table(), store.table())
    assert again.table()["message"].iloc[1] == 'ValueError: 7, "odd"\nand long'


def test_a_quality_keeps_its_last_digit_in_a_table(store, tmp_path):
    fill(store, **{key(0): rows(quality=0.0012755102040816326)})
    (file,) = store.compact(tmp_path / "points.csv")
    assert sweep.read_csv(file)["quality"].tolist() == [0.0012755102040816326] * 2


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [("ok", "failed", "ok"), ("failed", "ok", "ok"), ("failed", "failed", "failed")],
)
def test_a_failure_never_replaces_a_value_of_another_store(tmp_path, first, second, found):
    one = fill(ResultsStore(tmp_path / "one"), **{key(0): rows(status=first)})
    one.compact(tmp_path / "one.csv")
    two = ResultsStore(tmp_path / "two", committed=tmp_path / "one.csv")
    fill(two, **{key(0): rows(status=second)})
    assert set(two.table()["status"]) == {found}
    both = ResultsStore(tmp_path / "one").compact(tmp_path / "both.csv", [ResultsStore(two.folder)])
    assert set(sweep.read_csv(*both)["status"]) == {found}


def test_committed_points_that_are_not_there_are_refused(tmp_path):
    store = ResultsStore(tmp_path / "points", committed=tmp_path / "gone")
    with pytest.raises(ValueError, match="gone is not there; give a CSV that `compact` wrote, or"):
        store.table()


def test_a_table_from_elsewhere_is_refused(tmp_path):
    pd.DataFrame([dict.fromkeys(sweep.COLUMNS, "1") | {"held_out": True}]).to_csv(
        tmp_path / "points.csv", index=False
    )
    with pytest.raises(ValueError, match=r"provenance = '1' in .* names no point; .* `compact`"):
        ResultsStore(tmp_path, committed=tmp_path / "points.csv").table()


DAMAGE = {
    "empty": lambda line: b"",
    "cut in half": lambda line: line[: len(line) // 2],
    "zeros": lambda line: b"\0" * len(line),
    "another object": lambda line: b"{}",
    "a number": lambda line: b"7",
    "a name": lambda line: line.replace(b'"bits"', b'"bats"', 1),
    "a value": lambda line: line.replace(b"1.234568", b"9.234568", 1),
    "the key": lambda line: line.replace(b'"key":"00', b'"key":"11', 1),
    "its checksum": lambda line: line.replace(b'"}', b'0"}'),
    "a value, its checksum removed": lambda line: (
        line.replace(b"1.234568", b"9.234568").rpartition(b',"checksum":"')[0] + b"}"
    ),
    "a value again, behind it": lambda line: line[:-1] + b',"rows":[]}',
    "twice in one line": lambda line: line + line,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_is_named_and_set_aside_and_the_others_stand(store, damage):
    fill(store, **{key(n): rows(n) for n in range(3)})
    lines = file_of(store).read_bytes().splitlines()
    lines[1] = DAMAGE[damage](lines[1])
    file_of(store).write_bytes(b"".join(line + b"\n" for line in lines))
    told = rf"line 2 of {re.escape(str(file_of(store)))} does not count"
    with pytest.warns(CorruptRecordWarning, match=told):
        assert keys_of(store) == {key(0), key(2)}
    assert file_of(store).read_bytes().splitlines() == lines, "reading changes nothing"
    with pytest.warns(CorruptRecordWarning, match=told):
        fill(store, **{key(3): rows(3)})
    assert (store.folder / "damaged.jsonl").read_bytes() == lines[1] + b"\n"
    assert keys_of(store) == {key(0), key(2), key(3)}


@pytest.mark.parametrize("n_bytes", [1, 2, 100])
def test_a_line_that_was_not_wholly_written_is_cut_off_and_told(store, n_bytes):
    fill(store, **{key(n): rows(n) for n in range(3)})
    whole = file_of(store).read_bytes()
    file_of(store).write_bytes(whole[:-n_bytes])
    assert keys_of(store) == {key(0), key(1)}, "a run may be writing it just now"
    with pytest.warns(CorruptRecordWarning, match="the last line of .* was not wholly written"):
        fill(store, **{key(2): rows(2)})
    assert file_of(store).read_bytes() == whole


def test_files_of_others_in_the_store_disturb_nobody(store, probes):
    run(probes(depths=(10,)), store)
    for name in (".DS_Store", "notes.txt", "points.jsonl.bak", "claims~~"):
        (store.folder / name).write_bytes(b"\0\1\2")
    (store.folder / "points").mkdir()
    (store.folder / "running.json").write_text("[]")
    assert run(probes(depths=(10, 20)), store).n_measured == 2


def test_the_home_folder_has_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ResultsStore("~/points").folder == tmp_path / "points"
    assert ResultsStore(tmp_path, committed="~/p.csv").committed == tmp_path / "p.csv"


def test_a_second_run_is_refused_at_once_with_the_process_of_the_first(store, probes):
    with (
        store.writing(),
        pytest.raises(
            StoreError,
            match=rf"is being written by another run, process {os.getpid()} on .* since .*; wait",
        ),
    ):
        run(probes(), ResultsStore(store.folder))
    assert run(probes(), store).n_measured == 6


@pytest.mark.parametrize("place", ["/proc/none/points", "FILE/points", "LONG"])
def test_a_store_that_cannot_be_is_told_in_words(tmp_path, probes, place):
    (tmp_path / "FILE").write_text("")
    store = ResultsStore(tmp_path / ("x" * 300 if place == "LONG" else place))
    with pytest.raises(StoreError, match=r"the store .* cannot be used \(.*\); give a folder that"):
        run(probes(depths=(10,)), store, progress=False)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_store_that_may_not_be_written_is_read_and_else_told(store, probes, monkeypatch, number):
    run(probes(depths=(10,)), store)

    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("noisescaling.sweep.store.FileLock.acquire", refuse)
    assert run(probes(depths=(10,)), store).n_there == 2
    with pytest.raises(StoreError, match=rf"cannot be used \({os.strerror(number)}\)"):
        run(probes(depths=(10, 20)), store)


def test_a_store_deleted_under_a_run_is_told(store):
    def delete():
        with store.writing() as write:
            write("a", rows(0))
            for file in (file_of(store), store.folder / ".lock"):
                file.unlink()
            write("b", rows(1))

    with pytest.raises(StoreError, match=r"cannot be used \(No such file or directory\)"):
        delete()


def test_a_store_exchanged_under_a_run_is_told(store):
    def exchange():
        with store.writing() as write:
            write("a", rows(0))
            os.replace(file_of(store), store.folder / "moved")
            file_of(store).touch()
            write("b", rows(1))

    with pytest.raises(StoreError, match="it was replaced while a run wrote into it"):
        exchange()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_costs_the_point_in_hand(store, monkeypatch, number):
    real = os.fsync

    def full(descriptor):
        raise OSError(number, os.strerror(number))

    def two():
        with store.writing() as write:
            write("a", rows(0))
            monkeypatch.setattr(os, "fsync", full)
            write("b", rows(1))

    with pytest.raises(StoreFullError, match=f"no room left in {store.folder}; all points written"):
        two()
    monkeypatch.setattr(os, "fsync", real)
    assert keys_of(store) == {"a"}
    assert keys_of(fill(store, b=rows(1))) == {"a", "b"}


def test_a_full_disk_is_told_and_all_that_was_finished_is_kept(small_disk, probes):
    store = ResultsStore(small_disk / "store")
    run(probes(depths=(10,)), store)
    finished = store.points()
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize
    (small_disk / "junk").write_bytes(b"x" * (free - 8192))
    many = probes(depths=(10, 20, 40, 5, 6, 7, 8), seeds=range(4))
    with pytest.raises(StoreFullError, match=r"no room left in .*store"):
        run(many, store, n_processes=2)
    kept = store.points()
    assert finished.items() <= kept.items()
    assert len(finished) < len(kept) < 28
    (small_disk / "junk").unlink()
    summary = run(many, store)
    assert (summary.n_there, summary.n_measured) == (len(kept), 28 - len(kept))
    assert kept.items() <= store.points().items()


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''-1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", [*FORMULAS, "'plain", "a=b", "", "it's"])
@pytest.mark.parametrize("column", ["dataset", "model", "message", "modality", "quality_unit"])
def test_a_spreadsheet_runs_no_text_and_it_is_read_back_as_it_was(store, tmp_path, text, column):
    fill(store, a=rows(0, ["time"], bits=-0.25, **{column: text}))
    (file,) = store.compact(tmp_path / "points.csv")
    with file.open(newline="") as lines:
        (cells,) = csv.DictReader(lines)
    assert not cells[column].startswith(("=", "+", "-", "@", "\t"))
    assert cells["bits"] == "-0.25", "numbers are no formulas"
    pd.testing.assert_frame_equal(sweep.read_csv(file), store.table())
    again = ResultsStore(tmp_path / "new", committed=file).table()
    assert again[column].tolist() == [text]
