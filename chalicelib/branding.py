"""A business's colours and initials, made safe: readable whatever was chosen."""

from __future__ import annotations

import re
import unicodedata

ACCENT = "#0f4c5c"
ACTION = "#c74d0a"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE, _INK = "#ffffff", "#16212b"
_READABLE = 4.5  # WCAG AA for text
_SPELLED = ("LATIN", "GREEK", "CYRILLIC")


def readable(chosen: str, otherwise: str) -> str:
    """The chosen colour if it is one and can be read on white."""
    if _HEX.fullmatch(chosen) and contrast(chosen, _WHITE) >= _READABLE:
        return chosen.lower()
    return otherwise


def text_on(background: str) -> str:
    """White or ink, whichever can be read on it."""
    return _WHITE if contrast(_WHITE, background) >= _READABLE else _INK


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def initials(name: str) -> str:
    """`Harbour & Pine Ltd` as `HP`; one character where a script writes no initials."""
    words = [word for word in re.split(r"[\s.&/+-]+", name) if word and word[0].isalnum()]
    first = "".join(word[0] for word in words[:2]).upper()
    if all(unicodedata.name(one, "").startswith(_SPELLED) for one in first):
        return first[:2] or "#"
    return first[:1]
