"""DaskExecutor with SLURM jobs as its workers, on a real SLURM: `SLURMcluster_config` through
dask-jobqueue.

Every day the dataset and jobs that cannot run; kills, the number of jobs and MPI with ``--full``.
"""

from __future__ import annotations

import os
import time

import pytest

from helpers import shapes
from helpers.campaign import campaigns_apart
from helpers.dask_cluster import contents_on_dask, on_dask, wait_until
from helpers.marks import in_full
from helpers.processes import TESTS, assert_one_sentence, finish
from helpers.slurm.mixed import Kind, assert_all_ran, assert_shares_held, launcher, mixed
from helpers.slurm.placed import assert_none_outlives_its_record

pytest.importorskip("dask_jobqueue", reason="Dask workers as SLURM jobs: pip install dask-jobqueue")

JOBS = {
    "queue": "main",
    "cores": 1,
    "processes": 1,
    "memory": "500MB",
    "interface": "lo",
    "walltime": "00:10:00",
}


def on_slurm(config, place, scale=2, *, executor=None, **jobs):
    """Give a configuration whose executors are SLURM jobs that write their output below `place`."""
    cluster = {
        **JOBS,
        "name": "jobs",
        "log_directory": str(place / "logs"),
        "local_directory": str(place / "dask"),
        **jobs,
    }
    options = {
        "type": "DaskExecutor",
        "SLURMcluster_config": cluster,
        **({} if scale is None else {"scale_n_jobs": scale}),
    }
    return on_dask(config, {**options, **(executor or {})})


@pytest.fixture
def campaign(tmp_path, cluster, monkeypatch):
    """Make campaigns on the shared cluster; whatever they leave running or queued is ended with the
    test.
    """
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    with campaigns_apart(tmp_path) as make:
        yield make
    cluster.slurm("scancel", "--name=dask-worker", check=False)


def queued(bed):
    return bed.slurm(
        "squeue", "--noheader", "--states=PENDING,CONFIGURING,RUNNING", "--format=%i"
    ).split()


def reference_of(campaign, config):
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    return contents_on_dask(reference)


def test_same_dataset_as_local(campaign, cluster, tmp_path):
    """Row for row and file for file but for run times; nothing is left in the queue and on the
    nodes.
    """
    config = shapes.nested(12, 3, inner_steps=2, mischief=True)
    dask = campaign(on_slurm(config, tmp_path))
    ended = dask.run_here()
    assert ended.code == 0, ended
    dask.assert_like(reference_of(campaign, config))
    wait_until(lambda: queued(cluster) == [], 20, "jobs are left in the queue")
    dask.wait_for_no_process(20)
    assert os.listdir(dask.root / "tmp") == []


def test_jobs_keep_to_core_hours(campaign, cluster, tmp_path):
    """A job that may hold more than is left is not submitted, and a sentence says so; of two that
    are wanted only the one that fits is.
    """
    config = shapes.flat(6, sleep=1.5)  # the queue is asked 5 s after a job was submitted
    config["supervisor"]["max_core_hours"] = 0.9 / 6
    dask = campaign(on_slurm(config, tmp_path))
    ended = dask.run_here()
    assert ended.code == 3, ended
    assert "a job may hold 1 core for 10 min = 0.167 core-hours" in ended.err
    assert not dask.records("held")
    dask.config["supervisor"]["max_core_hours"] = 1.5 / 6
    dask.write()
    dask.complete()
    assert len(dask.rows()) == 6
    [held] = {
        job: held for record in dask.records("held") for job, held in record["jobs"].items()
    }.values()
    assert 0 < held < 600
    wait_until(lambda: queued(cluster) == [], 20, "jobs are left in the queue")


@pytest.mark.full
def test_job_cancelled_by_hand_is_replaced(campaign, cluster, tmp_path):
    """As one that runs into its walltime, and within seconds: what it held runs again in another
    one, and the result is that of an
    undisturbed campaign."""
    config = shapes.flat(24, sleep=0.25)
    dask = campaign(on_slurm(config, tmp_path, scale=1, executor={"max_retries": 5}))
    process = dask.supervise()
    dask.wait_for_tasks(5, process, 90)
    first = queued(cluster)
    cluster.slurm("scancel", *first)
    wait_until(lambda: set(queued(cluster)) - set(first), 14, "the job is not replaced")
    ended = finish(process, 60)
    assert ended.code == 0, ended
    found, expected = dask.contents(), reference_of(campaign, config)
    for name in ("dataset", "failures", "hdf5", "samples", "tree"):
        assert found[name] == expected[name], name
    wait_until(lambda: queued(cluster) == [], 20, "jobs are left in the queue")


