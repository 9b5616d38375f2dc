"""Notes what a notebook reads of the project: modules, tables, lists of folders.

Python tells an audit hook of every file that it opens and of the source of all code that it runs,
also of what a library opens, so nothing need be told by hand or guessed from the source.
"""

import os
import sys
from typing import Any

from study.paths import FIGURES, POINTS, ROOT

#: What a run itself writes tells nothing of its sources.
_LEFT_OUT = tuple(f"{folder}{os.sep}" for folder in (POINTS.parent, FIGURES, ROOT / ".venv"))


def record() -> None:
    """Write what is read from here on, and the modules there are, into the file $STUDY_READS."""
    notes = os.open(os.environ["STUDY_READS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    seen: set[str] = set()

    def note(path: Any) -> None:
        if isinstance(path, bytes | str | os.PathLike):
            full = os.path.abspath(os.fsdecode(path))
            if full not in seen and full.startswith(f"{ROOT}{os.sep}"):
                seen.add(full)
                if not full.startswith(_LEFT_OUT) and "__pycache__" not in full:
                    os.write(notes, f"{os.path.relpath(full, ROOT)}\n".encode())

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event == "exec":
            note(getattr(given[0], "co_filename", None))
        elif event in ("os.listdir", "os.scandir") or (event == "open" and _reads(given)):
            note(given[0])

    for module in list(sys.modules.values()):
        note(getattr(module, "__file__", None))
    sys.addaudithook(hook)


def _reads(given: tuple[Any, ...]) -> bool:
    """Tell a file opened for reading: by its mode, or of `os.open` by its flags."""
    _, mode, flags = given
    writes = os.O_WRONLY | os.O_RDWR
    return not (set(mode) & set("wax+") if isinstance(mode, str) else flags & writes)
