"""Marginal value and projected gain."""

import numpy as np
import pytest

from noisescaling.planning import (
    Costs,
    Limits,
    marginal_value,
    plan,
    projected_gain,
    surface_of_parameters,
)

PARAMETERS = {"i_max": 4.0, "u_snr": 60.0, "n0": 300.0, "s": 0.6, "u1": 100.0}
COSTS = Costs(0.2, per_umi=1e-5)


def test_marginal_value_is_the_difference_of_two_designs():
    law = surface_of_parameters(PARAMETERS)
    found = marginal_value(law, COSTS, 1_000, 2_000, share=0.2)
    now = float(law.bits(1_000, 2_000))
    assert found.cells == pytest.approx(float(law.bits(1_200, 2_000)) - now)
    assert found.depth == pytest.approx(float(law.bits(1_000, 2_400)) - now)
    best = plan(law, COSTS, 1.2 * float(COSTS.total(1_000, 2_000))).design.bits
    assert found.budget == pytest.approx(best - now)


def test_at_the_best_design_money_is_best_spent_on_both():
    law = surface_of_parameters(PARAMETERS)
    found = plan(law, COSTS, 5_000)
    # 10 % more cells cost 10 % more money; re-planning can only do better.
    assert found.marginal.budget >= found.marginal.cells > 0
    assert found.marginal.depth > 0


def test_projected_gain_starts_at_the_most_that_was_measured():
    law = surface_of_parameters(
        PARAMETERS, {"u_snr": 20.0}, cells_range=(100, 1e4), umis_range=(10, 3e3)
    )
    found = projected_gain(law)
    now = float(law.bits(1e4, 3e3))
    assert found.cells == pytest.approx(float(law.bits(1e5, 3e3)) - now)
    assert found.depth == pytest.approx(float(law.bits(1e4, 3e4)) - now)
    assert found.cells_interval[0] < found.cells < found.cells_interval[1]
    assert found.depth_interval[0] < found.depth < found.depth_interval[1]


def test_what_is_scarce_gains_more():
    shallow, few = {"u_snr": 5_000.0, "n0": 1e-3}, {"u_snr": 1e-3, "n0": 5_000.0, "u1": 1e-3}
    gains = [
        projected_gain(surface_of_parameters({**PARAMETERS, **one}), 1_000, 1_000)
        for one in (shallow, few)
    ]
    assert [one.depth > one.cells for one in gains] == [True, False]


def test_gains_over_both_axes_end_at_the_capacity():
    law = surface_of_parameters(PARAMETERS)
    found = projected_gain(law, 1e12, 1e12, factor=1e6)
    assert np.isclose(float(law.bits(1e12, 1e12)) + found.cells, 4.0, atol=1e-4)


def test_starting_nowhere_is_refused():
    law = surface_of_parameters(PARAMETERS)
    with pytest.raises(ValueError, match="n_cells is left out and this law has no measured range"):
        projected_gain(law)
    with pytest.raises(ValueError, match="factor holds -1"):
        projected_gain(law, 10, 10, factor=-1)
    with pytest.raises(ValueError, match="n_cells holds 0"):
        marginal_value(law, COSTS, 0, 10)


@pytest.mark.parametrize("limits", [Limits((50, 800), (20, 900)), Limits(umis=(1, 850))])
def test_the_limits_hold_for_the_larger_budget_too(limits):
    law = surface_of_parameters(PARAMETERS)
    now = float(law.bits(700, 800))
    more = 1.1 * float(COSTS.total(700, 800))
    best = plan(law, COSTS, more, limits=limits).design.bits
    held = marginal_value(law, COSTS, 700, 800, limits=limits)
    assert held.budget == pytest.approx(best - now)
    assert held.budget < marginal_value(law, COSTS, 700, 800).budget - 0.01


def test_a_plan_tells_the_marginal_value_within_its_own_limits():
    law, limits = surface_of_parameters(PARAMETERS), Limits((50, 800), (20, 900))
    found = plan(law, COSTS, 5_000, limits=limits)
    assert found.at_limit == ("cells", "depth")
    assert found.marginal.budget == pytest.approx(0, abs=1e-9)
    assert found.marginal.cells > 0.01
    assert plan(law, COSTS, 5_000).marginal.budget > 0.01


def test_share_factor_and_level_have_their_effect():
    law = surface_of_parameters(
        PARAMETERS, {"u_snr": 20.0}, cells_range=(100, 1e4), umis_range=(10, 3e3)
    )
    shares = [marginal_value(law, COSTS, 700, 800, share=share) for share in (0.1, 0.5)]
    assert shares[0].cells < shares[1].cells
    small, large = projected_gain(law, factor=2), projected_gain(law, factor=10)
    assert 0 < small.cells < large.cells
    assert 0 < small.depth < large.depth
    narrow, wide = projected_gain(law, level=0.5), projected_gain(law, level=0.95)
    assert wide.depth_interval[0] < narrow.depth_interval[0]
    assert narrow.depth_interval[1] < wide.depth_interval[1]
    drawn = law.drawn_bits(1e5, 3e3) - law.drawn_bits(1e4, 3e3)
    inside = (drawn >= wide.cells_interval[0]) & (drawn <= wide.cells_interval[1])
    assert inside.mean() == pytest.approx(0.95, abs=0.011)
