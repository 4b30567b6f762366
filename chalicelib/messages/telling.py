"""What a fact says, in a sentence for staff: the timeline's words.

A fact without a sentence here is told by its kind, so nothing is ever left out of a history.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain.facts import Fact
from chalicelib.formatting import format_date, format_money

# By subject and kind. A name in braces is a field of the fact's data, or of what it holds.
SENTENCES = {
    "invoice.created": "Draft made, {total}.",
    "invoice.finalized": "Issued as {number}, due {due_on}.",
    "invoice.issued": "Issued as {number}, {total}, due {due_on}.",
    "invoice.reissued": "Issued again as {number}, {total}, due {due_on}.",
    "invoice.demanded": "{total} asked for.",
    "invoice.charge_requested": "A charge was asked for ({trigger}).",
    "invoice.request_refused": "No charge was made: {reason}",
    "invoice.payment_opened": "Payment of {amount} opened.",
    "invoice.payment_adopted": "Payment of {amount}, known at Stripe, taken up again.",
    "invoice.attempt_started": "Charge of {brand} ending {last4} started: {reason}",
    "invoice.result_unknown": "Stripe did not say what became of the charge; asked again.",
    "invoice.charge_processing": "The bank debit is on its way.",
    "invoice.action_required": "The payer has to confirm with the bank.",
    "invoice.charge_succeeded": "Paid {amount}.",
    "invoice.charge_failed": "Declined ({decline_class}).",
    "invoice.attempt_not_executed": "Nothing was charged.",
    "invoice.payment_cancelled": "Payment closed: {reason}",
    "invoice.fee_posted": "Stripe's fee: {fee}.",
    "invoice.slot_skipped": "A planned try was left out: {reason}",
    "invoice.replanned": "What happens next has changed: {reason}",
    "invoice.reminded": "Reminder sent ({reminder}).",
    "invoice.went_overdue": "Overdue: {reason}",
    "invoice.grace_ended": "The days of grace are over: {reason}",
    "invoice.cancelled": "Cancelled: {reason}",
    "invoice.replaced": "Credited in full and issued again: {reason}",
    "invoice.written_off": "{amount} written off: {reason}",
    "invoice.external_payment": "Paid {amount} by {method}, reference {reference}.",
    "invoice.external_payment_bounced": "{amount} came back from the bank: {reason}",
    "invoice.paid_outside": "{amount} of it came by {method}, reference {reference}.",
    "invoice.owed_again": "{amount} came back from the bank, so it is due again: {reason}",
    "invoice.refund_requested": "Refund of {amount} asked for: {reason}",
    "invoice.refund_approved": "Refund agreed to.",
    "invoice.refund_rejected": "Refund not agreed to: {reason}",
    "invoice.refund_sent": "Refund taken by Stripe; no money has moved yet. {waits_for}",
    "invoice.refund_dropped": "Refund not made: {reason}",
    "invoice.refunded": "{amount} refunded.",
    "invoice.refund_settled": "The refund has arrived.",
    "invoice.refund_failed": "A refund of {amount} came back.",
    "invoice.external_refund_paid": "{amount} paid back.",
    "invoice.credit_note_issued": "Credit note {number} issued.",
    "invoice.credit_applied": "{amount} of the customer's credit applied.",
    "invoice.credit_unapplied": "{amount} is credit again: {reason}",
    "invoice.overpayment_moved": "{amount} paid too much is now the customer's credit.",
    "invoice.payment_applied": "{amount} put towards invoices.",
    "invoice.paid_on": "More of it put towards further invoices.",
    "invoice.covered": "Collected by another payment from now on.",
    "invoice.uncovered": "Collected by itself again: {reason}",
    "invoice.demand_closed": "Closed: {reason}",
    "invoice.dispute_opened": "The payer disputes {amount}: {reason}.",
    "invoice.dispute_funds_moved": "Stripe moved {amount} for the dispute.",
    "invoice.dispute_closed": "The dispute is closed, won: {won}.",
    "invoice.dispute_regained": "{amount} of a lost dispute came back.",
    "invoice.fraud_warned": "The card's bank warned of fraud: {fraud_type}.",
    "invoice.fraud_released": "The warning of fraud is settled: {reason}",
    "invoice.hold_placed": "On hold: {reason}",
    "invoice.hold_lifted": "No longer on hold: {reason}",
    "customer.created": "Customer {name} made.",
    "customer.changed": "Changed: {fields}.",
    "customer.stripe_customer_linked": "Known at Stripe.",
    "customer.method_saved": "{brand} ending {last4} saved.",
    "customer.method_removed": "A payment method was removed.",
    "customer.default_method_chosen": "Another payment method is the default.",
    "customer.method_judged": "The bank's answer: the payment method is now {state}.",
    "customer.expiry_noticed": "Told that the card runs out in {expires}.",
    "customer.credit_moved": "Credit grew by {added}: {reason}",
    "customer.external_payment": "{amount} received by {method}, reference {reference}.",
    "customer.external_payment_reversed": "{amount} came back from the bank: {reason}",
    "customer.credit_payout_requested": "{amount} of credit to be paid back by {method}: {reason}",
    "customer.credit_payout_rejected": "{amount} of credit not to be paid back: {reason}",
    "customer.credit_paid_out": "{amount} of credit paid back by {method}.",
    "customer.payment_taken": "Payment of {amount} asked for.",
    "customer.group_joined": "Joined a billing group.",
    "subscription.created": "Subscription to {product} made.",
    "subscription.period_billed": "Billed for its period number {index}.",
    "subscription.billing_moved": "The next period is billed on {next_bill_at}.",
    "subscription.paused": "Paused from {on}: {reason}",
    "subscription.resumed": "Resumed from {on}: {reason}",
    "subscription.cancelled": "Cancelled on {on}: {reason}",
    "invoice.method_arrived": "A payment method for this payment was given.",
    "invoice.promised": "The customer promised to pay {amount} by {promised_on}.",
    "invoice.promise_ended": "The promise is over, kept: {kept}. {reason}",
    "invoice.note_added": "Note: {text}",
    "invoice.sent_again": "Sent to the customer again.",
    "invoice.snoozed": "Off the call list until {until_on}.",
    "customer.card_warned": "A card's bank warned of fraud: nobody charges that card.",
    "customer.card_released": "The card may be charged again: {reason}",
    "customer.note_added": "Note: {text}",
    "dispute.created": "Dispute of {amount} opened: {reason}.",
    "dispute.seen_as": "Stripe says of the dispute: {status}.",
    "dispute.evidence_drafted": "Evidence put together.",
    "dispute.answer_requested": "An answer to the dispute was asked for.",
    "dispute.evidence_uploaded": "Evidence uploaded to Stripe.",
    "dispute.evidence_submitted": "Evidence submitted.",
    "dispute.accepted": "The dispute was accepted.",
    "dispute.answer_refused": "Stripe did not take the answer: {reason}",
    "dispute.deadline_noticed": "Told that the answer is due in {days} days.",
    "dispute.warned": "The card's bank has warned of fraud as well.",
    "fraud_warning.created": "The bank of {brand} ending {last4} warned of fraud: {fraud_type}.",
    "fraud_warning.seen_as": "A refund could still avoid a dispute: {actionable}.",
    "fraud_warning.disputed": "It was disputed after all.",
    "fraud_warning.released": "Released: {reason}",
    "plan.created": "Payment plan made.",
    "plan.instalment_demanded": "Instalment {number} asked for.",
    "plan.instalment_paid": "Instalment {number}: {amount} paid.",
    "plan.paid_outside": "Instalments paid past Stripe.",
    "plan.paid_outside_reversed": "A payment of instalments came back: {reason}",
    "plan.instalment_overdue": "Instalment {number} is overdue.",
    "plan.plan_changed": "Payment plan changed: {reason}",
    "plan.plan_postponed": "Payment plan waits until {until}: {reason}",
    "plan.plan_ended": "Payment plan {status}: {reason}",
    "group.created": "Billing group {name} made.",
    "group.changed": "Billing group changed: {fields}.",
    "group.customer_joined": "Customer {customer_id} joined the group.",
    "group.customer_left": "Customer {customer_id} left the group on {until_on}.",
    "group.group_billed": "The group's invoice was made.",
    "group.billing_day_passed": "Nothing was to be billed on {on}.",
}
_MONEY = frozenset({"amount", "fee", "added", "total", "unit_amount"})


def told(fact: Fact, currency: str, locale: str) -> str:
    """One sentence; `currency` is of amounts that do not say their own."""
    sentence = SENTENCES.get(f"{fact.subject.value}.{fact.kind}")
    if sentence is None:
        return f"{fact.kind.replace('_', ' ').capitalize()}."
    currency = getattr(fact.data, "currency", currency)
    values = _Values(_known(fact.data, currency, locale))
    return sentence.format_map(values)


class _Values(dict[str, str]):
    """A word that is not known leaves its place empty."""

    def __missing__(self, key: str) -> str:
        return "–"


def _known(data: Any, currency: str, locale: str) -> dict[str, str]:
    """Every field in words; those of what a field holds as well, the fact's own first."""
    known: dict[str, str] = {}
    held: list[Any] = []
    for field in fields(data):
        value = getattr(data, field.name)
        if is_dataclass(value):
            held.append(value)
        else:
            known[field.name] = _word(field.name, value, currency, locale)
    for value in held:
        known = _known(value, currency, locale) | known
    return known


def _word(name: str, value: Any, currency: str, locale: str) -> str:
    if name in _MONEY and isinstance(value, int):
        return format_money(value, currency, locale)
    if isinstance(value, datetime):
        return format_date(value.date(), locale)
    if isinstance(value, date):
        return format_date(value, locale)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return "–" if value in {None, ""} else str(value)
