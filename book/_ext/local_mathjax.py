"""Serve MathJax from the site itself, so that formulas need no network and work from a file."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

#: One file that turns TeX into SVG and needs no fonts; where it goes below `_static`.
_SCRIPT = "mathjax/tex-svg.js"


def _source() -> Path:
    """Return the script inside the package that carries MathJax."""
    package = find_spec("mathjax")
    if package is None or package.origin is None:
        raise FileNotFoundError("django-static-mathjax is not installed; run `make setup`")
    return Path(package.origin).parent / "static" / "mathjax" / "es5" / "tex-svg.js"


def _copy(app: Sphinx, exception: Any) -> None:
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / _SCRIPT
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_source(), target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy the script once the pages are written."""
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
