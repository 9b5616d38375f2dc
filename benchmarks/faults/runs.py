"""Faults of running sweeps: killed, side by side, with dying workers, on a full disk."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks.faults import probe
from benchmarks.faults.result import Result, contents, message_of

from noisescaling.sweep import ResultsStore, recipe, run

N_KILLS = 50


def _forked() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["noisescaling.sweep.run", "benchmarks.faults.probe"])
    return context


def _run(folder: Path, n_points: int, told: Any = None) -> None:
    summary = run(probe.slow(n_points=n_points), ResultsStore(folder), progress=False)
    if told is not None:
        told.put(summary.n_measured)


def _wait_for(store: ResultsStore, n_points: int, at_work: Callable[[], bool]) -> None:
    """Wait until a store holds points, so that what comes hits a run at work."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and at_work():
        if len(contents(store)) >= n_points:
            return
        time.sleep(0.005)


def _values(store: ResultsStore) -> list[tuple[float, float]]:
    table = store.table()
    return list(zip(table["quality"], table["bits"], strict=True))


def killed(folder: Path, n_kills: int = N_KILLS, n_points: int = probe.N_POINTS) -> Result:
    """Kill one sweep again and again at random moments, then let it end."""
    moments, context = random.Random(0), _forked()
    store, kept, lost = ResultsStore(folder / "killed"), {}, 0
    for _ in range(n_kills):
        child = context.Process(target=_run, args=(store.folder, n_points))
        child.start()
        _wait_for(store, len(kept) + 1, child.is_alive)
        time.sleep(moments.uniform(0.0, 0.1))
        if child.pid is not None and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join()
        found = contents(store)
        lost += sum(found.get(name) != content for name, content in kept.items())
        kept = found
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        summary = run(probe.slow(n_points=n_points), store, progress=False)
    whole = ResultsStore(folder / "never_killed")
    run(probe.slow(n_points=n_points), whole, progress=False)
    same = _values(store) == _values(whole)
    return Result(
        "sweep killed (SIGKILL) at random moments", n_kills,
        f"nothing; the next run: {summary.n_there} there already, "
        f"{summary.n_measured} measured" + (f", {len(told)} warnings" if told else ""),
        lost, same and summary.n_failed == 0,
    )  # fmt: skip


def side_by_side(folder: Path) -> Result:
    """Start a second run on a store that one writes, while that is at work and while suspended."""
    store, context = ResultsStore(folder / "shared"), _forked()
    child = context.Process(target=_run, args=(store.folder, 60))
    child.start()
    _wait_for(store, 2, child.is_alive)
    at_work = message_of(run, probe.slow(n_points=60), store, progress=False)
    os.kill(child.pid or 0, signal.SIGSTOP)
    suspended = message_of(run, probe.slow(n_points=60), store, progress=False)
    kept = contents(store)
    os.kill(child.pid or 0, signal.SIGCONT)
    child.join()
    found = contents(store)
    lost = sum(found.get(name) != rows for name, rows in kept.items())
    told = suspended.replace(str(store.folder), "FOLDER").partition(", process")[0]
    good = all("another run" in one for one in (at_work, suspended)) and len(found) == 60
    return Result("a second run on a store that another writes, or was suspended at", 2,
                  told, lost, good)  # fmt: skip


def dying_workers(folder: Path) -> Result:
    """Measure with models whose process dies or hangs each time, and one that dies once."""
    (folder / "switch").touch()
    name, switch = "benchmarks.faults.probe:Probe", str(folder / "switch")
    faults = ("dies", "exits", "aborts", "hangs")
    bad = [
        recipe(name, label="sound"),
        recipe(name, label="dies once", fault="dies once", switch=switch),
        *(recipe(name, label=fault, fault=fault) for fault in faults),
    ]
    store = ResultsStore(folder / "workers")
    run(probe.sweep_of(bad, 2), store, n_processes=2, progress=False, time_limit=5.0)
    table = store.table()
    status = table.groupby("model")["status"].unique().str.join("").to_dict()
    good = {"sound": "ok", "dies once": "ok"} | dict.fromkeys(faults, "failed")
    return Result(
        "worker processes that die or hang, as when memory runs out", 17,
        table.loc[table["model"] == "dies", "message"].iloc[0], 12 - len(table), status == good,
    )  # fmt: skip


