"""CommandRunner: real programs in real run directories, and why their samples failed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from enchanted_tui import values

ENERGY = {"energy": {"file": "stdout.txt", "regex": r"energy = (\S+)"}}


def program(path, text):
    """Write an executable script."""
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# -- from parameters to outputs --------------------------------------------------------------------


def test_a_deck_is_rendered_the_program_run_and_its_outputs_read_back(command):
    """The whole way, with awk as the simulation; outputs, success and inputs are in the row in the
    usual order.
    """
    deck = "# a deck\n&input\n  beta = {{ beta }}\n  current = {{ '%.3e' | format(current) }}\n/\n"
    solver = (
        '$1 == "beta" { b = $3 } $1 == "current" { c = $3 } END { print "energy = " b * c; print'
        ' "converged" }'
    )
    bench = command(
        ["awk", solver, "deck.inp"],
        files={"deck.inp": deck},
        outputs=ENERGY,
        success=[{"file": "stdout.txt", "matches": "^converged$"}],
    )
    result = bench.run(beta=0.5, current=2e6)
    assert result.ok
    assert result.row["energy"] == 1e6
    assert list(result.row)[:4] == ["energy", "success", "success_r1", "beta"]
    assert result.text("deck.inp") == "# a deck\n&input\n  beta = 0.5\n  current = 2.000e+06\n/\n"
    assert result.files() == {"deck.inp", "stdout.txt"}


def test_the_template_of_a_file_comes_from_disk_with_what_it_includes(command, tmp_path):
    """Decks that share a block keep it in one file beside them."""
    (tmp_path / "common.inp").write_text("mesh = {{ n }}\n")
    (tmp_path / "deck.inp").write_text('{% include "common.inp" %}\nbeta = {{ beta }}\n')
    result = command(
        ["cat", "case/deck.inp"], templates={"case/deck.inp": str(tmp_path / "deck.inp")}
    ).run(n=64, beta=0.1)
    assert result.text("case/deck.inp") == "mesh = 64\nbeta = 0.1\n"
    assert result.text("stdout.txt") == result.text("case/deck.inp")


def test_bytes_that_are_not_utf8_come_through_a_template_unchanged(command, tmp_path):
    """Old decks have Latin-1 comments."""
    (tmp_path / "deck.inp").write_bytes(b"! temp\xe9rature\nT = {{ t }}\n")
    result = command(["true"], templates={"deck.inp": str(tmp_path / "deck.inp")}).run(t=1.5)
    assert (result.run_dir / "deck.inp").read_bytes() == b"! temp\xe9rature\nT = 1.5\n"


def test_a_text_without_placeholders_is_written_as_it_is(command):
    """Braces of other languages, tabs and line ends are left alone."""
    text = "a { b }\r\n\tc ${d} 100%\r\n"
    assert (
        command(["true"], files={"x": text}).run(a=1).run_dir / "x"
    ).read_bytes() == text.encode()


def test_the_program_runs_in_the_run_directory_with_its_environment(command):
    """Working directory, PWD, added and removed variables; what is inherited stays."""
    os.environ["ENCHANTED_TEST_KEPT"], os.environ["ENCHANTED_TEST_GONE"] = "kept", "gone"
    try:
        result = command(
            [
                "sh",
                "-c",
                'pwd -P; echo "$PWD|$THREADS|$ENCHANTED_TEST_KEPT|${ENCHANTED_TEST_GONE-unset}"',
            ],
            environment={"THREADS": "{{ n }}", "ENCHANTED_TEST_GONE": None},
        ).run(n=4)
    finally:
        del os.environ["ENCHANTED_TEST_KEPT"], os.environ["ENCHANTED_TEST_GONE"]
    assert result.text("stdout.txt").splitlines() == [
        os.path.realpath(result.run_dir),
        f"{result.run_dir}|4|kept|unset",
    ]


def test_standard_input_is_a_file_of_the_run_directory_or_empty(command):
    """A program that reads its standard input never waits for a terminal."""
    assert (
        command(["cat"], files={"deck.inp": "n = {{ n }}"}, stdin="deck.inp")
        .run(n=3)
        .text("stdout.txt")
        == "n = 3"
    )
    result = command(["sh", "-c", "wc -c; [ -t 0 ] || echo no terminal"]).run()
    assert result.text("stdout.txt").split() == ["0", "no", "terminal"]


def test_output_can_be_named_merged_or_discarded(command):
    """One file for both keeps their order; null writes none; files without content are not left
    behind.
    """
    both = ["sh", "-c", "echo out; echo err >&2; echo out"]
    assert (
        command(both, stdout="run.log", stderr="run.log").run().text("run.log") == "out\nerr\nout\n"
    )
    assert command(both, stdout=None).run().files() == {"stderr.txt"}
    assert command(both, stdout=None, stderr=None).run().files() == set()
    assert command(["true"]).run().files() == set()


def test_what_python_prints_and_what_the_command_prints_share_a_file_without_loss(command):
    """The worker appends what Python printed; the command appends as well and truncates nothing."""
    bench = command(["sh", "-c", "echo second"], files={"stdout.txt": "first\n"})
    assert bench.run().text("stdout.txt") == "first\nsecond\n"


def test_static_files_are_copied_with_their_permissions_or_linked(command, tmp_path):
    """A list keeps the names, a mapping gives new ones; directories go as a whole."""
    tool = program(tmp_path / "tool", "#!/bin/sh\ncat data/one mesh.h5\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one").write_text("one\n")
    (tmp_path / "big.h5").write_text("mesh\n")
    result = command(
        ["./tool"],
        copy=[tool, str(tmp_path / "data") + "/"],
        link={"mesh.h5": str(tmp_path / "big.h5")},
    ).run()
    assert result.text("stdout.txt") == "one\nmesh\n"
    assert (result.run_dir / "mesh.h5").is_symlink()
    assert not (result.run_dir / "data").is_symlink()


def test_files_of_the_previous_step_are_linked_by_its_run_directory(command, tmp_path):
    """A placeholder that gives an absolute path starts it anew: the configuration puts its own
    directory before relative paths.
    """
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "equilibrium.dat").write_text("psi\n")
    link = {
        "eq.dat": "/directory/of/the/config/{{ run_dir }}/equilibrium.dat",
        "twin.dat": "{{ run_dir }}/equilibrium.dat",
    }
    result = command(["cat", "eq.dat", "twin.dat"], link=link).run(run_dir=str(tmp_path / "before"))
    assert result.text("stdout.txt") == "psi\npsi\n"


def test_a_placeholder_inside_a_path_chooses_the_file(command, tmp_path):
    """meshes/mesh_64.msh for n = 64."""
    (tmp_path / "mesh_64.msh").write_text("64\n")
    assert (
        command(["cat", "mesh"], copy={"mesh": f"{tmp_path}/mesh_{{{{ n }}}}.msh"})
        .run(n=64)
        .text("stdout.txt")
        == "64\n"
    )


def test_a_rendered_file_replaces_one_of_a_copied_directory_and_never_an_original(
    command, tmp_path
):
    """An OpenFOAM case is copied and one dictionary of it rendered, even where the copy is a link
    to the original.
    """
    case = tmp_path / "case" / "system"
    case.mkdir(parents=True)
    (case / "controlDict").write_text("original")
    (tmp_path / "shared").write_text("shared")
    (case / "linked").symlink_to(tmp_path / "shared")
    files = {"case/system/controlDict": "dt = {{ dt }}", "case/system/linked": "own {{ dt }}"}
    result = command(["cat", *files], copy=[str(tmp_path / "case")], files=files).run(dt=0.1)
    assert result.text("stdout.txt") == "dt = 0.1own 0.1"
    assert (case / "controlDict").read_text() == "original"
    assert (tmp_path / "shared").read_text() == "shared"


def test_nothing_is_written_through_a_linked_directory(command, tmp_path):
    """The originals of a campaign are never changed, however the options are combined."""
    (tmp_path / "case").mkdir()
    bench = command(["true"], link=[str(tmp_path / "case")], files={"case/deck.inp": "x = {{ x }}"})
    result = bench.run(x=1)
    assert (result.kind, list((tmp_path / "case").iterdir())) == ("prepare", [])
    assert "link on its way leads out of the run directory" in result.message
    assert [where for where, _ in bench.runner.problems()] == ["files.case/deck.inp"]


def test_children_stay_in_the_process_group_of_the_worker(command):
    """The executor ends a task by its process group; a session of its own would escape the time
    limit.
    """
    assert int(command(["sh", "-c", "ps -o pgid= -p $$"]).run().text("stdout.txt")) == os.getpgid(0)


def test_signals_that_python_ignores_work_in_the_command(command):
    """`yes | head` ends by SIGPIPE, not by an error message."""
    result = command("yes | head -n 1; exit 0", shell=True).run()
    assert result.ok
    assert result.files() == {"stdout.txt"}


def test_it_runs_beside_threads_as_well(command):
    """In a Dask worker with threads the working directory of the process is nobody's to change."""
    bench = command(
        ["sh", "-c", "sleep 0.02; pwd; exit {{ code }}"],
        environment={"PATH": "/usr/bin:/bin"},
        exit_codes=[0, 3],
    )
    results: list[Any] = []
    seen: set[str] = set()
    begun = threading.Barrier(4)  # one that has ended would leave its number to another

    def run() -> None:
        begun.wait()
        results.append(bench_run(bench, seen))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.add(os.getcwd())
        time.sleep(0.001)
    assert seen == {os.getcwd()}
    assert all(directory == written for directory, written in results)
    assert len({directory for directory, _ in results}) == 4


