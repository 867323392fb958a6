"""What a sample has started on another host ends with it."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from enchanted_tui.executors.ends.remote import log_in_of
from helpers.ssh.sshd import USER, Sshd


@pytest.fixture
def short_place() -> Iterator[str]:
    """A directory for sockets, whose paths are limited to 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ends-", dir="/tmp") as place:
        yield place


@pytest.mark.parametrize(
    "master",
    [(), pytest.param(("-oControlMaster=auto", "-oControlPersist=30"), marks=pytest.mark.full)],
    ids=["alone", "shared"],
)
def test_a_time_limit_reaches_what_ssh_has_started(
    master: tuple[str, ...], sshd: Sshd, tmp_path: Path, short_place: str
) -> None:
    """Protects other hosts: an SSH server does not end a command whose connection closes, also one
    that ignores SIGTERM.
    """
    signs = tmp_path / "signs of life"
    options = [
        f"-p{sshd.port}",
        f"-i{sshd.user_key}",
        f"-oUserKnownHostsFile={sshd.known_hosts}",
        "-oIdentitiesOnly=yes",
        *master,
    ]
    beyond = f"trap '' TERM HUP; while :; do date +%s.%N >> '{signs}'; sleep 0.02; done"
    control = [f"-oControlPath={short_place}/c"] if master else []
    config = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1, "timeout_sec": 2}},
        "samplers": {"s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1]]}},
        "runners": {
            "far": {
                "type": "CommandRunner",
                "command": ["ssh", *options, *control, f"{USER}@127.0.0.1", beyond],
                "outputs": {"x": {"exit_code": True}},
            }
        },
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "far"}],
        },
    }
    (tmp_path / "campaign.yaml").write_text(yaml.safe_dump(config))
    done = subprocess.run(
        [sys.executable, "-m", "enchanted_tui", "campaign.yaml", "--no-ui"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    with (tmp_path / "run" / "enchanted_failures.csv").open() as file:
        [failure] = csv.DictReader(file)
    assert failure["kind"] == "timeout", done
    assert "everything it had started were ended" in failure["message"]
    size = signs.stat().st_size
    time.sleep(0.3)
    assert signs.stat().st_size == size > 0


@pytest.mark.parametrize(
    ("argv", "log_in"),
    [
        ("ssh n2 solver -n 4", "ssh n2"),
        ("ssh -p 22 -oBatchMode=yes me@n2 solver", "ssh -p 22 -oBatchMode=yes me@n2"),
        ("ssh -tt -l me -i key -J gate n2", "ssh -l me -i key -J gate n2"),
        ("ssh -4nq n2", "ssh n2"),
        ("ssh -fN -L 1:n3:2 n2", None),
        ("ssh -W n3:22 gate", None),
    ],
)
def test_how_to_log_in_once_more(argv: str, log_in: str | None) -> None:
    """Protects from commands given to the wrong host: options before the destination, whatever
    their form.
    """
    assert log_in_of(argv.split()) == (log_in.split() if log_in else None)