def bad_models(folder: Path) -> list[Result]:
    """Measure with models that raise, want too much memory, or return nonsense."""
    words = {
        "error": "a model that raises an error",
        "memory": "a model that wants 256 TiB of memory",
        "nan": "a model that returns NaN",
        "short": "a model that returns too few rows",
    }
    results = []
    for fault, what in words.items():
        name = "benchmarks.faults.probe:Probe"
        models = [recipe(name, label="sound"), recipe(name, label="bad", fault=fault)]
        store = ResultsStore(folder / fault)
        run(probe.sweep_of(models, 2), store, progress=False)
        table = store.table().set_index("model")
        good = (table.loc["sound", "status"] == "ok").all()
        failed = (table.loc["bad", "status"] == "failed").all()
        message = table.loc["bad", "message"].iloc[0]
        results.append(Result(what, 2, message, 4 - len(table), bool(good and failed)))
    return results


def full_disk(folder: Path) -> Result | None:
    """Fill a file system of 1 MiB; None where this machine lets us mount none."""
    small = folder / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return None
    try:
        store = ResultsStore(small / "store")
        store.folder.mkdir()
        (small / "other").write_bytes(b"x" * (2**20 - 32768))
        message = message_of(run, probe.slow(0.0, 30), store, progress=False)
        kept = contents(store)
        (small / "other").unlink()
        summary = run(probe.slow(0.0, 30), store, progress=False)
        found = contents(store)
        lost = sum(found.get(name) != content for name, content in kept.items())
        return Result(
            "disk full", 1, message.replace(str(small), "FOLDER"), lost,
            "no room left" in message and summary.n_there == len(kept) > 0 and len(found) == 30,
        )  # fmt: skip
    finally:
        subprocess.run(["umount", str(small)], check=True)


def _hears_interrupts() -> None:
    """Undo what a shell does to commands in the background, which hear no Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def stopped_by_hand(folder: Path) -> Result:
    """Stop the command with Ctrl-C, and give it again."""
    file, store = folder / "mine.toml", ResultsStore(folder / "stopped")
    file.write_text(
        'datasets = [{name = "benchmarks.faults.probe:cells", label = "sixty cells"}]\n'
        'models = [{name = "benchmarks.faults.probe:Probe", seconds = 0.05}]\n'
        f"depths = {list(range(10, 70))}\n" + 'signals = ["cell_type"]\n'
    )
    command = [sys.executable, "-m", "noisescaling", "sweep", str(file)]
    command += ["--allow", "benchmarks", "--store"]
    child = subprocess.Popen(
        [*command, str(store.folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=_hears_interrupts,
    )  # fmt: skip
    _wait_for(store, 5, lambda: child.poll() is None)
    child.send_signal(signal.SIGINT)
    told = child.communicate(timeout=60)[1].replace("\r", "\n").strip().splitlines()[-1]
    kept = contents(store)
    again = subprocess.run(
        [*command, str(store.folder)], capture_output=True, text=True, check=False
    )
    found = contents(store)
    lost = sum(found.get(name) != content for name, content in kept.items())
    good = 0 < len(kept) < 60 == len(found) and again.returncode == 0
    return Result("Ctrl-C", 1, told, lost, good)


def table(found: list[Result]) -> pd.DataFrame:
    """Return results as the table of faults."""
    return pd.DataFrame([asdict(one) for one in found])


def results(n_kills: int = N_KILLS) -> list[Result]:
    """Try all of them, each in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="noisescaling-faults-") as name:
        folder = Path(name)
        found = [
            killed(folder, n_kills), stopped_by_hand(folder), side_by_side(folder),
            dying_workers(folder), *bad_models(folder), full_disk(folder),
        ]  # fmt: skip
        return [one for one in found if one is not None]
