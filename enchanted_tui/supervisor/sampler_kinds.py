"""What a sampler wants to know of results."""

from __future__ import annotations

from typing import Any

from enchanted_tui.samplers.base import Sampler


def learns(sampler: Any) -> bool:
    """Tell whether a sampler wants results before it draws on: it says so, or it is a plugin that
    takes them in.
    """
    if isinstance(sampler, Sampler):
        return sampler.adaptive or type(sampler).register_future is not Sampler.register_future
    return bool(getattr(sampler, "adaptive", hasattr(sampler, "register_future")))


def is_learning_sampler(sampler: Any) -> bool:
    """Tell whether a sampler says what is to be learnt and leaves the asking to the supervisor."""
    if not (isinstance(sampler, Sampler) and sampler.adaptive):
        return False
    from enchanted_tui.samplers.gest_sampler import GestSampler
    from enchanted_tui.samplers.learning_sampler import LearningSampler

    return isinstance(sampler, LearningSampler | GestSampler)
