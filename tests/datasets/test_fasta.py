import bz2
import gzip
import lzma
import re

import numpy as np
import pandas as pd
import pytest
import zstandard

from noisescaling import datasets
from noisescaling.datasets import text_files
from noisescaling.datasets.fasta import translate
from noisescaling.datasets.text_files import read_months

FASTA = ">a one\nMKV\nLA\n\n>b\nmkvli\n>c\nMKVLA\n"
DATES = "name,date\na,2021-03-01\nb,2021-02-01\nc,2021-01-01\n"


@pytest.fixture
def files(tmp_path):
    """Write a FASTA file and its dates; return their paths."""

    def write(fasta=FASTA, dates=DATES, ending=".csv"):
        (tmp_path / "my.fasta").write_text(fasta)
        (tmp_path / f"dates{ending}").write_text(dates)
        return tmp_path / "my.fasta", tmp_path / f"dates{ending}"

    return write


def test_sequences_come_with_months_after_the_earliest_and_copies_are_one(files):
    data = datasets.from_fasta(*files())
    assert data.name == "my"
    assert data.sequences.tolist() == ["MKVLA", "MKVLI"]
    assert data.labels.tolist() == ["c", "b"]
    assert data.signal("time").values == pytest.approx([0, 31 / (365.25 / 12)])
    assert data.notes == ("1 of 3 sequences are copies of an earlier one: left out",)
    assert (data.modality, data.n_samples) == ("protein sequences", 2)


MARCH_15 = 12 * 1970 + (18336) / 30.4375  # 15 March 2020, days after 1970


@pytest.mark.parametrize(
    ("date", "months"),
    [
        ("2020-03-15", MARCH_15),
        ("20200315", MARCH_15),
        ("2020/03/15", MARCH_15),
        ("2020-3-15", MARCH_15),
        ("2020-03-15T12:00", MARCH_15 + 0.5 / 30.4375),
        ("2020-03-15 12:00:00+02:00", MARCH_15 + (10 / 24) / 30.4375),
        ("2020-03-15T12:00:00Z", MARCH_15 + 0.5 / 30.4375),
        ("2020.2", 12 * 2020.2),
        ("2020", 12 * 2020.5),
        ("2020-XX-XX", 12 * 2020.5),
        ("2020-03", MARCH_15 + 1.5 / 30.4375),
        ("2020-03-XX", MARCH_15 + 1.5 / 30.4375),
        ("2020-03-xx", MARCH_15 + 1.5 / 30.4375),
    ],
)
def test_days_months_and_years_are_read_in_every_way_they_are_written(date, months):
    found, notes = read_months(pd.Series([date, "2020-01-01"]), "dates.csv")
    assert found[0] == pytest.approx(months, abs=1e-6)
    told = "1 of 2 dates give no day: the middle of the month or year is taken"
    assert notes == ((told,) if "15" not in date and "." not in date else ())


@pytest.mark.parametrize(
    "date",
    ["202001", "200115", "43831", "43831.5", "1577836800", "1.5e9", "1577836800000", "12345678",
     "20200115.0", "inf", "-inf", "1e3", "-2020", "0.5", "12", "99999", "20-01-15", "15/01/2020",
     "2020-13-01", "2020-02-30", "2020-045", "2020-W10", "202X", "now", "today", "spring",
     "2020-01-15 to 2020-02-01", "2,020"],
)  # fmt: skip
def test_what_is_no_date_is_refused_and_never_taken_for_a_year(date):
    told = "dates.csv holds 1 dates that cannot be read of 3, such as '" + re.escape(date)
    with pytest.raises(ValueError, match=told):
        read_months(pd.Series(["2020-01-15", date, "2021.5"]), "dates.csv")


@pytest.mark.parametrize("missing", ["", "NA", "nan", "None", "null", "?", "XXXX-XX-XX", "xxxx"])
def test_dates_that_are_not_known_are_missing(missing):
    months, notes = read_months(pd.Series(["2020-01-15", missing]), "dates.csv")
    assert np.isnan(months).tolist() == [False, True]
    assert notes == ()


