"""Where the benchmark keeps its samples (not committed) and its measured points (committed)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "notebooks" / "results"
WORK = ROOT / "build" / "benchmarks-metric"
