"""One fact of the desk on one invoice: what it changes, posts and owes, to be compared at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_ledger import legs_for
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience
from tests.domain.histories import Story
from tests.domain.test_what_each_fact_changes import changed, told


@dataclass(frozen=True)
class Entry:
    """`changes` by field, `posts` by account (debits above 0), `owes` by the effect's name."""

    changes: dict[str, Any] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    owes: list[str] = field(default_factory=list)


def entry(invoice: Invoice, payload: Any, topic: Any) -> Entry:
    """What the topic makes of `payload`, posted in the invoice's own currency."""
    after = told(invoice, payload)
    posted = legs_for(invoice, payload)
    assert {leg.currency for leg in posted} <= {invoice.currency}
    owes = topic.owed(invoice, after, payload, Audience())
    return Entry(changed(invoice, after), by_account(posted), ids(owes))


def by_account(posted: tuple[Leg, ...]) -> dict[str, int]:
    """Each account once: two legs of one account are not one posting."""
    found = {leg.account.value: leg.amount for leg in posted}
    assert len(found) == len(posted)
    return found


def ids(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.id for effect in effects]


def at(when: datetime) -> Fact:
    """A fact of which only its instant counts."""
    return replace(Story().last, at=when)
