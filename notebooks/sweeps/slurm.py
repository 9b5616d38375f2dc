"""Measure a sweep on a SLURM cluster: copy this file, change `make_cluster`, and run it.

    python slurm.py my_sweep.toml /scratch/me/points --jobs 50

Run it where it may stay for long, such as in tmux on the login node. Killed or broken off, it goes
on with the same command. Other schedulers: `PBSCluster`, `LSFCluster`, `SGECluster`, ... of
dask_jobqueue take nearly the same settings.
"""

import argparse

from dask.distributed import Client
from dask_jobqueue import SLURMCluster

from noisescaling import sweep


def make_cluster(**changes):
    """Describe one job; a job is one worker, which measures one point at a time."""
    settings = {
        "queue": "short",  # the partition: see `sinfo`
        "account": None,  # the account to charge, where your cluster wants one
        "cores": 2,  # cores of a job
        "processes": 1,
        "memory": "8GB",  # enough for one data set and one model
        "walltime": "04:00:00",
        # A worker leaves shortly before its job ends; what it did not finish goes to another.
        "worker_extra_args": ["--nthreads", "1", "--lifetime", "230m", "--lifetime-stagger", "5m"],
        "job_script_prologue": [
            "source ~/noisescaling/.venv/bin/activate",  # where noisescaling is installed
            "export OMP_NUM_THREADS=2",  # as many as cores
            "export NOISESCALING_MIRROR=~/noisescaling-data",  # files, if nodes have no network
        ],
        "job_extra_directives": [],  # such as "--gres=gpu:1"
    }
    return SLURMCluster(**(settings | changes))


def main():
    """Start the jobs, measure, and stop the jobs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the sweep, as TOML")
    parser.add_argument("store", help="folder for the points, on a disk that all nodes see")
    parser.add_argument("--jobs", type=int, default=10, help="jobs at once, at most")
    parser.add_argument("--retry-failed", action="store_true", help="measure anew what failed")
    parser.add_argument("--allow", action="append", default=[], help="package the file may name")
    given = parser.parse_args()
    sweeps, store = sweep.read_sweeps(given.file, given.allow), sweep.ResultsStore(given.store)
    with make_cluster() as cluster, Client(cluster) as client:
        cluster.adapt(minimum_jobs=1, maximum_jobs=given.jobs)
        print(sweep.run(sweeps, store, client=client, retry_failed=given.retry_failed))


if __name__ == "__main__":
    main()
