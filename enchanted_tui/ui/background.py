"""Work that must not hold up the keys.

It is done in daemon threads: one that hangs on a dead file server must not hang the end of the app
too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual.dom import DOMNode

from enchanted_tui.operations.surroundings import own_working_directory

Given = TypeVar("Given")


class RunGone(Exception):
    """What was asked for belongs to a run that has been closed meanwhile; nobody is to be told."""


async def in_thread(function: Callable[..., Given], *args: object, **named: object) -> Given:
    """Call `function` in a thread and give what it gives, or raise what it raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Given] = loop.create_future()

    def settle(result: Given | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        own_working_directory()  # what is called may import plugins
        result: Given | None = None
        error: BaseException | None = None
        try:
            result = function(*args, **named)
        except (
            SystemExit,
            KeyboardInterrupt,
            StopIteration,
        ) as odd:  # nothing that a thread raises may end the app
            error = RuntimeError(f"{type(odd).__name__}: {odd}")
        except BaseException as raised:  # noqa: BLE001 - handed to whoever waits
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the app has ended in the meantime

    threading.Thread(
        target=run, name=f"app-{getattr(function, '__name__', 'work')}", daemon=True
    ).start()
    return await future


def in_time(seconds: float, function: Callable[..., None], *args: object, **named: object) -> None:
    """Call `function` and wait for it no longer than so many seconds; what it raises is lost. For
    the last things that an app does.
    """

    def run() -> None:
        with contextlib.suppress(Exception):
            function(*args, **named)

    thread = threading.Thread(target=run, name="app-last-things", daemon=True)
    thread.start()
    thread.join(seconds)


def run_newest(
    node: DOMNode, group: str, work: Callable[..., Coroutine[Any, Any, None]], *args: object
) -> None:
    """Run `work` on behalf of `node`, in place of an earlier one of the same `group` that is still
    under way or has yet to begin.
    """

    # the coroutine is made when its turn comes, or Python warns of one that was replaced before
    async def begin() -> None:
        await guarded(node, work(*args))

    if not getattr(node, "has_left", False):
        node.run_worker(begin, group=group, exclusive=True, exit_on_error=False)  # type: ignore[arg-type]


async def guarded(node: DOMNode, work: Coroutine[Any, Any, Any]) -> None:
    """Do some work; what goes wrong is said in a sentence and never ends the app."""
    try:
        await work
    except RunGone:
        pass
    except Exception as error:  # noqa: BLE001 - the last resort before the app would end
        # its screens go, and with them what the work looked for
        if not getattr(node.app, "leaving", False):
            node.app.complain(error)  # type: ignore[attr-defined]
