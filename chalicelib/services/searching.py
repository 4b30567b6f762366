"""The search: what somebody typed is an id, or the beginning of a name, a number or a reference.

Two queries and one read of what they found, however much there is. What was found is read again, so
a customer's former name finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.customer import Customer
from chalicelib.domain.facts import Subject
from chalicelib.domain.finding import What, cut, folded, words_of_name
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.subscription import Subscription
from chalicelib.ports import Ports
from chalicelib.ports.rows import Aggregate

BY_ID = "id"
_PREFIXES = {
    "cus_": Subject.CUSTOMER,
    "sub_": Subject.SUBSCRIPTION,
    "inv_": Subject.INVOICE,
}
Named = tuple[Subject, str]
Head = Customer | Subscription | Invoice


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing and by which of its names it was found."""

    head: Head
    matched: str


@dataclass(frozen=True, slots=True)
class Hits:
    """`more`: there are others; one more letter finds fewer."""

    hits: tuple[Hit, ...]
    more: bool


def search(ports: Ports, business_id: str, text: str, *, limit: int = 20) -> Hits:
    typed = folded(text)
    matched: dict[Named, str] = {}
    named = _named(text.strip())
    if named is not None:
        matched[named] = BY_ID
    found = ports.store.found(business_id, cut(text), limit=limit + 1) if typed else []
    words = words_of_name(typed)
    if len(words) > 1:  # of several words, the longest finds fewest
        found += ports.store.found(business_id, max(words, key=len), limit=limit + 1)
    for one in found:
        matched.setdefault((one.subject, one.subject_id), one.what.value)
    heads = ports.store.read_heads(business_id, list(matched))
    hits = tuple(
        Hit(head, matched[_name_of(head)])
        for head in heads
        if isinstance(head, Head) and _still(head, matched[_name_of(head)], typed)
    )
    return Hits(hits[:limit], len(found) > limit)


def _named(text: str) -> Named | None:
    """The thing whose id this is. A payment's id names its invoice."""
    if text.startswith("pay_"):
        return Subject.INVOICE, f"inv_{text.removeprefix('pay_').rpartition('_')[0]}"
    subject = _PREFIXES.get(text[:4])
    return (subject, text) if subject and not set(text) & {"#", "@"} else None


def _name_of(head: Aggregate) -> Named:
    subject = {Customer: Subject.CUSTOMER, Subscription: Subject.SUBSCRIPTION}.get(type(head))
    return subject or Subject.INVOICE, head.id


def _still(head: Head, matched: str, typed: str) -> bool:
    """Customers change their names; what was printed or written down once stays."""
    if not isinstance(head, Customer):
        return True
    match matched:
        case What.EMAIL:
            return folded(head.email).startswith(typed)
        case What.REFERENCE:
            return folded(head.external_ref).startswith(typed)
        case What.CUSTOMER_NAME:
            own = words_of_name(head.name)
            return all(any(word.startswith(part) for word in own) for part in words_of_name(typed))
        case _:
            return True
