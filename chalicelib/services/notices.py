"""Notices: from a fact to what a mail or text message says, and whether it is still true.

Mail can only be bounded, so a notice is checked against the present before it is sent: nobody is
told of a failed payment that has been paid since.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import documents as paper
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import party_facts as party
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import add_months, local_date, zone
from chalicelib.domain.declines import Decline, payer_text_key
from chalicelib.domain.desk import account
from chalicelib.domain.desk.covering import InvoiceUncovered
from chalicelib.domain.desk.on_account import PaymentApplied
from chalicelib.domain.desk.refunds import Refunded
from chalicelib.domain.desk.sending import InvoiceSentAgain
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind, Purpose
from chalicelib.domain.part_payment import smallest_part
from chalicelib.domain.payment import AttemptResult, Payment
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.policy import WhenExhausted
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.messages import NoticeKind, NoticeView, PayerTextKey, StaffView
from chalicelib.ports import Ports
from chalicelib.services import desk_notices, dispute_notices, portal_links, receipts
from chalicelib.services.case import policy_of
from chalicelib.services.matter import Matter
from chalicelib.services.views import (
    bank_view,
    business_view,
    charged_on,
    method_view,
    paid_by,
    saved_method_view,
)

# Where money is asked for, and not taken by itself: anywhere else it would be paid twice.
_ASKING = {
    "invoice_sent", "reminder_upcoming", "reminder_past_due", "needs_card", "went_overdue",
    "payment_bounced",
}  # fmt: skip
_CHARGING = {NextActionKind.CHARGE, NextActionKind.RETRY}
_UNPAID = {
    "invoice_sent", "reminder_upcoming", "reminder_past_due", "payment_failed", "needs_card",
    "action_required", "checking", "went_overdue", "staff_overdue", "payment_bounced",
}  # fmt: skip


def still_true(matter: Matter, name: str) -> bool:
    """Whether the notice would tell the truth if it were sent now."""
    invoice = matter.invoice
    if matter.dispute is not None:
        return dispute_notices.still_needed(matter, name)
    if invoice is None:
        resumed = name == "resumed" and matter.subscription is not None
        return not resumed or matter.subscription.status is SubscriptionStatus.ACTIVE  # type: ignore[union-attr]
    if name == "staff_fraud_warning":
        return any(not one.released for one in invoice.fraud_warnings)
    if isinstance(matter.fact.data, InvoiceSentAgain):
        return not invoice.is_withdrawn
    if name in _UNPAID and not invoice.is_open:
        return False
    if name in {"reminder_upcoming", "reminder_past_due"}:
        return not invoice.is_being_paid
    if name in {"payment_failed", "needs_card", "action_required"}:
        return invoice.status is not InvoiceStatus.PROCESSING
    if name == "refund_sent":
        return desk_notices.still_so(invoice, matter.fact.data)
    if name == "checking":
        live = invoice.live_attempt
        decided = isinstance(matter.fact.data, facts.ChargeFailed)
        return decided or (live is not None and live.result is AttemptResult.UNKNOWN)
    return True


def view_of(ports: Ports, matter: Matter, name: str) -> NoticeView:
    """What the notice says. Staff read codes and next steps; a payer never does."""
    kind = NoticeKind(name)
    if matter.invoice is not None:
        view = _invoice_notice(ports, matter, matter.invoice, kind)
        return desk_notices.completed(ports, matter, matter.invoice, view)
    if matter.dispute is not None:
        return dispute_notices.view_of(ports, matter, kind)
    if type(matter.fact.data) in account.PAYLOADS:
        return desk_notices.account_notice(ports, matter, kind)
    if matter.plan is not None:
        return _plan_notice(ports, matter, matter.plan, kind)
    return _party_notice(ports, matter, kind)


def _invoice_notice(ports: Ports, matter: Matter, invoice: Invoice, kind: NoticeKind) -> NoticeView:
    business, payload = matter.business, matter.fact.data
    assert matter.customer is not None
    today = local_date(matter.fact.at, business.zone)
    method = _method(matter, invoice, payload)
    number, balance = _named(ports, matter, invoice)
    locale = business.locale if kind.for_staff else invoice.bill_to.locale or business.locale
    charge_on = charged_on(business, matter.customer, invoice)
    asks = kind.value in _ASKING and charge_on is None and invoice.is_open
    return NoticeView(
        kind=kind,
        key=f"{invoice.id}/{matter.fact.seq}/{kind.value}",
        locale=locale,
        business=business_view(business, locale),
        link=_link(ports, invoice, kind),
        to_name=None if kind.for_staff else matter.customer.name,
        currency=invoice.currency,
        amount=_amount(invoice, payload),
        balance=balance,
        invoice_number=number,
        is_instalment=_is_instalment(matter, invoice),
        description=invoice.lines[0].description,
        due_on=invoice.due_on if invoice.is_open or kind is not NoticeKind.INVOICE_SENT else None,
        days=abs((invoice.due_on - today).days) if invoice.due_on else None,
        charge_on=charge_on,
        paid_on=today,
        refunded_on=today,
        method=method,
        transaction_id=_transaction(invoice, payload),
        text_key=_text_key(payload),
        part_allowed=smallest_part(invoice, business.part_payment_minimum) is not None,
        next_on=_next_on(business, invoice),
        answer_by=_answer_by(matter),
        subscription=_subscription_name(invoice, payload),
        stops_on=_stops_on(matter),
        service_ends=_service_ends(matter, payload),
        bank=bank_view(business) if asks else None,
        staff=_staff_view(matter, invoice) if kind.for_staff else None,
    )


def _link(ports: Ports, invoice: Invoice, kind: NoticeKind) -> str:
    if kind.for_staff:
        return f"{ports.links.back_office}/invoices/{invoice.id}"
    return portal_links.link_for(ports, invoice)


def _named(ports: Ports, matter: Matter, invoice: Invoice) -> tuple[str | None, int]:
    """What it is about, and what is still owed of that."""
    if isinstance(matter.fact.data, PaymentApplied):
        numbers, left = receipts.in_words(ports, matter, matter.fact.data)
        return numbers or None, left
    return invoice.shown_number or None, max(invoice.amount_remaining, 0)


def _is_instalment(matter: Matter, invoice: Invoice) -> bool:
    """A receipt names the invoices that an instalment has paid."""
    applied = isinstance(matter.fact.data, PaymentApplied)
    return invoice.purpose is Purpose.INSTALMENT and not applied


def _amount(invoice: Invoice, payload: Any) -> int:
    """What the payment, the refund or the dispute was about; else what is still owed."""
    amount = getattr(payload, "amount", None)
    if isinstance(amount, int):
        return amount
    payment = invoice.payment(getattr(payload, "payment_id", ""))
    if payment is not None:
        return payment.amount
    return invoice.amount_remaining or invoice.totals.total


def _method(matter: Matter, invoice: Invoice, payload: Any) -> paper.MethodView | None:
    payment = invoice.payment(getattr(payload, "payment_id", ""))
    if payment is not None:
        number = getattr(payload, "number", None)
        if isinstance(number, int):
            return method_view(payment.attempts[number - 1])
        return paid_by(payload, payment)
    default = matter.customer.default_method if matter.customer else None
    return saved_method_view(default) if default else None


def _next_on(business: Business, invoice: Invoice) -> date | None:
    """The day of the next try, only if one is planned."""
    plan = invoice.next_action
    if plan is None or plan.kind not in _CHARGING or plan.at is None:
        return None
    return local_date(plan.at, business.zone)


def _answer_by(matter: Matter) -> datetime | None:
    """Until when we write about an unknown result, or the bank wants evidence; local time."""
    payload, local = matter.fact.data, zone(matter.business.zone)
    if isinstance(payload, facts.DisputeOpened):
        return payload.due_by.astimezone(local) if payload.due_by else None
    return (matter.fact.at + timedelta(days=1)).astimezone(local)


def _transaction(invoice: Invoice, payload: Any) -> str | None:
    """What the payer's own bank statement, and our search, know it by."""
    match payload:
        case facts.ChargeSucceeded(charge_id=charge_id):
            return charge_id or None
        case PaymentApplied(payment_id=payment_id):
            payment = invoice.payment(payment_id)
            return (payment.charge_id if payment else None) or None
        case Refunded(refund_id=refund_id):
            return refund_id
        case _:
            return None


