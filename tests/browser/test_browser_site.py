"""Every page of the built site in a real browser: loads, formulas, search, accessibility."""

import functools
import http.server
import importlib.util
import json
import re
import threading
from pathlib import Path

import pytest

from study.paths import ROOT

PAGES = re.findall(r"(?:file|root): (\S+)", (ROOT / "book" / "_toc.yml").read_text())
#: Rules of WCAG 2.1, levels A and AA. The drawings of formulas go first: thousands of strokes, each
#: with its formula beside it in MathML for a screen reader.
AXE = """
const done = arguments[0];
document.querySelectorAll("mjx-container").forEach((one) => one.remove());
axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
}).then((found) => done(found.violations.map((one) => ({
  rule: one.id, impact: one.impact, where: one.nodes.slice(0, 3).map((node) => node.html),
}))), (error) => done([{rule: String(error), impact: "critical"}]));
"""
TYPESET = """
const done = arguments[0];
const typeset = window.MathJax && MathJax.startup ? MathJax.startup.promise : Promise.resolve();
typeset.then(() => done([
  document.querySelectorAll("article .math").length,
  document.querySelectorAll("article .math mjx-container svg").length,
  [...document.querySelectorAll("mjx-merror")].map((one) => one.textContent),
]));
"""


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, as a package carries it."""
    package = importlib.util.find_spec("axe_core_python")
    if package is None:
        pytest.skip("axe-core-python is not installed; accessibility is not checked")
    return (Path(package.origin).parent / "axe.min.js").read_text()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *told):
        pass


@pytest.fixture(scope="module")
def address(book_site):
    """Where the site is served on this machine; the search needs more than a file's address."""
    handler = functools.partial(Quiet, directory=book_site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def requests(browser):
    """Addresses that the page has asked for since the last call."""
    messages = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    return [
        one["params"]["request"]["url"]
        for one in messages
        if one["method"] == "Network.requestWillBeSent"
    ]


def errors(browser):
    return [one["message"] for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def opened(browser, address):
    browser.get("about:blank")
    requests(browser), errors(browser)
    browser.get(address)


@pytest.mark.parametrize("page", [*PAGES, "search", "genindex"])
def test_a_page_loads_from_the_site_alone_and_can_be_used_by_all(browser, address, axe, page):
    opened(browser, f"{address}/{page}.html")
    n_formulas, n_set, broken = browser.execute_async_script(TYPESET)
    assert not broken
    assert n_set >= n_formulas
    told = errors(browser)
    assert not told, told
    inside = (address, "data:", "blob:")
    outside = [url for url in requests(browser) if not url.startswith(inside)]
    assert not outside, outside
    browser.execute_script(axe)
    found = browser.execute_async_script(AXE)
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)


def test_formulas_are_drawn_also_from_a_folder(browser, book_site):
    opened(browser, (book_site / "derivation.html").as_uri())
    n_formulas, n_set, broken = browser.execute_async_script(TYPESET)
    assert n_formulas > 100
    assert n_set >= n_formulas
    assert not broken
    assert not errors(browser)


def test_the_search_finds_noise_sensitivity(browser, address):
    support = pytest.importorskip("selenium.webdriver.support.ui")
    opened(browser, f"{address}/search.html?q=noise+sensitivity")
    done = "return document.querySelectorAll('#search-results li a').length"
    support.WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(done) >= 5)
    found = browser.execute_script(
        "return [...document.querySelectorAll('#search-results li a')].map((a) => a.href)"
    )
    assert any("glossary" in one for one in found)
    assert not errors(browser)


def test_the_planner_of_the_site_answers(browser, address):
    opened(browser, f"{address}/planner.html")
    sentence = browser.find_element("id", "planner-sentence").text
    assert re.match(r".*[\d,]+ cells at [\d,]+ UMIs", sentence)
    assert not errors(browser)


@pytest.mark.parametrize("page", ["intro", "figures/quickstart", "api/fitting", "figures/board"])
@pytest.mark.parametrize("width", [380, 1200])
def test_pages_fit_a_phone(browser, address, page, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        opened(browser, f"{address}/{page}.html")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width + 1
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
