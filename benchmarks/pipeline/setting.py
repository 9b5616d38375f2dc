"""What both sides compute: the cells, the depths and the published rules of training."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from benchmarks.timing import machine

from noisescaling.datasets import Dataset, simulate_cells

N_CELLS = 5000
#: Mean depths, in UMIs per cell.
DEPTHS = tuple(np.geomspace(10, 990, 8).round().tolist())
#: Those at which both sides are measured in turn.
PAIRED_DEPTHS = (DEPTHS[0], DEPTHS[4], DEPTHS[7])
SIGNAL = "protein"
MODELS = ("RandomProjection", "PCA", "SCVI", "RankTransformer")
#: The published rule: an evaluation each 1,000 steps, and five without a gain before the stop. So
#: the sixth evaluation is the first that can end the training.
LEAST_BERT_STEPS = 6000
#: The published rule for scVI: five epochs without a gain, so the sixth is the first that can end.
LEAST_SCVI_EPOCHS = 6


@cache
def cells() -> Dataset:
    """Return simulated cells of 500 genes and 1,000 UMIs."""
    return simulate_cells(N_CELLS, 500, 1000.0, seed=0)


@dataclass(frozen=True)
class Piece:
    """What one piece of the pipeline took at one depth.

    Attributes
    ----------
    side
        "ours", or the peer's.
    settings
        "small", ours, or "published".
    piece
        Thinning, the name of a model, or metric.
    depth
        In UMIs per cell.
    measured
        Seconds of the processor.
    what
        What was measured.
    times
        How often that is needed at one depth.
    source
        Where `times` comes from; empty where the piece was measured whole.
    """

    side: str
    settings: str
    piece: str
    depth: float
    measured: float
    what: str
    times: float = 1.0
    source: str = ""

    def row(self) -> dict[str, object]:
        """Return the row of the table, with the seconds that one depth takes in all."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told["measured"] = round(self.measured, 3)
        return told | {"seconds": round(self.measured * self.times, 3),
                       "extrapolated": self.times != 1, "machine": machine(),
                       "date": str(date.today())}  # fmt: skip
