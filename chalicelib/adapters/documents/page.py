"""The finished page the template draws: every word and number in place, nothing left to decide.

`as_json` is the one gate to Typst, and cleans each string there, so that no field can be forgotten.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.adapters.documents.coverage import breakable, clean

if TYPE_CHECKING:
    from collections.abc import Callable

Tone = Literal["plain", "paid", "overdue"]
RowTone = Literal["plain", "muted", "strong", "final"]
RowKind = Literal["line", "member", "subtotal"]
Pair = tuple[str, str]

# Not for reading: addresses, colours and names of styles pass as they are.
_AS_IT_IS = frozenset(
    {"url", "paper", "lang", "tone", "kind", "accent", "action", "on_action", "on_accent"}
)
# Read by machines, or short enough: no break opportunities are put in.
_UNBROKEN = frozenset(
    {"author", "doc_title", "alt", "qr_alt", "number", "amount", "value", "cells"}
)


@dataclass(frozen=True, slots=True)
class Mark:
    initials: str
    on_accent: str
    logo: bool
    alt: str


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Stamp:
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    amount: str
    note: str = ""
    tone: Tone = "plain"
    button: Button | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class FirstCell:
    main: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """On a group's invoice a member's lines stand between its name and its sum."""

    first: FirstCell
    cells: list[str]
    kind: RowKind = "line"


@dataclass(frozen=True, slots=True)
class TotalRow:
    label: str
    value: str
    tone: RowTone = "plain"
    note: str = ""


@dataclass(frozen=True, slots=True)
class HowToPay:
    label: str
    url: str | None
    scan: str
    link_label: str
    qr_alt: str
    bank_intro: str
    bank: list[Pair]


@dataclass(frozen=True, slots=True)
class Footer:
    left: str
    number: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What every page has: whose it is and whom it is for, a line of facts, the one that counts."""

    lang: str
    paper: str
    accent: str
    action: str
    on_action: str
    title: str
    doc_title: str
    author: str
    mark: Mark
    issuer: Party
    from_label: str
    to: Party
    to_label: str
    meta: list[Pair]
    bar: Bar
    footer: Footer


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Sheet):
    columns: list[str]
    rows: list[Row]
    totals: list[TotalRow]
    statement: list[str] = field(default_factory=list)
    pay: HowToPay | None = None
    notes: list[str] = field(default_factory=list)
    watermark: str | None = None
    aging: list[Pair] = field(default_factory=list)  # a statement's balance by how late it is


def as_json(page: Any) -> str:
    """A finished page, a dataclass, as Typst reads it."""
    return json.dumps(_cleaned(asdict(page), breakable), ensure_ascii=False)


def _cleaned(node: Any, finish: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return finish(clean(node))
    if isinstance(node, list | tuple):
        return [_cleaned(one, finish) for one in node]
    if isinstance(node, dict):
        return {
            key: value if key in _AS_IT_IS else _cleaned(value, _finish_for(key, finish))
            for key, value in node.items()
        }
    return node


def _finish_for(key: str, inherited: Callable[[str], str]) -> Callable[[str], str]:
    if key in _UNBROKEN:
        return str
    return _narrow if key == "meta" else inherited


def _narrow(value: str) -> str:
    return breakable(value, longest=20)
