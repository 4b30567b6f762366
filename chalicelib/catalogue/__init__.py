"""The words we say to people, in one JSON file per language: documents, mails, SMS, payer texts.

A text names its facts in braces. A part in square brackets is left out when one of its facts is not
known: `We will try again[ on {next_on}].` English fills in for a text a language does not have.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.domain.errors import DomainError
from chalicelib.formatting import language

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FACT = re.compile(r"\{(\w+)\}")


class MissingFactError(DomainError):
    """A text needs a fact that it was not given."""

    def __init__(self, detail: str) -> None:
        super().__init__("missing_fact", detail)


def text(locale: str, key: str, **facts: str | None) -> str:
    """The text at a dotted key (`document.balance_due`) with its facts put in."""
    template = _lookup(locale, key)
    if not isinstance(template, str):
        raise MissingFactError(f"{key} is no text")
    return fill(template, facts)


def texts(locale: str, key: str, **facts: str | None) -> list[str]:
    """The paragraphs at a key; one that was optional and is left out does not appear."""
    paragraphs = _lookup(locale, key)
    return [filled for one in paragraphs if (filled := fill(one, facts))]


def has(key: str) -> bool:
    return _find(_words("en"), key) is not None


def of_instalment(key: str, *, is_instalment: bool) -> str:
    """The key of the words for a plan's instalment, where they are others than an invoice's."""
    own = f"instalment.{key}"
    return own if is_instalment and has(own) else key


def fill(template: str, facts: dict[str, str | None]) -> str:
    """A template with its facts put in. Facts are never read as templates themselves."""

    def optional(match: re.Match[str]) -> str:
        known = all(facts.get(name) is not None for name in _FACT.findall(match[1]))
        return match[1] if known else ""

    def fact(match: re.Match[str]) -> str:
        value = facts.get(match[1])
        if value is None:
            raise MissingFactError(f"{match[1]!r} in {template!r}")
        return value

    return _FACT.sub(fact, _OPTIONAL.sub(optional, template)).strip()


def _lookup(locale: str, key: str) -> Any:
    found = _find(_words(language(locale)), key)
    if found is None:
        found = _find(_words("en"), key)
    if found is None:
        raise MissingFactError(f"no text {key!r}")
    return found


def _find(words: dict[str, Any], key: str) -> Any:
    node: Any = words
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


@lru_cache(maxsize=8)
def _words(spoken: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((Path(__file__).parent / f"{spoken}.json").read_text())
    return words
