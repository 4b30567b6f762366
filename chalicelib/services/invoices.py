"""Invoices by hand: draft, send, ask for a charge, cancel. Subscriptions' are made in `billing`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from typing import Any

from chalicelib.domain import chargeability, keys
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.business import Business
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import instant, local_date
from chalicelib.domain.decisions import Reason
from chalicelib.domain.desk.sending import InvoiceSentAgain, check_sendable
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor, Subject
from chalicelib.domain.invoice import (
    BillTo,
    ChargeRequest,
    Invoice,
    InvoiceStatus,
    Line,
    Purpose,
    totals_of,
)
from chalicelib.domain.part_payment import part_of
from chalicelib.domain.payment import Trigger
from chalicelib.domain.record import Circumstances, on_invoice
from chalicelib.domain.stripe_objects import IntentStatus
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, all_of
from chalicelib.ports.rows import Change, NumberRange, SideRow
from chalicelib.services.case import (
    Case,
    again_when_stale,
    audience_of,
    caps_of,
    change,
    now_of,
    open_case,
    record,
)
from chalicelib.services.posting import post_outcome

CHARGE_HOUR = time(9)


def draft_of(
    business: Business,
    customer: Customer,
    lines: tuple[Line, ...],
    *,
    invoice_id: str,
    at: datetime,
) -> Invoice:
    """A draft with the customer as it is now: what is printed never changes afterwards."""
    return Invoice(
        id=invoice_id,
        business_id=business.id,
        customer_id=customer.id,
        currency=business.currency,
        lines=lines,
        totals=totals_of(lines),
        bill_to=BillTo(
            name=customer.name,
            email=customer.email,
            address=customer.address,
            tax_id=customer.tax_id,
            phone=customer.phone,
            locale=customer.locale or business.locale,
        ),
        terms=customer.effective_terms,
        created_at=at,
    )


def create_invoice(
    ports: Ports,
    business_id: str,
    customer_id: str,
    lines: tuple[Line, ...],
    *,
    invoice_id: str,
    actor: Actor,
    memo: str = "",
    po_number: str = "",
    external_ref: str = "",
    auto_charge: bool | None = None,
    side: tuple[SideRow, ...] = (),
) -> Invoice:
    """A draft: it has no number yet and owes nothing. Raises InvalidInput for bad lines."""
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, customer_id)
    now = now_of(ports, business)
    draft = replace(
        draft_of(business, customer, lines, invoice_id=invoice_id, at=now),
        memo=memo,
        po_number=po_number,
        external_ref=external_ref,
        auto_charge=auto_charge,
    )
    first = created(Case(business, customer, draft, now), facts.InvoiceCreated(draft), actor)
    ports.store.append([first], side=side, clock_id=business.test_clock_id)
    assert isinstance(first.head, Invoice)
    return first.head


def created(case: Case, payload: Any, actor: Actor) -> Change:
    """The first fact of the case's invoice."""
    around = Circumstances(
        at=case.now,
        policy=case.policy,
        standing=case.standing(),
        audience=audience_of(case.business, case.customer),
        actor=actor,
    )
    return Change(*on_invoice(None, payload, around))


def charge_at(business: Business, due_on: date, today: date, now: datetime) -> datetime:
    """On the due date in the morning, or at once when that is today."""
    return now if due_on <= today else instant(due_on, CHARGE_HOUR, business.zone)


def finalize_invoice(
    ports: Ports,
    business_id: str,
    invoice_id: str,
    *,
    actor: Actor,
    issued_on: date | None = None,
    due_on: date | None = None,
) -> Invoice:
    """Give the draft its number and send it. Raises Conflict when it is not a draft."""

    def once() -> Invoice:
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.status is not InvoiceStatus.DRAFT:
            raise Conflict("invoice_not_draft", "Only a draft can be finalized.")
        sequence = ports.store.next_number(business_id)
        issued = issued_on or local_date(case.now, case.business.zone)
        due = due_on or case.invoice.terms.due_on(issued)
        payload = facts.InvoiceFinalized(
            number=case.business.invoice_number(sequence),
            issued_on=issued,
            due_on=due,
            charge_at=charge_at(case.business, due, issued, case.now),
        )
        after, written = change(case, payload, actor=actor, why="Sent.")
        ports.store.append(
            [written],
            side=[NumberRange(business_id, sequence, 1)],
            clock_id=case.business.test_clock_id,
        )
        return after.invoice

    return again_when_stale(once)


def standing_of(ports: Ports, business_id: str, invoice_id: str) -> tuple[Case, Standing]:
    """The case with its network caps, for questions about it."""
    case = open_case(ports, business_id, invoice_id)
    return case, case.standing(caps_of(ports, case))


def why_not_chargeable(ports: Ports, business_id: str, invoice_id: str) -> list[Reason]:
    """Every reason why the saved method cannot be charged now; empty when it can."""
    case, standing = standing_of(ports, business_id, invoice_id)
    return chargeability.why_not_chargeable(case.invoice, standing, case.now)