def test_columns_and_tables_by_tabs_may_be_named(files):
    fasta, table = files(dates="id\twhen\na\t2020\nb\t2021\nc\t2022\n", ending=".tsv")
    data = datasets.from_fasta(fasta, table, name_column="id", date_column="when")
    assert data.labels.tolist() == ["a one", "b"]


def test_a_whole_header_may_be_the_name(files):
    data = datasets.from_fasta(*files(dates=DATES.replace("a,", "a one,")))
    assert data.n_samples == 2


def test_nucleotides_are_translated_by_the_standard_code(files):
    assert translate("ATGAARTTYCTN---TGGTAGTAA") == "MXXX-W*"
    assert translate("atguuucc") == "MF"
    data = datasets.from_fasta(*files(">a\nATGTTT\n>b\nATGTTG\n>c\nATGTTC\n"), nucleotides=True)
    assert data.sequences.tolist() == ["MF", "ML"]


def test_unequal_lengths_are_read_but_have_no_distance(files):
    paths = files(FASTA.replace("LA\n\n", "\n\n"))
    data = datasets.from_fasta(*paths)
    assert sorted(map(len, data.sequences)) == [3, 5, 5]
    assert "lengths differ, from 3 to 5 residues" in data.notes[0]
    with pytest.raises(ValueError, match="has lengths from 3 to 5 residues; align them"):
        datasets.from_fasta(*paths, min_distance=2)


def test_gaps_are_filled_or_kept_and_the_notes_tell(files):
    paths = files(">a\nMKV\n>b\nM-V\n>c\nMAX\n")
    data = datasets.from_fasta(*paths)
    assert sorted(data.sequences.tolist()) in (["MAV", "MKV"], ["MAV", "MAV", "MKV"])
    assert "2 gaps and ambiguous letters of 9 are filled" in data.notes[0]
    kept = datasets.from_fasta(*paths, gaps="keep")
    assert sorted(kept.sequences.tolist()) == ["M-V", "MAX", "MKV"]
    with pytest.raises(ValueError, match="gaps = 'drop' is unknown; give one of fill, keep"):
        datasets.from_fasta(*paths, gaps="drop")


def test_undated_sequences_are_refused_or_left_out(files):
    paths = files(dates="name,date\na,2021-03-01\nb,\n")
    told = r"2 of 3 sequences have no date, such as 'b'; .* or undated = 'leave out'"
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*paths)
    data = datasets.from_fasta(*paths, undated="leave out")
    assert data.labels.tolist() == ["a one"]
    assert data.notes == ("2 of 3 sequences have no date: left out",)


@pytest.mark.parametrize(
    ("fasta", "told"),
    [
        ("", "my.fasta holds no sequence; give a FASTA file"),
        ("MKV\n>a\nMKV\n", "my.fasta has 'MKV' before any header"),
        (">a\n>b\nMKV\n", "my.fasta holds 1 empty sequences of 2, such as 'a'"),
        (">a\nMKV\n>a\nMKL\n", "my.fasta holds the name 'a' 2 times"),
        (">a\nMK1\n>b\nMKV\n", "sequences holds 1 letters that are no residues, such as '1' at "
                               "place 3 of sequence 1"),
        (">a\nACGT\n>b\nACGN\n", "my.fasta holds 2 sequences of 2, such as 'a', that are nucleot"),
    ],
)  # fmt: skip
def test_files_that_are_no_proteins_are_refused(files, fasta, told):
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(fasta))


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ("id,date\na,2021\n", "dates.csv has no column name; it has id, date"),
        ("name,date\na,2021\na,2022\n", "dates.csv gives 'a' several dates; give each"),
        ("", "dates.csv is no table, or empty: No columns to parse"),
        ("name,date\na,spring\nb,2020\n", "dates.csv holds 1 dates that cannot be read of 3, such "
                                          "as 'spring'; give 2021-03-15, 2021-03 or 20"),
        ("name,date\nx,2021\n", re.escape("3 of 3 sequences have no date, such as 'a one'; give "
                                          "dates under these names")),
    ],
)  # fmt: skip
def test_tables_without_dates_are_refused(files, dates, told):
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(dates=dates))


