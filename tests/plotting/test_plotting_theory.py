import numpy as np
import pytest

from noisescaling.plotting import theory


def test_the_check_returns_the_largest_difference_and_draws_both(ax) -> None:
    x = np.geomspace(1, 100, 50)
    gap = theory.draw_check(ax, (x, np.log10(x)), ([1.0, 10.0], [0.1, 1.3]), "name", 1)
    assert gap == pytest.approx(0.3)
    assert len(ax.lines) == 2
    assert ax.lines[1].get_label() == "name"


def test_the_guide_follows_its_power(ax) -> None:
    theory.draw_power(ax, [2.0, 20.0], 5.0, -2.0, "slope")
    assert ax.lines[0].get_ydata() == pytest.approx([5.0, 0.05])


def test_lengths_must_agree(ax) -> None:
    with pytest.raises(ValueError, match="places has 2 rows and values has 1 rows"):
        theory.draw_check(ax, ([1.0], [1.0]), ([1.0, 2.0], [1.0]), "name")
