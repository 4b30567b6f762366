"""One payment: how it stands or ended, why, and what to do. One taken for a customer is cancelled
here too."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.customer_payments import own_payment, waited_for
from chalicelib.api.errors import no_such
from chalicelib.api.representation.taken import TakenPaymentView, taken_view, view_in_invoice
from chalicelib.api.routing import Routes
from chalicelib.domain import keys
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.services import on_account, taken

routes = Routes(__name__, "/v1/payments", "Payments")


@routes.get("/{payment_id}")
def get_taken_payment(call: StaffCall, payment_id: str) -> TakenPaymentView:
    """Read a payment: one taken for a customer, or one of an invoice or an instalment.

    `Prefer: wait=10` waits for the end of one that was taken. What came past Stripe is read among
    its customer's external payments.
    """
    if payment_id.startswith("pay_"):
        return _in_invoice(call, payment_id)
    return _view(call, waited_for(call, _own(call, payment_id)))


@routes.post("/{payment_id}/cancel", refuses=("payment_succeeded", "payment_under_way"))
def cancel_taken_payment(call: StaffCall, payment_id: str) -> TakenPaymentView:
    """Give a payment up while no money has come; its invoices are collected as before."""
    _own(call, payment_id)
    return _view(
        call,
        on_account.cancel_payment(call.ports, call.business_id, payment_id, actor=call.actor),
    )


def _in_invoice(call: StaffCall, payment_id: str) -> TakenPaymentView:
    """A payment's id names its invoice."""
    store, business_id = call.ports.store, call.business_id
    for head in store.read_heads(
        business_id, [(Subject.INVOICE, one) for one in keys.invoices_of(payment_id)]
    ):
        payment = head.payment(payment_id) if isinstance(head, Invoice) else None
        if isinstance(head, Invoice) and payment is not None:
            business = store.business(business_id)
            became = taken.paid_and_credited(call.ports, head, payment)
            return view_in_invoice(business, head, payment, became, codes=call.reads_codes)
    raise no_such("payment")


def _own(call: StaffCall, payment_id: str) -> Invoice:
    try:
        return own_payment(call, payment_id)
    except NotFound as error:
        raise no_such("payment") from error


def _view(call: StaffCall, demand: Invoice) -> TakenPaymentView:
    business = call.ports.store.business(call.business_id)
    return taken_view(business, demand, codes=call.reads_codes)
