"""Turn the book's math into MathML while it is built: no script, no font, no request at reading."""

from html import escape
from typing import Any

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number

_CONVERTER = LatexToMathML()


def _mathml(node: nodes.Element, *, display: bool) -> str:
    return _CONVERTER.convert_with_local_state(node.astext(), displaystyle=display)


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(_mathml(node, display=False))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number and a link to it where it has a label."""
    body = translator.body
    body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        body.append(f'<span class="eqno">({escape(get_node_equation_number(translator, node))})')
        translator.add_permalink_ref(node, "Link to this equation")
        body.append("</span>")
    body.append(_mathml(node, display=True))
    body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name that `html_math_renderer` selects."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
