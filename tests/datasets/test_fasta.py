import re

import numpy as np
import pytest

from noisescaling import datasets
from noisescaling.datasets._translation import translate

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


@pytest.mark.parametrize(
    ("dates", "months"),
    [(("2021.5", "2021.25"), 3.0), (("2021-04", "2021-03"), 31 / 30.4375), (("2021", "2020"), 12)],
)
def test_dates_are_days_months_or_years(files, dates, months):
    table = f"name,date\na,{dates[0]}\nb,{dates[1]}\n"
    data = datasets.from_fasta(*files(">a\nMKV\n>b\nMKL\n", table))
    assert np.ptp(data.signal("time").values) == pytest.approx(months, abs=1e-6)


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
        ("MKV\n>a\nMKV\n", "my.fasta has 'MKV' in line 1, before any header"),
        (">a\n>b\nMKV\n", "my.fasta holds 1 empty sequences of 2, such as 'a'"),
        (">a\nMKV\n>a\nMKL\n", "my.fasta holds the name 'a' 2 times"),
        (">a\nMK1\n>b\nMKV\n", "sequences holds 1 letters that are no residues, such as '1' at "
                               "place 3 of sequence 1"),
        (">a\nACGT\n>b\nACGN\n", "my.fasta holds nucleotides, no proteins; give nucleotides ="),
    ],
)  # fmt: skip
def test_files_that_are_no_proteins_are_refused(files, fasta, told):
    with pytest.raises(ValueError, match=told):
        datasets.from_fasta(*files(fasta))


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ("id,date\na,2021\n", "dates.csv has no column name; it has id, date"),
        ("name,date\na,2021\na,2022\n", "dates.csv gives 'a' several dates"),
        ("name,date\na,spring\nb,2020\n", "dates.csv holds 1 dates that cannot be read of 2, such "
                                          "as 'spring'; give 2021-03-15, 2021-03 or 2021.2"),
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
