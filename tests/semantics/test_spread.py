"""``run_directories: spread``: the same campaign with its run directories in groups, and everything
that reads, packs or removes them finds them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.samplers.parsers import ParserReader, read_earlier
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.views.task_files import task_files
from enchanted_tui.views.task_lines import TaskLine
from helpers.campaign import Campaign
from helpers.configs import Config, array_sampler, campaign_config, random_sampler
from helpers.files import read_h5
from helpers.packed import (
    DATAPOINT,
    READS_PARENT,
    WRITES_THREE,
    archives,
    files_of_tasks,
    loose,
    packed_tasks,
)

#: where a task lies, by its name: the last three digits of batch and sample together
PLACES = {
    "d0_b0_s1_r0": "001/d0_b0_s1_r0",
    "d0_b1_s0_r0": "001/d0_b1_s0_r0",
    "d1_b0_s3_r1": "003/d1_b0_s3_r1",
    "d1_b1_s5_r0": "006/d1_b1_s5_r0",
}


def nested(**supervisor: Any) -> Config:
    """Parents in two batches; children of two steps that read the directories before theirs, in two
    batches too.
    """
    config = campaign_config(
        array_sampler("x", [1, 2, 3], batch_size=2),
        random_sampler(4, 2, parameters=("y",)),
        runners={"r0": WRITES_THREE, "r1": READS_PARENT},
        run_directories="spread",
        **supervisor,
    )
    config["runners"]["after"] = {
        "type": "CommandRunner",
        "shell": True,
        "command": "cat {{ run_dir }}/out.txt > again.txt; echo u={{ y }} >> again.txt",
        "outputs": {"u": {"file": "again.txt", "regex": "u=(.*)"}},
    }
    config["supervisor"]["run_order"][1] |= {
        "executor": ["here", "here"],
        "runner": ["r1", "after"],
    }
    return config


def flat(config: Config) -> Config:
    return {**config, "supervisor": {**config["supervisor"], "run_directories": "flat"}}


def dataset(campaign: Campaign) -> list[dict[str, str]]:
    """Return the rows but for times, with the names of run directories alone."""
    return [
        {name: value for name, value in row.items() if not name.startswith("runtime_sec")}
        | {"run_dir": os.path.basename(row["run_dir"])}
        for row in campaign.rows()
    ]


def assert_spread(campaign: Campaign) -> list[str]:
    """Check that `data` holds groups alone, and these what belongs there; return the tasks."""
    found = []
    for group in campaign.path("data").iterdir():
        assert len(group.name) == 3 and group.name.isdigit()
        names = [path.name for path in group.iterdir()]
        assert names, f"{group} is empty"
        for name in names:
            task = TaskId.named(name)
            assert task is not None and (task.batch + task.sample) % 1000 == int(group.name)
        found += names
    return sorted(found)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Campaign, Campaign]:
    """The same nested campaign, flat and spread."""
    root = tmp_path_factory.mktemp("pair")
    before = os.getcwd()
    made = []
    try:
        for name, config in (("flat", flat(nested())), ("spread", nested())):
            (root / name).mkdir()
            os.chdir(root / name)
            made.append(Campaign(root / name, config))
            assert made[-1].run() == 0
    finally:
        os.chdir(before)
    return made[0], made[1]


def copy_of(campaign: Campaign, root: Path) -> Path:
    subprocess.run(["cp", "-a", campaign.run_dir, root], check=True)
    return root


def test_the_same_in_other_places(pair: tuple[Campaign, Campaign]) -> None:
    """Data sets but for the paths, and all files: children and later steps have found what they
    read. The dataset says where a directory really is.
    """
    one, other = pair
    assert dataset(other) == dataset(one)
    assert {row["success"] for row in other.rows()} == {"True"}
    assert files_of_tasks(other.run_dir) == files_of_tasks(one.run_dir)
    assert assert_spread(other) == loose(one.run_dir)
    for name, place in PLACES.items():
        assert other.path("data").joinpath(place, DATAPOINT).is_file(), name
    assert all((other.root / row["run_dir"] / DATAPOINT).is_file() for row in other.rows())
    assert other.rows()[3]["run_dir"] == "run/data/003/d1_b0_s3_r1"
    groups = [set(read_h5(campaign.path("runs.h5"))["data"]["runs"]) for campaign in pair]
    assert groups[0] == groups[1]


def test_what_is_listed_shown_and_extracted(
    pair: tuple[Campaign, Campaign], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """By --files and the Task screen, alike."""
    told = []
    for campaign in pair:
        root, target = str(campaign.run_dir), tmp_path / campaign.root.name
        for more in ([], ["d1_b1_s5_r0"], ["d1_b1_s5_r0", "out.txt"]):
            assert cli.main(["--files", root, *more]) == 0
        assert cli.main(["--files", root, "d1_b1_s5_r0", "--extract", str(target)]) == 0
        shown = capfdbinary.readouterr().out.decode().replace(str(target), "")
        told.append([line for line in shown.splitlines() if "  20" not in line])
        assert (target / "d1_b1_s5_r0" / "out.txt").is_file()
        line = TaskLine(TaskId(1, 1, 5, 0), TaskStatus.OK)
        for spread in (campaign is pair[1], None):
            found = task_files(CampaignDirectory(campaign.run_dir), line, spread=spread)
            assert found.readable("out.txt").is_file() and not found.note
    assert told[0] == told[1] and "d1_b1_s5_r0" in told[0]


def test_packed_and_unpacked(pair: tuple[Campaign, Campaign], tmp_path: Path) -> None:
    """What comes back is where it was; the Task screen says where a packed one would lie, and shows
    it.
    """
    root = copy_of(pair[1], tmp_path / "copy")
    before = files_of_tasks(root)
    assert cli.main(["--pack", str(root)]) == 0
    assert loose(root) == [] and packed_tasks(root) == loose(pair[0].run_dir)
    assert files_of_tasks(root) == before
    found = task_files(
        CampaignDirectory(root), TaskLine(TaskId(1, 1, 5, 0), TaskStatus.OK), spread=True
    )
    assert found.directory == root / "data/006/d1_b1_s5_r0"
    assert found.readable("out.txt").is_file() and "Packed" in found.note
    assert cli.main(["--unpack", str(root)]) == 0
    assert archives(root) == [] and files_of_tasks(root) == before
    places = {f"{path.parent.name}/{path.name}" for path in root.glob("data/*/*")}
    assert places >= set(PLACES.values()) and len(places) == 3 + 2 * 12


def test_a_campaign_that_packs(pair: tuple[Campaign, Campaign], campaign: Campaign) -> None:
    """As it runs: nothing is left below data, and every file is in the archives."""
    assert campaign.run(config=nested(save_files="packed", pack={"tasks": 4})) == 0
    assert loose(campaign.run_dir) == []
    assert packed_tasks(campaign.run_dir) == loose(pair[0].run_dir)
    assert files_of_tasks(campaign.run_dir) == files_of_tasks(pair[0].run_dir)
    assert dataset(campaign) == dataset(pair[0])


@pytest.mark.parametrize(("kept", "left"), [([], 0), (["again.txt"], 12)])
def test_files_that_are_not_kept(campaign: Campaign, kept: list[str], left: int) -> None:
    """They go, and groups in which nothing is left."""
    how = {"save_files": "custom", "save_files_list": kept} if kept else {"save_files": "none"}
    assert campaign.run(config=nested(**how)) == 0
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert len(assert_spread(campaign)) == left
    assert {Path(name).name for name in files_of_tasks(campaign.run_dir)} == set(kept)


def test_going_on(pair: tuple[Campaign, Campaign], campaign: Campaign) -> None:
    """Extended, with parents from before; nothing runs twice, and the rows are those of a campaign
    that has never stopped. Failed samples run again in new directories.
    """
    config = nested()
    config["samplers"]["s1"]["budget"] = 2
    assert campaign.run(config=config) == 0
    config["samplers"]["s1"]["budget"] = 4
    config["runners"]["after"]["command"] += f"; test -e {campaign.root}/mended -o {{{{ x }}}} != 2"
    assert campaign.run("--run-mode", "resume", config=config) == 0
    failed = sorted(row["run_dir"] for row in campaign.failures())
    assert failed == ["run/data/003/d1_b1_s2_r1", "run/data/004/d1_b1_s3_r1"]
    (campaign.root / "mended").touch()
    (campaign.root / failed[0] / "of the first try").touch()
    assert cli.main(["--retry-failed", str(campaign.run_dir)]) == 0
    assert dataset(campaign) == dataset(pair[0])
    assert files_of_tasks(campaign.run_dir) == files_of_tasks(pair[0].run_dir)
    assert_spread(campaign)


def test_node_local_storage(pair: tuple[Campaign, Campaign], campaign: Campaign) -> None:
    """Files come home into their groups, and the node's disk is left as it was."""
    (campaign.root / "node").mkdir()
    assert campaign.run(config=nested(local_storage=str(campaign.root / "node"))) == 0
    assert list((campaign.root / "node").iterdir()) == []
    assert files_of_tasks(campaign.run_dir) == files_of_tasks(pair[0].run_dir)
    assert_spread(campaign)


