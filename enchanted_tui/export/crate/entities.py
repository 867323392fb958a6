"""What a crate says of a campaign and its dataset, as entities of its metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from enchanted_tui.config.about_options import Author
from enchanted_tui.export.crate.code_entities import code_entities
from enchanted_tui.export.crate.graph import CONFORMS, DESCRIPTOR, Entity, Graph, reference
from enchanted_tui.export.crate.told import Described
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.column_types import ColumnType, unicode_name

_PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
_COMPLETED = "http://schema.org/CompletedActionStatus"
#: What columns of this program's own mean.
_MEANINGS = {
    "success": "whether the sample has succeeded",
    "run_dir": "directory of the sample",
    "task": "name of the task that gave the row",
    "host": "where it ran",
    "started": "when it began",
    "finished": "when it ended",
    "runtime_sec": "how long it ran",
    "attempt": "how often it had been begun before",
    "cpu_sec": "processor time of its processes, where that is known",
    "memory_bytes": "most memory that a process of it had, where that is known",
    "memory_at_most_bytes": "the same where only an upper bound is known",
    "code": "with which code it was run",
}
_OF_RUNNERS = {
    "success_": "whether the sample has succeeded at the runner ",
    "runtime_sec_": "run time in seconds of the runner ",
}
_KINDS = {
    "bool": "truth value",
    "int": "whole number",
    "float": "number",
    "text": "text",
    "array": "array",
    "json": "JSON",
}


def describe_campaign(
    graph: Graph,
    described: Described,
    state: CampaignState,
    tables: Mapping[str, list[ColumnType]],
    files: Sequence[Entity],
    configuration: Entity | None,
    shorten: Callable[[Any], Any],
) -> None:
    """Add the crate itself, who made it, what it may be used for, its columns, and the campaign as
    the action that has made it. `files` refers to all that it holds, `tables` names the columns of
    those that are tables; `shorten` takes a person's paths out of what is on record.
    """
    graph.add(DESCRIPTOR, "CreativeWork", conformsTo={"@id": CONFORMS}, about={"@id": "./"})
    columns = _columns(graph, described, tables)
    for name, types in tables.items():
        known = [columns[column.name] for column in types if column.name in columns]
        graph.entities[name]["variableMeasured"] = known[0] if len(known) == 1 else known
    authors = _authors(graph, described)
    action = _action(graph, state, tables, configuration, shorten)
    graph.entities["#campaign"]["agent"] = authors[0]
    licence = graph.add(
        described.licence.url,
        "CreativeWork",
        name=described.licence.name,
        description=f"what others may do with the dataset: {described.licence.name}",
    )
    graph.add(
        "./",
        "Dataset",
        name=described.title,
        description=described.description,
        datePublished=datetime.now(UTC).date().isoformat(),
        dateCreated=_moment(state.opened_at),
        license=licence,
        author=authors,
        publisher=_publisher(graph, described, authors),
        keywords=", ".join(described.keywords),
        variableMeasured=list(columns.values()),
        hasPart=list(files),
        mentions=action,
        conformsTo=graph.add(_PROCESS, "CreativeWork", name="Process Run Crate", version="0.5"),
    )


def _authors(graph: Graph, described: Described) -> list[Entity]:
    return [
        graph.add(
            author.orcid or f"#author-{number}",
            "Person",
            name=author.name,
            affiliation=_organization(graph, author),
        )
        for number, author in enumerate(described.authors, 1)
    ]


def _publisher(graph: Graph, described: Described, authors: list[Entity]) -> Entity:
    """Return the organization of the first author who has one, or else the first author."""
    places = (_organization(graph, author) for author in described.authors)
    return next(filter(None, places), authors[0])


def _organization(graph: Graph, author: Author) -> Entity | None:
    """Add the affiliation of an author, each name once."""
    if not author.affiliation:
        return None
    known = [each for each in graph.entities.values() if each["@type"] == "Organization"]
    same = next((each for each in known if each["name"] == author.affiliation), None)
    if same is not None:
        return reference(same)
    identifier = author.place or f"#organization-{len(known) + 1}"
    return graph.add(identifier, "Organization", name=author.affiliation, url=author.place)


def _columns(
    graph: Graph, described: Described, tables: Mapping[str, list[ColumnType]]
) -> dict[str, Entity]:
    """Add the columns of all tables, each once, with what it means."""
    found: dict[str, Entity] = {}
    for column in (column for columns in tables.values() for column in columns):
        if column.name not in found:
            found[column.name] = graph.add(
                f"#column-{len(found) + 1}",
                "PropertyValue",
                name=unicode_name(column.name),
                description=_meaning(described, column),
                unitText=column.unit,
            )
    return found


def _meaning(described: Described, column: ColumnType) -> str:
    """Say what a column means: by its description, by its name where it is one of this program, or
    else what kind of values it has.
    """
    told = described.columns.get(column.name) or _MEANINGS.get(column.name)
    for start, words in _OF_RUNNERS.items():
        if not told and column.name.startswith(start):
            told = words + column.name.removeprefix(start)
    return told or _KINDS[column.kind]


def _action(
    graph: Graph,
    state: CampaignState,
    tables: Mapping[str, list[ColumnType]],
    configuration: Entity | None,
    shorten: Callable[[Any], Any],
) -> Entity:
    """Add the campaign, with what it was run and with which seeds."""
    program = graph.add(
        "#enchanted-tui",
        "SoftwareApplication",
        name="enchanted-tui",
        softwareVersion=state.version or "unknown",
        description="ran the campaign",
    )
    code = [] if not state.codes else list(code_entities(graph, shorten(state.codes[-1])))
    if code:
        graph.entities["#enchanted-tui"]["softwareRequirements"] = (
            code[0] if len(code) == 1 else code
        )
    seeds = [graph.value("#seed", "seed of the campaign", state.seed)]
    for depth, stage in enumerate((state.identity or {}).get("stages", ())):
        seed = (stage.get("options") or {}).get("seed")
        if seed is not None:
            seeds.append(
                graph.value(f"#seed-{depth}", f"seed of the sampler of stage {depth}", seed)
            )
    ok, failed = state.totals()
    return graph.add(
        "#campaign",
        "CreateAction",
        name=f"campaign {state.campaign}",
        description=f"{ok + failed:,} tasks, of which {failed:,} failed: {_stages(state)}",
        startTime=_moment(state.opened_at),
        endTime=_moment(state.last_time),
        instrument=program,
        object=[
            *([configuration] if configuration else []),
            *seeds,
            graph.value("#host", "host of the supervisor", state.host),
        ],
        result=[{"@id": name} for name in tables],
        actionStatus=_COMPLETED if state.complete else "",
    )


def _stages(state: CampaignState) -> str:
    """Say how samples were made: ``RandomSampler with CommandRunner``, stage by stage."""
    return ", then ".join(
        f"{stage['sampler_type']} with {', '.join(step['runner_type'] for step in stage['steps'])}"
        for stage in state.stage_names
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
