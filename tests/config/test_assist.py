"""What the editor says about a text and a place in it: outline, explanation and completion, however
unfinished the text is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.config.assist import Assistant
from enchanted_tui.config.completion import Completion, complete
from enchanted_tui.config.loading import load_config
from enchanted_tui.config.nearby_scan import NearbyScan
from enchanted_tui.config.scan import Scan, lines_of
from enchanted_tui.config.skeleton import Skeleton, YamlNode, skeleton
from enchanted_tui.config.source import read_document
from helpers.marks import rounds

CONFIGS = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))

# `|` stands for the cursor
TEXT = """\
samplers:
  first:
    type: RandomSampler
    distribution: uniform
    budget: 10
  grid: {type: GridSampler, num_samples: 3}
  both:
    type: NestedSampler
    samplers:
      a: {type: CSVSampler}
runners:
  add: {type: SumRunner, params_to_sum: [c1]}
executors:
  here: &machine
    type: LocalExecutor
  there: *machine
supervisor:
  run_mode: fresh
  run_order:
    - {executor: here, sampler: first, runner: add}
    - sampler: grid
      executor:
        - here
"""


def _complete(marked: str, *, base_dir: Path | None = None) -> tuple[Completion, str]:
    """Complete where the text has its ``|``; give the completion and the text with the first
    candidate taken.
    """
    before, after = marked.split("|")
    lines = lines_of(before)
    found = complete(Assistant(before + after, base_dir), len(lines) - 1, len(lines[-1]))
    rows = (before + after).split("\n")
    if found.candidates:
        row = rows[found.line]
        rows[found.line] = (
            row[: found.start]
            + found.candidates[0].label
            + found.candidates[0].suffix
            + row[found.end :]
        )
    return found, "\n".join(rows)


def _labels(marked: str, *, base_dir: Path | None = None) -> list[str]:
    return [candidate.label for candidate in _complete(marked, base_dir=base_dir)[0].candidates]


# -- completion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("sam|", ["samplers"]),
        (TEXT.replace("RandomSampler", "rand|"), ["RandomSampler", "RandomSamplerWithKill"]),
        (
            TEXT.replace("type: GridSampler", "type: sob|"),
            ["SobolSequenceSampler", "SobolSampler", "SobolSequence"],
        ),
        (TEXT.replace("num_samples: 3", "num|"), ["num_samples"]),
        (TEXT.replace("uniform", "log|"), ["loguniform"]),
        (TEXT.replace("budget: 10", "bat|"), ["batch_size"]),
        (TEXT.replace("a: {type: CSVSampler", "a: {type: CSVSampler, del|"), ["delimiter"]),
        (TEXT.replace("run_mode: fresh", "run_mode: |"), ["fresh", "resume", "extend", "auto"]),
        (TEXT.replace("run_mode: fresh", "log_failures: |"), ["true", "false"]),
        (TEXT.replace("executor: here", "executor: |"), ["here", "there"]),
        (TEXT.replace("sampler: first", "sampler: |"), ["first", "grid", "both"]),
        (TEXT.replace("runner: add", "runner: a|"), ["add"]),
        (TEXT.replace("        - here", "        - the|"), ["there"]),
        (TEXT.replace("- sampler: grid", "- sampler: grid\n      ru|"), ["runner"]),
        (TEXT.replace("runner: add}", "runner: add, order: |}"), ["drawn", "nearest"]),
        (TEXT.replace("runner: add}", "runner: add, start_from: nea|}"), ["nearest"]),
        (TEXT.replace("runner: add}", "runner: add, start_from: {wit|}}"), ["within"]),
        (TEXT.replace("*machine", "*|"), ["*machine"]),
        (TEXT + "logging: warn|", ["WARNING", "WARN"]),
        (TEXT + "storage:\n  type: |", ["none", "table", "hdf5"]),
        (TEXT + "# com|", []),
        (
            "runners:\n  r:\n    type: CommandRunner\n    files:\n      deck: |\n".replace("|", ">")
            + "        sam|",
            [],
        ),
    ],
)
def test_candidates(marked: str, expected: list[str]) -> None:
    """Protects writing without the manual: the names that fit the place, and no others."""
    assert _labels(marked) == expected


NESTED = """\
executors:
  far:
    type: SlurmExecutor
    ssh:
      host: lumi
      SSH
runners:
  code:
    type: CommandRunner
    outputs:
      energy:
        file: out
        OUTPUT
    success:
      - {file: out, CONDITION}
