import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from noisescaling.sweep import claims
from noisescaling.sweep.claims import Claims


@pytest.fixture
def mine(tmp_path):
    return Claims(tmp_path)


def forged(folder, **changes):
    """Leave the claim of another process."""
    path = Path(folder) / "point.claim"
    path.write_text(json.dumps({**claims.owner(), "token": "theirs", **changes}))
    return path


def dead_process():
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def grown_old(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def test_of_many_threads_one_gets_the_claim(mine):
    gate, won = threading.Barrier(8), []

    def compete():
        gate.wait()
        with mine.claim("point") as ours:
            won.append(ours)
            gate.wait()

    threads = [threading.Thread(target=compete) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_a_claim_ends_with_its_block_also_by_an_exception(mine):
    def fail():
        with mine.claim("point") as ours:
            assert ours
            assert mine.held("point")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not mine.held("point")
    assert list(mine.folder.iterdir()) == []


def test_the_claim_of_a_live_process_holds_however_long_it_is_silent(mine):
    grown_old(forged(mine.folder), 10_000)
    assert mine.held("point")
    with mine.claim("point") as ours:
        assert not ours
    assert json.loads((mine.folder / "point.claim").read_text())["token"] == "theirs"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"pid": dead_process()}, id="ended"),
        pytest.param({"started": "12"}, id="number used again by another process"),
        pytest.param({"boot": "before"}, id="machine started anew"),
    ],
)
def test_the_claim_of_a_dead_process_of_this_machine_is_taken_over(mine, changes):
    forged(mine.folder, **changes)
    assert not mine.held("point")
    with mine.claim("point") as ours:
        assert ours
        assert mine.held("point")
    assert list(mine.folder.iterdir()) == []


def test_a_killed_process_that_nobody_waited_for_counts_as_dead(mine):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    forged(mine.folder, pid=process.pid, started=claims._started(process.pid))
    assert mine.held("point")
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, and still listed
    assert not mine.held("point")
    process.wait()


def test_a_claim_from_another_machine_lapses_when_it_was_silent_for_long(mine):
    path = forged(mine.folder, host="elsewhere")
    grown_old(path, 0.9 * mine.stale_after)
    assert mine.held("point")
    grown_old(path, 1.1 * mine.stale_after)
    assert not mine.held("point")
    with mine.claim("point") as ours:
        assert ours


def test_a_claim_without_a_name_lapses_soon(mine):
    path = mine.folder / "point.claim"
    path.write_text("")
    assert mine.held("point")
    grown_old(path, 11)
    with mine.claim("point") as ours:
        assert ours


def test_a_guard_left_by_a_dead_process_lapses(mine):
    forged(mine.folder, pid=dead_process())
    guard = mine.folder / "point.guard"
    guard.write_text("")
    with mine.claim("point") as ours:
        assert not ours, "somebody is about to take it over"
    grown_old(guard, 61)
    with mine.claim("point") as ours:
        assert not ours
    with mine.claim("point") as ours:
        assert ours


def test_the_owner_gives_signs_of_life(mine, monkeypatch):
    monkeypatch.setattr(claims, "HEARTBEAT", 0.01)
    with mine.claim("point"):
        path = mine.folder / "point.claim"
        grown_old(path, 1000)
        deadline = time.time() + 10
        while time.time() - path.stat().st_mtime > 500:
            assert time.time() < deadline
            time.sleep(0.01)


def test_an_owner_whose_claim_was_taken_over_leaves_the_new_one(mine):
    with mine.claim("point"):
        forged(mine.folder)
    assert json.loads((mine.folder / "point.claim").read_text())["token"] == "theirs"


def take_over(folder, gate, won):
    gate.wait()
    with Claims(Path(folder)).claim("point") as ours:
        won.put(ours)
        gate.wait()


def test_of_many_processes_one_takes_a_dead_claim_over(mine):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["noisescaling.sweep"])
    forged(mine.folder, pid=dead_process())
    gate, won = context.Barrier(5), context.Queue()
    processes = [context.Process(target=take_over, args=(mine.folder, gate, won)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(won.get(timeout=10) for _ in processes) == [False] * 4 + [True]
