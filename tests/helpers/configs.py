"""Configurations of campaigns whose runners and samplers are in `helpers.parts.scripted`."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]


def campaign_config(
    *samplers: dict[str, Any], runners: dict[str, Any] | None = None, **supervisor: Any
) -> Config:
    """Return a configuration with one stage for each sampler, each with one step.

    Stage d is sampled by ``s<d>`` and run by ``r<d>``, which adds up the parameters of its own
    sampler unless `runners` says otherwise.
    """
    samplers = samplers or (random_sampler(5),)
    names = [f"r{depth}" for depth in range(len(samplers))]
    tracing = {
        name: {
            "type": "helpers.parts.scripted:TracingRunner",
            "add": list(sampler.get("parameters", ["x"])),
        }
        for name, sampler in zip(names, samplers, strict=True)
    }
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {f"s{depth}": dict(sampler) for depth, sampler in enumerate(samplers)},
        "runners": {**tracing, **(runners or {})},
        "supervisor": {
            "base_run_dir": "run",
            "seed": 7,
            "run_order": [
                {"executor": "here", "sampler": f"s{depth}", "runner": name}
                for depth, name in enumerate(names)
            ],
            **supervisor,
        },
    }


def random_sampler(
    budget: int, batch_size: int | None = None, parameters: tuple[str, ...] = ("x",), **more: Any
) -> dict[str, Any]:
    """Return a RandomSampler on the unit cube."""
    size = {} if batch_size is None else {"batch_size": batch_size}
    bounds = [[0.0, 1.0] for _ in parameters]
    return {
        "type": "RandomSampler",
        "parameters": list(parameters),
        "bounds": bounds,
        "budget": budget,
        **size,
        **more,
    }


def array_sampler(name: str, values: list[Any], **more: Any) -> dict[str, Any]:
    """Return an ArraySampler of one parameter."""
    return {"type": "ArraySampler", "parameters": [name], "bounds": [values], **more}


def lhs(budget: int, batch_size: int | None = None, name: str = "x") -> dict[str, Any]:
    return {**random_sampler(budget, batch_size, (name,)), "type": "LHSSampler"}


def counting(budget: int, batch_size: int | None = None, name: str = "x") -> dict[str, Any]:
    return {
        "type": "helpers.parts.scripted:CountingSampler",
        "budget": budget,
        "batch_size": batch_size,
        "parameters": [name],
    }


def two_stages(first: dict[str, Any], second: dict[str, Any], **supervisor: Any) -> dict[str, Any]:
    """Some parents fail; the second stage has two steps, of which the first fails for some
    children.
    """
    config = campaign_config(first, second, **supervisor)
    config["runners"]["r0"] = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x"],
        "fail_when": {"x": [1]},
    }
    config["runners"]["after"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x", "y"]}
    config["supervisor"]["run_order"][1] |= {
        "executor": ["here", "here"],
        "runner": ["r1", "after"],
    }
    return config
