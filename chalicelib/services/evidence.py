"""The evidence of a dispute: what our facts say of the payment, as a packet and in Stripe's fields.

Only what was known when staff asked for it, and only the parts they chose; the invoice and the
receipt are the very files the customer got. Built again from the same facts it is the same packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from chalicelib.documents import PartyView
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.desk.refunds import Refunded
from chalicelib.domain.dispute import Dispute, Draft, Part, in_words
from chalicelib.domain.facts import EffectKind
from chalicelib.domain.payment import Attempt, AttemptResult, Trigger
from chalicelib.domain.subscription import Subscription
from chalicelib.evidence import EvidenceView, SectionView
from chalicelib.messages.addresses import address_lines
from chalicelib.ports import Ports
from chalicelib.ports.rows import OPENINGS_KEPT, PortalOpening
from chalicelib.services.case import now_of
from chalicelib.services.delivery import ref_of
from chalicelib.services.evidence_file import File, method_words, minute, money_words, open_file
from chalicelib.services.evidence_summary import (
    BILLED,
    EARLIER,
    OPENINGS,
    REFUNDS,
    SENT,
    TERMS,
    TRIES,
    summary_of,
)
from chalicelib.services.papers import file_key
from chalicelib.services.views import issuer_view, page_size

EARLIER_PAYMENTS = 5
LETTERS = "ABCDEFGH"
FACTS_LOOKED_AT = 100
MESSAGES = {EffectKind.MAIL: "E-mail", EffectKind.SMS: "Text message"}
_NOT_SENT = ("failed", "void", "no ")
_ASKED_BY = {
    Trigger.FIRST: "Automatic, on the due date",
    Trigger.SCHEDULE: "Automatic retry",
    Trigger.STAFF: "The merchant's staff",
    Trigger.CUSTOMER: "The customer, in the portal",
    Trigger.NEW_CARD: "The customer saved a card",
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along: which field of Stripe's evidence it fills."""

    field: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything that is sent: files, and texts by the name of Stripe's field."""

    files: tuple[Attached, ...]
    texts: dict[str, str]


def packet_of(ports: Ports, dispute: Dispute, draft: Draft, as_of: datetime) -> Packet:
    """What is sent to Stripe."""
    file = open_file(ports, dispute, draft, as_of)
    log = _openings(ports, file)
    drawn = ports.documents.evidence(view_of(ports, file, log))
    packet = Attached("uncategorized_file", f"evidence-{dispute.id}.pdf", drawn)
    return Packet((packet, *_originals(ports, file)), dict(_texts(file, log)))


