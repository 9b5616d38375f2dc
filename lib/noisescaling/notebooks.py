"""Notebooks as figures: execute them with parameters by papermill, clean, check what is stored."""

import ast
import base64
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from noisescaling import paths
from noisescaling._checks import choice

_KEPT_CELL_METADATA = {"tags", "mystnb"}
# A kernel warns at each start that it talks to papermill over a local port.
_QUIET_KERNEL = ["--log-level=ERROR"]
#: Errors of a notebook that say all there is to say in their message.
_REFUSALS = ("ValueError", "ConnectionError")
_PROGRESS = re.compile(r"\d+%\|")


def names() -> list[str]:
    """Return the names of the project's notebooks."""
    return sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))


def tell(**values: float | str) -> None:
    """Store numbers and texts of a notebook under names, for the prose to quote."""
    from myst_nb import glue

    for name, value in values.items():
        glue(name, value if isinstance(value, str) else float(value), display=False)


def title(name: str) -> str:
    """Return the heading of a notebook."""
    first = _read(paths.NOTEBOOKS / f"{name}.ipynb")["cells"][0]
    return "".join(first["source"]).splitlines()[0].removeprefix("# ")


def record_seconds(seconds: Mapping[str, float], target: Path) -> None:
    """Write a table of figures, their commands and seconds; other figures keep their rows."""
    rows = [
        (title(name), name, f"`python -m noisescaling figures {name} --force`", f"{taken:.0f}")
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
    import papermill

    source = paths.NOTEBOOKS / f"{choice('notebook', name, names())}.ipynb"
    target = output or paths.FIGURES / source.name
    values = typed_parameters(source, parameters or {})
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="noisescaling-") as folder:
        running = Path(folder) / source.name
        try:
            papermill.execute_notebook(
                str(source), str(running), values,
                kernel_name="python3", progress_bar=False, stderr_file=sys.stderr,
                extra_arguments=_QUIET_KERNEL,
            )  # fmt: skip
        except papermill.PapermillExecutionError as error:
            if error.ename not in _REFUSALS:
                raise
            raise ValueError(f"{name}: {error.evalue}") from error
        text = json.dumps(scrub(_read(running)), indent=1, ensure_ascii=False, sort_keys=True)
    finished = target.with_name(f".{target.name}.{os.getpid()}")
    finished.write_text(text + "\n", encoding="utf-8")
    finished.replace(target)
    return target


def typed_parameters(source: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return parameter values read as the type of their defaults; unknown names are refused."""
    import papermill

    declared = papermill.inspect_notebook(str(source))
    values = {}
    for name, text in parameters.items():
        default = ast.literal_eval(declared[choice("parameter", name, declared)]["default"])
        values[name] = _as_type(name, text, type(default))
    return values


def _as_type(name: str, value: Any, kind: type) -> Any:
    """Return a parameter's value as its declared type, or refuse it with both."""
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).lower()]
        if isinstance(value, bool):  # which Python would take for a number
            raise TypeError
        if kind is int and isinstance(value, float) and not value.is_integer():
            raise TypeError  # which Python would cut
        return kind(value)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"parameter {name} = {value!r} is no {kind.__name__}; give one") from None


def check_parameters(namespace: dict[str, Any]) -> None:
    """Refuse what papermill injected under no declared name, and set each to its declared type.

    Papermill only warns of an unknown parameter. Declared parameters are annotated in the
    notebook, injected ones are not; call this with `globals()` in the cell behind them.

    Raises
    ------
    ValueError
        If a name is not declared, or a value is not of its declared type.
    """
    declared = namespace.get("__annotations__", {})
    shell = {"In", "Out", "exit", "quit", "open", "get_ipython", "check_parameters"}
    for name in [n for n in namespace if not n.startswith("_") and n not in shell]:
        kind = declared[choice("parameter", name, declared)]
        namespace[name] = _as_type(name, namespace[name], kind)


def scrub(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return an executed notebook without times, run identifiers and progress bars."""
    notebook["metadata"] = {"kernelspec": notebook["metadata"]["kernelspec"]}
    for position, cell in enumerate(notebook["cells"]):
        cell["id"] = f"cell-{position}"
        kept = {k: v for k, v in cell["metadata"].items() if k in _KEPT_CELL_METADATA}
        cell["metadata"] = kept
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for o in cell["outputs"] if not _is_progress(o)]
    return notebook


def _is_progress(output: dict[str, Any]) -> bool:
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
    cells = _own_cells(executed)
    found = []
    if [_text(c) for c in _own_cells(paths.NOTEBOOKS / executed.name)] != [_text(c) for c in cells]:
        found.append(f"{executed.name} is stale: its cells differ from those of the source")
    code = [c for c in cells if c["cell_type"] == "code"]
    unexecuted = sum(c["execution_count"] is None for c in code)
    if unexecuted:
        found.append(f"{executed.name} has {unexecuted} cells that were not executed")
    outputs = [o for c in code for o in c["outputs"]]
    if any(o["output_type"] == "error" for o in outputs):
        found.append(f"{executed.name} stores an error")
    if any(o.get("name") == "stderr" for o in outputs):
        found.append(f"{executed.name} stores warnings")
    return found


def first_picture(name: str) -> bytes:
    """Return the first figure of an executed notebook, a PNG file's bytes."""
    for cell in _read(paths.FIGURES / f"{name}.ipynb")["cells"]:
        for output in cell.get("outputs", []):
            if "mystnb" in cell["metadata"] and "image/png" in output.get("data", {}):
                return base64.b64decode(output["data"]["image/png"])
    raise ValueError(f"the executed notebook {name!r} holds no figure")


def fingerprint(name: str, parameters: Mapping[str, str]) -> str:
    """Return a hash of all that sets a figure: source, library, measured points, parameters."""
    digest = hashlib.sha256(json.dumps(dict(parameters), sort_keys=True).encode())
    library = sorted(p for kind in ("*.py", "*.csv") for p in Path(__file__).parent.rglob(kind))
    points = sorted(paths.RESULTS.rglob("*.csv"))
    for path in [paths.NOTEBOOKS / f"{name}.ipynb", *library, *points]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _own_cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook, without the one that papermill adds."""
    tags = [(cell, cell["metadata"].get("tags", [])) for cell in _read(path)["cells"]]
    return [cell for cell, given in tags if "injected-parameters" not in given]


def _text(cell: dict[str, Any]) -> tuple[str, str]:
    return cell["cell_type"], "".join(cell["source"])
