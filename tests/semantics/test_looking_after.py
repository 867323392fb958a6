"""A campaign in which everything fails is paused by itself: the canary of each stage, the breaker."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler
from helpers.processes import wait_until


def configure(
    campaign: Campaign, *budgets: int, wait: float = 0.0, share: float = 0.0, **supervisor: Any
) -> None:
    samplers = [random_sampler(budget, parameters=("x",)) for budget in budgets]
    runner = {
        "type": "PythonRunner",
        "function": "helpers.parts.guarded:run",
        "arguments": {"wait": wait, "share": share},
    }
    campaign.config = campaign_config(
        *samplers, runners={f"r{depth}": runner for depth in range(len(samplers))}, **supervisor
    )


def broken(campaign: Campaign, from_sample: int = 0) -> None:
    (campaign.root / "broken").write_text(str(from_sample))


def mended(campaign: Campaign) -> None:
    (campaign.root / "broken").unlink()


def status(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert cli.main(["--status", str(campaign.run_dir), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_canary(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 10,000 samples that all fail alike five run; a sentence says what they share and what to
    do, the record holds it, and what has failed before stops no later session by itself.
    """
    configure(campaign, 10_000)
    broken(campaign)
    assert campaign.run("--dry-run") == 0
    assert "  5 samples before the rest (canary)\n" in capsys.readouterr().out
    assert campaign.run() == 4
    said = capsys.readouterr().err
    assert "all of the first 5 samples failed (canary): ValueError: no equilibrium for <n>" in said
    assert "--run-mode resume" in said
    [record] = campaign.records("guard")
    assert (record["rule"], record["cause"], record["count"]) == ("canary", "simulation", 5)
    assert 0 <= record["ranges"]["x"][0] < record["ranges"]["x"][1] <= 1
    assert sum(record["hosts"].values()) == 5
    found = status(campaign, capsys)["snapshot"]
    assert (found["end_reason"], found["guard"]["signature"]) == ("canary", record["signature"])
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    assert record["message"] in capsys.readouterr().out
    assert campaign.resume() == 4
    assert campaign.finished_tasks() == 10
    broken(campaign, from_sample=60)
    campaign.config["supervisor"]["max_failures"] = 1
    assert campaign.resume() == 4
    assert campaign.records("end")[-1]["reason"] == "max_failures"
    assert campaign.finished_tasks() > 15  # its first five, which succeed, and what follows


def test_breaker(campaign: Campaign) -> None:
    """Without a canary, one signature that has all of the latest tasks stops the campaign, but for
    what has begun by then.
    """
    configure(campaign, 1_000, wait=0.02, canary=False)
    broken(campaign)
    assert campaign.run() == 4
    assert 20 <= campaign.finished_tasks() <= 26
    [record] = campaign.records("guard")
    assert (record["rule"], record["failed"]) == ("breaker", 20)
    assert campaign.records("end")[-1]["reason"] == "breaker"


def test_breaker_of_messages_with_numbers_of_their_own(campaign: Campaign) -> None:
    """What a message names that nobody had before, such as a session or a job, hides no cause."""
    configure(campaign, 200, canary=False)
    (campaign.root / "licensed.py").write_text(
        "import time, uuid\n\ndef run(x):\n    time.sleep(0.02)\n"
        "    raise ValueError(f'no licence for session {uuid.uuid4()}')\n"
    )
    campaign.config["runners"]["r0"] = {"type": "PythonRunner", "function": "licensed:run"}
    assert campaign.run() == 4
    assert 20 <= campaign.finished_tasks() <= 26
    [record] = campaign.records("guard")
    assert record["signature"] == "ValueError: no licence for session <uuid>"