def _text_key(payload: Any) -> PayerTextKey | None:
    if isinstance(payload, facts.ChargeFailed):
        return PayerTextKey(payer_text_key(payload.decline))
    return PayerTextKey.UNKNOWN if isinstance(payload, facts.ResultUnknown) else None


def _subscription_name(invoice: Invoice, payload: Any) -> str | None:
    """Its product, or those of a group's members; of an overdue invoice only where its subscription
    stops, now or later."""
    ends = getattr(payload, "end", None) or getattr(payload, "stops_at", None)
    if isinstance(payload, facts.WentOverdue | InvoiceUncovered) and not ends:
        return None
    billed = dict.fromkeys(line.product for line in invoice.lines if line.subscription_id)
    return ", ".join(filter(None, billed)) or None


def _stops_on(matter: Matter) -> date | None:
    """Until when an overdue invoice may be paid before its subscription stops."""
    stops_at = getattr(matter.fact.data, "stops_at", None)
    return local_date(stops_at, matter.business.zone) if stops_at else None


def _service_ends(matter: Matter, payload: Any) -> bool:
    """Cancelled rather than paused: now, or at the end of the grace."""
    if getattr(payload, "stops_at", None) and matter.customer:
        policy = policy_of(matter.business, matter.customer, matter.invoice)
        return policy.when_exhausted is WhenExhausted.CANCEL
    return getattr(payload, "end", None) is WhenExhausted.CANCEL


