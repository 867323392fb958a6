"""Points that are added to a campaign by hand: samples of their own beside those that the sampler
draws, on record once.
"""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.config.loading import config_from_mapping
from enchanted_tui.record.folding import fold
from enchanted_tui.supervisor.supervisor import Supervisor
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, counting, lhs, random_sampler
from helpers.marks import in_full
from helpers.processes import wait_until

SOBOL = {**random_sampler(6, 4), "type": "SobolSequenceSampler"}
BAYESIAN = {
    "type": "BayesianOptimizationSampler",
    "parameters": ["x"],
    "bounds": [[0.0, 1.0]],
    "initial_samples": 4,
    "acquisition_batch_size": 3,
}


def add(campaign: Campaign, text: str, *arguments: str, name: str = "p.csv") -> int:
    """Ask for the points in a text."""
    (campaign.root / name).write_text(text)
    return cli.main(["--add-points", name, "run", *arguments])


def drawn(campaign: Campaign, column: str = "x") -> list[Any]:
    """Return what the sampler has drawn, in its order, without points added by hand."""
    return [row[0] for record in campaign.records("samples") for row in record["rows"]]


@pytest.mark.parametrize(
    "sampler",
    [lhs(6, 4), counting(6, 4), *in_full(random_sampler(6, 4), SOBOL)],
    ids=["lhs", "plugin", "random", "sobol"],
)
def test_what_the_sampler_draws_stays_the_same(campaign: Campaign, sampler: dict[str, Any]) -> None:
    """Added before the campaign is extended, they come on top of the budget, in a batch of their
    own; the samples are those of a campaign without them.
    """
    assert campaign.run(config=campaign_config(sampler)) == 0
    assert campaign.extend() == 0
    undisturbed = drawn(campaign)
    shutil.rmtree(campaign.run_dir)
    campaign.forget_executions()
    assert campaign.run() == 0
    assert add(campaign, "x\n0.25\n0.5\n") == 0
    assert campaign.extend() == 0
    assert drawn(campaign) == undisturbed
    assert len(campaign.rows()) == len(undisturbed) + 2
    assert [row["output"] for row in campaign.rows() if row["run_dir"].count("_b2_")] == [
        "0.25",
        "0.5",
    ]
    assert set(campaign.executions().values()) == {1}
    assert fold(campaign.journal)[0].stages[0].target == 14
    (record,) = campaign.records("added")
    assert (record["depth"], record["batch"], record["first"], record["size"]) == (0, 2, 6, 2)


def test_a_raised_budget_counts_what_the_sampler_draws(campaign: Campaign) -> None:
    """3 samples and 2 points, resumed with a budget of 5: 5 samples and 2 points."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    assert add(campaign, "x\n0.25\n0.5\n") == 0
    campaign.budget(5)
    assert campaign.resume() == 0
    assert (len(drawn(campaign)), len(campaign.rows())) == (5, 7)
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 7


def test_asked_for_twice_they_are_added_once(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before they are on record, afterwards, and where a killed supervisor has left the request in
    place; other points are another request.
    """
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    assert add(campaign, "x\n0.25\n") == 0
    assert "1 point waits in run for the next session" in capsys.readouterr().out
    assert add(campaign, "x\n0.25\n") == 0
    assert "have been asked for already, and wait" in capsys.readouterr().out.replace("has", "have")
    (request,) = campaign.path("state/control").glob("*.points")
    kept = request.read_bytes()
    assert campaign.resume() == 0
    assert not request.exists()
    request.write_bytes(kept)
    assert campaign.resume() == 0
    assert not request.exists()
    assert add(campaign, "x\n0.25\n") == 0
    assert "on record already, as batch 1 of stage 0" in capsys.readouterr().out
    assert [len(campaign.records("added")), len(campaign.rows())] == [1, 3]
    assert add(campaign, "x\n0.25\n0.25\n") == 0
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 5


def test_a_request_of_which_half_is_on_record_is_completed(campaign: Campaign) -> None:
    """As after a kill between two of its records: each point once, in its place."""
    runners = {"r0": {"type": "SumRunner", "params_to_sum": ["x"]}}
    config = campaign_config(random_sampler(2), runners=runners, save_files="none")
    assert campaign.run(config=config) == 0
    values = [k / 1024 for k in range(1024)]
    assert add(campaign, "x\n" + "".join(f"{value!r}\n" for value in values)) == 0
    (request,) = campaign.path("state/control").glob("*.points")
    kept = request.read_bytes()
    assert campaign.resume() == 0
    lines = campaign.journal.read_bytes().splitlines(keepends=True)
    second = next(
        k for k, line in enumerate(lines) if b'"added"' in line and b'"start":1000' in line
    )
    campaign.journal.write_bytes(b"".join(lines[:second]))
    request.write_bytes(kept)
    assert campaign.resume() == 0
    assert [record["start"] for record in campaign.records("added")] == [0, 1000]
    assert campaign.numbers("x")[2:] == values


