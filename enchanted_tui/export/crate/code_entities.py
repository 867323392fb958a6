"""What a crate says of the code that made its dataset, from the record `code`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from enchanted_tui.export.crate.graph import Entity, Graph
from enchanted_tui.record.code_records import CodeRecord, FileDigest
from enchanted_tui.record.code_versions.code_words import line_words, tree_words


def code_entities(graph: Graph, record: CodeRecord) -> Iterator[Entity]:
    """Add programs, sources, containers, modules and what commands have said of versions; yield
    what refers to each.
    """
    for runner, code in record["runners"].items():
        for program in code.get("programs", ()):
            yield _software(graph, program, f"program of the runner {runner}")
        if "container" in code:
            image = code.get("container_file", FileDigest(path=code["container"]))
            yield _software(graph, image, f"container of the runner {runner}")
    for number, tree in enumerate(record.get("work_trees", ()), 1):
        yield graph.add(
            f"#source-{number}",
            "SoftwareSourceCode",
            name=os.path.basename(tree["path"]),
            version=tree.get("commit", ""),
            codeRepository=tree.get("remote", ""),
            description=f"work tree of git: {tree_words(tree)}",
        )
    for number, name in enumerate(record.get("modules", ()), 1):
        title, _, version = name.partition("/")
        yield graph.add(
            f"#module-{number}",
            "SoftwareApplication",
            name=title,
            softwareVersion=version,
            description=f"environment module {name}, loaded when the campaign was started",
        )
    for number, each in enumerate(record.get("commands", ()), 1):
        yield graph.value(
            f"#version-{number}", each["command"], line_words(each), description="said of itself"
        )
    for number, (runner, machine) in enumerate(record.get("elsewhere", {}).items(), 1):
        yield graph.value(
            f"#elsewhere-{number}", f"machine of the programs of the runner {runner}", machine
        )


def _software(graph: Graph, file: FileDigest, what: str) -> Entity:
    name = file["path"] if "://" in file["path"] else os.path.basename(file["path"])
    digest = file.get("sha256", "")
    part = f"; its digest is that of {file['partial']}" if "partial" in file else ""
    number = sum(key.startswith("#program-") for key in graph.entities) + 1
    return graph.add(
        f"#program-{number}",
        "SoftwareApplication",
        name=name,
        sha256=digest,
        description=f"{what}{part}",
        softwareVersion=f"sha256:{digest[:12]}" if digest else "",
    )