def test_samples_that_start_from_others(campaign: Campaign) -> None:
    """They are given the directory of their neighbour, packed or not."""
    chains = []
    for more in ({}, {"run_directories": "spread"}, {"run_directories": "spread", "pack": {}}):
        packs = {"save_files": "packed"} if "pack" in more else {}
        config = campaign_config(
            random_sampler(8, parameters=("x", "y")),
            runners={"r0": {"type": "PythonRunner", "function": "helpers.parts.continuing:solve"}},
            **more,
            **packs,
        )
        config["executors"]["here"]["n_workers"] = 1
        config["supervisor"]["run_order"][0]["start_from"] = "nearest"
        assert campaign.run("--run-mode", "fresh", "--overwrite", config=config) == 0
        chains.append([(row["neighbour_r0"], row["chain"]) for row in campaign.rows()])
    assert chains[0] == chains[1] == chains[2]
    assert sum(bool(neighbour) for neighbour, _ in chains[0]) == 7


def test_neither_way_of_changing_it_on_the_way(
    pair: tuple[Campaign, Campaign], campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Directories of before would not be found: one sentence with the remedy, before anything is
    touched.
    """
    for made, config in zip(pair, (nested(), flat(nested())), strict=True):
        shutil.rmtree(campaign.run_dir, ignore_errors=True)
        copy_of(made, campaign.run_dir)
        before = campaign.snapshot()
        began = made.config["supervisor"]["run_directories"]
        campaign.write(config)
        for arguments in (["--no-ui"], ["--dry-run"]):
            assert cli.main([str(campaign.config_path), "--run-mode", "resume", *arguments]) == 2
            said = capsys.readouterr().err
            assert f"are {began}" in said and f"Set it to {began} to go on" in said
        after = campaign.snapshot()
        assert {name: after[name] for name in before if "/lock" not in name} == {
            name: before[name] for name in before if "/lock" not in name
        }


def test_overwriting_spares_what_is_not_the_campaigns(campaign: Campaign) -> None:
    """Groups go with what was in them, also empty ones; files of somebody else stay, and so does a
    directory that is in the group of another task.
    """
    config = campaign_config(
        random_sampler(4), runners={"r0": WRITES_THREE}, run_directories="spread"
    )
    assert campaign.run(config=config) == 0
    shutil.rmtree(campaign.path("data/002/d0_b0_s2_r0"))
    own = ["data/notes.txt", "data/001/notes.txt", "data/777/notes.txt", "data/003/d0_b0_s9_r0/x"]
    for name in own:
        campaign.path(name).parent.mkdir(parents=True, exist_ok=True)
        campaign.path(name).touch()
    campaign.path("data/888").symlink_to(campaign.root)
    config["supervisor"]["run_directories"] = "flat"
    assert campaign.run("--overwrite", config=config) == 0
    left = [path.name for path in sorted(campaign.path("data").iterdir())]
    assert left == ["001", "003", "777", "888", *(f"d0_b0_s{n}_r0" for n in range(4)), "notes.txt"]
    assert all(campaign.path(name).exists() for name in own)
    assert os.listdir(campaign.path("data/001")) == ["notes.txt"]
    assert os.listdir(campaign.path("data/003")) == ["d0_b0_s9_r0"]


def test_what_is_said_beforehand(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """The dry run counts the groups, in its forecast of files too; of very many directories in one
    it says how that can be avoided.
    """
    many = campaign_config(random_sampler(100_001))
    for config, told in ((many, True), (campaign_config(run_directories="spread"), False)):
        assert cli.main([str(campaign.write(config)), "--dry-run"]) == 0
        assert ("run_directories: spread puts them" in capsys.readouterr().out) == told
    config = campaign_config(random_sampler(5), run_directories="spread")
    assert campaign.run(config=config) == 0
    campaign.budget(2_000)
    capsys.readouterr()
    arguments = [str(campaign.write()), "--dry-run", "--run-mode", "extend"]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert f"in 1,000 subdirectories of {campaign.path('data')}" in said, said
    assert cli.main([*arguments, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert (files["files"], files["now"], files["at_end"]) == (3.0, 20, 3 * 2_005 + 1_000)


class ReadsOutput:
    """A parser of what WRITES_THREE leaves."""

    def read_output_file(self, run_dir: str) -> dict[str, float]:
        text = Path(run_dir, "sub", "out.txt").read_text()
        return {"output": float(text.removeprefix("v="))}


def test_an_earlier_campaign_is_read_by_a_parser(campaign: Campaign) -> None:
    """From its run directories, wherever they lie."""
    found = []
    for layout in ("flat", "spread"):
        config = campaign_config(
            array_sampler("x", [1, 2, 3]), runners={"r0": WRITES_THREE}, run_directories=layout
        )
        assert campaign.run("--overwrite", config=config) == 0
        reader = ParserReader(ReadsOutput(), ["output"], ["x"])
        earlier = read_earlier(
            str(campaign.run_dir), "/elsewhere", reader, lambda row: {"x": float(row["x"])}, ["x"]
        )
        found.append([(sample, row["output"]) for sample, row in earlier])
    assert found[0] == found[1] == [({"x": float(x)}, float(x)) for x in (1, 2, 3)]


def test_a_lost_journal(pair: tuple[Campaign, Campaign], campaign: Campaign) -> None:
    """The run directories are the source then, in their groups, and the campaign goes on there."""
    copy_of(pair[1], campaign.run_dir)
    shutil.rmtree(campaign.path("state"))
    campaign.path("enchanted_dataset.csv").unlink()
    assert cli.main(["--rebuild", str(campaign.run_dir)]) == 0
    assert len(campaign.rows()) == 12
    config = nested()
    config["samplers"]["s1"]["budget"] = 5
    assert campaign.run("--run-mode", "resume", config=config) == 0
    assert len(campaign.rows()) == 15 and len(enchanted_tui.load(campaign.run_dir)) == 15
    assert len(assert_spread(campaign)) == 3 + 2 * 15
