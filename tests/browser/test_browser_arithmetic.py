"""The page's arithmetic against Python's, in a real browser, on random cases."""

from dataclasses import asdict

import numpy as np
import pytest

from noisescaling.fitting import joint_law
from noisescaling.fitting.forecast import PointError
from noisescaling.planning import (
    Costs,
    Library,
    Limits,
    cheapest,
    plan,
    surface_of_parameters,
)
from noisescaling.planning.plan import thousands
from noisescaling.planning.surface import Surface

LOWS, HIGHS = [0.5, 1, 1, 0.2, 1], [8, 5_000, 1e5, 1.5, 3_000]


def random_parameters(n, seed):
    rng = np.random.default_rng(seed)
    return np.exp(rng.uniform(np.log(LOWS), np.log(HIGHS), (n, 5)))


def random_costs(n, seed):
    rng = np.random.default_rng(seed)
    for i in range(n):
        per_cell, price, size, usable = np.exp(
            rng.uniform(*np.log([(0.01, 0.3, 3e3, 0.2), (2, 20, 5e4, 1)]))
        )
        if i % 3 == 0:
            yield Costs(per_cell, per_umi=price / 1e6)
        else:
            library = Library(size, usable, "even" if i % 3 == 1 else "uneven")
            yield Costs(per_cell, per_read=price / 1e6, library=library)


def market(costs, limits=None):
    """The prices and limits as the page's arithmetic takes them, infinity by its name."""
    limits = limits or Limits()
    prices = {"perCell": costs.per_cell, "lane": costs.reads_per_lane}
    if costs.library:
        prices |= {"perRead": costs.per_read, "library": asdict(costs.library)}
    else:
        prices |= {"perUmi": costs.per_umi}
    held = {
        k: [v if np.isfinite(v) else "Infinity" for v in vs] for k, vs in asdict(limits).items()
    }
    return {"prices": prices, "limits": held}


CALL = """
const number = (value) => (value === "Infinity" ? Infinity : value);
const told = (key, value) => (value === Infinity ? "Infinity" : value);
return JSON.stringify(arguments[0].map(([aim, surface, market, wanted]) => {
  for (const one of Object.values(market.limits)) one.forEach((v, i) => (one[i] = number(v)));
  const { spread, ...found } = arithmetic[aim](surface, market, wanted);
  return found;
}), told);
"""


def on_page(planner, cases):
    """Plans that the page makes, each as a dictionary."""
    import json

    text = planner.script(CALL, cases)
    return json.loads(text, object_hook=lambda d: {k: _number(v) for k, v in d.items()})


def _number(value):
    if isinstance(value, list):
        return [_number(one) for one in value]
    return float("inf") if value == "Infinity" else value


def test_the_law_is_the_same(planner):
    parameters = random_parameters(400, 0)
    rng = np.random.default_rng(1)
    n, u = np.exp(rng.uniform(np.log(10), np.log(1e6), (2, 400)))
    code = "return arguments[0].map(([p, n, u]) => arithmetic.bits(p, n, u))"
    cases = [[list(p), *place] for p, *place in zip(parameters, n, u, strict=True)]
    expected = joint_law(n, u, *parameters.T)
    assert planner.script(code, cases) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_law_has_the_same_parameters(planner, extension):
    names = planner.script("return question.PARAMETERS")
    assert tuple(names) == joint_law.names == extension.page_data()["parameters"]


def test_prices_and_saturation_are_the_same(planner):
    code = """return arguments[0].map(([market, u]) => [
      arithmetic.oneCell(market.prices, u),
      arithmetic.depthFor(market.prices, arithmetic.oneCell(market.prices, u))])"""
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for costs in random_costs(60, 3):
        u = min(costs.deepest, 1e5) * rng.uniform(0.001, 0.99)
        cases.append([market(costs), u])
        expected.append([float(costs.one_cell(u)), u])
    assert np.array(planner.script(code, cases)) == pytest.approx(np.array(expected), rel=1e-9)


