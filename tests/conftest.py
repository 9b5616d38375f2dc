"""What the tests of the built site share: the site itself, built once."""

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from noisescaling import paths


@pytest.fixture(scope="session")
def book_site(tmp_path_factory, request):
    """Return the folder of the site, built as the Makefile builds it, every warning an error.

    Processes that test side by side share the one that the first of them builds.
    """
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent
    site = folder / "site" / "_build" / "html"
    with FileLock(folder / "site.lock"):
        if not (folder / "site.built").exists():
            command = [str(Path(sys.executable).parent / "jupyter-book"), "build", "book"]
            built = subprocess.run(
                [*command, "-W", "-n", "--keep-going", "--path-output", str(folder / "site")],
                cwd=paths.ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
            (folder / "site.built").touch()
    return site
