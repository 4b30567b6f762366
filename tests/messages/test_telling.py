"""Facts in words: every sentence is of a fact that exists, and no fact is without words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice_facts import ChargeSucceeded, InvoiceFinalized
from chalicelib.domain.party_facts import SubscriptionPaused
from chalicelib.domain.registry import PAYLOADS
from chalicelib.messages.telling import SENTENCES, told
from tests.contracts import store_samples as a


def test_every_sentence_is_of_a_fact_that_exists() -> None:
    known = {f"{subject.value}.{kind}" for subject, kind in PAYLOADS}
    assert set(SENTENCES) - known == set()


def test_sentences() -> None:
    made = a.new_invoice().fact
    day = date(2026, 3, 1)
    paid = replace(made, kind="charge_succeeded")
    sentences = {
        told(made, "USD", "en-US"): "Draft made, $96.90.",
        told(
            replace(made, kind="finalized", data=InvoiceFinalized("INV-1", day, day, a.NOON)),
            "USD",
            "en-US",
        ): "Issued as INV-1, due March 1, 2026.",
        told(
            replace(paid, data=ChargeSucceeded("pay_1", 1, "pi_1", "ch_1", 123456, None)),
            "JPY",
            "de-DE",
        ): "Paid 123.456\N{NO-BREAK SPACE}¥.",
        told(
            replace(
                made,
                subject=Subject.SUBSCRIPTION,
                kind="paused",
                data=SubscriptionPaused(day, "Unpaid."),
            ),
            "USD",
            "en-US",
        ): "Paused from March 1, 2026: Unpaid.",
    }
    assert list(sentences) == list(sentences.values())


def test_a_fact_without_a_sentence_is_told_by_its_kind() -> None:
    fact = replace(a.new_invoice().fact, kind="sent_by_pigeon")
    assert told(fact, "USD", "en-US") == "Sent by pigeon."
