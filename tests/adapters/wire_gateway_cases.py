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


def _account(stage: Stage) -> tuple[Ask, Effects]:
    return lambda: _ignored(stage.gateway.create_account(
        business_id=BUSINESS, country="US", email="", currency="USD", key=f"account/{BUSINESS}",
    )), lambda: list(stage.core.state.accounts)[1:]  # fmt: skip


def _account_page(stage: Stage) -> tuple[Ask, Effects]:
    account = stage.core.connect_account(ready=False)
    return lambda: _ignored(stage.gateway.create_account_page(
        account, return_url="https://desk.example/a", refresh_url="https://desk.example/b",
        key=f"account/{BUSINESS}/page/1",
    )), lambda: list(stage.core.state.account_links)  # fmt: skip


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


def _disputed(stage: Stage) -> str:
    _, charge_id = stage.paid(10000)
    return str(stage.core.dispute(charge_id, account=stage.account)["id"])


def _upload(stage: Stage) -> tuple[Ask, Effects]:
    return lambda: _ignored(stage.gateway.upload_evidence(
        stage.account, name="evidence.pdf", content=b"%PDF-1.7", key=f"file/{BUSINESS}/du_1/ab",
    )), lambda: list(stage.core.account(stage.account).files)  # fmt: skip


def _evidence(stage: Stage) -> tuple[Ask, Effects]:
    dispute_id = _disputed(stage)
    return lambda: _ignored(stage.gateway.submit_evidence(
        stage.account, dispute_id, fields={"customer_name": "Ada"}, request_id="ask_1",
        key=f"evidence/{BUSINESS}/{dispute_id}/ask_1",
    )), lambda: _in_status(stage, "under_review")  # fmt: skip


def _acceptance(stage: Stage) -> tuple[Ask, Effects]:
    dispute_id = _disputed(stage)
    return lambda: _ignored(stage.gateway.close_dispute(
        stage.account, dispute_id, key=f"accept/{BUSINESS}/{dispute_id}",
    )), lambda: _in_status(stage, "lost")  # fmt: skip


def _in_status(stage: Stage, status: str) -> list[str]:
    shelf = stage.core.account(stage.account).disputes
    return [row["id"] for row in shelf.values() if row["status"] == status]


def _ignored(_answer: object) -> None:
    """What it answered is the contract's business; here only whether it did."""


GATEWAY = {
    "Gateway.create_customer": GatewayCase("customers.create", _customer),
    "Gateway.create_account": GatewayCase("accounts.create", _account),
    "Gateway.create_account_page": GatewayCase("account_links.create", _account_page),
    "Gateway.create_setup_page": GatewayCase("checkout.sessions.create", _setup_page),
    "Gateway.detach_method": GatewayCase("payment_methods.detach", _detach),
    "Gateway.create_intent": GatewayCase("payment_intents.create", _intent),
    "Gateway.confirm_intent": GatewayCase("payment_intents.confirm", _confirm),
    "Gateway.cancel_intent": GatewayCase("payment_intents.cancel", _cancel),
    "Gateway.refund": GatewayCase("refunds.create", _refund),
    "Gateway.upload_evidence": GatewayCase("files.create", _upload),
    "Gateway.submit_evidence": GatewayCase("disputes.update", _evidence),
    "Gateway.close_dispute": GatewayCase("disputes.close", _acceptance),
}
