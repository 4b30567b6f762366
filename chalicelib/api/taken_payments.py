"""A payment that was taken for a customer: how it ended, why, and what to do."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.customer_payments import own_payment, waited_for
from chalicelib.api.errors import no_such
from chalicelib.api.representation.taken import TakenPaymentView, taken_view
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import NotFound
from chalicelib.domain.invoice import Invoice
from chalicelib.services import on_account

routes = Routes(__name__, "/v1/payments", "Payments")


@routes.get("/{payment_id}")
def get_taken_payment(call: StaffCall, payment_id: str) -> TakenPaymentView:
    """Read a payment that was taken for a customer. `Prefer: wait=10` waits for its end."""
    return _view(call, waited_for(call, _own(call, payment_id)))


@routes.post("/{payment_id}/cancel", refuses=("payment_succeeded", "payment_under_way"))
def cancel_taken_payment(call: StaffCall, payment_id: str) -> TakenPaymentView:
    """Give a payment up while no money has come; its invoices are collected as before."""
    _own(call, payment_id)
    return _view(
        call,
        on_account.cancel_payment(call.ports, call.business_id, payment_id, actor=call.actor),
    )


def _own(call: StaffCall, payment_id: str) -> Invoice:
    try:
        return own_payment(call, payment_id)
    except NotFound as error:
        raise no_such("payment") from error


def _view(call: StaffCall, demand: Invoice) -> TakenPaymentView:
    business = call.ports.store.business(call.business_id)
    return taken_view(business, demand, codes=call.reads_codes)
