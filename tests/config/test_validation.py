"""Wrong configurations and the exact sentences about them: users act on these."""

from pathlib import Path

import pytest

from enchanted_tui import cli
from helpers.good_config import GOOD, spoilt

BOUNDS = "bounds: [[0, 1], [0, 1]]"
STAGE = "{executor: e1, sampler: s1, runner: r1}"
REQUIRED_BUDGET = "c.yaml:4:3: samplers.s1.budget: is required: how many samples to draw in all"

# (what to replace, by what, all that is said)
OPTIONS = [
    (
        "budget: 10",
        "budget: three",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found 'three'"],
    ),
    (
        "budget: 10",
        "budget: -1",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found -1"],
    ),
    (
        "budget: 10",
        "budget: 1.5",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found 1.5"],
    ),
    (
        "budget: 10",
        "budget: .nan",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found nan"],
    ),
    (
        "budget: 10",
        "budget: true",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found true"],
    ),
    (
        "budget: 10",
        "budget: [1]",
        ["c.yaml:8:13: samplers.s1.budget: expected an integer >= 0, found a list of 1 value"],
    ),
    (
        "budget: 10",
        "budget: ~",
        ["c.yaml:8:13: samplers.s1.budget: is required: how many samples to draw in all"],
    ),
    ("budget: 10", "", [REQUIRED_BUDGET]),
    (
        "budget: 10",
        "bugdet: 10",
        [
            REQUIRED_BUDGET,
            (
                "warning: c.yaml:8:5: samplers.s1.bugdet: ignored, because there is no such option;"
                " did you mean 'budget'?"
            ),
        ],
    ),
    (
        "budget: 10",
        "budget: '10'",
        [
            "warning: c.yaml:8:13: samplers.s1.budget: '10' is text and is taken for the number 10;"
            " remove the quotes"
        ],
    ),
    (
        "budget: 10",
        "budget: 0",
        [
            "warning: c.yaml:8:13: samplers.s1.budget: a budget of 0 draws no samples, so nothing"
            " will run; give the number of samples wanted"
        ],
    ),
    ("budget: 10", "budget: 1e1", []),
    ("budget: 10", "budget: 10\n    batch_size: ~", []),
    ("budget: 10", "budget: 10\n    batch_size: 3.0", []),
    (
        "budget: 10",
        "budget: 10\n    batch_size: 0",
        ["c.yaml:9:17: samplers.s1.batch_size: expected an integer >= 1, found 0"],
    ),
    ("budget: 10", "budget: 10\n    distribution: UNIFORM", []),
    (
        "budget: 10",
        "budget: 10\n    distribution: unifrom",
        [
            "c.yaml:9:19: samplers.s1.distribution: expected one of 'uniform', 'loguniform',"
            " 'normal', 'int_uniform', found 'unifrom'; did you mean 'uniform'?"
        ],
    ),
    (
        BOUNDS,
        "bounds: [[0, 1], [1, 0]]",
        [
            "c.yaml:7:22: samplers.s1.bounds[1]: the lower bound 1 is above the upper bound 0; swap"
            " them"
        ],
    ),
    (BOUNDS, "bounds: [[0, 1], [1, 1]]", []),
    (
        BOUNDS,
        "bounds: [[0, 1], [1, .inf]]",
        ["c.yaml:7:22: samplers.s1.bounds[1]: the bounds 1 and inf must both be finite numbers"],
    ),
    (
        BOUNDS,
        "bounds: [[0, 1], [x, 1]]",
        ["c.yaml:7:23: samplers.s1.bounds[1][0]: expected a number, found 'x'"],
    ),
    (
        BOUNDS,
        "bounds: [[0, 1]]",
        [
            "c.yaml:7:13: samplers.s1.bounds: the number of pairs of bounds is 1, that of"
            " parameters 2; give one for each parameter"
        ],
    ),
    (
        BOUNDS,
        "bounds: [[0, 1, 2], [0, 1]]",
        [
            "c.yaml:7:14: samplers.s1.bounds[0]: expected a pair of numbers, found a list of 3"
            " values"
        ],
    ),
    (
        "parameters: [x, y]",
        "parameters: x",
        [
            "c.yaml:6:17: samplers.s1.parameters: expected a list of text or a mapping of names to"
            " mappings, found 'x'; write it in brackets, [...]"
        ],
    ),
    (
        "parameters: [x, y]",
        "parameters: [success, run_dir]",
        [
            (
                "c.yaml:6:18: samplers.s1.parameters[0]: the name 'success' belongs to the"
                " program's own column of the dataset; choose another"
            ),
            (
                "c.yaml:6:27: samplers.s1.parameters[1]: the name 'run_dir' belongs to the"
                " program's own column of the dataset; choose another"
            ),
        ],
    ),
    (
        "parameters: [x, y]",
        "parameters: [x, x]",
        [
            "c.yaml:6:21: samplers.s1.parameters[1]: the parameter 'x' is named twice; each"
            " parameter needs a name of its own"
        ],
    ),
    (
        "parameters: [x, y]",
        "parameters: [success_r1, runtime_sec_r1]",
        [
            (
                "warning: c.yaml:6:18: samplers.s1.parameters[0]: the runner 'r1' fills the column"
                " 'success_r1', which will replace this parameter; choose another name"
            ),
            (
                "warning: c.yaml:6:30: samplers.s1.parameters[1]: the runner 'r1' fills the column"
                " 'runtime_sec_r1', which will replace this parameter; choose another name"
            ),
        ],
    ),
    (
        "parameters: [x, y]",
        "parameters: [x, output]",
        [
            "warning: c.yaml:6:21: samplers.s1.parameters[1]: runners usually return 'output',"
            " which will replace this parameter in the dataset; choose another name"
        ],
    ),
    (
        "{type: LocalExecutor}",
        "{type: LocalExecutor, timeout_sec: 0}",
        ["c.yaml:2:42: executors.e1.timeout_sec: expected a number > 0, found 0"],
    ),
    (
        "{type: LocalExecutor}",
        "{type: LocalExecutor, output_dir: x}",
        ["warning: c.yaml:2:29: executors.e1.output_dir: ignored; it has no effect"],
    ),
    ("{type: ExampleRunner}", "{type: ExampleRunner, sleep_sec: [0.1, 0.2]}", []),
    (
        "{type: ExampleRunner}",
        "{type: ExampleRunner, sleep_sec: [0.1, x]}",
        ["c.yaml:10:46: runners.r1.sleep_sec[1]: expected a number >= 0, found 'x'"],
    ),
    (
        "{type: ExampleRunner}",
        "{type: ExampleRunner, sleep_sec: {}}",
        [
            "c.yaml:10:40: runners.r1.sleep_sec: expected a number >= 0 or a list of numbers >= 0,"
            " found a mapping of 0 keys"
        ],
    ),
    (
        "{type: ExampleRunner}",
        "{type: ExampleRunner, other_params: 1, parameter_mode: x, num_params: 2}",
        [
            "warning: c.yaml:10:29: runners.r1.other_params: ignored; it has no effect",
            "warning: c.yaml:10:46: runners.r1.parameter_mode: ignored; it has no effect",
            (
                "warning: c.yaml:10:65: runners.r1.num_params: ignored, because there is no such"
                " option"
            ),
        ],
    ),
    (
        "{type: ExampleRunner}",
        "{type: SyntheticDoubleGaussianRunner, other_params: {a: 1}}",
        ["warning: c.yaml:10:45: runners.r1.other_params: ignored; it has no effect"],
    ),
    (
        "{type: ExampleRunner}",
        "{type: PythonRunner, function: 'math:hypot', check_function: false, other_params: {a: 1}}",
        [
            "warning: c.yaml:10:75: runners.r1.other_params: ignored; the function's further"
            " arguments are given under 'arguments'"
        ],
    ),
    (
        "{type: ExampleRunner}",
        "{type: ExampleRunner, raise_failures: 'no'}",
        [
            "warning: c.yaml:10:45: runners.r1.raise_failures: 'no' is text and is taken for false;"
            " remove the quotes"
        ],
    ),
    (
        "{type: ExampleRunner}",
        "{type: ExampleRunner, raise_failures: 1}",
        ["c.yaml:10:45: runners.r1.raise_failures: expected true or false, found 1"],
    ),
]

