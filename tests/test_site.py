"""The built site: every page is there, nothing is asked of the network, every link resolves."""

import importlib
import inspect
import json
import re
from dataclasses import is_dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from study import paths


@pytest.fixture(scope="module")
def site(book_site):
    return book_site


class Page(HTMLParser):
    """Collects what a page loads, where it links to, and what can be linked to in it."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.links, self.anchors, self.images = [], [], set(), []
        self.metas = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") not in (
            "canonical",
            "next",
            "prev",
            "search",
            "index",
        ):
            self.loads.append(given.get("href"))
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "object"):
            self.loads += [given[key] for key in ("src", "data") if given.get(key)]
        if tag == "img":
            self.images.append(given)
        if tag == "meta":
            self.metas.append((given.get("name") or given.get("property"), given.get("content")))


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def test_every_page_of_the_contents_is_built(site):
    toc = (paths.ROOT / "book" / "_toc.yml").read_text()
    names = re.findall(r"(?:file|root): (\S+)", toc)
    assert len(names) >= 6
    assert yaml.safe_load(toc)["root"] == "intro"
    for name in names:
        assert (site / f"{name}.html").exists(), name


def test_no_page_asks_anything_of_the_network(pages, site):
    for path, page in pages.items():
        for load in page.loads:
            assert urlsplit(load).scheme in ("", "data"), f"{path.name} loads {load}"
            assert not load.startswith("/"), f"{path.name} loads {load}, absent under file://"
    for sheet in site.rglob("*.css"):
        found = re.findall(r"url\(\s*['\"]?(https?://[^)'\"]+)", sheet.read_text(errors="ignore"))
        assert not found, f"{sheet.name} loads {found}"


def test_every_internal_link_resolves(pages):
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name} links to {link}"
            if parts.fragment and target in pages and target != path:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path.name}: {link}"


def test_formulas_are_numbered_and_set_by_a_script_of_the_site(pages, site):
    theory = pages[site / "figures" / "theory_law.html"]
    assert theory.text.count('class="eqno"') >= 8
    scripts = [load for load in theory.loads if "mathjax" in load.lower()]
    assert len(scripts) == 1
    script = site / "figures" / urlsplit(scripts[0]).path
    assert script.stat().st_size > 1_000_000


def test_every_image_has_words_for_those_who_do_not_see(pages):
    for path, page in pages.items():
        for image in page.images:
            told = image.get("alt") or ""
            assert len(told) > 4, f"{path.name}: {image}"
            assert not told.endswith(".png"), (
                f"{path.name}: {image['src']} is told by its file name"
            )


def test_numbers_in_the_prose_were_all_found(pages):
    for path, page in pages.items():
        assert "glue:" not in page.text.replace("{glue:text}", ""), path.name
        prose = re.sub(r"<pre>.*?</pre>", "", page.text, flags=re.S)
        assert ">nan<" not in prose, path.name


def test_the_reference_shows_every_public_name_as_it_is_called(pages, site):
    for path in sorted((paths.ROOT / "book" / "api").glob("*.md")):
        part = path.stem
        if part == "index":
            continue
        module = importlib.import_module(f"noisescaling.{part}")
        page = pages[site / "api" / f"{part}.html"]
        for name in module.__all__:
            assert f"noisescaling.{part}.{name}" in page.anchors, name


def test_a_dataclass_is_shown_with_its_fields_in_their_order(pages, site):
    for part in ("datasets", "sweep", "planning", "fitting"):
        module = importlib.import_module(f"noisescaling.{part}")
        text = pages[site / "api" / f"{part}.html"].text
        for name in filter(lambda name: is_dataclass(getattr(module, name)), module.__all__):
            made = getattr(module, name)
            if "__init__" in vars(made) and isinstance(made, type):
                entry = rf'<dt [^>]*id="noisescaling.{part}.{name}">(.*?)</dt>'
                head = re.search(entry, text, re.S).group(1)
                shown = re.findall(
                    r'class="sig-param"><span class="n"><span class="pre">(\w+)', head
                )
                assert shown == list(inspect.signature(made).parameters), name


def test_every_page_describes_itself_once(pages, site):
    told = {}
    for path, page in pages.items():
        counts = [name for name, _ in page.metas]
        for name in ("description", "viewport", "og:title", "og:description", "og:type"):
            assert counts.count(name) == 1, f"{path.name}: {name}"
        metas = dict(page.metas)
        title = unescape(re.search(r"<title>(.*?)</title>", page.text, re.S).group(1))
        assert metas["og:title"] in title, path.name
        if len(metas["description"]) > 40:
            told.setdefault(metas["description"], []).append(path.name)
        assert len(metas["description"]) <= 200
        assert not re.search(r"[\\\\{}<>]", metas["description"]), metas["description"]
    assert len(told) > 0.8 * len(pages)
    front = {"index.html", "intro.html"}
    same = [names for names in told.values() if len(names) > 1 and set(names) != front]
    assert not same, f"pages with one description: {same}"


def test_the_folder_s_own_address_shows_the_first_page(site):
    assert (site / "index.html").read_text() == (site / "intro.html").read_text()


def test_an_address_that_does_not_exist_has_a_page_that_leads_on(pages, site):
    page = pages[site / "404.html"]
    assert "This page does not exist" in page.text
    assert {"intro.html", "search.html"} <= set(page.links)


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("derivation", "figures/theory_law"),
        ("theory/dimensions", "figures/theory_dimensions"),
        ("theory/learning", "figures/theory_learning"),
        ("theory/cells-and-depth", "figures/theory_cells_depth"),
        ("theory/replicates", "figures/theory_replicates"),
        ("references", "cite"),
    ],
)
def test_a_former_address_leads_to_the_page_that_holds_its_content(pages, site, former, now):
    path = site / f"{former}.html"
    (to,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', pages[path].text)
    assert (path.parent / to).resolve() == site / f"{now}.html"
    assert to in pages[path].links


def test_nothing_is_shipped_that_no_page_uses(pages, site):
    linked = {
        (path.parent / unquote(urlsplit(link).path)).resolve()
        for path, page in pages.items()
        for link in page.links + page.loads
    }
    for folder in ("_sources", "_downloads", "_images", "_static/scripts"):
        for path in (site / folder).rglob("*.*"):
            licence = path.name.endswith(".LICENSE.txt")
            assert path.resolve() in linked or licence, path
    names = [path.name for path in site.rglob("*") if path.is_file()]
    assert not [one for one in names if re.search(r"\.map$|^fontawesome|thebe|\.ttf$", one)]
    for path in [*site.rglob("*.css"), *site.rglob("*.js")]:
        if path.stat().st_size < 1_000_000:
            assert "sourceMappingURL=" not in path.read_text(errors="ignore"), path.name
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 20e6


def test_style_sheets_load_files_that_are_there(site):
    for sheet in site.rglob("*.css"):
        for url in re.findall(r"url\(\s*['\"]?([^)'\"]+)", sheet.read_text(errors="ignore")):
            if urlsplit(url).scheme != "data" and not url.startswith("#"):
                assert (sheet.parent / urlsplit(url).path).exists(), f"{sheet.name}: {url}"


def test_a_notebook_that_can_be_downloaded_is_clean(site):
    notebooks = list((site / "_sources").rglob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text())["cells"]
        assert any(cell["cell_type"] == "code" for cell in cells)
        assert not any(cell.get("outputs") for cell in cells)


def test_figures_of_notebooks_are_packed_and_all_are_shown(site, pages):
    packed = {path.name for path in site.glob("_images/*.webp")}
    shown = {
        name for page in pages.values() for name in re.findall(r"[0-9a-f]{64}\.\w+", page.text)
    }
    assert len(packed) > 30
    assert packed == {name for name in shown if name.endswith(("png", "webp"))}


def test_icons_are_drawn_without_a_script(pages):
    for path, page in pages.items():
        assert not re.search(r'<(i|span) class="fa[srb -]', page.text), path.name
        assert page.text.count('class="svg-inline--fa') >= 5, path.name


def test_toggles_of_the_sidebar_have_names(pages):
    for path, page in pages.items():
        toggles = re.findall(r"<summary([^>]*)><span class=\"toctree-toggle", page.text)
        assert all('aria-label="Pages below ' in one for one in toggles), path.name


def test_tables_have_no_headers_without_words(pages):
    for path, page in pages.items():
        assert not re.search(r"<th[^>]*>\s*</th>", page.text), path.name


def test_each_field_of_a_class_is_listed_once(pages, site):
    for path in (site / "api").glob("*.html"):
        text = pages[path].text
        assert "Variables<" not in text, path.name
        module = importlib.import_module(
            "noisescaling" if path.stem == "index" else f"noisescaling.{path.stem}"
        )
        for name in module.__all__ if path.stem != "index" else ():
            fields = getattr(getattr(module, name), "__dataclass_fields__", ())
            for field in fields if inspect.isclass(getattr(module, name)) else ():
                entry = rf'id="noisescaling.{path.stem}.{name}.{field}">.*?</dt>\s*<dd></dd>'
                assert not re.search(entry, text), f"{name}.{field} has an entry without words"


def test_a_property_s_first_line_is_no_type(pages, site):
    for path in (site / "api").glob("*.html"):
        assert not re.search(r"<dt[^>]*>Type<span", pages[path].text), path.name
