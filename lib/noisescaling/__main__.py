"""Regenerate the figures, and measure sweeps: `python -m noisescaling figures|sweep|compact`."""

import argparse
import sys
import time
from pathlib import Path

from noisescaling import notebooks, paths
from noisescaling.commands import add_commands

#: The picture at the top of the README, taken from the executed quickstart.
README_PICTURE = paths.FIGURES / "quickstart.png"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m noisescaling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    figures = commands.add_parser("figures", help="execute notebooks into the book")
    figures.add_argument("names", nargs="*", help="notebooks to execute; all where none is named")
    figures.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("PARAMETER", "VALUE"),
        help="set a parameter of the named notebook",
    )  # fmt: skip
    figures.add_argument("-o", "--output", type=Path, help="write the executed notebook there")
    figures.add_argument("--force", action="store_true", help="execute also what is up to date")
    figures.add_argument("--times", type=Path, help="CSV to write the seconds of each figure to")
    figures.add_argument("--check", action="store_true", help="only tell which figures are stale")
    figures.set_defaults(run=_figures)
    add_commands(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _figures(given: argparse.Namespace) -> int:
    return _check(given.names) if given.check else _execute(given)


def _execute(given: argparse.Namespace) -> int:
    if (given.p or given.output) and len(given.names) != 1:
        raise ValueError(f"-p and -o need one notebook, and {len(given.names)} are named")
    parameters = dict(given.p)
    seconds: dict[str, float] = {}
    for name in given.names or notebooks.names():
        stamp = paths.ROOT / ".noisescaling" / "executed" / name
        if given.output is None and not given.force and _up_to_date(name, parameters, stamp):
            print(f"{name}: up to date")
            continue
        start = time.perf_counter()
        print(f"{name}: running", flush=True)
        target = notebooks.execute(name, parameters, given.output)
        seconds[name] = time.perf_counter() - start
        print(f"{name}: {seconds[name]:.0f} s, {target}", flush=True)
        if target == README_PICTURE.with_suffix(".ipynb"):
            README_PICTURE.write_bytes(notebooks.first_picture(name))
        if given.output is None:
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(notebooks.fingerprint(name, parameters))
    if given.times:
        notebooks.record_seconds(seconds, given.times)
    return 0


def _up_to_date(name: str, parameters: dict[str, str], stamp: Path) -> bool:
    if name not in notebooks.names() or not stamp.exists() or notebooks.problems(name):
        return False
    return stamp.read_text() == notebooks.fingerprint(name, parameters)


def _check(names: list[str]) -> int:
    found = [problem for name in names or notebooks.names() for problem in notebooks.problems(name)]
    print("\n".join(found) or "all figures are up to date with their notebooks")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