def bench_run(bench, seen):
    directory = bench.directory / f"thread{threading.get_ident()}"
    directory.mkdir()
    runner = type(bench.runner)(**bench.context["runners"]["r1"]["options"])
    runner.single_code_run(run_dir=str(directory), params={"code": 3})
    return str(directory), (directory / "stdout.txt").read_text().strip()


# -- failures --------------------------------------------------------------------------------------


def test_an_exit_code_is_a_failure_with_the_last_words_of_the_program(command):
    """What was printed last on standard error is the best reason there is; outputs that could be
    read are kept.
    """
    script = "echo energy = 7; echo one >&2; echo; echo 'mesh too coarse' >&2; exit 3"
    result = command(
        ["sh", "-c", script],
        outputs={**ENERGY, "code": {"exit_code": True}, "gone": {"file": "x", "text": True}},
    ).run(x=1)
    assert result.kind == "exit"
    assert (
        result.message == "the command ended with exit code 3; stderr ends: one / mesh too coarse"
    )
    assert (result.row["success"], result.row["energy"], result.row["code"]) == (False, 7.0, 3)
    assert "gone" not in result.row
    assert "traceback" not in result.record


def test_without_standard_error_the_last_words_are_those_of_standard_output(command):
    """Fortran programs say why they stop on standard output."""
    assert (
        command(["sh", "-c", "echo ERROR STOP no convergence; exit 1"])
        .run()
        .message.endswith("; stdout ends: ERROR STOP no convergence")
    )


