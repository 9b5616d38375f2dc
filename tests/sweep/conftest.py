import subprocess
from collections import Counter

import pytest

from noisescaling.sweep import ResultsStore, Sweep, recipe

CELLS = recipe("sweep_models:small_cells", label="small")


@pytest.fixture
def store(tmp_path):
    return ResultsStore(tmp_path / "store")


@pytest.fixture
def trace(tmp_path):
    """The file that each fit of a `Probe` leaves a line in."""
    return tmp_path / "trace"


@pytest.fixture
def fits(trace):
    """Count how often each model was fitted."""
    return lambda: Counter(trace.read_text().splitlines()) if trace.exists() else Counter()


@pytest.fixture
def probes(trace):
    """Make a sweep over small cells with a model that leaves traces, one signal, cheap points."""

    def make(depths=(10, 20, 40), seeds=(0, 1), signals=("neighbour",), label="Probe", **settings):
        model = recipe("sweep_models:Probe", trace=str(trace), label=label, **settings)
        return Sweep([CELLS], [model], depths, seeds=seeds, signals=signals)

    return make


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB, where this machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs rights that this machine does not give")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
