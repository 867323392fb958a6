"""Which picture is on the terminal, and where.

Textual paints characters and knows nothing of it. So the board looks before and after each
painting: what is covered or moves is taken away before, what is to be seen and is not there, or was
written over, is put there afterwards.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from enchanted_tui.ui.pictures import kitty_graphics
from enchanted_tui.ui.pictures.drawn_picture import DrawnPicture

_REST = 0.5  #: seconds between two times that the same sixels are sent


@dataclass(frozen=True)
class _Placed:
    picture: DrawnPicture
    place: Region  #: on the terminal, in characters
    number: int  #: by which kitty keeps it


class PictureBoard:
    """Shows one picture at a time, of one widget, through `write`. `later` calls a function after
    so many seconds.
    """

    def __init__(
        self, write: Callable[[str], None], later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self._write, self._later = write, later
        self._widget: Widget | None = None
        self._picture: DrawnPicture | None = None
        self._placed: _Placed | None = None
        self._kept: tuple[DrawnPicture, int] | None = None  #: in kitty's memory
        self._number = (os.getpid() & 0xFFFF) << 12  # others may show pictures beside us
        self._is_damaged = False
        self._is_due = False
        self._put_at = 0.0

    # -- what is to be seen ------------------------------------------------------------------------

    def show(self, widget: Widget, picture: DrawnPicture) -> None:
        """Show a picture where `widget` is, as long as that has the size that it was drawn for and
        nothing lies over it. In place of one that is there already it is put at once, else after
        the next painting.
        """
        self._widget, self._picture = widget, picture
        place = self._place(widget.screen)
        if place is not None and self._placed is not None and self._placed.place == place:
            self._settle(widget.screen, place)

    def drop(self, widget: Widget) -> None:
        """Show none; it is taken away before the next painting."""
        if widget is self._widget:
            self._widget = self._picture = None

    def leave(self) -> None:
        """Take everything back: the terminal goes to somebody else."""
        self._take_away()
        self._forget_kept()
        self._is_damaged = False

    # -- around each painting ----------------------------------------------------------------------

    def before_painting(self, screen: Screen[Any], update: object) -> None:
        """Take away what is not to be seen any more, since `screen` is going to be painted."""
        placed = self._placed
        if placed is None or self._place(screen) == placed.place:
            return
        self._take_away()
        if self._picture is None:
            self._forget_kept()
        if placed.picture.is_overwritten and not isinstance(update, LayoutUpdate):
            screen.refresh()  # what was below is painted again

    def after_painting(self, screen: Screen[Any], update: object) -> None:
        """Put what is to be seen."""
        place = self._place(screen) if self._picture is not None else None
        if place is None:
            return
        placed = self._placed
        if placed is not None and placed.picture.is_overwritten and _touches(update, place):
            self._is_damaged = True
        self._settle(screen, place)

    def _place(self, screen: Screen[Any]) -> Region | None:
        """Return where the picture is to be, if the screen shows that place as it was drawn for."""
        widget, picture = self._widget, self._picture
        if widget is None or picture is None or not widget.is_attached:
            return None
        if widget.screen is not screen or widget not in screen._compositor.visible_widgets:
            return None
        if widget.size != (picture.columns, picture.rows):
            return None
        return widget.content_region

    def _settle(self, screen: Screen[Any], place: Region) -> None:
        picture, placed = self._picture, self._placed
        assert self._widget is not None and picture is not None
        if not _is_clear(screen, self._widget, place):
            # sixels are below what is written; what kitty shows is above
            if placed is not None and not placed.picture.is_overwritten:
                self._take_away()
            return
        is_same = placed is not None and (placed.picture, placed.place) == (picture, place)
        if is_same and not self._is_damaged:
            return
        rest = self._put_at + _REST - time.monotonic()
        if is_same and rest > 0:
            if not self._is_due:
                self._is_due = True
                self._later(rest, lambda: self._put_late(screen))
            return
        self._put(picture, place)

    def _put_late(self, screen: Screen[Any]) -> None:
        self._is_due = False
        place = self._place(screen)
        if place is not None and screen.is_current:
            self._settle(screen, place)

    # -- on the terminal ---------------------------------------------------------------------------

    def _put(self, picture: DrawnPicture, place: Region) -> None:
        before, self._is_damaged, self._put_at = self._kept, False, time.monotonic()
        text = ""
        if isinstance(picture.data, bytes):
            if before is None or before[0] != picture:
                self._number += 1
                self._kept = picture, self._number
                text = kitty_graphics.transmission(picture.data, self._number)
            shown = kitty_graphics.placement(self._number, place.width, place.height)
        else:
            shown = picture.data
        self._placed = _Placed(picture, place, self._number)
        text += f"\x1b7{_to(place.x, place.y)}{shown}\x1b8"
        if before is not None and before != self._kept:
            text += kitty_graphics.removal(before[1], forget=True)
        self._write(text)

    def _take_away(self) -> None:
        placed, self._placed = self._placed, None
        if placed is None:
            return
        if not placed.picture.is_overwritten:
            self._write(kitty_graphics.removal(placed.number, forget=False))
            return
        place = placed.place
        rows = "".join(
            f"{_to(place.x, y)}\x1b[{place.width}X" for y in range(place.y, place.bottom)
        )
        self._write(f"\x1b7\x1b[m{rows}\x1b8")

    def _forget_kept(self) -> None:
        if self._kept is not None:
            self._write(kitty_graphics.removal(self._kept[1], forget=True))
            self._kept = None


def _to(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def _touches(update: object, place: Region) -> bool:
    """Tell whether a painting writes something at a place."""
    if isinstance(update, ChopsUpdate):
        return any(
            place.y <= y < place.bottom and start < place.right and end > place.x
            for y, start, end in update.spans
        )
    return update is not None


def _is_clear(screen: Screen[Any], widget: Widget, place: Region) -> bool:
    """Tell whether nothing of the screen lies over a widget."""
    for other, (region, clip) in screen._compositor.visible_widgets.items():  # the topmost first
        if other is widget:
            return True
        if other.visible and region.intersection(clip).overlaps(place):
            return False
    return False
