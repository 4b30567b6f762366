"""Lists and the search on the wire: what may be asked, a payment's row, what was found."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import (
    END,
    Amount,
    Body,
    Id,
    PageQuery,
    Text,
    View,
    day,
)
from chalicelib.api.representation.payments import DeclineView, decline_view
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import Customer
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.listing import PaymentState, money_of
from chalicelib.domain.payment import Attempt, Payment
from chalicelib.domain.subscription import Subscription
from chalicelib.ports.lists import Entry
from chalicelib.services.listing import Filters, Sort, amount_of
from chalicelib.services.searching import Hit, Hits

_INVOICE_STATUS = "|".join(status.value for status in InvoiceStatus)
_PAYMENT_STATUS = "|".join(state.value for state in PaymentState)
InvoiceStatuses = Annotated[
    str,
    Meta(
        pattern=rf"^({_INVOICE_STATUS})(,({_INVOICE_STATUS})){{0,6}}" + END,
        description=f"With commas: {_INVOICE_STATUS}",
    ),
]
PaymentStatuses = Annotated[
    str,
    Meta(
        pattern=rf"^({_PAYMENT_STATUS})(,({_PAYMENT_STATUS})){{0,7}}" + END,
        description=f"With commas: {_PAYMENT_STATUS}",
    ),
]


class InvoiceSort(StrEnum):
    CREATED_AT = "created_at"
    DUE_ON = "due_on"
    AMOUNT = "amount"
    CUSTOMER_NAME = "customer_name"
    STATUS = "status"


class PaymentSort(StrEnum):
    PAID_AT = "paid_at"
    DUE_ON = "due_on"
    AMOUNT = "amount"
    CUSTOMER_NAME = "customer_name"
    STATUS = "status"


class ListQuery(PageQuery):
    """Days are inclusive, in the business's zone; `customer_name` is how the name begins."""

    customer_id: Id | None = None
    group_id: Id | None = None
    subscription_id: Id | None = None
    customer_name: Text = ""
    due_from: date | None = None
    due_to: date | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    reverse: bool = False


class InvoicesQuery(ListQuery):
    """`open_only` is short for the statuses pending, processing and overdue."""

    status: InvoiceStatuses | None = None
    open_only: bool = False
    sort: InvoiceSort | None = None


class PaymentsQuery(ListQuery):
    status: PaymentStatuses | None = None
    sort: PaymentSort | None = None


