"""Finishes each page: what it says of itself, names for its buttons, icons without a script."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pydata_sphinx_theme
from docutils import nodes
from lean import is_large
from sphinx.application import Sphinx
from sphinx.jinja2glue import BuiltinTemplateLoader

#: Most characters of a description; search engines show about this much.
LONGEST = 200
_THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
_LOST = """<p>The address may be mistyped, or the page may have moved. Go to the
<a href="intro.html">first page</a>, look in the contents beside this text, or
<a href="search.html">search the book</a>.</p>"""
#: Former addresses of pages, and the pages that hold their content now.
MOVED = {
    "derivation": "figures/theory_law",
    "theory/dimensions": "figures/theory_dimensions",
    "theory/learning": "figures/theory_learning",
    "theory/cells-and-depth": "figures/theory_cells_depth",
    "theory/replicates": "figures/theory_replicates",
    "references": "cite",
}
_LEAD = """<noscript><meta http-equiv="refresh" content="0; url={to}"></noscript>
<script>location.replace("{to}" + location.hash);</script>"""
#: A server shows this page under the address that was asked for, perhaps in one of our folders.
_FROM_FOLDERS = """<script>
const [root, asked] = location.pathname.split(/(?<=\\/)(?=(?:FOLDERS)\\/|[^/]*$)/);
if (asked !== "404.html" && location.protocol !== "file:")
  document.write(`<base href="${root}404.html">`);
</script>"""


def described(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give a page its description, for search engines and for those who get a link to it."""
    scripts = context["script_files"]
    # Live code, which static pages do not offer; the theme loads it from another host, twice.
    context["script_files"] = [one for one in scripts if "thebe" not in _text(one)]
    context["css_files"] = [one for one in context["css_files"] if "thebe" not in _text(one)]
    tags = context.setdefault("metatags", "")
    title = unescape(re.sub("<[^>]+>", "", context.get("title") or "")) or app.config.html_title
    told = "" if 'name="description"' in tags else first_words(tree) or app.config.html_title
    kind = "website" if name == app.config.root_doc else "article"
    named = {"og:title": title, "og:type": kind, "og:site_name": app.config.html_title}
    if told:
        tags += f'\n<meta name="description" content="{escape(told)}" />'
        named["og:description"] = told
    for key, value in named.items():
        tags += f'\n<meta property="{key}" content="{escape(value)}" />'
    context["metatags"] = tags


def _text(file: Any) -> str:
    return f"{file.filename} {file.attributes.get('body', '')}".lower()


def first_words(tree: nodes.document | None) -> str:
    """Return the first paragraph of a page as plain text, cut after a sentence or a word."""
    for one in tree.findall(nodes.paragraph) if tree else ():
        if isinstance(one.parent, nodes.section | nodes.document):
            text = " ".join(plain(one).split()).removeprefix("Claim. ")
            if len(text) <= LONGEST:
                return text
            whole = text[: LONGEST - 1]
            sentences = re.match(r".{60,}[.?](?=\s)", whole)
            return sentences.group() if sentences else f"{whole.rpartition(' ')[0]}…"
    return ""


def plain(node: nodes.Node) -> str:
    """Return the text of a node, its formulas in plain letters."""
    if isinstance(node, nodes.math):
        tex = re.sub(r"\\bar\s*\{?u\}?", "ū", node.astext()).replace(r"\infty", "∞")
        return re.sub(r"\\(math\w+|text(?=\{))|[\\{}]", "", tex)
    if isinstance(node, nodes.Text):
        return str(node.astext())
    return "".join(plain(child) for child in node.children)


@cache
def icon(name: str) -> str:
    """Return a theme's icon as a drawing; its script would draw it from 1.5 MB of all icons."""
    script = _icons()
    found = re.findall(rf'[{{,]"?{name}"?:\[(\d+),(\d+),\[[^]]*\],"\w+","([^"]+)"\]', script)
    width, height, path = found[-1]  # brands and outlines come first, the solid ones last
    return f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{path}"/></svg>'


@cache
def _icons() -> str:
    return (_THEME / "scripts" / "fontawesome.js").read_text(encoding="utf-8")


