"""Try every fault and every bad input: `python -m benchmarks.faults`.

Writes notebooks/results/faults.csv and bad_inputs.csv, in some minutes. What needs rights that
this machine does not give (a full disk needs a mount) is left out of the table, and said so.
"""

import argparse
import sys

from benchmarks.faults import bad_inputs, files, runs

from study import paths


def main() -> int:
    """Write both tables; return 1 where a point was lost or a bad input went through."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=runs.N_KILLS, help="how often to kill a sweep")
    given = parser.parse_args()
    found = runs.table([*runs.results(given.kills), *files.results()])
    inputs = bad_inputs.table()
    found.to_csv(paths.RESULTS / "faults.csv", index=False, lineterminator="\n")
    inputs.to_csv(paths.RESULTS / "bad_inputs.csv", index=False, lineterminator="\n")
    print(found.to_string(), inputs.to_string(), sep="\n\n")
    if not found["fault"].eq("disk full").any():
        print("no file system could be mounted here: a full disk was not tried", file=sys.stderr)
    return int(found["lost"].any() or inputs["message"].eq("").any())


if __name__ == "__main__":
    sys.exit(main())
