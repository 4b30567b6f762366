"""What a payer reads of an invoice: how it stands, what happens next and when, in plain words.

Decisions are the domain's; only their words are chosen here. Staff's reasons, codes and causes
have no way into these sentences. The words are imported when first needed: the types are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.domain.dates import local_date
from chalicelib.domain.decisions import PayNow, RetryAt
from chalicelib.domain.declines import payer_text_key
from chalicelib.domain.dunning import decide
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus, Purpose
from chalicelib.domain.part_payment import smallest_part
from chalicelib.domain.payment import AttemptResult
from chalicelib.ports import Ports
from chalicelib.services.case import Case, caps_of

_UNDER_WAY = {AttemptResult.STARTED, AttemptResult.ACTION_REQUIRED}


class PayerStatus(StrEnum):
    """The few states a payer tells apart."""

    OPEN = "open"
    OVERDUE = "overdue"
    PROCESSING = "processing"
    CONFIRM = "confirm"  # the payer's bank wants a confirmation
    PAID = "paid"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PayerView:
    """`problem` is about the last try, `next_step` about what follows; `next_on` is its day."""

    status: PayerStatus
    next_step: str
    next_on: date | None
    problem: str | None
    can_pay: bool
    confirm_url: str | None
    part_minimum: int | None = None  # the least that may be paid; None: only the whole


def payer_view(ports: Ports, case: Case) -> PayerView:
    """The invoice as its payer may see it."""
    planned_at, first = _planned(ports, case)
    next_on = local_date(planned_at, case.business.zone) if planned_at else None
    live = case.invoice.live_attempt
    asked = case.invoice.charge_request is not None
    confirming = live is not None and live.result is AttemptResult.ACTION_REQUIRED
    can_pay = case.invoice.is_open and live is None and not asked
    can_pay = can_pay and _is_free(case.invoice) and case.invoice.covered_by is None
    can_pay = can_pay and case.invoice.purpose is not Purpose.ON_ACCOUNT
    return PayerView(
        status=_status(case.invoice, asked=asked),
        next_step=_next_step(case, next_on, first=first),
        next_on=next_on,
        problem=_problem(case, next_on),
        can_pay=can_pay,
        confirm_url=live.action_url if live is not None and confirming else None,
        part_minimum=_part_minimum(case) if can_pay else None,
    )


def _is_free(invoice: Invoice) -> bool:
    """A promise holds our own steps, not the payer's."""
    hold = invoice.holding
    return hold is None or hold.kind is HoldKind.PROMISE


def _part_minimum(case: Case) -> int | None:
    return smallest_part(case.invoice, case.business.part_payment_minimum)


def refusal(case: Case) -> str:
    """Why a payment cannot be made now: how the invoice stands, or just that it cannot."""
    covered = case.invoice.covered_by is not None
    if not case.invoice.is_open or case.invoice.live_attempt is not None or covered:
        return _next_step(case, None, first=True)
    from chalicelib.messages.portal import refused_text

    return refused_text(locale_of(case), case.business.name)


def locale_of(case: Case) -> str:
    return case.invoice.bill_to.locale or case.business.locale


def _planned(ports: Ports, case: Case) -> tuple[datetime | None, bool]:
    """When the saved method is charged next by itself, if it is; and whether for the first time."""
    if case.invoice.live_attempt is not None or not case.invoice.is_open:
        return None, False
    standing = case.standing(caps_of(ports, case))
    match decide(case.policy, case.invoice, standing, case.now):
        case PayNow():
            return case.now, case.invoice.dunning is None
        case RetryAt(at=at, first=first, charges=True):
            return at, first
        case _:
            return None, False


