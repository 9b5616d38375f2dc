"""What must hold after `kill -9` and beside other runs, tried by doing it."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import pytest

from noisescaling.sweep import ResultsStore, Sweep, recipe, run

CELLS = recipe("sweep_models:small_cells", label="small")
N_POINTS = 24


def slow_grid(trace, seconds=0.03):
    model = recipe("sweep_models:Probe", trace=str(trace), seconds=seconds)
    return Sweep([CELLS], [model], range(10, 10 + N_POINTS), signals=["cell_type"])


def run_in_child(folder, trace, told=None):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing may need setting aside
        store = ResultsStore(folder)
        summary = run(slow_grid(trace), store, progress=False)
        if told is not None:
            told.put((summary.n_measured, len(store.records())))


@pytest.fixture(scope="module")
def forked():
    """Start processes from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["noisescaling.sweep"])
    return context


def contents(store):
    folder = store.folder / "points"
    return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else {}


def test_a_sweep_killed_at_random_moments_goes_on_where_it_stopped(forked, store, trace):
    moments = random.Random(0)
    kept = {}
    n_kills = 0
    while len(kept) < N_POINTS - 4 and n_kills < 12:
        child = forked.Process(target=run_in_child, args=(store.folder, trace))
        child.start()
        more = len(kept) + moments.randint(1, 4)
        while child.is_alive() and len(contents(store)) < more:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        n_kills += 1
        found = contents(store)
        assert kept.items() <= found.items(), "a finished point was lost or measured anew"
        kept = found
    assert n_kills >= 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = run(slow_grid(trace), store, progress=False)
    assert summary.n_there == len(kept)
    assert summary.n_there + summary.n_measured == N_POINTS
    assert kept.items() <= contents(store).items()
    table = store.table()
    assert len(table) == N_POINTS
    assert (table["status"] == "ok").all()
    assert not any((store.folder / "claims").iterdir())
    assert not any((store.folder / "writing").iterdir())
    fits = Counter(trace.read_text().splitlines())
    assert sum(fits.values()) <= N_POINTS + n_kills, "only what was being computed is lost"


def test_runs_on_one_store_at_once_share_the_points(forked, store, trace):
    told = forked.Queue()
    children = [
        forked.Process(target=run_in_child, args=(store.folder, trace, told)) for _ in range(3)
    ]
    for child in children:
        child.start()
    results = [told.get(timeout=120) for _ in children]
    for child in children:
        child.join()
    fits = Counter(trace.read_text().splitlines())
    assert len(fits) == N_POINTS
    assert set(fits.values()) == {1}, "none is computed twice"
    assert sum(measured for measured, _ in results) == N_POINTS
    assert [there for _, there in results] == [N_POINTS] * 3, "each ends when all are there"
    assert sum(measured > 0 for measured, _ in results) > 1


def test_processes_end_with_a_parent_that_is_killed_and_the_sweep_goes_on(store, trace):
    script = (
        "from test_crash import slow_grid; from noisescaling.sweep import *; import sys\n"
        "if __name__ == '__main__':\n"
        "    run(slow_grid(sys.argv[2], 0.1), ResultsStore(sys.argv[1]), n_processes=2)\n"
    )
    program = trace.parent / "program.py"
    program.write_text(script)
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    parent = subprocess.Popen(
        [sys.executable, program, store.folder, trace],
        env=os.environ | {"PYTHONPATH": search}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while len(contents(store)) < 3:
        assert time.monotonic() < deadline
        assert parent.poll() is None
        time.sleep(0.02)
    workers = children_of(parent.pid)
    assert len(workers) >= 2
    parent.kill()
    parent.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.05)
    kept = contents(store)
    summary = run(slow_grid(trace, 0.1), store, progress=False)
    assert summary.n_there == len(kept) < N_POINTS
    assert kept.items() <= contents(store).items()
    fits = Counter(trace.read_text().splitlines())
    assert len(fits) == N_POINTS
    assert sum(fits.values()) <= N_POINTS + 2


def children_of(pid):
    task = Path(f"/proc/{pid}/task/{pid}/children")
    if not task.exists():
        pytest.skip("this system does not list the children of a process")
    return [int(child) for child in task.read_text().split()]
