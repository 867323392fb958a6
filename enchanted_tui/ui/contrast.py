"""How well two colours can be told apart."""

from __future__ import annotations


def luminance(colour: tuple[int, int, int]) -> float:
    """Return the relative luminance of an sRGB colour, from 0 (black) to 1 (white), as WCAG 2
    defines it.
    """
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the contrast ratio of two sRGB colours: 1 for the same, 21 for black and white; text
    needs 4.5 to be read with ease.
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
