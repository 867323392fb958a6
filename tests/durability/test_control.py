"""Steering a campaign from other processes: by requests and by signals; afterwards it can be
completed exactly.
"""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from helpers.marks import in_full
from helpers.processes import LIMIT, assert_one_sentence, finish
from helpers.shapes import flat

TASKS = flat(80, 10, sleep=0.2)
#: changes nothing but the time that completing takes
FAST = ("--set", "executors.local.n_workers=8")
N_SHORT = 4000  #: two workers need at least four seconds for them
#: so short that workers are handed many in advance
SHORT_TASKS = flat(N_SHORT, 1000, sleep=0.002)
QUICK = 3.0  #: seconds in which whatever is asked for has to show


@pytest.fixture
def uninterrupted(undisturbed):
    return lambda: undisturbed(TASKS, *FAST)


@pytest.fixture
def running(campaign):
    """A campaign at work, and its supervisor's process."""
    busy = campaign(TASKS)
    with busy.at_work(3) as process:
        yield busy, process


def ask(campaign, action):
    ended = campaign.command_here("--control", action, "run")
    assert ended.code == 0, ended
    assert action in ended.out


def status(campaign):
    ended = campaign.command_here("--status", "run", "--json")
    assert ended.code == 0, ended
    return json.loads(ended.out)


def wait_until(condition, patience=QUICK):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "nothing has come of it"
        time.sleep(0.02)


def completes_exactly(campaign, uninterrupted):
    campaign.wait_for_no_process()
    campaign.complete(*FAST)
    campaign.assert_like(uninterrupted())


def test_pause_and_continue(running, uninterrupted):
    """What runs finishes, nothing new starts; then it goes on where it was."""
    busy, process = running
    ask(busy, "pause")
    wait_until(lambda: any(record["type"] == "control" for record in busy.records()))
    time.sleep(0.6)
    resting, started = busy.finished_tasks(), len(busy.begun())
    assert resting == started < 80
    time.sleep(1.0)
    assert (busy.finished_tasks(), len(busy.begun())) == (resting, started)
    ask(busy, "continue")
    wait_until(lambda: busy.finished_tasks() > resting)
    process.send_signal(signal.SIGINT)
    assert finish(process, QUICK + 1).code == 130
    completes_exactly(busy, uninterrupted)


@pytest.mark.full
def test_pausing_stops_what_waits_at_workers_too(campaign):
    """Short tasks are handed out many in advance; pausing takes those back that no worker has
    begun.
    """
    busy = campaign(SHORT_TASKS)
    process = busy.supervise()
    busy.wait_for_tasks(200, process)
    ask(busy, "pause")
    wait_until(lambda: any(record["type"] == "control" for record in busy.records()))
    time.sleep(0.5)
    resting = busy.finished_tasks()
    assert resting == len(busy.begun()) < N_SHORT
    time.sleep(1.0)
    assert len(busy.begun()) == resting
    ask(busy, "continue")
    assert finish(process).code == 0
    assert busy.finished_tasks() == N_SHORT
    busy.assert_sound_record()


def test_status_says_who_paused(running):
    """Anybody who looks sees that nothing is wrong, and whom to ask."""
    busy, _ = running
    assert status(busy)["snapshot"]["state"] == "running"
    ask(busy, "pause")
    wait_until(
        lambda: (
            (busy.run_dir / "state" / "live.json").exists()
            and "paused by" in (busy.run_dir / "state" / "live.json").read_text()
        )
    )
    found = status(busy)
    assert found["snapshot"]["state"] == "paused"
    assert found["snapshot"]["paused_by"].endswith(f"@{os.uname().nodename}")
    assert found["live"]["waiting_for"] == f"paused by {found['snapshot']['paused_by']}"


@pytest.mark.full
def test_paused_campaign_can_be_drained(running, uninterrupted):
    """A pause does not keep a campaign from being stopped."""
    busy, process = running
    ask(busy, "pause")
    wait_until(lambda: any(record["type"] == "control" for record in busy.records()))
    ask(busy, "drain")
    assert finish(process, QUICK + 1).code == 130
    completes_exactly(busy, uninterrupted)


def test_drain_lets_running_tasks_finish(running, uninterrupted):
    """Every task that was begun has its result; nothing else was begun."""
    busy, process = running
    ask(busy, "drain")
    ended = finish(process, QUICK + 1)
    assert ended.code == 130, ended
    assert "drain" in ended.err
    assert busy.finished_tasks() == len(busy.begun()) < 80
    assert busy.records()[-1]["reason"] == "drained"
    completes_exactly(busy, uninterrupted)


def test_abort_kills_running_tasks(campaign):
    """Nobody waits for what takes long; it runs again when the campaign goes on."""
    busy = campaign(flat(10, sleep=100))
    process = busy.supervise()
    wait_until(lambda: busy.begun(), 20)
    ask(busy, "abort")
    ended = finish(process, QUICK + 1)
    assert ended.code == 130, ended
    assert busy.finished_tasks() == 0
    assert busy.records()[-1]["reason"] == "aborted"
    busy.wait_for_no_process()


