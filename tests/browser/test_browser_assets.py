"""The files that the Sphinx extension puts beside the planner's page."""

import json
import re

import numpy as np

from noisescaling.fitting import JOINT
from study.labels import LABELS
from study.paths import ROOT
from study.surfaces import surfaces


def data_of(site):
    text = (site / "planner" / "data.js").read_text()
    return json.loads(text.removeprefix("window.noisescalingFits = ").rstrip().removesuffix(";"))


def test_the_data_are_the_fitted_surfaces(site):
    fits = data_of(site)["fits"]
    offered = {key: surface for key, surface in surfaces().items() if not surface.unknown}
    assert 0 < len(fits) == len(offered)
    for fit, (key, surface) in zip(fits, offered.items(), strict=True):
        assert (fit["model"], fit["signal"]) == (key.model, key.signal)
        np.testing.assert_array_equal(fit["value"], surface.values)
        np.testing.assert_array_equal(fit["draws"], surface.draws)
        assert tuple(fit["cells"]) == surface.cells_range
        assert tuple(fit["umis"]) == surface.umis_range


def test_no_plan_rests_on_a_fit_that_is_not_identified(site):
    data = data_of(site)
    withheld = [surface.unknown for surface in surfaces().values() if surface.unknown]
    assert [fit["unknown"] for fit in data["withheld"]] == withheld
    assert len(withheld) + len(data["fits"]) == len(surfaces())
    assert not any("value" in fit or "draws" in fit for fit in data["withheld"])
    for fit in data["fits"]:
        i_max, _, n0, _, _ = fit["value"]
        assert n0 >= 1
        assert i_max < 14.9
        assert fit["cells"][0] < fit["cells"][1]


def test_the_page_starts_with_a_fit_that_is_there(site):
    data = data_of(site)
    start = data["start"]
    assert any(
        all(fit[k] == start[k] for k in ("dataset", "model", "signal")) for fit in data["fits"]
    )
    assert data["parameters"] == list(JOINT.names)
    assert data["labels"].items() >= LABELS.items()
    shown = {fit["dataset"] for fit in data["fits"] + data["withheld"]}
    assert shown <= set(data["labels"]), "a data set without a name for readers"


def test_the_page_loads_every_script_and_nothing_else(site):
    page = (site / "planner.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sorted(loaded) == sorted(f"planner/{path.name}" for path in (site / "planner").iterdir())


def test_the_book_registers_the_extension_and_keeps_its_files_off_other_pages():
    assert "planner: book/_ext" in (ROOT / "_config.yml").read_text()
    assert not list((ROOT / "book").glob("_static/**/arithmetic.js"))


def test_the_scripts_ask_for_nothing(site):
    for script in (site / "planner").glob("*.js"):
        if script.name != "data.js":
            text = script.read_text().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?:|fetch\(|XMLHttp|\bimport\b|eval\(", text), script.name
