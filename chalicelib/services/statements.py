"""A customer's statement: read from all its facts that moved money, to look at or as a PDF.

It costs a query of the history for each hundred such facts, from the first one on: the opening
balance is added up, never remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from hashlib import sha256

from chalicelib import documents as paper
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import instant
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Fact
from chalicelib.domain.statement import Statement, statement
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.services.papers import file_key
from chalicelib.services.views import issuer_view, locale_of, page_size, payer_view

FACTS_A_QUERY = 100


def statement_of(
    ports: Ports,
    business: Business,
    customer_id: str,
    *,
    from_on: date,
    to_on: date,
    currency: str | None = None,
) -> Statement:
    """Both days are inside. Raises NotFound for no such customer, InvalidInput for no period."""
    if from_on > to_on:
        raise InvalidInput("period_invalid", "The period ends before it begins.")
    ports.store.customer(business.id, customer_id)
    until = instant(to_on + timedelta(days=1), time(), business.zone)
    return statement(
        _money_facts(ports, business.id, customer_id, until),
        from_on=from_on,
        to_on=to_on,
        zone=business.zone,
        currency=currency or business.currency,
    )


def _money_facts(
    ports: Ports, business_id: str, customer_id: str, until: datetime
) -> Iterator[Fact]:
    facts_of = partial(ports.store.facts_of, posted_only=True, limit=FACTS_A_QUERY)
    return all_of(partial(facts_of, business_id, customer_id, until=until))


def stored_statement(ports: Ports, business: Business, customer_id: str, said: Statement) -> str:
    """The PDF's file key. The same statement is the same file, byte for byte."""
    customer = ports.store.customer(business.id, customer_id)
    content = ports.documents.statement(statement_view(business, customer, said))
    key = file_key(business.id, sha256(content).hexdigest())
    ports.files.put(key, content, "application/pdf")
    return key


def statement_view(business: Business, customer: Customer, said: Statement) -> paper.StatementView:
    """Dated by the newest thing in it, so that drawing it again changes nothing."""
    locale = locale_of(customer, business)
    return paper.StatementView(
        issuer=issuer_view(business, locale),
        to=payer_view(customer, business),
        customer_number=customer.external_ref or None,
        locale=locale,
        rendered_at=said.last_at or instant(said.from_on, time(), business.zone),
        statement=said,
        page_size=page_size(business),
    )
