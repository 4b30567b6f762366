"""Payment methods saved at Stripe: which there are, which is the default, which has to go."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.customers import PaymentMethodList, method_views
from chalicelib.api.routing import Routes
from chalicelib.services import customers

routes = Routes(__name__, "/v1/customers/{customer_id}/payment-methods", "Payment methods")


@routes.get()
def list_payment_methods(call: StaffCall, customer_id: str) -> PaymentMethodList:
    """List a customer's payment methods."""
    customer = call.ports.store.customer(call.business_id, customer_id)
    return PaymentMethodList(data=method_views(customer))


@routes.post("/{payment_method_id}/default")
def choose_default_payment_method(
    call: StaffCall, customer_id: str, payment_method_id: str
) -> PaymentMethodList:
    """Make a payment method the default.

    Open invoices whose charge has failed are charged to it at once.
    """
    customer = customers.choose_default(
        call.ports, call.business_id, customer_id, payment_method_id, actor=call.actor
    )
    return PaymentMethodList(data=method_views(customer))


@routes.delete("/{payment_method_id}", refuses=("method_in_use",))
def remove_payment_method(
    call: StaffCall, customer_id: str, payment_method_id: str
) -> PaymentMethodList:
    """Remove a payment method here and at Stripe; answers with those that are left."""
    customer = customers.remove_method(
        call.ports, call.business_id, customer_id, payment_method_id, actor=call.actor
    )
    return PaymentMethodList(data=method_views(customer))
