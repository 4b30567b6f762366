"""External payments: cheques, cash, wires, transfers, for one invoice, several, or on account."""

from __future__ import annotations

from datetime import date

from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.making import done_once
from chalicelib.api.representation.by_hand import (
    ExternalPaymentList,
    ExternalPaymentView,
    NewExternalPayment,
    NewInstalmentPayment,
    NewInvoicePayment,
    ReversePayment,
    chosen_of,
    external_view,
)
from chalicelib.api.representation.fields import day
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import NotFound
from chalicelib.domain.invoice import Purpose
from chalicelib.domain.payment import Allocation
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.services import external_payments, instalments
from chalicelib.services.external_payments import Received

routes = Routes(__name__, "/v1", "External payments")
_OF_CUSTOMER = "/customers/{customer_id}/external-payments"
_REFUSES = ("reference_used", "date_in_future", "payment_under_way", "covered")


@routes.get(_OF_CUSTOMER)
def list_external_payments(call: StaffCall, customer_id: str) -> ExternalPaymentList:
    """List a customer's external payments, newest first."""
    found = external_payments.payments_of(call.ports, call.business_id, _own(call, customer_id))
    return ExternalPaymentList(data=tuple(external_view(customer_id, one) for one in found))


@routes.get(_OF_CUSTOMER + "/{external_payment_id}")
def get_external_payment(
    call: StaffCall, customer_id: str, external_payment_id: str
) -> ExternalPaymentView:
    """Read an external payment: what it paid, and whether it bounced."""
    return _view(call, customer_id, external_payment_id)


@routes.post(_OF_CUSTOMER, status=201, refuses=(*_REFUSES, "allocation_invalid"))
def record_external_payment(
    call: StaffCall, customer_id: str, body: NewExternalPayment
) -> ExternalPaymentView:
    """Record money that came past Stripe: one cheque may pay several invoices.

    The oldest due first, or as chosen; what is left becomes the customer's credit. A charge that is
    open at Stripe is cancelled first; one that is being processed forbids it, in words.
    """
    came = _came(call, body, chosen_of(body.invoices))
    external_payments.record_payment(
        call.ports, call.business_id, _own(call, customer_id), came, actor=call.actor
    )
    return _view(call, customer_id, came.id)


@routes.post("/invoices/{invoice_id}/external-payments", status=201, refuses=(*_REFUSES, "settled"))
def record_invoice_payment(
    call: StaffCall, invoice_id: str, body: NewInvoicePayment
) -> ExternalPaymentView:
    """Record money that came past Stripe for one invoice: all of it, a part, or too much.

    The invoice may be what a payment plan asks for as an instalment.
    """
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    came = _came(call, body, None)
    of_plan = invoice.purpose is Purpose.INSTALMENT
    pay = instalments.pay_demand if of_plan else external_payments.pay_invoice
    pay(call.ports, call.business_id, invoice_id, came, actor=call.actor)
    return _view(call, invoice.customer_id, came.id)


@routes.post(
    "/payment-plans/{payment_plan_id}/external-payments",
    status=201,
    refuses=(*_REFUSES, "plan_not_active", "instalment_paid", "instalment_not_found"),
)
def record_instalment_payment(
    call: StaffCall, payment_plan_id: str, body: NewInstalmentPayment
) -> ExternalPaymentView:
    """Record money that came past Stripe for a payment plan: an instalment, a part of it, or more.

    A charge of the instalment that is open at Stripe is cancelled first; one that is being
    processed forbids it, in words. When it bounces, reverse it: the instalment is due again.
    """
    came = _came(call, body, None)
    plan = _plan(call, payment_plan_id)
    instalments.pay_instalment(
        call.ports, call.business_id, plan.id, came, actor=call.actor, number=body.instalment
    )
    return _view(call, plan.customer_id, came.id)


@routes.post(
    _OF_CUSTOMER + "/{external_payment_id}/reverse",
    refuses=("already_reversed", "date_invalid", "refund_under_way"),
)
def reverse_external_payment(
    call: StaffCall, customer_id: str, external_payment_id: str, body: ReversePayment
) -> ExternalPaymentView:
    """Take back a payment that bounced: what it paid is owed again, and overdue again if it was."""
    reversed_on = _day(body.reversed_on, "reversed_on")
    done_once(
        call,
        lambda: external_payments.reverse_payment(
            call.ports,
            call.business_id,
            customer_id,
            external_payment_id,
            reversed_on=reversed_on,
            reason=body.reason,
            actor=call.actor,
        ),
        lambda: _read(call, customer_id, external_payment_id).reversed,
        lambda found: found is not None,
    )
    return _view(call, customer_id, external_payment_id)


def _plan(call: StaffCall, payment_plan_id: str) -> PaymentPlan:
    try:
        return call.ports.store.payment_plan(call.business_id, payment_plan_id)
    except NotFound as error:
        raise no_such("payment_plan") from error


def _own(call: StaffCall, customer_id: str) -> str:
    return call.ports.store.customer(call.business_id, customer_id).id


def _came(
    call: StaffCall,
    body: NewExternalPayment | NewInvoicePayment,
    chosen: tuple[Allocation, ...] | None,
) -> Received:
    return Received(
        id=call.id("ext"),
        method=body.method,
        reference=body.reference.strip(),
        amount=body.amount,
        received_on=_day(body.received_on, "received_on"),
        chosen=chosen,
        note=body.note,
    )


def _day(value: date, name: str) -> date:
    return day(value, name) or value


def _read(call: StaffCall, customer_id: str, external_payment_id: str) -> external_payments.Account:
    return external_payments.read_payment(
        call.ports, call.business_id, customer_id, external_payment_id
    )


def _view(call: StaffCall, customer_id: str, external_payment_id: str) -> ExternalPaymentView:
    return external_view(customer_id, _read(call, customer_id, external_payment_id))