@pytest.mark.full
def test_killed_supervisor_leaves_no_jobs(campaign, cluster, tmp_path):
    """Its jobs are cancelled at once, and resume completes the campaign in new ones."""
    config = shapes.flat(40, sleep=0.2, mischief=True)
    dask = campaign(on_slurm(config, tmp_path))
    process = dask.supervise()
    dask.wait_for_tasks(5, process, 90)
    process.kill()
    process.communicate(timeout=30)
    wait_until(lambda: queued(cluster) == [], 30, "jobs are left in the queue")
    dask.wait_for_no_process(20)
    dask.complete()
    dask.assert_like(reference_of(campaign, config))


@pytest.mark.parametrize(
    ("jobs", "executor", "words"),
    [
        ({"queue": "nowhere"}, {}, ("SLURM does not take the jobs", "invalid partition")),
        *in_full(
            ({"config_name": "lumi"}, {}, ("has no section jobqueue.lumi", "config_name")),
            (
                {"job_extra_directives": ["--hold"]},
                {"timeout": 6},
                ("no Dask worker appeared within 6 s", "PENDING (JobHeldUser"),
            ),
            (
                {"job_script_prologue": ["true", "conda activate gone"]},
                {"timeout": 60},
                (
                    (
                        "'conda activate gone' in job_script_prologue failed with exit code 127;"
                        " the job printed: "
                    ),
                    "not found",
                ),
            ),
            (
                {"python": "/nowhere/python"},
                {"timeout": 60},
                ("ended before their Dask workers had connected", "/logs says why"),
            ),
        ),
    ],
)
def test_jobs_that_cannot_run_are_a_clear_stop(campaign, cluster, tmp_path, jobs, executor, words):
    """A partition that does not exist, a job that waits for ever, jobs that fail at once: a
    sentence, and an empty queue.
    """
    dask = campaign(on_slurm(shapes.flat(3), tmp_path, executor=executor, **jobs))
    began = time.monotonic()
    assert_one_sentence(dask.run_here(), *words)
    assert time.monotonic() - began < 60
    wait_until(lambda: queued(cluster) == [], 20, "jobs are left in the queue")
    dask.wait_for_no_process(20)


@pytest.mark.full
def test_number_of_jobs_follows_the_work(campaign, cluster, tmp_path):
    """None before there is work, as many as allowed while there is much."""
    config = shapes.flat(24, sleep=0.3)
    dask = campaign(
        on_slurm(config, tmp_path, None, executor={"scale_n_jobs_min": 0, "scale_n_jobs_max": 2})
    )
    process = dask.supervise()
    wait_until(lambda: len(queued(cluster)) == 2, 60, "there were never two jobs")
    ended = finish(process, 120)
    assert ended.code == 0, ended
    wait_until(lambda: queued(cluster) == [], 20, "jobs are left in the queue")


@pytest.mark.full
@pytest.mark.parametrize(("starter", "mpi"), [("srun", "openmpi"), ("mpirun", "mpich")])
def test_ranks_end_with_their_sample(starter, mpi, shares, placed):
    """Protects workers and record: at a time limit the ranks that ignore SIGTERM are dead before
    the record says so, while the Dask worker that started them works on.
    """
    kinds = [Kind(ranks=2)] * 2
    mixed(shares, placed, kinds, 600, mpi)
    shares.config["runners"]["r0"]["command"].append("stubborn")
    options = {"timeout_sec": 20, "launcher": launcher(starter, mpi)}
    shares.config = on_slurm(shares.config, shares.root, 1, executor=options, cores=2, memory="1GB")
    process = shares.supervise()
    wait_until(shares.recorded, 120, "no time limit is on record")
    assert process.poll() is None, "the campaign has ended before anybody looked"
    assert_none_outlives_its_record(shares, placed.ranks())
    assert shares.finish(process, 120) == 4, shares.said
    assert [record.get("kind") for record in shares.records("task")] == ["timeout"] * 2
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)
    assert_none_outlives_its_record(shares, ranks)
