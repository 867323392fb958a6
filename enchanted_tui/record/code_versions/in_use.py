"""The record `code`: what the runners of a configuration run, looked up on this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from itertools import islice

from enchanted_tui.config.code import code_files
from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.executors.base import Executor
from enchanted_tui.record.code_records import CodeOfRunner, CodeRecord
from enchanted_tui.record.code_versions.file_digests import file_digest
from enchanted_tui.record.code_versions.git_work_trees import state_of, work_tree_of

_MOST_PROGRAMS, _MOST_TREES = 20, 10
_FILE_OPTIONS = ("templates", "copy", "link")


def code_in_use(config: CampaignConfig) -> CodeRecord | None:
    """Return what is to be recorded of the code that samples are run with; None where there is
    nothing to tell, as of runners that are part of this program.
    """
    elsewhere = _elsewhere(config)
    used = {
        step.runner: config.runners[step.runner] for stage in config.stages for step in stage.steps
    }
    runners = {
        name: found
        for name, spec in used.items()
        if (found := _code_of(config, spec, here=name not in elsewhere))
    }
    record = CodeRecord(type="code", host=socket.gethostname(), runners=runners)
    trees = dict.fromkeys(tree for each in runners.values() for tree in each.get("work_trees", ()))
    if trees:
        record["work_trees"] = [state_of(tree) for tree in islice(trees, _MOST_TREES)]
    if modules := [name for name in os.environ.get("LOADEDMODULES", "").split(":") if name]:
        record["modules"] = modules
    if config.supervisor.code_version:
        from enchanted_tui.record.code_versions.version_commands import version_lines

        record["commands"] = version_lines(config.supervisor.code_version, config.base_dir)
    if elsewhere:
        record["elsewhere"] = elsewhere
    told = record.keys() - {"type", "host", "runners", "modules"}
    return record if runners or told else None


def _elsewhere(config: CampaignConfig) -> dict[str, str]:
    """Return the runners whose programs are never started on a machine that sees what this one
    does, and the machine that starts them.
    """
    machines: dict[str, set[str]] = {}
    for step in (step for stage in config.stages for step in stage.steps):
        spec = config.executors[step.executor]
        machine = spec.cls.far_machine(spec.options) if issubclass(spec.cls, Executor) else ""
        machines.setdefault(step.runner, set()).add(machine)
    return {name: ", ".join(sorted(at)) for name, at in machines.items() if "" not in at}


def _code_of(config: CampaignConfig, spec: ComponentSpec, *, here: bool) -> CodeOfRunner:
    """Return what one runner runs; `here`: its programs are those of this machine."""
    found, programs = CodeOfRunner(), []
    if "command" in spec.options:
        programs = _note_programs(found, spec, here=here)
    places = [*programs, *code_files(config, spec), *_files(spec)]
    if trees := sorted(set(filter(None, map(work_tree_of, _directories(places))))):
        found["work_trees"] = trees
    return found


def _note_programs(found: CodeOfRunner, spec: ComponentSpec, *, here: bool) -> list[str]:
    """Note the programs of a command and its container; return the paths of the programs."""
    from enchanted_tui.record.code_versions.command_programs import container_of, programs_of

    programs = programs_of(spec.options)[:_MOST_PROGRAMS] if here else []
    if programs:
        found["programs"] = [file_digest(program) for program in programs]
    image = container_of(spec.options)
    if image:
        found["container"] = image
        if here and os.path.isfile(image):
            found["container_file"] = file_digest(image)
    return programs


def _files(spec: ComponentSpec) -> Iterable[str]:
    """Return the templates of a runner, and what it copies and links, if samples have no say in
    which files these are.
    """
    given = [value for option in _FILE_OPTIONS if (value := spec.options.get(option))]
    if given:
        from enchanted_tui.runners.command.rendering import has_placeholders
    for value in given:
        for path in value.values() if isinstance(value, dict) else value:
            if isinstance(path, str) and not has_placeholders(path):
                yield path


def _directories(paths: Iterable[str]) -> list[str]:
    """Return the directories of files, each once; of a directory itself."""
    places = (path if os.path.isdir(path) else os.path.dirname(path) for path in paths)
    return list(dict.fromkeys(os.path.realpath(place or ".") for place in places))
