"""Write the reference of the configuration from what the components declare: ``python -m
enchanted_tui.config.reference``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from enchanted_tui.config.declared import choices_of, members, option_types, split, type_name
from enchanted_tui.config.lookup import ALIASES, BUILTIN, PARSERS, find
from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.config.options import Component, Declared, Nested, Option
from enchanted_tui.config.stage_options import StageOptions
from enchanted_tui.config.yaml_text import dump

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

_INTRODUCTION = """\
# Configuration

*This page is generated from the declarations of the components:
`python -m enchanted_tui.config.reference`.*

A campaign is one YAML file:

```yaml
executors:
  here:
    type: LocalExecutor
samplers:
  plane:
    type: RandomSampler
    parameters: [x, y]
    bounds: [[0, 1], [0, 1]]
    budget: 100
runners:
  peaks:
    type: SyntheticDoubleGaussianRunner
    dimensions: 2
supervisor:
  base_run_dir: runs/peaks
  run_order:
    - {executor: here, sampler: plane, runner: peaks}
```

`enchanted-tui CONFIG --check` says what is wrong with a file, all at once, each with file, line,
column and key. `enchanted-tui --schema` prints its JSON schema, which gives completion and help in
editors. Nothing is created on disk before the configuration is valid.

## How a file is read

- Sections: `logging`, `executors`, `samplers`, `runners`, `supervisor`, `storage`. A key that
  nothing knows is ignored with a warning, so that existing files run. Keys of the top level that
  begin with `.`, `_` or `x-` are free for anchors.
- Executors, samplers and runners have names of your choice; `run_order` refers to these names, and
  a runner's name becomes part of the column names `success_<name>` and `runtime_sec_<name>`.
- `type` names a built-in in any spelling (`RandomSampler`, `random_sampler`), else a plugin (entry
  points in the groups `enchanted_tui.samplers`, `.runners`, `.executors`, and the same below
  `enchanted_surrogates`), else a class as `package.module:Class`, found also in the directory of
  the configuration file and in the working directory. A plugin that takes plain keyword arguments
  gets all keys of its entry.
- null stands for the default of an option. Enumerations match in any case.
- `1e-3`, `1e1` and `1.5e5` are numbers, which plain YAML 1.1 takes for text; where a whole number
  is wanted, `1e1` is 10. A number in quotes is taken as a number with a warning. Where text is
  wanted, `01:30:00`, `0123` and `no` are what was written.
- Anchors, aliases and merge keys work. The same key twice is an error, and so is a tag such as
  `!!python/object`.
- In options that are paths, `~` and `$VAR` expand, and a relative path starts at the directory of
  the configuration file; `base_run_dir` and `local_storage` start at the working directory.
- `--set key.path=value` changes one value, parsed as YAML: `--set samplers.plane.budget=1e3 --set
  supervisor.run_order.0.runner=other`.

## logging

Level of the campaign's log: `DEBUG`, `INFO` (default), `WARNING`, `ERROR`, `CRITICAL`, or a number
as in Python's logging. What samplers and parsers log through Python's `logging` from that level on
goes to `logs/main.log`, what a runner logs to `stderr.txt` in the run directory of its sample,
under every executor, unless it has handlers of its own. The traceback of a failing sample is in
`main.log` once for each place in the code; with `log_failures`, of every one.

## storage

