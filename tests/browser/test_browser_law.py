"""The explorer of the law: its arithmetic against Python's, and the page as a reader meets it."""

import re
from urllib.parse import parse_qs

import numpy as np
import pytest

from noisescaling.fitting.laws import effective_dimension_law, noise_law_quality, snr_one
from noisescaling.planning.plan import thousands

SHORT = -np.log2(0.95)
RIGHT, LEFT, END = "\ue014", "\ue012", "\ue010"
START = {"uBar": 100.0, "iMax": 3.0, "d": 1}


def python(one, u):
    return float(effective_dimension_law(u, one["uBar"], one["iMax"], one["d"]))


def random_laws(n, seed):
    rng = np.random.default_rng(seed)
    u_bar, i_max = np.exp(rng.uniform(np.log([1e-3, 0.02]), np.log([1e6, 20]), (n, 2))).T
    d = rng.integers(1, 20, n)
    rows = zip(u_bar.tolist(), i_max.tolist(), d.tolist(), strict=True)
    return [dict(zip(("uBar", "iMax", "d"), row, strict=True)) for row in rows]


def asked(explorer, call, *cases):
    return explorer.script(f"return arguments[0].map((one) => {call})", *cases)


def test_the_law_is_the_same(explorer):
    laws = random_laws(500, 0)
    u = np.exp(np.random.default_rng(1).uniform(np.log(1e-6), np.log(1e9), 500)).tolist()
    found = asked(explorer, "law.bits(one[0], one[1])", list(zip(laws, u, strict=True)))
    expected = [python(one, at) for one, at in zip(laws, u, strict=True)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_places_on_the_curve_are_the_same(explorer):
    laws = random_laws(500, 2)
    channel = np.array([one["iMax"] / one["d"] for one in laws])
    u_bar, d = np.array([[one["uBar"], one["d"]] for one in laws]).T
    assert asked(explorer, "law.uSnr(one)", laws) == pytest.approx(snr_one(u_bar, channel))
    found = asked(explorer, "law.u95(one)", laws)
    has = channel * d > SHORT
    assert [one is not None for one in found] == has.tolist()
    assert 0 < has.sum() < len(laws)
    expected = noise_law_quality((channel - SHORT / d)[has], u_bar[has], channel[has])
    found = [one for one in found if one is not None]
    assert found == pytest.approx(expected, rel=1e-9)


def test_no_quality_gives_the_capacity_or_less_than_nothing(explorer):
    cases = [[START, bits] for bits in (3, 3.1, -0.1)]
    assert asked(explorer, "law.quality(...one)", cases) == [None] * 3


def test_the_steepest_slope_is_that_of_the_curve(explorer):
    laws = random_laws(60, 3)
    for one, found in zip(laws, asked(explorer, "law.steepest(one)", laws), strict=True):
        u = np.geomspace(1e-12 * one["uBar"], 1e3 * one["uBar"], 200_001)
        bits = effective_dimension_law(u, one["uBar"], one["iMax"], one["d"])
        assert found == pytest.approx(np.max(np.diff(bits) / np.diff(np.log2(u))), rel=1e-3)


def test_labels_cap_the_capacity_and_nothing_else(explorer):
    cases = [[START, entropy] for entropy in (None, 1.5, 5)]
    found = asked(explorer, "law.capped(...one)", cases)
    assert [one["iMax"] for one in found] == [3, 1.5, 3]
    assert all((one["uBar"], one["d"]) == (100, 1) for one in found)


def told(one, u):
    now, more = python(one, u), python(one, 2 * u) - python(one, u)
    return (
        f"At quality {thousands(u)} the model carries {now:.2f} bits, "
        f"{100 * now / one['iMax']:.0f} % of its ceiling of {one['iMax']:.2f}. "
        f"Twice the quality adds {more:.2f} bits."
    )


def rows(explorer):
    found = explorer.driver.find_elements("css selector", "#explorer-marks tbody tr")
    return [[c.text for c in row.find_elements("css selector", "th, td")] for row in found]


def test_the_first_words_and_numbers_are_those_of_python(explorer):
    assert explorer.text("sentence") == told(START, 300)
    u_95 = float(noise_law_quality(3 - SHORT, 100, 3))
    qualities = [float(snr_one(100, 3)), 100.0, u_95, 300.0]
    expected = [
        [thousands(u), f"{python(START, u):.3f}", f"{3 - python(START, u):.3f}"] for u in qualities
    ]
    assert [row[1:] for row in rows(explorer)] == expected


def test_a_slider_moved_by_keyboard_changes_number_words_picture_and_address(explorer):
    pictures = [explorer.script("return document.querySelector('.curve').getAttribute('d')")]
    for name, key in (("i_max", RIGHT), ("u_bar", LEFT), ("d", RIGHT), ("u", RIGHT)):
        slider = explorer.driver.find_element("css selector", f"[data-for={name}]")
        before = float(explorer.field(name).get_attribute("value"))
        slider.send_keys(key)
        explorer.settle()
        value = explorer.field(name).get_attribute("value")
        assert (float(value) > before) == (key == RIGHT)
        assert parse_qs(explorer.state())[name] == [value]
        assert slider.get_attribute("aria-valuetext") == value
    number = {key: float(explorer.field(key).get_attribute("value")) for key in ("i_max", "u_bar")}
    one = {"iMax": number["i_max"], "uBar": number["u_bar"], "d": 2}
    assert explorer.text("sentence") == told(one, float(explorer.field("u").get_attribute("value")))
    pictures.append(explorer.script("return document.querySelector('.curve').getAttribute('d')"))
    assert pictures[0] != pictures[1]
    assert explorer.driver.find_elements("css selector", "path.single")


def test_labels_below_the_capacity_are_drawn_and_told(explorer):
    assert not explorer.driver.find_elements("css selector", "path.entropy, path.free")
    explorer.type("entropy", 1.58)
    capped = START | {"iMax": 1.58}
    cut = "Labels of 1.58 bits cut the capacity from 3.00."
    assert explorer.text("sentence") == f"{told(capped, 300)} {cut}"
    assert len(explorer.driver.find_elements("css selector", "path.entropy, path.free")) == 2
    explorer.type("entropy", 4)
    assert explorer.text("sentence").endswith("Labels of 4.00 bits do not limit this capacity.")
    explorer.driver.find_element("css selector", "[data-for=entropy]").send_keys(END)
    explorer.settle()
    assert explorer.field("entropy").get_attribute("value") == "", "the slider's end is no limit"


def test_the_address_brings_the_law_back_and_start_again_forgets_it(explorer):
    explorer.type("i_max", 5)
    explorer.type("d", 4)
    state, words = explorer.state(), explorer.text("sentence")
    assert parse_qs(state) == {"i_max": ["5"], "d": ["4"]}
    explorer.open(state)
    assert explorer.text("sentence") == words
    explorer.script("location.hash = 'u_bar=7'")
    explorer.settle()
    assert explorer.text("sentence") == told(START | {"uBar": 7.0}, 300)
    explorer.driver.find_element("id", "explorer-reset").click()
    assert explorer.state() == ""
    assert explorer.text("sentence") == told(START, 300)


def test_a_link_to_a_heading_is_no_state(explorer):
    explorer.type("i_max", 5)
    explorer.script("location.hash = 'what-is-drawn'")
    assert explorer.field("i_max").get_attribute("value") == "5"
    explorer.open("what-is-drawn")
    assert explorer.text("sentence") == told(START, 300)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("i_max", "0", "The capacity is 0; give 0.01 to 50 bits"),
        ("i_max", "-1", "The capacity is -1; give 0.01 to 50 bits"),
        ("i_max", "", "The capacity: give a number"),
        ("u_bar", "0", "The noise sensitivity is 0; give 1 × 10⁻¹⁵ to 1 × 10¹⁵"),
        ("d", "1.5", "The dimension is 1.5; give a whole number of channels"),
        ("d", "1001", "The dimension is 1001; give 1 to 1,000 channels"),
        ("entropy", "99", "The entropy is 99; give 0.01 to 50 bits"),
        ("u", "1e20", "Your quality is 1e20; give 1 × 10⁻¹⁵ to 1 × 10¹⁵"),
    ],
)
def test_bad_input_is_told_at_its_field_and_taken_back(explorer, name, value, message):
    before = explorer.field(name).get_attribute("value")
    explorer.type(name, value)
    assert explorer.text("error") == message
    assert explorer.text("sentence") == explorer.text("caption") == ""
    assert explorer.field(name).get_attribute("aria-invalid") == "true"
    explorer.type(name, before)
    assert explorer.text("error") == ""
    assert explorer.text("sentence") == told(START, 300)
    assert explorer.field(name).get_attribute("aria-invalid") is None


