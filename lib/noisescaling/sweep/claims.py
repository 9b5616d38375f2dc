"""Claims on points, so that of many processes on one store only one computes a point.

A claim is a file that is made only where there is none, which a file system does at once or not at
all. It names its owner and is touched while the owner works. It lapses when its owner is seen to be
dead, on the same machine, or has not touched it for long, on another.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

#: Seconds between two touches of a claim.
HEARTBEAT = 20.0
#: Seconds after which a claim without a name lapses (its owner died while it made it), and the
#: guard of a takeover, which lasts a moment.
_NAMELESS_LAPSES = 10.0
_GUARD_LAPSES = 60.0


class Claims:
    """Claims in a folder.

    Parameters
    ----------
    folder
        Where the claims stand; made when the first one is.
    stale_after
        Seconds without a touch after which a claim from another machine lapses.
    """

    def __init__(self, folder: Path, stale_after: float = 300.0) -> None:
        self.folder = folder
        self.stale_after = stale_after

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Claim a point for the time of a `with` block; gives whether it is ours."""
        path = self._path(key)
        token = uuid.uuid4().hex
        if not (_make(path, token) or self._take_over(path, token)):
            yield False
            return
        done = threading.Event()
        beat = threading.Thread(target=_touch_until, args=(path, done), daemon=True)
        beat.start()
        try:
            yield True
        finally:
            done.set()
            beat.join()
            told = _read(path)
            if told and told["token"] == token:
                path.unlink(missing_ok=True)

    def held(self, key: str) -> bool:
        """Tell whether another live process has claimed a point."""
        path = self._path(key)
        return path.exists() and not self._lapsed(path)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.claim"

    def _take_over(self, path: Path, token: str) -> bool:
        """Replace a claim that lapsed; a guard lets one process at a time judge and replace it."""
        if not self._lapsed(path):
            return False
        guard = path.with_suffix(".guard")
        if not _make(guard, token):
            if _age(guard) > _GUARD_LAPSES:
                guard.unlink(missing_ok=True)
            return False
        try:
            if path.exists() and not self._lapsed(path):
                return False
            path.unlink(missing_ok=True)
            return _make(path, token)
        finally:
            guard.unlink(missing_ok=True)

    def _lapsed(self, path: Path) -> bool:
        told = _read(path)
        if told is None:
            return _age(path) > _NAMELESS_LAPSES
        if told["host"] == socket.gethostname():
            return not _alive(told)
        return _age(path) > self.stale_after


def owner() -> dict[str, Any]:
    """Return what tells this process from all others, also after its number is used again."""
    pid = os.getpid()
    return {"host": socket.gethostname(), "boot": _boot(), "pid": pid, "started": _started(pid)}


def _alive(told: dict[str, Any]) -> bool:
    if told["boot"] != _boot() or not running(told["pid"]):
        return False
    return bool(_started(told["pid"]) == told["started"])


def running(pid: int) -> bool:
    """Tell whether a process of this number is alive on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's process, alive
        return True
    return True


@cache
def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _started(pid: int) -> str:
    """Return when a process started, in ticks since boot; empty where the system does not tell.

    A process that ended and that nobody has asked after yet counts as ended.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]


def _make(path: Path, token: str) -> bool:
    """Make a file with this process's name; False where it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, json.dumps({**owner(), "token": token}).encode())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return True


def _read(path: Path) -> dict[str, Any] | None:
    """Return a claim's owner; None where there is no claim, or not wholly written."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and "token" in told else None


def _age(path: Path) -> float:
    """Return seconds since the last touch by the clock of the file system; 0 where it is gone."""
    probe = path.with_name(f".clock-{uuid.uuid4().hex}")
    try:
        probe.touch()
        now = probe.stat().st_mtime
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    except OSError:  # no room for a probe
        return time.time() - path.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _touch_until(path: Path, done: threading.Event) -> None:
    while not done.wait(HEARTBEAT):
        with suppress(OSError):
            os.utime(path)
