"""Sweeps written down in a TOML file."""

import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from noisescaling._checks import choice
from noisescaling.sweep.grid import Sweep

#: How a file says None, which TOML does not have: all cells, or the point's own depth.
_NONE = {"sizes": "all", "fit_depths": "same", "fit_qualities": "same"}


def read_sweeps(file: str | os.PathLike[str]) -> list[Sweep]:
    """Read sweeps from a TOML file: one in its top level, or several in tables `[[sweep]]`.

    The keys are those of `Sweep`; a data set or model is a name, or a table with a name, an
    optional label and settings. Among the sizes, "all" stands for all cells. What several sweeps
    have in common may stand in the top level.

    Raises
    ------
    ValueError
        If the file is no TOML, a key is unknown, or a sweep is refused; names the file.
    """
    path = Path(file)
    try:
        content = tomllib.loads(path.read_text())
        parts = content.pop("sweep", [{}])
        return [_sweep({**content, **part}) for part in parts]
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; give a TOML file with a sweep") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _sweep(content: dict[str, Any]) -> Sweep:
    known = [field.name for field in fields(Sweep)]
    for key in content:
        choice("key", key, known)
    for key in ("datasets", "models"):
        if key not in content:
            raise ValueError(f"{key} is missing; give at least one")
    for key, word in _NONE.items():
        if key in content:
            content[key] = [None if value == word else value for value in content[key]]
    return Sweep(**content)
