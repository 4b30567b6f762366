"""The portal on the wire: what a payer may know of an invoice, and nothing a bank told only us."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import Amount, Body, Id, View, WebAddress
from chalicelib.api.representation.invoices import LineView, TotalsView, line_view, totals_view
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodKind
from chalicelib.domain.parties import Address
from chalicelib.domain.payment_plan import InstalmentState, PaymentPlan
from chalicelib.services.case import Case
from chalicelib.services.payer_view import PayerStatus, PayerView

_WhichInvoice = Annotated[Id, Meta(description="Needed where the link opens several invoices")]
_OwnAddress = Annotated[
    WebAddress, Meta(description="A page of this install; it must not hold the link's token")
]


class PortalQuery(Body):
    invoice_id: _WhichInvoice | None = None


class PortalPay(Body):
    """`return_url`: where the payer comes back to after confirming with the bank."""

    invoice_id: _WhichInvoice | None = None
    payment_method_id: Id | None = None
    amount: Annotated[Amount, Meta(description="A part, where it is allowed")] | None = None
    return_url: _OwnAddress | None = None


class PortalSetup(Body):
    """Where Stripe's page sends the payer afterwards."""

    success_url: _OwnAddress | None = None
    cancel_url: _OwnAddress | None = None


class PortalBusiness(View):
    name: str
    email: str
    phone: str
    address: Address


class PortalStatus(View):
    """`next_step` says what happens next, `problem` what went wrong last, both to be shown as they
    are. `confirm_url`: send the payer there to confirm with the bank. `status_url` is relative.
    Where `part_allowed`, a part of at least `part_minimum` can be paid."""

    invoice_id: str
    status: PayerStatus
    currency: str
    amount_paid: int
    amount_remaining: int
    next_step: str
    next_on: date | None
    problem: str | None
    can_pay: bool
    part_allowed: bool
    part_minimum: int | None
    confirm_url: str | None
    status_url: str


class PortalInvoice(View):
    number: str
    issued_on: date | None
    due_on: date | None
    lines: tuple[LineView, ...]
    totals: TotalsView
    amount_due: int
    state: PortalStatus


class PortalMethod(View):
    """As the payer knows it. What a bank or a network said of it is not for this page."""

    id: str
    kind: MethodKind
    brand: str
    last4: str
    exp_year: int | None
    exp_month: int | None
    is_default: bool


class PortalInstalment(View):
    """`invoice_id` is what to pay for it, once it is asked for."""

    due_on: date
    amount: int
    paid: int
    state: InstalmentState
    invoice_id: str | None


class PortalPlan(View):
    """A payment plan and how far it is."""

    reference: str
    currency: str
    total: int
    amount_paid: int
    amount_remaining: int
    autopay: bool
    instalments: tuple[PortalInstalment, ...]


class PortalView(View):
    """The invoice of an invoice's link; the open invoices of a customer's link."""

    business: PortalBusiness
    customer_name: str
    invoices: tuple[PortalInvoice, ...]
    payment_plans: tuple[PortalPlan, ...]
    payment_methods: tuple[PortalMethod, ...]


class PortalSetupView(View):
    """`url` is Stripe's page, the only place where a card or bank account is typed in."""

    url: str


def portal_plan(plan: PaymentPlan) -> PortalPlan:
    return PortalPlan(
        reference=plan.reference,
        currency=plan.currency,
        total=plan.total,
        amount_paid=plan.amount_paid,
        amount_remaining=plan.amount_remaining,
        autopay=plan.autopay,
        instalments=tuple(
            PortalInstalment(
                due_on=one.due_on,
                amount=one.amount,
                paid=one.paid,
                state=one.state,
                invoice_id=one.demand_id or None,
            )
            for one in plan.instalments
        ),
    )


def portal_view(
    business: Business,
    customer: Customer,
    invoices: tuple[PortalInvoice, ...],
    plans: tuple[PortalPlan, ...],
) -> PortalView:
    return PortalView(
        business=PortalBusiness(
            name=business.name,
            email=business.email,
            phone=business.phone,
            address=business.address,
        ),
        customer_name=customer.name,
        invoices=invoices,
        payment_plans=plans,
        payment_methods=tuple(
            PortalMethod(
                id=method.id,
                kind=method.kind,
                brand=method.brand,
                last4=method.last4,
                exp_year=method.exp_year or None,
                exp_month=method.exp_month or None,
                is_default=method.id == customer.default_method_id,
            )
            for method in customer.methods
        ),
    )


def portal_invoice(case: Case, view: PayerView) -> PortalInvoice:
    invoice = case.invoice
    return PortalInvoice(
        number=invoice.shown_number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        lines=tuple(map(line_view, invoice.lines)),
        totals=totals_view(invoice),
        amount_due=invoice.amount_due,
        state=portal_status(case, view),
    )


def portal_status(case: Case, view: PayerView) -> PortalStatus:
    invoice = case.invoice
    return PortalStatus(
        invoice_id=invoice.id,
        status=view.status,
        currency=invoice.currency,
        amount_paid=invoice.amount_paid,
        amount_remaining=invoice.amount_remaining,
        next_step=view.next_step,
        next_on=view.next_on,
        problem=view.problem,
        can_pay=view.can_pay,
        part_allowed=view.part_minimum is not None,
        part_minimum=view.part_minimum,
        confirm_url=view.confirm_url,
        status_url=f"status?invoice_id={invoice.id}",
    )
