"""One call of latentmi on a saved pair: `python -m benchmarks.pipeline.latentmi_run PAIR.npz`.

Prints bits and seconds of the processor as JSON; runs in the environment that holds latentmi.
"""

import json
import sys
import time

import numpy as np
import torch
from benchmarks.metric.peer_latentmi import estimate


def main() -> None:
    torch.set_num_threads(1)
    pair = np.load(sys.argv[1])
    start = time.process_time()
    bits = estimate(pair["x"], pair["y"], seed=0)
    print(json.dumps({"bits": bits, "seconds": time.process_time() - start}))


if __name__ == "__main__":
    main()
