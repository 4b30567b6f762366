"""What a list is asked for, and what it and the search answer with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.domain.customer import Customer
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.finding import What
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.listing import Shelf


class Order(StrEnum):
    """By what a list is sorted. STATUS: one shelf after the other, each by due date."""

    DUE_ON = "due_on"
    AMOUNT = "amount"
    CUSTOMER_NAME = "customer_name"
    AT = "at"  # payments alone: when it happened
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One list. Only the range of its own order is read as a range; `until` itself is outside.

    `customer_id` is for the order of time alone: it reads the customer's history instead.
    """

    shelves: tuple[Shelf, ...]
    order: Order = Order.DUE_ON
    backwards: bool = False
    due_from: date | None = None
    due_to: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    name_prefix: str = ""
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """With a fact: what it says of money; `head` is its subject as it is now, an invoice, another
    demand, or a customer who paid past Stripe. Without one: a demand as it is now."""

    head: Invoice | Customer
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a word belongs to. Only a name: whoever shows it reads it again."""

    word: str
    what: What
    subject: Subject
    subject_id: str
