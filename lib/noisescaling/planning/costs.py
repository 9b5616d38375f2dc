"""What an experiment costs: cells, and molecules either directly or through sequencing reads."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import OptimizeWarning, curve_fit

from noisescaling._checks import choice, finite, positive, same_length
from noisescaling.fitting.laws import Array
from noisescaling.fitting.verdict import WIDEST

Amplification = Literal["even", "uneven"]

#: The most UMIs per cell that a search for a library's complexity may find; far beyond any cell.
_MOST = 1e9


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

    Examples
    --------
    >>> from noisescaling import planning
    >>> library = planning.Library(complexity=10_000)
    >>> float(library.umis(10_000))  # as many reads as molecules uncover half of them
    5000.0
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

    def umis(self, reads: ArrayLike) -> Array:
        """Distinct UMIs per cell that `reads` reads a cell uncover; same shape as `reads`."""
        r = self.usable * finite("reads", reads)
        if self.amplification == "even":
            return np.asarray(-self.complexity * np.expm1(-r / self.complexity))
        return np.asarray(self.complexity * r / (self.complexity + r))

    def reads(self, umis: ArrayLike) -> Array:
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

    Examples
    --------
    >>> from noisescaling import planning
    >>> costs = planning.Costs(per_cell=0.5, per_umi=0.001)
    >>> float(costs.total(n_cells=1000, umis_per_cell=500))
    1000.0
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
        if (self.per_umi > 0) == (self.per_read > 0):
            what = "both price depth" if self.per_umi else "make depth free, so no depth is best"
            raise ValueError(
                f"per_umi = {self.per_umi:g} and per_read = {self.per_read:g} {what}; "
                "give just one of them above 0"
            )
        if self.per_read > 0 and self.library is None:
            raise ValueError(
                f"per_read = {self.per_read:g} needs a library that turns reads into UMIs; "
                "give library=Library(complexity)"
            )

    @property
    def _by_read(self) -> Library | None:
        """The library whose reads are paid for; None where depth is paid by the UMI."""
        return self.library if self.per_read > 0 else None

    @property
    def deepest(self) -> float:
        """UMIs per cell that no money can pass: the library's complexity, or infinity."""
        return self._by_read.complexity if self._by_read else np.inf

    def reads_per_cell(self, umis_per_cell: float) -> float | None:
        """Reads that uncover `umis_per_cell` UMIs; None where depth is paid by the UMI."""
        return float(self._by_read.reads(umis_per_cell)) if self._by_read else None

    def one_cell(self, umis_per_cell: ArrayLike) -> Array:
        """Price of one cell at `umis_per_cell` UMIs; same shape, infinite past saturation."""
        umis, library = np.asarray(umis_per_cell, dtype=np.float64), self._by_read
        depth = self.per_read * library.reads(umis) if library else self.per_umi * umis
        return np.asarray(self.per_cell + depth)

    def depth_for(self, price_of_one_cell: ArrayLike) -> Array:
        """UMIs per cell that one cell's price buys, the inverse of `one_cell`; same shape."""
        left, library = np.asarray(price_of_one_cell) - self.per_cell, self._by_read
        return np.asarray(library.umis(left / self.per_read) if library else left / self.per_umi)

    def total(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> Array:
        """Price of `n_cells` cells at `umis_per_cell` UMIs each; the two shapes broadcast."""
        return np.asarray(n_cells, dtype=np.float64) * self.one_cell(umis_per_cell)


def fit_complexity(
    reads: ArrayLike, umis: ArrayLike, *, amplification: Amplification = "uneven"
) -> Library:
    """Library whose saturation curve fits the UMIs per cell that some reads per cell uncover.

    Parameters
    ----------
    reads
        Reads per cell, shape (n_points,): at least three depths, as subsampled reads of one run
        give them.
    umis
        Mean UMIs per cell at those reads, shape (n_points,).
    amplification
        Which saturation curve, as for `Library`.

    Raises
    ------
    ValueError
        If the points are too few, of different lengths, not above 0 or not rising, if there are
        more UMIs than reads, or if the UMIs do not saturate, so that the library is not known.

    Examples
    --------
    >>> from noisescaling import planning
    >>> reads = [1000, 5000, 20_000]
    >>> umis = [909, 3333, 6667]
    >>> round(planning.fit_complexity(reads, umis).complexity, -2)
    10000.0
    """
    r, u = (finite(name, x, ndim=1) for name, x in (("reads", reads), ("umis", umis)))
    same_length(reads=positive("reads", r), umis=positive("umis", u))
    if len(np.unique(r)) < 3:
        raise ValueError(f"reads hold {len(np.unique(r))} different depths; give at least 3")
    if (u > r).any():
        worst = int(np.argmax(u / r))
        raise ValueError(
            f"umis = {u[worst]:g} is more than reads = {r[worst]:g}; a read uncovers at most one "
            "UMI, so give reads and UMIs of the same cells"
        )
    if u[np.argmax(r)] <= u[np.argmin(r)]:
        raise ValueError(
            f"umis do not rise with reads: {u[np.argmin(r)]:g} at {r.min():g} reads, "
            f"{u[np.argmax(r)]:g} at {r.max():g}"
        )

    def log_umis(r: Array, log_complexity: float, log_usable: float) -> Array:
        return np.log(Library(np.exp(log_complexity), np.exp(log_usable), amplification).umis(r))

    start = np.log([2 * u.max(), min((u / r).max(), 1.0)])
    bounds = np.log([[u.max() / 2, 1e-6], [_MOST, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # the errors are infinite, and told below
        best, spread = curve_fit(log_umis, r, np.log(u), np.clip(start, *bounds), bounds=bounds)
    complexity, usable = np.exp(best)
    open_ended = 2 * 1.96 * np.sqrt(np.diag(spread)) > np.log(WIDEST)
    if open_ended[0] or complexity > _MOST / 2:
        raise ValueError(
            f"umis rise to {u.max():g} at {r.max():g} reads and hardly saturate, so the library is "
            "not known; sequence the pilot deeper, or give its complexity yourself"
        )
    if open_ended[1]:
        raise ValueError(
            f"umis are {u[np.argmin(r)]:g} at {r.min():g} reads already and hardly rise, so the "
            "usable share of reads is not known; add shallower depths"
        )
    return Library(float(complexity), float(min(usable, 1.0)), amplification)
