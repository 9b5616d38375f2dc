"""`python -m study figures` runs what is stale, and tells what fails."""

import subprocess

import pytest

from study import __main__, notebooks


def test_an_unknown_notebook_ends_with_those_known(capsys):
    assert __main__.main(["figures", "quickstrat"]) == 2
    told = capsys.readouterr().err
    assert "notebook = 'quickstrat' is unknown; give one of" in told
    assert "quickstart" in told


def test_a_parameter_needs_one_notebook(capsys):
    assert __main__.main(["figures", "-p", "seed", "7"]) == 2
    assert "-p and -o need one notebook, and 0 are named" in capsys.readouterr().err


def test_check_tells_the_stale_and_fails(capsys, monkeypatch):
    monkeypatch.setattr(notebooks, "problems", lambda name: [f"{name} is stale"])
    assert __main__.main(["figures", "quickstart", "--check"]) == 1
    assert capsys.readouterr().out == "quickstart is stale\n"


@pytest.fixture
def executed(tmp_path, monkeypatch):
    ran = []

    def execute(name, parameters, output):
        ran.append([name, parameters])
        return output or tmp_path / f"{name}.ipynb"

    monkeypatch.setattr(notebooks, "names", lambda: ["a"])
    monkeypatch.setattr(notebooks, "problems", lambda name: [])
    monkeypatch.setattr(notebooks, "up_to_date", lambda name, parameters: [name, parameters] in ran)
    monkeypatch.setattr(notebooks, "execute", execute)
    return ran


def test_a_figure_runs_once_and_again_only_when_something_changed(executed):
    for arguments in (
        ["a"],
        ["a"],
        ["a", "-p", "seed", "1"],
        ["a", "-p", "seed", "1"],
        ["a", "--force"],
    ):
        assert __main__.main(["figures", *arguments]) == 0
    assert executed == [["a", {}], ["a", {"seed": "1"}], ["a", {}]]


def test_several_stale_figures_run_side_by_side_and_a_failed_one_is_told(
    executed, monkeypatch, capsys
):
    monkeypatch.setattr(notebooks, "names", lambda: ["quick", "slow", "broken"])
    monkeypatch.setattr(notebooks, "longest_first", lambda wanted: sorted(wanted))
    commands = []

    def run(command, **_):
        commands.append(command[1:])
        failed = "broken" in command
        return subprocess.CompletedProcess(
            command, int(failed), "" if failed else f"{command[4]}: 1 s\n", "it broke" * failed
        )

    monkeypatch.setattr(__main__.subprocess, "run", run)
    assert __main__.main(["figures", "--processes", "2"]) == 1
    told = capsys.readouterr()
    assert "quick: 1 s" in told.out
    assert "slow: 1 s" in told.out
    assert "it broke" in told.out
    assert executed == []
    assert sorted(commands) == [
        ["-m", "study", "figures", name, "--force"] for name in ("broken", "quick", "slow")
    ]


def test_the_longest_notebook_goes_first():
    assert notebooks.longest_first(["benchmarks", "quickstart"]) == ["quickstart", "benchmarks"]
    assert notebooks.longest_first(["quickstart", "unheard of"])[0] == "unheard of"


def test_times_of_figures_are_written_and_others_keep_their_rows(executed, tmp_path, monkeypatch):
    table = tmp_path / "times.csv"
    monkeypatch.setattr(notebooks, "title", lambda name: f"Title of {name}, in words")
    monkeypatch.setattr(notebooks, "names", lambda: ["a", "b"])
    notebooks.record_seconds({"a": 1.4, "b": 2.6}, table)
    assert __main__.main(["figures", "a", "--force", "--times", str(table)]) == 0
    assert table.read_text().splitlines() == [
        "figure,notebook,command,seconds",
        '"Title of a, in words",a,`python -m study figures a --force`,0',
        '"Title of b, in words",b,`python -m study figures b --force`,3',
    ]


def test_a_title_is_the_first_heading():
    assert notebooks.title("quickstart").startswith("Quickstart: ")


def test_a_notebook_that_refuses_ends_in_one_line(capsys, tmp_path):
    given = ["-p", "preset", "smoke", "-p", "models", "PCA, SCV1", "-o", str(tmp_path / "o.ipynb")]
    assert __main__.main(["figures", "quickstart", *given]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: quickstart: model = 'SCV1' is unknown; give one of")


def test_tables_names_the_files_that_it_writes(capsys, monkeypatch):
    monkeypatch.setattr("study.studies.write_tables", lambda: ["one.csv", "two.csv"])
    assert __main__.main(["tables"]) == 0
    assert capsys.readouterr().out == "one.csv\ntwo.csv\n"
