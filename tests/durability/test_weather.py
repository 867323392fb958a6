"""Errors of a file server that pass: they end no campaign over what is only for show, and are never
a failed sample's.

Every day one error of each series, all with ``--full``.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sysconfig
import time
from typing import Any

import pytest

from enchanted_tui.executors.task_end import environment_error
from enchanted_tui.record.journal import FORMAT_VERSION, Journal
from helpers.marks import in_full
from helpers.processes import assert_one_sentence, finish
from helpers.shapes import flat

PASSING = ("EIO", "ESHUTDOWN", "ENOTCONN", "ETIMEDOUT")

#: Makes calls that change or open a file fail while a file of the name in WEATHER is there: what it
#: holds is "errno part-of-the-path".
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int storm(const char *path) {
    const char *name = getenv("WEATHER");
    char part[256] = "", line[300] = "";
    int number = 0, (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    if (!name || !path) return 0;
    int file = real_open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, line, sizeof line - 1);
    close(file);
    if (size <= 0 || sscanf(line, "%d %255s", &number, part) != 2 || !strstr(path, part)) return 0;
    errno = number;
    return 1;
}

#define OPENS(NAME) \
    int NAME(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #NAME); \
        return storm(path) ? -1 : real(path, flags, mode); }
OPENS(open)
OPENS(open64)

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    return storm(to) ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = dlsym(RTLD_NEXT, "mkdir");
    return storm(path) ? -1 : real(path, mode);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    place = tmp_path_factory.mktemp("shim")
    (place / "weather.c").write_text(SHIM)
    compiler = (sysconfig.get_config_var("CC") or "gcc").split()[0]
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", "weather.so", "weather.c", "-ldl"],
        cwd=place,
        check=True,
        timeout=60,
    )
    return place / "weather.so"


@pytest.fixture
def stormy(campaign, shim, monkeypatch):
    """Make campaigns whose files fail while the weather is bad: `begin(errno's name, part of the
    path)` and `end()`.
    """

    def make(config):
        made = campaign(config)
        weather = made.root / "weather"
        monkeypatch.setenv("LD_PRELOAD", str(shim))
        monkeypatch.setenv("WEATHER", str(weather))

        def begin(name, part):
            (made.root / "coming").write_text(f"{getattr(errno, name)} {part}\n")
            (made.root / "coming").rename(weather)

        return made, begin, weather.unlink

    return make


SHOWN = (
    "logs/",
    "live.json",
    "control",
    "enchanted_run.yaml",
    "enchanted_dataset",
    "enchanted_failures",
)


def test_nothing_that_is_for_show_ends_a_campaign(stormy):
    """Reports, live.json, the log, steering: whichever fails, whichever way, samples run on, and
    all is there at the end.
    """
    case, begin, end = stormy(flat(60, 10, sleep=0.1))
    process = case.supervise()
    case.wait_for_tasks(2, process)
    for number, part in enumerate(SHOWN):
        begin(PASSING[number % len(PASSING)], part)
        done = case.finished_tasks()
        time.sleep(0.6)
        case.wait_for_tasks(min(done + 2, 60), process) if process.poll() is None else None
    end()
    ended = finish(process)
    assert ended.code == 0, ended
    assert case.finished_tasks() == 60
    contents = case.contents()
    assert len(contents["dataset"]) == 61
    assert len(contents["reports"]) == 6
    assert {record["outcome"] for record in case.records() if record["type"] == "task"} == {"ok"}


@pytest.mark.parametrize("error", [PASSING[0], *in_full(*PASSING[1:])])
def test_storm_in_a_run_directory_is_no_failed_sample(stormy, error):
    """The directory of a sample cannot be made, or its files not be written: the campaign stops and
    goes on exactly.
    """
    config = flat(30, 10, sleep=0.05)
    config["supervisor"]["io_patience"] = 0
    case, begin, end = stormy(config)
    process = case.supervise()
    case.wait_for_tasks(4, process)
    begin(error, "/data/d0_b2" if error in ("EIO", "ENOTCONN") else "_r0/result.txt")
    assert_one_sentence(finish(process), "resume")
    end()
    case.complete()
    assert {record["outcome"] for record in case.records() if record["type"] == "task"} == {"ok"}
    case.assert_sound_record()


@pytest.mark.parametrize("error", [PASSING[0], *in_full(*PASSING[1:])])
def test_runner_that_meets_a_storm(campaign, error):
    """The same where the runner itself is told, or hides it behind an error of its own."""
    config = flat(8, 4)
    config["runners"]["probe"] = {
        "type": "helpers.parts.probe:FragileRunner",
        "wrapped": error in ("EIO", "ETIMEDOUT"),
    }
    config["supervisor"]["io_patience"] = 0
    case = campaign(config)
    (case.root / "fault").write_text(error)
    assert_one_sentence(case.run_here(), "resume")
    assert case.finished_tasks() == 0


def _raised(function):
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError


def _hide():
    try:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    except OSError:
        raise ValueError("no mesh") from None


def test_what_a_storm_is(monkeypatch):
    """An error of the file server behind another one is found; that of a runner's own connection is
    its sample's failure.
    """
    assert environment_error(_raised(_hide)) is not None

    def refuse(*_):
        raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert environment_error(_raised(lambda: socket.create_connection(("licences", 27000)))) is None
    assert environment_error(_raised(refuse)) is not None


def test_journal_of_a_later_version(campaign):
    """Records of a format that is not known are not guessed at: one sentence that says what to do,
    from everything that reads them.
    """
    case = campaign(flat(4, 2))
    case.complete()
    journal = Journal(case.journal)
    novelty: Any = {"type": "novelty"}
    journal.append(novelty)
    journal.close()
    assert case.command_here("--status", "run").code == 0
    line = case.journal.read_bytes().splitlines(keepends=True)[-1]
    from enchanted_tui.journal_lines import seal

    record = {**json.loads(line), "v": FORMAT_VERSION + 1}
    del record["crc"]
    case.journal.write_bytes(
        case.intact_journal() + seal(json.dumps(record, separators=(",", ":")).encode())
    )
    for arguments in (
        ["--status", "run"],
        ["--rebuild", "run"],
        ["campaign.yaml", "--no-ui", "--run-mode", "resume"],
    ):
        assert_one_sentence(
            case.command_here(*arguments), f"format {FORMAT_VERSION + 1}", "later version"
        )