`storage: {type: none}` turns the HDF5 file `runs.h5` off; without the section it is written, with a
group for each sample. `storage: {type: table}` writes one table for each stage instead, in a
hundredth of the time: for more than some ten thousand samples (see [output
files](output-files.md#runsh5)).

## supervisor
"""

_RUN_ORDER = """\
`run_order` (required) lists the stages. Each has an `executor`, a `sampler` and a `runner`, by
their names. A stage after the first combines every row of the one before with each of its own
samples. Lists of executors and runners, as long as each other, are the steps of one stage: each
sample goes through them one after another, and each step sees what the one before returned.

```yaml
run_order:
  - {executor: here, sampler: geometry, runner: equilibrium}
  - {executor: [here, here], sampler: noise, runner: [prepare, simulate]}
```

A stage may say when it starts (see [nesting.md](nesting.md)) and where its samples start from (see
[continuation.md](continuation.md)):
"""

_TITLES = {"executor": "Executors", "sampler": "Samplers", "runner": "Runners"}


def page() -> str:
    """Return the reference as Markdown."""
    parts = [
        _INTRODUCTION,
        _table(SupervisorOptions, list(SupervisorOptions.options())),
        _RUN_ORDER,
        _table(StageOptions, list(StageOptions.options())),
        _nested(StageOptions, list(StageOptions.options()), "run_order.", {}),
    ]
    for kind, title in _TITLES.items():
        classes: list[Any] = [find(kind, name).cls for name in BUILTIN[kind]]
        shared = _shared_options(classes)
        parts.append(f"## {title}\n")
        if shared:
            parts.append(f"All of them have these options:\n\n{_table(classes[0], shared)}")
        told: dict[type, str] = {}
        parts += [
            _component(kind, name, cls, shared, told)
            for name, cls in zip(BUILTIN[kind], classes, strict=True)
        ]
    parts.append("## Parsers\n\nNamed by the option `parser` of BayesianOptimizationSampler.\n")
    parts += [
        f"### {name}\n\n{inspect.cleandoc(find('parser', name).cls.__doc__ or '')}\n"
        for name in PARSERS
    ]
    return "\n".join(parts)


def _component(
    kind: str, name: str, cls: type[Component], shared: list[str], told: dict[type, str]
) -> str:
    text = f"### {name}\n\n{inspect.cleandoc(cls.__doc__ or '')}\n"
    aliases = [f"`{alias}`" for alias, meant in ALIASES.get(kind, {}).items() if meant == name]
    if aliases:
        text += f"\nOther names: {', '.join(aliases)}.\n"
    own = [option for option in cls.options() if option not in shared]
    if own:
        text += f"\n{_table(cls, own)}"
    examples = {
        option: cls.options()[option].example
        for option in own
        if cls.options()[option].example is not None
    }
    if examples:
        text += f"\n```yaml\n{dump({'type': name, **examples})}```\n"
    again = [
        option
        for option in own
        if isinstance(nested := cls.options()[option].nested, type) and nested in told
    ]
    for option in again:
        first = told[cls.options()[option].nested]  # type: ignore[index]
        text += f"\nWhat `{option}` may hold is said under [{first}](#{first.lower()}).\n"
    return text + _nested(cls, [option for option in own if option not in again], "", told, name)


def _nested(
    cls: type[Declared], names: list[str], above: str, told: dict[type, str], where: str = ""
) -> str:
    """Describe the nested mappings in the values of options, and those in them, each once; `told`
    takes note under which heading, `where`, that is.
    """
    text = ""
    for name in names:
        nested = cls.options()[name].nested
        if not isinstance(nested, type) or nested in told:
            continue
        told[nested] = where
        text += f"\n#### {above}{name}\n\n{inspect.cleandoc(nested.__doc__ or '')}"
        if nested.variants:
            text += f" Exactly one of {_code(nested.variants)} is given."
        text += f"\n\n{_table(nested, list(nested.options()))}"
        if nested.also:
            text += f"\nPassed on as they are, like keys not known here: {_code(nested.also)}.\n"
        text += _nested(nested, list(nested.options()), f"{above}{name}.", told, where)
    return text


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shared_options(classes: list[type[Component]]) -> list[str]:
    """Name the options that all of the classes have from a base class, unchanged."""
    return [
        name
        for name, declared in classes[0].options().items()
        if all(cls.options().get(name) is declared for cls in classes)
    ]


def _table(cls: type[Declared], names: list[str]) -> str:
    types = option_types(cls)
    rows = ["| option | type | default | unit | meaning |", "|---|---|---|---|---|"]
    rows += [_row(name, types[name], cls.options()[name], _goes_with(cls, name)) for name in names]
    return "\n".join(rows) + "\n"


def _goes_with(cls: type[Declared], name: str) -> str:
    """Say with which variants of a nested mapping an option goes, if not with all."""
    variants = cls.variants if issubclass(cls, Nested) else {}
    owners = [
        owner for owner, variant in variants.items() if name in (*variant.needs, *variant.may)
    ]
    return f" With {_code(owners)}." if owners else ""


def _row(name: str, hint: Any, option: Option, more: str) -> str:
    names = ", ".join(f"`{spelling}`" for spelling in (name, *option.aliases))
    cells = [
        names,
        _type_cell(hint, option),
        _default_cell(option),
        option.unit or "",
        option.doc + more,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type_cell(hint: Any, option: Option) -> str:
    choices = choices_of(hint, option)
    if choices:
        listed = ", ".join(f"`{choice}`" for choice in choices)
        return f"mapping of names to {listed}" if split(hint)[0] is dict else listed
    return "path" if option.path and members(hint) == (str,) else type_name(hint, option)


def _default_cell(option: Option) -> str:
    if option.required:
        return "required"
    return (
        ""
        if option.default is None
        else f"`{dump(option.default).removesuffix(chr(10)).removesuffix(chr(10) + '...')}`"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written\n")


if __name__ == "__main__":
    main()
