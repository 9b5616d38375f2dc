"""Mends what docutils writes that readers with a screen reader would trip over."""

from typing import Any

from sphinx.application import Sphinx

#: A list without items: its entries have the role doc-biblioentry, which is none of a list.
_LIST = '<div role="list" class="citation-list">'


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] = context["body"].replace(_LIST, '<div class="citation-list">')


def setup(app: Sphinx) -> dict[str, bool]:
    """Mend each page before it is written."""
    app.connect("html-page-context", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
