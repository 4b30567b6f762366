"""The AR desk: what people do by hand to an invoice, a topic in each module.

A topic owns its facts (`PAYLOADS`), what they change on the invoice (`step`), what they post
(`legs_for`) and what they owe to the outside (`owed`). A new topic is one module and one word here;
the fold, the ledger, the effects and the registry ask this table.
"""

from __future__ import annotations

from typing import Any, Protocol

from chalicelib.domain.desk import (
    applying,
    covering,
    credit_notes,
    disputed,
    external_payments,
    follow_up,
    grace,
    instalments,
    on_account,
    refunds,
    reissue,
    sending,
    warned,
    write_offs,
)
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience


class Topic(Protocol):
    """What each module of this package offers."""

    PAYLOADS: tuple[type, ...]

    def step(self, invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
        """The invoice after `payload`, without plan, version and chain. Uses only `fact.at`."""
        ...

    def legs_for(self, invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
        """The posting of `payload` on the invoice as it was before."""
        ...

    def owed(
        self, before: Invoice | None, after: Invoice, payload: Any, audience: Audience
    ) -> tuple[Effect, ...]: ...


TOPICS: tuple[Topic, ...] = (
    applying,
    covering,
    grace,
    follow_up,
    sending,
    on_account,
    instalments,
    external_payments,
    refunds,
    credit_notes,
    reissue,
    write_offs,
    disputed,
    warned,
)
_BY_PAYLOAD: dict[type, Topic] = {payload: topic for topic in TOPICS for payload in topic.PAYLOADS}
PAYLOADS: tuple[type, ...] = tuple(_BY_PAYLOAD)


def topic_of(payload: Any) -> Topic | None:
    """None for what the engine itself records (`invoice_facts.py`)."""
    return _BY_PAYLOAD.get(type(payload))
