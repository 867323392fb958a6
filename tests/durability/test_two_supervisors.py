"""One supervisor a directory: the second one is refused, a dead one is replaced, one that was taken
for dead gives way.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.journal_lines import seal
from enchanted_tui.storage import lock as lock_module
from enchanted_tui.storage.lock import DirectoryInUseError, Holder, Lock, read_holder
from helpers.marks import in_full
from helpers.processes import LIMIT, assert_one_sentence, finish
from helpers.shapes import flat

BUSY = flat(2000, 20, sleep=0.1)  # longer than any test, on a busy machine too
SHORT = flat(6, 2)


@pytest.fixture
def running(campaign):
    """A campaign at work, and its supervisor's process."""
    busy = campaign(BUSY)
    with busy.at_work(3) as process:
        yield busy, process


def lock_path(campaign):
    return campaign.run_dir / "state" / "lock"


def rewrite(path, **changed):
    """Replace the lock as another supervisor would, in one step."""
    content = {**json.loads(path.read_bytes()), **changed}
    new = path.with_name("rewritten")
    new.write_text(json.dumps(content))
    new.rename(path)


def holder(path: Path) -> Holder:
    """Return who holds a lock."""
    found = read_holder(path)
    assert found is not None
    return found


def test_second_supervisor_is_refused(running):
    """Whatever it wants, it is told who holds the directory, and neither of them is disturbed;
    least of all is anything deleted.
    """
    busy, process = running
    before = busy.intact_journal()
    for arguments in (["resume"], ["extend"], ["auto"], ["fresh"], ["fresh", "--overwrite"]):
        ended = busy.run_here("--run-mode", *arguments)
        assert_one_sentence(ended, str(process.pid), socket.gethostname())
    assert holder(lock_path(busy)).pid == process.pid
    assert busy.intact_journal().startswith(before)
    busy.wait_for_tasks(busy.finished_tasks() + 2, process)


def test_dead_holder_on_this_host_is_replaced_at_once(running):
    """A kill does not make anybody wait for missed heartbeats."""
    busy, process = running
    process.kill()
    process.communicate(timeout=LIMIT)
    assert lock_path(busy).exists()
    started = time.monotonic()
    again = busy.supervise("--run-mode", "resume")
    busy.wait_for_tasks(busy.finished_tasks() + 1, again)
    assert time.monotonic() - started < 8
    again.kill()
    again.communicate(timeout=LIMIT)


def test_number_of_a_dead_holder_given_to_another_process(campaign):
    """Process numbers are used again: the start time tells a supervisor from whoever has its number
    now.
    """
    done = campaign(SHORT)
    done.complete()
    with subprocess.Popen(["sleep", "60"]) as other:
        content = {
            "token": "0" * 32,
            "host": socket.gethostname(),
            "pid": other.pid,
            "start_time": 1.0,
            "boot_id": lock_module._boot_id(),
        }
        lock_path(done).write_text(json.dumps({**content, "beat": 3}))
        ended = done.run_here("--run-mode", "resume")
        other.kill()
    assert ended.code == 0, ended


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 200, b"[1]", b'{"pid": 1}'])
def test_unreadable_lock_is_replaced(tmp_path, content):
    """What a full disk or a crash of the machine leaves of a lock does not lock a directory for
    ever.
    """
    path = tmp_path / "lock"
    path.write_bytes(content)
    lock = Lock.acquire(path, lambda: None)
    assert holder(path).pid == os.getpid()
    lock.release()
    assert os.listdir(tmp_path) == []


def held_elsewhere(campaign):
    """Leave the lock of a supervisor on another host in a completed campaign."""
    campaign.complete()
    content = {
        "token": "f" * 32,
        "host": "another.host",
        "pid": 4711,
        "start_time": 1.0,
        "boot_id": "x",
        "beat": 0,
    }
    lock_path(campaign).write_text(json.dumps(content))
    return lock_path(campaign)


