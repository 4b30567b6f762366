"""A customer's timeline: all that happened to it, its subscriptions and its invoices, in words."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.business import Business
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.subscription import Subscription
from chalicelib.messages.telling import told
from chalicelib.ports import Ports
from chalicelib.ports.answers import Page
from chalicelib.ports.rows import Aggregate


@dataclass(frozen=True, slots=True)
class Moment:
    """`label` is what people call the fact's subject; `words` is what happened to it."""

    fact: Fact
    label: str
    words: str


def timeline(
    ports: Ports,
    business: Business,
    customer_id: str,
    *,
    oldest_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Moment]:
    """Newest first unless told otherwise. Raises NotFound when there is no such customer."""
    customer = ports.store.customer(business.id, customer_id)
    page = ports.store.facts_of(
        business.id, customer.id, newest=not oldest_first, limit=limit, cursor=cursor
    )
    names = list(dict.fromkeys((fact.subject, fact.subject_id) for fact in page.items))
    heads = {head.id: head for head in ports.store.read_heads(business.id, names)}
    moments = tuple(_moment(business, fact, heads.get(fact.subject_id)) for fact in page.items)
    return Page(moments, page.cursor)


def _moment(business: Business, fact: Fact, head: Aggregate | None) -> Moment:
    currency = getattr(head, "currency", business.currency)
    return Moment(fact, _label(fact, head), told(fact, currency, business.locale))


def _label(fact: Fact, head: Aggregate | None) -> str:
    if isinstance(head, Invoice):
        return head.number or head.purpose.value.replace("_", " ")
    if isinstance(head, Subscription):
        return " ".join(filter(None, (head.product, head.variant)))
    name = getattr(head, "name", None)
    return str(name) if name else fact.subject_id if fact.subject is not Subject.CUSTOMER else ""
