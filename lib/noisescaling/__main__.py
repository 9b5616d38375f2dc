"""Regenerate the figures, and measure sweeps: `python -m noisescaling figures|sweep|compact`."""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from noisescaling import notebooks, paths
from noisescaling._checks import choice

#: The picture at the top of the README, taken from the executed quickstart.
README_PICTURE = paths.FIGURES / "quickstart.png"
_GOES_ON = "A sweep may be killed at any moment; the same command goes on where it stopped."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m noisescaling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_figures(commands)
    _add_sweeps(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _add_figures(commands: Any) -> None:
    figures = commands.add_parser("figures", help="execute notebooks into the book")
    figures.add_argument("names", nargs="*", help="notebooks to execute; all where none is named")
    figures.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("PARAMETER", "VALUE"),
        help="set a parameter of the named notebook",
    )  # fmt: skip
    figures.add_argument("-o", "--output", type=Path, help="write the executed notebook there")
    figures.add_argument("--force", action="store_true", help="execute also what is up to date")
    figures.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="notebooks that run at once"
    )
    figures.add_argument(
        "--times", type=Path, help="CSV to write the seconds of each figure to, one after the other"
    )
    figures.add_argument("--check", action="store_true", help="only tell which figures are stale")
    figures.set_defaults(run=_figures)


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


def _figures(given: argparse.Namespace) -> int:
    return _check(given.names) if given.check else _execute(given)


def _execute(given: argparse.Namespace) -> int:
    if (given.p or given.output) and len(given.names) != 1:
        raise ValueError(f"-p and -o need one notebook, and {len(given.names)} are named")
    parameters = dict(given.p)
    for name in given.names:
        choice("notebook", name, notebooks.names())
    stale = []
    for name in given.names or notebooks.names():
        if given.output is None and not given.force and _up_to_date(name, parameters):
            print(f"{name}: up to date")
        else:
            stale.append(name)
    # One thread a notebook: their numbers then depend on neither the cores nor what runs beside.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if len(stale) > 1 and given.processes > 1 and not given.times:
        return _side_by_side(stale, given.processes)
    seconds = {name: _one(name, parameters, given.output) for name in stale}
    if given.times:
        notebooks.record_seconds(seconds, given.times)
    return 0


def _one(name: str, parameters: dict[str, str], output: Path | None) -> float:
    """Execute a notebook, note that it is up to date, and return the seconds it took."""
    start = time.perf_counter()
    print(f"{name}: running", flush=True)
    target = notebooks.execute(name, parameters, output)
    seconds = time.perf_counter() - start
    print(f"{name}: {seconds:.0f} s, {target}", flush=True)
    if target == README_PICTURE.with_suffix(".ipynb"):
        README_PICTURE.write_bytes(notebooks.first_picture(name))
    if output is None:
        _stamp(name).parent.mkdir(parents=True, exist_ok=True)
        _stamp(name).write_text(notebooks.fingerprint(name, parameters))
    return seconds


def _side_by_side(names: list[str], processes: int) -> int:
    """Execute notebooks at once, the longest first, each by a command of its own."""

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "noisescaling", "figures", name, "--force"]
        return subprocess.run(command, capture_output=True, text=True)

    failed = 0
    with ThreadPoolExecutor(processes) as pool, tqdm(total=len(names), unit="notebook") as bar:
        running = [pool.submit(run, name) for name in notebooks.longest_first(names)]
        for future in as_completed(running):
            done = future.result()
            failed += done.returncode != 0
            bar.write(done.stdout.splitlines()[-1] if done.returncode == 0 else done.stderr)
            bar.update()
    return int(failed > 0)


def _stamp(name: str) -> Path:
    return paths.ROOT / ".noisescaling" / "executed" / name


def _up_to_date(name: str, parameters: dict[str, str]) -> bool:
    if not _stamp(name).exists() or notebooks.problems(name):
        return False
    return _stamp(name).read_text() == notebooks.fingerprint(name, parameters)


def _check(names: list[str]) -> int:
    found = [problem for name in names or notebooks.names() for problem in notebooks.problems(name)]
    print("\n".join(found) or "all figures are up to date with their notebooks")
    return int(bool(found))


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
