"""The command line measures sweeps, exports depths, fits points and plans."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest

import noisescaling
from noisescaling import __main__, datasets, fitting, planning, sweep


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


def test_a_file_that_names_a_package_needs_permission(file, tmp_path, capsys, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "foreign.py").write_text(
        "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
    )
    file.write_text('datasets = ["simulated"]\nmodels = ["foreign:Gone"]\ndepths = [10]\n')
    command = ["sweep", str(file), "--store", str(tmp_path / "points")]
    assert __main__.main(command) == 2
    told = capsys.readouterr().err
    assert "'foreign:Gone' would be imported, and 'foreign' is not allowed" in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "ran").exists()
    assert __main__.main([*command, "--allow", "other", "--allow", "foreign"]) == 2
    assert "model = 'foreign:Gone' cannot be imported" in capsys.readouterr().err
    assert (tmp_path / "ran").exists()


def test_depths_are_exported_as_files(tmp_path, capsys):
    path = datasets.write_h5ad(datasets.simulate_cells(60, 20, 100.0), tmp_path / "my.h5ad")
    command = ["export-depths", str(path), "--depths", "10, 30", "-o", str(tmp_path / "out")]
    assert __main__.main([*command, "--seed", "2"]) == 0
    files = capsys.readouterr().out.split()
    assert files == [str(tmp_path / "out" / f"my-{depth}.h5ad") for depth in (10, 30)]
    assert anndata.read_h5ad(files[1]).uns["noisescaling"]["seed"] == 2
    assert __main__.main([*command[:3], "10,x", *command[4:]]) == 2
    assert "depths = '10,x' is no list of numbers" in capsys.readouterr().err


@pytest.fixture
def measured_points(tmp_path):
    """A table of two models over cells and depths, by a law that is known."""
    n, u, seed = (x.ravel() for x in np.meshgrid([100, 400, 1600], [10, 30, 90, 270], [0, 1]))
    noise = 0.01 * np.random.default_rng(0).normal(size=n.size)
    law = fitting.joint_law(n, u, i_max=3.0, u_snr=40.0, n0=200.0, s=0.7, u1=50.0)
    table = pd.DataFrame({"n_samples": n, "quality": u, "seed": seed}).assign(
        dataset="cells", signal="type", quality_unit="UMIs per cell", status="ok"
    )
    both = [table.assign(model=name, bits=law * f + noise) for name, f in (("a", 1), ("b", 0.9))]
    failed = table.iloc[:1].assign(model="a", status="failed", bits=np.nan)
    pd.concat([*both, failed]).to_csv(tmp_path / "points.csv", index=False)
    return tmp_path / "points.csv"


def test_the_law_of_a_table_is_told_with_verdict_and_forecast(measured_points, capsys):
    assert __main__.main(["fit", str(measured_points), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["model"], one["n_samples"]) for one in told] == [
        (model, n) for model in "ab" for n in (100, 400, 1600)
    ]
    points = pd.read_csv(measured_points).query("model == 'b' and n_samples == 400")
    fit = fitting.fit_noise_law(points["quality"], points["bits"])
    assert told[4]["u_bar"] == pytest.approx(fit.u_bar)
    assert {"identified", "rejected", "reason"} <= told[4].keys()
    assert __main__.main(["fit", str(measured_points)]) == 0
    text = capsys.readouterr().out
    assert text.count("u_bar_low") == 6
    assert text.count("ahead_10_high") == 6


def test_a_plan_of_a_table(measured_points, capsys):
    command = ["plan", str(measured_points), "--model", "a"]
    assert __main__.main([*command, "--budget", "500"]) == 0
    told = capsys.readouterr().out
    surface = planning.surface_of_points(measured_points, model="a")
    best = planning.plan(surface, planning.Costs(0.2, per_umi=1e-5), 500)
    assert told.splitlines()[0] == best.sentence.splitlines()[0]
    assert __main__.main([*command, "--bits", "1.5"]) == 0
    for wrong in ([], ["--budget", "5", "--bits", "1"]):
        assert __main__.main([*command, *wrong]) == 2
        assert "give either --budget or --bits" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fit", "plan"])
def test_a_table_that_is_not_there_is_an_error_in_a_line(command, tmp_path, capsys):
    options = ["--budget", "5"] if command == "plan" else []
    assert __main__.main([command, str(tmp_path / "gone.csv"), *options]) in (2, 3)
    told = capsys.readouterr().err
    assert "gone.csv" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("command", ["sweep", "compact", "export-depths", "fit", "plan"])
def test_the_help_of_each_command_shows_an_example(command, capsys):
    with pytest.raises(SystemExit):
        __main__.main([command, "--help"])
    assert f"example:\n  noisescaling {command} " in capsys.readouterr().out


def test_a_folder_that_is_no_store_is_refused(capsys, tmp_path):
    assert __main__.main(["compact", str(tmp_path / "gone"), str(tmp_path / "x.csv")]) == 2
    assert "gone is no folder; give one that a sweep has filled" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_the_version_names_what_a_report_of_a_fault_needs(capsys):
    with pytest.raises(SystemExit):
        __main__.main(["--version"])
    told = capsys.readouterr().out
    assert told.startswith(f"noisescaling {noisescaling.__version__}, Python 3.")
