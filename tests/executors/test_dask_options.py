"""The options of DaskExecutor: what older configurations say works, what cannot be meant is said
before anything starts.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.config.loading import config_from_mapping, load_config
from enchanted_tui.config.problems import ConfigError
from enchanted_tui.executors.dask.executor import DaskExecutor

CONFIGS = Path(__file__).parents[2] / "configs"
SLURM = {
    "account": "project_1",
    "queue": "small",
    "cores": 4,
    "processes": 4,
    "memory": "8GB",
    "walltime": "00:30:00",
    "interface": "lo",
}


def loaded(**executor):
    return config_from_mapping(
        {
            "executors": {"d": {"type": "DaskExecutor", **executor}},
            "samplers": {
                "s": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 1}
            },
            "runners": {"r": {"type": "SumRunner", "params_to_sum": ["x"]}},
            "supervisor": {
                "base_run_dir": "run",
                "run_order": [{"executor": "d", "sampler": "s", "runner": "r"}],
            },
        }
    )


def spec(**executor):
    return loaded(**executor).executors["d"].build().cluster_spec()


@pytest.mark.parametrize(
    "executor",
    [
        {
            "LocalCluster_config": {
                "name": "c",
                "n_workers": 4,
                "threads_per_worker": 1,
                "processes": True,
                "memory_limit": "2GB",
            },
            "scale_n_jobs": 4,
        },
        {
            "SLURMcluster_config": {
                **SLURM,
                "job_script_prologue": ["module load x"],
                "job_extra_directives": ["-q debug"],
            },
            "scale_n_jobs": 3,
        },
        {
            "SLURMcluster_config": {**SLURM, "local_directory": "/tmp", "config_name": "slurm"},
            "scale_n_jobs_min": 1,
            "scale_n_jobs_max": 4,
        },
        {
            "SLURMcluster_config": SLURM,
            "scale_n_jobs": 1,
            "block_unitil_cluster_started": True,
            "timeout": 1e10,
        },
    ],
)
def test_configurations_of_the_older_program_are_accepted(executor):
    """Without a word, the misspelt key of its documentation included."""
    config = loaded(**executor)
    assert [str(warning) for warning in config.warnings if "executors" in str(warning)] == []
    assert config.executors["d"].build().block_until_cluster_started == (
        "block_unitil_cluster_started" in executor
    )


@pytest.mark.parametrize(
    ("executor", "sentence"),
    [
        ({"scale_n_jobs_min": 2}, "scale_n_jobs_min: needs scale_n_jobs_max"),
        ({"scale_n_jobs_min": 3, "scale_n_jobs_max": 2}, "is above scale_n_jobs_max (3 > 2)"),
        (
            {"scheduler_address": "tcp://a:1", "scheduler_file": "x"},
            "only one of scheduler_address and scheduler_file",
        ),
        ({"SLURMcluster_config": {**SLURM, "processes": 8}}, "processes: is above cores (8 > 4)"),
        (
            {"SLURMcluster_config": {**SLURM, "walltime": [1]}},
            "walltime: expected a time such as '01:30:00'",
        ),
        (
            {"SLURMcluster_config": {**SLURM, "job_script_prologue": "module load x"}},
            "job_script_prologue: expected a list, found",
        ),
        ({"LocalCluster_config": {"n_workers": 0}}, "n_workers: expected an integer >= 1"),
        ({"LocalCluster_config": {"asynchronous": True}}, "asynchronous: is set by the program"),
        ({"LocalCluster_config": [1]}, "LocalCluster_config: expected a mapping"),
        ({"timeout": 0}, "timeout: expected a number > 0"),
    ],
)
def test_what_cannot_be_meant_is_an_error(executor, sentence):
    with pytest.raises(ConfigError) as error:
        loaded(**executor)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("executor", "sentence"),
    [
        (
            {"LocalCluster_config": {"n_workrs": 2}},
            "n_workrs: is not an option that we know of; did you mean 'n_workers'?",
        ),
        (
            {"SLURMcluster_config": {**SLURM, "que": "x"}},
            "que: is not an option that we know of; did you mean 'queue'?",
        ),
        (
            {"SLURMcluster_config": {**SLURM, "walltime": 37800}},
            "means 37800 minutes; a time such as '10:30:00' has to be in quotes",
        ),
        (
            {"LocalCluster_config": {"n_workers": 2}, "SLURMcluster_config": SLURM},
            "ignored, because SLURMcluster_config is given",
        ),
        (
            {"LocalCluster_config": {"n_workers": 2}, "scale_n_jobs": 3},
            "scale_n_jobs: ignored: a LocalCluster has its n_workers (2)",
        ),
        (
            {"scheduler_address": "tcp://a:1", "scale_n_jobs": 3},
            "the cluster that runs already is not ours to scale",
        ),
        ({"scale_n_job": 3}, "did you mean 'scale_n_jobs'?"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(executor, sentence):
    assert any(sentence in str(warning) for warning in loaded(**executor).warnings), loaded(
        **executor
    ).warnings


def test_size_of_a_cluster_on_this_machine():
    """What is said explicitly counts; without any configuration, `n_workers` single threads."""
    assert spec(n_workers=3)["config"] == {"threads_per_worker": 1, "n_workers": 3}
    assert spec(LocalCluster_config={"n_workers": 2}, scale_n_jobs=2)["config"] == {"n_workers": 2}
    assert spec(LocalCluster_config={}, scale_n_jobs=5)["config"]["n_workers"] == 5
    varying = spec(scale_n_jobs_min=0, scale_n_jobs_max=5)
    assert varying["adaptive"] == (0, 5)
    assert "n_workers" not in varying["config"]


def test_names_share_clusters():
    """Clusters that have a name and equal settings, and schedulers that run already, are shared;
    others are their executor's own.
    """
    assert DaskExecutor.resource({"LocalCluster_config": {"n_workers": 2}}) is None
    named: dict[str, Any] = {"LocalCluster_config": {"name": "a", "n_workers": 2}}
    alike: list[dict[str, Any]] = [
        named,
        {**named, "timeout": 60},
        {**named, "block_until_cluster_started": True},
        {**named, "n_workers": 1, "max_retries": 3},
    ]
    assert len({DaskExecutor.resource(options) for options in alike} - {None}) == 1
    assert DaskExecutor.resource({"LocalCluster_config": {"name": "a", "n_workers": 3}}) not in (
        None,
        DaskExecutor.resource(named),
    )
    assert (
        DaskExecutor.resource({"scheduler_address": "tcp://a:1", "timeout": 9}) == "dask tcp://a:1"
    )


@pytest.mark.slow
def test_dry_run_shows_the_script_of_the_jobs():
    """With the directives and lines that were configured, and nothing submitted or written."""
    text = DaskExecutor(
        SLURMcluster_config={**SLURM, "job_script_prologue": ["module load x"]}, scale_n_jobs=3
    ).dry_run("/run")
    assert text.startswith("3 jobs, ")
    for line in (
        "#SBATCH -p small",
        "#SBATCH -A project_1",
        "#SBATCH -t 00:30:00",
        "trap 'failed=$?",
        "module load x",
        "--nworkers 4",
    ):
        assert line in text
    assert DaskExecutor().dry_run("/run") == ""


def test_example_for_a_cluster_is_valid():
    """Without a warning; that it runs is for a cluster to show."""
    config = load_config(CONFIGS / "clusters" / "dask_slurm.yaml")
    assert config.warnings == []


def test_options_are_read_without_importing_dask():
    """Checking a configuration must not cost the import of Dask."""
    code = """
        import sys
        from enchanted_tui.executors.dask.executor import DaskExecutor
        executor = DaskExecutor(SLURMcluster_config={"cores": 1, "memory": "1GB"})
        assert not list(executor.problems()), list(executor.problems())
        list(executor.warnings())
        executor.cluster_spec()
        found = [name for name in sys.modules if name.split(".")[0] in ("dask", "distributed", "dask_jobqueue", "tornado")]
        assert not found, found
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)
