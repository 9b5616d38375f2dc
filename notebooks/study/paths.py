"""Where the project keeps its notebooks, measured points and executed figures."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
RESULTS = NOTEBOOKS / "results"
PUBLISHED = RESULTS / "published"
FIGURES = ROOT / "book" / "figures"
#: Where the notebooks keep points that are not committed.
POINTS = ROOT / ".noisescaling" / "points"
