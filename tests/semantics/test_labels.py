"""Tags and a note: what people call a run, from the command line."""

from __future__ import annotations

import json

import pytest

from enchanted_tui import cli
from enchanted_tui.operations.removing import delete
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler


def test_tags_and_a_note(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects what people call a run: kept beside its record through sessions, told by --status,
    taken away when asked, gone with the campaign.
    """
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    capsys.readouterr()
    assert cli.main(["--tag", "thesis, good thesis", "run"]) == 0
    assert cli.main(["--note", "with  a finer\nmesh", "run"]) == 0
    assert cli.main(["--tag", "good-,new", "run", "--json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "tags: thesis good; note: none"
    assert json.loads(said[-1]) == {"tags": ["thesis", "new"], "note": "with a finer mesh"}
    assert cli.main(["run", "--no-ui"]) == 0
    capsys.readouterr()
    assert cli.main(["--status", "run"]) == 0
    status = capsys.readouterr().out
    assert "  tags       thesis new\n" in status and "  note       with a finer mesh\n" in status
    assert cli.main(["--note", "", "run"]) == 0
    assert "note: none" in capsys.readouterr().out
    root = campaign.root / "run"
    assert (root / "state" / "labels.json").is_file()
    delete(root)
    assert not root.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tag", "-x", "run"], "expected 2 arguments"),
        (["--tag", "a,x--", "run"], "'x--' is no tag: a tag is one word"),
        (["--tag", "a" * 41, "run"], "is no tag"),
        (["--note", "x" * 2_001, "run"], "The note has 2,001 characters; 2,000 are the most."),
        (["--tag", "a", "."], "is not a run directory, so it has no tags and no note."),
        (["--tag", "a", "nowhere"], "nowhere is not a directory"),
        (["--tag", "a", ""], "An empty name was given"),
        (["--tag", "a", "run", "--overwrite"], "not with --tag"),
    ],
)
def test_what_is_no_label(
    campaign: Campaign,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    """Each mistake is one sentence, and nothing is written."""
    assert campaign.run(config=campaign_config(random_sampler(1))) == 0
    capsys.readouterr()
    assert cli.main(arguments) in (2, 3)
    assert sentence in capsys.readouterr().err
    assert not (campaign.root / "run" / "state" / "labels.json").exists()


def test_a_damaged_file_is_no_obstacle(campaign: Campaign) -> None:
    """Protects what reads labels from files that somebody has edited."""
    assert campaign.run(config=campaign_config(random_sampler(1))) == 0
    path = campaign.root / "run" / "state" / "labels.json"
    for content in ("{", "[]", '{"tags": [1, "a"], "note": 3}', "\x00"):
        path.write_text(content)
        assert cli.main(["--status", "run"]) == 0
        assert cli.main(["--tag", "b", "run"]) == 0
        assert json.loads(path.read_text())["tags"][-1] == "b"
