"""The planner's page as a reader meets it: answers, address, bad input, keyboard, phone."""

import json
import re
import shutil
from urllib.parse import parse_qs, quote

import pytest

from noisescaling.planning import Costs, Library, cheapest, plan, surface_of_parameters
from noisescaling.planning.result import thousands
from study.surfaces import load_surface, surfaces

READS = Costs(0.2, per_read=2e-6, library=Library(20_000, 0.6))
START = ("shendure", "SCVI", "author_day")
OWN = {"i_max": 3.0, "u_snr": 40.0, "n0": 200.0, "s": 0.7, "u1": 50.0}


def test_the_first_answer_is_that_of_python(planner):
    expected = plan(load_surface(*START), READS, 5_000)
    assert planner.text("sentence") == expected.sentence
    assert f"carries {expected.design.bits:.2f} bits" in planner.text("detail")
    reads, lanes = expected.design.n_cells * expected.design.reads_per_cell, expected.design.lanes
    told = f"Its {thousands(reads)} reads in all fill {thousands(lanes)} lanes of 2,000,000,000"
    assert told in planner.text("detail")
    assert planner.text("warnings") == "\n".join(map(str, expected.extrapolations))
    assert expected.extrapolations
    assert expected.sentence in planner.text("caption")


def test_every_fit_can_be_chosen_and_planned_with(planner):
    keys = [key for key, surface in surfaces().items() if not surface.unknown]
    for key in keys:
        for name in ("dataset", "model", "signal"):
            planner.choose(name, getattr(key, name))
        expected = plan(load_surface(*key[1:], source=key.source), READS, 5_000)
        assert planner.text("sentence") == expected.sentence
    offered = planner.script("return window.noisescalingFits.fits.length")
    assert offered == len(keys)


def test_the_lists_offer_only_what_was_fitted(planner):
    planner.choose("dataset", START[0])
    options = planner.field("signal").find_elements("css selector", "option")
    assert [one.get_attribute("value") for one in options] == ["author_day"]
    assert [one.text for one in options] == ["day of development"]


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
    planner.type("bits", 1.7)
    expected = cheapest(load_surface(*START), READS, 1.7)
    assert planner.text("sentence") == expected.sentence
    assert "carries 1.70 bits" in planner.text("detail")
    assert not planner.field("budget").is_displayed()


def test_the_present_design_is_compared_with(planner):
    planner.type("current_cells", 20_000)
    planner.type("current_umis", 1_000)
    law = load_surface(*START)
    expected = plan(law, READS, 5_000, current=(20_000, 1_000))
    assert planner.text("sentence") == expected.sentence
    assert "deeper than the present design (1,000 UMIs per cell)" in expected.sentence
    reads = thousands(expected.reference.reads_per_cell)
    told = (
        f"The present design has 20,000 cells at 1,000 UMIs and {reads} reads per cell and carries"
    )
    assert f"{told} {law.bits(2e4, 1e3):.2f} bits and costs" in planner.text("detail")
    assert "The deepest measured" not in planner.text("detail")


def test_the_address_holds_the_plan_and_brings_it_back(planner):
    assert planner.state() == ""
    planner.choose("amplification", "even")
    planner.choose("inside", "yes")
    planner.type("budget", 12_345)
    planner.type("per_cell", 0.35)
    kept = {
        "amplification": ["even"], "inside": ["yes"],
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
        ("budget", "0.01", "The budget of 0.01 buys less than one cell at one UMI, for 0.2"),
        ("budget", "", "The budget: give a number"),
        ("complexity", "-5", "The library is -5; give a number above 0"),
        ("usable", "1.5", "The usable share of reads is 1.5; give at most 1"),
        ("current_cells", "100", "The present number of UMIs per cell: give a number"),
        ("lane", "0", "The reads of a lane is 0; give a number above 0"),
        ("budget", "1e31", "The budget is 1e31; give a number from 10⁻³⁰ to 10³⁰"),
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
    assert re.match(r"[\d,]+ cells at [\d,]+ UMIs", planner.text("sentence"))


def test_bits_out_of_reach_tell_the_capacity(planner):
    planner.choose("aim", "bits")
    planner.type("bits", 9)
    law = load_surface(*START)
    capacity = float(law.bits(1e100, 20_000))
    assert planner.text("error") == (
        "9 bits are out of reach: the capacity of this law, library and range is "
        f"{capacity:.2f} bits; ask for less"
    )


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("dataset=nowhere", "the data set “nowhere”, which is not here"),
        ("dataset=<b>x</b>", "the data set “<b>x</b>”, which is not here"),
        ("dataset=shendure&model=GPT", "the model “GPT”, which is not here"),
        ("dataset=PBMC", "the data set PBMC, CITE-seq, which is not offered; the list below"),
        ("dataset=larry&model=PCA&signal=clone", "LARRY, blood progenitors, PCA, clone (sister "),
        ("law=neither", "the law “neither”, which is not here"),
        ("depth=gold", "the depth “gold”, which is not here"),
        ("nonsense=1", "“nonsense”, which this page does not have"),
        ("constructor=1", "“constructor”, which this page does not have"),
        ("length=3", "“length”, which this page does not have"),
    ],
)
def test_an_address_that_asks_for_what_is_not_here_is_told(planner, state, told):
    planner.open(state)
    assert planner.text("error").startswith(f"The address asks for {told}")
    assert planner.text("sentence") == planner.text("detail") == planner.text("caption") == ""
    planner.choose("amplification", "even")
    assert planner.text("error") == ""
    assert planner.text("sentence")


