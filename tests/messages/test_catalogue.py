"""Four languages that say the same, and how a text is filled."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib import catalogue
from chalicelib.catalogue import MissingFactError, fill, text
from chalicelib.formatting import LANGUAGES
from chalicelib.messages import NoticeKind, PayerTextKey

# A subject or headline may say less than the English one.
MAY_SAY_LESS = {"notice.card_expiring.subject", "notice.reminder_past_due.headline"}


def flat(node: Any, path: str = "") -> dict[str, str]:
    if isinstance(node, str):
        return {path: node}
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    return {
        key: value
        for name, child in pairs
        for key, value in flat(child, f"{path}.{name}".lstrip(".")).items()
    }


def words(spoken: str) -> dict[str, str]:
    file = Path(catalogue.__file__).parent / f"{spoken}.json"
    return flat(json.loads(file.read_text()))


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_each_language_has_every_text_with_the_same_facts(spoken: str) -> None:
    english, theirs = words("en"), words(spoken)
    assert theirs.keys() == english.keys()
    for key in english.keys() - MAY_SAY_LESS:
        assert (key, facts(theirs[key])) == (key, facts(english[key]))


def facts(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", template))


def test_every_kind_and_key_has_its_text() -> None:
    known = json.loads((Path(catalogue.__file__).parent / "en.json").read_text())
    assert known["notice"].keys() == {kind.value for kind in NoticeKind}
    assert {key.value for key in PayerTextKey} <= known["payer"].keys()


def test_an_optional_part_goes_with_its_fact() -> None:
    template = "Due[ on {day}][ by {method}]."
    assert fill(template, {"day": "Monday", "method": None}) == "Due on Monday."
    assert fill(template, {}) == "Due."


def test_a_missing_fact_is_an_error() -> None:
    with pytest.raises(MissingFactError, match="amount"):
        fill("{amount} is due", {})
    with pytest.raises(MissingFactError, match="nothing"):
        text("en", "nothing.here")
    with pytest.raises(MissingFactError, match="no text"):
        text("en", "document.bank")


def test_facts_are_not_templates() -> None:
    assert fill("Hello {name}", {"name": "{link} [x]"}) == "Hello {link} [x]"
