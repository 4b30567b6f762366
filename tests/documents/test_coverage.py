"""Every name survives as far as our fonts go, and nothing else reaches the page."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chalicelib.adapters import documents
from chalicelib.adapters.documents.coverage import breakable, clean, paragraphs
from infra.build_font_coverage import as_ranges, build
from tests.documents.samples import SCRIPTS

FOLDER = Path(documents.__file__).parent


@pytest.mark.parametrize("name", SCRIPTS[:-1])
def test_a_name_in_any_script_is_kept_as_it_is(name: str) -> None:
    assert clean(name) == name


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("Zoe\u0301", "Zoé"),  # composed
        ("one\ttwo\nthree", "one two three"),
        ("a\u0007b\u202ec\ud800d", "abcd"),  # controls, overrides and half characters go
        ("\U0001d400", "A"),  # a mathematical bold A is an A
        ("\U00012000", "?"),  # cuneiform
        ("\ue000", ""),  # private use
        ("\u0301lone mark", "lone mark"),
        ("क्\u200dष", "क्\u200dष"),  # joiners shape Indic words
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_what_no_font_draws_is_replaced(given: str, drawn: str) -> None:
    assert clean(given) == drawn


def test_a_mark_needs_a_font_that_has_its_letter_too() -> None:
    assert clean("漢\u0e31") == "漢"  # a Thai vowel on a Chinese letter


def test_a_long_word_may_break_but_a_short_or_foreign_one_is_left_alone() -> None:
    zero_width = "\u200b"
    assert breakable("x" * 28) == "x" * 28
    assert breakable("x" * 40).replace(zero_width, "") == "x" * 40
    assert max(map(len, breakable("x" * 40).split(zero_width))) == 12
    assert zero_width in breakable("Donaudampfschifffahrtselektrizität")
    assert breakable("ก" * 40) == "ก" * 40


def test_paragraphs_leave_out_empty_lines() -> None:
    assert paragraphs("one\n\n two \n") == ["one", " two "]


def test_the_table_is_what_the_fonts_say() -> None:
    """Run `python infra/build_font_coverage.py` when this fails."""
    assert json.loads((FOLDER / "coverage.json").read_text()) == build(FOLDER / "fonts")


def test_ranges_are_short() -> None:
    assert as_ranges([32, 33, 34, 160]) == "20-22 a0"


def test_fonts_fit_the_package() -> None:
    size = sum(path.stat().st_size for path in (FOLDER / "fonts").iterdir())
    assert size < 22_000_000


def test_every_code_point_can_be_cleaned() -> None:
    for code in range(0, sys.maxunicode + 1, 7):
        assert "\n" not in clean(f"a{chr(code)}")