def test_holder_on_another_host_is_respected_while_it_beats(campaign, monkeypatch):
    """Only its counter says that it lives; clocks of two hosts are never compared."""
    path = held_elsewhere(campaign(SHORT))
    monkeypatch.setattr(lock_module.is_alive, "__defaults__", (3.0,))
    stop = threading.Event()

    def beat():
        number = 0
        while not stop.wait(0.5):
            number += 1
            rewrite(path, beat=number)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(DirectoryInUseError, match=r"pid 4711 on another\.host"):
            Lock.acquire(path, lambda: None)
    finally:
        stop.set()
        thread.join()


def test_silent_holder_on_another_host_is_replaced_after_a_while(campaign, monkeypatch):
    """The observer waits for as long as it takes to be sure, by its own clock, and not longer."""
    path = held_elsewhere(campaign(SHORT))
    monkeypatch.setattr(lock_module.is_alive, "__defaults__", (1.5,))
    started = time.monotonic()
    lock = Lock.acquire(path, lambda: None)
    assert 1.4 < time.monotonic() - started < 4
    assert holder(path).pid == os.getpid()
    lock.release()
    assert not path.exists()


def race(campaign, *arguments):
    """Start two supervisors at the same instant; give how they ended."""
    return [finish(process) for process in [campaign.supervise(*arguments) for _ in range(2)]]


def one_winner(campaign, ended):
    """Exactly one of two supervisors ran the campaign; the other was refused, or found it
    complete.
    """
    codes = sorted(each.code for each in ended)
    assert codes in ([0, 3], [0, 0]), ended
    for each in ended:
        if each.code == 3:
            assert_one_sentence(each)
    campaign.assert_sound_record()
    assert campaign.finished_tasks() == 6
    assert not lock_path(campaign).exists()


@pytest.mark.parametrize(
    "number",
    [0, *in_full(*range(1, 20))],
)
def test_two_started_at_once_on_an_empty_directory(campaign, number):
    """Exactly one begins the campaign."""
    raced = campaign(SHORT)
    ended = race(raced, "--run-mode", "fresh")
    assert sorted(each.code for each in ended) == [0, 3], ended
    one_winner(raced, ended)
    assert sum(record["type"] == "open" for record in raced.records()) == 1


@pytest.mark.parametrize(
    "number",
    [0, *in_full(*range(1, 20))],
)
def test_two_started_at_once_on_a_stale_lock(campaign, number):
    """Both see that the holder is dead; only one of them replaces it, and never the other one's new
    lock.
    """
    raced = campaign(SHORT)
    process = raced.supervise()
    while not lock_path(raced).exists():
        assert process.poll() is None
    raced.wait_for_tasks(0, process)
    while not raced.records():
        time.sleep(0.005)
    process.kill()
    process.communicate(timeout=LIMIT)
    one_winner(raced, race(raced, "--run-mode", "resume"))


@pytest.mark.full
def test_many_take_a_stale_lock_at_once(tmp_path):
    """Of twenty threads that find the same dead holder, one gets the lock each time."""
    path = tmp_path / "run" / "state" / "lock"
    path.parent.mkdir(parents=True)
    dead = {
        "token": "0" * 32,
        "host": socket.gethostname(),
        "pid": 2**22 + 1,
        "start_time": 1.0,
        "boot_id": lock_module._boot_id(),
        "beat": 0,
    }
    for _ in range(10):
        path.write_text(json.dumps(dead))
        barrier = threading.Barrier(20)
        taken: list[Any] = []
        refused: list[Any] = []

        def take(barrier=barrier, taken=taken, refused=refused):
            barrier.wait()
            try:
                taken.append(Lock.acquire(path, lambda: None))
            except DirectoryInUseError as error:
                refused.append(error)

        threads = [threading.Thread(target=take) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=LIMIT)
        assert (len(taken), len(refused)) == (1, 19)
        taken[0].release()
    assert os.listdir(path.parent) == []


