"""Thinning of counts that come in blocks of cells, for data larger than the memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from noisescaling._checks import whole
from noisescaling._counts import Counts, check_counts
from noisescaling.noise.counts import probability_for, thin


@dataclass(frozen=True)
class ThinnedBlocks:
    """Blocks of thinned counts, read and thinned anew, in the same way, each time one iterates.

    Attributes
    ----------
    blocks
        Yields the clean counts, a block of cells at a time.
    probability
        Of keeping a molecule.
    seed
        Each block draws from a generator of its own, made from this and the block's number.
    """

    blocks: Callable[[], Iterable[Counts]]
    probability: float
    seed: int

    def __iter__(self) -> Iterator[Counts]:
        for number, block in enumerate(self.blocks()):
            rng = np.random.default_rng([self.seed, number])
            yield thin(check_counts(block), self.probability, rng)


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
        The same seed and blocks give the same counts.

    Raises
    ------
    ValueError
        If there is no block, or as `downsample` does.
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