def test_missing_files_are_told(files, tmp_path):
    fasta, dates = files()
    with pytest.raises(ValueError, match=r"path = 'no.fasta' is no file"):
        datasets.from_fasta(tmp_path / "no.fasta", dates)
    with pytest.raises(ValueError, match=r"dates = 'no.csv' is no file"):
        datasets.from_fasta(fasta, tmp_path / "no.csv")


RNG = np.random.default_rng(0)
DNA = ["".join(RNG.choice(list("ACGT"), 90)) for _ in range(40)]
PROTEINS = ["".join(RNG.choice(list("ACDEFGHIKLMNPQRSTVWY"), 90)) for _ in range(40)]
TABLE = "name,date,clade,titre\n" + "".join(
    f"s{k},2020-01-{k % 28 + 1:02d},{'AB'[k % 2]},{k / 7:.3f}\n" for k in range(40)
)


def as_fasta(texts):
    return "".join(f">s{k}\n{text}\n" for k, text in enumerate(texts))


@pytest.mark.parametrize("letter", ["", *"RYKMSWBDHVNX*-", "RYKMSWBD"])
def test_nucleotides_are_told_from_proteins_whatever_else_they_hold(files, letter):
    strange = [DNA[0][:40] + letter + DNA[0][40 + len(letter) :], *DNA[1:]]
    for texts, number in ((strange, 40), ([*PROTEINS[:-1], strange[0]], 1)):
        told = (
            f"my.fasta holds {number} sequences of 40, such as '.*', that are nucleotides, no pro"
        )
        with pytest.raises(ValueError, match=told):
            datasets.from_fasta(*files(as_fasta(texts), TABLE))
    assert datasets.from_fasta(*files(as_fasta(PROTEINS), TABLE)).n_samples == 40


@pytest.mark.parametrize(
    "texts", [PROTEINS, [*DNA[:-1], PROTEINS[0]], ["MKVAGRSDHW"] * 40, [*DNA[:-1], DNA[0] + "E"]]
)
def test_proteins_are_not_translated_as_if_they_were_nucleotides(files, texts):
    told = "that are no coding bases: .*; give nucleotides = False if they are proteins, or N for"
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(as_fasta(texts), TABLE), nucleotides=True)


def test_ambiguous_bases_are_translated(files):
    read = datasets.from_fasta(*files(as_fasta([DNA[0][:3] + "RYN", *DNA[1:]]), TABLE),
                               nucleotides=True, gaps="keep")  # fmt: skip
    assert "X" in read.sequences[read.labels == "s0"][0]


def test_labels_are_signals_beside_the_date_or_without_one(files):
    table = TABLE.replace("s5,2020-01-06,B", "s5,2020-01-06,").replace(
        "s7,2020-01-08,B", "s7,2020-01-08,C"
    )
    paths = files(as_fasta(PROTEINS), table)
    data = datasets.from_fasta(*paths, labels=["clade", "titre"])
    assert list(data.signals) == ["time", "clade", "titre"]
    clade, titre = data.signals["clade"], data.signals["titre"]
    assert clade.labelled
    assert not titre.labelled
    number = np.array([int(name[1:]) for name in data.labels])
    assert set(range(40)) - set(number[clade.rows]) == {5, 7}  # none, and one that no other has
    assert (clade.values == np.array(list("AB"))[number[clade.rows] % 2]).all()
    assert titre.values == pytest.approx(number / 7, abs=1e-3)
    assert data.notes == ("2 of 40 sequences have no clade that another has",)
    alone = datasets.from_fasta(*paths, date_column="", labels="clade")
    assert list(alone.signals) == ["clade"]
    assert alone.labels.tolist() == [f"s{k}" for k in range(40)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"labels": "lineage"}, "dates.csv has no column lineage; it has name, date, clade, titre"),
        ({"labels": "name"}, "labels holds 'name', which is taken; rename that column"),
        ({"labels": "strain"}, "strain has 40 values in 40 of 40 sequences, and fewer than 2 that"),
        ({"date_column": ""}, "date_column and labels are both empty"),
        ({"labels": "endless"}, "endless holds 1 NaN or infinite values of 40"),
        ({"labels": "time"}, "labels holds 'time', which is taken; rename that column"),
    ],
)
def test_columns_that_are_no_labels_are_refused(files, given, told):
    more = [f",v{k},{k / 3 if k else 'inf'},1" for k in range(40)]
    rows = zip(TABLE.splitlines(), [",strain,endless,time", *more], strict=True)
    table = "\n".join(a + b for a, b in rows)
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(as_fasta(PROTEINS), table), **given)


