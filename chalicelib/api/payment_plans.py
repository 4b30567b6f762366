"""Payment plans: a customer's balance paid in instalments, each charged, dunned and shown."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.making import made_once
from chalicelib.api.representation.fields import Listing, listing
from chalicelib.api.representation.payment_plans import (
    CancelPaymentPlan,
    ChangePaymentPlan,
    NewPaymentPlan,
    PaymentPlansQuery,
    PaymentPlanView,
    PayPaymentPlan,
    parts_of,
    plan_view,
    wish_of,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import NotFound
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.services import payment_plans, planning

routes = Routes(__name__, "/v1/payment-plans", "Payment plans")


@routes.get()
def list_payment_plans(call: StaffCall, query: PaymentPlansQuery) -> Listing[PaymentPlanView]:
    """List payment plans, newest first."""
    store, limit, cursor = call.ports.store, query.limit, query.cursor
    if query.customer_id is None:
        page = store.payment_plans(call.business_id, limit=limit, cursor=cursor)
    else:
        customer = store.customer(call.business_id, query.customer_id)
        page = store.payment_plans_of(call.business_id, customer.id, limit=limit, cursor=cursor)
    return listing(page, map(plan_view, page.items))


@routes.get("/{payment_plan_id}")
def get_payment_plan(call: StaffCall, payment_plan_id: str) -> PaymentPlanView:
    """Read a plan: what is paid, what is next, what is left."""
    return plan_view(_own(call, payment_plan_id))


@routes.post("/preview", refuses=("instalments_invalid", "nothing_owed"))
def preview_payment_plan(call: StaffCall, body: NewPaymentPlan) -> PaymentPlanView:
    """Show a plan as it would be. Nothing is written."""
    wish = wish_of(body, "plan_preview")
    return plan_view(planning.preview_plan(call.ports, call.business_id, wish))


@routes.post(
    status=201,
    refuses=("instalments_invalid", "instalments_do_not_add_up", "nothing_owed",
             "plan_invoices_invalid", "payment_under_way"),
)  # fmt: skip
def create_payment_plan(call: StaffCall, body: NewPaymentPlan) -> PaymentPlanView:
    """Make a plan. From now on it collects its invoices, and nothing else does.

    Each instalment is asked for some days before its date, charged then or paid by hand, reminded
    and dunned like an invoice. What comes in pays the invoices, oldest first.
    """
    wish = wish_of(body, call.id("plan"))
    return plan_view(
        made_once(
            lambda: planning.make_plan(call.ports, call.business_id, wish, actor=call.actor),
            lambda: _own(call, wish.id),
        )
    )


@routes.post(
    "/{payment_plan_id}/change",
    refuses=("instalments_invalid", "instalments_do_not_add_up", "plan_not_active"),
)
def change_payment_plan(
    call: StaffCall, payment_plan_id: str, body: ChangePaymentPlan
) -> PaymentPlanView:
    """Replace the instalments that are not yet paid."""
    _own(call, payment_plan_id)
    return plan_view(
        payment_plans.change_plan(
            call.ports,
            call.business_id,
            payment_plan_id,
            parts_of(body.instalments),
            actor=call.actor,
            reason=body.reason,
            autopay=body.autopay,
        )
    )


@routes.post("/{payment_plan_id}/pay", status=202, refuses=("plan_not_active", "payment_under_way"))
def pay_payment_plan(
    call: StaffCall, payment_plan_id: str, body: PayPaymentPlan
) -> PaymentPlanView:
    """Charge the next instalment early, or all that is left; a worker does it in seconds."""
    _own(call, payment_plan_id)
    plan, _ = payment_plans.pay_early(
        call.ports,
        call.business_id,
        payment_plan_id,
        everything=body.everything,
        request_id=call.id("ask"),
        actor=call.actor,
        method_id=body.payment_method_id,
    )
    return plan_view(plan)


@routes.post("/{payment_plan_id}/cancel", refuses=("plan_not_active", "payment_under_way"))
def cancel_payment_plan(
    call: StaffCall, payment_plan_id: str, body: CancelPaymentPlan
) -> PaymentPlanView:
    """End a plan; its invoices collect for themselves again."""
    _own(call, payment_plan_id)
    return plan_view(
        payment_plans.cancel_plan(
            call.ports, call.business_id, payment_plan_id, actor=call.actor, reason=body.reason
        )
    )


def _own(call: StaffCall, payment_plan_id: str) -> PaymentPlan:
    try:
        return call.ports.store.payment_plan(call.business_id, payment_plan_id)
    except NotFound as error:
        raise no_such("payment_plan") from error
