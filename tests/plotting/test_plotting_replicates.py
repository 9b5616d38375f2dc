import pandas as pd
import pytest

from noisescaling.plotting import replicates


@pytest.fixture
def table():
    rows = [
        ("d", model, depth, signal, seed, bits + scale * depth + seed, "ok")
        for model, scale in (("PCA", 1.0), ("SCVI", 2.0))
        for depth in (20.0, 10.0)
        for signal, bits in (("replicate", 0.0), ("cell_type", 5.0))
        for seed in (0, 2)
    ]
    rows.append(("d", "PCA", 10.0, "cell_type", 3, None, "failed"))
    names = ["dataset", "model", "quality", "signal", "seed", "bits", "status"]
    return pd.DataFrame(rows, columns=names)


def test_means_are_over_the_seeds_that_succeeded(table):
    means = replicates.seed_means(table).set_index(["model", "quality"])
    assert means.loc[("PCA", 10.0), "cell_type"] == 5 + 10 + 1
    assert means.loc[("SCVI", 20.0), "replicate"] == 2 * 20 + 1


def test_pairs_go_from_the_lowest_depth_to_the_highest(ax, table):
    replicates.draw_pairs(ax, replicates.seed_means(table), "cell_type")
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.get_lines()}
    assert drawn["PCA"] == [[11, 16], [21, 26]]
    assert ax.get_xlabel() == "between halves (bits)"
    assert ax.get_ylabel() == "with cell type (bits)"


def test_agreements_have_a_row_a_signal_and_their_intervals(ax):
    rows = [
        ("d", signal, ranked, value, value - 0.1, value + 0.2)
        for signal, value in (("time", 0.5), ("cell_type", -0.3))
        for ranked in replicates.RANKINGS
    ]
    names = ["dataset", "signal", "ranked", "correlation", "low", "high"]
    replicates.draw_agreements(ax, pd.DataFrame(rows, columns=names))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["d, time", "d, cell type"]
    bars = ax.containers[0].lines[2][0].get_segments()
    assert bars[0][:, 0] == pytest.approx([0.4, 0.7])
    assert bars[1][:, 0] == pytest.approx([-0.4, -0.1])
    assert len(ax.containers) == 3


def test_depth_is_on_a_log_axis_in_umis(ax, table):
    signals = {"cell_type": "-", "replicate": "--"}
    replicates.draw_against_depth(ax, replicates.seed_means(table), signals)
    assert len(ax.get_lines()) == 4
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "UMIs per cell")
    assert ax.get_lines()[1].get_linestyle() == "--"
    assert ax.get_legend_handles_labels()[1] == ["PCA", "scVI"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "20"]
