"""Notebooks as figures: execute them by papermill, clean them, tell which of them are stale."""

import ast
import base64
import hashlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image
from tenacity import retry, retry_if_exception_message, stop_after_attempt

from noisescaling._checks import choice
from noisescaling.presets import as_type
from study import paths

# A kernel warns at each start that it talks to papermill over a local port.
_RECORD = "from study import reads as _reads; _reads.record()"
_KERNEL = ["--log-level=ERROR", f"--IPKernelApp.exec_lines={_RECORD}"]
#: Errors of a notebook that say all there is to say in their message.
_REFUSALS = ("ValueError", "ConnectionError")
_PROGRESS = re.compile(r"\d+%\|")


def names() -> list[str]:
    """Return the names of the project's notebooks."""
    return sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))


def title(name: str) -> str:
    """Return the heading of a notebook."""
    first = _read(paths.NOTEBOOKS / f"{name}.ipynb")["cells"][0]
    return "".join(first["source"]).splitlines()[0].removeprefix("# ")


def record_seconds(seconds: Mapping[str, float], target: Path) -> None:
    """Write a table of figures, their commands and seconds; other figures keep their rows."""
    rows = [
        (title(name), name, f"`python -m study figures {name} --force`", f"{taken:.0f}")
        for name, taken in seconds.items()
    ]
    table = pd.DataFrame(rows, columns=["figure", "notebook", "command", "seconds"])
    if target.exists():
        former = pd.read_csv(target, dtype=str)
        table = pd.concat([table, former]).drop_duplicates("notebook")
    table = table[table["notebook"].isin(names())].sort_values("notebook")
    table.to_csv(target, index=False, lineterminator="\n")


def longest_first(wanted: Iterable[str]) -> list[str]:
    """Return notebooks by the seconds they took when last timed, those not timed first."""
    table = pd.read_csv(paths.RESULTS / "figure_seconds.csv", index_col="notebook")
    seconds = table["seconds"].to_dict()
    return sorted(wanted, key=lambda name: -seconds.get(name, float("inf")))


def execute(
    name: str, parameters: Mapping[str, str] | None = None, output: Path | None = None
) -> Path:
    """Execute a notebook with papermill and store it clean of everything that changes by the run.

    What it reads is noted, so that `up_to_date` can tell.

    Parameters
    ----------
    name
        Name of a notebook of the project.
    parameters
        Values by parameter name, as text; each is read as its default's type.
    output
        Where the executed notebook goes; the book's figures where None.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown, a value is not of its parameter's type, or the
        notebook refuses its parameters or its data.
    """
    import nbformat
    import papermill

    source = paths.NOTEBOOKS / f"{choice('notebook', name, names())}.ipynb"
    values = typed_parameters(source, parameters or {})
    target = output or paths.FIGURES / source.name
    with tempfile.TemporaryDirectory(prefix="noisescaling-") as folder:
        read = Path(folder) / "read"
        os.environ["STUDY_READS"] = str(read)
        try:
            ran = _ran(source, values)
        except papermill.PapermillExecutionError as error:
            if error.ename not in _REFUSALS:
                raise
            raise ValueError(f"{name}: {error.evalue}") from error
        text = nbformat.writes(scrub(ran))
        noted = {f"notebooks/{source.name}", *read.read_text().splitlines()}
    _write(target, text + "\n")
    if output is None:
        note = {"parameters": dict(parameters or {}), "read": _contents(noted)}
        _write(_note_of(name), json.dumps(note, indent=1, sort_keys=True))
    return target


# Of kernels that start at once, two may be given the same port; then one does not respond.
@retry(
    retry=retry_if_exception_message(match="Kernel di"), stop=stop_after_attempt(3), reraise=True
)
def _ran(source: Path, values: dict[str, Any]) -> Any:
    import papermill

    return papermill.execute_notebook(
        str(source), None, values, kernel_name="python3", progress_bar=False,
        stderr_file=sys.stderr, extra_arguments=_KERNEL,
    )  # fmt: skip


