"""Published rules beside the planner: the same money, and no rule above the best design."""

import pytest

from noisescaling.planning import Costs, Library
from study import rules
from study.surfaces import load_surface

BUDGET = 5000.0


@pytest.fixture(scope="module")
def table():
    costs = Costs(0.2, per_read=2e-6, library=Library(20_000, 0.6, "uneven"))
    surfaces = {key: load_surface(*key) for key in rules.DESIGNS}
    return rules.beside_planner(surfaces, costs, BUDGET).assign(costs=costs)


def test_every_design_costs_the_budget(table):
    for _, row in table.iterrows():
        spent = row["costs"].total(row["cells"], row["UMIs per cell"])
        assert float(spent) == pytest.approx(BUDGET, rel=1e-3)


def test_no_rule_has_more_bits_than_the_best_design(table):
    assert len(table) == 9
    assert (table["less"] >= -1e-6).all()
    assert (table["low"] <= table["bits"]).all()
    assert (table["bits"] <= table["high"]).all()


def test_rules_have_the_reads_that_they_advise(table):
    for rule, reads in rules.RULES.items():
        told = table.loc[table["rule"] == rule, "reads per cell"]
        assert told.tolist() == pytest.approx([reads] * 3, rel=1e-6)


def test_rules_of_reads_need_prices_by_the_read():
    surfaces = {rules.DESIGNS[0]: load_surface(*rules.DESIGNS[0])}
    with pytest.raises(ValueError, match="give per_read"):
        rules.beside_planner(surfaces, Costs(0.2, per_umi=1e-6), BUDGET)
