"""Thinning beside scanpy's: `OMP_NUM_THREADS=1 python -m benchmarks.noise.downsample`.

10,000 cells x 2,000 genes with 4.3 million stored values, of two depths: the peer's cost grows
with the molecules, ours with the stored values. Both in turn; takes some minutes. Ours keeps each
molecule on its own; the peer's variants fix the total of all cells, or of each. Beside them stands
a limit: the seconds that numpy takes to draw one uniform number for each molecule that is kept.
"""

import statistics
from collections.abc import Iterator
from datetime import date

import anndata as ad
import numpy as np
import scanpy as sc
import scipy.sparse as sp
from benchmarks.points import Row, rewrite_points
from benchmarks.timing import Ratio, in_turn, machine, seconds

from noisescaling import noise
from study.paths import RESULTS

TABLE = RESULTS / "downsample_speed.csv"
N_CELLS, N_GENES, DENSITY = 10_000, 2_000, 0.215
#: Mean of the stored counts: 645 and 2,150 UMIs per cell.
MEANS = (1.5, 5.0)
SHARES = (0.01, 0.1, 0.5)
VARIANTS = ("total_counts", "counts_per_cell")


def counts_of(mean: float, n_cells: int = N_CELLS) -> sp.csr_matrix:
    """Return overdispersed counts, 1 or more where stored, of a mean stored count."""
    rng = np.random.default_rng(0)

    stored = round(DENSITY * N_GENES)
    genes = np.argsort(rng.random((n_cells, N_GENES)), axis=1)[:, :stored]
    values = 1 + rng.poisson(rng.gamma(0.5, 2 * (mean - 1), n_cells * stored))
    starts = np.arange(n_cells + 1) * stored
    return sp.csr_matrix((values, np.sort(genes, axis=1).ravel(), starts), (n_cells, N_GENES))


def beside_scanpy(counts: sp.csr_matrix, share: float, variant: str, repeats: int) -> Ratio:
    """Time both to a share of the molecules; the peer's copies are made beforehand."""
    depth = share * counts.sum() / counts.shape[0]
    per_cell = np.asarray(counts.sum(axis=1)).ravel()
    wanted = int(share * per_cell.sum()) if variant == "total_counts" else (
        np.maximum(1, (share * per_cell).astype(int))
    )  # fmt: skip
    ready = [ad.AnnData(counts.astype(np.float32)) for _ in range(repeats + 1)]
    return in_turn(
        lambda: noise.downsample(counts, depth, np.random.default_rng(0)),
        lambda: sc.pp.downsample_counts(ready.pop(), **{variant: wanted}),
        repeats,
    )


def limit(counts: sp.csr_matrix, share: float, repeats: int) -> float:
    """Return the seconds of drawing one uniform number for each molecule kept."""
    rng, kept = np.random.default_rng(0), int(share * counts.sum())
    rng.random(kept)
    return statistics.median(seconds(lambda: rng.random(kept)) for _ in range(repeats))


def rows(repeats: int = 5, n_cells: int = N_CELLS) -> Iterator[Row]:
    """Yield one row for each depth, share and variant."""
    for mean in MEANS:
        counts = counts_of(mean, n_cells)
        for share in SHARES:
            for variant in VARIANTS:
                told = beside_scanpy(counts, share, variant, repeats)
                least = limit(counts, share, repeats)
                yield {
                    "umis_per_cell": round(float(counts.sum() / counts.shape[0])),
                    "stored": counts.nnz, "share": share, "variant": variant,
                    "ours": round(told.ours, 4), "peer": round(told.peer, 4),
                    "ratio": round(told.ratio, 2), "low": round(told.low, 2),
                    "high": round(told.high, 2), "repeats": told.repeats,
                    "limit": round(least, 4), "over_limit": round(told.ours / least, 2),
                    "machine": machine(), "date": str(date.today()),
                }  # fmt: skip


if __name__ == "__main__":
    rewrite_points(TABLE, rows())