def typed_parameters(source: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return parameter values read as the type of their defaults; unknown names are refused."""
    import papermill

    declared = papermill.inspect_notebook(str(source))
    values = {}
    for name, text in parameters.items():
        default = ast.literal_eval(declared[choice("parameter", name, declared)]["default"])
        values[name] = as_type(name, text, type(default))
    return values


def scrub(notebook: Any) -> Any:
    """Return an executed notebook without times, run identifiers and progress bars."""
    from nbconvert.preprocessors import ClearMetadataPreprocessor

    keep = {"preserve_cell_metadata_mask": {"tags", "mystnb"}}
    clear = ClearMetadataPreprocessor(preserve_nb_metadata_mask={"kernelspec"}, **keep)
    clean, _ = clear.preprocess(notebook, {})
    for position, cell in enumerate(clean["cells"]):
        cell["id"] = f"cell-{position}"
        if cell["cell_type"] == "code":
            cell["outputs"] = [_lighter(o) for o in cell["outputs"] if not _is_progress(o)]
        else:  # which nbconvert leaves as they are
            cell["metadata"] = {}
    return clean


def _lighter(output: Any) -> Any:
    """Return an output, its picture in a palette of 256 colours: a third of the bytes."""
    picture = output.get("data", {}).get("image/png")
    if picture:
        image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
        small = io.BytesIO()
        image.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if len(told := base64.b64encode(small.getvalue()).decode()) < len(picture):
            output["data"]["image/png"] = told
    return output


def _is_progress(output: Mapping[str, Any]) -> bool:
    """Tell a stream that holds a progress bar and nothing else, so that warnings stay in sight."""
    if output.get("name") != "stderr":
        return False
    lines = [line for line in re.split(r"[\r\n]", "".join(output["text"])) if line.strip()]
    return all(_PROGRESS.search(line) for line in lines)


def problems(name: str) -> list[str]:
    """Say in words why the executed copy of a notebook does not show what its source would."""
    executed = paths.FIGURES / f"{name}.ipynb"
    if not executed.exists():
        return [f"{executed.name} is missing"]
    source, cells = (
        _own_cells(folder / executed.name) for folder in (paths.NOTEBOOKS, paths.FIGURES)
    )
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    unexecuted = sum(cell["execution_count"] is None for cell in code)
    found = {
        "is stale: its cells differ from those of the source": _texts(source) != _texts(cells),
        f"has {unexecuted} cells that were not executed": unexecuted > 0,
        "stores an error": any(output["output_type"] == "error" for output in outputs),
        "stores warnings": any(output.get("name") == "stderr" for output in outputs),
    }
    return [f"{executed.name} {problem}" for problem, there in found.items() if there]


def first_picture(name: str) -> bytes:
    """Return the first figure of an executed notebook, a PNG file's bytes."""
    for cell in _read(paths.FIGURES / f"{name}.ipynb")["cells"]:
        for output in cell.get("outputs", []):
            if "mystnb" in cell["metadata"] and "image/png" in output.get("data", {}):
                return base64.b64decode(output["data"]["image/png"])
    raise ValueError(f"the executed notebook {name!r} holds no figure")


def up_to_date(name: str, parameters: Mapping[str, str]) -> bool:
    """Tell whether a figure is that of its source, parameters, and all that it read when it ran."""
    note = _note_of(name)
    if not note.exists() or problems(name):
        return False
    noted = json.loads(note.read_text(encoding="utf-8"))
    now = {"parameters": dict(parameters), "read": _contents(noted["read"])}
    return bool(noted == now)


def _note_of(name: str) -> Path:
    return paths.ROOT / ".noisescaling" / "executed" / f"{name}.json"


def _contents(read: Iterable[str]) -> dict[str, str]:
    """Return checksums of files, and of folders' lists of files, by their paths in the project."""
    found = {}
    for name in read:
        path = paths.ROOT / name
        if path.is_dir():
            content = "\n".join(sorted(entry.name for entry in path.iterdir())).encode()
        else:
            content = path.read_bytes() if path.exists() else b"it is gone"
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def _write(target: Path, text: str) -> None:
    """Write a file whole: what reads it meanwhile sees the former one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    finished = target.with_name(f".{target.name}.{os.getpid()}")
    finished.write_text(text, encoding="utf-8")
    finished.replace(target)


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _own_cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook, without the one that papermill adds."""
    tags = [(cell, cell["metadata"].get("tags", [])) for cell in _read(path)["cells"]]
    return [cell for cell, given in tags if "injected-parameters" not in given]


def _texts(cells: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
