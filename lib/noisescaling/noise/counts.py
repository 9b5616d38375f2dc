"""Noise of molecule counts: each molecule is kept or lost on its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._checks import between_0_and_1, generator, whole
from noisescaling._counts import Counts, check_counts, mean_umis_per_cell


def downsample(counts: Counts, umis_per_cell: float, rng: np.random.Generator) -> Counts:
    """Thin counts to a mean depth in UMIs per cell, as shallower sequencing would.

    Each molecule is kept with one and the same probability, the wanted depth over the mean depth,
    on its own: a binomial draw for each count. Cells keep their differences in depth, and the mean
    depth is met on average. The binomial thinning of a Poisson count is again a Poisson count
    (book, equation `eq-thinning`).

    Each cell takes one number of `rng` and draws from it alone, by whole numbers only: the same
    `rng` keeps the same molecules on every machine, of dense and of sparse counts, and of cells
    together or, by one probability, in blocks one after the other.

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules; dense or sparse.
    umis_per_cell
        Mean depth to reach, in UMIs per cell; above 0 and at most the mean of `counts`.
    rng
        Source of randomness.

    Returns
    -------
    Counts of the same shape and kind, integer, nowhere larger than `counts`.

    Raises
    ------
    ValueError
        If `counts` are no counts, hold no molecule, or `umis_per_cell` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> counts = np.full((5000, 50), 4)  # 5,000 cells of 200 UMIs
    >>> shallow = noise.downsample(counts, 20, np.random.default_rng(0))
    >>> shallow.shape, round(shallow.sum(axis=1).mean())
    ((5000, 50), 20)
    """
    counts = check_counts(counts)
    return thin(counts, capture_probability(counts, umis_per_cell), rng)


def capture_probability(counts: Counts, umis_per_cell: float) -> float:
    """Return the probability of keeping a molecule that thins `counts` to a mean depth.

    Raises
    ------
    ValueError
        If `counts` hold no molecule, or `umis_per_cell` is not above 0 and at most their mean.
    """
    return probability_for(mean_umis_per_cell(counts), counts.shape[0], umis_per_cell)


def probability_for(mean: float, n_cells: int, umis_per_cell: float) -> float:
    """Return the probability of keeping a molecule that thins `n_cells` of a mean depth to another.

    Raises
    ------
    ValueError
        If `mean` is 0, or `umis_per_cell` is not above 0 and at most the mean.
    """
    if mean == 0:
        raise ValueError(f"counts of {n_cells} cells hold 0 molecules; leave out empty data sets")
    if not umis_per_cell > 0:
        raise ValueError(f"umis_per_cell = {umis_per_cell:g} must be above 0")
    # A depth typed as the rounded mean means the data as they are.
    if umis_per_cell > np.ceil(mean):
        raise ValueError(
            f"umis_per_cell = {umis_per_cell:g} is more than the mean {mean:.4g} of these counts; "
            f"give at most {mean:.4g}"
        )
    return min(umis_per_cell / mean, 1.0)


def split(counts: Counts, rng: np.random.Generator, fraction: float = 0.5) -> tuple[Counts, Counts]:
    """Split each cell's molecules at random into two sets, both in molecules.

    Of Poisson counts the two parts are independent given the cell (book, equation `eq-split`).

    Parameters
    ----------
    counts
        Counts of shape (n_cells, n_genes), in molecules; dense or sparse.
    rng
        Source of randomness.
    fraction
        Probability that a molecule falls into the first part; between 0 and 1.

    Returns
    -------
    Two counts of the same shape and kind, which add up to `counts`.

    Raises
    ------
    ValueError
        If `counts` are no counts, or `fraction` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> counts = np.full((100, 50), 4)
    >>> one, other = noise.split(counts, np.random.default_rng(0))
    >>> bool((one + other == counts).all())
    True
    """
    counts = check_counts(counts)
    between_0_and_1(fraction=fraction)
    first = thin(counts, fraction, rng)
    return first, counts - first


@dataclass(frozen=True)
class ThinnedBlocks:
    """Blocks of thinned counts, read and thinned anew, in the same way, each time one iterates.

    However the cells are cut into blocks, they are the counts that `downsample` gives of all at
    once with `np.random.default_rng(seed)`.

    Attributes
    ----------
    blocks
        Yields the clean counts, a block of cells at a time.
    probability
        Of keeping a molecule.
    seed
        Of the random numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> thinned = noise.ThinnedBlocks(lambda: [np.full((5, 20), 4)], probability=0.25, seed=0)
    >>> [block.shape for block in thinned]
    [(5, 20)]
    """

    blocks: Callable[[], Iterable[Counts]]
    probability: float
    seed: int

    def __iter__(self) -> Iterator[Counts]:
        rng = np.random.default_rng(self.seed)
        return (thin(check_counts(block), self.probability, rng) for block in self.blocks())


def downsample_blocks(
    blocks: Callable[[], Iterable[Counts]], umis_per_cell: float, seed: int = 0
) -> ThinnedBlocks:
    """Thin counts that come in blocks to a mean depth in UMIs per cell; see `downsample`.

    The blocks are gone through once here, for their mean depth, and once each time the result is.
    At no time is more than one in memory.

    Parameters
    ----------
    blocks
        Called without arguments, yields counts of shape (some cells, n_genes), in molecules; the
        same each time. For a file, `CountsFile(path).chunks`.
    umis_per_cell
        Mean depth to reach, in UMIs per cell; above 0 and at most the mean of all cells.
    seed
        The same seed and cells give the same counts.

    Raises
    ------
    ValueError
        If there is no block, or as `downsample` does.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import noise
    >>> blocks = [np.full((50, 20), 5), np.full((30, 20), 5)]
    >>> thinned = noise.downsample_blocks(lambda: blocks, umis_per_cell=25)
    >>> thinned.probability, [block.shape for block in thinned]
    (0.25, [(50, 20), (30, 20)])
    """
    whole("seed", seed, at_least=0)
    n_cells, n_molecules = 0, 0
    for block in blocks():
        counts = check_counts(block)
        n_cells += counts.shape[0]
        n_molecules += int(counts.sum(dtype=np.int64))
    if n_cells == 0:
        raise ValueError("blocks yields no block; give a function that yields counts each time")
    probability = probability_for(n_molecules / n_cells, n_cells, umis_per_cell)
    return ThinnedBlocks(blocks, probability, seed)


def thin(counts: Counts, probability: float, rng: np.random.Generator) -> Counts:
    """Keep each molecule of checked counts with a probability above 0 and at most 1."""
    # Imported late: the compiler takes a second.
    from noisescaling.noise._molecules import LARGE, keep

    seeds = generator("rng", rng).integers(0, 2**64, counts.shape[0], dtype=np.uint64)
    if probability == 1:
        return counts.copy()
    sparse = sp.issparse(counts)
    # One type of numbers, since each is compiled anew.
    stored = (counts.data if sparse else counts.ravel()).astype(np.int64, copy=False)
    starts = np.int64(counts.indptr) if sparse else np.arange(len(seeds) + 1) * counts.shape[1]
    places, kept = np.empty_like(stored), np.empty_like(stored)
    ends, large = np.zeros_like(starts), np.empty(0, np.uint64)
    rare = True if probability < 1 / 16 else None
    while not keep(stored, starts, seeds, _binary(probability), rare, large, places, kept, ends):
        large = _large(np.flatnonzero(stored > LARGE), stored, starts, seeds, probability)
    places, kept = places[: ends[-1]], kept[: ends[-1]].astype(counts.dtype, copy=False)
    if sparse:
        return sp.csr_matrix((kept, counts.indices[places], ends), shape=counts.shape)
    thinned = np.zeros(counts.shape, counts.dtype)
    thinned.reshape(-1)[places] = kept
    return thinned


def _binary(probability: float) -> NDArray[np.uint64]:
    """Return all binary digits of a probability, as 64 ones or 64 zeros each."""
    numerator, denominator = float(probability).as_integer_ratio()
    digits = f"{numerator:0{denominator.bit_length() - 1}b}"
    return np.array([2**64 - 1 if digit == "1" else 0 for digit in digits], dtype=np.uint64)


def _large(places: Any, stored: Any, starts: Any, seeds: Any, probability: float) -> Any:
    """Return what is kept of the counts at places, too large to go through molecule by molecule."""
    cells, firsts = np.unique(np.searchsorted(starts, places, "right") - 1, return_index=True)
    parts = np.split(stored[places], firsts[1:])
    rngs = (np.random.default_rng(seed) for seed in seeds[cells])
    drawn = [rng.binomial(part, probability) for rng, part in zip(rngs, parts, strict=True)]
    return np.concatenate(drawn).astype(np.uint64)
