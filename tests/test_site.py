"""The built site: every page is there, nothing is asked of the network, every link resolves."""

import importlib
import inspect
import re
from dataclasses import is_dataclass
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
    derivation = pages[site / "derivation.html"]
    assert derivation.text.count('class="eqno"') >= 8
    scripts = [load for load in derivation.loads if "mathjax" in load.lower()]
    assert len(scripts) == 1
    script = site / urlsplit(scripts[0]).path
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
