"""Measure sweeps, thin counts for other programs, fit points and plan: `noisescaling COMMAND`."""

import argparse
import inspect
import platform
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from noisescaling import __version__


def _version() -> str:
    """Return what a report of a fault should name."""
    return f"noisescaling {__version__}, Python {platform.python_version()}, {platform.platform()}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status.

    0: done; 1: some points failed; 2: refused; 3: a file or a store cannot be used; 130: stopped.
    """
    parser = argparse.ArgumentParser(prog="noisescaling", description=__doc__)
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_add_sweep, _add_compact, _add_export, _add_fit, _add_plan):
        add(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 3
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it stopped", file=sys.stderr)
        return 130


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """Add a command; its help is the docstring of what runs it, an example in it."""
    does, _, example = inspect.getdoc(run).partition("\n\n")  # type: ignore[union-attr]
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=does[0].lower() + does[1:-1], description=does, epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(run=run)
    return parser


def _add_sweep(commands: Any) -> None:
    sweep = _command(commands, "sweep", _sweep)
    sweep.add_argument("file", type=Path, help="the sweep")
    sweep.add_argument("--store", type=Path, required=True, help="folder for the points")
    sweep.add_argument("--committed", type=Path, help="CSV of points that need no measuring")
    sweep.add_argument("--processes", type=int, default=1, help="processes of this machine")
    sweep.add_argument("--scheduler", help="address of a Dask scheduler to measure on instead")
    sweep.add_argument("--retry-failed", action="store_true", help="measure anew what failed")
    sweep.add_argument("--time-limit", type=float, help="seconds a point may take on this machine")
    sweep.add_argument(
        "--allow", action="append", default=[], metavar="PACKAGE",
        help="package that the file may name data sets and models of; may be given several times",
    )  # fmt: skip


def _sweep(given: argparse.Namespace) -> int:
    """Measure the points that a TOML file describes.

    example:
      noisescaling sweep my_sweep.toml --store points --processes 2
    It may be killed at any moment; the same command goes on where it stopped.
    """
    # Imported here, as in the others, so that no command waits for what it does not use.
    from noisescaling.sweep import ResultsStore, read_sweeps, run

    sweeps = read_sweeps(given.file, given.allow)
    store = ResultsStore(given.store, committed=given.committed)
    with nullcontext() if given.scheduler is None else _client(given.scheduler) as client:
        summary = run(
            sweeps, store, client, given.processes, given.retry_failed,
            time_limit=given.time_limit,
        )  # fmt: skip
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


def _add_compact(commands: Any) -> None:
    compact = _command(commands, "compact", _compact)
    compact.add_argument("store", type=Path, nargs="+", help="folder of points, or several")
    compact.add_argument(
        "target", type=Path, help="a .csv, or a folder for one a data set and signal"
    )
    compact.add_argument("--committed", type=Path, help="CSV whose points are taken along")


def _compact(given: argparse.Namespace) -> int:
    """Write stores as tidy, sorted CSV.

    example:
      noisescaling compact points points.csv
    """
    from noisescaling.sweep import ResultsStore

    for store in given.store:
        if not store.is_dir():
            raise ValueError(f"store = {store} is no folder; give one that a sweep has filled")
    first, *others = (ResultsStore(store, committed=given.committed) for store in given.store)
    for path in first.compact(given.target, others):
        print(path)
    return 0


def _add_export(commands: Any) -> None:
    export = _command(commands, "export-depths", _export)
    export.add_argument("file", type=Path, help="an h5ad file with raw counts")
    export.add_argument("--depths", required=True, help="UMIs per cell, such as 10,30,100")
    export.add_argument("--seed", type=int, default=0, help="which molecules are kept")
    export.add_argument("--layer", default="X", help="where the counts are: X, raw or a layer")
    export.add_argument("-o", "--output", type=Path, required=True, help="folder for the files")


def _export(given: argparse.Namespace) -> int:
    """Write an h5ad file's counts thinned to some depths, for other programs to embed.

    example:
      noisescaling export-depths my.h5ad --depths 10,30,100 --seed 0 -o thinned
    Embed each file by your program; then sweep.from_embeddings measures, or
    notebooks/your_embeddings.ipynb.
    """
    from noisescaling import presets
    from noisescaling.sweep import export_depths

    depths = presets.numbers("depths", given.depths)
    for path in export_depths(given.file, depths, given.output, seed=given.seed, layer=given.layer):
        print(path)
    return 0


def _add_fit(commands: Any) -> None:
    fit = _command(commands, "fit", _fit)
    fit.add_argument("points", type=Path, help="CSV of the tidy table, one row a point")
    fit.add_argument("--json", action="store_true", help="write JSON in place of a table")


def _fit(given: argparse.Namespace) -> int:
    """Fit the law to measured points: capacity, sensitivity, verdict and forecast.

    example:
      noisescaling fit points.csv
      noisescaling fit points.csv --json > fits.json
    """
    import pandas as pd

    from noisescaling.fitting import report

    table = report(pd.read_csv(given.points))
    if given.json:
        print(table.to_json(orient="records", indent=1))
    else:
        for _, row in table.iterrows():
            print(row.to_string(), end="\n\n")
    return 0


def _add_plan(commands: Any) -> None:
    plan = _command(commands, "plan", _plan)
    plan.add_argument("points", type=Path, help="CSV of the tidy table over cells and depths")
    plan.add_argument("--budget", type=float, help="money to spend")
    plan.add_argument("--bits", type=float, help="bits to reach as cheaply as possible")
    plan.add_argument("--per-cell", type=float, default=0.2, help="price of a cell (0.2)")
    plan.add_argument("--per-umi", type=float, default=1e-5, help="price of a UMI (0.00001)")
    plan.add_argument("--entropy", type=float, help="entropy of the signal's labels, in bits")
    for axis in ("dataset", "model", "signal"):
        plan.add_argument(f"--{axis}", default="", help="which one, where the table has several")


def _plan(given: argparse.Namespace) -> int:
    """Say how many cells, how deep, for a budget or for bits to reach.

    example:
      noisescaling plan points.csv --budget 5000 --per-cell 0.2 --per-umi 1e-5 --model PCA
    """
    from noisescaling import planning

    if (given.budget is None) == (given.bits is None):
        raise ValueError("give either --budget or --bits")
    surface = planning.surface_of_points(
        given.points, dataset=given.dataset, model=given.model, signal=given.signal,
        entropy=given.entropy,
    )  # fmt: skip
    costs = planning.Costs(given.per_cell, per_umi=given.per_umi)
    if given.bits is None:
        found = planning.plan(surface, costs, given.budget)
    else:
        found = planning.cheapest(surface, costs, given.bits)
    print(found.sentence, *found.extrapolations, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
