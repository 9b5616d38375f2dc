import importlib.util
import re

import pandas as pd
import pytest

from noisescaling import sweep
from study import paths

CLUSTER = paths.NOTEBOOKS / "sweeps"


@pytest.fixture
def slurm():
    pytest.importorskip("dask_jobqueue")
    spec = importlib.util.spec_from_file_location("slurm", CLUSTER / "slurm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_job_script_for_slurm_asks_for_what_a_worker_needs(slurm):
    quiet = {"scheduler_options": {"dashboard_address": None}, "silence_logs": 60}
    changes = {"account": "mine", "job_extra_directives": ["--gres=gpu:1"], **quiet}
    with slurm.make_cluster(**changes) as cluster:
        script = cluster.job_script()
    lines = script.splitlines()
    assert lines[0].startswith("#!")
    asked = ["-p short", "-A mine", "-n 1", "--cpus-per-task=2", "--mem=8G", "-t 04:00:00"]
    for directive in [*asked, "--gres=gpu:1"]:
        assert f"#SBATCH {directive}" in lines
    assert lines.index("export OMP_NUM_THREADS=2") < len(lines) - 1
    worker = lines[-1]
    assert "distributed.cli.dask_worker tcp://" in worker
    assert re.findall(r"--nthreads (\d+)", worker)[-1] == "1", "one point at a time"
    assert "--lifetime 230m" in worker
    assert "--nanny" in worker, "a worker that dies is started again"


def test_the_example_describes_sweeps_that_exist():
    points = {point.identity for one in sweep.read_sweeps(CLUSTER / "example.toml")
              for point in one.points()}  # fmt: skip
    assert len(points) == 2 * 2 * 3 * 2 + 2 * 2


def test_the_paper_file_is_the_published_grid():
    published = pd.read_csv(paths.PUBLISHED / "single_cell_mi.csv")
    sweeps = sweep.read_sweeps(CLUSTER / "paper.toml", allow=["study"])
    assert [one.datasets[0].label for one in sweeps] == ["PBMC", "larry", "merfish", "shendure"]
    for one in sweeps:
        values = published[published["dataset"] == one.datasets[0].label]
        assert sorted(one.sizes) == sorted(values["size"].unique())
        assert sorted(one.qualities) == sorted(values["umis_per_cell"].unique())
        assert set(values["seed"]) <= set(one.seeds)
