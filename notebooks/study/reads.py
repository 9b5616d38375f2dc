"""Notes what a notebook reads of the project: modules, tables, and lists of folders of tables.

Python tells an audit hook of every file that it opens and of the source of all code that it runs,
also of what a library opens, so nothing need be told by hand or guessed from the source.
"""

import os
import sys
from typing import Any

from study.paths import FIGURES, POINTS, RESULTS, ROOT

#: What a run itself writes tells nothing of its sources.
_LEFT_OUT = tuple(f"{folder}{os.sep}" for folder in (POINTS.parent, FIGURES, ROOT / ".venv"))


def record() -> None:
    """Write what is read from here on, and the modules there are, into the file $STUDY_READS."""
    notes = os.open(os.environ["STUDY_READS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    seen: set[str] = set()

    def note(path: Any, folder: str = str(ROOT)) -> None:
        full = os.path.abspath(os.fsdecode(path))
        if full not in seen and (full + os.sep).startswith(folder + os.sep):
            seen.add(full)
            if not full.startswith(_LEFT_OUT) and "__pycache__" not in full:
                os.write(notes, f"{os.path.relpath(full, ROOT)}\n".encode())

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "exec" and os.path.isabs(getattr(given[0], "co_filename", "")):
            note(given[0].co_filename)
        elif event == "open" and isinstance(given[0], bytes | str | os.PathLike) and _reads(given):
            note(given[0])
        elif event in ("os.listdir", "os.scandir") and isinstance(given[0], str | os.PathLike):
            # Elsewhere Python itself lists folders, to find modules.
            note(given[0], str(RESULTS))

    for file in [getattr(module, "__file__", None) for module in sys.modules.values()]:
        if file:
            note(file)
    sys.addaudithook(hook)


def _reads(given: tuple[Any, ...]) -> bool:
    """Tell a file opened for reading: by its mode, or of `os.open` by its flags."""
    _, mode, flags = given
    writes = os.O_WRONLY | os.O_RDWR
    return not (set(mode) & set("wax+") if isinstance(mode, str) else flags & writes)
