import subprocess

import pandas as pd
import pytest

from noisescaling import __main__, notebooks, sweep


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
        ["-m", "noisescaling", "figures", name, "--force"] for name in ("broken", "quick", "slow")
    ]


def test_the_longest_notebook_goes_first():
    assert notebooks.longest_first(["benchmarks", "quickstart"]) == ["quickstart", "benchmarks"]
    assert notebooks.longest_first(["quickstart", "unheard of"])[0] == "unheard of"


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
        '"Title of a, in words",a,`python -m noisescaling figures a --force`,0',
        '"Title of b, in words",b,`python -m noisescaling figures b --force`,3',
    ]


def test_a_title_is_the_first_heading():
    assert notebooks.title("quickstart").startswith("Quickstart: ")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'datasets = [{name = "simulated", n_cells = 60, n_genes = 20, umis_per_cell = 100.0}]\n'
        'models = [{name = "RandomProjection", n_components = 2}]\n'
        'depths = [10, 20]\nsignals = ["time"]\n'
    )
    return path


def test_a_sweep_from_a_file_is_measured_goes_on_and_is_compacted(file, tmp_path, capsys):
    store, table = tmp_path / "points", tmp_path / "points.csv"
    assert __main__.main(["sweep", str(file), "--store", str(store)]) == 0
    assert "2 points: 2 measured in" in capsys.readouterr().out
    assert __main__.main(["sweep", str(file), "--store", str(store)]) == 0
    assert "0 measured in 0 s, 2 there already, 0 failed" in capsys.readouterr().out
    assert __main__.main(["compact", str(store), str(table)]) == 0
    assert capsys.readouterr().out.split() == [str(table)]
    pd.testing.assert_frame_equal(sweep.read_csv(table), sweep.ResultsStore(store).table())


def test_a_sweep_with_failed_points_says_so_by_its_status(file, tmp_path, capsys):
    file.write_text(file.read_text().replace("n_cells = 60", "n_cells = 30"))
    assert __main__.main(["sweep", str(file), "--store", str(tmp_path / "points")]) == 1
    assert "2 failed" in capsys.readouterr().out


def test_a_bad_file_is_an_error_in_a_line(tmp_path, capsys):
    assert __main__.main(["sweep", str(tmp_path / "gone.toml"), "--store", str(tmp_path)]) == 2
    assert "gone.toml does not exist; give a TOML file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [sweep.StoreFullError("no room left in there"), ConnectionError("no network")]
)
def test_a_full_disk_or_no_network_is_an_error_in_a_line(
    file, tmp_path, capsys, monkeypatch, error
):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(sweep, "run", fail)
    assert __main__.main(["sweep", str(file), "--store", str(tmp_path / "points")]) == 3
    assert capsys.readouterr().err == f"error: {error}\n"


def test_a_folder_that_is_no_store_is_refused(capsys, tmp_path):
    assert __main__.main(["compact", str(tmp_path / "gone"), str(tmp_path / "x.csv")]) == 2
    assert "gone is no folder; give one that a sweep has filled" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_a_notebook_that_refuses_ends_in_one_line(capsys, tmp_path):
    given = ["-p", "preset", "smoke", "-p", "models", "PCA, SCV1", "-o", str(tmp_path / "o.ipynb")]
    assert __main__.main(["figures", "quickstart", *given]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: quickstart: model = 'SCV1' is unknown; give one of")