def test_last_words_are_bounded(command):
    """A program that prints megabytes of errors does not fill the failures file."""
    result = command(
        [sys.executable, "-c", "import sys; sys.stderr.write('x' * 10**6); sys.exit(1)"]
    ).run()
    assert len(result.message) < 400


@pytest.mark.parametrize(
    ("codes", "ok"), [([0, 3], True), ("any", True), ([0], False), ([1, 2], False)]
)
def test_other_exit_codes_can_be_success(command, codes, ok):
    """Some programs end with a code that only says how they converged."""
    result = command(
        ["sh", "-c", "exit 3"], exit_codes=codes, outputs={"code": {"exit_code": True}}
    ).run()
    assert (result.ok, result.row["code"]) == (ok, 3)


@pytest.mark.parametrize(
    ("name", "shell"), [("SEGV", False), ("TERM", False), ("SEGV", True), ("ABRT", True)]
)
def test_death_by_a_signal_is_named(command, name, shell):
    """Also where a shell stands between and reports it as an exit code above 128."""
    script = f"sh -c 'kill -{name} $$'; exit $?" if shell else f"kill -{name} $$"
    result = command(
        script if shell else ["sh", "-c", script],
        shell=shell,
        exit_codes="any" if not shell else [0],
    ).run()
    assert result.kind == "signal"
    assert f"the command died by SIG{name}" in result.message


def test_sigkill_hints_at_memory(command):
    """The kernel's way to end a program without memory."""
    assert "a memory limit" in command(["sh", "-c", "kill -KILL $$"]).run().message


