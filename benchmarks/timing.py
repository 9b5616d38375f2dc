"""Timing of two sides in turn, and ratios with their spread.

Seconds are those of the processor, which other work on the machine does not lengthen as much as
those of the clock. Set `OMP_NUM_THREADS=1`, so that both sides compute on one thread.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ratio:
    """Seconds of this library and of a peer, in turn.

    Attributes
    ----------
    ours, peer
        Median seconds.
    ratio, low, high
        Peer over ours: median, lowest and highest of the turns.
    repeats
        Number of turns.
    """

    ours: float
    peer: float
    ratio: float
    low: float
    high: float
    repeats: int


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds of the processor that a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


def ratio_of(ours: list[float], peer: list[float]) -> Ratio:
    """Return the ratio of paired seconds."""
    ratios = [b / a for a, b in zip(ours, peer, strict=True)]
    return Ratio(
        statistics.median(ours), statistics.median(peer), statistics.median(ratios),
        min(ratios), max(ratios), len(ratios),
    )  # fmt: skip


def in_turn(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> Ratio:
    """Time both in turn, after one call of each that does not count."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    return ratio_of([a for a, _ in pairs], [b for _, b in pairs])


def machine() -> str:
    """Return the processor's model and number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"
