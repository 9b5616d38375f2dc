"""Marginal value and projected gain."""

import numpy as np
import pytest

from noisescaling.planning import (
    Costs,
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
