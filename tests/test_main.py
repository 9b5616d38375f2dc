import pytest

from noisescaling import __main__, notebooks


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
        ran.append(name)
        return output or tmp_path / f"{name}.ipynb"

    monkeypatch.setattr(__main__.paths, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "names", lambda: ["a"])
    monkeypatch.setattr(notebooks, "problems", lambda name: [])
    monkeypatch.setattr(notebooks, "fingerprint", lambda name, parameters: str(parameters))
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
    assert executed == ["a"] * 3


def test_a_stale_figure_runs_again(executed, monkeypatch):
    __main__.main(["figures", "a"])
    monkeypatch.setattr(notebooks, "problems", lambda name: ["a is stale"])
    __main__.main(["figures", "a"])
    assert executed == ["a", "a"]


def test_times_of_figures_are_written_and_others_keep_their_rows(executed, tmp_path, monkeypatch):
    table = tmp_path / "times.csv"
    monkeypatch.setattr(notebooks, "title", lambda name: f"Title of {name}, in words")
    monkeypatch.setattr(notebooks, "names", lambda: ["a", "b"])
    notebooks.record_seconds({"a": 1.4, "b": 2.6}, table)
    assert __main__.main(["figures", "a", "--force", "--times", str(table)]) == 0
    assert table.read_text().splitlines() == [
        "figure,notebook,command,seconds",
        '"Title of a, in words",a,python -m noisescaling figures a --force,0',
        '"Title of b, in words",b,python -m noisescaling figures b --force,3',
    ]


def test_a_title_is_the_first_heading():
    assert notebooks.title("quickstart").startswith("Quickstart: ")
