"""The words of the search: what a customer, a subscription, an invoice, a payment is found by.

Each fact brings the words it makes known, so nothing is found by what it was never called. A word
is looked up by its beginning; accents and capitals make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.domain import invoice_facts, party_facts
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.credit_notes import CreditNoteIssued
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded
from chalicelib.domain.desk.reissue import InvoiceReissued, InvoiceReplaced
from chalicelib.domain.invoice import Invoice

LONGEST_WORD = 64
MOST_WORDS_OF_A_NAME = 8
_WORD = re.compile(r"[^\W_]+")


class What(StrEnum):
    """Which of a thing's names a word is."""

    CUSTOMER_NAME = "customer_name"
    EMAIL = "email"
    REFERENCE = "reference"  # the business's own id for it
    INVOICE_NUMBER = "invoice_number"
    PO_NUMBER = "po_number"
    PAYMENT_REFERENCE = "payment_reference"  # the cheque's or the bank's
    PROCESSOR_REFERENCE = "processor_reference"  # Stripe's PaymentIntent, charge or refund
    CREDIT_NOTE_NUMBER = "credit_note_number"


@dataclass(frozen=True, slots=True)
class Word:
    """`text` is folded; `what` says what was found when somebody types its beginning."""

    text: str
    what: What


def folded(text: str) -> str:
    """The same for `Émile`, `EMILE ` and `emile`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    seen = "".join(
        letter
        for letter in plain
        if not unicodedata.combining(letter) and (letter.isprintable() or letter.isspace())
    )
    return " ".join(seen.split())


def cut(text: str) -> str:
    return folded(text)[:LONGEST_WORD].strip()


def words_of_name(name: str) -> tuple[str, ...]:
    """The words of a name that it can be found by; a name without any is a word by itself."""
    found = list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(folded(name))))
    return tuple(found[:MOST_WORDS_OF_A_NAME]) or tuple(filter(None, (cut(name),)))


def words_of(payload: Any) -> tuple[Word, ...]:
    """What the fact's subject can be found by from now on, each word once."""
    return tuple(dict.fromkeys(word for word in _words_of(payload) if word.text))


def _words_of(payload: Any) -> Iterator[Word]:
    match payload:
        case party_facts.CustomerCreated(customer=customer):
            yield from _of_customer(customer, ("name", "email", "external_ref"))
        case party_facts.CustomerChanged(customer=customer, fields=fields):
            yield from _of_customer(customer, fields)
        case party_facts.SubscriptionCreated(subscription=subscription):
            yield Word(cut(subscription.external_ref), What.REFERENCE)
        case invoice_facts.InvoiceCreated(invoice=invoice):
            yield from _of_invoice(invoice)
        case invoice_facts.InvoiceIssued() | InvoiceReissued():
            invoice, number = payload.invoice, payload.number
            yield Word(cut(number), What.INVOICE_NUMBER)
            yield from _of_invoice(invoice)
        case invoice_facts.InvoiceFinalized(number=number):
            yield Word(cut(number), What.INVOICE_NUMBER)
        case ExternalPaymentReceived(reference=reference):
            yield Word(cut(reference), What.PAYMENT_REFERENCE)
        case ExternalPaymentRecorded(reference=reference):
            yield Word(cut(reference), What.PAYMENT_REFERENCE)
        case CreditNoteIssued(note=note) | InvoiceReplaced(note=note):
            yield Word(cut(note.number), What.CREDIT_NOTE_NUMBER)
        case _:
            yield from _of_processor(payload)


def _of_processor(payload: Any) -> Iterator[Word]:
    """A payment is known by its intent from its first try on, and by what its receipt names."""
    match payload:
        case invoice_facts.AttemptStarted(intent_id=name, attempt=attempt) if attempt.number == 1:
            yield Word(cut(name), What.PROCESSOR_REFERENCE)
        case invoice_facts.PaymentAdopted(intent_id=name):
            yield Word(cut(name), What.PROCESSOR_REFERENCE)
        case invoice_facts.ChargeSucceeded(charge_id=name) | Refunded(refund_id=name):
            yield Word(cut(name), What.PROCESSOR_REFERENCE)
        case _:
            return


def _of_customer(customer: Customer, fields: tuple[str, ...]) -> Iterator[Word]:
    if "name" in fields:
        for word in words_of_name(customer.name):
            yield Word(word, What.CUSTOMER_NAME)
    if "email" in fields:
        yield Word(cut(customer.email), What.EMAIL)
    if "external_ref" in fields:
        yield Word(cut(customer.external_ref), What.REFERENCE)


def _of_invoice(invoice: Invoice) -> Iterator[Word]:
    yield Word(cut(invoice.po_number), What.PO_NUMBER)
    yield Word(cut(invoice.external_ref), What.REFERENCE)
