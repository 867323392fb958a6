"""What every screen has that is opened over another: it is left once, and then hears nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._context import visible_screen_stack  # no public name says what lies below
from textual.await_complete import AwaitComplete
from textual.events import Event, InputEvent, Mount
from textual.message import Message
from textual.screen import Screen

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.geometry import Offset
    from textual.widget import Widget

    Base = Screen[Any]
else:
    Base = object  # or Textual would take its styles in place of those of the class beside it

_INTERNAL = (  #: the module of the messages by which Textual lays out, paints and removes
    "textual.messages"
)


class Pointable(Base):
    """Mixed into every screen: under the pointer is nothing that has been taken away, and below a
    dialog is what lies there.

    Until the screen is laid out again, Textual finds a removed widget there, and selects text.
    """

    @property
    def is_going(self) -> bool:
        """Whether it is being taken away, by an answer or with the app: its widgets go first."""
        return self._pruning or self._closing or not self.is_attached

    def render(self) -> RenderableType:
        """Paint what lies below, whoever asks.

        Textual says what that is where it paints the terminal. Somebody else who reads the lines,
        such as whoever copies them, would have nothing painted, and lines that have been painted
        stay so.
        """
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else 0
        visible_screen_stack.set(stack[max(0, place - 1) : place])
        return super().render()

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget is None or widget.is_attached else (None, None)


class Opened(Pointable):
    """Mixed into every screen that is opened over another. Once it has left it hears nothing more,
    and its work has ended.
    """

    has_left = False

    @property
    def is_going(self) -> bool:
        return self.has_left or super().is_going

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with a result: once, and only from the top; a second answer, or one from below
        another screen, is dropped.
        """
        if self.has_left or not self.is_active:
            nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
            return nothing
        self.has_left = True
        self.workers.cancel_node(self)
        return super().dismiss(result)

    async def on_event(self, event: Event) -> None:
        """Hear no key or click once it has left."""
        if not (self.has_left and isinstance(event, InputEvent)):
            await super().on_event(event)

    async def _on_message(self, message: Message) -> None:
        if type(message).__module__ != _INTERNAL and (
            self.has_left or (isinstance(message, Mount) and self.is_going)
        ):
            return
        await super()._on_message(message)
