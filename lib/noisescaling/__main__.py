"""Measure sweeps, and write their points as tables: `python -m noisescaling sweep|compact`."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

_GOES_ON = "A sweep may be killed at any moment; the same command goes on where it stopped."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m noisescaling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_sweeps(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _add_sweeps(commands: Any) -> None:
    sweep = commands.add_parser(
        "sweep", help="measure the points that a TOML file describes", epilog=_GOES_ON
    )
    sweep.add_argument("file", type=Path, help="the sweep, such as notebooks/sweeps/example.toml")
    sweep.add_argument("--store", type=Path, required=True, help="folder for the points")
    sweep.add_argument("--committed", type=Path, help="CSV of points that need no measuring")
    sweep.add_argument("--processes", type=int, default=1, help="processes of this machine")
    sweep.add_argument("--scheduler", help="address of a Dask scheduler to measure on instead")
    sweep.add_argument("--retry-failed", action="store_true", help="measure anew what failed")
    sweep.add_argument("--time-limit", type=float, help="seconds a point may take on this machine")
    sweep.set_defaults(run=_sweep)
    compact = commands.add_parser("compact", help="write stores as tidy, sorted CSV")
    compact.add_argument("store", type=Path, nargs="+", help="folder of points, or several")
    compact.add_argument(
        "target", type=Path, help="a .csv, or a folder for one a data set and signal"
    )
    compact.add_argument("--committed", type=Path, help="CSV whose points are taken along")
    compact.set_defaults(run=_compact)


def _sweep(given: argparse.Namespace) -> int:
    # Imported here, so that the other commands need not wait for the models' libraries.
    from noisescaling.sweep import ResultsStore, StoreError, read_sweeps, run

    try:
        sweeps = read_sweeps(given.file)
        store = ResultsStore(given.store, committed=given.committed)
        with nullcontext() if given.scheduler is None else _client(given.scheduler) as client:
            summary = run(
                sweeps, store, client, given.processes, given.retry_failed,
                time_limit=given.time_limit,
            )  # fmt: skip
    except (StoreError, ConnectionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it stopped", file=sys.stderr)
        return 130
    print(summary)
    return int(summary.n_failed > 0)


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"--scheduler {address} needs Dask; install it with pip install '.[cluster]'"
        ) from None
    return Client(address)


def _compact(given: argparse.Namespace) -> int:
    from noisescaling.sweep import ResultsStore, StoreError

    for store in given.store:
        if not store.is_dir():
            raise ValueError(f"store = {store} is no folder; give one that a sweep has filled")
    first, *others = (ResultsStore(store, committed=given.committed) for store in given.store)
    try:
        written = first.compact(given.target, others)
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for path in written:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