def _status(invoice: Invoice, *, asked: bool) -> PayerStatus:
    live = invoice.live_attempt
    if live is not None and live.result is AttemptResult.ACTION_REQUIRED:
        return PayerStatus.CONFIRM
    if live is not None or (asked and invoice.is_open):
        return PayerStatus.PROCESSING
    return {
        InvoiceStatus.DRAFT: PayerStatus.CLOSED,
        InvoiceStatus.PENDING: PayerStatus.OPEN,
        InvoiceStatus.PROCESSING: PayerStatus.PROCESSING,
        InvoiceStatus.PAID: PayerStatus.PAID,
        InvoiceStatus.OVERDUE: PayerStatus.OVERDUE,
        InvoiceStatus.CANCELLED: PayerStatus.CANCELLED,
        InvoiceStatus.UNCOLLECTIBLE: PayerStatus.CLOSED,
    }[invoice.status]


_TOLD_AS = {AttemptResult.ACTION_REQUIRED: "authentication", AttemptResult.UNKNOWN: "unknown"}
_SETTLED = {
    InvoiceStatus.PAID: "paid",
    InvoiceStatus.CANCELLED: "cancelled",
    InvoiceStatus.UNCOLLECTIBLE: "closed",
    InvoiceStatus.DRAFT: "closed",
}


def _next_step(case: Case, next_on: date | None, *, first: bool) -> str:
    from chalicelib.messages.portal import next_step_text
    from chalicelib.services.views import method_view, saved_method_view

    invoice = case.invoice
    live = invoice.live_attempt
    if live is not None and live.result in _TOLD_AS:
        return _payer_text(case, _TOLD_AS[live.result], None)
    method = method_view(live) if live else None
    if method is None and case.method is not None:
        method = saved_method_view(case.method)
    return next_step_text(
        _next_key(case, next_on, first=first),
        locale_of(case),
        business=case.business.name,
        amount=_amount(invoice),
        currency=invoice.currency,
        due_on=invoice.due_on or local_date(case.now, case.business.zone),
        next_on=next_on,
        method=method,
    )


def _amount(invoice: Invoice) -> int:
    """What is being paid just now; else what will be."""
    payment = invoice.open_payment
    if invoice.live_attempt is not None and payment is not None:
        return payment.amount
    return invoice.amount_to_charge


def _next_key(case: Case, next_on: date | None, *, first: bool) -> str:
    invoice, live = case.invoice, case.invoice.live_attempt
    if settled := _SETTLED.get(invoice.status):
        return settled
    if live is not None:
        return "being_made" if live.result in _UNDER_WAY else "on_its_way"
    if invoice.charge_request is not None:
        return "being_made"
    if not _is_free(invoice):
        return "in_review"
    if invoice.covered_by is not None:
        return "covered"
    if next_on is not None:
        return "charge" if first else "retry"
    assert invoice.due_on is not None
    late = invoice.due_on < local_date(case.now, case.business.zone)
    return "pay_now" if late else "pay_by"


def _problem(case: Case, next_on: date | None) -> str | None:
    """What went wrong with the last try, if that is how things stand."""
    invoice = case.invoice
    last = invoice.attempts[-1] if invoice.attempts else None
    if not invoice.is_open or last is None or last.result is not AttemptResult.FAILED:
        return None
    assert last.decline is not None
    return _payer_text(case, payer_text_key(last.decline), next_on)


def _payer_text(case: Case, key: str, next_on: date | None) -> str:
    """As in the mail, without a link: there is a button beside it."""
    from chalicelib.messages.payer import payer_text
    from chalicelib.messages.views import PayerTextKey
    from chalicelib.services.views import method_view

    invoice = case.invoice
    last = invoice.attempts[-1]
    payment = next(one for one in reversed(invoice.payments) if last in one.attempts)
    return payer_text(
        PayerTextKey(key),
        locale_of(case),
        amount=payment.amount,
        currency=invoice.currency,
        number=invoice.shown_number,
        method=method_view(last),
        next_on=next_on,
        part_allowed=_part_minimum(case) is not None,
        is_instalment=invoice.purpose is Purpose.INSTALMENT,
    )