def test_a_program_that_is_not_found_is_said_with_the_places_searched(command):
    """Usually a module that was not loaded."""
    result = command(["no-such-program", "x"], environment={"PATH": "/nowhere:/else"}).run()
    assert result.kind == "exit"
    assert "no program 'no-such-program' in PATH (/nowhere:/else)" in result.message
    assert result.files() == set()
    assert (
        "no program 'no-such-program' in PATH (" + os.environ["PATH"][:50]
        in command(["no-such-program"]).run().message
    )


def test_a_program_is_found_in_the_path_given_to_it(command, tmp_path):
    """environment: PATH chooses among installations."""
    program(tmp_path / "solver", "#!/bin/sh\necho found\n")
    assert (
        command(["solver"], environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        .run()
        .text("stdout.txt")
        == "found\n"
    )


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("#!/bin/sh\n", 0o644, "not executable"),
        ("echo\n", 0o755, "(#!)"),
        ("#!/no/interpreter\n", 0o755, "does not exist (or the interpreter"),
    ],
)
def test_a_program_that_cannot_be_started_says_why(command, tmp_path, text, mode, words):
    """Each with its own remedy. (As root everything is executable that has any x bit.)"""
    path = tmp_path / "tool"
    path.write_text(text)
    path.chmod(mode)
    result = command([str(path)]).run()
    assert result.kind == "exit"
    assert words in result.message


def test_an_argument_longer_than_the_system_takes_says_so(command):
    """E2BIG, in words."""
    result = command(["true", "{{ x }}"]).run(x="y" * 3_000_000)
    assert (result.kind, "Argument list too long" in result.message) == ("exit", True)


@pytest.mark.parametrize("option", ["copy", "link"])
def test_a_static_file_that_is_not_there_is_named(command, option):
    """On the machine where the task runs."""
    result = command(["true"], **{option: {"mesh": "/no/such/mesh_{{ n }}"}}).run(n=3)
    assert result.kind == "prepare"
    assert "/no/such/mesh_3 does not exist" in result.message


def test_standard_input_that_is_not_there_is_named(command, tmp_path):
    """Such as a file of a copied directory."""
    (tmp_path / "case").mkdir()
    result = command(["cat"], copy=[str(tmp_path / "case")], stdin="case/deck").run()
    assert (result.kind, result.message) == (
        "prepare",
        "the standard input case/deck does not exist in the run directory",
    )


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_a_nul_character_is_a_failure_that_says_so(command, where):
    """No program can be given one; the sample fails before anything is started."""
    options = {"environment": {"X": "{{ x }}"}} if where == "environment" else {}
    bench = command(["true", "{{ x }}"] if where == "argument" else ["true"], **options)
    with pytest.raises(Exception, match="NUL") as caught:
        bench.run(x="a\0b")
    assert getattr(caught.value, "failure_kind", "") == "prepare"


# -- conditions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"file": "stdout.txt", "matches": "^converged"}, None),
        (
            {"file": "stdout.txt", "matches": "^diverged"},
            "nothing in stdout.txt matches '^diverged'",
        ),
        ({"file": "stdout.txt", "lacks": "diverged"}, None),
        ({"file": "stdout.txt", "lacks": "conv"}, "stdout.txt contains 'converged in 12 steps'"),
        ({"file": "stderr.txt", "lacks": "error"}, None),
        ({"file": "absent.txt", "matches": "x"}, "absent.txt does not exist"),
        ({"file": "made.dat", "exists": True}, None),
        ({"file": "made.dat", "exists": False}, "made.dat exists"),
        (
            {"file": "absent.txt", "exists": True, "reason": "no restart file"},
            "no restart file (absent.txt does not exist)",
        ),
        ({"file": "absent.txt", "exists": False}, None),
        ({"output": "energy", "gt": 0, "le": 7.5}, None),
        ({"output": "energy", "lt": 7.5}, "output 'energy' is 7.5, not below 7.5"),
        (
            {"output": "energy", "ge": 8, "reason": "too cold"},
            "too cold (output 'energy' is 7.5, not at least 8)",
        ),
        ({"output": "energy", "equals": 7.5}, None),
        ({"output": "word", "equals": "no"}, "output 'word' is 'yes', not 'no'"),
        ({"output": "word", "gt": 1}, "output 'word' is 'yes', not above 1"),
        ({"output": "energy", "finite": True}, None),
        ({"output": "bad", "finite": True}, "output 'bad' is nan, not finite"),
        ({"output": "bad", "ge": 0}, "output 'bad' is nan, not at least 0"),
        ({"output": "all", "ge": 1}, None),
        ({"output": "all", "gt": 1}, "output 'all' is [1.0, 2.0], not above 1"),
    ],
)
def test_conditions_decide_success_and_say_what_does_not_hold(command, condition, words):
    """A program that ends with 0 may still have failed; the reason names the very condition, with
    the user's words first.
    """
    script = (
        "touch made.dat; echo converged in 12 steps; echo energy = 7.5; echo word yes; echo bad"
        " NaN; echo row 1; echo row 2"
    )
    outputs = {
        **ENERGY,
        "word": {"file": "stdout.txt", "regex": r"word (\w+)", "type": "str"},
        "bad": {"file": "stdout.txt", "regex": r"bad (\S+)"},
        "all": {"file": "stdout.txt", "regex": r"row (\d)", "which": "all"},
    }
    bench = command(["sh", "-c", script], outputs=outputs, success=[condition])
    assert list(bench.runner.problems()) == []
    result = bench.run()
    assert result.ok is (words is None)
    assert result.row["energy"] == 7.5
    if words is not None:
        assert result.kind == "reported"
        assert result.message.startswith(words)


