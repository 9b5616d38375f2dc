"""Faults tried anew in small, and the committed tables of what was tried."""

import pandas as pd
import pytest
from benchmarks.faults import bad_inputs, files, runs

from study import paths

CASES = list(bad_inputs.cases())


@pytest.fixture(scope="module")
def committed():
    table = pd.read_csv(paths.RESULTS / "bad_inputs.csv", keep_default_na=False)
    return table.set_index(["part", "bad input"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.part}: {case.wrong}")
def test_a_bad_input_is_refused_with_the_message_of_the_table(case, committed, monkeypatch):
    monkeypatch.delenv("NOISESCALING_MIRROR", raising=False)
    error, message = bad_inputs.told(case)
    assert error == "ValueError", message
    kept = committed.loc[(case.part, case.wrong)]
    # Behind the semicolon stand names that grow with the library.
    assert message.partition(";")[0] == kept["message"].partition(";")[0]


def test_the_table_holds_the_cases_and_no_others(committed):
    assert list(committed.index) == [(case.part, case.wrong) for case in CASES]
    assert len(CASES) >= 60


def test_the_committed_faults_lost_nothing():
    table = pd.read_csv(paths.RESULTS / "faults.csv")
    assert not table["lost"].any()
    assert table["recovered"].all()
    assert table["tries"].max() >= 50
    assert table["seen"].str.len().min() > 5


def test_a_sweep_killed_a_few_times_loses_nothing(tmp_path):
    found = runs.killed(tmp_path, 2, 20)
    assert found.lost == 0
    assert found.recovered, found.seen


def test_damaged_and_exchanged_files_are_told_and_measured_anew(tmp_path):
    for found in [*files.damaged_points(tmp_path), files.exchanged_file(tmp_path)]:
        assert found.lost == 0
        assert found.recovered, found


def test_nonsense_of_a_model_costs_its_points_alone(tmp_path):
    for found in runs.bad_models(tmp_path):
        assert found.lost == 0
        assert found.recovered, found
