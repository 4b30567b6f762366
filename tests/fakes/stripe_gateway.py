"""The Gateway straight over the fake Stripe's core: no SDK, no HTTP, for tests and the simulation.

Only the call itself is replaced; what is asked and how answers are read is the product's own code.
The SDK's two repeats are not made here, so every fault reaches the service that asked.
"""

from __future__ import annotations

from chalicelib.adapters.stripe.calls import Body, Operation, StripeRefusal
from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.ports.answers import Unanswered
from infra.local.fake_stripe import FakeStripe, LostReply

_ENDPOINTS = {
    Operation.CREATE_CUSTOMER: ("POST", "/v1/customers"),
    Operation.LIST_METHODS: ("GET", "/v1/customers/{}/payment_methods"),
    Operation.READ_METHOD: ("GET", "/v1/payment_methods/{}"),
    Operation.DETACH_METHOD: ("POST", "/v1/payment_methods/{}/detach"),
    Operation.CREATE_SESSION: ("POST", "/v1/checkout/sessions"),
    Operation.READ_SESSION: ("GET", "/v1/checkout/sessions/{}"),
    Operation.LIST_SESSIONS: ("GET", "/v1/checkout/sessions"),
    Operation.CREATE_INTENT: ("POST", "/v1/payment_intents"),
    Operation.CONFIRM_INTENT: ("POST", "/v1/payment_intents/{}/confirm"),
    Operation.READ_INTENT: ("GET", "/v1/payment_intents/{}"),
    Operation.CANCEL_INTENT: ("POST", "/v1/payment_intents/{}/cancel"),
    Operation.LIST_INTENTS: ("GET", "/v1/payment_intents"),
    Operation.LIST_CHARGES: ("GET", "/v1/charges"),
    Operation.CREATE_REFUND: ("POST", "/v1/refunds"),
    Operation.LIST_REFUNDS: ("GET", "/v1/refunds"),
    Operation.LIST_DISPUTES: ("GET", "/v1/disputes"),
    Operation.READ_DISPUTE: ("GET", "/v1/disputes/{}"),
    Operation.ANSWER_DISPUTE: ("POST", "/v1/disputes/{}"),
    Operation.CLOSE_DISPUTE: ("POST", "/v1/disputes/{}/close"),
    Operation.READ_FRAUD_WARNING: ("GET", "/v1/radar/early_fraud_warnings/{}"),
    Operation.LIST_FRAUD_WARNINGS: ("GET", "/v1/radar/early_fraud_warnings"),
    Operation.CREATE_FILE: ("POST", "/v1/files"),
    Operation.READ_PAYOUT: ("GET", "/v1/payouts/{}"),
    Operation.LIST_PAYOUTS: ("GET", "/v1/payouts"),
    Operation.READ_APPLICATION_FEE: ("GET", "/v1/application_fees/{}"),
    Operation.LIST_APPLICATION_FEES: ("GET", "/v1/application_fees"),
    Operation.CREATE_ACCOUNT: ("POST", "/v1/accounts"),
    Operation.READ_ACCOUNT: ("GET", "/v1/accounts/{}"),
    Operation.LIST_ACCOUNTS: ("GET", "/v1/accounts"),
    Operation.CREATE_ACCOUNT_LINK: ("POST", "/v1/account_links"),
}


class CoreCalls:
    """The seam `chalicelib.adapters.stripe.calls.Calls`, answered by the core."""

    def __init__(self, core: FakeStripe) -> None:
        self._core = core

    def __call__(
        self,
        operation: Operation,
        *ids: str,
        account: str | None,
        params: Body | None = None,
        key: str | None = None,
    ) -> Body:
        method, path = _ENDPOINTS[operation]
        for stream in (params or {}).values():
            if hasattr(stream, "seek"):  # the SDK repeats what it has read, not what it could read
                stream.seek(0)
        try:
            reply = self._core.call(
                method, path.format(*ids), params, account=account, idempotency_key=key
            )
        except LostReply as lost:
            raise Unanswered(str(lost)) from lost
        if reply.status >= 400:
            raise StripeRefusal(reply.status, reply.body.get("error", {}))
        return reply.body


class DirectGateway(StripeGateway):
    """`DirectGateway(core)` where `core` is a FakeStripe."""

    def __init__(self, core: FakeStripe) -> None:
        super().__init__(CoreCalls(core))