def test_breaker_that_is_set(campaign: Campaign) -> None:
    """A number of one's own is kept, and false lets the campaign go on whatever fails."""
    configure(campaign, 60, wait=0.01, breaker=8)
    broken(campaign)
    assert campaign.run() == 4
    assert 8 <= campaign.finished_tasks() < 20
    campaign.config["supervisor"]["breaker"] = False
    assert campaign.resume() == 4
    assert campaign.records("end")[-1]["reason"] == "all_failed"
    assert campaign.finished_tasks() == 60


def test_failures_that_come_later(campaign: Campaign) -> None:
    """After many successes the breaker takes longer to believe that all is lost; a success on
    record is enough for there to be no canary.
    """
    configure(campaign, 1_000, wait=0.002)
    broken(campaign, from_sample=300)
    assert campaign.run() == 4
    [record] = campaign.records("guard")
    assert (record["rule"], record["failed"]) == ("breaker", 95)
    mended(campaign)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 1_000


def test_scattered_failures(campaign: Campaign) -> None:
    """A tenth of the samples fails, with one message: nobody is disturbed."""
    configure(campaign, 1_000, share=0.1)
    assert campaign.run() == 0
    assert not campaign.records("guard")
    assert len(campaign.failures()) == 100


def test_canary_changes_no_sample(campaign: Campaign) -> None:
    """It changes when samples begin, and nothing else: not what is drawn, nor their names."""
    configure(campaign, 40, canary=7, share=0.1)
    assert campaign.run() == 0
    rows = campaign.rows()
    configure(campaign, 40, canary=0, share=0.1)
    assert campaign.run("--overwrite") == 0
    times = {"runtime_sec_r0"}
    assert [{k: row[k] for k in row.keys() - times} for row in rows] == [
        {k: row[k] for k in row.keys() - times} for row in campaign.rows()
    ]


def test_canary_of_each_stage(campaign: Campaign) -> None:
    """A later stage has one of its own, which goes by its own samples."""
    configure(campaign, 4, 6, canary=3)
    campaign.config["runners"]["r0"] = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x"],
    }
    broken(campaign)
    assert campaign.run() == 4
    [record] = campaign.records("guard")
    assert (record["depth"], record["failed"]) == (1, 3)
    assert campaign.finished_tasks() == 4 + 3


def test_lost_workers_are_infrastructure(campaign: Campaign) -> None:
    """Samples whose workers die are no failures of the simulation, and the sentence says so."""
    configure(campaign, 100, canary=2)
    campaign.config["executors"]["here"]["max_retries"] = 0
    (campaign.root / "lost").touch()
    assert campaign.run() == 4
    [record] = campaign.records("guard")
    assert record["cause"] == "infrastructure"
    assert set(record["kinds"]) == {"lost"}


def test_killed_in_the_canary(campaign: Campaign) -> None:
    """A supervisor that is killed while the canary runs loses nothing: the next session counts what
    has failed already.
    """
    configure(campaign, 1_000, wait=0.3)
    campaign.config["executors"]["here"]["n_workers"] = 1
    broken(campaign)
    campaign.write()
    with campaign.at_work(3):
        pass
    assert campaign.run_here("--run-mode", "resume").code == 4
    campaign.end_processes()
    assert campaign.finished_tasks() == 5
    [record] = campaign.records("guard")
    assert record["failed"] == 5


# -- being told ------------------------------------------------------------------------------------


def told(campaign: Campaign) -> list[list[str]]:
    """Return what the command of `notify` was told, in order: event and message, of each call."""
    path = campaign.root / "told"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split("|", 1) for line in lines]


def teller(campaign: Campaign) -> list[str]:
    """Return a command that notes what it is told."""
    script = campaign.root / "tell.py"
    script.write_text(
        "import os\n"
        "with open('told', 'a') as file:\n"
        "    file.write('{ENCHANTED_EVENT}|{ENCHANTED_MESSAGE}\\n'.format(**os.environ))\n"
    )
    return [sys.executable, str(script)]