def _drawn(found: re.Match[str]) -> str:
    names = [one for one in found["names"].split() if one.startswith("fa-")]
    (name,) = (one for one in names if one not in ("fa-solid", "fa-lg"))
    kept = re.sub(r'\s+title="[^"]*"', "", found["rest"])
    start = (
        f'<svg class="svg-inline--fa {found["names"]}"{kept} aria-hidden="true" focusable="false"'
    )
    return f"{start} {icon(name.removeprefix('fa-'))}"


def _toggle(found: re.Match[str]) -> str:
    told = escape(f"Pages below {unescape(found[1]).strip()}")
    return f'>{found[1]}</a><details{found[2]}><summary aria-label="{told}">'


#: What the theme and pandas write, and what readers with a keyboard, a screen reader or a phone
#: need in its place.
MENDS: tuple[tuple[str, Any], ...] = (
    (r'(<meta name="viewport"[^>]*>)((?:.|\n)*)', lambda found: found[1] + _once(found[2])),
    (r"<title>(.*?) &#8212; \1</title>", r"<title>\1</title>"),
    (r"\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>", ""),
    (r'\s*<script type="text/x-thebe-config">(?:.|\n)*?</script>', ""),
    (r"\s*<script>kernelName = .*?</script>", ""),
    (r'<(?P<tag>i|span) class="(?P<names>fa[sr]?[ -][^"]*)"(?P<rest>[^>]*)></(?P=tag)>', _drawn),
    (r">([^<]*)</a><details([^>]*)><summary>", _toggle),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'(class="btn search-button-field[^>]*?) title="Search" aria-label="Search"', r"\1"),
    (r'<div id="pst-primary-sidebar"', r'\g<0> role="complementary" aria-label="Book"'),
    (r'role="doc-biblioentry"', 'role="listitem"'),
    (r"<style scoped>(?:.|\n)*?</style>", ""),
    (r"\s*\n\s*(?=</?(?:t[dhr]|tbody|thead|table)\b)", ""),
    (r"<th></th>", "<td></td>"),
    (r"<(t[dh])>(?=[^<]{60})", r'<\1 class="long">'),
)


def _once(rest: str) -> str:
    return re.sub(r'\s*<meta name="viewport"[^>]*>', "", rest)


class Templates(BuiltinTemplateLoader):
    """The theme's templates; each page is mended before it is written."""

    def init(self, builder: Any, *given: Any) -> None:
        """Start for one build."""
        self.folder = Path(builder.outdir)
        super().init(builder, *given)

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]
        """Return a page, or any other file of a template."""
        page: str = super().render(template, context)
        if not template.endswith(".html"):
            return page
        for pattern, mended in MENDS:
            page = re.sub(pattern, mended, page)
        return re.sub(r'href="([./]*)(_downloads/[^"]+\.csv)"', self._table, page)

    def _table(self, found: re.Match[str]) -> str:
        zipped = ".zip" if is_large(self.folder / unquote(found[2])) else ""
        return f'href="{found[1]}{found[2]}{zipped}"'


def lost(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the page for addresses that do not exist."""
    folders = {name.partition("/")[0] for name in app.env.found_docs if "/" in name}
    script = _FROM_FOLDERS.replace("FOLDERS", "|".join(sorted(folders)))
    title = "This page does not exist"
    body = f"<section><h1>{title}</h1>\n{_LOST}</section>"
    yield "404", {"title": title, "body": body, "metatags": script}, "page.html"


def moved(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Lead from former addresses to the pages that hold their content, to the same place there."""
    title = "This page has moved"
    for name, target in MOVED.items():
        to = app.builder.get_relative_uri(name, target)
        body = f'<section><h1>{title}</h1>\n<p>It is now <a href="{to}">here</a>.</p></section>'
        yield name, {"title": title, "body": body, "metatags": _LEAD.format(to=to)}, "page.html"


def front(app: Sphinx, exception: Exception | None) -> None:
    """Show the first page under the folder's own address, without a detour."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir)
        shutil.copyfile(folder / f"{app.config.root_doc}.html", folder / "index.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what finishes a page."""
    app.connect("html-page-context", described, priority=900)  # after the theme
    app.connect("html-collect-pages", lost)
    app.connect("html-collect-pages", moved)
    app.connect("build-finished", front, priority=900)  # after a page that leads to the first
    return {"parallel_read_safe": True, "parallel_write_safe": True}
