"""Leave out the scripts of live code, which these static pages do not offer.

The theme adds them to every page whether asked or not, twice over, with an address of a network
host in them; a browser then reports a name declared twice.
"""

from typing import Any

from sphinx.application import Sphinx


def _drop(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{script.filename} {script.attributes.get('body', '')}".lower()
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Drop the scripts after the theme has added them."""
    app.connect("html-page-context", _drop, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