def test_alerts(campaign: Campaign) -> None:
    """What happens while the campaign runs is told, each event once in a while, and the end always."""
    configure(campaign, 400, wait=0.01, share=0.7, breaker=0)
    campaign.config["supervisor"]["notify"] = {"command": teller(campaign), "failure_rate": 0.6}
    assert campaign.run() == 0
    wait_until(lambda: len(told(campaign)) == 2, 20, "two events told")
    (first, failures), (last, message) = told(campaign)
    assert (first, last) == ("failures", "end")
    failed = len(campaign.failures())
    assert message == f"the campaign is complete: 400 samples, {400 - failed} ok, {failed} failed"
    assert "tasks failed (exception)" in failures


def test_stall(campaign: Campaign) -> None:
    """Where nothing ends for long somebody is told once; who asks for that event alone is told of
    no other.
    """
    configure(campaign, 2, wait=4.0)
    campaign.config["supervisor"]["notify"] = {
        "command": teller(campaign),
        "events": ["stall"],
        "stall": 1.0,
        "every": 0,
    }
    assert campaign.run() == 0
    wait_until(lambda: told(campaign), 20, "a stall told")
    assert [event for event, _ in told(campaign)] == ["stall"]
    assert "no result for" in told(campaign)[0][1]


def test_core_hours_that_will_not_do(campaign: Campaign) -> None:
    """Protects a budget: it is told once that the campaign needs more than it may hold, and who
    asks for that event alone is told when it is used up, too.
    """
    configure(campaign, 60, wait=0.3, max_core_hours=10 / 3600)
    campaign.config["supervisor"]["notify"] = {"command": teller(campaign), "events": ["budget"]}
    assert campaign.run() == 3
    wait_until(lambda: len(told(campaign)) == 2, 20, "two things told")
    (first, before), (last, at_the_end) = told(campaign)
    assert (first, last) == ("budget", "budget")
    assert "ends it before" in before
    assert "have been held" in at_the_end


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-mailer me", "no program 'no-such-mailer' in PATH on this machine; correct"),
        (["./absent.sh"], "absent.sh; correct the path, or make it"),
        ({"command": ["./campaign.yaml"]}, "campaign.yaml is not executable; chmod +x it"),
    ],
)
def test_a_command_that_cannot_be_run(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], command: Any, said: str
) -> None:
    """Protects whoever relies on being told: before anything runs, with its line and a remedy."""
    configure(campaign, 2)
    campaign.config["supervisor"]["notify"] = command
    assert cli.main(["--check", str(campaign.write())]) == 0
    written = capsys.readouterr()
    [line] = [line for line in (written.out + written.err).splitlines() if said in line]
    assert "campaign.yaml:" in line
    assert "supervisor.notify" in line


def test_breaker_whatever_the_messages(campaign: Campaign) -> None:
    """Protects the machine's time: where nothing has ever succeeded, five times as many failures
    are enough, though no message has taken over; a single success lets them go on.
    """
    configure(campaign, 300, canary=False, breaker=6)
    (campaign.root / "various.py").write_text(
        "import os, time\n\n"
        "WORDS = 'mesh solver licence memory input output grid time step file'.split()\n\n"
        "def run(x, run_dir):\n    time.sleep(0.01)\n"
        "    number = int(run_dir.rpartition('_s')[2].partition('_')[0])\n"
        "    if number == 3 and os.path.exists('once'):\n        return {'y': x}\n"
        "    raise ValueError(f'the {WORDS[number % 10]} is wrong')\n"
    )
    campaign.config["runners"]["r0"] = {"type": "PythonRunner", "function": "various:run"}
    assert campaign.run() == 4
    assert 30 <= campaign.finished_tasks() <= 40
    [record] = campaign.records("guard")
    assert "all failed with 10 different messages, and none has ever succeeded" in record["message"]
    (campaign.root / "once").touch()
    assert campaign.run("--overwrite") == 0
    assert campaign.finished_tasks() == 300
