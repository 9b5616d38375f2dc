"""The planner's page as a reader meets it: answers, address, bad input, keyboard, phone."""

import re
from urllib.parse import parse_qs

import pytest

from noisescaling.planning import Costs, Library, cheapest, plan, surface_of_parameters
from noisescaling.planning.tables import load_surface, surfaces

READS = Costs(0.2, per_read=2e-6, library=Library(20_000, 0.6))
OWN = {"i_max": 3.0, "u_snr": 40.0, "n0": 200.0, "s": 0.7, "u1": 50.0}


def test_the_first_answer_is_that_of_python(planner):
    expected = plan(load_surface("PBMC", "SCVI", "celltype.l3"), READS, 5_000)
    assert planner.text("sentence") == expected.sentence
    assert f"carries {expected.design.bits:.2f} bits" in planner.text("detail")
    assert planner.text("warnings") == "\n".join(map(str, expected.extrapolations))
    assert expected.extrapolations
    assert expected.sentence in planner.text("caption")


def test_every_fit_can_be_chosen_and_planned_with(planner):
    keys = [key for key in surfaces() if key.source == "published"]
    for key in keys[::5]:
        for name in ("dataset", "model", "signal"):
            planner.choose(name, getattr(key, name))
        expected = plan(load_surface(key.dataset, key.model, key.signal), READS, 5_000)
        assert planner.text("sentence") == expected.sentence
    offered = planner.script("return window.noisescalingFits.fits.length")
    assert offered == len(surfaces())


def test_the_lists_offer_only_what_was_fitted(planner):
    planner.choose("dataset", "larry")
    options = planner.field("signal").find_elements("css selector", "option")
    assert [one.get_attribute("value") for one in options] == ["clone"]
    assert [one.text for one in options] == ["clone (sister cells)"]


def test_typed_in_parameters_are_planned_with(planner):
    planner.choose("law", "own")
    for name, value in OWN.items():
        planner.type(name, value)
    planner.choose("depth", "umis")
    planner.type("per_million", 10)
    planner.type("budget", 800)
    costs = Costs(0.2, per_umi=1e-5)
    expected = plan(surface_of_parameters(OWN), costs, 800)
    assert planner.text("sentence") == expected.sentence
    assert "there is no interval" in planner.text("detail")
    planner.type("u_snr_se", 8)
    sure = plan(surface_of_parameters(OWN, {"u_snr": 8.0}), costs, 800)
    low, high = sure.bits_interval
    assert f"{low:.2f} to {high:.2f} bits" in planner.text("detail")


def test_the_cheapest_design_is_found(planner):
    planner.choose("aim", "bits")
    planner.type("bits", 2.5)
    expected = cheapest(load_surface("PBMC", "SCVI", "celltype.l3"), READS, 2.5)
    assert planner.text("sentence") == expected.sentence
    assert "carries 2.50 bits" in planner.text("detail")
    assert not planner.field("budget").is_displayed()


def test_the_present_design_is_compared_with(planner):
    planner.type("current_cells", 20_000)
    planner.type("current_umis", 1_000)
    law = load_surface("PBMC", "SCVI", "celltype.l3")
    assert planner.text("sentence").startswith("deeper: ")
    told = f"The present design (20,000 cells at 1,000 UMIs) carries {law.bits(2e4, 1e3):.2f} bits"
    assert told in planner.text("detail")


def test_the_address_holds_the_plan_and_brings_it_back(planner):
    assert planner.state() == ""
    planner.choose("dataset", "merfish")
    planner.choose("model", "PCA")
    planner.choose("inside", "yes")
    planner.type("budget", 12_345)
    planner.type("per_cell", 0.35)
    kept = {
        "dataset": ["merfish"], "model": ["PCA"], "signal": ["ng_idx"], "inside": ["yes"],
        "budget": ["12345"], "per_cell": ["0.35"],
    }  # fmt: skip
    assert parse_qs(planner.state()) == kept
    told, state = (planner.text("sentence"), planner.text("detail")), planner.state()
    planner.open(state)
    assert (planner.text("sentence"), planner.text("detail")) == told
    assert planner.field("budget").get_attribute("value") == "12345"
    assert planner.field("inside").is_selected()


def test_a_link_followed_within_the_page_changes_the_plan(planner):
    planner.script("location.hash = 'law=own&i_max=2&aim=bits&bits=1.5'")
    planner.settle()
    assert planner.field("i_max").get_attribute("value") == "2"
    assert "carries 1.50 bits" in planner.text("detail")
    planner.script("location.hash = ''")
    planner.settle()
    assert planner.field("dataset").is_displayed()