"""


@pytest.mark.parametrize(
    ("place", "typed", "expected"),
    [
        ("SSH", "pro|", ["proxy_jump", "prologue"]),
        ("SSH", "transport: |", ["paramiko", "openssh"]),
        ("SSH", "ho|", ["known_hosts"]),
        ("OUTPUT", "js|", ["json"]),
        ("OUTPUT", "regex: x\n        whi|", ["which"]),
        ("OUTPUT", "regex: x\n        ind|", []),
        ("OUTPUT", "regex: x\n        type: |", ["float", "int", "str", "bool"]),
        ("OUTPUT", "table:\n          hea|", ["header"]),
        ("OUTPUT", "csv: {dec|", ["decimal"]),
        ("CONDITION", "mat|", ["matches"]),
        ("CONDITION", "fini|", []),
    ],
)
def test_candidates_inside_the_value_of_an_option(
    place: str, typed: str, expected: list[str]
) -> None:
    """Protects nested options: the same help as for others, and only what goes with what is
    there.
    """
    text = NESTED.replace(place, typed)
    for other in ("SSH", "OUTPUT", "CONDITION"):
        text = text.replace(other, "")
    assert _labels(text) == expected


def test_an_option_inside_the_value_of_another_is_explained() -> None:
    """Protects nested options: title, type, default and text are those of the innermost option."""
    text = NESTED.replace("SSH", "max_sessions: 3").replace("OUTPUT", "").replace(", CONDITION", "")
    line = text.split("\n").index("      max_sessions: 3")
    found = Assistant(text).explain(line, 8)
    assert found is not None and found.title == "executors.far.ssh.max_sessions"
    assert found.facts[:2] == (("type", "integer >= 1"), ("default", "6"))
    around = Assistant(text).explain(3, 6)
    assert around is not None and around.title == "executors.far.ssh"
    assert dict(around.facts)["keys"].startswith("host, user, port")


def test_options_that_are_required_come_first_and_given_ones_not_at_all() -> None:
    """Protects the order in which a person needs them."""
    labels = _labels("samplers:\n  s:\n    type: RandomSampler\n    budget: 3\n    |\n")
    assert labels[0] == "parameters"
    assert "budget" not in labels and "type" not in labels and "distribution" in labels


def test_merged_keys_count_as_given() -> None:
    """Protects configurations that share settings through anchors: the type comes from the
    anchor.
    """
    text = "x: &box\n  type: RandomSampler\n  budget: 3\nsamplers:\n  s:\n    <<: *box\n    |\n"
    labels = _labels(text)
    assert "distribution" in labels and "budget" not in labels


def test_taking_a_candidate_makes_what_was_meant() -> None:
    """Protects the text: the word at the cursor is replaced, a colon is added only where there is
    none.
    """
    assert _complete("samplers:\n  s:\n    type: RandomSampler\n    bud|\n")[1].endswith(
        "    budget: \n"
    )
    assert _complete("samplers:\n  s:\n    type: RandomSampler\n    bud|get: 3\n")[1].endswith(
        "    budget: 3\n"
    )
    assert _complete("samplers:\n  s: {type: Grid|\n")[1] == "samplers:\n  s: {type: GridSampler\n"


def test_paths_are_completed_from_the_directory_of_the_file(tmp_path: Path) -> None:
    """Protects against misspelt file names: a relative path starts where the program will look for
    it.
    """
    (tmp_path / "points.csv").touch()
    (tmp_path / "plots").mkdir()
    assert _labels("samplers:\n  s: {type: CSVSampler, path: p|}\n", base_dir=tmp_path) == [
        "plots",
        "points.csv",
    ]


def test_plugins_are_known_by_their_constructor(tmp_path: Path) -> None:
    """Protects classes that declare nothing: their keyword arguments are offered and explained."""
    (tmp_path / "plain_plugin.py").write_text(
        "class Mine:\n    def __init__(self, depth: int = 3, **more): ...\n    def"
        " single_code_run(self, run_dir, params): ...\n"
    )
    text = "runners:\n  r:\n    type: plain_plugin:Mine\n    de|\n"
    assert _labels(text, base_dir=tmp_path) == ["depth"]
    explained = Assistant(text.replace("de|", "depth: 4"), tmp_path).explain(3, 5)
    assert explained is not None and ("default", "3") in explained.facts


# -- explanation and outline -----------------------------------------------------------------------


def _explained(marked: str) -> tuple[str, dict[str, str], str]:
    before, after = marked.split("|")
    lines = lines_of(before)
    found = Assistant(before + after).explain(len(lines) - 1, len(lines[-1]))
    assert found is not None
    return found.title, dict(found.facts), found.text


def test_help_for_an_option_comes_from_its_declaration() -> None:
    """Protects the one declaration: type, default and sentence are those of the class that the
    entry names.
    """
    title, facts, text = _explained(TEXT.replace("distribution", "distri|bution"))
    assert title == "samplers.first.distribution"
    assert facts["default"] == "uniform" and "loguniform" in facts["type"]
    assert "its logarithm is uniform" in text


@pytest.mark.parametrize(
    ("marked", "title", "word"),
    [
        (
            TEXT.replace("samplers:\n  first", "sampl|ers:\n  first"),
            "samplers",
            "names of your choice",
        ),
        (TEXT.replace("GridSampler", "Grid|Sampler"), "samplers.grid.type", "Evenly spaced"),
        (TEXT.replace("both:", "both|:"), "samplers.both", "Combine"),
        (TEXT.replace("CSVSampler", "CSV|Sampler"), "samplers.both.samplers.a.type", "CSV"),
        (TEXT.replace("run_mode", "run|_mode"), "supervisor.run_mode", "fresh"),
        (TEXT.replace("run_order", "run_|order"), "supervisor.run_order", "stages"),
        (TEXT.replace("runner: add", "runner: a|dd"), "supervisor.run_order[0].runner", "runner"),
        (
            TEXT.replace("runner: add}", "runner: add, or|der: nearest}"),
            "supervisor.run_order[0].order",
            "finished success",
        ),
        (
            TEXT.replace("runner: add}", "runner: add, start_from: {nearest: all, wit|hin: 1}}"),
            "supervisor.run_order[0].start_from.within",
            "starts cold",
        ),
        (TEXT.replace("[c1]", "[c|1]"), "runners.add.params_to_sum", "add up"),
    ],
)
def test_help_is_about_what_the_cursor_is_on(marked: str, title: str, word: str) -> None:
    """Protects context help at every level: sections, names, types, options, stages."""
    found = _explained(marked)
    assert found[0] == title
    assert word in found[2]


def test_outline() -> None:
    """Protects finding one's way: sections, components with types, and stages with what they run,
    where they stand.
    """
    entries = Assistant(TEXT).outline()
    shown = [(entry.line + 1, "  " * entry.depth + entry.label, entry.detail) for entry in entries]
    assert (2, "  first", "RandomSampler") in shown
    assert (15, "  there", "LocalExecutor") not in shown and (
        16,
        "  there",
        "LocalExecutor",
    ) in shown
    assert (20, "    stage 0", "first > add on here") in shown
    assert (21, "    stage 1", "grid > ? on here") in shown


# -- properties ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_forgiving_tree_is_the_real_one_where_the_text_is_valid(path: Path) -> None:
    """Protects everything above: on valid text the editor sees what the parser sees, each key where
    it stands.
    """
    text = path.read_text(encoding="utf-8")
    document, _ = read_document(text, str(path))
    tree = skeleton(Scan(lines_of(text)))
    _same(tree, tree.root, document.root)


def _same(tree: Skeleton, node: YamlNode, value: Any) -> None:
    if not isinstance(value, dict | list):
        return
    places = cast(Any, value).places
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        place = places.get(key)
        child = tree.get(node, place.key if place is not None and place.key is not None else key)
        assert child is not None, key
        if child in node.children and place is not None and isinstance(value, dict):
            assert (child.line + 1, child.column + 1) == (place.key_line, place.key_column)
        if (
            isinstance(item, str)
            and place is not None
            and "\n" not in item
            and child.alias is None
            and child.value is not None
        ):
            assert child.value == item or place.quoted
        _same(tree, child, item)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_nothing_raises_for_any_cursor_in_any_prefix(path: Path) -> None:
    """Protects typing: every text on the way to a real configuration, cut off anywhere, the cursor
    anywhere in it.
    """
    text = path.read_text(encoding="utf-8")
    source = random.Random(path.stem)
    for cut in source.sample(range(len(text) + 1), min(rounds(4, 20), len(text))):
        assistant = Assistant(text[:cut], path.parent)
        lines = assistant.scan.lines
        assistant.outline()
        places = [(len(lines) - 1, len(lines[-1]))]
        places += [
            (line, source.randrange(len(lines[line]) + 2))
            for line in source.sample(range(len(lines)), min(5, len(lines)))
        ]
        for line, column in places:
            assistant.explain(line, column)
            found = complete(assistant, line, column)
            assert 0 <= found.start <= found.end <= len(lines[line])


_PIECES = st.sampled_from(
    [
        "samplers",
        "type",
        "RandomSampler",
        "run_order",
        "supervisor",
        "here",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
    ]
    + [
        ", ",
        "'",
        '"',
        "|",
        ">",
        "&a",
        "*a",
        "<<: *a",
        "# ",
        "!!str",
        "\t",
        "---",
        "?",
        "\x85",
        "\r\n",
        "é",
        "\U0001d6fc",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join), st.integers(0, 30), st.integers(0, 60))
@settings(deadline=None)
def test_nothing_raises_for_any_text(text: str, line: int, column: int) -> None:
    """Protects against whatever is pasted: no text and no place makes the helpers fail."""
    assistant = Assistant(text)
    assistant.outline()
    assistant.explain(line, column)
    complete(assistant, line, column)


@given(st.lists(st.lists(_PIECES, max_size=5).map("".join), min_size=1, max_size=12), st.data())
@settings(deadline=None)
def test_reading_only_what_changed_gives_the_same(rows: list[str], data: st.DataObject) -> None:
    """Protects the colours while typing: after any edits the tokens are those of the text read
    afresh.
    """
    lines = lines_of("\n".join(rows))
    scan = NearbyScan(lines)
    for _ in range(4):
        first = data.draw(st.integers(0, len(lines)))
        last = data.draw(st.integers(first, len(lines)))
        seen = data.draw(st.integers(0, len(lines) - 1))
        scan.tokens(seen)
        pieces = data.draw(st.lists(st.sampled_from(rows), max_size=3))
        lines[first:last] = [line for piece in pieces for line in lines_of(piece)]
        lines[:] = lines or [""]
        scan.changed(first)
        fresh = Scan(lines)
        assert [scan.tokens(line) for line in range(len(lines))] == [
            fresh.tokens(line) for line in range(len(lines))
        ]


def test_the_end_of_a_long_text_is_read_without_its_beginning() -> None:
    """Protects the colours in texts of any length: far down only lines near by are read, and what
    was read on the way from there is what reading all of it gives.
    """
    lines = lines_of(
        "samplers:\n  s:\n" + "    text: |\n      - 1\n      a: b\n    c: [d,\n 1]\n" * 3000
    )
    read, whole = CountedLines(lines), Scan(lines)
    scan = NearbyScan(read)
    assert scan.tokens(len(lines) - 3) == whole.tokens(len(lines) - 3)
    assert read.reads < 2500
    for line in range(len(lines) - 3000, len(lines)):
        assert scan.tokens(line) == whole.tokens(line)
    read.reads = 0
    lines[-40] = "    c: 'e"
    scan.changed(len(lines) - 40)
    shown = [scan.tokens(line) for line in range(len(lines) - 50, len(lines) - 20)]
    whole = Scan(lines)
    assert shown == [whole.tokens(line) for line in range(len(lines) - 50, len(lines) - 20)]
    assert read.reads < 200


class CountedLines(Sequence[str]):
    """Lines that count how many of them have been read."""

    def __init__(self, lines: list[str]) -> None:
        self._lines, self.reads = lines, 0

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        self.reads += 1
        return self._lines[number]


def test_completed_text_is_accepted(tmp_path: Path) -> None:
    """Protects the way from nothing to a campaign: completing each value of a sketch gives a valid
    configuration.
    """
    text = (
        "executors:\n  here: {type: @Local@}\nsamplers:\n  s: {type: @Grid@, parameters: [x],"
        " bounds: [[0, 1]], @num@: 3}\nrunners:\n  r: {type: @Exam@}\nsupervisor:\n  base_run_dir:"
        " out\n  run_order:\n  - {executor: @@, sampler: @@, runner: @@}\n"
    )
    while "@" in text:
        before, word, after = text.split("@", 2)
        text = (
            _complete(f"{before}{word}|{after}".replace("@", ""))[1]
            if after.count("@") == 0
            else _one(before, word, after)
        )
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_config(path).samplers["s"].cls.__name__ == "GridSampler"


def _one(before: str, word: str, after: str) -> str:
    """Complete one word of a text in which others are still to be completed."""
    clean_after = after.replace("@", "")
    completed = _complete(f"{before}{word}|{clean_after}")[1]
    return completed.removesuffix(clean_after) + after