TYPES = [
    ("type: RandomSampler", "type: RANDOM_SAMPLER", []),
    (
        "type: RandomSampler",
        "type: random_samplr",
        [
            "c.yaml:5:11: samplers.s1.type: there is no sampler 'random_samplr'; did you mean"
            " 'random_sampler'?"
        ],
    ),
    (
        "{type: LocalExecutor}",
        "{type: LocalExecuter}",
        [
            "c.yaml:2:14: executors.e1.type: there is no executor 'LocalExecuter'; did you mean"
            " 'LocalExecutor'?"
        ],
    ),
    (
        "type: RandomSampler",
        "type: Random",
        [
            "c.yaml:5:11: samplers.s1.type: there is no sampler 'Random'; did you mean"
            " 'RandomSampler'?"
        ],
    ),
    (
        "type: RandomSampler",
        "type: LocalExecutor",
        [
            "c.yaml:5:11: samplers.s1.type: 'LocalExecutor' is an executor and belongs under"
            " 'executors'"
        ],
    ),
    (
        "type: RandomSampler",
        "type: [a]",
        ["c.yaml:5:11: samplers.s1.type: expected the name of a sampler, found a list of 1 value"],
    ),
    (
        "type: RandomSampler",
        "typ: RandomSampler",
        [
            "c.yaml:4:3: samplers.s1.type: is required: the name of a sampler, or"
            " package.module:Class; did you mean it by 'typ'?"
        ],
    ),
    (
        "e1: {type: LocalExecutor}",
        "e1: local",
        ["c.yaml:2:7: executors.e1: expected a mapping with the key 'type', found 'local'"],
    ),
    (
        "e1: {type: LocalExecutor}",
        "e1: {type: DaskExecutor, LocalCluster_config: {n_worker: 2}}",
        [
            (
                "warning: c.yaml:2:50: executors.e1.LocalCluster_config.n_worker: is not an option"
                " that we know of; did you mean 'n_workers'?"
            ),
        ],
    ),
    (
        "e1: {type: LocalExecutor}",
        "e1: {type: LocalExecutor}\n  e2: {type: DaskExecutor, scale_n_jobs_min: 3}",
        ["c.yaml:3:46: executors.e2.scale_n_jobs_min: needs scale_n_jobs_max beside it"],
    ),
    (
        "e1: {type: LocalExecutor}",
        "e1: {type: LocalExecutor}\n  e2: {type: LocalExecutor, n_workers: 0}",
        ["c.yaml:3:40: executors.e2.n_workers: expected an integer >= 1 and <= 4096, found 0"],
    ),
]