@pytest.mark.parametrize("name", ["nonsense", "constructor", "length"])
def test_an_address_with_a_name_that_is_not_here_is_told(explorer, name):
    explorer.open(f"{name}=1&i_max=2")
    assert explorer.text("error") == f"The address names “{name}”, which is not here"
    assert explorer.text("sentence") == ""


#: Laws of every size that the fields take, each drawn and told; returns what looks wrong.
EVERY_SIZE = r"""
let seed = 1;
const random = () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
const bits = () => 0.01 * 5000 ** random();
const quality = () => 1e-15 * 1e30 ** random();
const form = document.getElementById("explorer-form");
const strange = [];
for (let i = 0; i < arguments[0]; i += 1) {
  const asked = { i_max: bits(), u_bar: quality(), d: Math.ceil(1000 ** random()), u: quality() };
  asked.entropy = random() < 0.5 ? bits() : "";
  for (const [name, value] of Object.entries(asked)) form.elements[name].value = value;
  form.elements.u.dispatchEvent(new Event("input", { bubbles: true }));
  const told = document.querySelector(".explorer-result").outerHTML;
  const error = document.getElementById("explorer-error").textContent;
  if (error || /NaN|undefined|Infinity|null|e[+-]\d/.test(told)) strange.push([error, asked]);
}
return strange.slice(0, 3);
"""


