"""What must hold after `kill -9`, Ctrl-Z and beside other runs, tried by doing it."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from noisescaling.sweep import ResultsStore, StoreError, Sweep, recipe, run

N_POINTS = 24
#: Seconds after which something hangs, however busy the machine is.
PATIENCE = 1200
CELLS = recipe("sweep_models:small_cells", label="small")


def slow_grid(trace, seconds=0.02):
    model = recipe("sweep_models:Probe", trace=str(trace), seconds=seconds)
    return Sweep([CELLS], [model], range(10, 10 + N_POINTS), signals=["neighbour"])


def run_in_child(folder, trace, n_processes, seconds):
    run(slow_grid(trace, seconds), ResultsStore(folder), n_processes=n_processes, progress=False)


@pytest.fixture
def started(store, trace):
    """Start a run in a process of its own, and wait until it has written some points."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["noisescaling.sweep.run"])
    children = []

    def start(more=1, n_processes=1, seconds=0.02):
        before = len(store.points())
        given = (store.folder, trace, n_processes, seconds)
        child = context.Process(target=run_in_child, args=given)
        child.start()
        children.append(child)
        deadline = time.monotonic() + PATIENCE
        while child.is_alive() and len(store.points()) < before + more:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return child

    yield start
    for child in children:
        if child.is_alive():
            child.kill()
        child.join()


def ended(pids):
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.05)


def workers_of(run_pid):
    """Return the processes below one, also those that its fork server started."""
    found, waiting = [], [run_pid]
    while waiting:
        pid = waiting.pop()
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if not children.exists():
            pytest.skip("this system does not list the children of a process")
        below = [int(child) for child in children.read_text().split()]
        found += below
        waiting += below
    return found


def test_a_run_killed_at_random_moments_goes_on_where_it_stopped(started, store, trace):
    moments, kept, n_kills = random.Random(0), {}, 0
    while len(kept) < N_POINTS - 6 and n_kills < 6:
        child = started(moments.randint(1, 5), n_processes=1 + n_kills % 2)
        time.sleep(moments.uniform(0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        n_kills += 1
        found = store.points()
        assert kept.items() <= found.items(), "a finished point was lost or measured anew"
        kept = found
    assert n_kills >= 2
    summary = run(slow_grid(trace), store, progress=False)
    assert summary.n_there == len(kept)
    assert summary.n_there + summary.n_measured == N_POINTS
    assert kept.items() <= store.points().items()
    table = store.table()
    assert len(table) == N_POINTS
    assert (table["status"] == "ok").all()
    fits = Counter(trace.read_text().splitlines())
    assert sum(fits.values()) <= len(fits) + 3 * n_kills, "only what was in hand is lost"


def test_workers_end_with_a_run_that_is_killed(started):
    child = started(2, n_processes=2, seconds=0.1)
    workers = workers_of(child.pid)
    assert len(workers) >= 2
    child.kill()
    child.join()
    ended(workers)


def test_workers_that_are_killed_cost_no_point(started, store, trace):
    child = started(2, n_processes=2, seconds=0.1)
    for pid in workers_of(child.pid):
        if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes() and pid != child.pid:
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent != child.pid:
                os.kill(pid, signal.SIGKILL)
    child.join(PATIENCE)
    assert child.exitcode == 0
    table = store.table()
    assert (len(table), set(table["status"])) == (N_POINTS, {"ok"})


def test_a_suspended_run_holds_its_store_and_never_overwrites(started, store, trace):
    child = started(2, n_processes=1, seconds=0.1)
    os.kill(child.pid, signal.SIGSTOP)
    time.sleep(0.5)
    with pytest.raises(StoreError, match=rf"another run, process {child.pid} on .*stopped, as by"):
        run(slow_grid(trace, 0.1), ResultsStore(store.folder), progress=False)
    kept = store.points()
    os.kill(child.pid, signal.SIGCONT)
    child.join(PATIENCE)
    assert child.exitcode == 0
    found = store.points()
    assert kept.items() <= found.items()
    assert len(found) == N_POINTS
    assert set(Counter(trace.read_text().splitlines()).values()) == {1}, "none is measured twice"


def test_a_suspended_run_that_is_killed_leaves_its_store_to_the_next(started, store, trace):
    child = started(2)
    os.kill(child.pid, signal.SIGSTOP)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    n = len(store.points())
    summary = run(slow_grid(trace), store, progress=False)
    assert (summary.n_there, summary.n_measured) == (n, N_POINTS - n)


def test_ctrl_c_stops_a_run_and_keeps_what_is_done(store, trace):
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from test_crash import slow_grid; from noisescaling.sweep import *\n"
        "run(slow_grid(sys.argv[2], 0.1), ResultsStore(sys.argv[1]), n_processes=2)\n"
    )
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    child = subprocess.Popen(
        [sys.executable, "-c", script, store.folder, trace], text=True, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": search}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    while len(store.points()) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = workers_of(child.pid)
    os.killpg(child.pid, signal.SIGINT)
    assert child.communicate(timeout=PATIENCE)[1].strip().endswith("KeyboardInterrupt")
    ended(workers)
    n = len(store.points())
    assert run(slow_grid(trace, 0.1), store, progress=False).n_there == n
