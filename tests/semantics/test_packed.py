"""``save_files: packed``: the same campaign with few files, and everything that reads a task's
files finds them.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.journal_lines import checksum_of
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.packing.shards import job_prefix
from enchanted_tui.packing.writer import ShardWriter, supersede
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.packed import (
    DATAPOINT,
    READS_PARENT,
    WRITES_THREE,
    archives,
    files_of_tasks,
    listed_by_tar,
    loose,
    packed_tasks,
)


def nested(**supervisor: Any) -> dict[str, Any]:
    return campaign_config(
        array_sampler("x", [1, 2, 3]),
        random_sampler(2, parameters=("y",)),
        runners={"r0": WRITES_THREE, "r1": READS_PARENT},
        **supervisor,
    )


def dataset(campaign: Campaign) -> list[dict[str, str]]:
    return [
        {name: value for name, value in row.items() if not name.startswith("runtime_sec")}
        for row in campaign.rows()
    ]


def run_at(tmp_path: Path, name: str, config: dict[str, Any]) -> Campaign:
    (tmp_path / name).mkdir()
    made = Campaign(tmp_path / name, config)
    assert made.run("--base-run-dir", str(made.run_dir)) == 0
    return made


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Campaign, Campaign]:
    """The same nested campaign, loose and packed."""
    root = tmp_path_factory.mktemp("pair")
    before = os.getcwd()
    os.chdir(root)
    try:
        return (
            run_at(root, "loose", nested()),
            run_at(root, "packed", nested(save_files="packed", pack={"tasks": 4})),
        )
    finally:
        os.chdir(before)


def test_packed_and_loose_give_the_same(pair: tuple[Campaign, Campaign]) -> None:
    """Data sets but for the paths, and every file of every task; children have read their parents'
    files; only shards and indexes are left.
    """
    kept, packed = pair
    for one, other in zip(dataset(kept), dataset(packed), strict=True):
        assert one.pop("run_dir").replace("/loose/", "/packed/") == other.pop("run_dir")
        assert one == other and one["success"] == "True"
    assert files_of_tasks(packed.run_dir) == files_of_tasks(kept.run_dir)
    assert loose(packed.run_dir) == []
    assert len(archives(packed.run_dir)) == 3
    assert packed_tasks(packed.run_dir) == loose(kept.run_dir)


def test_files_are_listed_shown_and_extracted(
    pair: tuple[Campaign, Campaign], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Alike for both; what there is not is named with what there is."""
    told = []
    for campaign in pair:
        root = str(campaign.run_dir)
        assert cli.main(["--files", root, "d0_b0_s1_r0", "--json"]) == 0
        listed = json.loads(capfdbinary.readouterr().out)
        assert {file["name"] for file in listed} == {
            DATAPOINT,
            "in.txt",
            "stdout.txt",
            "sub/out.txt",
        }
        assert cli.main(["--files", root, "d0_b0_s1_r0", "sub/out.txt"]) == 0
        told.append(capfdbinary.readouterr().out)
        target = tmp_path / campaign.root.name
        command = ["--files", root, "d0_b0_s1_r0", "--extract", str(target)]
        assert cli.main(command) == 0
        assert (target / "d0_b0_s1_r0" / "in.txt").read_text() == "2\n"
        assert cli.main(command) == 3
        capfdbinary.readouterr()
        assert cli.main(["--files", root, "d0_b0_s9_r0"]) == 3
        assert b"nearest to it: d0_b0_s2_r0" in capfdbinary.readouterr().err
        assert cli.main(["--files", root, "d0_b0_s1_r0", "nothing.txt"]) == 3
    assert told == [b"v=2\n", b"v=2\n"]


def whole(campaign: Campaign) -> dict[str, Any]:
    """Return all files of all tasks; of datapoints what they say but for times."""
    door = TaskDirectories(str(campaign.run_dir / "data"))
    found: dict[str, Any] = {}
    for name in door.names():
        for file in door.files(name):
            with door.opened(name, file.name) as opened:
                content = opened.read().decode()
            found[f"{name}/{file.name}"] = content
            if file.name == DATAPOINT:
                (row,) = csv.DictReader(io.StringIO(content, newline=""))
                found[f"{name}/{file.name}"] = [
                    (key, Path(value).name if key == "run_dir" else value)
                    for key, value in row.items()
                    if not key.startswith("runtime_sec")
                ]
    return found


