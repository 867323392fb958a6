"""What a command line may say: mistakes cost one sentence, and no option is read and then
ignored.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.files import snapshot
from helpers.processes import with_helpers


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a small campaign that has run."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert Campaign(root).run(config=campaign_config(random_sampler(3))) == 0
    return root


@pytest.fixture
def finished(campaign: Campaign, run_once: Path) -> Campaign:
    """A copy of it."""
    shutil.copytree(run_once, campaign.root, dirs_exist_ok=True)
    return campaign


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "campaign.yaml --no-ui --seed 0",
            "--seed goes with --export RUN_DIR; the seed of a campaign is --set supervisor.seed=N.",
        ),
        ("campaign.yaml --check --to parquet --out x", "--to, --out go with --export RUN_DIR."),
        (
            "--status run --overwrite --set a=1",
            "--set, --overwrite go with a campaign to run, not with --status.",
        ),
        ("--control drain run --json", "--json goes with a campaign to run, not with --control."),
        (
            "--retry-failed run --run-mode fresh",
            "--run-mode goes with a campaign to run, not with --retry-failed.",
        ),
        ("--rebuild run --detach", "--detach goes with a campaign to run, not with --rebuild."),
        (
            "campaign.yaml --status run",
            "CONFIG goes with a campaign to run, not with --status; name the run directory once.",
        ),
        (
            "--config_file campaign.yaml --schema",
            "--config_file goes with a campaign to run, not with --schema.",
        ),
        ("campaign.yaml --no-ui --only d0_b0_s0_r0", "--only goes with --retry-failed."),
        (
            "campaign.yaml --detach --json",
            "--json goes with --no-ui: a campaign in the background has nobody to tell its events.",
        ),
        (
            "--status run --ascii",
            (
                "--ascii goes with the app, which --no-ui, --detach and the options that only ask"
                " for an answer leave out."
            ),
        ),
        (
            "campaign.yaml --overwrite",
            (
                "--overwrite goes with --no-ui or --detach; in the app, a dialog asks how to start"
                " a campaign."
            ),
        ),
    ],
)
def test_an_option_without_a_meaning_is_refused(
    finished: Campaign, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    """Whoever wrote it believes that it does something; a seed that is not used costs a
    campaign.
    """
    before = snapshot(finished.root)
    assert cli.main(shlex.split(line)) == 2
    assert capsys.readouterr() == ("", sentence + "\n")
    assert snapshot(finished.root) == before


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "campaign.yaml --chekc",
            (
                "there is no option --chekc; did you mean '--check'? enchanted-tui --help shows"
                " what there is."
            ),
        ),
        (
            "campaign.yaml other.yaml --check",
            "one name too many, 'other.yaml': give one configuration or run directory;",
        ),
        ("--export run --to xlsx", "argument --to: invalid choice: 'xlsx' (choose from"),
        (
            "campaign.yaml --check --log-level INFOO",
            (
                "--log-level: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found 'INFOO'; did"
                " you mean"
            ),
        ),
        (
            "'' --no-ui",
            (
                "An empty name was given for a configuration or run directory; is a variable of"
                " your shell not set?"
            ),
        ),
        (
            "--control abort ''",
            (
                "An empty name was given for a configuration or run directory; is a variable of"
                " your shell not set?"
            ),
        ),
        ("--export run --out .", "--out .: this is a directory; name a file"),
    ],
)
def test_a_mistake_costs_one_sentence(
    finished: Campaign, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    """Not a page of usage in which the reason drowns; an empty name is never taken for the current
    directory.
    """
    before = snapshot(finished.root)
    assert cli.main(shlex.split(line)) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(sentence)
    assert snapshot(finished.root) == before


def test_a_huge_file_is_not_read_into_memory(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dataset of many gigabytes, named by mistake, or a device without an end."""
    with campaign.config_path.open("wb") as file:
        file.truncate(2**40)
    assert cli.main([str(campaign.config_path), "--check"]) == 2
    assert "is longer than 20 MB, so it is no configuration" in capsys.readouterr().err


def test_a_configuration_comes_through_a_pipe(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """`enchanted-tui <(make-config) --check` works in a shell."""
    reading, writing = os.pipe()
    os.write(writing, yaml.safe_dump(campaign_config(random_sampler(3))).encode())
    os.close(writing)
    assert cli.main([f"/dev/fd/{reading}", "--check"]) == 0
    os.close(reading)


def test_export_takes_the_format_from_the_name_of_the_file(
    finished: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file called .parquet that holds CSV helps nobody; what --to says comes first."""
    assert cli.main(["--export", "run", "--out", "all.parquet"]) == 0
    assert cli.main(["--export", "run", "--out", "all.H5"]) == 0
    assert cli.main(["--export", "run", "--out", "odd.parquet", "--to", "csv"]) == 0
    assert [Path(name).read_bytes()[:4] for name in ("all.parquet", "all.H5", "odd.parquet")] == [
        b"PAR1",
        b"\x89HDF",
        b"outp",
    ]


@pytest.mark.slow
def test_a_retry_in_the_background_keeps_what_was_changed(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--retry-failed RUN_DIR --set ... --detach`: the mended option reaches the tasks."""
    runner = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"], "fail_when": {"x": [2]}}
    assert (
        campaign.run(config=campaign_config(array_sampler("x", [1, 2, 3]), runners={"r0": runner}))
        == 0
    )
    assert campaign.column("success") == ["True", "False", "True"]
    command = [
        sys.executable,
        "-m",
        "enchanted_tui",
        "--retry-failed",
        "run",
        "--set",
        "runners.r0.fail_when={}",
        "--detach",
    ]
    subprocess.run(
        command,
        cwd=campaign.root,
        env=with_helpers(),
        check=True,
        capture_output=True,
        timeout=60,
    )
    ended_by = time.monotonic() + 30
    while campaign.path("state/lock").exists() and time.monotonic() < ended_by:
        time.sleep(0.05)
    assert campaign.column("success") == ["True"] * 3


def test_commands_in_messages_can_be_pasted(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the run directory is called: what is shown after `to see it:` is what a shell
    takes.
    """
    campaign.run_dir = campaign.root / "my run; (touch hit)"
    config = campaign_config(
        random_sampler(3), runners={"r0": {"type": "ExampleRunner", "sleep_sec": 0}}
    )
    assert (
        cli.main([str(campaign.write(config)), "--detach", "--base-run-dir", str(campaign.run_dir)])
        == 0
    )
    said = capsys.readouterr().out
    shown = [
        line.partition(": ")[2].strip()
        for line in said.splitlines()
        if "to see it:" in line or "to stop it:" in line
    ]
    assert [shlex.split(line) for line in shown] == [
        ["enchanted-tui", str(campaign.run_dir)],
        ["enchanted-tui", "--control", "drain", str(campaign.run_dir)],
    ]
    campaign.path("state/journal.jsonl").unlink()
    assert cli.main(["--export", str(campaign.run_dir)]) == 3
    assert "name the run directory of a campaign" in capsys.readouterr().err
