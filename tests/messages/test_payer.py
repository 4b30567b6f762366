"""The payer's words: exactly the agreed ones, and never more than a payer may know."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import catalogue
from chalicelib.documents import MethodKind, MethodView
from chalicelib.formatting import LANGUAGES
from chalicelib.messages import PayerTextKey, payer_text

VISA = MethodView(MethodKind.CARD, brand="visa", last4="4242")
LINK = "https://pay.example/x"
NEXT_ON = date(2026, 11, 3)
BY = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)


def said(key: PayerTextKey, locale: str = "en-US", **facts: Any) -> str:
    known: dict[str, Any] = {
        "amount": 8900, "currency": "USD", "number": "INV-7", "method": VISA, "link": LINK,
    }  # fmt: skip
    return payer_text(key, locale, **{**known, **facts})


@pytest.mark.parametrize(
    ("key", "facts", "words"),
    [
        (
            PayerTextKey.DECLINED,
            {},
            (
                "Your bank did not approve $89.00 for invoice INV-7 on your Visa ending "
                "4242. You were not charged. Use another card, or ask your bank: "
                "https://pay.example/x."
            ),
        ),
        (
            PayerTextKey.DECLINED,
            {"next_on": NEXT_ON},
            (
                "Your bank did not approve $89.00 for invoice INV-7 on your Visa ending "
                "4242. You were not charged. Use another card, or ask your bank: "
                "https://pay.example/x. We will try again on November 3, 2026."
            ),
        ),
        (
            PayerTextKey.INSUFFICIENT_FUNDS,
            {"next_on": NEXT_ON, "part_allowed": True},
            (
                "Your bank could not cover $89.00 for invoice INV-7 right now. You were "
                "not charged. Use another card or pay a part: https://pay.example/x. We "
                "will try again on November 3, 2026."
            ),
        ),
        (
            PayerTextKey.INSUFFICIENT_FUNDS,
            {},
            (
                "Your bank could not cover $89.00 for invoice INV-7 right now. You were "
                "not charged. Use another card: https://pay.example/x."
            ),
        ),
        (
            PayerTextKey.EXPIRED_CARD,
            {},
            (
                "Your Visa ending 4242 has expired or its date is wrong. Add a current "
                "card: https://pay.example/x."
            ),
        ),
        (
            PayerTextKey.INCORRECT_CVC,
            {},
            (
                "The security code did not match. Enter the card again and check the "
                "code: https://pay.example/x."
            ),
        ),
        (
            PayerTextKey.PROCESSING_ERROR,
            {"next_on": NEXT_ON},
            (
                "A temporary problem stopped your payment of $89.00. You were not charged"
                " and need do nothing; we will try again on November 3, 2026."
            ),
        ),
        (
            PayerTextKey.PROCESSING_ERROR,
            {},
            (
                "A temporary problem stopped your payment of $89.00. You were not "
                "charged. Please try again: https://pay.example/x."
            ),
        ),
        (
            PayerTextKey.AUTHENTICATION,
            {},
            "Your bank asks you to confirm $89.00 for invoice INV-7: https://pay.example/x.",
        ),
        (
            PayerTextKey.UNKNOWN,
            {"answer_by": BY},
            (
                "We are checking whether your payment of $89.00 went through. Please do "
                "not pay again; we will write by November 2, 2026, 6:00\u202fPM."
            ),
        ),
    ],
)
def test_the_agreed_words(key: PayerTextKey, facts: dict[str, Any], words: str) -> None:
    assert said(key, **facts) == words


def test_beside_a_button_the_link_is_left_out() -> None:
    assert said(PayerTextKey.AUTHENTICATION, link=None) == (
        "Your bank asks you to confirm $89.00 for invoice INV-7."
    )


def test_a_card_of_which_nothing_is_known_is_a_card() -> None:
    assert "on your card. You" in said(PayerTextKey.DECLINED, method=None)
    nameless = MethodView(MethodKind.CARD)
    assert said(PayerTextKey.DECLINED, method=nameless) == said(PayerTextKey.DECLINED, method=None)


def test_a_bank_account_is_named_as_one() -> None:
    account = MethodView(MethodKind.US_BANK_ACCOUNT, last4="6789")
    assert "on your bank account ending 6789." in said(PayerTextKey.DECLINED, method=account)


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "fr-FR", "es-ES", "ja-JP"])
@pytest.mark.parametrize("key", list(PayerTextKey))
def test_not_charged_is_said_only_when_it_is_known(key: PayerTextKey, locale: str) -> None:
    claims = ("not charged", "nichts abgebucht", "pas été débité", "cobrado nada")
    claimed = any(claim in said(key, locale, next_on=NEXT_ON) for claim in claims)
    known = key in {
        PayerTextKey.DECLINED, PayerTextKey.INSUFFICIENT_FUNDS, PayerTextKey.PROCESSING_ERROR,
    }  # fmt: skip
    assert claimed == known


def test_an_unknown_language_reads_english() -> None:
    assert said(PayerTextKey.DECLINED, "ja-JP").startswith("Your bank did not approve US$89.00")


FORBIDDEN = re.compile(
    r"fraud|\blost\b|stolen|block|\brisk|blacklist|pick.?up|restrict"
    r"|betrug|gestohlen|verloren|gesperrt|risiko"
    r"|perdue?\b|volée?\b|bloqu|risque"
    r"|perdida|robada|riesgo",
    re.IGNORECASE,
)


def payer_words(node: Any, path: str = "") -> list[tuple[str, str]]:
    """Every text a customer may read, with its key."""
    if isinstance(node, dict):
        return [one for key, value in node.items() for one in payer_words(value, f"{path}.{key}")]
    if isinstance(node, list):
        return [one for value in node for one in payer_words(value, path)]
    return [] if ".staff_" in path else [(path, node)]


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_no_text_for_payers_hints_at_a_cause_that_must_not_be_told(spoken: str) -> None:
    file = Path(catalogue.__file__).parent / f"{spoken}.json"
    words = payer_words(json.loads(file.read_text()))
    assert len(words) > 200
    assert [key for key, text in words if FORBIDDEN.search(text)] == []
