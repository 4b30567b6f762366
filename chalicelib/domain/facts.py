"""Facts: what happened, once and for good. The only way anything changes.

A fact is at once the audit entry (who, when, why, chained by hash to the fact before it), the
ledger posting (balanced legs) and the list of effects owed. Its key names the outside object it
records (Stripe's id, the bank reference, the attempt), so the table refuses it the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.domain.canonical import canonical, digest, plain
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.invoice import NextAction
from chalicelib.domain.ledger import Leg, assert_balanced


class Subject(StrEnum):
    """What has a history of facts."""

    INVOICE = "invoice"
    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    BUSINESS = "business"
    GROUP = "group"
    IMPORT = "import"
    TEAM = "team"
    DISPUTE = "dispute"
    PLAN = "plan"
    FRAUD_WARNING = "fraud_warning"


class ActorKind(StrEnum):
    SYSTEM = "system"
    STAFF = "staff"
    CUSTOMER = "customer"
    STRIPE = "stripe"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; `id` is ours (a user, a customer, a Lambda's job), never a name or address."""

    kind: ActorKind
    id: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)
STRIPE = Actor(ActorKind.STRIPE)


class EffectKind(StrEnum):
    """What a fact may owe to the outside."""

    MAIL = "mail"
    SMS = "sms"
    STAFF_MAIL = "staff_mail"
    DOCUMENT = "document"
    ALARM = "alarm"  # wake at the head's next action: a timer, or the queue when it is now
    WORK = "work"  # a job for the billing queue
    EVENT = "event"  # a domain event on the bus


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing owed; `name` is the notice, document, job or event."""

    kind: EffectKind
    name: str

    @property
    def id(self) -> str:
        return f"{self.kind.value}:{self.name}"


@dataclass(frozen=True, slots=True)
class Fact:
    """`at` is when we learnt it; `seq` counts from 1 without a gap within the subject.

    `data` is one of the frozen dataclasses of `registry.PAYLOADS`: each has a `kind` and names the
    outside object that it records in its `key`.
    """

    business_id: str
    subject: Subject
    subject_id: str
    seq: int
    key: str
    kind: str
    at: datetime
    actor: Actor
    why: str
    data: Any
    legs: tuple[Leg, ...] = ()
    effects: tuple[Effect, ...] = ()
    next_action: NextAction | None = None
    previous: str = ""
    hash: str = ""


class Head(Protocol):
    """What every aggregate's head carries."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def chain(self) -> str: ...


def fact_hash(fact: Fact) -> str:
    """SHA-256 of the fact's canonical text without its own hash; it names its predecessor."""
    return digest(canonical(replace(fact, hash="")))


def seal(fact: Fact) -> Fact:
    """The fact with its hash. Raises BrokenRecord when its legs do not balance."""
    assert_balanced(fact.legs)
    return replace(fact, hash=fact_hash(fact))


def chain_is_whole(facts: list[Fact]) -> bool:
    """Whether no fact of a history was changed, dropped or put in between."""
    previous = ""
    for seq, fact in enumerate(facts, start=1):
        if (fact.seq, fact.previous, fact.hash) != (seq, previous, fact_hash(fact)):
            return False
        previous = fact.hash
    return True


def until(history: Sequence[Fact], at: datetime) -> Sequence[Fact]:
    """The history as it was at that time: everything up to the last fact that was written by then.

    Cut off, not sifted: two processes' clocks differ, so times may go back where numbers do not.
    """
    known = [number for number, fact in enumerate(history, start=1) if fact.at <= at]
    return history[: known[-1]] if known else ()


def assert_next(head: Head | None, fact: Fact) -> None:
    """The fact follows the head it is applied to."""
    seq, previous = (head.version, head.chain) if head else (0, "")
    if fact.seq != seq + 1 or fact.previous != previous:
        raise BrokenRecord(f"{fact.subject.value} {fact.subject_id}: fact {fact.seq} after {seq}")


def fact_document(fact: Fact) -> dict[str, Any]:
    """The fact as plain JSON types, for an audit trail or an export."""
    document: dict[str, Any] = plain(fact)
    return document
