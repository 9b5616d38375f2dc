"""Planner and explorer alone, of the same markup and files as the book's, in headless Chromium."""

import importlib.util
import json
import re
import shutil

import pytest

from study.paths import ROOT

try:
    from selenium.webdriver.common.keys import Keys
except ImportError:  # the browser fixture skips, in words
    Keys = None

BOOK = ROOT / "book"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def extension():
    """The Sphinx extension that puts the planner's files in their place."""
    spec = importlib.util.spec_from_file_location("planner", BOOK / "_ext" / "planner.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site(extension, tmp_path_factory):
    """A folder with the two pages, made of the raw blocks of their sources, and their files."""
    folder = tmp_path_factory.mktemp("site")
    extension.write_assets(folder)
    for name in ("planner", "law"):
        (folder / f"{name}.html").write_text(page_of(name), encoding="utf-8")
    return folder


def page_of(name):
    """The raw blocks of a page of the book, as a page."""
    blocks = re.findall(r"```\{raw\} html\n(.*?)```", (BOOK / f"{name}.md").read_text(), re.S)
    markup = [
        (BOOK / file.group(1)).read_text() if (file := re.match(r":file: (\S+)", block)) else block
        for block in blocks
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8">'
    phone = f'<meta name="viewport" content="width=device-width"><title>{name}</title><h1>Page</h1>'
    return "\n".join([head, phone, *markup])


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium; skipped with a word where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(programs):
        pytest.skip("no chromium and chromedriver here; .ci/install-browser installs them")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
    driver.get("about:blank")
    driver.get_log("performance")  # what the browser's own first tab asked for
    yield driver
    driver.quit()


@pytest.fixture
def planner(browser, site):
    """The page of the planner, freshly opened; nothing may have gone wrong in it at the end."""
    yield from used(Page(browser, site / "planner.html", "planner"))


@pytest.fixture
def explorer(browser, site):
    """The page of the law's explorer, freshly opened; nothing may have gone wrong in it."""
    yield from used(Page(browser, site / "law.html", "explorer"))


def used(page):
    page.driver.get("about:blank")
    for log in ("browser", "performance"):  # of pages that other tests had open
        page.driver.get_log(log)
    page.open()
    yield page
    errors = [one for one in page.driver.get_log("browser") if one["level"] == "SEVERE"]
    assert not errors, errors
    assert page.requests() <= {"file", "data"}


class Page:
    """What a reader does with a page."""

    def __init__(self, driver, path, prefix):
        self.driver, self.address, self.prefix = driver, path.as_uri(), prefix
        self.seen = set()

    def open(self, state=""):
        """Open the page anew, with a state in the address."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}#{state}" if state else self.address)
        self.requests()

    def field(self, name):
        return self.driver.find_element("css selector", f"[name={name}]")

    def text(self, part):
        return self.driver.find_element("id", f"{self.prefix}-{part}").text

    def state(self):
        return self.driver.current_url.partition("#")[2]

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def type(self, name, value):
        """Type a value into a field and wait until the page has answered."""
        self.field(name).send_keys(Keys.CONTROL, "a", Keys.NULL, str(value) or Keys.BACKSPACE)
        self.settle()

    def choose(self, name, value):
        """Choose an option of a list, or a radio button, or tick a box."""
        field = self.field(name)
        if field.tag_name == "select":
            field.find_element("css selector", f'option[value="{value}"]').click()
        else:
            self.driver.find_element("css selector", f'[name={name}][value="{value}"]').click()
        self.settle()

    def settle(self):
        """Wait until the page has answered the last change."""
        self.driver.execute_async_script("""
          const done = arguments[0];
          const busy = () => document.querySelector("[aria-busy]");
          const look = () => (busy() ? setTimeout(look, 20) : setTimeout(done, 70));
          setTimeout(look, 20);""")

    def requests(self):
        """Schemes of all addresses that the page has asked for so far."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.seen.add(message["params"]["request"]["url"].partition(":")[0])
        return self.seen - {"about"}