def test_aborted_campaign_completes_exactly(running, uninterrupted):
    """What was cut short is done again from the start, in an empty directory."""
    busy, process = running
    ask(busy, "abort")
    assert finish(process, QUICK + 1).code == 130
    completes_exactly(busy, uninterrupted)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), *in_full((signal.SIGINT, 130))]
)
def test_signal_drains(running, uninterrupted, number, code):
    """Ctrl-C and a batch system's warning end a campaign in order; the exit code says which it
    was.
    """
    busy, process = running
    process.send_signal(number)
    ended = finish(process, QUICK + 1)
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    assert busy.finished_tasks() == len(busy.begun()) < 80
    completes_exactly(busy, uninterrupted)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), *in_full((signal.SIGTERM, 143))]
)
def test_second_signal_aborts(campaign, number, code):
    """Whoever asks twice does not want to wait for a task of 100 s."""
    busy = campaign(flat(10, sleep=100))
    process = busy.supervise()
    wait_until(lambda: busy.begun(), 20)
    process.send_signal(number)
    time.sleep(1.0)
    assert process.poll() is None
    process.send_signal(number)
    ended = finish(process, QUICK + 1)
    assert ended.code == code, ended
    assert busy.records()[-1]["reason"] == "aborted"
    busy.wait_for_no_process()


def test_closing_the_terminal_ends_nothing(running):
    """SIGHUP comes when an SSH connection breaks; a headless campaign goes on."""
    busy, process = running
    process.send_signal(signal.SIGHUP)
    busy.wait_for_tasks(busy.finished_tasks() + 4, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process, QUICK + 1).code == 143
    busy.wait_for_no_process()
    busy.assert_sound_record()


@pytest.mark.parametrize("at", [0.2, *in_full(0.0, 0.4, 0.8)])
def test_signal_while_starting(campaign, at):
    """A signal in the first instants ends the program in an orderly way, and a later start is not
    disturbed.
    """
    busy = campaign(flat(6, 2, sleep=0.1))
    process = busy.supervise("--run-mode", "auto")
    time.sleep(at)
    process.send_signal(signal.SIGINT)
    ended = finish(process, 20)
    # Python itself was still starting, and ends with 1 then
    before_us = "init_import_site" in ended.err
    assert ended.code in (130, -signal.SIGINT, 0) or before_us, ended
    busy.wait_for_no_process()
    busy.complete()
    assert busy.finished_tasks() == 6
    busy.assert_sound_record()


def test_request_to_nobody(campaign):
    """Asking a campaign that nobody runs says so, and the request is not carried out by whoever
    comes next.
    """
    done = campaign(flat(4, sleep=0.05))
    done.complete()
    for action in ("pause", "continue", "drain", "abort"):
        assert_one_sentence(
            done.command_here("--control", action, "run"), "No supervisor is running"
        )
    assert list((done.run_dir / "state" / "control").iterdir()) == []


def test_request_to_a_killed_supervisor(running):
    """A dead holder's lock does not make a request look accepted."""
    busy, process = running
    process.kill()
    process.communicate(timeout=LIMIT)
    assert_one_sentence(busy.command_here("--control", "drain", "run"), "No supervisor is running")


@pytest.mark.full
def test_request_left_over_from_a_dead_session(running, uninterrupted):
    """What was asked of a supervisor that died before it looked is not done to the next one."""
    busy, process = running
    os.kill(process.pid, signal.SIGSTOP)
    ask(busy, "abort")
    ask(busy, "pause")
    process.kill()
    process.communicate(timeout=LIMIT)
    assert len(list((busy.run_dir / "state" / "control").iterdir())) == 2
    completes_exactly(busy, uninterrupted)


def test_unreadable_requests_are_ignored(running):
    """Rubbish in the directory of requests neither stops a campaign nor stays there."""
    busy, process = running
    control = busy.run_dir / "state" / "control"
    for number, content in enumerate(
        ["", "{", "[]", '{"action": "explode", "by": "me"}', '{"action": "drain"}', "null"]
    ):
        (control / f"{number:020d}-rubbish.json").write_text(content)
    wait_until(lambda: not list(control.iterdir()))
    before = busy.finished_tasks()
    wait_until(lambda: busy.finished_tasks() > before)
    assert process.poll() is None


@pytest.mark.parametrize("place", ["nowhere", "tmp"])
def test_control_of_no_campaign(campaign, place):
    """A wrong directory is one sentence."""
    case = campaign(flat(4))
    for arguments in (["--control", "pause", place], ["--status", place]):
        assert_one_sentence(case.command_here(*arguments))


def test_unknown_action_is_a_mistake_of_usage(campaign):
    """Exit code 2, and what there is to choose from."""
    case = campaign(flat(4))
    ended = case.command_here("--control", "stop", "run")
    assert ended.code == 2, ended
    assert "drain" in ended.err
