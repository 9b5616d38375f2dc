"""Commands on sweeps: measure one that a file describes, and compact a store into CSV."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

_EPILOGUE = "A sweep may be killed at any moment; the same command goes on where it stopped."


def add_commands(subparsers: Any) -> None:
    """Add `sweep` and `compact`; each sets `run`, which takes the arguments and gives a status."""
    sweep = subparsers.add_parser(
        "sweep", help="measure the points that a TOML file describes", epilog=_EPILOGUE
    )
    sweep.add_argument("file", type=Path, help="the sweep, such as notebooks/sweeps/example.toml")
    sweep.add_argument("--store", type=Path, required=True, help="folder for the points")
    sweep.add_argument("--committed", type=Path, help="CSV of points that need no measuring")
    sweep.add_argument("--processes", type=int, default=1, help="processes of this machine")
    sweep.add_argument("--scheduler", help="address of a Dask scheduler to measure on instead")
    sweep.add_argument("--retry-failed", action="store_true", help="measure anew what failed")
    sweep.set_defaults(run=_sweep)
    compact = subparsers.add_parser("compact", help="write a store as tidy, sorted CSV")
    compact.add_argument("store", type=Path, help="folder of points")
    compact.add_argument(
        "target", type=Path, help="a .csv, or a folder for one a data set and signal"
    )
    compact.add_argument("--committed", type=Path, help="CSV whose points are taken along")
    compact.set_defaults(run=_compact)


def _sweep(given: argparse.Namespace) -> int:
    # Imported here, so that the other commands need not wait for the models' libraries.
    from noisescaling.sweep import ResultsStore, StoreFullError, read_sweeps, run

    sweeps = read_sweeps(given.file)
    store = ResultsStore(given.store, committed=given.committed)
    try:
        with nullcontext() if given.scheduler is None else _client(given.scheduler) as client:
            summary = run(sweeps, store, client, given.processes, given.retry_failed)
    except (StoreFullError, ConnectionError) as error:
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
            f"--scheduler {address} needs Dask; install it with pip install 'noisescaling[cluster]'"
        ) from None
    return Client(address)


def _compact(given: argparse.Namespace) -> int:
    from noisescaling.sweep import ResultsStore

    for path in ResultsStore(given.store, committed=given.committed).compact(given.target):
        print(path)
    return 0
