"""How each writing method of the Gateway is asked on the wire, and what came of it at Stripe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import ConfirmAnswer, IntentStatus, NewIntent
from tests.contracts.gateway_stage import BUSINESS, Stage

Ask = Callable[[], None]
Effects = Callable[[], list[str]]


@dataclass(frozen=True)
class GatewayCase:
    """`stage` prepares without faults; it gives the call, and what of it is on Stripe's shelves."""

    operation: str
    stage: Callable[[Stage], tuple[Ask, Effects]]


def _customer(stage: Stage) -> tuple[Ask, Effects]:
    return lambda: _ignored(stage.gateway.create_customer(
        stage.account, business_id=BUSINESS, customer_id="cus_1", name="Ada", email="",
        key=f"customer/{BUSINESS}/cus_1",
    )), lambda: list(stage.core.account(stage.account).customers)  # fmt: skip


def _setup_page(stage: Stage) -> tuple[Ask, Effects]:
    customer = stage.customer()
    return lambda: _ignored(stage.gateway.create_setup_page(
        stage.account, customer=customer, business_id=BUSINESS, customer_id="cus_ours",
        currency="USD", success_url="https://pay.example/a", cancel_url="https://pay.example/b",
        key=f"setup/{BUSINESS}/req",
    )), lambda: list(stage.core.account(stage.account).sessions)  # fmt: skip


def _detach(stage: Stage) -> tuple[Ask, Effects]:
    payer = stage.payer()
    key = f"detach/{BUSINESS}/{payer.method_id}"

    def gone() -> list[str]:
        shelf = stage.core.account(stage.account).payment_methods
        return [method_id for method_id, method in shelf.items() if method.detached]

    return lambda: stage.gateway.detach_method(stage.account, payer.method_id, key=key), gone


def _intent(stage: Stage) -> tuple[Ask, Effects]:
    payer = stage.payer()
    wanted = NewIntent(
        business_id=BUSINESS, invoice_id="inv_9", payment_id="pay_9", customer=payer.stripe_id,
        amount=8900, currency="USD", description="Invoice 9",
    )  # fmt: skip
    key = f"pi/{BUSINESS}/pay_9"
    return (
        lambda: _ignored(stage.gateway.create_intent(stage.account, wanted, key=key)),
        lambda: list(stage.core.account(stage.account).payment_intents),
    )


def _confirm(stage: Stage) -> tuple[Ask, Effects]:
    """It says what it does not know instead of raising it."""
    payer = stage.payer()
    intent_id = stage.intent(payer)

    def ask() -> None:
        answer = stage.confirm(intent_id, payer).answer
        if answer in {ConfirmAnswer.UNKNOWN, ConfirmAnswer.NOT_NOW}:
            raise Unanswered(answer.value)
        assert answer is ConfirmAnswer.ACCEPTED

    return ask, lambda: stage.charges(intent_id)


def _cancel(stage: Stage) -> tuple[Ask, Effects]:
    intent_id = stage.intent(stage.payer())

    def ask() -> None:
        seen = stage.gateway.cancel_intent(
            stage.account, intent_id, key=f"cancel/{BUSINESS}/{intent_id}"
        )
        assert seen.status is IntentStatus.CANCELED

    def cancelled() -> list[str]:
        shelf = stage.core.account(stage.account).payment_intents
        return [row["id"] for row in shelf.values() if row["status"] == "canceled"]

    return ask, cancelled


def _refund(stage: Stage) -> tuple[Ask, Effects]:
    _, charge_id = stage.paid(10000)
    return lambda: _ignored(stage.gateway.refund(
        stage.account, charge_id=charge_id, amount=2500, currency="USD", reason="",
        refund_id="ref_1", key=f"refund/{BUSINESS}/ref_1",
    )), lambda: list(stage.core.account(stage.account).refunds)  # fmt: skip


def _ignored(_answer: object) -> None:
    """What it answered is the contract's business; here only whether it did."""


GATEWAY = {
    "Gateway.create_customer": GatewayCase("customers.create", _customer),
    "Gateway.create_setup_page": GatewayCase("checkout.sessions.create", _setup_page),
    "Gateway.detach_method": GatewayCase("payment_methods.detach", _detach),
    "Gateway.create_intent": GatewayCase("payment_intents.create", _intent),
    "Gateway.confirm_intent": GatewayCase("payment_intents.confirm", _confirm),
    "Gateway.cancel_intent": GatewayCase("payment_intents.cancel", _cancel),
    "Gateway.refund": GatewayCase("refunds.create", _refund),
}