class SearchQuery(Body):
    """`q` is an id, or how a name, a number or a reference begins."""

    q: Annotated[str, Meta(min_length=1, max_length=200)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class MethodShown(View):
    """How money came or would come: `brand` and `last4` of a card, `reference` of a cheque."""

    kind: str
    brand: str
    last4: str
    reference: str


class PaymentRow(View):
    """What happened to money, or with `fact_key` null what is still awaited.

    `at` is when it happened. `amount` of what is awaited is what is still owed.
    """

    status: PaymentState
    at: datetime | None
    amount: int
    currency: str | None
    due_on: date | None
    customer_id: str
    customer_name: str
    subscription_id: str | None
    invoice_id: str | None
    invoice_number: str | None
    purpose: Purpose | None
    payment_id: str | None
    method: MethodShown | None
    decline: DeclineView | None
    processor_reference: str | None
    fact_key: str | None


class HitView(View):
    """`matched` says by which of its names it was found; `label` is what people call it."""

    kind: Subject
    id: str
    matched: str
    label: str
    customer_id: str
    customer_name: str | None
    status: str | None
    amount: int | None
    currency: str | None


class SearchView(View):
    """`more`: others fit as well; type one more letter."""

    data: tuple[HitView, ...]
    more: bool


def filters_of(query: ListQuery) -> Filters:
    """Raises InvalidInput for a day that no calendar of ours knows."""
    return Filters(
        customer_id=query.customer_id,
        group_id=query.group_id,
        subscription_id=query.subscription_id,
        customer_name=query.customer_name,
        due_from=day(query.due_from, "due_from"),
        due_to=day(query.due_to, "due_to"),
        paid_from=day(query.paid_from, "paid_from"),
        paid_to=day(query.paid_to, "paid_to"),
        amount_from=query.amount_from,
        amount_to=query.amount_to,
    )


def invoice_statuses(query: InvoicesQuery) -> tuple[InvoiceStatus, ...]:
    given = tuple(InvoiceStatus(one) for one in query.status.split(",")) if query.status else ()
    if not query.open_only:
        return given
    opened = (InvoiceStatus.PENDING, InvoiceStatus.PROCESSING, InvoiceStatus.OVERDUE)
    return tuple(one for one in opened if not given or one in given)


def payment_states(query: PaymentsQuery) -> tuple[PaymentState, ...]:
    return tuple(PaymentState(one) for one in query.status.split(",")) if query.status else ()


def sort_of(sort: InvoiceSort | PaymentSort | None) -> Sort | None:
    return None if sort is None else Sort(sort.value)


def payment_row(entry: Entry, *, codes: bool) -> PaymentRow:
    """`codes`: with the raw codes of a failed try."""
    head, fact = entry.head, entry.fact
    invoice = head if isinstance(head, Invoice) else None
    payment, attempt = _told_of(invoice, fact.data if fact else None)
    decline = attempt.decline if attempt else None
    said = fact.data if fact else None
    return PaymentRow(
        status=_state_of(entry),
        at=fact.at if fact else None,
        amount=amount_of(entry),
        currency=invoice.currency if invoice else getattr(said, "currency", None),
        due_on=invoice.due_on if invoice else None,
        customer_id=invoice.customer_id if invoice else head.id,
        customer_name=head.bill_to.name if isinstance(head, Invoice) else head.name,
        subscription_id=invoice.subscription_id if invoice else None,
        invoice_id=invoice.id if invoice else None,
        invoice_number=invoice.number if invoice else None,
        purpose=invoice.purpose if invoice else None,
        payment_id=payment.id if payment else getattr(said, "payment_id", None),
        method=_method(attempt, said),
        decline=decline_view(decline, codes=codes) if decline else None,
        processor_reference=_reference(payment, attempt, said),
        fact_key=fact.key if fact else None,
    )


def _state_of(entry: Entry) -> PaymentState:
    if entry.fact is not None:
        said = money_of(entry.fact, entry.head)
        assert said is not None
        return said[0]
    processing = getattr(entry.head, "status", None) is InvoiceStatus.PROCESSING
    return PaymentState.PROCESSING if processing else PaymentState.PENDING


def _told_of(invoice: Invoice | None, said: object) -> tuple[Payment | None, Attempt | None]:
    """The payment a fact speaks of and its try; of an open demand, its newest."""
    if invoice is None:
        return None, None
    named = getattr(said, "payment_id", None)
    payment = invoice.payment(named) if named else invoice.open_payment
    if payment is None:
        return None, None
    number = getattr(said, "number", None) if isinstance(said, facts.ChargeFailed) else None
    tries = [one for one in payment.attempts if number in {None, one.number}]
    return payment, tries[-1] if tries else None


def _method(attempt: Attempt | None, said: object) -> MethodShown | None:
    if attempt is not None:
        return MethodShown(attempt.method_kind.value, attempt.brand, attempt.last4, "")
    method = getattr(said, "method", None)
    reference = getattr(said, "reference", "")
    return MethodShown(str(method), "", "", reference) if method else None


def _reference(payment: Payment | None, attempt: Attempt | None, said: object) -> str | None:
    """Stripe's id of what happened: the charge, or else its PaymentIntent."""
    charge_id = getattr(said, "charge_id", None) or (attempt.charge_id if attempt else None)
    return charge_id or (payment.intent_id if payment else None)


def search_view(hits: Hits) -> SearchView:
    return SearchView(data=tuple(map(_hit_view, hits.hits)), more=hits.more)


def _hit_view(hit: Hit) -> HitView:
    head = hit.head
    if isinstance(head, Customer):
        return HitView(
            kind=Subject.CUSTOMER,
            id=head.id,
            matched=hit.matched,
            label=head.name,
            customer_id=head.id,
            customer_name=head.name,
            status=None,
            amount=None,
            currency=None,
        )
    of_invoice = isinstance(head, Invoice)
    return HitView(
        kind=Subject.INVOICE if of_invoice else Subject.SUBSCRIPTION,
        id=head.id,
        matched=hit.matched,
        label=_label(head),
        customer_id=head.customer_id,
        customer_name=head.bill_to.name if isinstance(head, Invoice) else None,
        status=head.status.value,
        amount=head.totals.total if isinstance(head, Invoice) else head.unit_amount,
        currency=head.currency,
    )


def _label(head: Invoice | Subscription) -> str:
    if isinstance(head, Subscription):
        return " ".join(filter(None, (head.product, head.variant)))
    return head.number or head.id