def test_an_address_names_what_it_changes_and_no_more(planner):
    fit = planner.script("return window.noisescalingFits.fits.at(-1)")
    # The lists of models and signals follow the data set.
    planner.open(f"dataset={quote(fit['dataset'])}")
    assert planner.field("dataset").get_attribute("value") == fit["dataset"]
    assert planner.text("sentence")
    planner.open("budget=abc")
    assert planner.text("error") == "The budget: give a number"
    planner.driver.get(f"{planner.address}?budget=700&utm_source=mail")
    assert planner.field("budget").get_attribute("value") == "700"
    assert planner.text("error") == ""
    planner.driver.get(f"{planner.address}?dataset=nowhere")
    assert "the data set “nowhere”" in planner.text("error")


def test_what_is_not_offered_is_listed_with_the_reason(planner):
    planner.driver.find_element("css selector", "#planner-withheld > summary").click()
    rows = planner.driver.find_elements("css selector", "#planner-withheld li")
    unknown = [surface.unknown for surface in surfaces().values() if surface.unknown]
    assert len(rows) == len(unknown)
    assert all(row.text.endswith(why) for row, why in zip(rows, unknown, strict=True))
    summary = planner.driver.find_element("css selector", "#planner-withheld > summary").text
    assert summary == f"{len(unknown)} of {len(surfaces())} fits are not offered, and why"
    planner.choose("law", "own")
    assert not rows[0].is_displayed()


#: Answers as the form's fields are drawn at random from numbers of every size.
EVERY_SIZE = r"""
const { fits, error, normals } = window.noisescalingFits;
const form = Object.fromEntries(new FormData(document.querySelector("#planner-form")));
const NUMBERS = ["per_cell", "per_million", "complexity", "usable", "lane", "budget", "bits",
  "current_cells", "current_umis", "i_max", "i_max_se", "u_snr", "n0", "s", "u1"];
let seed = 1;
const random = () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
const pick = (list) => list[Math.floor(random() * list.length)];
const number = () => pick([
  () => 10 ** (80 * random() - 40), () => 10 ** (8 * random()), () => Math.round(1e6 * random()),
  () => 0, () => 1, () => -1, () => "",
])();
const strange = [], counts = { answers: 0, problems: 0 };
for (let i = 0; i < arguments[0]; i += 1) {
  const asked = { ...form, law: pick(["own", "measured"]), depth: pick(["reads", "umis"]) };
  Object.assign(asked, { aim: pick(["budget", "bits"]), amplification: pick(["even", "uneven"]) });
  if (random() < 0.3) asked.inside = "yes";
  for (const name of NUMBERS) if (random() < 0.25) asked[name] = String(number());
  const thin = (fit) => ({ ...fit, draws: fit.draws.slice(0, 3) });
  const few = { fits: fits.map(thin), error, normals: normals.slice(0, 3) };
  let told;
  try {
    const one = question.ask(asked, few);
    const aim = one.aim === "bits" ? ["cheapest", one.bits] : ["plan", one.budget];
    const found = arithmetic[aim[0]](one.surface, one.market, aim[1]);
    told = JSON.stringify([words.sentence(one, found), words.detail(one, found, 0.05),
      words.warnings(one, found), words.caption(one, found), tables.make(one, found)]);
    const holder = document.createElement("div");
    Object.defineProperty(holder, "clientWidth", { value: 500 });
    Object.defineProperty(holder, "clientHeight", { value: 300 });
    if (i % 20 === 0) {
      picture.draw(holder, one, found);
      told += [...holder.querySelectorAll("text, .optimum, .budget")].map((x) => x.outerHTML);
    }
    counts.answers += 1;
  } catch (problem) {
    counts.problems += 1;
    told = problem instanceof question.Problem ? "" : `${problem.stack}`;
    if (told) strange.push([told, asked]);
    continue;
  }
  if (/NaN|undefined|Infinity|null|e[+-]\d/.test(told)) strange.push([told, asked]);
}
return [strange.slice(0, 3), counts];
"""


