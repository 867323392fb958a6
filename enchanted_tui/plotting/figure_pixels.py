"""Figures as pixels, for terminals that show pictures."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.plotting.figure_files import FigureParts


def draw_pixels(
    parts: FigureParts, size: tuple[int, int], dots_per_inch: float
) -> NDArray[np.uint8]:
    """Draw a figure of so many pixels, width and height; return rows by columns by red, green and
    blue. Raises EnvironmentProblem without matplotlib.
    """
    with parts.drawn(_inches(size, dots_per_inch)) as figure:
        figure.set_dpi(dots_per_inch)
        figure.canvas.draw()
        pixels: NDArray[np.uint8] = np.array(figure.canvas.buffer_rgba())[..., :3]
    return pixels


def draw_png(parts: FigureParts, size: tuple[int, int], dots_per_inch: float) -> bytes:
    """Draw a figure of so many pixels, width and height; return a PNG file. Raises
    EnvironmentProblem without matplotlib.
    """
    file = io.BytesIO()
    with parts.drawn(_inches(size, dots_per_inch)) as figure:
        figure.savefig(file, format="png", dpi=dots_per_inch)
    return file.getvalue()


def _inches(size: tuple[int, int], dots_per_inch: float) -> tuple[float, float]:
    # matplotlib cuts off what is left of a pixel
    width, height = ((side + 0.01) / dots_per_inch for side in size)
    return width, height