def preview(ports: Ports, dispute: Dispute) -> EvidenceView:
    """What the packet would say now, for staff to look at before it is sent."""
    now = now_of(ports, ports.store.business(dispute.business_id))
    file = open_file(ports, dispute, dispute.draft or Draft(), now)
    return view_of(ports, file, _openings(ports, file))


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A document as it was sent to the customer: which field it fills, and where it is kept."""

    field: str
    noun: str
    fingerprint: str


def _enclosed(ports: Ports, file: File) -> Iterator[Enclosure]:
    """The invoice and the receipt, where they are kept."""
    wanted = (
        (Part.INVOICE, "service_documentation", "invoice"),
        (Part.RECEIPT, "receipt", "receipt"),
    )
    for part, field, noun in wanted:
        for fact in file.told if file.has(part) else []:
            paid = getattr(fact.data, "payment_id", file.payment.id) == file.payment.id
            if not paid or f"document:{noun}" not in {effect.id for effect in fact.effects}:
                continue
            fingerprint = ports.store.delivered(ref_of(fact)).get(f"document:{noun}", "")
            if fingerprint and not fingerprint.startswith(_NOT_SENT):
                yield Enclosure(field, noun, fingerprint)
                break


def _originals(ports: Ports, file: File) -> Iterator[Attached]:
    for one in _enclosed(ports, file):
        content = ports.files.get(file_key(file.business.id, one.fingerprint))
        yield Attached(one.field, f"{one.noun}-{file.invoice.shown_number}.pdf", content)


def _texts(file: File, log: Sequence[PortalOpening]) -> Iterator[tuple[str, str]]:
    invoice, to = file.invoice, file.invoice.bill_to
    yield "customer_name", to.name
    yield "product_description", "; ".join(line.description for line in invoice.lines)
    day = invoice.period.start_on if invoice.period else invoice.issued_on
    if day is not None:
        yield "service_date", day.isoformat()
    if to.email:
        yield "customer_email_address", to.email
    if file.has(Part.BILLING_ADDRESS) and address_lines(to.address):
        yield "billing_address", "\n".join((to.name, *address_lines(to.address)))
    if log:
        yield "access_activity_log", "\n".join(" · ".join(row) for row in _log_rows(log))
    if file.draft.text:
        yield "uncategorized_text", file.draft.text


def view_of(ports: Ports, file: File, log: Sequence[PortalOpening]) -> EvidenceView:
    dispute, to = file.dispute, file.invoice.bill_to
    address = address_lines(to.address) if file.has(Part.BILLING_ADDRESS) else ()
    exhibits = _lettered(section for section in _sections(ports, file, log) if section.rows)
    return EvidenceView(
        number=dispute.id,
        issuer=issuer_view(file.business, "en"),
        payer=PartyView(to.name, address, email=to.email or None),
        amount=dispute.amount,
        currency=dispute.currency,
        reason=in_words(dispute.reason),
        rendered_at=file.as_of,
        facts=tuple(_facts(ports, file)),
        statement=file.draft.text,
        summary=summary_of(ports, file, exhibits),
        sections=exhibits,
        page_size=page_size(file.business),
    )


def _lettered(sections: Iterator[SectionView]) -> tuple[SectionView, ...]:
    """Exhibit A, B, C: what the summary on the first page refers to."""
    return tuple(
        replace(section, exhibit=letter) for letter, section in zip(LETTERS, sections, strict=False)
    )


def _facts(ports: Ports, file: File) -> Iterator[tuple[str, str]]:
    attempt = file.payment.last_attempt
    yield "Dispute", file.dispute.id
    yield "Charge", file.dispute.charge_id
    if file.payment.paid_at is not None:
        yield "Charged at (UTC)", minute(file.payment.paid_at)
    if attempt is not None:
        yield "Paid with", method_words(attempt)
    yield "Invoice", file.invoice.shown_number
    if file.invoice.issued_on is not None:
        yield "Invoice date", file.invoice.issued_on.isoformat()
    enclosed = " and ".join(one.noun for one in _enclosed(ports, file))
    if enclosed:
        yield "Enclosed", enclosed


def _sections(ports: Ports, file: File, log: Sequence[PortalOpening]) -> Iterator[SectionView]:
    yield _bought(file)
    if file.has(Part.SUBSCRIPTION) and file.invoice.subscription_id:
        yield _terms(ports.store.subscription(file.business.id, file.invoice.subscription_id))
    if file.has(Part.ATTEMPTS):
        yield _attempts(file)
    if file.has(Part.MESSAGES):
        yield _messages(ports, file)
    if log:
        words = (
            "The first opening on each day of the link that was sent to this customer alone, with "
            "the network it came from. Programs that check mail for viruses open links too."
        )
        columns = ("Opened at (UTC)", "What", "Network")
        yield SectionView(OPENINGS, words, columns, _log_rows(log))
    if file.has(Part.REFUNDS):
        yield _refunds(file)
    if file.has(Part.EARLIER_PAYMENTS):
        yield _earlier(ports, file)


def _bought(file: File) -> SectionView:
    rows = [
        (str(line.quantity.normalize()), line.description, money_words(file, line.amount))
        for line in file.invoice.lines
    ]
    rows += [
        ("", f"For invoice {invoice.shown_number}", money_words(file, invoice.totals.total))
        for invoice, _ in file.paid
    ]
    totals = file.invoice.totals
    if totals.tax:
        rows.append(("", "Tax", money_words(file, totals.tax)))
    rows.append(("", "Total", money_words(file, totals.total)))
    return SectionView(BILLED, "", ("Quantity", "Description", "Amount"), tuple(rows))


def _terms(subscription: Subscription) -> SectionView:
    rows = [
        ("Product", " ".join(filter(None, (subscription.product, subscription.variant)))),
        ("Billed", subscription.interval.value),
        ("Since", subscription.start_on.isoformat()),
        ("State", subscription.status.value),
    ]
    if subscription.contract_end_on is not None:
        rows.append(("Contract until", subscription.contract_end_on.isoformat()))
    return SectionView(TERMS, "", ("Term", "As agreed"), tuple(rows))


def _attempts(file: File) -> SectionView:
    asked = {
        (fact.data.payment_id, fact.data.number)
        for fact in file.history
        if isinstance(fact.data, facts.ActionRequired)
    }
    rows = tuple(
        (
            minute(attempt.started_at),
            _ASKED_BY[attempt.trigger],
            method_words(attempt),
            _authentication(attempt, asked=(file.payment.id, attempt.number) in asked),
            _result(attempt),
        )
        for attempt in file.payment.attempts
    )
    columns = ("Tried at (UTC)", "Asked for by", "Paid with", "3-D Secure", "Result")
    return SectionView(TRIES, "", columns, rows)


def _authentication(attempt: Attempt, *, asked: bool) -> str:
    if attempt.method_kind is not MethodKind.CARD:
        return "not for bank debits"
    if not asked:
        return "not asked for by the bank"
    passed = attempt.result is AttemptResult.SUCCEEDED
    return "passed by the cardholder" if passed else "not passed"


def _result(attempt: Attempt) -> str:
    return attempt.result.value.replace("_", " ")


def _messages(ports: Ports, file: File) -> SectionView:
    rows = tuple(_sent(ports, file))
    words = "Sent to the address above by this merchant, with the id the mail system gave."
    columns = ("Sent at (UTC)", "Message", "Message id")
    return SectionView(SENT, words, columns, rows)


def _sent(ports: Ports, file: File) -> Iterator[tuple[str, ...]]:
    for fact in file.told:
        owed = [effect for effect in fact.effects if effect.kind in MESSAGES]
        done = ports.store.delivered(ref_of(fact)) if owed else {}
        for effect in owed:
            outcome = done.get(effect.id, "")
            if outcome and not outcome.startswith(_NOT_SENT):
                what = f"{MESSAGES[effect.kind]}: {effect.name.replace('_', ' ')}"
                yield minute(fact.at), what, outcome


def _refunds(file: File) -> SectionView:
    rows = tuple(
        (minute(fact.at), fact.data.refund_id, money_words(file, fact.data.amount))
        for fact in file.history
        if isinstance(fact.data, Refunded) and fact.data.payment_id == file.payment.id
    )
    columns = ("Refunded at (UTC)", "Refund", "Amount")
    return SectionView(REFUNDS, "", columns, rows)


def _earlier(ports: Ports, file: File) -> SectionView:
    rows = tuple(islice(_same_card(ports, file), EARLIER_PAYMENTS))
    words = "The same card paid this merchant before, and nobody has disputed it."
    columns = ("Paid at (UTC)", "Invoice", "Charge", "Amount")
    return SectionView(EARLIER, words, columns, rows)


def _same_card(ports: Ports, file: File) -> Iterator[tuple[str, ...]]:
    """Newest first, as far back as `FACTS_LOOKED_AT` facts that moved money."""
    ours = file.payment.last_attempt
    if ours is None or file.payment.paid_at is None:
        return
    page = ports.store.facts_of(
        file.business.id,
        file.customer.id,
        until=file.payment.paid_at,
        posted_only=True,
        newest=True,
        limit=FACTS_LOOKED_AT,
    )
    for fact in page.items:
        if not isinstance(fact.data, facts.ChargeSucceeded):
            continue
        invoice = ports.store.invoice(file.business.id, fact.subject_id)
        payment = invoice.payment(fact.data.payment_id)
        attempt = payment.last_attempt if payment else None
        if payment is None or attempt is None or payment.disputed:
            continue
        if attempt.fingerprint == ours.fingerprint:
            paid = (minute(fact.at), invoice.shown_number, fact.data.charge_id)
            yield (*paid, money_words(file, fact.data.amount))


def _openings(ports: Ports, file: File) -> list[PortalOpening]:
    if not file.has(Part.PORTAL_LOG):
        return []
    since = file.as_of - OPENINGS_KEPT
    found = ports.store.openings_of(file.business.id, file.customer.id, since=since)
    ours = {None, file.invoice.id}
    return [one for one in found if one.invoice_id in ours and one.at <= file.as_of]


def _log_rows(log: Sequence[PortalOpening]) -> tuple[tuple[str, ...], ...]:
    what = {"page": "Page with the invoice", "pdf": "PDF of the invoice"}
    return tuple(
        [(minute(one.at), what.get(one.action, one.action), one.network or "-") for one in log]
    )
