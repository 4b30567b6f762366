"""Taking a payment for a customer: the balance is suggested, a worker charges within seconds.

`Prefer: wait=10` waits up to that many seconds, at most 20, for the payment to end.
"""

from __future__ import annotations

import re

from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.representation.taken import (
    NewPayment,
    PaymentSuggestion,
    TakenPaymentView,
    suggestion_view,
    taken_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.payment import Allocation
from chalicelib.services import customers, on_account, taken
from chalicelib.services.on_account import Wish
from chalicelib.services.taken import TakenStatus

routes = Routes(__name__, "/v1/customers/{customer_id}/payments", "Payments")
LONGEST_WAIT = 20
_PAUSE = 0.5
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,3})(?:$|[,;\s])")
_GOING_ON = {TakenStatus.PROCESSING}


@routes.get("/suggestion")
def suggest_payment(call: StaffCall, customer_id: str) -> PaymentSuggestion:
    """Suggest a payment: the outstanding balance, its invoices, and what it could be paid with."""
    customer = _customer(call, customer_id)
    business = call.ports.store.business(call.business_id)
    return suggestion_view(customer, taken.suggest_payment(call.ports, business, customer))


@routes.post(
    status=202,
    refuses=("no_payment_method", "payment_under_way", "allocation_invalid", "amount_invalid"),
)
def take_payment(call: StaffCall, customer_id: str, body: NewPayment) -> TakenPaymentView:
    """Take a payment for a customer; a worker charges it in seconds.

    It pays the open invoices, oldest first or as chosen; what is left becomes credit. Send
    `Prefer: wait=10` to be answered with the result. Asked again while one of the same amount is
    under way, it is the same payment.
    """
    _customer(call, customer_id)
    wish = _wish(call, customer_id, body)
    demand = on_account.take_payment(call.ports, call.business_id, wish, actor=call.actor)
    if body.new_method and on_account.waits_for_page(call.ports, call.business_id, demand.id):
        return _with_page(call, demand, body)
    return _view(call, waited_for(call, demand))


def waited_for(call: StaffCall, demand: Invoice) -> Invoice:
    """The payment when it has ended, or when the caller would not wait any longer."""
    business = call.ports.store.business(call.business_id)
    left = wait_of(call.request.headers.get("Prefer") or "")
    while left > 0 and taken.outcome_of_payment(business, demand).status in _GOING_ON:
        call.context.pause(_PAUSE)
        left -= _PAUSE
        demand = call.ports.store.invoice(call.business_id, demand.id)
    return demand


def wait_of(prefer: str) -> float:
    """The seconds that `Prefer: wait=` asks for, as far as we let anybody wait."""
    found = _WAIT.search(prefer)
    return float(min(int(found[1]), LONGEST_WAIT)) if found else 0.0


def _wish(call: StaffCall, customer_id: str, body: NewPayment) -> Wish:
    if body.new_method and body.payment_method_id is not None:
        words = "Name a saved payment method, or ask for a new one: not both."
        raise InvalidInput("payment_method_ambiguous", words)
    if not (body.new_method or body.save_method):
        words = "The method is saved already; save_method is for a new one."
        raise InvalidInput("save_method_without_new", words)
    chosen = body.invoices
    return Wish(
        id=call.id("poa"),
        customer_id=customer_id,
        amount=body.amount,
        method_id=body.payment_method_id,
        new_method=body.new_method,
        save_method=body.save_method,
        description=body.description,
        chosen=None if chosen is None else tuple(Allocation(one.id, one.amount) for one in chosen),
        return_url=None if body.new_method else body.return_url,
    )


def _with_page(call: StaffCall, demand: Invoice, body: NewPayment) -> TakenPaymentView:
    """Stripe's page for it: of the same payment it is the same page."""
    home = call.ports.links.back_office
    page = customers.start_setup(
        call.ports,
        call.business_id,
        demand.customer_id,
        request_id=demand.id,
        success_url=body.return_url or home,
        cancel_url=body.cancel_url or body.return_url or home,
        demand_id=demand.id,
    )
    return _view(call, demand, setup_url=page.url)


def _customer(call: StaffCall, customer_id: str) -> Customer:
    return call.ports.store.customer(call.business_id, customer_id)


def _view(call: StaffCall, demand: Invoice, setup_url: str | None = None) -> TakenPaymentView:
    business = call.ports.store.business(call.business_id)
    return taken_view(business, demand, codes=call.reads_codes, setup_url=setup_url)


def own_payment(call: StaffCall, payment_id: str) -> Invoice:
    """Raises NotFound for what is no payment of the caller's business."""
    found = call.ports.store.invoice(call.business_id, payment_id)
    if found.purpose is not Purpose.ON_ACCOUNT:
        raise no_such("payment")
    return found
