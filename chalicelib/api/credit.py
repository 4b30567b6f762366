"""A customer's unapplied credit: read, applied to invoices, taken back, paid out."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import done_once
from chalicelib.api.representation.by_hand import (
    ApplyCredit,
    CreditView,
    NewCreditPayout,
    RejectCreditPayout,
    TakeBackCredit,
    chosen_of,
    move_view,
    payout_view,
)
from chalicelib.api.representation.fields import day
from chalicelib.api.routing import Routes
from chalicelib.services import credit, credit_payouts

routes = Routes(__name__, "/v1/customers/{customer_id}/credit", "Credit")


@routes.get()
def get_credit(call: StaffCall, customer_id: str) -> CreditView:
    """Read a customer's unapplied credit and what moved it."""
    return _view(call, customer_id)


@routes.post(
    "/applications",
    status=201,
    refuses=("credit_too_small", "nothing_to_apply", "allocation_invalid", "payment_under_way"),
)
def apply_credit(call: StaffCall, customer_id: str, body: ApplyCredit) -> CreditView:
    """Pay invoices by unapplied credit: the oldest due first, or as chosen."""
    credit.apply_credit(
        call.ports,
        call.business_id,
        customer_id,
        application_id=call.id("app"),
        chosen=chosen_of(body.invoices),
        actor=call.actor,
    )
    return _view(call, customer_id)


@routes.post(
    "/applications/{credit_application_id}/take-back",
    refuses=("already_reversed", "invoice_closed"),
)
def take_back_credit(
    call: StaffCall, customer_id: str, credit_application_id: str, body: TakeBackCredit
) -> CreditView:
    """Make what was applied by hand credit again: the invoices owe it anew."""
    done_once(
        call,
        lambda: credit.take_back(
            call.ports,
            call.business_id,
            customer_id,
            credit_application_id,
            reason=body.reason,
            actor=call.actor,
        ),
        lambda: credit.read_taken_back(
            call.ports, call.business_id, customer_id, credit_application_id
        ),
        lambda found: found is not None,
    )
    return _view(call, customer_id)


@routes.post("/payouts", status=201, refuses=("credit_too_small", "date_in_future"))
def pay_out_credit(call: StaffCall, customer_id: str, body: NewCreditPayout) -> CreditView:
    """Note that credit was given back past Stripe: by transfer, cheque or in cash.

    Above the business's limit, counted over thirty days, it is set aside and waits for a second
    person: pay it when it is agreed to. `paid_on` is then that day.
    """
    credit_payouts.pay_out(
        call.ports,
        call.business_id,
        customer_id,
        payout_id=call.id("out"),
        method=body.method,
        reference=body.reference.strip(),
        amount=body.amount,
        paid_on=day(body.paid_on, "paid_on") or body.paid_on,
        reason=body.reason,
        actor=call.actor,
    )
    return _view(call, customer_id)


@routes.post(
    "/payouts/{credit_payout_id}/approve",
    refuses=("payout_decided", "approver_is_requester", "credit_too_small"),
)
def approve_credit_payout(call: StaffCall, customer_id: str, credit_payout_id: str) -> CreditView:
    """Agree to a payout that somebody else has asked for; it is noted as paid today."""
    credit_payouts.approve_payout(
        call.ports, call.business_id, customer_id, credit_payout_id, actor=call.actor
    )
    return _view(call, customer_id)


@routes.post("/payouts/{credit_payout_id}/reject", refuses=("payout_decided",))
def reject_credit_payout(
    call: StaffCall, customer_id: str, credit_payout_id: str, body: RejectCreditPayout
) -> CreditView:
    """Refuse a payout that waits for a second person: its credit is the customer's again. Who asked
    for it may withdraw it so."""
    credit_payouts.reject_payout(
        call.ports,
        call.business_id,
        customer_id,
        credit_payout_id,
        actor=call.actor,
        reason=body.reason,
    )
    return _view(call, customer_id)


def _view(call: StaffCall, customer_id: str) -> CreditView:
    business = call.ports.store.business(call.business_id)
    customer = call.ports.store.customer(call.business_id, customer_id)
    moves = credit.movements(call.ports, call.business_id, customer_id)
    paid_out = credit_payouts.payouts_of(call.ports, call.business_id, customer_id)
    return CreditView(
        customer_id=customer.id,
        currency=business.currency,
        credit=customer.credit,
        movements=tuple(map(move_view, moves)),
        payouts=tuple(map(payout_view, paid_out)),
    )