def test_supervisor_that_was_stopped_too_long_gives_way(campaign):
    """When it wakes up and finds its lock taken it ends with exit code 3 and writes nothing more,
    not even its results.
    """
    impatient = (
        "import sys; from enchanted_tui.storage import lock; lock.PATIENCE = 1.0; from"
        " enchanted_tui.cli import main; sys.exit(main())"
    )
    busy = campaign(BUSY)
    process = busy.supervise(program=("-c", impatient))
    busy.wait_for_tasks(3, process)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1.5)
    rewrite(lock_path(busy), token="e" * 32, host="another.host", pid=4711)
    before = own_files(busy)
    os.kill(process.pid, signal.SIGCONT)
    ended = finish(process)
    assert_one_sentence(ended, "another supervisor")
    after = own_files(busy)
    assert [str(path) for path in before if after.get(path) != before[path]] == []
    assert holder(lock_path(busy)).host == "another.host"
    busy.wait_for_no_process()


def own_files(campaign):
    """Give the contents of all files that the supervisor itself writes, but for its log."""
    kept = [
        path
        for path in campaign.run_dir.rglob("*")
        if path.is_file() and "data" not in path.parts and path.name != "main.log"
    ]
    return {path: path.read_bytes() for path in kept}


# -- two hosts -------------------------------------------------------------------------------------

#: Programs whose patience is a second; the second one believes to be on another host.
HERE = (
    "from enchanted_tui.storage import lock; lock.PATIENCE = 1.0; from enchanted_tui.cli import"
    " main; import sys; sys.exit(main())"
)
ELSEWHERE = (
    "import socket; socket.gethostname = lambda: 'another.host'; from enchanted_tui.storage import"
    " lock; "
)
ELSEWHERE += (
    "lock.is_alive.__defaults__ = (1.0,); from enchanted_tui.cli import main; import sys;"
    " sys.exit(main())"
)


def late_pages(campaign):
    """Give lines that a supervisor has still to write: results that it has, and that it has
    ended.
    """
    last = campaign.intact_journal().splitlines(keepends=True)[-1]
    end = {
        "type": "end",
        "reason": "aborted",
        "exit_code": 143,
        "message": "the first one",
        "files": {},
        "v": 1,
        "time": time.time(),
    }
    return last + seal(json.dumps(end, separators=(",", ":")).encode())


@pytest.mark.parametrize("woken", ["at work", pytest.param("at the end", marks=pytest.mark.full)])
def test_late_pages_of_a_supervisor_on_another_host(campaign, woken):
    """One that hangs is taken for dead. What it writes later, from its cache or when it wakes, is
    not in the journal of the other.
    """
    shared = campaign(flat(30, 10, sleep=0.1))
    first = shared.supervise(program=("-c", HERE))
    shared.wait_for_tasks(3, first)
    os.kill(first.pid, signal.SIGSTOP)
    with shared.journal.open("r+b") as its_file:
        second = shared.supervise("--run-mode", "resume", program=("-c", ELSEWHERE))
        while [record["host"] for record in shared.records() if record["type"] == "open"][
            -1
        ] != "another.host":
            assert second.poll() is None, finish(second)
            time.sleep(0.01)
        its_file.seek(0, os.SEEK_END)
        its_file.write(late_pages(shared))
        its_file.flush()
        if woken == "at work":
            os.kill(first.pid, signal.SIGCONT)
        ended = finish(second)
    os.kill(first.pid, signal.SIGCONT)
    assert ended.code == 0, ended
    before = own_files(shared)
    assert_one_sentence(finish(first), "another supervisor has taken over")
    if woken == "at the end":
        assert own_files(shared) == before
    assert [record["exit_code"] for record in shared.records() if record["type"] == "end"] == [0]
    assert shared.finished_tasks() == 30
    assert len(shared.contents()["dataset"]) == 31
    assert len([record for record in shared.records() if record["type"] == "open"]) == 2


def test_container_on_the_same_machine_is_not_taken_for_dead(tmp_path):
    """Process numbers of another container say nothing here: only its heartbeat does."""
    boot = lock_module._boot_id().split(" ")[0]
    holder = lock_module.Holder("0" * 32, socket.gethostname(), 2**22 + 1, 1.0, f"{boot} pid:[1]")
    assert lock_module.is_alive_here(holder) is None