def compare(found, expected):
    """Hold a plan of the page to one of Python; the optimum is flat, so its place is coarser."""
    design = found["design"]
    assert design["bits"] == pytest.approx(expected.design.bits, rel=1e-9)
    assert design["cost"] == pytest.approx(expected.design.cost, rel=1e-6)
    assert design["u"] == pytest.approx(expected.design.umis_per_cell, rel=1e-4)
    assert design["n"] == pytest.approx(expected.design.n_cells, rel=1e-4)
    assert found["goodDepths"] == pytest.approx(expected.good_depths, rel=1e-5)
    for name in ("cells", "depth", "budget"):
        gain = getattr(expected.marginal, name)
        assert found["marginal"][name] == pytest.approx(gain, abs=1e-7), name
    ours = (expected.cells_interval, expected.umis_interval, expected.cost_interval)
    for name, interval in zip(("cells", "umis", "cost"), ours, strict=True):
        assert found[name] == pytest.approx(interval, rel=1e-4), name
    assert found["bits"] == pytest.approx(expected.bits_interval, rel=1e-6)


def cases_of(aim, n, seed):
    """Random surfaces with draws, prices, limits and wanted amounts, for page and Python."""
    rng = np.random.default_rng(seed)
    spread = np.exp(0.1 * rng.standard_normal((n, 12, 5)))
    rows = zip(random_parameters(n, seed), spread, random_costs(n, seed), strict=True)
    for i, (values, scatter, costs) in enumerate(rows):
        measured = ((100, 1e4), (10, 1e3)) if i % 2 else (None, None)
        error = PointError(*rng.uniform(0.02, 0.1, 3))
        most = values[0] if i % 3 else np.inf
        surface = Surface(values, values * scatter, *measured, error=error, entropy=most)
        limits = Limits((50, 2e4), (5, 2_000)) if i % 4 == 3 else Limits()
        wanted = float(np.exp(rng.uniform(np.log(200), np.log(1e5))))
        if aim == "cheapest":
            wanted = 0.8 * plan(surface, costs, wanted, limits=limits).design.bits
        yield surface, costs, limits, wanted


@pytest.mark.parametrize(("aim", "ours"), [("plan", plan), ("cheapest", cheapest)])
def test_plans_are_the_same(planner, extension, aim, ours):
    cases = list(cases_of(aim, 40 if aim == "plan" else 10, 4))
    asked = [
        [aim, extension.surface_data(one), market(costs, limits), w]
        for one, costs, limits, w in cases
    ]
    for found, (surface, costs, limits, wanted) in zip(on_page(planner, asked), cases, strict=True):
        compare(found, ours(surface, costs, wanted, limits=limits))


def test_draws_of_typed_in_errors_are_the_same(planner):
    values, errors = random_parameters(2, 5)
    named = [dict(zip(joint_law.names, row, strict=True)) for row in (values, 0.1 * errors)]
    surface = surface_of_parameters(*named)
    code = "return arithmetic.draw(arguments[0], arguments[1], window.noisescalingFits.normals)"
    drawn = np.array(planner.script(code, list(values), list(0.1 * errors)))
    # The page's normals are rounded to six decimals.
    assert np.log(drawn) == pytest.approx(np.log(surface.draws), abs=1e-4)


def test_numbers_are_told_alike(planner):
    # Of every size that a number can have, whole and broken, and halfway between two digits.
    sizes = 10 ** np.random.default_rng(8).uniform(-300, 300, 4_000)
    usual = 10 ** np.random.default_rng(9).uniform(-8, 14, 8_000)
    halves = [x * 10.0**k for k in range(-8, 15) for x in (1.25, 1.35, 2.45, 9.95, 1, 9.5, 9.949)]
    values = [0, 5e-324, 1.7e308, *sizes, *usual, *usual.round(), *halves]
    told = planner.script("return arguments[0].map(arithmetic.thousands)", list(map(float, values)))
    assert told == [thousands(value) for value in values]
