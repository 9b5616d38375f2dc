"""Plans: against grid search and closed forms, the Lagrange condition, inverses, refusals."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from noisescaling.planning import (
    Costs,
    Extrapolation,
    Library,
    Limits,
    cheapest,
    measured_limits,
    plan,
    report,
    surface_of_parameters,
)
from noisescaling.planning.optimum import Market, best_bits, best_depth
from noisescaling.planning.plan import thousands

PARAMETERS = {"i_max": 4.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}
ERRORS = {"i_max": 0.2, "u_snr": 15.0, "n0": 50.0}
MEASURED = {"cells_range": (100.0, 1e5), "umis_range": (10.0, 8_100.0)}
MARKETS = {
    "umis": Costs(0.2, per_umi=1e-5),
    "reads, uneven": Costs(0.2, per_read=2e-6, library=Library(9_000, 0.6)),
    "reads, even": Costs(0.2, per_read=2e-6, library=Library(9_000, 0.6, "even")),
    "cells for nothing": Costs(0.0, per_umi=1e-5),
}


def surface(**changes):
    return surface_of_parameters({**PARAMETERS, **changes}, **MEASURED)


def random_surfaces(n, seed=0):
    rng = np.random.default_rng(seed)
    lows, highs = np.log([1.0, 5, 10, 0.2, 5]), np.log([6.0, 2_000, 1e4, 1.2, 1_000])
    for row in np.exp(rng.uniform(lows, highs, (n, 5))):
        yield surface(**dict(zip(PARAMETERS, row, strict=True)))


@pytest.mark.parametrize("costs", MARKETS.values(), ids=MARKETS)
def test_no_design_of_a_fine_grid_is_better(costs):
    for law in random_surfaces(20):
        found = plan(law, costs, 5_000).design
        # Evenly spaced in the price of a cell, so that the grid is fine near saturation too.
        umis = costs.depth_for(np.geomspace(float(costs.one_cell(1)), 5_000, 40_001)[:-1])
        bits = law.bits(np.maximum(5_000 / costs.one_cell(umis), 1), umis)
        assert found.bits >= bits.max() - 1e-12
        assert found.bits == pytest.approx(bits.max(), abs=1e-6)


@pytest.mark.parametrize("costs", list(MARKETS.values())[:3], ids=list(MARKETS)[:3])
def test_money_buys_as_many_bits_on_cells_as_on_depth(costs):
    for law in random_surfaces(20, seed=1):
        best = plan(law, costs, 5_000).design
        n, u, step = best.n_cells, best.umis_per_cell, 1e-6
        up, down = 1 + step, 1 - step
        on_cells = law.bits(n * up, u) - law.bits(n * down, u)
        on_depth = law.bits(n, u * up) - law.bits(n, u * down)
        cells_price = costs.total(n * up, u) - costs.total(n * down, u)
        depth_price = costs.total(n, u * up) - costs.total(n, u * down)
        assert on_cells / cells_price == pytest.approx(on_depth / depth_price, rel=1e-3)


def test_the_best_depth_has_its_closed_form_where_one_exists():
    # Without training noise and price of cells, D = u_snr/u + n0 c u/B: u = sqrt(u_snr B/(n0 c)).
    law = surface(s=1.0, u1=1e-12)
    best = plan(law, Costs(0.0, per_umi=1e-5), 5_000).design
    assert best.umis_per_cell == pytest.approx(np.sqrt(60 * 5_000 / (300 * 1e-5)), rel=1e-5)
    assert best.cost == pytest.approx(5_000)


@pytest.mark.parametrize("costs", MARKETS.values(), ids=MARKETS)
def test_the_cheapest_design_is_the_inverse_of_the_best(costs):
    for law in random_surfaces(3, seed=2):
        best = plan(law, costs, 5_000).design
        least = cheapest(law, costs, best.bits).design
        assert least.cost == pytest.approx(5_000, rel=1e-6)
        assert least.bits == pytest.approx(best.bits, rel=1e-8)
        assert least.umis_per_cell == pytest.approx(best.umis_per_cell, rel=1e-3)


def test_the_currency_does_not_matter():
    law = surface_of_parameters(PARAMETERS, ERRORS, **MEASURED)
    cents = Costs(20, per_read=2e-4, library=Library(9_000, 0.6))
    a, b = plan(law, MARKETS["reads, uneven"], 5_000), plan(law, cents, 500_000)
    assert a.design.umis_per_cell == pytest.approx(b.design.umis_per_cell, rel=1e-6)
    assert a.bits_interval == pytest.approx(b.bits_interval, rel=1e-9)
    assert a.sentence == b.sentence
    assert b.design.cost == pytest.approx(100 * a.design.cost)


def test_more_money_never_buys_fewer_bits():
    law = surface()
    budgets = np.geomspace(1, 1e6, 40)
    for costs in MARKETS.values():
        laws = np.tile(law.values, (len(budgets), 1))
        bits = best_bits(laws, Market(costs, Limits()), budgets)
        assert (np.diff(bits) > 0).all()


def test_draws_are_planned_each_by_itself():
    law = surface_of_parameters(PARAMETERS, ERRORS, n_draws=6)
    costs = MARKETS["umis"]
    market = Market(costs, Limits())
    together = best_depth(law.draws, market, np.full(6, 5_000.0))
    for depth, row in zip(together, law.draws, strict=True):
        alone = surface_of_parameters(dict(zip(PARAMETERS, row, strict=True)))
        assert plan(alone, costs, 5_000).design.umis_per_cell == pytest.approx(depth, rel=1e-5)


def test_intervals_hold_the_planned_share_of_the_draws():
    law = surface_of_parameters(PARAMETERS, ERRORS, n_draws=200)
    found = plan(law, MARKETS["umis"], 5_000)
    market = Market(MARKETS["umis"], Limits())
    depths = best_depth(law.draws, market, np.full(200, 5_000.0))
    low, high = found.umis_interval
    assert ((depths >= low) & (depths <= high)).mean() == pytest.approx(0.9, abs=0.006)
    wide, narrow = (surface_of_parameters(PARAMETERS, {"u_snr": error}) for error in (20.0, 2.0))
    widths = [np.diff(plan(one, MARKETS["umis"], 5_000).umis_interval) for one in (wide, narrow)]
    assert widths[0] > 5 * widths[1]


def test_level_tolerance_and_prices_have_their_effect():
    law = surface_of_parameters(PARAMETERS, ERRORS, **MEASURED)
    costs = MARKETS["reads, uneven"]
    narrow, wide = (plan(law, costs, 5_000, level=level) for level in (0.5, 0.95))
    for name in ("cells_interval", "umis_interval", "bits_interval"):
        (low, high), (lower, higher) = getattr(narrow, name), getattr(wide, name)
        assert lower < low < high < higher
    few, many = (plan(law, costs, 5_000, tolerance=loss).good_depths for loss in (0.02, 0.1))
    assert many[0] < few[0] < few[1] < many[1]
    dear = replace(costs, per_cell=2.0)
    assert plan(law, dear, 5_000).design.umis_per_cell > narrow.design.umis_per_cell
    lanes = replace(costs, reads_per_lane=1e9)
    assert plan(law, lanes, 5_000).design.lanes == pytest.approx(2 * narrow.design.lanes)
    wasteful = replace(costs, library=Library(9_000, 0.3))
    assert plan(law, wasteful, 5_000).design.bits < narrow.design.bits


def test_the_cost_interval_of_the_cheapest_holds_its_share_of_the_draws():
    law = surface_of_parameters(PARAMETERS, {"n0": 50.0, "u_snr": 10.0}, n_draws=60)
    costs = MARKETS["umis"]
    found = cheapest(law, costs, 3.0, level=0.8)
    prices = [
        cheapest(
            surface_of_parameters(dict(zip(PARAMETERS, row, strict=True))), costs, 3.0
        ).design.cost
        for row in law.draws
    ]
    assert found.cost_interval == pytest.approx(
        np.quantile(prices, [0.1, 0.9], method="inverted_cdf"), rel=1e-6
    )


def test_without_errors_there_is_no_interval():
    found = plan(surface(), MARKETS["umis"], 5_000)
    assert found.cells_interval is found.umis_interval is None
    assert found.bits_interval is found.cost_interval is None


def test_an_open_end_is_infinite_where_draws_do_not_reach_the_bits():
    law = surface_of_parameters({**PARAMETERS, "i_max": 2.0}, {"i_max": 0.2})
    found = cheapest(law, MARKETS["umis"], 1.8)
    assert np.isfinite(found.cost_interval[0])
    assert found.cost_interval[1] == found.cells_interval[1] == np.inf
    assert not np.isnan([*found.umis_interval, *found.bits_interval]).any()


def test_good_depths_lose_just_the_tolerance():
    law, costs = surface(), MARKETS["umis"]
    found = plan(law, costs, 5_000, tolerance=0.1)
    for depth in found.good_depths:
        bits = float(law.bits(5_000 / float(costs.one_cell(depth)), depth))
        assert found.design.bits - bits == pytest.approx(0.1, abs=1e-6)
    assert found.good_depths[0] < found.design.umis_per_cell < found.good_depths[1]


def test_reads_and_lanes_stand_beside_cells_and_umis():
    costs = Costs(0.2, per_read=2e-6, library=Library(9_000, 0.5), reads_per_lane=1e8)
    design = plan(surface(), costs, 5_000).design
    reads = 9_000 * design.umis_per_cell / (9_000 - design.umis_per_cell) / 0.5
    assert design.reads_per_cell == pytest.approx(reads)
    assert design.lanes == pytest.approx(design.n_cells * reads / 1e8)
    assert f"UMIs and {thousands(reads)} reads per cell" in str(design)
    unpriced = plan(surface(), MARKETS["umis"], 5_000).design
    assert unpriced.reads_per_cell is unpriced.lanes is None
    assert "reads" not in str(unpriced)


def test_a_report_of_plans_has_their_numbers():
    law = surface_of_parameters(PARAMETERS, ERRORS, **MEASURED)
    plans = [plan(law, MARKETS["umis"], 2e5), plan(surface(), MARKETS["reads, even"], 5_000)]
    told = report(plans)
    for (_, row), one in zip(told.iterrows(), plans, strict=True):
        assert row["sentence"] == one.sentence
        for name in ("n_cells", "umis_per_cell", "cost", "bits"):
            assert row[name] == getattr(one.design, name)
        assert (row["good_depth_low"], row["good_depth_high"]) == one.good_depths
        assert row["more_budget_adds"] == one.marginal.budget
    assert (told.loc[0, "bits_low"], told.loc[0, "bits_high"]) == plans[0].bits_interval
    assert (told.loc[0, "n_cells_low"], told.loc[0, "n_cells_high"]) == plans[0].cells_interval
    assert told.loc[1, ["bits_low", "n_cells_low", "cost_high"]].isna().all()
    assert told.loc[1, "reads_per_cell"] == plans[1].design.reads_per_cell
    assert told.loc[0, "warnings"].count("extrapolated: ") == 2
    assert "measured were 10 to 8,100" in told.loc[0, "warnings"]
    assert json.loads(told.to_json(orient="records"))[1]["lanes"] == pytest.approx(
        told.loc[1, "lanes"]
    )


def test_what_a_fit_does_not_know_is_told_before_any_number():
    law = replace(surface(), unknown="only one number of cells, 240, was measured")
    told = plan(law, MARKETS["umis"], 5_000).sentence
    start = "not identified, so this is no plan: only one number of cells, 240, was measured. "
    assert told == f"{start}The best fit says {plan(surface(), MARKETS['umis'], 5_000).sentence}"


def test_the_misfit_of_a_rejected_law_is_told_before_any_other_number():
    law = replace(surface(), misfit="the law misses the means of repeats by 0.06 bits, p = 0.001")
    told = plan(law, MARKETS["umis"], 5_000).sentence
    best = plan(surface(), MARKETS["umis"], 5_000).sentence
    start = f"Rejected by repeats: {law.misfit}; the intervals hold that. "
    assert told == f"{start}Under the law the best is {best}"


@pytest.mark.parametrize("costs", MARKETS.values(), ids=MARKETS)
@pytest.mark.parametrize("budget", [10.0, 1e5, 1e12, 1e30, 1e100])
def test_a_budget_of_any_size_gives_numbers(costs, budget):
    law = surface_of_parameters(PARAMETERS, ERRORS, n_draws=20)
    found = plan(law, costs, budget)
    for numbers in (found.good_depths, found.cells_interval, found.umis_interval):
        assert 0 < numbers[0] <= numbers[1] < np.inf
    assert found.design.cost == pytest.approx(budget)
    assert 0 < found.design.bits <= PARAMETERS["i_max"]
    assert np.isfinite([found.marginal.cells, found.marginal.depth, found.marginal.budget]).all()


def test_limits_hold_and_are_told():
    law = surface()
    found = plan(law, MARKETS["umis"], 1e6, limits=measured_limits(law))
    assert found.design.n_cells <= 1e5
    assert found.design.umis_per_cell <= 8_100
    assert found.at_limit == ("cells", "depth")
    assert not found.extrapolations
    assert found.design.cost < 1e6
    assert plan(law, MARKETS["umis"], 500, limits=measured_limits(law)).at_limit == ()


def test_a_design_beyond_what_was_measured_says_so_with_both_numbers():
    found = plan(surface(), MARKETS["umis"], 2e5)
    assert [one.axis for one in found.extrapolations] == ["cells", "depth"]
    assert str(Extrapolation("depth", 12_345, 10, 8_100)) == (
        "extrapolated: the plan has 12,000 UMIs per cell, measured were 10 to 8,100"
    )
    assert not plan(surface(), MARKETS["umis"], 500).extrapolations
    assert not plan(surface_of_parameters(PARAMETERS), MARKETS["umis"], 2e5).extrapolations


def test_the_sentence_compares_with_the_present_design():
    law, costs = surface(), MARKETS["umis"]
    best = plan(law, costs, 5_000)
    n, u = best.design.n_cells, best.design.umis_per_cell
    words = f"{thousands(n)} cells at {thousands(u)} UMIs per cell"
    for cells, by, verdict in [
        (n, 0.5, "deeper than"),
        (n, 1, "the same depth as"),
        (0.5 * n, 2, "more cells, shallower than"),
        (2 * n, 2, "shallower than"),
    ]:
        there = f"the present design ({thousands(by * u)} UMIs per cell)"
        told = plan(law, costs, 5_000, current=(cells, by * u)).sentence
        assert told == f"{words}: {verdict} {there}"
    assert "than the deepest measured (8,100 UMIs per cell)" in best.sentence
    assert plan(surface_of_parameters(PARAMETERS), costs, 5_000).sentence == words
    reference = plan(law, costs, 5_000).reference
    assert reference.umis_per_cell == 8_100
    assert reference.cost == pytest.approx(5_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3_149, "3,100"),
        (7.449, "7.4"),
        (1.0, "1"),
        (0.01234, "0.012"),
        (99.7, "100"),
        (9.96, "10"),
        (1_250_000, "1,300,000"),
        (9.96e11, "1 × 10¹²"),
        (9.94e11, "990,000,000,000"),
        (2.34e25, "2.3 × 10²⁵"),
        (0.00000123, "0.0000012"),
        (0.000000123, "1.2 × 10⁻⁷"),
        (5e-324, "5 × 10⁻³²⁴"),
        (1.7e308, "1.7 × 10³⁰⁸"),
        (0, "0"),
        (float("inf"), "unlimited"),
    ],
)
def test_two_digits_are_told(value, text):
    assert thousands(value) == text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda law, costs: plan(law, costs, 0.1),
            "budget = 0.1 buys less than one cell at one UMI, which costs 0.20001; give at least",
        ),
        (
            lambda law, costs: plan(law, costs, 5, limits=measured_limits(law)),
            "budget = 5 buys less than 100 cells at 10 UMIs, which costs 20.01",
        ),
        (lambda law, costs: plan(law, costs, -5), "budget holds -5; every value must be above 0"),
        (lambda law, costs: plan(law, costs, float("nan")), "budget holds 1 NaN or infinite"),
        (lambda law, costs: plan(law, costs, 5, level=1.5), "level = 1.5 must lie between 0 and 1"),
        (lambda law, costs: plan(law, costs, 5, tolerance=0), "tolerance holds 0"),
        (lambda law, costs: plan(law, costs, 5, current=(0, 10)), "current holds 0"),
        (
            lambda law, costs: plan(law, MARKETS["reads, even"], 50, current=(10, 9_000)),
            "current = 10, 9000: 9000 UMIs per cell are not in a library of 9000; give fewer",
        ),
        (
            lambda law, costs: cheapest(law, costs, 4.5),
            "bits = 4.5 is out of reach: the capacity is 4 bits; ask for less",
        ),
        (
            lambda law, costs: cheapest(law, MARKETS["reads, even"], 3.9),
            "the capacity is 3.287 bits at 9000 UMIs per cell, the most that are allowed",
        ),
        (
            lambda law, costs: cheapest(law, costs, 3.999999),
            "bits = 4 would cost more than any budget; ask for less",
        ),
        (lambda law, costs: cheapest(law, costs, 0), "bits holds 0"),
        (lambda law, costs: Limits(cells=(10, 5)), "the least, 10, is more than 5"),
        (lambda law, costs: Limits(umis=(0, 5)), "least umis holds 0"),
    ],
)
def test_questions_without_an_answer_are_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(surface(), MARKETS["umis"])
