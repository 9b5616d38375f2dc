"""The command line measures sweeps and writes their points."""

import pandas as pd
import pytest

from noisescaling import __main__, sweep


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