def test_in_a_nested_campaign_they_become_parents_and_children(campaign: Campaign) -> None:
    """Points of the first stage are combined with the samples of the second, and those of the
    second with every parent.
    """
    config = campaign_config(random_sampler(2), array_sampler("y", [1, 2]))
    assert campaign.run(config=config) == 0
    assert add(campaign, "x\n0.25\n") == 0
    assert add(campaign, "y\n7\n", "--stage", "1", name="q.csv") == 0
    assert campaign.resume() == 0
    found = {(row["x"], row["y"]) for row in campaign.rows()}
    first = sorted({x for x, _ in found})
    assert found == {(x, y) for x in first for y in ("1", "2", "7")}
    assert len(first) == 3 and "0.25" in first
    assert campaign.path("enchanted_dataset.csv").read_bytes() == rebuilt(campaign)
    assert set(campaign.executions().values()) == {1}


def rebuilt(campaign: Campaign) -> bytes:
    """Return the dataset as it is written anew from the journal."""
    assert cli.main(["--rebuild", "run"]) == 0
    return campaign.path("enchanted_dataset.csv").read_bytes()


def test_while_it_runs(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Added to the stage that runs, and to the one before it, which runs again when this one is
    over, in the same session; the app's own way of asking is the same file.
    """
    config = campaign_config(random_sampler(2), array_sampler("y", list(range(8))))
    config["runners"]["r1"] = {"type": "helpers.parts.probe:ProbeRunner", "sleep": 0.2}
    campaign.write(config)
    supervisor = Supervisor(config_from_mapping(config))
    outcome: list[Any] = []
    thread = threading.Thread(target=lambda: outcome.append(supervisor.start()))
    thread.start()
    wait_until(lambda: bool(campaign.records("parents")), 30, "the second stage")
    assert add(campaign, "x\n0.25\n") == 0
    assert add(campaign, "y\n100\n", "--stage", "1", name="q.csv") == 0
    said = capsys.readouterr().out
    assert "for 1 point for stage 0." in said and "for 1 point for stage 1." in said
    thread.join(60)
    assert int(outcome[0].code) == 0
    assert len(campaign.records("open")) == 1
    assert len(campaign.rows()) == 3 * 9
    assert [record["depth"] for record in campaign.records("added")] == [1, 0]
    found = {(row["x"], row["y"]) for row in campaign.rows()}
    assert len(found) == 27 and ("0.25", "100") in found


def test_a_sampler_that_learns_learns_from_them(campaign: Campaign) -> None:
    """They are observations beyond its budget, from which nothing it draws at random changes; a
    resume knows them still.
    """
    hill = {"r0": {"type": "helpers.parts.learning:HillRunner"}}
    assert campaign.run(config=campaign_config({**BAYESIAN, "budget": 4}, runners=hill)) == 0
    first = campaign.column("x")
    assert add(campaign, "x\n0.6\n0.59\n") == 0
    campaign.budget(10)
    assert campaign.resume() == 0
    assert campaign.column("x")[:4] == first
    assert (len(drawn(campaign)), len(campaign.rows())) == (10, 12)
    last = campaign.records("learned")[-1]
    assert (last["known"], last["observations"]) == (10, 12)
    batch = fold(campaign.journal)[0].stages[0].batches[1]
    assert batch.added and last["best_position"] == batch.first  # where the hill is highest
    draw = [record for record in campaign.records("samples") if record["batch"] > 1]
    assert [record["known"] for record in draw] == [4, 7]


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        (
            "kapa\n1\n",
            (),
            "'kapa' of p.csv is no parameter of the stage, which has kappa, n, mode;",
        ),
        ("kappa,n\n1,2\n", (), "p.csv has no column 'mode', only kappa, n; give all parameters"),
        ("kappa,n,mode,z\n1,2,H,3\n", (), "'z' of p.csv is no parameter of the stage"),
        ("kappa,n,mode,twice\n1,2,H,3\n", (), "'twice' of p.csv is derived from others"),
        ("kappa,n,mode\n1,2.5,H\n", (), "point 1 of p.csv: n = 2.5 is no whole number"),
        ("kappa,n,mode\n1,2,L\n1,2,M\n", (), "point 2 of p.csv: mode = 'M' is none of L, H"),
        ("kappa,n,mode\nhigh,2,L\n", (), "point 1 of p.csv: kappa = 'high' is no number"),
        ("kappa,n,mode\ninf,2,L\n", (), "point 1 of p.csv: kappa = inf is not finite"),
        ("kappa,n,mode\n1.9,8,L\n", (), "point 1 of p.csv does not keep the constraint 'kappa * n"),
        ("kappa,n,mode\n1,,L\n", (), "line 2 of p.csv has no value for 'n'; give one, or remove"),
        ("kappa,n,mode\n1,2,L\n", ("--stage", "1"), "has stage 0 alone; there is no stage 1"),
    ],
)
def test_what_does_not_fit_is_refused(
    campaign: Campaign,
    described: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    """A sentence for each thing, exit code 2, and nothing is asked for."""
    shutil.copytree(described, campaign.run_dir)
    assert add(campaign, text, *arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == (4 if text == "kapa\n1\n" else 1)
    assert not list(campaign.path("state/control").glob("*.points"))


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign with parameters of all kinds."""
    root = tmp_path_factory.mktemp("described")
    sampler = {
        "type": "RandomSampler",
        "parameters": {
            "kappa": {"low": 1, "high": 2},
            "n": {"low": 1, "high": 8, "integer": True},
            "mode": {"choice": ["L", "H"]},
        },
        "constraints": ["kappa * n < 12"],
        "derived": {"twice": "2 * n"},
        "repeats": 2,
        "budget": 4,
    }
    made = campaign_config(sampler, base_run_dir=str(root / "run"))
    made["runners"]["r0"] = {"type": "SumRunner", "params_to_sum": ["kappa", "twice"]}
    (root / "c.yaml").write_text(json.dumps(made))
    assert cli.main([str(root / "c.yaml"), "--no-ui"]) == 0
    return root / "run"


def test_values_become_what_the_parameters_say(
    campaign: Campaign, described: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole numbers, choices and what is derived, as often as each point is repeated; points beyond
    the bounds are allowed and said; columns can be chosen.
    """
    shutil.copytree(described, campaign.run_dir)
    text = "shot,mode,n,kappa\n1,H,3,1\n2,L,2.0,2.5\n"
    assert add(campaign, text, "--columns", "kappa, n,mode") == 0
    said = capsys.readouterr()
    assert "warning: 1 point lies outside of the range of 'kappa', 1 to 2" in said.err
    assert cli.main(["--status", "run"]) == 0
    assert cli.main(["--dry-run", "run"]) == 0
    assert capsys.readouterr().out.count("4 points wait to be added by hand") == 2
    assert cli.main(["--status", "run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting_points"] == 4
    assert cli.main(["run", "--no-ui"]) == 0
    rows = [row for row in campaign.rows() if "_b1_" in row["run_dir"]]
    assert [(r["kappa"], r["n"], r["mode"], r["twice"], r["replicate"]) for r in rows] == [
        ("1.0", "3", "H", "6", "0"),
        ("1.0", "3", "H", "6", "1"),
        ("2.5", "2", "L", "4", "0"),
        ("2.5", "2", "L", "4", "1"),
    ]


def test_their_damaged_line_loses_nothing_that_has_run(campaign: Campaign) -> None:
    """Their batch is known by other records, and never drawn by the sampler in their place."""
    assert campaign.run(config=campaign_config(random_sampler(2, 2))) == 0
    assert add(campaign, "x\n0.25\n0.5\n") == 0
    assert campaign.resume() == 0
    before = campaign.path("enchanted_dataset.csv").read_bytes()
    data = campaign.journal.read_bytes()
    place = data.index(b'"type":"added"')
    campaign.journal.write_bytes(data[:place] + b"#" + data[place + 1 :])
    campaign.forget_executions()
    assert campaign.extend() == 0
    assert campaign.path("enchanted_dataset.csv").read_bytes().startswith(before)
    assert len(campaign.rows()) == 6
    assert len(campaign.begun()) == 2
    assert campaign.targets() == [6]
    assert add(campaign, "x\n0.25\n0.5\n") == 0
    assert not list(campaign.path("state/control").glob("*.points"))


def test_a_directory_that_is_overwritten_forgets_them(campaign: Campaign) -> None:
    """What waited for the campaign before is none of the new one's."""
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    assert add(campaign, "x\n0.25\n") == 0
    assert campaign.run("--overwrite") == 0
    assert len(campaign.rows()) == 2


def test_all_that_is_wrong_with_a_file_is_said_at_once(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever has a long file from correcting it error by error: names, values and
    conditions are all told, with what comes after the first ones counted.
    """
    campaign.config = campaign_config(
        {
            "type": "RandomSampler",
            "parameters": ["a", "b"],
            "bounds": [[0, 1], [0, 1]],
            "constraints": ["a + b < 1"],
            "budget": 2,
        }
    )
    campaign.config["runners"]["r0"] = {"type": "SumRunner", "params_to_sum": ["a", "b"]}
    assert campaign.run() == 0
    capsys.readouterr()
    file = campaign.root / "p.csv"

    def said(text: str) -> list[str]:
        file.write_text(text)
        assert cli.main(["--add-points", str(file), str(campaign.run_dir)]) == 2
        return capsys.readouterr().err.strip().splitlines()

    names = said("a,c,d\nx,1,2\n")
    assert [line.split(";")[0].split(" of ")[0] for line in names[:2]] == [
        "the column 'c'",
        "the column 'd'",
    ]
    assert "has no column 'b'" in names[2]
    assert names[3].startswith("point 1 of p.csv: a = 'x' is no number")
    assert len(said("a,b\nx,y\n0.1,z\n")) == 3
    broken = said("a,b\n" + "0.9,0.8\n" * 25)
    assert len(broken) == 21
    assert broken[-1] == "and 5 more to correct"
    assert len(said("a,b\n0.1,\n,0.2\n")) == 2