def request_charge(
    ports: Ports,
    business_id: str,
    invoice_id: str,
    *,
    request_id: str,
    trigger: Trigger,
    actor: Actor,
    method_id: str | None = None,
    return_url: str | None = None,
    amount: int | None = None,
) -> Invoice:
    """Ask for a charge now; a worker makes it. The same request twice is one request.

    `amount`: a part of the balance, and dunning goes on for the rest. Raises InvalidInput for a
    part that may not be, Conflict with every reason in words when no charge can be made.
    """

    def once() -> Invoice:
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.purpose is Purpose.ON_ACCOUNT:
            raise Conflict("not_an_invoice", "A payment on account is tried once; take a new one.")
        minimum = case.business.part_payment_minimum
        part = part_of(case.invoice, amount, minimum, by_staff=trigger is Trigger.STAFF)
        request = ChargeRequest(request_id, trigger, case.now, method_id, return_url, part)
        asked, _ = change(case, facts.ChargeRequested(request), actor=actor)
        standing = asked.standing(caps_of(ports, asked))
        reasons = chargeability.why_not_chargeable(asked.invoice, standing, case.now)
        if return_url is not None:
            present = chargeability.NEED_THE_PAYER
            reasons = [reason for reason in reasons if reason.code not in present]
        if reasons:
            words = " ".join(reason.staff for reason in reasons)
            raise Conflict(reasons[0].code, words)
        try:
            return record(ports, case, facts.ChargeRequested(request), actor=actor).invoice
        except FactExists:
            return case.invoice

    return again_when_stale(once)


def cancel_invoice(
    ports: Ports, business_id: str, invoice_id: str, *, actor: Actor, reason: str
) -> Invoice:
    """Withdraw an invoice of which nothing was paid. The PaymentIntent is cancelled first.

    Raises Conflict when money came or is on its way: then a refund or a credit is the way.
    """
    close_payment(ports, business_id, invoice_id, reason="The invoice is being cancelled.")

    def once() -> Invoice:
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.status is InvoiceStatus.CANCELLED:
            return case.invoice
        if case.invoice.purpose is not Purpose.INVOICE:
            raise Conflict("not_an_invoice", "Cancel the payment or the plan it belongs to.")
        if case.invoice.covered_by is not None:
            raise Conflict("covered", case.invoice.covered_by.reason)
        if case.invoice.amount_paid or case.invoice.amount_credited:
            words = "Money came in, or some of it was credited: issue a credit note instead."
            raise Conflict("invoice_partly_paid", words)
        if case.invoice.open_payment is not None:
            raise Conflict("busy", "A charge began meanwhile. Try again in a moment.")
        cancelled = facts.InvoiceCancelled(reason)
        return record(ports, case, cancelled, actor=actor, why=reason).invoice

    return again_when_stale(once)


def close_payment(ports: Ports, business_id: str, invoice_id: str, *, reason: str) -> None:
    """Close before switch: after this, Stripe can take no money for the payment that was open.

    Raises Conflict when the money has been taken (it is posted) or is on its way.
    """

    def once() -> None:
        case = open_case(ports, business_id, invoice_id)
        payment = case.invoice.open_payment
        if payment is None:
            return
        if payment.intent_id is not None:
            key = keys.cancel(business_id, payment.id)
            seen = ports.gateway.cancel_intent(case.account, payment.intent_id, key=key)
            if seen.status is not IntentStatus.CANCELED:
                post_outcome(ports, business_id, invoice_id, payment.id)
                raise Conflict(
                    "payment_under_way",
                    "A payment of this invoice has succeeded or is being processed.",
                    status=seen.status.value,
                )
        record(ports, case, facts.PaymentCancelled(payment.id, reason), why=reason)

    again_when_stale(once)


def open_invoices(ports: Ports, business_id: str, customer_id: str) -> list[Invoice]:
    """Everything open of a customer, demands too, earliest due first; each head is read exactly."""
    listed = partial(ports.store.invoices_of, business_id, customer_id, open_only=True)
    return [one for one in all_of(listed) if one.is_open]


def send_again(
    ports: Ports, business_id: str, invoice_id: str, *, send_id: str, actor: Actor, why: str = ""
) -> Invoice:
    """Mail the invoice to its customer once more; the same id again is the same sending.

    Raises Conflict, in words, where it must not go out.
    """

    def once() -> Invoice:
        case = open_case(ports, business_id, invoice_id)
        known = ports.store.facts(business_id, Subject.INVOICE, invoice_id)
        sent = InvoiceSentAgain(send_id)
        if sent.key(0) in {fact.key for fact in known}:
            return case.invoice
        check_sendable(case.invoice)
        return record(ports, case, sent, actor=actor, why=why).invoice

    return again_when_stale(once)


def latest_action_url(invoice: Invoice) -> str | None:
    """Where the payer has to go to confirm a payment, if anywhere."""
    live = invoice.live_attempt
    return live.action_url if live else None