def test_laws_of_every_size_are_drawn_and_told(explorer):
    strange = explorer.script(EVERY_SIZE, 300)
    explorer.settle()
    assert not strange, strange


def test_every_control_has_a_name_and_the_answer_is_announced(explorer):
    controls = explorer.driver.find_elements("css selector", "#explorer :is(input, button)")
    names = [one.accessible_name for one in controls]
    assert len(names) == 11
    assert min(map(len, names)) > 8
    assert len(set(names)) == len(names)
    sentence = explorer.driver.find_element("id", "explorer-sentence")
    assert sentence.get_attribute("aria-live") == "polite"
    picture = explorer.driver.find_element("id", "explorer-picture")
    assert picture.aria_role in ("img", "image")
    assert picture.accessible_name == explorer.text("caption")


@pytest.mark.parametrize("width", [320, 380, 1_200])
def test_nothing_is_cut_off_at_any_width(explorer, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    explorer.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        explorer.open("i_max=12&entropy=2&d=3")
        explorer.settle()
        assert explorer.script("return document.documentElement.scrollWidth") <= width
        outside = """
          const box = document.querySelector("#explorer-picture svg").getBoundingClientRect();
          return [...document.querySelectorAll("#explorer-picture text")].filter((one) => {
            const { left, right, top, bottom } = one.getBoundingClientRect();
            return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 ||
              bottom > box.bottom + 1;
          }).map((one) => one.textContent)"""
        assert explorer.script(outside) == []
    finally:
        explorer.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_loads_its_scripts_and_nothing_else(site):
    page = (site / "law.html").read_text()
    loaded = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    own = {f"explorer/{path.name}" for path in (site / "explorer").iterdir()}
    assert loaded == own | {"planner/planner.css", "planner/arithmetic.js"}
    assert "<noscript>" in page
