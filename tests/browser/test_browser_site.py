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
#: Rules of WCAG 2.1, levels A and AA, and three more that the site's theme broke. The drawings of
#: formulas go first: thousands of strokes, each with its formula beside it in MathML for a screen
#: reader.
AXE = """
const done = arguments[0];
document.querySelectorAll("mjx-container").forEach((one) => one.remove());
const more = ["region", "empty-table-header", "label-content-name-mismatch"];
axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
  rules: Object.fromEntries(more.map((name) => [name, { enabled: true }])),
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
    """A server that shows the page for lost addresses, as hosts of static sites do."""

    def log_message(self, *told):
        pass

    def send_error(self, code, *told):
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


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


@pytest.mark.parametrize("page", [*PAGES, "search", "genindex", "404"])
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
    assert not found, json.dumps(found, indent=1)


def test_formulas_are_drawn_also_from_a_folder(browser, book_site):
    opened(browser, (book_site / "figures" / "theory_law.html").as_uri())
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


def test_a_lost_address_in_a_folder_shows_a_page_with_its_style_and_links(browser, address):
    opened(browser, f"{address}/figures/nowhere.html")
    assert browser.find_element("css selector", "article h1").text.startswith(
        "This page does not exist"
    )
    styled = "return getComputedStyle(document.querySelector('.bd-main')).display"
    assert browser.execute_script(styled) == "flex"
    browser.find_element("link text", "first page").click()
    assert browser.current_url == f"{address}/intro.html"
    errors(browser)  # the browser tells of the answer 404


def test_a_former_address_leads_to_the_same_equation(browser, address):
    support = pytest.importorskip("selenium.webdriver.support.ui")
    opened(browser, f"{address}/derivation.html#equation-eq-u-bar")
    now = f"{address}/figures/theory_law.html#equation-eq-u-bar"
    support.WebDriverWait(browser, 30).until(lambda driver: driver.current_url == now)
    assert browser.find_elements("css selector", "#equation-eq-u-bar")
    assert not errors(browser)


#: What is wider than its place on the page, and what says so.
WIDE = """
  const all = "div.math mjx-container, .cell_output > .output, .highlight pre, " +
    ".pst-scrollable-table-container";
  const wide = [...document.querySelectorAll(all)].filter((one) =>
    one.scrollWidth > one.clientWidth + 1);
  return [wide.length, wide.filter((one) => one.closest(".wider")).length,
    document.querySelectorAll(".wider").length]"""


@pytest.mark.parametrize("page", ["figures/theory_law", "figures/size_depth_plane"])
def test_what_is_wider_than_its_place_says_that_it_scrolls(browser, address, page):
    counts = {}
    try:
        opened(browser, f"{address}/{page}.html")
        browser.execute_async_script(TYPESET)
        for width in (380, 2_000):
            metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.execute_script("window.dispatchEvent(new Event('resize'))")
            support = pytest.importorskip("selenium.webdriver.support.ui")
            wait = support.WebDriverWait(browser, 30)
            wait.until(lambda driver: len(set(driver.execute_script(WIDE))) == 1)
            counts[width] = browser.execute_script(WIDE)[0]
        assert counts[380] > 0
        assert counts[380] >= counts[2_000]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


#: The texts of a column of the first table that can be sorted, hidden rows left out.
COLUMN = """
  const tables = [...document.querySelectorAll("table")].filter((one) =>
    one.querySelector("th button"));
  const table = tables.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  const place = [...table.tHead.rows[0].cells].findIndex((one) =>
    one.textContent.trim() === arguments[0]);
  return [...table.tBodies[0].rows].filter((row) => !row.hidden)
    .map((row) => row.cells[place].textContent.trim())"""
#: A table with all that a column may hold, made sortable by the site's own script.
TRICKY = """
  const row = (text) => `<tr><td>${text}</td><td>x</td></tr>`;
  document.querySelector("article").innerHTML = `<div class="cell_output"><div class="output">
    <table class="dataframe"><thead><tr><th>a</th><td></td></tr></thead>
    <tbody>${arguments[0].map(row).join("")}</tbody></table></div></div>`;
  document.head.append(Object.assign(document.createElement("script"), {
    src: document.querySelector("script[src*='tables.js']").src, onload: arguments[1]}))"""


def column(browser, name):
    return browser.execute_script(COLUMN, name)


def press(browser, name):
    """Press the header of a column by keyboard."""
    found = browser.find_elements("css selector", "th button")
    next(one for one in found if one.text.startswith(name)).send_keys("\ue007")  # Enter


def sensitivities(browser, name):
    """The numbers of a column as the table has them, and what it says of curves without one."""
    texts = column(browser, name)
    numbers = [float(text.split()[0].replace(",", "")) for text in texts if text[0].isdigit()]
    return numbers, [text for text in texts if text.startswith("not identified")]


def test_a_long_table_sorts_and_filters(browser, address):
    opened(browser, f"{address}/figures/noise_curves.html")
    u_bar = "noise sensitivity (UMIs per cell)"
    before = column(browser, u_bar)
    assert len(before) > 20
    press(browser, u_bar)
    up, open_ends = sensitivities(browser, u_bar)
    assert len(up) > 20
    assert up == sorted(up)
    press(browser, u_bar)
    down, still_open = sensitivities(browser, u_bar)
    assert down == up[::-1]
    assert sorted(still_open) == sorted(open_ends)
    assert sorted(column(browser, u_bar)) == sorted(before), "no row is lost"
    heads = browser.find_elements("css selector", "th[aria-sort]")
    assert [one.get_attribute("aria-sort") for one in heads] == ["descending"]
    names = column(browser, "data")
    browser.find_element("css selector", ".filter input").send_keys("LARRY pca")
    shown = column(browser, "data")
    assert set(shown) == {"LARRY, blood progenitors"}
    assert set(column(browser, "model")) == {"PCA"}
    told = browser.find_element("css selector", ".filter [role=status]").text
    assert told == f"{len(shown)} of {len(names)}"
    assert not errors(browser)


#: How many rows of the longest table that can be sorted are on the screen.
ON_SCREEN = """
  const tables = [...document.querySelectorAll("table")].filter((one) =>
    one.querySelector("th button"));
  const table = tables.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  return [...table.tBodies[0].rows].filter((row) => row.offsetHeight > 0).length"""


def test_a_long_table_opens_with_ten_rows_and_shows_all_when_asked(browser, address):
    opened(browser, f"{address}/figures/board.html")
    n_rows = len(column(browser, "model"))
    assert n_rows > 20
    assert browser.execute_script(ON_SCREEN) == 10
    press(browser, "model")
    assert browser.execute_script(ON_SCREEN) == 10
    field = browser.find_element("css selector", ".filter input")
    field.send_keys("cell type")
    assert 10 < browser.execute_script(ON_SCREEN) < n_rows
    field.clear()
    field.send_keys(" ")
    button = browser.find_element("css selector", "button.unfold")
    assert button.text == f"Show all {n_rows} rows"
    button.send_keys("\ue007")  # Enter
    assert browser.execute_script(ON_SCREEN) == n_rows
    button.send_keys("\ue007")
    assert browser.execute_script(ON_SCREEN) == 10
    assert not errors(browser)


def test_rows_that_share_a_name_keep_it_when_they_are_sorted(browser, address):
    opened(browser, f"{address}/figures/board.html")
    names = ("data", "signal", "model", "capacity (bits)")
    before = list(zip(*(column(browser, name) for name in names), strict=True))
    assert len(before) > 20
    assert all(all(row) for row in before)
    press(browser, "capacity")
    after = list(zip(*(column(browser, name) for name in names), strict=True))
    assert after != before
    assert sorted(after) == sorted(before)
    bits = [float(row[-1].split()[0]) for row in after if row[-1][0].isdigit()]
    assert bits == sorted(bits)


def test_columns_of_numbers_and_words_sort_as_readers_expect(browser, address):
    opened(browser, f"{address}/intro.html")
    order = ["-inf", "-2.5", "1e-06", "0.5 to 0.7", "9", "12 %", "1,153", "inf", "PCA", "scVI", ""]
    given = [order[i] for i in (5, 10, 3, 8, 0, 7, 1, 9, 4, 2, 6)]
    browser.execute_async_script(TRICKY, given)
    press(browser, "a")
    assert column(browser, "a") == order
    press(browser, "a")
    assert column(browser, "a") == [*order[-2::-1], ""]


def test_the_law_s_explorer_of_the_site_answers(browser, address):
    opened(browser, f"{address}/law.html#i_max=2")
    sentence = browser.find_element("id", "explorer-sentence").text
    assert re.match(r"At quality 300 the model carries 1\.\d\d bits", sentence)
    assert not errors(browser)


def test_the_planner_of_the_site_answers(browser, address):
    opened(browser, f"{address}/planner.html")
    sentence = browser.find_element("id", "planner-sentence").text
    assert re.match(r".*[\d,]+ cells at [\d,]+ UMIs", sentence)
    assert not errors(browser)


#: Pages that are read from the top; the reference of the library is looked up in.
NARRATIVE = [page for page in PAGES if not page.startswith("api/")]
HIGHEST = 6_000  # pixels, of a window 1,280 wide


def test_no_narrative_page_is_higher_than_a_reader_scrolls(browser, address):
    metrics = {"width": 1_280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    heights = {}
    try:
        for page in NARRATIVE:
            opened(browser, f"{address}/{page}.html")
            browser.execute_async_script(TYPESET)
            heights[page] = browser.execute_script("return document.body.scrollHeight")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert len(heights) > 40
    assert min(heights.values()) > 900
    too_high = {page: height for page, height in heights.items() if height > HIGHEST}
    assert not too_high, too_high


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
