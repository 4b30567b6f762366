"""Work that was asked for beside an invoice's plan, and that no worker has done: it is found by the
sweep and carried on. A refund waits for Stripe, money paid too much for becoming credit.

A message may be lost, its worker may die, a queue may give it up: what the invoice says of itself
is the truth. Whoever carries it on looks at Stripe first, as the first worker did.
"""

from __future__ import annotations

from chalicelib.domain.invoice import Invoice, NextActionKind
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.services import credit, refunding, reminding
from chalicelib.services.case import now_of


def carry_on(ports: Ports, business_id: str, invoice_id: str) -> None:
    """Do what waits for a worker; safe to run again, and beside any other.

    Raises Unanswered when Stripe does not answer: the next sweep finds it again.
    """
    invoice = ports.store.invoice(business_id, invoice_id)
    _hand_on_the_plan(ports, invoice)
    credit.move_overpayment(ports, business_id, invoice_id)
    refunding.send_refunds(ports, business_id, invoice_id)


def _hand_on_the_plan(ports: Ports, invoice: Invoice) -> None:
    """An invoice is found for one thing at a time: waiting work must not hide a step or reminder
    that was missed meanwhile."""
    plan = invoice.next_action
    now = now_of(ports, ports.store.business(invoice.business_id))
    if plan is None or plan.at is None or plan.at > now:
        return
    if plan.kind is NextActionKind.REMIND:
        reminding.remind_of_invoice(ports, invoice.business_id, invoice.id)
        return
    body = {"business_id": invoice.business_id, "invoice_id": invoice.id}
    ports.queue.send(QueueName.DUNNING, body)
