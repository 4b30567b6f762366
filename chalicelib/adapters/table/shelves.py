"""Keys of the lists that staff sort and filter, of the search's words, of a customer's history.

One attribute names the shelf, one for each order says where on it: a row that moves to another
shelf moves in all orders at once; one without a time has no place in the order of time. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.adapters.table.keys import (
    LONGEST_SORT_BYTES,
    NAME_LETTERS,
    Key,
    in_group,
    owner_key,
    prefix_of,
    whole,
)
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import iso
from chalicelib.domain.errors import BrokenRecord, InvalidInput
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.finding import What, Word, folded
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.listing import Listed, Shelf, listed_fact, listed_invoice
from chalicelib.ports.lists import Found, Order, Wanted

LAST = "\U0010ffff"  # above every letter
AMOUNT_DIGITS = 15
POSTED, QUIET = "P", "Q"  # groups of a customer's history: what moved money, what did not
SORTS = {
    Order.DUE_ON: "due_sort",
    Order.AMOUNT: "amount_sort",
    Order.CUSTOMER_NAME: "name_sort",
    Order.AT: "time_sort",
    Order.STATUS: "due_sort",
}
_PART = "\x1f"  # below any letter, and in no word


@dataclass(frozen=True, slots=True)
class Span:
    """A range of sort keys, both ends included."""

    low: str
    high: str


# --- Shelves -------------------------------------------------------------------------------------


def shelf_key(business_id: str, shelf: Shelf) -> str:
    return f"{prefix_of(business_id)}{shelf.kind.value.upper()}#{whole(shelf.status)}"


def place_of(listed: Listed, order: Order) -> str | None:
    """Where it stands on its shelf; None where that order does not know it."""
    match order:
        case Order.AMOUNT:
            return f"{_digits(listed.amount)}#{listed.mark}"
        case Order.CUSTOMER_NAME:
            return f"{folded(listed.name)[:NAME_LETTERS]}{_PART}{listed.mark}"
        case Order.AT:
            return f"{iso(listed.at)}#{listed.mark}" if listed.at else None
        case _:
            return f"{(listed.due_on or date.max).isoformat()}#{listed.mark}"


def _digits(amount: int) -> str:
    """Sorts as the number does; nothing that is listed owes less than nothing."""
    return f"{max(amount, 0):0{AMOUNT_DIGITS}d}"


def listed_keys(listed: Listed, business_id: str) -> dict[str, str]:
    """The attributes that put a row on its shelf."""
    keys = {"shelf": shelf_key(business_id, listed.shelf)}
    for order in (Order.DUE_ON, Order.AMOUNT, Order.CUSTOMER_NAME, Order.AT):
        place = place_of(listed, order)
        if place is not None:
            keys[SORTS[order]] = place
    return keys


def wanted_span(wanted: Wanted) -> Span:
    """The range of the list's own order."""
    match wanted.order:
        case Order.AMOUNT:
            low, high = wanted.amount_from, wanted.amount_to
            return Span(_digits(low or 0), LAST if high is None else f"{_digits(high)}$")
        case Order.CUSTOMER_NAME:
            prefix = folded(wanted.name_prefix)[:NAME_LETTERS]
            return Span(prefix or "\x01", f"{prefix}{LAST}")
        case Order.AT:
            since, until = wanted.since, wanted.until
            return Span(iso(since) if since else "0", iso(until) if until else LAST)
        case _:
            due_to = wanted.due_to
            low_day = (wanted.due_from or date.min).isoformat()
            return Span(low_day, f"{due_to.isoformat()}$" if due_to else LAST)


# --- Words ---------------------------------------------------------------------------------------


def words_key(business_id: str) -> str:
    """The partition of the `kind` index that the search reads."""
    return f"{prefix_of(business_id)}WORDS"


def word_sort(word: Word, subject: Subject, subject_id: str) -> str:
    sort = _PART.join((word.text, word.what.value, subject.value, whole(subject_id)))
    if len(sort.encode()) > LONGEST_SORT_BYTES:
        raise InvalidInput("reference_too_long", "A name or reference is too long to be found by.")
    return sort


def word_keys(business_id: str, word: Word, subject: Subject, subject_id: str) -> dict[str, str]:
    sort = word_sort(word, subject, subject_id)
    return {"kind_key": words_key(business_id), "kind_sort": sort}


def word_row(business_id: str, word: Word, subject: Subject, subject_id: str) -> Key:
    """A row of its own, for every word but a fact's first: that one stands on the fact's row."""
    return words_key(business_id), f"W#{word_sort(word, subject, subject_id)}"


def found_word(sort: str) -> Found:
    parts = sort.split(_PART)
    try:
        word, what, subject, subject_id = parts
        return Found(word, What(what), Subject(subject), subject_id)
    except ValueError as error:
        raise BrokenRecord(f"a word's key has {len(parts)} parts that say nothing") from error


# --- A customer's history ------------------------------------------------------------------------


def history_key(business_id: str, customer_id: str) -> str:
    return f"{owner_key(business_id, customer_id, Subject.CUSTOMER)}#HISTORY"


def history_place(fact: Fact) -> str:
    return f"{iso(fact.at)}#{fact.subject.value}#{fact.subject_id}#{fact.seq:06d}"


def history_keys(fact: Fact, head: Any) -> dict[str, str]:
    """Whose history a fact belongs to; a business's and a team's facts are no customer's."""
    customer_id = _customer_of(head)
    if customer_id is None:
        return {}
    return {
        "owner_key": history_key(fact.business_id, customer_id),
        "owner_sort": in_group(POSTED if fact.legs else QUIET, history_place(fact)),
    }


def _customer_of(head: Any) -> str | None:
    """Itself, or whose an invoice, a subscription, a dispute is; or who pays for a group."""
    if isinstance(head, Customer):
        return head.id
    return getattr(head, "customer_id", None) or getattr(head, "payer_id", None)


def head_keys(head: Any, business_id: str) -> dict[str, str]:
    return listed_keys(listed_invoice(head), business_id) if isinstance(head, Invoice) else {}


def fact_keys(fact: Fact, head: Any, words: tuple[Word, ...]) -> dict[str, str]:
    """All that a fact's row can be found by, beside its own key."""
    keys = history_keys(fact, head)
    listed = listed_fact(fact, head)
    if listed is not None:
        keys |= listed_keys(listed, fact.business_id)
    if words:
        keys |= word_keys(fact.business_id, words[0], fact.subject, fact.subject_id)
    return keys


def entry_listed(fact: Fact | None, head: Invoice | Customer) -> Listed:
    """The place of what a list found, worked out again from what was read."""
    listed = listed_fact(fact, head) if fact else None
    if fact is None and isinstance(head, Invoice):
        listed = listed_invoice(head)
    if listed is None:
        raise BrokenRecord(f"{head.id}: a list holds a fact that is no payment")
    return listed
