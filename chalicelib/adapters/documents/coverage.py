"""Makes any text drawable: NFC, no controls, and "?" for what no bundled font has a glyph for.

In PDF/A-3a and PDF/UA-1 one missing glyph is a compile error. A mark needs a font that also has
the letter it sits on, or the pair has no font at all, so coverage is kept per font.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ shape Indic, Persian and emoji sequences
_BREAK = "\N{ZERO WIDTH SPACE}"
_WORD = re.compile(r"\S+")
_BREAK_EVERY = 12
_SPELLED = ("LATIN", "GREEK", "CYRILLIC")


class FontCoverage:
    """The ranges of one font, searched by halving."""

    def __init__(self, ranges: str) -> None:
        pairs = [
            (int(low, 16), int(high or low, 16))
            for low, _, high in (part.partition("-") for part in ranges.split())
        ]
        self._lows = [low for low, _ in pairs]
        self._highs = [high for _, high in pairs]

    def has(self, character: str) -> bool:
        code = ord(character)
        index = bisect_right(self._lows, code) - 1
        return index >= 0 and code <= self._highs[index]


@lru_cache(maxsize=1)
def _fonts() -> tuple[FontCoverage, ...]:
    table: dict[str, str] = json.loads((Path(__file__).parent / "coverage.json").read_text())
    return tuple(FontCoverage(ranges) for ranges in table.values())


@lru_cache(maxsize=8192)
def _fonts_with(character: str) -> frozenset[int]:
    return frozenset(index for index, font in enumerate(_fonts()) if font.has(character))


def clean(value: str) -> str:
    """One line that the bundled fonts can draw, as near to `value` as they allow."""
    drawn: list[str] = []
    fonts: frozenset[int] = frozenset()  # those that can draw the cluster so far
    for character in unicodedata.normalize("NFC", value):
        category = unicodedata.category(character)
        if character.isspace() or category[0] == "Z":
            drawn.append(character if _fonts_with(character) and category == "Zs" else " ")
            fonts = frozenset()
        elif character in _JOINERS or category[0] == "M":
            if fonts & _fonts_with(character):
                fonts &= _fonts_with(character)
                drawn.append(character)
        elif category[0] != "C":
            fonts = _fonts_with(character)
            drawn.append(character if fonts else _nearest(character))
    return "".join(drawn).strip()


def _nearest(character: str) -> str:
    """A plainer form of what no font draws (a mathematical bold A is an A), or "?"."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain != character and all(map(_fonts_with, plain)) else "?"


def paragraphs(value: str) -> list[str]:
    """The lines of a longer text; empty ones are left out."""
    return [line for line in value.splitlines() if line.strip()]


def breakable(value: str, longest: int = 28) -> str:
    """Lets a very long word (a key, a URL) break across lines instead of leaving its column."""

    def with_breaks(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) <= longest or not all(map(_stands_alone, word)):
            return word
        return _BREAK.join(
            word[start : start + _BREAK_EVERY] for start in range(0, len(word), _BREAK_EVERY)
        )

    return _WORD.sub(with_breaks, value)


def _stands_alone(character: str) -> bool:
    """May a line end after it? Other scripts join their letters and have rules of their own."""
    return character.isascii() or unicodedata.name(character, "").startswith(_SPELLED)