RUN_ORDER = [
    (
        STAGE,
        "{executor: e2, sampler: s11, runner: [r1, rr]}",
        [
            (
                "c.yaml:14:18: supervisor.run_order[0].executor: there is no executor named 'e2';"
                " there are e1"
            ),
            (
                "c.yaml:14:31: supervisor.run_order[0].sampler: there is no sampler named 's11';"
                " did you mean 's1'?"
            ),
            (
                "c.yaml:14:49: supervisor.run_order[0].runner[1]: there is no runner named 'rr';"
                " there are r1"
            ),
        ],
    ),
    (
        STAGE,
        "{executor: [e1, e1], sampler: s1, runner: r1}",
        [
            "c.yaml:14:49: supervisor.run_order[0].runner: the number of runners is 1, that of"
            " executors 2; give as many of both, one for each step"
        ],
    ),
    (
        STAGE,
        "{executor: e1, sampler: [s1], runner: r1}",
        [
            "c.yaml:14:31: supervisor.run_order[0].sampler: expected the name of one sampler, found"
            " a list; give each sampler a stage of its own"
        ],
    ),
    (
        STAGE,
        "{executor: [], sampler: s1, runner: [~]}",
        [
            (
                "c.yaml:14:18: supervisor.run_order[0].executor: expected the name of one of the"
                " executors, or several, found an empty list"
            ),
            (
                "c.yaml:14:44: supervisor.run_order[0].runner[0]: expected the name of one of the"
                " runners, found nothing (null)"
            ),
        ],
    ),
    (
        STAGE,
        "{executor: e1, sampler: s1, runners: r1}",
        [
            (
                "c.yaml:14:7: supervisor.run_order[0].runner: is required: the name of one of the"
                " runners: r1"
            ),
            (
                "warning: c.yaml:14:35: supervisor.run_order[0].runners: ignored, because a stage"
                " has no such key; did you mean 'runner'?"
            ),
        ],
    ),
    (
        STAGE,
        "e1",
        [
            "c.yaml:14:7: supervisor.run_order[0]: expected a mapping with the keys executor,"
            " sampler and runner, found 'e1'"
        ],
    ),
    (
        f"\n    - {STAGE}",
        " []",
        [
            "c.yaml:13:14: supervisor.run_order: expected a list of stages, such as - {executor:"
            " e1, sampler: s1, runner: r1}, found an empty list, which would run nothing"
        ],
    ),
    (
        f"- {STAGE}",
        STAGE,
        [
            "c.yaml:14:5: supervisor.run_order: expected a list of stages, such as - {executor: e1,"
            " sampler: s1, runner: r1}, found a mapping of 3 keys"
        ],
    ),
    (
        f"run_order:\n    - {STAGE}",
        "run_ordr: 3",
        [
            (
                "c.yaml:11:1: supervisor.run_order: is required: a list of stages, such as -"
                " {executor: e1, sampler: s1, runner: r1}"
            ),
            (
                "warning: c.yaml:13:3: supervisor.run_ordr: ignored, because there is no such"
                " option; did you mean 'run_order'?"
            ),
        ],
    ),
    (
        STAGE,
        f"{STAGE}\n    - {STAGE}",
        [
            (
                "warning: c.yaml:6:18: samplers.s1.parameters[0]: stage 1 draws 'x' anew, which"
                " replaces the value from stage 0; give it another name to keep both"
            ),
            (
                "warning: c.yaml:6:21: samplers.s1.parameters[1]: stage 1 draws 'y' anew, which"
                " replaces the value from stage 0; give it another name to keep both"
            ),
            (
                "warning: c.yaml:15:43: supervisor.run_order[1].runner: the runner 'r1' serves more"
                " than once, so the columns success_r1 and runtime_sec_r1 tell of its last use"
                " only; configure it under a second name to keep both"
            ),
        ],
    ),
]