def test_numbers_of_every_size_give_a_whole_answer_or_a_problem_in_words(planner):
    strange, counts = planner.script(EVERY_SIZE, 1_500)
    assert not strange, strange
    assert min(counts.values()) > 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("per_cell", 0), ("budget", 500_000), ("budget", 1e29), ("budget", 87_654_321), ("lane", 1e9)],
)
def test_sentence_picture_tables_and_address_change_together(planner, name, value):
    parts = ("sentence", "detail", "caption", "line", "surface", "picture")
    script = "return document.getElementById(`planner-${arguments[0]}`).innerHTML"
    before = {part: planner.script(script, part) for part in parts}
    planner.type(name, value)
    after = {part: planner.script(script, part) for part in parts}
    changed = {part for part in parts if before[part] != after[part]}
    same = {"surface"} | ({"sentence", "caption", "picture"} if name == "lane" else set())
    assert changed >= set(parts) - same
    assert f"{name}=" in planner.state()
    assert not planner.driver.find_elements("css selector", "[aria-busy]")


def test_a_fault_of_the_page_leaves_no_old_answer(planner):
    planner.script("tables.make = () => { throw new RangeError('too many digits'); }")
    planner.type("budget", 700)
    assert planner.text("error") == "These numbers have no plan (too many digits)"
    assert planner.text("sentence") == planner.text("detail") == planner.text("caption") == ""
    assert not planner.driver.find_elements("css selector", "[aria-busy]")
    assert "budget=700" in planner.state()
    planner.driver.get_log("browser")  # the fault stands in the console, as it should


def test_very_large_numbers_are_written_with_powers_of_ten(planner):
    planner.open("law=own&budget=1e29")
    planner.settle()
    assert re.match("[0-9.]+ × 10²[⁰¹²³⁴⁵⁶⁷⁸⁹] cells at", planner.text("sentence"))
    assert "costs 1 × 10²⁹" in planner.text("detail")
    labels = planner.driver.find_elements("css selector", "#planner-picture svg > text")
    assert any(re.fullmatch("10[⁰¹²³⁴⁵⁶⁷⁸⁹]+", one.text) for one in labels)


def test_a_present_design_deeper_than_the_library_is_refused(planner):
    planner.open("current_cells=100&current_umis=30000")
    told = "The present 30000 UMIs per cell are not in a library of 20000; give fewer, or a larger"
    assert planner.text("error").startswith(told)


def test_without_an_identified_fit_the_page_takes_own_parameters(planner, site, tmp_path):
    text = (site / "planner" / "data.js").read_text()
    data = json.loads(text.removeprefix("window.noisescalingFits = ").rstrip().removesuffix(";"))
    data["withheld"] += [{**fit, "unknown": "open"} for fit in data["fits"]]
    data["fits"] = []
    shutil.copytree(site, tmp_path / "site")
    told = f"window.noisescalingFits = {json.dumps(data)};"
    (tmp_path / "site" / "planner" / "data.js").write_text(told)
    planner.driver.get((tmp_path / "site" / "planner.html").as_uri())
    assert planner.text("sentence")
    assert not planner.field("dataset").is_displayed()
    assert not planner.driver.find_element(
        "css selector", "[name=law][value=measured]"
    ).is_enabled()


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
    law = load_surface(*START)
    rows = planner.driver.find_elements("css selector", "#planner-surface tbody tr")
    deepest = [cell.text for cell in rows[-1].find_elements("css selector", "th, td")]
    assert deepest[0] == thousands(law.umis_range[1])
    assert deepest[-1] == f"{float(law.bits(law.cells_range[1], law.umis_range[1])):.2f}"
    line = planner.driver.find_elements("css selector", "#planner-line tbody tr")
    cells = [[cell.text for cell in row.find_elements("css selector", "th, td")] for row in line]
    reads = READS.library.reads(plan(law, READS, 5_000).design.umis_per_cell)
    assert thousands(reads) in [row[1] for row in cells]
    assert all(len(row) == 5 for row in cells)
    marginal = planner.text("marginal")
    expected = plan(law, READS, 5_000).marginal
    assert f"cells {expected.cells:.3f}" in marginal
    assert f"UMIs per cell {expected.depth:.3f}" in marginal


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
