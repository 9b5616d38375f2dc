"""One estimate in one process: prints its bits, seconds and peak memory as JSON.

`python -m benchmarks.metric.one_run {ours,latentmi} N`, in the environment that has it.
"""

import json
import resource
import sys
import time

from benchmarks.metric.cases import gaussian

#: Three Gaussian pairs of correlation 0.9 among 13 axes of noise a side.
CASE = gaussian(16, 3, 3.593893)


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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = {"true_bits": CASE.bits, "bits": round(bits, 4), "seconds": round(seconds, 3)}
    print(json.dumps(told | {"peak_gib": round(peak, 3)}))


if __name__ == "__main__":
    main()