def zstd_without_size(data):
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(data) + packer.flush()


PACKED = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress, ".zstd": zstd_without_size,
    "": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@pytest.mark.parametrize("ending", PACKED)
def test_compressed_files_are_read_whole_and_refused_where_cut(tmp_path, ending):
    fasta, table = tmp_path / f"my.fasta{ending}", tmp_path / f"dates.csv{ending}"
    packed = PACKED[ending](as_fasta(PROTEINS).encode())
    table.write_bytes(PACKED[ending](TABLE.encode()))
    fasta.write_bytes(packed)
    data = datasets.from_fasta(fasta, table)
    assert set(data.sequences) == set(PROTEINS)
    if ending != ".xz":  # which has an index behind each stream
        fasta.write_bytes(PACKED[ending](as_fasta(PROTEINS[:20]).encode())
                          + PACKED[ending](as_fasta(PROTEINS)[-20 * 95 :].encode()))  # fmt: skip
    for cut in (len(packed) // 2, len(packed) - 2):
        fasta.write_bytes(packed[:cut])
        with pytest.raises(ValueError, match=f"my.fasta{ending} is damaged or cut off: .*; fetch"):
            datasets.from_fasta(fasta, table)


@pytest.mark.parametrize("ending", PACKED)
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path, ending, monkeypatch):
    monkeypatch.setattr(text_files, "MOST_BYTES", 2**20)
    path = tmp_path / f"my.fasta{ending}"
    path.write_bytes(PACKED[ending](bytes(2**24)))
    with pytest.raises(ValueError, match="holds more than 1,048,576 bytes of text, and no more"):
        datasets.from_fasta(path, path)


def test_one_endless_record_does_not_make_all_as_wide(files):
    texts = ["A" * 5_000_000 + "MKV", *(["MKV"] * 59)]
    told = r"my.fasta holds 60 sequences of up to 5,000,003 letters, 300,000,180 as an array"
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(as_fasta(texts), TABLE))


@pytest.mark.parametrize("which", ["fasta", "table"])
def test_marked_encodings_are_read_and_others_told(tmp_path, which):
    paths = {"fasta": tmp_path / "my.fasta", "table": tmp_path / "dates.csv"}
    texts = {"fasta": as_fasta(PROTEINS).replace(">s1\n", ">s1 Müller\n"),
             "table": TABLE.replace("clade", "clade of Müller")}  # fmt: skip
    for name in paths:
        paths[name].write_text(texts[name], encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        for end in ("\n", "\r\n", "\r"):
            paths[which].write_bytes(texts[which].replace("\n", end).encode(encoding))
            assert datasets.from_fasta(*paths.values()).n_samples == 40
    name = paths[which].name
    for encoding, told in (("latin-1", "is neither UTF-8 nor marked UTF-16: line .* byte 0xfc"),
                           ("utf-16-le", "is n"), ("utf-32", "is n")):  # fmt: skip
        paths[which].write_bytes(texts[which].encode(encoding))
        with pytest.raises(ValueError, match=f"{name} {told}"):
            datasets.from_fasta(*paths.values())


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_tables_are_read_by_what_separates_their_columns(files, separator):
    table = TABLE.replace(",", separator)
    assert datasets.from_fasta(*files(as_fasta(PROTEINS), table), labels="clade").n_samples == 40
