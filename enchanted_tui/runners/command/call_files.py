"""The files of a call with many samples, put together from what all samples share and what each
adds.

A text is a list of segments: text of its own, or the number of a loop over the samples, in whose
place each sample's own text stands. What depends on which samples come together (how many there
are, and the place of each) is only known here, and marked until then.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

#: stand for the number of samples, and for the place of a sample among them, from 0 and from 1
COUNT, INDEX0, INDEX = "\ue0f0count\ue0f1", "\ue0f0index0\ue0f1", "\ue0f0index\ue0f1"

Segments = Sequence[Union[str, int]]
#: a sample's text in a loop: of any sample; or where it depends on that, of one in the middle, the
#: first one, the last one, and the only one
LoopText = Union[str, Sequence[str]]


def put_together(shared: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a single sample's `Inputs.render` would give, for a call with all `samples`.

    `shared`: `CallInputs.shared`; `samples`: what `CallInputs.render` gave for each.
    """
    count = len(samples)
    whole = {key: _counted(value, count) for key, value in shared.items() if key != "files"}
    whole["files"] = {
        name: _file(segments, [sample[name] for sample in samples] if _has_loop(segments) else [])
        .replace(COUNT, str(count))
        for name, segments in shared.get("files", {}).items()
    }  # fmt: skip
    return whole


def _has_loop(segments: Segments) -> bool:
    return any(isinstance(segment, int) for segment in segments)


def _file(segments: Segments, samples: Sequence[Sequence[LoopText]]) -> str:
    parts: list[str] = []
    for segment in segments:
        if isinstance(segment, str):
            parts.append(segment)
            continue
        last = len(samples) - 1
        for place, texts in enumerate(samples):
            text = texts[segment]
            if not isinstance(text, str):
                text = text[(place == 0) + 2 * (place == last)]
            if "\ue0f0" in text:
                text = text.replace(INDEX0, str(place)).replace(INDEX, str(place + 1))
            parts.append(text)
    return "".join(parts)


def _counted(value: Any, count: int) -> Any:
    if isinstance(value, str):
        return value.replace(COUNT, str(count))
    if isinstance(value, list):
        return [_counted(item, count) for item in value]
    if isinstance(value, Mapping):
        return {name: _counted(item, count) for name, item in value.items()}
    return value
