"""Faults of files and of the network: damaged, cut off, exchanged, too large, out of reach."""

import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from benchmarks.faults import probe
from benchmarks.faults.result import Result, contents, message_of

from noisescaling import datasets
from noisescaling.datasets import registry
from noisescaling.sweep import ResultsStore, run
from study import notebooks

#: Memory that a process may have where a file is too large for it: 12 GiB.
_MEMORY = 12 * 2**30


def damaged_points(folder: Path) -> list[Result]:
    """Damage a line of a store in several ways; all others must stay as they are."""
    spoil: dict[str, Callable[[bytes], bytes]] = {
        "a point's line cut in half": lambda line: line[: len(line) // 2],
        "a point's line empty": lambda line: b"",
        "a point's line full of noise": lambda line: (
            np.random.default_rng(0).bytes(500).replace(b"\n", b" ")
        ),
        "a value of a point changed": lambda line: line.replace(b'"bits":0', b'"bits":1', 1),
        "a value changed, its checksum removed": lambda line: (
            line.replace(b'"bits":0', b'"bits":1', 1).rpartition(b',"checksum":"')[0] + b"}"
        ),
    }
    results = []
    for number, (what, change) in enumerate(spoil.items()):
        store = ResultsStore(folder / f"damaged{number}")
        run(probe.slow(0.0, 8), store, progress=False)
        before, file = contents(store), store.folder / "points.jsonl"
        first, *others = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join([change(first[:-1]) + b"\n", *others]))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            summary = run(probe.slow(0.0, 8), ResultsStore(store.folder), progress=False)
        found, damaged = contents(store), next(iter(before))
        lost = sum(found.get(key) != value for key, value in before.items() if key != damaged)
        seen = str(told[0].message) if told else "nothing"
        good = summary.n_measured == 1 and len(found) == 8
        seen = seen.replace(str(store.folder), "FOLDER")
        results.append(Result(what, 1, seen, lost, good))
    return results


def exchanged_file(folder: Path) -> Result:
    """Put another file in the place of a public one."""
    path, file = next((path, one) for path, one in registry.FILES.items() if one.url)
    mirror = folder / "mirror"
    (mirror / file.path).parent.mkdir(parents=True)
    (mirror / file.path).write_bytes(b"another file")
    former = os.environ.get(registry.MIRROR)
    os.environ[registry.MIRROR] = str(mirror)
    try:
        message = message_of(registry.fetch, path)
    finally:
        os.environ.pop(registry.MIRROR)
        if former is not None:
            os.environ[registry.MIRROR] = former
    message = message.replace(str(mirror), "FOLDER")
    return Result("a public file with another checksum", 1, message, 0, "replace" in message)


def no_network(folder: Path) -> Result:
    """Ask for a public file where nothing answers."""
    code = (
        "from noisescaling.datasets import registry; import sys\n"
        "path = next(path for path, one in registry.FILES.items() if one.url)\n"
        "try: registry.fetch(path)\n"
        "except ConnectionError as error: print(error)\n"
    )
    nowhere = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    known = {k: v for k, v in os.environ.items() if k != registry.MIRROR}
    own = {registry.CACHE: str(folder / "cache"), **nowhere}
    done = subprocess.run(
        [sys.executable, "-c", code], env=known | own, capture_output=True, text=True, check=False
    )
    told = done.stdout.strip()
    return Result("no network", 1, told, 0, "Download it elsewhere" in told)


def huge_input(folder: Path) -> Result:
    """Read cells of more counts than there is memory: half a terabyte that takes no disk."""
    path = folder / "huge.h5ad"
    cells = datasets.write_h5ad(probe.cells(), path)
    n_cells, per_cell = 50_000_000, 1_000
    with h5py.File(cells, "r+") as file:
        del file["X"]
        matrix = file.create_group("X")
        matrix.attrs.update(
            {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (n_cells, 20)}
        )
        for name in ("data", "indices"):
            matrix.create_dataset(name, (n_cells * per_cell,), "i4", chunks=(2**20,), fillvalue=1)
        matrix["indptr"] = np.arange(61) * per_cell * (n_cells // 60)
    code = (
        "import sys; from noisescaling.datasets import from_h5ad\n"
        "try: from_h5ad(sys.argv[1], 'cell_type')\n"
        "except Exception as error: print(type(error).__name__, error, sep=': ')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(path)], capture_output=True, text=True,
        check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY)),
    )  # fmt: skip
    told = done.stdout.strip()
    return Result("a file larger than the memory", 1, told, 0, told.startswith("ValueError"))


def failing_notebook(folder: Path) -> Result:
    """Let a notebook fail halfway; the figure that was there stays."""
    target = folder / "quickstart.ipynb"
    target.write_text("the former figure")
    message = message_of(
        notebooks.execute, "quickstart", {"preset": "smoke", "depths": "10, 1e9"}, target
    )
    same = target.read_text() == "the former figure"
    said = [line for line in message.splitlines() if line.startswith("ValueError")]
    seen = said[-1] if said else message[-200:]
    return Result("a notebook that fails halfway", 1, seen, int(not same), same and bool(said))


def results() -> list[Result]:
    """Try all of them."""
    with tempfile.TemporaryDirectory(prefix="noisescaling-faults-") as name:
        folder = Path(name)
        return [
            *damaged_points(folder), exchanged_file(folder), no_network(folder),
            huge_input(folder), failing_notebook(folder),
        ]  # fmt: skip