def _staff_view(matter: Matter, invoice: Invoice) -> StaffView:
    payload, plan = matter.fact.data, invoice.next_action
    decline: Decline | None = getattr(payload, "decline", None)
    at = plan.at if plan else None
    step = dispute_notices.next_step_of(invoice, payload)
    return StaffView(
        customer=matter.customer.name if matter.customer else None,
        classification=decline.decline_class.value if decline else None,
        codes=_codes(decline) if decline else (),
        attempt=_attempt_words(invoice, payload),
        reason=dispute_notices.reason_of(payload) or matter.fact.why or None,
        next_step=step or (plan.reason if plan else None),
        next_at=at.astimezone(zone(matter.business.zone)) if at else None,
    )


def _codes(decline: Decline) -> tuple[tuple[str, str], ...]:
    names = (
        "code", "decline_code", "advice_code", "network_advice_code", "network_decline_code",
        "network_status", "outcome_reason",
    )  # fmt: skip
    return tuple((name, value) for name in names if (value := getattr(decline, name)))


def _attempt_words(invoice: Invoice, payload: Any) -> str | None:
    payment: Payment | None = invoice.payment(getattr(payload, "payment_id", ""))
    number = getattr(payload, "number", None)
    if payment is None or not isinstance(number, int):
        return None
    return f"{number} ({payment.attempts[number - 1].trigger.value})"


def _plan_notice(ports: Ports, matter: Matter, plan: PaymentPlan, kind: NoticeKind) -> NoticeView:
    customer, business = matter.customer, matter.business
    assert customer is not None
    for_staff = kind.for_staff
    desk = f"{ports.links.back_office}/payment-plans/{plan.id}"
    return NoticeView(
        kind=kind,
        key=f"{plan.id}/{matter.fact.seq}/{kind.value}",
        locale=business.locale if for_staff else customer.locale or business.locale,
        business=business_view(business),
        link=desk if for_staff else portal_links.customer_link(ports, customer),
        to_name=None if for_staff else customer.name,
        currency=plan.currency,
        amount=plan.amount_remaining,
        invoice_number=plan.reference,
        staff=StaffView(customer=customer.name, reason=matter.fact.why) if for_staff else None,
    )


def _party_notice(ports: Ports, matter: Matter, kind: NoticeKind) -> NoticeView:
    business, customer, payload = matter.business, matter.customer, matter.fact.data
    method = _removed_method(ports, matter) or _party_method(customer, payload)
    subscription = matter.subscription
    return NoticeView(
        kind=kind,
        key=f"{matter.fact.subject_id}/{matter.fact.seq}/{kind.value}",
        locale=(customer.locale if customer else "") or business.locale,
        business=business_view(business),
        link=_party_link(ports, matter, kind),
        to_name=customer.name if customer and not kind.for_staff else None,
        currency=business.currency,
        method=method,
        subscription=subscription.product if subscription else None,
        expires_on=_expires_on(customer, payload),
        staff=StaffView(reason=_wanted_by_stripe(payload) or matter.fact.why or None)
        if kind.for_staff
        else None,
    )


def _wanted_by_stripe(payload: Any) -> str:
    """Why Stripe stopped, and what it waits for, both in its own words."""
    if not isinstance(payload, party.BusinessChanged):
        return ""
    needs = payload.business.account_needs
    fields = ", ".join(needs.past_due or needs.currently_due)
    return ": ".join(filter(None, (needs.disabled_reason, fields)))


def _party_link(ports: Ports, matter: Matter, kind: NoticeKind) -> str:
    if kind.for_staff or matter.customer is None:
        return f"{ports.links.back_office}/settings"
    return portal_links.customer_link(ports, matter.customer)


def _party_method(customer: Customer | None, payload: Any) -> paper.MethodView | None:
    if customer is None:
        return None
    method = customer.method(getattr(payload, "method_id", None)) or customer.default_method
    return saved_method_view(method) if method else None


def _removed_method(ports: Ports, matter: Matter) -> paper.MethodView | None:
    """The method a removal was about, as it was saved: the record has forgotten it."""
    payload = matter.fact.data
    if not isinstance(payload, party.MethodRemoved):
        return None
    history = ports.store.facts(matter.business.id, Subject.CUSTOMER, matter.fact.subject_id)
    saved = [
        fact.data.method
        for fact in history
        if isinstance(fact.data, party.MethodSaved) and fact.data.method.id == payload.method_id
    ]
    return saved_method_view(saved[-1]) if saved else None


def _expires_on(customer: Customer | None, payload: Any) -> date | None:
    if customer is None or not isinstance(payload, party.ExpiryNoticed):
        return None
    year, month = map(int, payload.expires.split("-"))
    return add_months(date(year, month, 1), 1) - timedelta(days=1)