def test_the_link_can_be_copied(planner):
    planner.type("budget", 700)
    planner.driver.find_element("id", "planner-copy").click()
    planner.settle()
    assert "budget=700" in planner.state()
    assert planner.text("copied") in (
        "Copied.",
        "Copy the address of this page; it holds the plan.",
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("per_cell", "-1", "The price of a cell is -1; give at least 0"),
        ("per_million", "0", "The price of a million reads is 0; give a number above 0"),
        ("budget", "0.01", "The budget of 0.01 buys less than one cell at one UMI, for 0.200"),
        ("budget", "", "The budget: give a number"),
        ("complexity", "-5", "The library is -5; give a number above 0"),
        ("usable", "1.5", "The usable share of reads is 1.5; give at most 1"),
        ("current_cells", "100", "The present number of UMIs a cell: give a number"),
    ],
)
def test_bad_input_is_told_at_its_field_and_taken_back(planner, name, value, message):
    before = planner.field(name).get_attribute("value")
    planner.type(name, value)
    assert planner.text("error") == message
    assert planner.text("sentence") == "", "an answer to another question stays in sight"
    wrong = "current_umis" if name == "current_cells" else name
    assert planner.field(wrong).get_attribute("aria-invalid") == "true"
    assert planner.field(wrong).get_attribute("aria-describedby") == "planner-error"
    planner.type(name, before or "")
    assert planner.text("error") == ""
    assert re.match(r".*[\d,]+ cells at [\d,]+ UMIs", planner.text("sentence"))


def test_bits_out_of_reach_tell_the_capacity(planner):
    planner.choose("aim", "bits")
    planner.type("bits", 9)
    law = load_surface("PBMC", "SCVI", "celltype.l3")
    capacity = float(law.bits(1e100, 20_000))
    assert planner.text("error") == (
        "9 bits are out of reach: the capacity of this law, library and range is "
        f"{capacity:.2f} bits; ask for less"
    )


def test_an_address_that_makes_no_sense_is_told(planner):
    planner.open("dataset=nowhere")
    assert planner.text("error") == "The address asks for the dataset nowhere, which is not here"
    assert planner.text("sentence") == ""
    planner.choose("model", "PCA")
    assert planner.text("sentence")
    planner.open("dataset=larry")  # the list of signals follows the data set
    assert planner.field("signal").get_attribute("value") == "clone"
    assert planner.text("sentence")
    planner.open("budget=abc")
    assert planner.text("error") == "The budget: give a number"
    planner.open("law=neither&depth=gold&nonsense=1")
    assert planner.text("sentence").startswith("deeper")


def test_every_field_has_a_name_and_is_reached_by_keyboard_in_reading_order(planner):
    fields = [
        one
        for one in planner.driver.find_elements("css selector", "#planner-form :is(input, select)")
        if one.is_displayed()
    ]
    assert len(fields) >= 13
    assert all(len(one.accessible_name) > 3 for one in fields)
    assert len(planner.driver.find_elements("css selector", "fieldset > legend")) == 4
    expected = planner.script("""
      const shown = (one) => one.offsetParent !== null && !(one.type === "radio" && !one.checked);
      return [...document.querySelectorAll(".planner :is(input, select, button, summary)")]
        .filter(shown).map((one) => one.name || one.id || one.tagName)""")
    planner.script("document.activeElement.blur()")
    reached = []
    for _ in expected:
        planner.driver.switch_to.active_element.send_keys("\ue004")  # Tab
        reached.append(
            planner.script("const a = document.activeElement; return a.name || a.id || a.tagName")
        )
    assert reached == expected


def test_the_answer_is_announced_and_the_picture_has_words(planner):
    answer = planner.driver.find_element("id", "planner-answer")
    assert answer.get_attribute("aria-live") == "polite"
    assert planner.driver.find_element("id", "planner-error").get_attribute("role") == "alert"
    picture = planner.driver.find_element("id", "planner-picture")
    assert picture.aria_role in ("img", "image")
    assert picture.accessible_name == planner.text("caption")


def test_the_tables_hold_what_the_picture_shows(planner):
    planner.driver.find_element("css selector", "#planner-tables > summary").click()
    law = load_surface("PBMC", "SCVI", "celltype.l3")
    rows = planner.driver.find_elements("css selector", "#planner-surface tbody tr")
    deepest = [cell.text for cell in rows[-1].find_elements("css selector", "th, td")]
    assert deepest[0] == "8,100"
    assert deepest[-1] == f"{float(law.bits(1e5, 8_100)):.2f}"
    marginal = planner.text("marginal")
    expected = plan(law, READS, 5_000).marginal
    assert f"cells {expected.cells:.3f}" in marginal
    assert f"UMIs a cell {expected.depth:.3f}" in marginal


def test_the_picture_marks_the_best_design_on_the_line_of_its_price(planner):
    dot, inside = planner.script("""
      const dot = document.querySelector("circle.optimum").getBoundingClientRect();
      const map = document.querySelector("canvas").getBoundingClientRect();
      const line = document.querySelector("path.budget");
      const near = Math.min(...Array.from({length: 400}, (_, i) => {
        const at = line.getPointAtLength((i / 399) * line.getTotalLength());
        const on = document.querySelector("circle.optimum");
        return Math.hypot(at.x - on.getAttribute("cx"), at.y - on.getAttribute("cy"));
      }));
      return [near, dot.left > map.left && dot.right < map.right && dot.top > map.top];""")
    assert dot < 3
    assert inside
    assert len(planner.driver.find_elements("css selector", "circle.draw")) == 200


@pytest.mark.parametrize("width", [320, 380, 1_200])
def test_nothing_is_cut_off_at_any_width(planner, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    planner.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for state in ("", "law=own"):
            planner.open(state)
            planner.settle()
            assert planner.script("return document.documentElement.scrollWidth") <= width
            assert planner.script("return document.querySelector('svg').clientWidth") <= width
    finally:
        planner.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_scripts_the_page_says_so(site):
    assert "<noscript>" in (site / "planner.html").read_text()
