"""What the tests of the built site share: the site itself, built once."""

import subprocess
import sys
from pathlib import Path

import pytest

from study import paths


@pytest.fixture(scope="session")
def book_site(tmp_path_factory):
    """Return the folder of the site, built as the Makefile builds it, every warning an error."""
    target = tmp_path_factory.mktemp("site")
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", "book", "-W", "-n"]
    built = subprocess.run(
        [*command, "--keep-going", "--path-output", str(target)],
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return target / "_build" / "html"
