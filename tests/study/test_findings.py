"""The published values over all modalities, and who wins over cells and depth."""

import numpy as np
import pandas as pd
import pytest

from noisescaling.fitting import noise_law
from study import contest, modalities, published_laws
from study.counting import misread_snr
from study.published import published_spikes


def test_the_authors_axis_of_tissue_images_gives_back_their_goodness_of_fit():
    images = published_laws.noisy_images().query("modality == 'TissueMNIST' and label == 'all'")
    gaussian = images[images["noise"] == "gaussian"]
    curves = gaussian.rename(columns={"label": "curve"}).assign(group="", sigma=gaussian["level"])
    table = published_laws.image_axes(curves)
    assert table["r_squared_1"][0] == pytest.approx(0.9965, abs=2e-4)  # theirs
    assert table["r_squared_2"][0] < 0.97


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_power_of_image_noise_is_found_where_it_is_planted(power):
    sigma = np.geomspace(0.03, 30, 12)
    bits = noise_law(sigma**-power, 2.0, 1.5) + 0.01 * np.tile([1, -1], 6)
    curves = pd.DataFrame({"group": "planted", "curve": "a", "sigma": sigma, "bits": bits})
    row = published_laws.image_axes(curves).iloc[0]
    assert row["low"] <= power <= row["high"]
    assert abs(row["best"] - power) < 0.15


def test_the_cell_law_has_the_curves_of_the_published_figure_and_its_fit():
    fits, points = published_laws.cell_law_curves()
    assert len(fits) == 54  # as the authors'
    assert fits.loc[fits["model"] != "PCA", "r_squared"].mean() == pytest.approx(0.919, abs=0.01)
    assert points["miss"].abs().median() < 0.06
    near = points[(points["x"] > 1) & (points["y"] > 0)]
    assert np.corrcoef(np.log(near["x"]), np.log(near["y"]))[0, 1] < -0.8


def test_all_modalities_fall_on_one_curve():
    fits, points = published_laws.collapsed(published_laws.all_curves(), 0.5)
    counts = fits["modality"].value_counts()
    assert counts["TissueMNIST"] == 18
    assert counts["sequences"] == 3
    assert set(published_laws.goodness(fits).index) == set(published_laws.REPORTED)
    assert points["miss"].abs().median() < 0.05
    fewer, _ = published_laws.collapsed(published_laws.all_curves(), 0.1)
    assert len(fewer) < len(fits)


def test_wins_are_shares_of_data_sets():
    rows = [
        {"dataset": name, "signal": "s", "size": n, "u": u, "model": model, "bits": bits}
        for name in ("a", "b") for n in (10, 20) for u in (1.0, 5.0)
        for model, bits in (("X", n + u + (name == "a")), ("Y", n + u + 0.5))
    ]  # fmt: skip
    table = contest.means(pd.DataFrame(rows))
    share = contest.wins(table, "X", "Y")
    assert share.shape == (2, 2)
    assert (share == 0.5).all(axis=None)
    assert contest.corner_counts(table, "X", "Y", (1, 1)) == {
        "few_won": 1, "few": 2, "most_won": 2, "most": 4,
    }  # fmt: skip


def test_the_transformer_needs_more_molecules_though_its_noise_sensitivity_is_lower():
    ratios = contest.published_ratios("Geneformer", "SCVI")
    assert ratios.loc["u_bar", "estimate"] < 1 < ratios.loc["u_snr", "low"]
    assert ratios.loc["i_max", "high"] < 0
    back = contest.published_ratios("SCVI", "Geneformer")
    assert back.loc["u_snr", "estimate"] == pytest.approx(1 / ratios.loc["u_snr", "estimate"])


def test_the_axis_of_misread_letters_is_the_channel_that_simulation_shows():
    rng = np.random.default_rng(0)
    for anew in (0.1, 0.5, 0.9):
        wrong = anew * 19 / 20
        told = modalities.letter_quality((1 - wrong) / wrong)
        assert told == pytest.approx((1 - anew) ** 2 / (anew * (2 - anew)))
        assert told == pytest.approx(misread_snr(anew, rng, n_sequences=20_000), rel=0.1)
    assert modalities.letter_quality([1 / 19, 1e-3]).tolist() == [0, 0]


def test_published_proteins_fit_the_axis_of_true_residues_per_error_better():
    told = modalities.residue_axes(published_spikes(), ["model"])
    assert len(told) == 3
    assert (told["residues"] > told["channel"]).all()


def test_parameters_of_the_published_laws_go_with_quality_and_with_cells():
    fits, _ = published_laws.cell_law_curves()
    told = published_laws.correlations(fits, published_laws.capacities())
    assert told["i_inf_u"] > 0.3
    assert told["i_max_size"] > 0.4
    assert told["s_i_inf"] < -0.3
    ranks = published_laws.rank_table(fits)
    assert ranks["rank of I_inf"].idxmin() == "scVI"
    assert ranks["rank of s"].idxmin() == "PCA"


def test_places_at_which_a_network_learned_nothing_decide_nothing():
    place = {"dataset": "d", "signal": "s", "size": 9}
    rows = [
        place | {"u": u, "model": model, "bits": bits}
        for u, trained in ((1.0, 0.2), (2.0, 0.6))
        for model, bits in (("RankTransformer", trained), ("RankTransformer, untrained", 0.4),
                            ("SCVI", 0.5))
    ]  # fmt: skip
    kept = contest.that_learned(pd.DataFrame(rows))
    assert kept["u"].unique().tolist() == [2.0]
    assert set(kept["model"]) == {"RankTransformer", "SCVI"}
