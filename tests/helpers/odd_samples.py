"""Campaigns whose samples do odd things to their workers."""

from __future__ import annotations

import csv

from helpers.parts.leaving import HOW

OK = "ok"
#: what becomes of each case
CASES = {
    "numpy_success": OK,
    "nan": OK,
    "huge": OK,
    "text": OK,
    "mapping": OK,
    "array": OK,
    "none": "bad_return",
    "a_list": "bad_return",
    "no_success": "bad_return",
    "success_is_text": "bad_return",
    "contains_itself": "bad_return",
    "says_it_failed": "reported",
    "raises": "exception",
    "raises_unprintable": "exception",
    "raises_interrupt": "exception",
    "recurses": "exception",
    "runs_out_of_memory": "memory",
    "sys_exit": "exit",
    "os_exit": "exit",
    "becomes_another_program": "exit",
    "segfaults": "signal",
    "aborts": "signal",
    "kills_its_group": "signal",
    "hangs_with_children": "timeout",
    "stops_itself": "timeout",
    "leaves_daemons": OK,
    "child_comes_back": OK,
    "child_raises": OK,
    "thread_prints_later": OK,
    "changes_directory": OK,
    "works_in_a_directory_that_goes": OK,
    "reseeds": OK,
    "patches_random": OK,
    "ignores_its_children": OK,
    "sets_an_alarm": OK,
    "closes_everything": "exit",
    "closes_its_streams": OK,
    "replaces_its_streams": OK,
    "deletes_its_directory": OK,
    "deletes_its_directory_and_raises": "exception",
    "deletes_its_directory_and_dies": "exit",
    "puts_a_file_in_its_place": OK,
    "takes_the_datapoints_name": OK,
    "links_its_directory_elsewhere": OK,
}


def samples():
    """Give the samples: every odd one is ordinary."""
    return [name for number, case in enumerate(CASES) for name in (case, f"plain{number}")]


def config(cases):
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 2, "timeout_sec": 3}},
        "samplers": {"s": {"type": "ArraySampler", "parameters": ["case"], "bounds": [cases]}},
        "runners": {"odd": {"type": "helpers.parts.odd:OddRunner"}},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "odd"}]},
    }


def leaving(log):
    """Give a campaign of one worker whose samples leave processes behind."""
    leaving = config(list(HOW))
    leaving["executors"]["local"].update(n_workers=1, timeout_sec=60)
    leaving["samplers"]["s"]["parameters"] = ["how"]
    leaving["runners"]["odd"] = {"type": "helpers.parts.leaving:Leaving", "log": str(log)}
    return leaving


def check_leaving(campaign):
    with (campaign.run_dir / "enchanted_dataset.csv").open(newline="") as file:
        found = {row["how"]: row for row in csv.DictReader(file)}
    assert {how: row["output"] for how, row in found.items()} == dict.fromkeys(HOW, "0")
    assert found["a pool"]["helper"] == found["a pool again"]["helper"]
