"""Dated proteins of two viruses that evolve in the sight of all."""

from dataclasses import replace

from noisescaling.datasets.dataset import Dataset
from noisescaling.datasets.fasta import Gaps, from_fasta
from noisescaling.datasets.registry import fetch

SPIKE_FILES = ("seq/pango_S-aa.fasta.zst", "seq/pango_lineage_designation_date.csv")
N2_FILES = ("seq/h3n2_na_500.fasta", "seq/h3n2_na_500.metadata.csv")


def spike(min_distance: int = 1, gaps: Gaps = "fill") -> Dataset:
    """Load 1,651 spike proteins of SARS-CoV-2, aligned, 1,274 places with the stop.

    Each is the consensus of a lineage, no isolate. The date is when the lineage was designated,
    some weeks after it arose; lineages of one spike are merged, with their earliest date. With
    gaps kept there are 1,683.

    Parameters
    ----------
    min_distance
        Smallest number of residues between two that are kept.
    gaps
        Whether to "fill" or to "keep" gaps and ambiguous letters; see `from_fasta`.

    Returns
    -------
    A data set with the signal "time", months after the first designation, February 2021.
    """
    data = from_fasta(
        *map(fetch, SPIKE_FILES), name_column="lineage", date_column="designation_date",
        undated="leave out", gaps=gaps, min_distance=min_distance,
    )  # fmt: skip
    return replace(
        data, name="spike",
        source="github.com/corneliusroemer/pango-sequences, pango-designation-dates",
        licence="repository without a licence; lineages by pango-designation, CC BY-NC 4.0",
    )  # fmt: skip


def influenza_n2(min_distance: int = 1, gaps: Gaps = "fill") -> Dataset:
    """Load 299 neuraminidases of influenza A/H3N2, aligned, 469 residues, of 1968 to 2013.

    Translated from isolates' nucleotides (GenBank); identical proteins are merged, with their
    earliest date. With gaps and ambiguous letters kept there are 310.

    Parameters
    ----------
    min_distance
        Smallest number of residues between two that are kept.
    gaps
        Whether to "fill" or to "keep" gaps and ambiguous letters; see `from_fasta`.

    Returns
    -------
    A data set with the signal "time", months after the first sample.
    """
    data = from_fasta(*map(fetch, N2_FILES), nucleotides=True, gaps=gaps, min_distance=min_distance)
    return replace(
        data, name="influenza_n2", source="github.com/neherlab/treetime_examples; GenBank",
        licence="repository without a licence",
    )  # fmt: skip