SECTIONS = [
    (
        "supervisor:",
        "supervisors:",
        [
            "c.yaml:1:1: supervisor: is required: a mapping with base_run_dir and run_order",
            (
                "warning: c.yaml:11:1: supervisors: ignored, because there is no such section; did"
                " you mean 'supervisor'?"
            ),
        ],
    ),
    ("executors:", ".shared: 1\n_mine: 2\nx-other: 3\nexecutors:", []),
    ("executors:", "logging: debug\nexecutors:", []),
    ("executors:", "logging: ~\nexecutors:", []),
    ("executors:", "logging: 15\nexecutors:", []),
    (
        "executors:",
        "logging: Debgu\nexecutors:",
        [
            "c.yaml:1:10: logging: expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL, found"
            " 'Debgu'; did you mean 'DEBUG'?"
        ],
    ),
    (
        "executors:",
        "logging: true\nexecutors:",
        ["c.yaml:1:10: logging: expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL, found true"],
    ),
    ("executors:", "storage: ~\nexecutors:", []),
    (
        "executors:",
        "storage: none\nexecutors:",
        ["c.yaml:1:10: storage: expected a mapping such as {type: none}, found 'none'"],
    ),
    (
        "executors:",
        "storage: {type: ~}\nexecutors:",
        [
            "warning: c.yaml:1:17: storage.type: expected 'hdf5', 'table' or 'none', found nothing"
            " (null); runs.h5 will be written"
        ],
    ),
    (
        "executors:",
        "storage: {typ: none}\nexecutors:",
        [
            "warning: c.yaml:1:11: storage.typ: ignored, because there is no such option; did you"
            " mean 'type'?"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  run_mode: Resum",
        [
            "c.yaml:13:13: supervisor.run_mode: expected one of 'fresh', 'resume', 'extend',"
            " 'auto', found 'Resum'; did you mean 'resume'?"
        ],
    ),
    (
        "base_run_dir: out",
        "seed: 1",
        [
            "c.yaml:11:1: supervisor.base_run_dir: is required where there is no terminal: the"
            " directory of the campaign's files"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: ''",
        ["c.yaml:12:17: supervisor.base_run_dir: expected a directory, found an empty text"],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: [out]",
        ["c.yaml:12:17: supervisor.base_run_dir: expected text, found a list of 1 value"],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: ~nobody.at.all/x",
        [
            "c.yaml:12:17: supervisor.base_run_dir: there is no user whose home '~nobody.at.all/x'"
            " begins with; write the path out, or ./~nobody.at.all/x for a directory of that name"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: $NONE_SUCH/x",
        [
            "c.yaml:12:17: supervisor.base_run_dir: an environment variable in '$NONE_SUCH/x' is"
            " not set; set it, or write the path out"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  save_files: None",
        [
            "warning: c.yaml:13:15: supervisor.save_files: is taken for 'none': the files of the"
            " run directories are deleted once they are not needed; write 'all' to keep them"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  save_files: custom",
        [
            "warning: c.yaml:13:15: supervisor.save_files: no file is named in save_files_list, so"
            " nothing is kept of the run directories"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  save_files_list: [a.txt]",
        [
            "warning: c.yaml:13:20: supervisor.save_files_list: ignored, because save_files is"
            " 'all'; set it to 'custom' to keep only these files"
        ],
    ),
    ("base_run_dir: out", "base_run_dir: out\n  save_files: ~\n  save_files_list: ~", []),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  config_filepath: x.yaml",
        ["warning: c.yaml:13:3: supervisor.config_filepath: ignored; it has no effect"],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  max_failures: 0",
        ["c.yaml:13:17: supervisor.max_failures: expected a number > 0, found 0"],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  max_failures: 1.5",
        [
            "c.yaml:13:17: supervisor.max_failures: expected a whole number of failures or a"
            " fraction below 1, found 1.5"
        ],
    ),
    (
        "base_run_dir: out",
        "base_run_dir: out\n  local_storage: /no/such",
        [
            "warning: c.yaml:13:18: supervisor.local_storage: ignored: '/no/such' is neither an"
            " existing directory nor an environment variable that is set"
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), OPTIONS + TYPES + RUN_ORDER + SECTIONS)
def test_what_is_said(said, old, new, expected):
    """Each mistake is one sentence with place, key, what was found and what is allowed; each habit
    of existing files passes.
    """
    assert said(spoilt(old, new)) == expected


def test_every_problem_at_once(said):
    """A file with mistakes in all sections is corrected in one go, in the order of the file."""
    text = """\
    logging: loud
    executors:
      e1: {type: LocalExecutor, n_workers: 0}
      e1: {type: LocalExecutr}
    samplers:
      s1: {type: RandomSampler, parameters: [success], bounds: [[2, 1]], batch_size: x}
    runners: {}
    supervisor:
      run_mode: again
      max_failures: 2.5
      seed: x
      run_order:
        - {executor: e1, sampler: s2, runner: r1}
    """
    assert said(text) == [
        "c.yaml:1:10: logging: expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL, found 'loud'",
        "c.yaml:4:3: executors.e1: this key is given twice, first in line 3; remove one of them",
        (
            "c.yaml:4:14: executors.e1.type: there is no executor 'LocalExecutr'; did you mean"
            " 'LocalExecutor'?"
        ),
        "c.yaml:6:3: samplers.s1.budget: is required: how many samples to draw in all",
        (
            "c.yaml:6:42: samplers.s1.parameters[0]: the name 'success' belongs to the program's"
            " own column of the dataset; choose another"
        ),
        (
            "c.yaml:6:61: samplers.s1.bounds[0]: the lower bound 2 is above the upper bound 1; swap"
            " them"
        ),
        "c.yaml:6:82: samplers.s1.batch_size: expected an integer >= 1, found 'x'",
        "c.yaml:7:10: runners: expected a mapping of names to runners, found a mapping of 0 keys",
        (
            "c.yaml:8:1: supervisor.base_run_dir: is required where there is no terminal: the"
            " directory of the campaign's files"
        ),
        (
            "c.yaml:9:13: supervisor.run_mode: expected one of 'fresh', 'resume', 'extend', 'auto',"
            " found 'again'"
        ),
        (
            "c.yaml:10:17: supervisor.max_failures: expected a whole number of failures or a"
            " fraction below 1, found 2.5"
        ),
        "c.yaml:11:9: supervisor.seed: expected an integer >= 0, found 'x'",
        (
            "c.yaml:13:31: supervisor.run_order[0].sampler: there is no sampler named 's2'; there"
            " are s1"
        ),
        "c.yaml:13:43: supervisor.run_order[0].runner: there is no runner named 'r1'",
    ]


def test_one_sentence_for_one_mistake(said):
    """A value that could not be read is not also reported as missing, of the wrong type, or as the
    reason why nothing else fits.
    """
    tag = "is not allowed; a configuration holds plain values only"
    assert said(spoilt("budget: 10", "budget: !x 10")) == [
        f"c.yaml:8:13: samplers.s1.budget: the tag '!x' {tag}"
    ]
    assert said(spoilt("[[0, 1], [0, 1]]", "[[0, 1], !x [0, 1]]")) == [
        f"c.yaml:7:22: samplers.s1.bounds[1]: the tag '!x' {tag}"
    ]
    assert said(spoilt("type: RandomSampler", "type: !x RandomSampler")) == [
        f"c.yaml:5:11: samplers.s1.type: the tag '!x' {tag}"
    ]
    assert said(spoilt("base_run_dir: out", "base_run_dir: 2026-13-13")) == [
        "c.yaml:12:17: supervisor.base_run_dir: '2026-13-13' cannot be read as a timestamp; put it"
        " in quotes if it is text"
    ]


def test_many_alike(said):
    """A column pasted as text is not answered by thousands of sentences."""
    values = ", ".join("[a, 1]" for _ in range(5_000))
    found = said(spoilt(BOUNDS, f"bounds: [{values}]"))
    assert len(found) == 11
    assert found[0] == "c.yaml:7:15: samplers.s1.bounds[0][0]: expected a number, found 'a'"
    assert (
        found[-1]
        == "c.yaml:7:95: samplers.s1.bounds[10][0]: here and after, 4,990 more of this option are"
        " to correct"
    )


def test_missing_sections(said):
    """A file that lacks everything says what it needs."""
    assert said("storage: {}\n") == [
        "c.yaml:1:1: executors: is required: a mapping of names to executors, each with a 'type'",
        "c.yaml:1:1: samplers: is required: a mapping of names to samplers, each with a 'type'",
        "c.yaml:1:1: runners: is required: a mapping of names to runners, each with a 'type'",
        "c.yaml:1:1: supervisor: is required: a mapping with base_run_dir and run_order",
    ]


def test_default_base_run_dir_on_a_terminal(said, good):
    """Somebody who sees the warning may leave the directory out; a batch job may not."""
    text = spoilt("base_run_dir: out", "seed: 1")
    assert said(text, interactive=True) == [
        "warning: c.yaml:11:1: supervisor.base_run_dir: is not given; the campaign goes to"
        " ./base_run_dir"
    ]
    assert good(text, interactive=True).shown_base_run_dir == "./base_run_dir"


def test_values_come_out_typed(good):
    """What the program gets has the declared types and spellings, however it was written."""
    text = spoilt(
        "budget: 10", "budget: 1e1\n    batch_size: 3.0\n    distribution: NORMAL"
    ).replace("[[0, 1], [0, 1]]", "[[1e-3, 1], [0, 1.5e5]]")
    options = good(text).samplers["s1"].options
    assert options == {
        "parameters": ["x", "y"],
        "bounds": [(0.001, 1), (0, 150000.0)],
        "budget": 10,
        "batch_size": 3,
        "distribution": "normal",
    }
    assert type(options["budget"]) is int and type(options["batch_size"]) is int


def test_text_is_what_was_written(good):
    """YAML 1.1 reads 01:30:00, 0123, no and 1e5 as something else; where text is wanted, it is what
    stands there.
    """
    options = good(spoilt("parameters: [x, y]", "parameters: [0123, no]")).samplers["s1"].options
    assert options["parameters"] == ["0123", "no"]
    assert (
        good(spoilt("base_run_dir: out", "base_run_dir: 12:30:00")).shown_base_run_dir == "12:30:00"
    )


def test_names_may_be_any_scalar(good):
    """Names are what was written, in the section and in run_order alike: 007 is not 7, and yes is a
    name.
    """
    config = good(GOOD.replace("e1", "007").replace("s1", "1e1").replace("r1", "yes"))
    assert (list(config.executors), list(config.samplers), list(config.runners)) == (
        ["007"],
        ["1e1"],
        ["yes"],
    )
    assert config.stages[0].sampler == "1e1"
    assert (config.stages[0].steps[0].executor, config.stages[0].steps[0].runner) == ("007", "yes")


def test_names_given_twice(said):
    """1 and '1' are one name, although YAML keeps them apart."""
    text = spoilt(
        "r1: {type: ExampleRunner}", "1: {type: ExampleRunner}\n  '1': {type: ExampleRunner}"
    ).replace("runner: r1", "runner: 1")
    assert said(text) == ["c.yaml:11:3: runners.1: this name is given twice; rename one"]


def test_needed_parameters(said):
    """A runner that needs what nothing draws would fail for every sample; that is known before the
    first.
    """
    text = GOOD.replace("ExampleRunner", "SyntheticDoubleGaussianRunner").replace(
        "parameters: [x, y]", "parameters: [X1, y]"
    )
    assert said(text) == [
        "c.yaml:10:3: runners.r1.dimensions: stage 0 needs 'x', which no sampler draws and no"
        " runner returns before it; did you mean 'X1'?"
    ]


def test_parameters_from_earlier_stages_and_steps(said):
    """What an earlier stage drew or an earlier step returned is there; after a runner whose outputs
    are not known, anything may be.
    """
    text = """\
    executors: {e: {type: LocalExecutor}}
    samplers:
      a: {type: RandomSampler, parameters: [x], bounds: [[0, 1]], budget: 2}
      b: {type: RandomSampler, parameters: [y], bounds: [[0, 1]], budget: 2}
    runners:
      first: {type: ExampleRunner}
      second: {type: SyntheticDoubleGaussianRunner, dimensions: 2}
      third:
        type: CommandRunner
        command: [echo, '{{ output }}', '{{ run_dir }}', '{{ x }}', '{{ nothing }}']
        outputs: {c: {exit_code: true}}
    supervisor:
      base_run_dir: out
      run_order:
        - {executor: e, sampler: a, runner: first}
        - {executor: [e, e], sampler: b, runner: [second, third]}
    """
    assert said(text) == [
        "c.yaml:10:65: runners.third.command[4]: step 1 of stage 1 needs 'nothing', which no"
        " sampler draws and no runner returns before it"
    ]


def test_hdf5(good):
    """Only none, in any case, turns the HDF5 file off."""
    for written, layout in [("none", ""), ("None", ""), ("hdf5", "hdf5"), ("Table", "table")]:
        assert good(f"storage: {{type: {written}}}\n{GOOD}").hdf5 == layout
    assert good().hdf5 == good(f"storage: {{type: H5}}\n{GOOD}").hdf5 == "hdf5"


def test_many_groups_are_warned_of(good) -> None:
    """Ten minutes of writing one file after the last sample are known before the first one."""
    large = GOOD.replace("budget: 10", "budget: 1000000")
    assert large != GOOD
    assert "storage: {type: table}" in str(good(large).warnings)
    assert "storage: {type: table}" not in str(good(f"storage: {{type: table}}\n{large}").warnings)
    assert "storage: {type: table}" not in str(good().warnings)


def test_local_storage(good, tmp_path, monkeypatch):
    """A directory is taken as it is, a variable by what it holds."""
    monkeypatch.setenv("SCRATCH_HERE", str(tmp_path))
    for written in (str(tmp_path), "SCRATCH_HERE", "$SCRATCH_HERE", "."):
        config = good(spoilt("base_run_dir: out", f"base_run_dir: out\n  local_storage: {written}"))
        assert config.supervisor.local_storage == str(tmp_path)


def test_nothing_is_created(good, said, tmp_path):
    """Checking a configuration leaves no trace."""
    good()
    said(spoilt("budget: 10", "budget: x"))
    assert list(tmp_path.iterdir()) == []


def test_all_errors_of_parameters_and_constraints_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever corrects a file: each parameter's errors are told, and those of constraints
    beside them, however the parameters are wrong.
    """
    names = "abcdef"
    many = ", ".join(f"{name}: {{lo: 0, hgh: 1, scale: lgo}}" for name in names)
    for given, count in (
        (f"{{{many}}}", 24),
        ("{a: 5, b: {low: 0, high: 1}}", 1),
        ("[a, b], bounds: [[0, x], [0, 1]]", 1),
    ):
        path = tmp_path / "c.yaml"
        path.write_text(
            "executors: {here: {type: LocalExecutor}}\n"
            "runners: {r: {type: SumRunner, params_to_sum: [a, b]}}\n"
            f"supervisor: {{base_run_dir: {tmp_path}/run,"
            " run_order: [{executor: here, sampler: s, runner: r}]}\n"
            "samplers:\n  s: {type: RandomSampler, budget: 5, constraints: [a + bb < 1, a +* b < 2],"
            f" parameters: {given}}}\n"
        )
        assert cli.main([str(path), "--check"]) == 2
        said = capsys.readouterr().err
        assert said.count("samplers.s.constraints[") == 2
        assert said.count("samplers.s.parameters") + said.count("samplers.s.bounds") >= count
        assert "more of this option" not in said
