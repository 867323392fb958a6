"""Shapes of campaigns for the durability tests, small enough to be run hundreds of times."""

from __future__ import annotations

from typing import Any

_EXECUTOR = {"local": {"type": "LocalExecutor", "n_workers": 2}}


def sampler(parameter: str, budget: int, batch_size: int | None = None) -> dict[str, Any]:
    options = {
        "type": "RandomSampler",
        "parameters": [parameter],
        "bounds": [[0, 1]],
        "budget": budget,
    }
    return options if batch_size is None else {**options, "batch_size": batch_size}


def probe(**options: Any) -> dict[str, Any]:
    return {"type": "helpers.parts.probe:ProbeRunner", **options}


def flat(budget: int, batch_size: int | None = None, **options: Any) -> dict[str, Any]:
    """One stage of one step."""
    return {
        "executors": _EXECUTOR,
        "samplers": {"s": sampler("x", budget, batch_size)},
        "runners": {"probe": probe(**options)},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "probe"}]},
    }


def sequence(budget: int, batch_size: int | None, steps: int, **options: Any) -> dict[str, Any]:
    """One stage of several steps."""
    names = [f"step{number}" for number in range(steps)]
    return {
        "executors": _EXECUTOR,
        "samplers": {"s": sampler("x", budget, batch_size)},
        "runners": {name: probe(**options) for name in names},
        "supervisor": {
            "run_order": [{"sampler": "s", "executor": ["local"] * steps, "runner": names}]
        },
    }


def nested(
    outer: int, inner: int, batch_size: int | None = None, inner_steps: int = 1, **options: Any
) -> dict[str, Any]:
    """Two stages; the second may have several steps."""
    names = [f"inner{number}" for number in range(inner_steps)]
    return {
        "executors": _EXECUTOR,
        "samplers": {
            "outer": sampler("x", outer, batch_size),
            "inner": sampler("y", inner, batch_size),
        },
        "runners": {name: probe(**options) for name in ["outer", *names]},
        "supervisor": {
            "run_order": [
                {"sampler": "outer", "executor": "local", "runner": "outer"},
                {"sampler": "inner", "executor": ["local"] * inner_steps, "runner": names},
            ]
        },
    }


def keeping(shape: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same, of whose run directories only files of these names are kept."""
    kept = {"save_files": "custom", "save_files_list": list(names)} if names else {}
    return {**shape, "supervisor": {**shape["supervisor"], "save_files": "none", **kept}}


def deep(outer: int, middle: int, inner: int, **options: Any) -> dict[str, Any]:
    """Three stages, the second with batches of two; `options` are those of the runners."""
    names = ["outer", "middle", "inner"]
    return {
        "executors": _EXECUTOR,
        "samplers": {
            "outer": sampler("x", outer, 3),
            "middle": sampler("y", middle, 2),
            "inner": sampler("z", inner),
        },
        "runners": {name: probe(**options) for name in names},
        "supervisor": {
            "run_order": [{"sampler": name, "executor": "local", "runner": name} for name in names]
        },
    }


def after_stage(shape: dict[str, Any]) -> dict[str, Any]:
    """The same, each of whose stages starts when the one before is complete."""
    first, *others = shape["supervisor"]["run_order"]
    order = [first, *({**stage, "start": "after_stage"} for stage in others)]
    return {**shape, "supervisor": {**shape["supervisor"], "run_order": order}}


def skipping(shape: dict[str, Any]) -> dict[str, Any]:
    """The same, whose failed samples get no children."""
    return {**shape, "supervisor": {**shape["supervisor"], "failed_parents": "skip"}}


_DEEP = deep(4, 4, 2, mischief=True, sleep=[0.0, 0.02])

#: Shapes to be killed at any instant.
KILLED: dict[str, dict[str, Any]] = {
    "one batch": flat(300),
    "many batches": flat(120, 2),
    "slow tasks": flat(40, 10, sleep=[0.01, 0.05]),
    "nested": nested(12, 12, 5),
    "three steps": sequence(60, 7, 3),
    "nested with steps": nested(8, 6, 3, inner_steps=2, sleep=[0.0, 0.01]),
    "failures": flat(60, 9, mischief=True, sleep=[0.0, 0.01]),
    "nested failures": nested(6, 6, 4, inner_steps=2, mischief=True, children=True),
    "nested, stage by stage": after_stage(nested(12, 12, 5)),
    "nested failures, stage by stage": after_stage(
        nested(6, 6, 4, inner_steps=2, mischief=True, children=True)
    ),
    "deep": _DEEP,
    "deep, stage by stage": after_stage(_DEEP),
    "deep, failures left out": skipping(_DEEP),
    "nothing kept": keeping(nested(6, 6, 4, inner_steps=2, mischief=True)),
    "some files kept": keeping(flat(120, 9, mischief=True), "result.txt"),
}
