"""Configurations to begin with: one for each sampler, runner and executor, made from what they
declare, and some whole campaigns.

A template may come with files that it refers to, such as a table of points; without them it is not
valid.
"""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.config.assist import as_yaml, one_line
from enchanted_tui.config.lookup import BUILTIN, KINDS, LookupFailure, find
from enchanted_tui.config.meaning import first_sentence
from enchanted_tui.config.options import Component, Option
from enchanted_tui.config.problems import snake_case

_WIDTH = 100
_KINDS = ("sampler", "runner", "executor")


@dataclass(frozen=True)
class Template:
    """A configuration to begin with."""

    group: str  #: campaign, sampler, runner or executor
    name: str
    summary: str
    text: str
    #: by name, to lie beside the configuration
    files: Mapping[str, str] = field(default_factory=dict)

    def as_text(self) -> str:
        """Return the configuration, with the files that have to lie beside it as comments at its
        end.
        """
        needed = [
            f"\n# {name}, to lie beside this file:\n#\n{textwrap.indent(text, '#   ')}"
            for name, text in self.files.items()
        ]
        return "".join([self.text, *needed])


#: Values that make a component a working example where those of its declaration do not.
_VALUES: dict[str, dict[str, Any]] = {
    "CSVSampler": {"path": "points.csv", "parameters": ["x", "y"]},
    "PoolSampler": {"path": "points.csv", "columns": ["x", "y"], "budget": 2},
    "GridSampler": {"parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]], "num_samples": 5},
    "ArraySampler": {"parameters": ["x", "y"], "bounds": [[0.1, 1, 10], [0, 1]]},
    "NestedSampler": {
        "samplers": {
            "shape": {
                "type": "GridSampler",
                "parameters": ["x"],
                "bounds": [[0, 1]],
                "num_samples": 5,
            },
            "noise": {
                "type": "RandomSampler",
                "parameters": ["y"],
                "bounds": [[0, 1]],
                "budget": 10,
            },
        }
    },
    "ZipSampler": {
        "samplers": {
            "cases": {
                "type": "ArraySampler",
                "parameters": ["x"],
                "bounds": [[0.1, 0.2, 0.5, 1.0]],
            },
            "noise": {
                "type": "RandomSampler",
                "parameters": ["y"],
                "bounds": [[0, 1]],
                "budget": 4,
            },
        }
    },
    "BayesianOptimizationSampler": {
        "parameters": ["x", "y"],
        "bounds": [[0, 1], [0, 1]],
        "budget": 100,
        "initial_samples": 20,
    },
    "GestSampler": {
        "generator": "MyGenerator",
        "generator_file": "my_generator.py",
        "parameters": ["x", "y"],
        "bounds": [[0, 1], [0, 1]],
        "objectives": {"output": "minimize"},
        "budget": 40,
        "batch_size": 4,
    },
    "SlurmExecutor": {
        "sbatch": {"account": "project_1", "partition": "small", "time": "02:00:00", "mem": "4G"}
    },
    "DaskExecutor": {"LocalCluster_config": {"n_workers": 4, "threads_per_worker": 1}},
    "ExampleRunner": {"sleep_sec": [0.1, 0.5], "fail_prob": 0.05},
    "SumRunner": {"params_to_sum": ["x", "y"]},
    "SyntheticDoubleGaussianRunner": {"dimensions": 2},
    "CommandRunner": {
        "command": [
            "awk",
            "-v",
            "x={{ x }}",
            "-v",
            "y={{ y }}",
            'BEGIN { print "energy =", x * x + y * y }',
        ],
        "outputs": {"energy": {"file": "stdout.txt", "regex": r"energy = (\S+)"}},
    },
    "PythonRunner": {"function": "my_model:solve"},
    "TableRunner": {"table": "table.csv", "inputs": ["x", "y"]},
    "BenchmarkFunctionRunner": {"function": "branin", "parameters": ["x", "y"]},
}
_FILES: dict[str, dict[str, str]] = {
    "CSVSampler": {"points.csv": "x,y\n0.1,0.2\n0.3,0.4\n0.5,0.6\n"},
    "PoolSampler": {"points.csv": "x,y\n0.1,0.2\n0.3,0.4\n0.5,0.6\n"},
    "GestSampler": {
        "my_generator.py": (
            '"""The generator that the campaign asks: random points."""\n\nimport random\n\n\n'
            "class MyGenerator:\n    def __init__(self, vocs):\n        self.vocs = vocs\n\n"
            "    def suggest(self, num_points):\n        return [\n            {name:"
            " random.uniform(*each.domain) for name, each in self.vocs.variables.items()}\n"
            "            for _ in range(num_points)\n        ]\n\n"
            "    def ingest(self, results):\n        pass\n"
        )
    },
    "TableRunner": {"table.csv": "x,y,energy\n0.1,0.2,1.5\n0.3,0.9,2.5\n0.8,0.4,1.0\n"},
    "PythonRunner": {
        "my_model.py": (
            '"""The model that the campaign calls."""\n\n\ndef solve(x, y):\n    return {"energy":'
            " x**2 + y**2}\n"
        ),
    },
}
#: Optional settings that a template shows as comments, besides those of the component itself.
_HIDDEN = ("max_points",)


def templates() -> list[Template]:
    """Return all templates, whole campaigns first."""
    found = [_quickstart(), _nested_stages(), _steps(), _mpi()]
    for kind in _KINDS:
        for name in BUILTIN[kind]:
            with contextlib.suppress(LookupFailure):  # a package that it needs is not installed
                found.append(component_template(kind, name))
    return found


def template_list() -> str:
    """Return all templates, a line each: name and summary."""
    found = templates()
    width = max(len(each.name) for each in found)
    return "\n".join(f"{each.name:{width}}  {each.summary}" for each in found)


def component_template(kind: str, name: str) -> Template:
    """Return a whole campaign around one sampler, runner or executor."""
    parts = {
        "sampler": "RandomSampler",
        "runner": "SyntheticDoubleGaussianRunner",
        "executor": "LocalExecutor",
        kind: name,
    }
    names = {"sampler": "points", "runner": "model", "executor": "here"}
    if kind == "sampler":
        parts["runner"] = "SumRunner"
    files = {file: text for part in parts.values() for file, text in _FILES.get(part, {}).items()}
    cls = find(kind, name).cls
    lines = [f"# {first_sentence(cls.__doc__)}"] if cls.__doc__ else []
    for part in ("executor", "sampler", "runner"):
        entry = component_entry(part, parts[part], with_options=part == kind)
        lines += [
            f"{KINDS[part]}:",
            f"  {names[part]}:",
            textwrap.indent(entry, "    ").rstrip("\n"),
            "",
        ]
    lines += _supervisor(f"runs/{snake_case(name)}", [names])
    return Template(kind, name, first_sentence(cls.__doc__), "\n".join(lines), files)


def component_entry(kind: str, name: str, *, with_options: bool = True) -> str:
    """Return the mapping that configures a component, as YAML: what it needs with example values,
    the rest as comments.
    """
    cls: type[Component] = find(kind, name).cls
    values = _example_values(cls, name)
    lines = [f"type: {name}"]
    for option, value in values.items():
        lines += _entry(option, value)
    if with_options:
        for declared in cls.options().values():
            if declared.name not in values and declared.name not in _HIDDEN:
                lines += _commented(declared)
    return "\n".join(lines) + "\n"


def _example_values(cls: type[Component], name: str) -> dict[str, Any]:
    own = _VALUES.get(name)
    if own is not None:
        return own
    box = {"parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]]}
    needed = [option.name for option in cls.options().values() if option.required]
    ordered = [option for option in box if option in cls.options()] + [
        option for option in needed if option not in box
    ]
    return {option: box.get(option, cls.options()[option].example) for option in ordered}


def _entry(name: str, value: Any) -> list[str]:
    line = f"{name}: {one_line(value)}"
    if len(line) <= _WIDTH and "\\n" not in line:
        return [line]
    return [f"{name}:", *textwrap.indent(as_yaml(value), "  ").split("\n")]


def _commented(option: Option) -> list[str]:
    value = option.example if option.default in (None, {}, []) else option.default
    line = f"# {option.name}: {one_line(value) if value is not None else ''}".rstrip()
    doc = f"# {first_sentence(option.doc)}"
    return [f"{line:32}  {doc}"] if len(doc) <= _WIDTH - 34 and len(line) <= 32 else [doc, line]


def _supervisor(base_run_dir: str, stages: Sequence[Mapping[str, Any]], **more: Any) -> list[str]:
    lines = ["supervisor:", f"  base_run_dir: {base_run_dir}", "  seed: 1"]
    lines += [f"  {name}: {value}" for name, value in more.items()]
    lines.append("  run_order:")
    for stage in stages:
        parts = {kind: stage[kind] for kind in ("executor", "sampler", "runner")}
        lines.append(f"    - {one_line(parts)}")
    return [*lines, ""]


# -- whole campaigns -------------------------------------------------------------------------------


def _quickstart() -> Template:
    text = """\
# One hundred random points of a plane, run on this machine.
executors:
  here:
    type: LocalExecutor

samplers:
  plane:
    type: RandomSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 100
    batch_size: 20

runners:
  peaks:
    type: SyntheticDoubleGaussianRunner
    dimensions: 2

supervisor:
  base_run_dir: runs/first
  seed: 1
  run_order:
    - {executor: here, sampler: plane, runner: peaks}
"""
    return Template(
        "campaign", "First campaign", "One hundred random points, run on this machine.", text
    )


def _nested_stages() -> Template:
    text = """\
# Two stages: every row of the first is combined with every sample of the second.
executors:
  here:
    type: LocalExecutor

samplers:
  shapes:                        # stage 0
    type: GridSampler
    parameters: [elongation]
    bounds: [[1.6, 2.0]]
    num_samples: 5
  noise:                         # stage 1, drawn once and used for every shape
    type: RandomSampler
    parameters: [amplitude]
    bounds: [[0, 0.1]]
    budget: 10

runners:
  equilibrium: {type: SumRunner, params_to_sum: [elongation]}
  # `output` is what the first stage returned
  transport: {type: SumRunner, params_to_sum: [output, amplitude]}

supervisor:
  base_run_dir: runs/nested
  seed: 1
  failed_parents: skip           # no second stage for what failed in the first
  run_order:
    - {executor: here, sampler: shapes, runner: equilibrium}
    - {executor: here, sampler: noise, runner: transport}
"""
    return Template(
        "campaign", "Nested stages", "Every row of one stage with every sample of the next.", text
    )


def _steps() -> Template:
    text = """\
# Several codes one after another on each sample; each sees what the one before returned.
executors:
  here:
    type: LocalExecutor

samplers:
  points:
    type: LatinHypercubeSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 64

runners:
  mesh: {type: SumRunner, params_to_sum: [x]}
  solve: {type: SumRunner, params_to_sum: [output, y]}

supervisor:
  base_run_dir: runs/steps
  seed: 1
  failed_steps: skip             # a sample that fails at a step ends there
  max_failures: 0.5              # stop when more than half have failed
  run_order:
    - {sampler: points, executor: [here, here], runner: [mesh, solve]}
"""
    return Template(
        "campaign", "Chain of steps", "Several codes one after another on each sample.", text
    )


def _mpi() -> Template:
    text = """\
# An MPI code in SLURM jobs: each sample says how many ranks it needs, and jobs follow from that.
# What comes before the command is made for each sample: `enchanted-tui CONFIG --dry-run` shows it.
executors:
  cluster:
    type: SlurmExecutor
    sbatch: {account: project_1, partition: standard, time: 02:00:00}
    launcher: auto                 # srun; or mpirun, or a line of your own
    max_jobs: 10

samplers:
  cases:
    type: GridSampler
    parameters: [cells, gradient]
    bounds: [[64, 256], [1, 4]]
    num_samples: [2, 8]

runners:
  code:
    type: CommandRunner
    resources:
      nodes: 1
      ranks: '{{ cells // 4 }}'    # 16 or 64
      cpus_per_rank: 1             # more for threads
      gpus: 0                      # of all nodes together
    shell: true
    command: $ENCHANTED_LAUNCH my_code input.nml
    files:
      input.nml: "&run cells = {{ cells | int }}, gradient = {{ gradient }} /\\n"
    outputs:
      flux: {file: stdout.txt, regex: 'flux = ([-+.eE0-9]+)'}

supervisor:
  base_run_dir: runs/mpi           # a directory that all nodes see
  seed: 1
  run_order:
    - {sampler: cases, executor: cluster, runner: code}
"""
    return Template(
        "campaign", "MPI code on a cluster", "Samples of an MPI code, sized by a parameter.", text
    )
