"""What a plan gives back, and how it says it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from noisescaling.planning.gain import MarginalValue
from noisescaling.planning.surface import Range

Axis = Literal["cells", "depth"]

#: Depths within this factor of the reference count as the same.
SAME_DEPTH = 1.1


@dataclass(frozen=True)
class Design:
    """Cells (not rounded), UMIs a cell, their price in the costs' currency, and bits."""

    n_cells: float
    umis_per_cell: float
    cost: float
    bits: float


@dataclass(frozen=True)
class Extrapolation:
    """A warning that a design lies outside what was measured along one axis."""

    axis: Axis
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        unit = "cells" if self.axis == "cells" else "UMIs a cell"
        return (
            f"extrapolated: {self.axis} {thousands(self.value)} {unit} is outside the measured "
            f"{thousands(self.low)} to {thousands(self.high)}"
        )


@dataclass(frozen=True)
class Plan:
    """The best design for a budget, or the cheapest for a number of bits.

    Attributes
    ----------
    design
        The design under the law's best parameters.
    level
        Level of the intervals.
    cells_interval, umis_interval, cost_interval
        Intervals over the law's draws of the cells, UMIs a cell and price of each draw's own best
        design; None without draws. An end is infinite where draws do not reach the wanted bits.
    bits_interval
        Interval of the bits of this one design over the draws.
    good_depths
        UMIs a cell, shallowest and deepest, that spend the same and lose at most `tolerance` bits.
    marginal
        Bits that 10 % more of each would add.
    extrapolations
        One warning for each axis on which the design is outside the measured range.
    at_limit
        The axes along which a limit holds the design.
    reference
        The design that the sentence compares with: the present one, or the measured depth for
        the same price. None where neither is known.
    """

    design: Design
    level: float
    tolerance: float
    cells_interval: Range | None
    umis_interval: Range | None
    bits_interval: Range | None
    cost_interval: Range | None
    good_depths: Range
    marginal: MarginalValue
    extrapolations: tuple[Extrapolation, ...]
    at_limit: tuple[Axis, ...]
    reference: Design | None

    @property
    def sentence(self) -> str:
        """The plan in plain words, such as "deeper: 3,100 cells at 7,400 UMIs"."""
        n, u = (thousands(round(x)) for x in (self.design.n_cells, self.design.umis_per_cell))
        words = f"{n} {'cell' if n == '1' else 'cells'} at {u} UMIs"
        return words if self.reference is None else f"{self._verdict(self.reference)}: {words}"

    def _verdict(self, reference: Design) -> str:
        ratio = self.design.umis_per_cell / reference.umis_per_cell
        if ratio > SAME_DEPTH:
            return "deeper"
        return "more cells" if ratio < 1 / SAME_DEPTH else "the same depth"


def thousands(value: float) -> str:
    """Two significant digits, commas between thousands."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "unlimited"
    digits = 1 - int(np.floor(np.log10(abs(value))))
    rounded = round(value, digits)
    return f"{rounded:,.{0 if rounded == int(rounded) else digits}f}"
