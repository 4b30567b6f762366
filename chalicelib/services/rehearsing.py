"""The dry run of a dunning policy: gathers a page of the open book and of the past, and judges it.

Nothing is written. One page is bounded by its limit; invoices of one page share the tries of a
card, those of other pages count with the tries that were really made.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.domain import network_caps
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodKind
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.rehearsal import Debt
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.services.case import now_of

_RUNNING = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}
HORIZON = timedelta(days=180)


def debts_of(ports: Ports, business: Business, invoices: Iterable[Invoice]) -> list[Debt]:
    """The open ones, each with its customer, its subscription's state and its card's tries."""
    customers: dict[str, Customer] = {}
    running: dict[str, bool] = {}
    found: list[Debt] = []
    for invoice in invoices:
        if not invoice.is_open or invoice.purpose is not Purpose.INVOICE:
            continue
        if invoice.customer_id not in customers:
            customers[invoice.customer_id] = ports.store.customer(business.id, invoice.customer_id)
        owner = customers[invoice.customer_id]
        if invoice.subscription_id is not None and invoice.subscription_id not in running:
            running[invoice.subscription_id] = _runs(ports, business.id, invoice.subscription_id)
        stoppable = running.get(invoice.subscription_id or "", False)
        debt = Debt(business, owner, invoice, stoppable=stoppable)
        found.append(Debt(business, owner, invoice, stoppable, _tried_at(ports, debt)))
    return found


def _runs(ports: Ports, business_id: str, subscription_id: str) -> bool:
    return ports.store.subscription(business_id, subscription_id).status in _RUNNING


def _tried_at(ports: Ports, debt: Debt) -> tuple[datetime, ...]:
    method, business = debt.method, debt.business
    if method is None or method.kind is not MethodKind.CARD:
        return ()
    since = now_of(ports, business) - network_caps.WINDOW
    return tuple(
        ports.store.network_tries(
            business.id,
            method.fingerprint,
            debt.invoice.amount_remaining,
            debt.invoice.currency,
            since=since,
        )
    )
