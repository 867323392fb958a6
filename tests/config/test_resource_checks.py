"""What is said of samples for which there is no room, and of launches that fail or waste machines
in silence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

TEXT = """\
executors:
  e1: {executor}
samplers:
  s1: {{type: ArraySampler, parameters: [x], bounds: [[1, 2]]}}
runners:
  r1:
    type: CommandRunner
    outputs: {{code: {{exit_code: true}}}}
    environment: {{X: '{{{{ x }}}}'}}
    {runner}
supervisor:
  base_run_dir: out
  run_order:
    - {{executor: e1, sampler: s1, runner: r1}}
"""

SLURM = "{type: SlurmExecutor, sbatch: {time: 10%s}%s}"

DASK = "{type: DaskExecutor, LocalCluster_config: {%s}}"

DASK_JOBS = "{type: DaskExecutor, SLURMcluster_config: {cores: 4, memory: 1G, walltime: '10:00'}%s}"


# (executor, lines of the runner, how that begins which is said, without its place)
@pytest.fixture(autouse=True)
def nobody_has_said_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


PROBLEMS = [
    (
        SLURM % (", nodes: 1, ntasks: 4", ""),
        ["command: ['true']", "resources: {ranks: 8}"],
        "runners.r1.resources: no sample can run on the executor 'e1': it needs 8"
        " ranks x 1 CPU, and there is only one node with 4 CPUs, by sbatch; ask for more there, or"
        " leave it out",
    ),
    (
        SLURM % (", nodes: 1", ""),
        ["command: ['true']", "resources: {nodes: 2}"],
        "runners.r1.resources: no sample can run on the executor 'e1': it needs 2"
        " nodes, and sbatch asks for 1",
    ),
    (
        SLURM % (", mem: 1G", ""),
        ["command: ['true']", "resources: {mem: 2G}"],
        "runners.r1.resources: no sample can run on the executor 'e1': it needs 2048"
        " MiB on a node, and sbatch asks for 1024",
    ),
    (
        "{type: LocalExecutor}",
        ["command: ['true']", "resources: {ranks: 4000}"],
        "runners.r1.resources: no sample can run on the executor 'e1': it needs 4000"
        " ranks x 1 CPU, and there is only one node with",
    ),
    (
        "{type: LocalExecutor}",
        ["command: ['true']", "resources: {nodes: 2, ranks: 1}"],
        "runners.r1.resources.ranks: 1 ranks cannot be on 2 nodes; give at least one rank a node",
    ),
    (
        "{type: LocalExecutor}",
        ["command: ['true']", "resources: {gpus: 1.5}"],
        "runners.r1.resources.gpus: 1.5: only less than one GPU may be a fraction",
    ),
    (
        "{type: LocalExecutor}",
        ["command: ['true']", "resources: {mem: much}"],
        "runners.r1.resources.mem: 'much' is no amount of memory; write 4G, 512M or a"
        " number of MiB",
    ),
    (
        "{type: LocalExecutor}",
        ["command: ['true']", "resources: {rank: 2}"],
        "runners.r1.resources.rank: there is no such option; did you mean 'ranks'?",
    ),
    (
        "{type: LocalExecutor, launcher: srum}",
        ["command: ['true']", "resources: {cpus_per_rank: 1}"],
        "executors.e1.launcher: 'srum' is no launcher that is known; did you mean 'srun'?",
    ),
    (
        "{type: LocalExecutor, launcher: 'jsrun -n {rank}'}",
        ["command: ['true']", "resources: {cpus_per_rank: 1}"],
        "executors.e1.launcher: {rank} is not known; there are nodes, ranks,",
    ),
    # traps without the key
    (
        SLURM % (", ntasks: 4, mem: 3000", ", processes_per_job: 4"),
        ["command: [srun, 'true']"],
        "warning: executors.e1.processes_per_job: 4 samples run beside each other, each"
        " of which starts srun by itself: each step takes all that its job has on a node, so that"
        " samples wait for each other; give the runner resources, and leave the launcher to the"
        " launch line",
    ),
    (
        "{type: LocalExecutor, n_workers: 4}",
        ["command: [mpirun, -n, '2', 'true']"],
        "warning: executors.e1.n_workers: 4 samples run beside each other, each of"
        " which starts mpirun by itself: the ranks of all of them are bound to the same first CPUs",
    ),
    (
        SLURM % (", gres: 'gpu:2', cpus_per_task: 2", ", processes_per_job: 2"),
        ["command: ['true']"],
        "warning: executors.e1.processes_per_job: every sample of a job sees all of its GPUs",
    ),
    (
        SLURM % (", nodes: 2", ""),
        ["command: ['true']"],
        "warning: executors.e1.sbatch: jobs ask for 2 nodes, and samples run on the"
        " first one alone",
    ),
    (
        SLURM % (", cpus_per_task: 4", ""),
        ["command: mpirun -n 4 true", "shell: true"],
        "warning: executors.e1.sbatch: jobs ask for one task of 4 CPUs, where mpirun has one slot:"
        ' Open MPI refuses more ranks ("not enough slots"); ask for ntasks in place of'
        " cpus_per_task, or give the runner resources",
    ),
    (
        SLURM % (", ntasks: 4", ""),
        ["command: [srun, 'true']"],
        "warning: runners.r1.command: each rank that srun starts is told to start 4 threads"
        " (OMP_NUM_THREADS), which is all CPUs that the sample has; where there are several ranks,"
        " give the runner resources, or say environment: {OMP_NUM_THREADS: '1'}",
    ),
    (
        DASK % "n_workers: 4",
        ["command: [mpirun, -n, '2', 'true']"],
        "warning: executors.e1.LocalCluster_config: 4 samples run beside each other, each of"
        " which starts mpirun by itself: the ranks of all of them are bound to the same first CPUs",
    ),
    (
        DASK_JOBS % "",
        ["command: [srun, 'true']"],
        "warning: executors.e1.SLURMcluster_config: 4 samples run beside each other, each of which"
        " starts srun by itself: each step takes all that its job has on a node",
    ),
    (
        DASK_JOBS % ", n_workers: 1",
        ["command: [mpirun, 'true']"],
        "warning: executors.e1.SLURMcluster_config: jobs ask for one task of 4 CPUs, where mpirun"
        ' has one slot: Open MPI refuses more ranks ("not enough slots"); give the runner'
        " resources",
    ),
    (
        DASK_JOBS.replace("cores", "job_extra_directives: ['--gres=gpu:2'], cores") % "",
        ["command: ['true']"],
        "warning: executors.e1.SLURMcluster_config: every sample of a job sees all of its GPUs, and"
        " most codes take the first one; give the runner resources with gpus, so that each has its"
        " own",
    ),
    # samples longer than a walltime
    (
        SLURM % ("", ", timeout_sec: 700"),
        ["command: ['true']"],
        "warning: executors.e1.timeout_sec: a sample may take longer than its job (600 s), and would"
        " be killed with it; ask for more by sbatch: time, or have the runner continue what was cut"
        " off (restart)",
    ),
    (
        DASK_JOBS % ", timeout_sec: 700",
        ["command: ['true']"],
        "warning: executors.e1.timeout_sec: a sample may take longer than its job (600 s), and would"
        " be killed with it; ask for more by walltime, or",
    ),
    # traps with it
    (
        SLURM % ("", ""),
        ["command: [srun, -n, '2', 'true']", "resources: {ranks: 2}"],
        "warning: runners.r1.resources: the command starts srun by itself, where the"
        " launch line comes as well; leave it out of the command",
    ),
    (
        SLURM % ("", ""),
        ["command: mpirun -n 2 true", "shell: true", "resources: {ranks: 2}"],
        "warning: runners.r1.resources: the command starts mpirun by itself: it knows"
        " nothing of the CPUs and GPUs of the sample; write $ENCHANTED_LAUNCH in its place",
    ),
    (
        SLURM % ("", ""),
        ["command: true", "shell: true", "resources: {ranks: 2}"],
        "warning: runners.r1.resources: in a shell, ranks are started where"
        " $ENCHANTED_LAUNCH stands in the command; without it one process runs",
    ),
]


@pytest.mark.parametrize(("executor", "runner", "sentence"), PROBLEMS)
def test_each_trap_is_told_with_its_remedy(
    executor: str, runner: list[str], sentence: str, said: Callable[[str], list[str]]
) -> None:
    """Protects from lost results and idle machines: what goes wrong in silence is said before."""
    found = said(TEXT.format(executor=executor, runner="\n    ".join(runner)))
    [line] = [re.sub(r"c\.yaml:\d+:\d+: ", "", line) for line in found]
    assert line.startswith(sentence)


FINE = [
    (SLURM % (", nodes: 2", ""), ["command: ['true']", "resources: {nodes: 2, ranks: 8, gpus: 2}"]),
    (SLURM % ("", ""), ["command: ['true']", 'resources: {ranks: "{{ x }}", mem: "{{ x }}G"}']),
    (
        SLURM % ("", ""),
        ["command: $ENCHANTED_LAUNCH true", "shell: true", "resources: {ranks: 2}"],
    ),
    (
        SLURM % ("", ", launcher: none"),
        ["command: [mpirun, 'true']", "resources: {cpus_per_rank: 2}"],
    ),
    (
        SLURM % ("", ", launcher: 'jsrun -n {ranks}'"),
        ["command: ['true']", "resources: {ranks: 2}"],
    ),
    (SLURM % ("", ""), ["command: [srun, 'true']"]),
    ("{type: LocalExecutor, n_workers: 1}", ["command: OMP_NUM_THREADS=1 mpirun x", "shell: true"]),
    (
        SLURM % (", ntasks: 4", ", job_script_prologue: [export OMP_NUM_THREADS=1]"),
        ["command: [srun, 'true']"],
    ),
    (
        SLURM % (", ntasks: 4, cpus_per_task: 4", ""),
        ["command: OMP_NUM_THREADS=4 mpirun x", "shell: true"],
    ),
    (DASK_JOBS % ", n_workers: 1, timeout_sec: 500", ["command: [srun, 'true']"]),
    (DASK_JOBS % "", ["command: ['true']"]),
    (DASK_JOBS % "", ["command: ['true']", "resources: {ranks: 2}"]),
]


@pytest.mark.parametrize(("executor", "runner"), FINE)
def test_nothing_is_said_of_what_works(
    executor: str, runner: list[str], said: Callable[[str], list[str]]
) -> None:
    """Protects from warnings that mean nothing."""
    assert said(TEXT.format(executor=executor, runner="\n    ".join(runner))) == []


def test_a_sample_as_large_as_this_machine_fits(said: Callable[[str], list[str]]) -> None:
    """Protects whole-node samples from an error that is none."""
    cpus = len(os.sched_getaffinity(0))
    runner = f"command: ['true']\n    resources: {{cpus_per_rank: {cpus}}}"
    assert said(TEXT.format(executor="{type: LocalExecutor}", runner=runner)) == []


@pytest.mark.parametrize("executor", ["{type: LocalExecutor, n_workers: 2}", DASK % "n_workers: 2"])
def test_gpus_of_this_machine_that_every_sample_sees(
    executor: str, said: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the second GPU from idling; with one GPU, or a share for each, there is no trap."""
    alone, shared = "command: ['true']", "command: ['true']\n    resources: {gpus: 1}"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    [line] = said(TEXT.format(executor=executor, runner=alone))
    assert "every sample sees all 2 GPUs of this machine, and most codes take the first" in line
    assert said(TEXT.format(executor=executor, runner=shared)) == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert said(TEXT.format(executor=executor, runner=alone)) == []


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU is one thread")
def test_threads_of_ranks_on_this_machine(
    said: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects CPUs from as many threads of each rank; whoever has said a number is not told."""
    text = TEXT.format(
        executor="{type: LocalExecutor, n_workers: 1}", runner="command: [mpirun, -n, '2', 'true']"
    )
    [line] = said(text)
    assert f"is told to start {len(os.sched_getaffinity(0))} threads (OMP_NUM_THREADS)" in line
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert said(text) == []
