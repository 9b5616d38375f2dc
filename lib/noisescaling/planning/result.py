"""What a plan gives back, and how it says it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context
from typing import Literal

import numpy as np

from noisescaling.planning.gain import MarginalValue
from noisescaling.planning.surface import Range

Axis = Literal["cells", "depth"]

#: Depths within this factor of the reference count as the same.
SAME_DEPTH = 1.1
_TWO_DIGITS = Context(prec=2, rounding=ROUND_HALF_UP)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Design:
    """Cells (not rounded), UMIs per cell, their price in the costs' currency, and bits.

    Reads per cell and lanes of the sequencer are None where depth is paid by the UMI.
    """

    n_cells: float
    umis_per_cell: float
    cost: float
    bits: float
    reads_per_cell: float | None = None
    lanes: float | None = None

    def __str__(self) -> str:
        n, u = thousands(round(self.n_cells)), thousands(round(self.umis_per_cell))
        reads = (
            "" if self.reads_per_cell is None else f" and {thousands(self.reads_per_cell)} reads"
        )
        return f"{n} {'cell' if n == '1' else 'cells'} at {u} UMIs{reads} per cell"


@dataclass(frozen=True)
class Extrapolation:
    """A warning that a design lies outside what was measured along one axis."""

    axis: Axis
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        unit = "cells" if self.axis == "cells" else "UMIs per cell"
        low, high = thousands(self.low), thousands(self.high)
        measured = f"{low} to {high}" if self.low < self.high else f"{low} alone"
        return (
            f"extrapolated: the plan has {thousands(self.value)} {unit}, measured were {measured}"
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
        Intervals over the law's draws of the cells, UMIs per cell and price of each draw's own best
        design; None without draws. An end is infinite where draws do not reach the wanted bits.
    bits_interval
        Interval of the bits that this one design would measure: it holds the spread of the draws,
        the scatter of points and the law's misfit. None without draws.
    good_depths
        Shallowest and deepest UMIs per cell for the same price that lose at most `tolerance` bits.
    marginal
        Bits that 10 % more of each would add.
    extrapolations
        One warning for each axis on which the design is outside the measured range.
    at_limit
        The axes along which a limit holds the design.
    reference
        The design that the sentence compares with: the present one, or the deepest measured for
        the same price. None where neither is known.
    compared_with
        What the reference is, in words.
    unknown
        What the fit of the law does not know, in words; empty where it is identified.
    misfit
        How repeats contradict the law, in words; else empty.
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
    compared_with: str = ""
    unknown: str = ""
    misfit: str = ""

    @property
    def sentence(self) -> str:
        """The plan in plain words; what the fit does not know, or misses, comes before it."""
        words = f"{self.design}{self._comparison()}"
        if self.misfit:
            held = f"Rejected by repeats: {self.misfit}; the intervals hold that"
            return f"{held}. Under the law the best is {words}"
        if not self.unknown:
            return words
        return f"not identified, so this is no plan: {self.unknown}. The best fit says {words}"

    def _comparison(self) -> str:
        if self.reference is None:
            return ""
        here, there = self.design, self.reference
        ratio = here.umis_per_cell / there.umis_per_cell
        verdict = "the same depth as"
        if ratio > SAME_DEPTH:
            verdict = "deeper than"
        elif ratio < 1 / SAME_DEPTH:
            more = here.n_cells > there.n_cells
            verdict = "more cells, shallower than" if more else "shallower than"
        return f": {verdict} {self.compared_with} ({thousands(there.umis_per_cell)} UMIs per cell)"


def thousands(value: float) -> str:
    """Two significant digits, commas between thousands; from 10^12, and below 10^-6, powers."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "unlimited"
    # The shortest decimal that is this number, as browsers round it too.
    rounded = _TWO_DIGITS.create_decimal(repr(float(value))).normalize()
    power = rounded.adjusted()
    if -6 <= power < 12:
        return f"{rounded:,f}"
    return f"{rounded.scaleb(-power):f} × 10{str(power).translate(_SUPERSCRIPTS)}"