def test_what_the_files_say_comes_before_missing_outputs_and_those_before_limits(command):
    """`did not converge` is a better reason than that the result file is missing."""
    outputs = {
        "a": {"file": "stdout.txt", "regex": r"a = (\S+)"},
        "b": {"file": "result.json", "json": "b"},
    }
    conditions = [{"output": "a", "gt": 5}, {"file": "stdout.txt", "lacks": "diverged"}]
    diverged = command(["echo", "diverged a = 1"], outputs=outputs, success=conditions).run()
    assert (diverged.kind, diverged.message[:19]) == ("reported", "stdout.txt contains")
    missing = command(["echo", "a = 1"], outputs=outputs, success=conditions).run()
    assert (missing.kind, missing.message[:23]) == ("output", "output 'b' is missing: ")
    limit = command(
        "echo a = 1; echo '{\"b\": 1}' > result.json",
        shell=True,
        outputs=outputs,
        success=conditions,
    ).run()
    assert (limit.kind, limit.message[:25]) == ("reported", "output 'a' is 1.0, not ab")


# -- cost ------------------------------------------------------------------------------------------


def test_the_task_needs_the_standard_library_alone(tmp_path):
    """The Python on a compute node has no packages: rendering happens before, and reading back
    needs none.
    """
    from enchanted_tui.runners.command_runner import CommandRunner

    options = {
        "command": "echo x = {{ x }}",
        "shell": True,
        "outputs": {"x": {"file": "stdout.txt", "regex": "x = (.*)"}},
    }
    prepared = CommandRunner(**options).prepare({"x": 1.25})
    script = f"""
import sys
before = set(sys.modules)
from enchanted_tui.executors.task import run_task
context = {{"data_dir": {str(tmp_path)!r}, "shown_data_dir": "", "local_storage": None, "seed": 1, "runners": {{"r": {{
    "class": "enchanted_tui.runners.command_runner:CommandRunner", "options": {options!r}}}}}}}
message = {{"task": [0, 0, 0, 0], "name": "d0_b0_s0_r0", "runner": "r", "params": {{"x": 1.25}}, "prepared": {prepared!r}}}
print(run_task(message, context).decode().strip())
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(loaded - set(sys.stdlib_module_names) - {{"enchanted_tui"}}))
"""
    line, foreign = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert values.decode(line)["row"]["x"] == 1.25
    assert foreign == "[]"


def test_the_rules_are_compiled_once_for_all_samples(command, monkeypatch):
    """Every sample makes a new runner; what it would compile anew is paid for thousands of
    times.
    """
    from enchanted_tui.runners import command_runner

    compiled = []
    monkeypatch.setattr(command_runner, "compile_output", lambda name, rule: compiled.append(name))
    monkeypatch.setattr(command_runner, "read_outputs", lambda outputs, files: ({}, []))
    bench = command(["true"], outputs={"only_here": {"file": "a", "text": True}})
    for _ in range(5):
        bench.run()
    assert compiled == ["only_here"]
