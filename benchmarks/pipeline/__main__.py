"""One curve on both sides: `LATENTMI_PYTHON=... OMP_NUM_THREADS=1 python -m benchmarks.pipeline`.

Eight depths, four models, 5,000 simulated cells; takes about 20 minutes of a core. Ours is measured
whole at all depths. The peer is measured at three of them, right after ours: its thinning, linear
models and small SCVI whole; of what the published rules train, the least they can take: six epochs
of SCVI, and some training steps of the BERT scaled to 6,000; one call of latentmi, at the middle
depth, for all. Each row tells what was measured and what is extrapolated. A killed run goes on
where it stopped; remove the table to measure anew.
"""

import logging
import os
import warnings

from benchmarks.metric.speed import PEER
from benchmarks.pipeline import ours, peer
from benchmarks.pipeline.setting import DEPTHS, PAIRED_DEPTHS, Piece
from benchmarks.points import add_point, read_points

from study.paths import RESULTS

TABLE = RESULTS / "pipeline_speed.csv"


def keep(piece: Piece) -> None:
    row = piece.row()
    add_point(TABLE, row)
    print(*row.values(), sep="  ", flush=True)


def main() -> None:
    if PEER not in os.environ:
        raise SystemExit(f"set {PEER} to the python of the environment that holds latentmi")
    warnings.simplefilter("ignore")
    for name in ("lightning.pytorch", "scvi", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)
    done = {(row["piece"], row["side"], float(row["depth"])) for row in read_points(TABLE)}
    if ("metric", "peer", PAIRED_DEPTHS[1]) not in done:
        keep(peer.metric(PAIRED_DEPTHS[1]))
    ours.warm_up()
    peer.warm_up()
    for depth in (*PAIRED_DEPTHS, *sorted({*DEPTHS} - {*PAIRED_DEPTHS})):
        if ("metric", "ours", depth) in done:
            continue
        pieces = ours.one_depth(depth)
        if depth in PAIRED_DEPTHS:
            (transformer,) = (p for p in pieces if p.piece == "RankTransformer")
            pieces += peer.one_depth(depth, int(transformer.what.split()[-1]))
        for piece in pieces:
            keep(piece)


if __name__ == "__main__":
    main()
