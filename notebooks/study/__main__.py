"""Regenerate the figures, and the tables of the published values: `python -m study`."""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from noisescaling._checks import choice
from study import notebooks, paths

#: Figures whose picture the README and the landing page show.
PICTURES = ("landing",)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
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
    tables = commands.add_parser("tables", help="fit the published and our own values anew")
    tables.set_defaults(run=_tables)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _tables(given: argparse.Namespace) -> int:
    from study.studies import write_tables  # which loads the models' libraries

    print(*write_tables(), sep="\n")
    return 0


def _figures(given: argparse.Namespace) -> int:
    if (given.p or given.output) and len(given.names) != 1:
        raise ValueError(f"-p and -o need one notebook, and {len(given.names)} are named")
    wanted = [
        choice("notebook", name, notebooks.names()) for name in given.names
    ] or notebooks.names()
    if given.check:
        found = [problem for name in wanted for problem in notebooks.problems(name)]
        print("\n".join(found) or "all figures are up to date with their notebooks")
        return int(bool(found))
    return _execute(given, wanted, dict(given.p))


def _execute(given: argparse.Namespace, wanted: list[str], parameters: dict[str, str]) -> int:
    stale = []
    for name in wanted:
        if given.force or given.output or not notebooks.up_to_date(name, parameters):
            stale.append(name)
        else:
            print(f"{name}: up to date")
    # One thread a notebook: their numbers then depend on neither the cores nor what runs beside.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if len(stale) > 1 and given.processes > 1 and not given.times:
        return _side_by_side(stale, given.processes)
    seconds = {name: _one(name, parameters, given.output) for name in stale}
    if given.times:
        notebooks.record_seconds(seconds, given.times)
    return 0


def _one(name: str, parameters: dict[str, str], output: Path | None) -> float:
    """Execute a notebook and return the seconds it took."""
    start = time.perf_counter()
    print(f"{name}: running", flush=True)
    target = notebooks.execute(name, parameters, output)
    seconds = time.perf_counter() - start
    print(f"{name}: {seconds:.0f} s, {target}", flush=True)
    if name in PICTURES and target == paths.FIGURES / f"{name}.ipynb":
        target.with_suffix(".png").write_bytes(notebooks.first_picture(name))
    return seconds


def _side_by_side(names: list[str], processes: int) -> int:
    """Execute notebooks at once, the longest first, each by a command of its own."""

    def execute(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "study", "figures", name, "--force"]
        return subprocess.run(command, capture_output=True, text=True)

    failed = False
    with ThreadPoolExecutor(processes) as pool:
        running = [pool.submit(execute, name) for name in notebooks.longest_first(names)]
        for done in (future.result() for future in as_completed(running)):
            failed |= done.returncode != 0
            print(done.stderr if done.returncode else done.stdout.splitlines()[-1], flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
