"""A job that stays, by itself: it takes what it is given, gives back what is wanted back, and
leaves, and never is anything done twice or lost.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.far.share import EarlierLife, write_share
from enchanted_tui.whole_files import write_atomically
from helpers.marks import in_full
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.staying_job import StayingJob


@pytest.fixture
def job(tmp_path: Path) -> Iterator[StayingJob]:
    job = StayingJob(tmp_path)
    yield job
    if job.process is not None and job.process.poll() is None:
        job.kill()


def has_left(job: StayingJob) -> bool:
    job.read()
    return job.element.bye is not None


def settled(job: StayingJob) -> bool:
    job.read()
    return not job.element.unfinished


def test_shares_one_after_another(job: StayingJob) -> None:
    """Protects the wait in the queue: a job takes what comes later, whether it had anything at
    first or not, and leaves when it is told that nothing follows.
    """
    job.give(0, 0)
    job.start()
    for number in (1, 2, 3):
        job.give(2, number)
        wait_for("the share", lambda: settled(job))
    write_atomically(job.directory / "share.0.4", write_share({"last": True}, []))
    wait_for("the good-bye", lambda: has_left(job))
    assert job.process is not None
    assert job.process.wait(10) == 0
    assert job.element.bye is not None
    assert (job.element.bye["why"], job.element.bye["left"]) == ("done", 0)
    assert set(job.begun().values()) == {1}
    assert len(job.results) == 6


def test_it_leaves_when_nothing_comes(tmp_path: Path) -> None:
    """Protects core-hours: without more work a job leaves after `idle_timeout`, and what comes
    after its good-bye is not touched.
    """
    job = StayingJob(tmp_path, idle_timeout=2)
    job.give(1, 0)
    began = time.monotonic()
    job.start()
    wait_for("the good-bye", lambda: has_left(job))
    assert time.monotonic() - began >= 2
    job.give(2, 1)
    job.start()  # it is put back into the queue by hand
    assert job.process is not None
    assert job.process.wait(10) == 0
    job.read()
    assert len(job.element.unfinished) == 2, "the tasks are nobody's but the executor's"
    assert sum(job.begun().values()) == 1


def test_what_has_not_begun_is_given_back(tmp_path: Path) -> None:
    """Protects a pause: what has begun is finished, all the rest is the executor's again, of shares
    that it has and of those that it has not taken or that were never there.
    """
    job = StayingJob(tmp_path, seconds=0.7)
    job.give(12, 0)
    job.start()
    wait_for("the first samples", lambda: sum(job.begun().values()) >= 2)
    job.give(3, 1)
    for number in (0, 1, 2):
        job.recall(number)
    wait_for("the answer", lambda: settled(job) and job.element.answered == 2, 20)
    assert len(job.returned) >= 3 + 1
    assert sum(job.begun().values()) == len(job.results)
    job.give(2, 3)
    wait_for("the next share", lambda: settled(job))
    job.kill()
    assert job.results.keys().isdisjoint(job.returned)
    assert set(job.begun().values()) == {1}


def test_a_share_that_was_taken_back_before_the_job_began(job: StayingJob) -> None:
    """Protects against waiting for a job in the queue: what it was submitted with can be taken away
    from it.
    """
    tasks = job.give(3, 0)
    job.recall(0)
    job.start()
    wait_for("the answer", lambda: settled(job))
    assert set(job.returned) == set(tasks)
    assert not job.begun()


def test_other_terms_mean_another_pool(job: StayingJob) -> None:
    """Protects resumed campaigns: what a share says of its samples holds for them, and for no
    others.
    """
    job.give(2, 0)
    job.start()
    wait_for("the first share", lambda: settled(job))
    job.options = {"text_megabytes": 1}
    job.give(1, 1, timeout=5.0)
    wait_for("the second share", lambda: settled(job))
    job.options = {}
    job.give(1, 2)
    wait_for("the third share", lambda: settled(job))
    sizes = [len(line) > 1 << 20 for line in Path(job.element.results).read_bytes().splitlines()]
    assert sum(sizes) == 1
    assert len(job.results) == 4


def test_a_result_of_before_is_no_result_of_a_later_share(job: StayingJob) -> None:
    """Protects a retry: a sample whose failure was given up, and which the same job is given again,
    is run again, also by a second life of the job, and its old record is not taken for the new one.
    """
    [task] = job.give(1, 0)
    job.start()
    wait_for("its result", lambda: settled(job))
    job.write([task], 1)
    job.kill()
    job.start()
    wait_for("its second result", lambda: settled(job))
    assert job.results[task] == 2
    assert sum(job.begun().values()) == 2
    content = Path(job.element.results).read_bytes()
    assert not EarlierLife(content).is_open(task, 1)
    anew = Element(job.element.submission, 0, {}, 0)
    job.element = anew
    job.write([task], 2)
    job.kill()
    job.read()
    assert task in anew.unfinished, "a later session takes an old record for the new one"


@pytest.mark.parametrize("seed", [0, *in_full(*range(1, 40))])
def test_at_random(tmp_path: Path, seed: int) -> None:
    """Protects every sample: whatever is given and taken back at whatever moments, and however
    often the job dies and begins again, each sample has one result or is given back, never both,
    and none that was given back has begun.
    """
    chance = random.Random(seed)
    job = StayingJob(tmp_path, seconds=chance.choice((0.0, 0.05, 0.3)))
    given = set(job.give(chance.randrange(5), 0))
    job.start()
    number, deaths, asked = 0, 0, set()
    for _ in range(12):
        time.sleep(chance.choice((0.0, 0.05, 0.3, 1.1)))
        what = chance.randrange(4)
        if what < 2:
            number += 1
            given.update(job.give(chance.randrange(1, 6), number))
        elif what == 2 and number not in asked:
            asked.add(number)
            job.recall(number)
        elif what == 3 and deaths < 2:
            deaths += 1
            job.kill()
            job.start()
        job.read()
    wait_for("the last result", lambda: settled(job), 60)
    write_atomically(job.directory / f"share.0.{number + 1}", write_share({"last": True}, []))
    wait_for("the good-bye", lambda: has_left(job), 30)
    assert job.results.keys() | job.returned.keys() == given
    assert job.results.keys().isdisjoint(job.returned)
    assert set(job.results.values()) <= {1}
    begun = job.begun()
    assert not [task for task in job.returned if begun[task.name] > deaths]
    assert all(begun[task.name] <= 1 + deaths for task in job.results)
    if not deaths:
        assert not [task for task in job.returned if begun[task.name]]
