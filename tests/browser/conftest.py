"""The planner's page alone, of the same markup and files as the book's, in headless Chromium."""

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
    """A folder with the planner's page, made of the raw blocks of its source, and its files."""
    folder = tmp_path_factory.mktemp("site")
    extension.write_assets(folder / "planner")
    blocks = re.findall(r"```\{raw\} html\n(.*?)```", (BOOK / "planner.md").read_text(), re.S)
    markup = [
        (BOOK / file.group(1)).read_text() if (file := re.match(r":file: (\S+)", block)) else block
        for block in blocks
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8">'
    phone = '<meta name="viewport" content="width=device-width"><title>Plan</title><h1>Plan</h1>'
    (folder / "planner.html").write_text("\n".join([head, phone, *markup]), encoding="utf-8")
    return folder


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
    page = Planner(browser, site)
    page.open()
    yield page
    errors = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
    assert not errors, errors
    assert page.requests() <= {"file", "data"}


class Planner:
    """What a reader does with the page."""

    def __init__(self, driver, site):
        self.driver, self.address = driver, (site / "planner.html").as_uri()
        self.seen = set()

    def open(self, state=""):
        """Open the page anew, with a state in the address."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}#{state}" if state else self.address)
        self.requests()

    def field(self, name):
        return self.driver.find_element("css selector", f"[name={name}]")

    def text(self, part):
        return self.driver.find_element("id", f"planner-{part}").text

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
          const busy = () => document.querySelector(".planner-result[aria-busy]");
          const look = () => (busy() ? setTimeout(look, 20) : setTimeout(done, 70));
          setTimeout(look, 20);""")

    def requests(self):
        """Schemes of all addresses that the page has asked for so far."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.seen.add(message["params"]["request"]["url"].partition(":")[0])
        return self.seen - {"about"}
