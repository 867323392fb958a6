"""Whatever is done to a configuration, the answer is a list of located problems."""

import contextlib
import functools
import io
import operator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enchanted_tui.config.loading import parse_config
from enchanted_tui.config.source import read_document, read_value
from enchanted_tui.config.tree import plain
from enchanted_tui.config.yaml_text import dump
from helpers.marks import examples

RICH = """\
executors:
  e1: {type: LocalExecutor, n_workers: 2, timeout_sec: 1e1}
  e2: {type: SlurmExecutor, ssh: {host: lumi, port: 22, prologue: [a]}}
  e3: {type: DaskExecutor, SLURMcluster_config: {cores: 4, walltime: '01:00:00', extra: [a]}}
samplers:
  s1:
    type: RandomSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 10
    batch_size: 3
    distribution: normal
  s2: &s2 {type: GridSampler, parameters: [z], bounds: [[0, 1]], num_samples: [3]}
  s3: {type: NestedSampler, samplers: {a: *s2}}
runners:
  r1: {type: ExampleRunner}
  r2:
    type: CommandRunner
    command: [echo, '{{ x }}']
    files: {a.txt: b}
    outputs:
      c: {file: stdout.txt, regex: '(.)', group: 1, default: 0}
      d: {file: {newest: '*.csv'}, csv: {column: a, after: b, which: first}}
    success: [{file: stdout.txt, exists: true}, {output: c, ge: 0}]
  r3: {type: PythonRunner, function: 'math:hypot'}
supervisor:
  base_run_dir: out
  seed: 1
  max_failures: 0.5
  save_files: custom
  save_files_list: ['*.txt']
  run_order:
    - {executor: e1, sampler: s1, runner: r1}
    - {executor: [e1, e1], sampler: s3, runner: [r2, r3]}
storage: {type: none}
logging: DEBUG
"""
TREE = plain(read_document(RICH, "x")[0].root)

NUMBERS = [0, -1, 1.5, float("nan"), float("inf"), 2**200]
TEXTS = [
    "",
    " ",
    "x",
    "1e1",
    "{{ x",
    "$NOPE",
    "~",
    "a\nb",
    "s1",
    "r2",
    "NestedSampler",
    "os:path",
    "..",
    "\0",
    "🙂",
]
CONTAINERS = [[], [None], [[]], {}, {"type": None}, {"a": {"b": [1]}}, [1, "a"], {1: 2}]
ODD = st.sampled_from([None, True, *NUMBERS, *TEXTS, *CONTAINERS])
CHARACTERS = st.sampled_from([*":{}[]\t\n '\"&*!|>%@#-?,0a", "é", "\x07", "\ufeff", "\u2028"])
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(text):
    """Check a text; every problem must be a sentence at a line that exists."""
    with contextlib.redirect_stdout(io.StringIO()):
        config, problems = parse_config(text, "c.yaml", interactive=False)
    lines = len(text.split("\n")) + text.count("\u2028") + text.count("\x85")
    for problem in problems:
        assert problem.file == "c.yaml"
        assert problem.line is not None and 1 <= problem.line <= lines, (problem, lines)
        assert problem.column is not None and problem.column >= 1
        assert problem.message and "\n" not in str(problem), problem
    assert (config is None) == any(problem.severity == "error" for problem in problems)
    return config


def places(tree, path=()):
    """Give the paths of all values of a tree."""
    yield path
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, value in items:
        yield from places(value, (*path, key))


def test_rich_configuration_is_good():
    """What is mutated below is good to begin with."""
    assert check(RICH) is not None


@pytest.mark.slow
@settings(QUIET, max_examples=examples(150))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(places(TREE))[1:]),
            st.sampled_from(["replace", "remove", "rename"]),
            ODD,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_mutated_values(changes):
    """Values replaced by odd ones, removed and renamed at random places never cost more than
    located problems.
    """
    tree = read_value(RICH, "x")
    for path, what, odd in changes:
        # an earlier change has removed the place
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):
            change(functools.reduce(operator.getitem, path[:-1], tree), path[-1], what, odd)
    check(dump(tree))


def change(container, key, what, odd):
    """Change one item of a mapping or list."""
    value = container.pop(key)
    if what == "remove":
        return
    if isinstance(container, list):
        container.insert(key, odd)
    else:
        container[key if what == "replace" else f"{key}x"] = odd if what == "replace" else value


@settings(QUIET, max_examples=examples(150))
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(RICH) - 1), st.sampled_from(["insert", "delete", "cut"]), CHARACTERS
        ),
        min_size=1,
        max_size=5,
    )
)
def test_mutated_text(changes):
    """Characters inserted and deleted at random, as an editor sees them between two keystrokes,
    never cost more than that either.
    """
    text = RICH
    for position, what, character in changes:
        if what == "insert":
            text = text[:position] + character + text[position:]
        elif what == "delete":
            text = text[:position] + text[position + 1 :]
        else:
            text = text[: max(position, 1)]
    check(text)


@settings(QUIET, max_examples=examples(60))
@given(JSON_LIKE)
def test_what_is_stored_is_read_back(tree):
    """Any values survive being stored beside the results."""
    assert repr(plain(read_value(dump(tree), "x"))) == repr(tree)