def test_what_has_no_directory_is_packed_with_its_datapoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that uses no directory has none, but in the archive, where its files are those
    that it leaves else: also one that prints, fails, or gives what is hard to write down. Those of
    parents that children look into are made.
    """
    monkeypatch.chdir(tmp_path)
    lonely = {"type": "PythonRunner", "function": "helpers.parts.plain:differs"}
    config = campaign_config(array_sampler("x", list(range(12))), runners={"r0": lonely})
    looked_at = campaign_config(
        array_sampler("x", [1, 2]),
        random_sampler(2, parameters=("y",)),
        runners={
            "r0": {"type": "PythonRunner", "function": "helpers.parts.plain:double"},
            "r1": {"type": "PythonRunner", "function": "helpers.parts.plain:looks_back"},
        },
    )
    for name, made in (("lonely", config), ("looked at", looked_at)):
        kept = run_at(tmp_path, f"{name} loose", made)
        made["supervisor"]["save_files"] = "packed"
        packed = run_at(tmp_path, f"{name} packed", made)
        assert whole(packed) == whole(kept)
        assert loose(packed.run_dir) == []
        assert len(packed_tasks(packed.run_dir)) == len(packed.records("task"))


def test_an_existing_campaign_is_packed_and_unpacked(
    pair: tuple[Campaign, Campaign], tmp_path: Path
) -> None:
    """What comes back is what was there, and both directions can be run twice."""
    root = tmp_path / "copy"
    subprocess.run(["cp", "-a", pair[0].run_dir, root], check=True)
    before = files_of_tasks(root)
    for _ in range(2):
        assert cli.main(["--pack", str(root)]) == 0
        assert loose(root) == [] and len(packed_tasks(root)) == 9
        assert files_of_tasks(root) == before
    for _ in range(2):
        assert cli.main(["--unpack", str(root)]) == 0
        assert archives(root) == [] and len(loose(root)) == 9
        assert files_of_tasks(root) == before


def test_failed_samples_that_are_packed_run_again(campaign: Campaign, tmp_path: Path) -> None:
    """The files of the first try count no more, for tar neither; those of other tasks stay where
    they are, and the outputs can be rebuilt and exported.
    """
    flaky = {
        **WRITES_THREE,
        "command": WRITES_THREE["command"] + f"; test -e {tmp_path}/mended -o {{{{ x }}}} != 2",
    }
    config = campaign_config(
        array_sampler("x", [1, 2, 3]),
        random_sampler(2, parameters=("y",)),
        runners={"r0": flaky, "r1": READS_PARENT},
        save_files="packed",
    )
    assert campaign.run(config=config) == 0
    assert {row["task"] for row in campaign.failures()} == {"d0_b0_s1_r0"}
    (tmp_path / "mended").touch()
    assert cli.main(["--retry-failed", str(campaign.run_dir)]) == 0
    assert campaign.failures() == [] and len(packed_tasks(campaign.run_dir)) == 9
    assert [name for name in listed_by_tar(campaign.run_dir) if name.startswith("superseded/")]
    rows = dataset(campaign)
    assert cli.main(["--rebuild", str(campaign.run_dir)]) == 0
    assert dataset(campaign) == rows
    assert cli.main(["--export", str(campaign.run_dir), "--out", str(tmp_path / "all.csv")]) == 0


def test_only_named_files_are_kept(campaign: Campaign) -> None:
    """By `pack: keep`."""
    config = campaign_config(
        array_sampler("x", [1, 2]),
        runners={"r0": WRITES_THREE},
        save_files="packed",
        pack={"keep": ["sub/*.txt"]},
    )
    assert campaign.run(config=config) == 0
    assert sorted(files_of_tasks(campaign.run_dir)) == [
        "d0_b0_s0_r0/sub/out.txt",
        "d0_b0_s1_r0/sub/out.txt",
    ]


def test_packing_begins_when_a_campaign_goes_on_with_it(campaign: Campaign) -> None:
    """Directories that were loose are packed, and new samples too; nothing runs twice."""
    runners = {"r0": WRITES_THREE}
    assert campaign.run(config=campaign_config(random_sampler(3), runners=runners)) == 0
    config = campaign_config(random_sampler(5), runners=runners, save_files="packed")
    assert campaign.run("--run-mode", "resume", config=config) == 0
    assert loose(campaign.run_dir) == [] and len(packed_tasks(campaign.run_dir)) == 5
    assert len(campaign.records("task")) == 5


def test_of_what_jobs_have_packed_only_what_is_on_record_is_taken_over(campaign: Campaign) -> None:
    """A job may die between packing and its result: the task ran again elsewhere, and what was
    packed first is nobody's.
    """
    config = campaign_config(
        array_sampler("x", [1, 2]), runners={"r0": WRITES_THREE}, save_files="packed"
    )
    assert campaign.run(config=config) == 0
    before = files_of_tasks(campaign.run_dir)
    door = TaskDirectories(str(campaign.path("data")))
    packed = door.packed("d0_b0_s0_r0")
    assert packed is not None
    of_job = ShardWriter(str(campaign.path("packed")), prefix=job_prefix("e0123456789ab", 0))
    of_job.open()
    door.restore(packed, str(campaign.root / "back"))
    line = next(line for line in campaign.intact_journal().splitlines(True) if b"[0,0,0,0]" in line)
    of_job.add("d0_b0_s0_r0", str(campaign.root / "back"), record=checksum_of(line))
    (campaign.root / "stale").mkdir()
    (campaign.root / "stale" / "stale.txt").touch()
    of_job.add("d0_b0_s1_r0", str(campaign.root / "stale"), record="01234567")
    of_job.commit()
    supersede(packed)
    assert campaign.resume() == 0
    assert packed_tasks(campaign.run_dir) == ["d0_b0_s0_r0", "d0_b0_s1_r0"]
    assert files_of_tasks(campaign.run_dir) == before
    assert not list(campaign.path("packed").glob("job-*"))
