"""One estimate in one process: prints its bits, seconds and peak memory as JSON.

`python -m benchmarks.metric.one_run {ours,latentmi} N`, in the environment that has it.
"""

import json
import re
import sys
import time
from pathlib import Path

from benchmarks.metric.cases import gaussian

#: Three Gaussian pairs of correlation 0.9 among 13 axes of noise a side.
CASE = gaussian(16, 3, 3.593893)


def peak_gib() -> float:
    """Return this process's own peak memory; Linux keeps it since the program was started."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 2**20 if found else float("nan")


def main() -> None:
    estimator, n = sys.argv[1], int(sys.argv[2])
    x, y = CASE.draw(n, 0)
    if estimator == "ours":
        from noisescaling.metric import mutual_information

        mutual_information(x[:200], y[:200])
        start = time.perf_counter()
        bits = mutual_information(x, y).bits
    else:
        from benchmarks.metric.peer_latentmi import estimate

        start = time.perf_counter()
        bits = estimate(x, y, seed=0)
    seconds = time.perf_counter() - start
    told = {"true_bits": CASE.bits, "bits": round(bits, 4), "seconds": round(seconds, 3)}
    print(json.dumps(told | {"peak_gib": round(peak_gib(), 3)}))


if __name__ == "__main__":
    main()
