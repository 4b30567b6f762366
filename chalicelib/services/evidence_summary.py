"""The first page of an evidence packet: four questions a bank's clerk has, answered from our facts.

What was sold, who agreed to it, what was sent and seen, and why the claim should be refused. Every
sentence is read off a record and names the exhibit that proves it; what is not known is not said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import MethodSaved
from chalicelib.domain.payment import Attempt, PaymentStatus, Trigger
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.evidence import PointView, SectionView
from chalicelib.ports import Ports
from chalicelib.services.evidence_file import File, method_words, minute, money_words

BILLED = "What was billed"
TERMS = "The subscription and its terms"
TRIES = "Every try of this payment"
SENT = "Messages to the customer"
OPENINGS = "Openings of the customer's link"
REFUNDS = "Refunds of this payment"
EARLIER = "Earlier payments with the same card"
LINES_NAMED = 4
PASSED = "passed by the cardholder"
_SESSION = "cs_"  # how Stripe's hosted pages are called, where only the customer types
_AGREED = {
    Trigger.FIRST: "It was charged by itself on the due date, to the method left for that.",
    Trigger.SCHEDULE: "It was charged by itself, as a retry, to the method left for that.",
    Trigger.STAFF: "The merchant's staff made the charge, to the method left for that.",
    Trigger.CUSTOMER: "The customer pressed the pay button.",
    Trigger.NEW_CARD: "It was charged when the customer saved this method for open invoices.",
}

Rows = Mapping[str, SectionView]


@dataclass(frozen=True, slots=True)
class Told:
    """What an argument may rest on: the records, and the exhibits that are shown."""

    ports: Ports
    file: File
    shown: Rows


def summary_of(ports: Ports, file: File, sections: Sequence[SectionView]) -> tuple[PointView, ...]:
    shown = {section.title: section for section in sections}
    points = (
        _point("What was sold?", _sold(ports, file, shown), shown, (BILLED, TERMS)),
        _point("Who agreed to it?", _agreed(ports, file, shown), shown, (TRIES, EARLIER)),
        _point("What was sent and seen?", _seen(file, shown), shown, (SENT, OPENINGS, REFUNDS)),
        _why(Told(ports, file, shown)),
    )
    return tuple(point for point in points if point.answers)


def _point(question: str, answers: Iterator[str], shown: Rows, proofs: Sequence[str]) -> PointView:
    letters = tuple(shown[title].exhibit for title in proofs if title in shown)
    return PointView(question, tuple(answers), letters)


def _sold(ports: Ports, file: File, shown: Rows) -> Iterator[str]:
    for invoice in (file.invoice, *(one for one, _ in file.paid)):
        yield from _lines(file, invoice)
    if TERMS in shown and file.invoice.subscription_id:
        found = ports.store.subscription(file.business.id, file.invoice.subscription_id)
        product = " ".join(filter(None, (found.product, found.variant)))
        since = found.start_on.isoformat()
        yield f"It is a subscription to {product}, billed {found.interval.value} since {since}."


def _lines(file: File, invoice: Invoice) -> Iterator[str]:
    for line in invoice.lines[:LINES_NAMED]:
        period = line.period or invoice.period
        days = f" for {period.start_on} to {period.last_on}" if period else ""
        yield f"{line.description}{days}: {money_words(file, line.amount)}."
    more = len(invoice.lines) - LINES_NAMED
    if more > 0:
        yield f"And {more} more, named in the exhibit."
    dated = f" of {invoice.issued_on}" if invoice.issued_on else ""
    total = money_words(file, invoice.totals.total)
    yield f"Invoice {invoice.shown_number}{dated}, {total} in all."


def _agreed(ports: Ports, file: File, shown: Rows) -> Iterator[str]:
    to, attempt = file.invoice.bill_to, file.payment.last_attempt
    yield f"{to.name}, {to.email}." if to.email else f"{to.name}."
    if attempt is None:
        return
    yield from _saved(ports, file, attempt)
    if TRIES in shown:
        yield _AGREED[attempt.trigger]
        if _passed(shown):
            yield "The cardholder's own bank asked for confirmation (3-D Secure), and got it."
    if EARLIER in shown:
        yield _earlier(shown)


def _saved(ports: Ports, file: File, attempt: Attempt) -> Iterator[str]:
    """When the customer typed it in; an import or the network's updater is nobody's agreement."""
    history = ports.store.facts(file.business.id, Subject.CUSTOMER, file.customer.id)
    for fact in history:
        saved = fact.data
        typed = isinstance(saved, MethodSaved) and saved.source.startswith(_SESSION)
        if typed and saved.method.id == attempt.method_id and fact.at <= file.as_of:
            words = "entered on Stripe's page, and left there for payments to this merchant"
            yield f"{method_words(attempt)} was {words}, on {minute(fact.at)} UTC."
            return


def _passed(shown: Rows) -> bool:
    return TRIES in shown and any(PASSED in row for row in shown[TRIES].rows)


def _earlier(shown: Rows) -> str:
    rows = shown[EARLIER].rows
    times = "once" if len(rows) == 1 else f"{len(rows)} times"
    return f"The same card paid this merchant {times} before, and nobody disputed it."


def _seen(file: File, shown: Rows) -> Iterator[str]:
    if SENT in shown:
        to = file.invoice.bill_to.email
        rows = shown[SENT].rows
        for at, what, _ in rows[:LINES_NAMED]:
            kind, _, name = what.partition(": ")
            where = f" to {to}" if to and kind == "E-mail" else ""
            yield f"{kind} “{name}”{where} at {at} UTC."
        if len(rows) > LINES_NAMED:
            yield f"And {len(rows) - LINES_NAMED} more messages."
    if OPENINGS in shown:
        days = [row[0] for row in shown[OPENINGS].rows]
        last = f", last at {days[-1]} UTC" if len(days) > 1 else ""
        yield f"The customer's own link was opened, first at {days[0]} UTC{last}."
    if REFUNDS in shown:
        given = money_words(file, file.payment.amount_refunded)
        yield f"{given} of it was refunded."
    elif not file.payment.amount_refunded:
        yield "Nothing of it was refunded."


def _why(told: Told) -> PointView:
    answers = tuple(_REFUSED.get(told.file.dispute.reason, _in_general)(told))
    letters = [
        told.shown[title].exhibit
        for title in (TERMS, TRIES, SENT, OPENINGS, REFUNDS, EARLIER)
        if title in told.shown
    ]
    return PointView("Why should the claim be refused?", answers, tuple(letters))


def _not_me(told: Told) -> Iterator[str]:
    """Against: the cardholder did not make it, or does not know it."""
    if _passed(told.shown):
        yield "The cardholder confirmed this payment to the bank that now claims it back."
    if EARLIER in told.shown:
        yield f"{_earlier(told.shown)} The claim is about one of a series."
    if OPENINGS in told.shown:
        yield "The link to the invoice, which was sent to the customer alone, was opened."
    if SENT in told.shown:
        yield "What was sent names the merchant, and went to the customer's address."


def _not_received(told: Told) -> Iterator[str]:
    period = told.file.invoice.period
    if period is not None:
        yield f"The payment is for {period.start_on} to {period.last_on}, as the invoice says."
    if OPENINGS in told.shown:
        yield "The customer opened what was sent, as the log of the link shows."
    if SENT in told.shown:
        yield "Everything sent is listed with the mail system's own ids."


def _cancelled(told: Told) -> Iterator[str]:
    """Against: the subscription was cancelled before."""
    if told.file.invoice.subscription_id is None or TERMS not in told.shown:
        return
    found = told.ports.store.subscription(told.file.business.id, told.file.invoice.subscription_id)
    if found.status is not SubscriptionStatus.CANCELLED:
        yield "The subscription has not been cancelled."
    elif _after_payment(found, told.file):
        yield f"It was cancelled on {found.cancelled_on}, after this payment was made."


def _after_payment(subscription: Subscription, file: File) -> bool:
    paid_at, cancelled_on = file.payment.paid_at, subscription.cancelled_on
    return paid_at is not None and cancelled_on is not None and cancelled_on > paid_at.date()


def _not_twice(told: Told) -> Iterator[str]:
    paid = [one for one in told.file.invoice.payments if one.status is PaymentStatus.PAID]
    if len(paid) == 1:
        number, charge = told.file.invoice.shown_number, told.file.dispute.charge_id
        yield f"Charge {charge} is the only one that paid invoice {number}."
    if EARLIER in told.shown:
        yield "The other charges on this card are for other invoices, which the exhibit names."


def _given_back(told: Told) -> Iterator[str]:
    if REFUNDS in told.shown:
        given = money_words(told.file, told.file.payment.amount_refunded)
        yield f"{given} of the payment has been given back; the exhibit has the dates."


def _in_general(told: Told) -> Iterator[str]:
    for because in (_not_me, _not_received):
        yield from because(told)


_REFUSED: dict[str, Callable[[Told], Iterator[str]]] = {
    "fraudulent": _not_me,
    "unrecognized": _not_me,
    "debit_not_authorized": _not_me,
    "product_not_received": _not_received,
    "product_unacceptable": _not_received,
    "subscription_canceled": _cancelled,
    "duplicate": _not_twice,
    "credit_not_processed": _given_back,
}
