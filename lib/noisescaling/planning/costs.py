"""What an experiment costs: cells, and molecules either directly or through sequencing reads."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, finite, positive

Amplification = Literal["even", "uneven"]


@dataclass(frozen=True)
class Library:
    """How many distinct molecules (UMIs) a cell's reads uncover, with saturation.

    With `C` molecules in the library and `r` usable reads a cell,

    * even amplification: each read is any molecule alike, u = C [1 - exp(-r/C)];
    * uneven amplification: copy numbers spread exponentially, u = C r / (C + r).

    Parameters
    ----------
    complexity
        Distinct molecules in a cell's library, in UMIs per cell; no depth passes it.
    usable
        Fraction of the reads that carry a cell's barcode and map to a gene, in (0, 1].
    amplification
        "even" or "uneven".

    Raises
    ------
    ValueError
        If `complexity` is not above 0, `usable` is outside (0, 1] or the kind is unknown.
    """

    complexity: float
    usable: float = 1.0
    amplification: Amplification = "uneven"

    def __post_init__(self) -> None:
        positive("complexity", self.complexity)
        positive("usable", self.usable)
        if self.usable > 1:
            raise ValueError(f"usable = {self.usable:g} is a fraction of the reads; give at most 1")
        choice("amplification", self.amplification, ("even", "uneven"))

    def umis(self, reads: ArrayLike) -> NDArray[np.float64]:
        """Distinct UMIs per cell that `reads` reads a cell uncover; same shape as `reads`."""
        r = self.usable * finite("reads", reads)
        if self.amplification == "even":
            return np.asarray(-self.complexity * np.expm1(-r / self.complexity))
        return np.asarray(self.complexity * r / (self.complexity + r))

    def reads(self, umis: ArrayLike) -> NDArray[np.float64]:
        """Reads a cell that uncover `umis` distinct UMIs; same shape, infinite at saturation."""
        with np.errstate(divide="ignore"):
            share = np.minimum(np.asarray(umis, dtype=np.float64) / self.complexity, 1.0)
            if self.amplification == "even":
                usable = -self.complexity * np.log1p(-share)
            else:
                usable = self.complexity * np.divide(share, 1.0 - share)
        return np.asarray(usable / self.usable)


@dataclass(frozen=True)
class Costs:
    """Prices in any one currency; a design of N cells at u UMIs costs N (per_cell + depth).

    Give either `per_umi`, and depth costs `per_umi` times u, or `per_read` with a `library`,
    and depth costs `per_read` times the reads that uncover u UMIs; `reads_per_lane` are the reads
    that one lane of the sequencer gives.

    Raises
    ------
    ValueError
        If a price is negative or not finite, if depth is free (no best depth exists), if both
        prices of depth are given, or `per_read` comes without a library.
    """

    per_cell: float
    per_umi: float = 0.0
    per_read: float = 0.0
    library: Library | None = None
    reads_per_lane: float = 2e9

    def __post_init__(self) -> None:
        positive("reads_per_lane", self.reads_per_lane)
        for name in ("per_cell", "per_umi", "per_read"):
            value = float(finite(name, getattr(self, name)))
            if value < 0:
                raise ValueError(f"{name} = {value:g} is negative; give a price of at least 0")
        if self.per_umi == 0 and self.per_read == 0:
            raise ValueError(
                "per_umi = 0 and per_read = 0 make depth free, so no depth is best; "
                "give one of them above 0"
            )
        if self.per_umi > 0 and self.per_read > 0:
            raise ValueError(
                f"per_umi = {self.per_umi:g} and per_read = {self.per_read:g} both price depth; "
                "give one of them"
            )
        if self.per_read > 0 and self.library is None:
            raise ValueError(
                f"per_read = {self.per_read:g} needs a library that turns reads into UMIs; "
                "give library=Library(complexity)"
            )

    @property
    def deepest(self) -> float:
        """UMIs per cell that no money can pass: the library's complexity, or infinity."""
        return self.library.complexity if self.per_read > 0 and self.library else float("inf")

    def reads_per_cell(self, umis_per_cell: float) -> float | None:
        """Reads that uncover `umis_per_cell` UMIs; None where depth is paid by the UMI."""
        if self.per_read == 0 or self.library is None:
            return None
        return float(self.library.reads(umis_per_cell))

    def one_cell(self, umis_per_cell: ArrayLike) -> NDArray[np.float64]:
        """Price of one cell at `umis_per_cell` UMIs; same shape, infinite past saturation."""
        umis = np.asarray(umis_per_cell, dtype=np.float64)
        if self.per_read > 0 and self.library:
            return np.asarray(self.per_cell + self.per_read * self.library.reads(umis))
        return np.asarray(self.per_cell + self.per_umi * umis)

    def depth_for(self, price_of_one_cell: ArrayLike) -> NDArray[np.float64]:
        """UMIs per cell that one cell's price buys, the inverse of `one_cell`; same shape."""
        left = np.asarray(price_of_one_cell, dtype=np.float64) - self.per_cell
        if self.per_read > 0 and self.library:
            return self.library.umis(left / self.per_read)
        return np.asarray(left / self.per_umi)

    def total(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> NDArray[np.float64]:
        """Price of `n_cells` cells at `umis_per_cell` UMIs each; the two shapes broadcast."""
        return np.asarray(n_cells, dtype=np.float64) * self.one_cell(umis_per_cell)
