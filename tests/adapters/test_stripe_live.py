"""The gateway against Stripe's own test mode: what no documentation promises, asked of Stripe.

    STRIPE_API_KEY=sk_test_… pytest -m live tests/adapters/test_stripe_live.py

Without such a key these tests are deselected (conftest.py). They create objects in that account and
move no real money. STRIPE_API_BASE points them elsewhere, which is how they were written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from chalicelib.adapters.ids import RandomIds
from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.adapters.stripe.sdk import API_VERSION, SdkCalls
from chalicelib.domain.declines import DeclineClass
from chalicelib.ports.stripe_objects import (
    ConfirmAnswer,
    Confirmed,
    IntentStatus,
    NewIntent,
)

pytestmark = pytest.mark.live

NEW = RandomIds().new
BUSINESS = NEW("biz")


@dataclass(frozen=True)
class Live:
    gateway: StripeGateway
    client: stripe.StripeClient

    def customer(self) -> str:
        customer_id = NEW("cus")
        return self.gateway.create_customer(
            None,
            business_id=BUSINESS,
            customer_id=customer_id,
            name="Live Test",
            email="live-test@example.com",
            key=f"customer/{BUSINESS}/{customer_id}",
        )

    def saved(self, customer: str, token: str) -> str:
        """One of Stripe's test methods, attached."""
        method = self.client.v1.payment_methods.attach(
            token, {"customer": customer}, {"idempotency_key": f"attach/{BUSINESS}/{NEW('key')}"}
        )
        return method.id

    def intent(self, customer: str, amount: int = 8900) -> str:
        payment = NEW("pay")
        wanted = NewIntent(
            business_id=BUSINESS,
            invoice_id=NEW("inv"),
            payment_id=payment,
            customer=customer,
            amount=amount,
            currency="USD",
            description="Live test",
        )
        return self.gateway.create_intent(None, wanted, key=f"pi/{BUSINESS}/{payment}")

    def confirm(
        self, intent_id: str, method_id: str, number: int, *, off_session: bool = True
    ) -> Confirmed:
        return self.gateway.confirm_intent(
            None,
            intent_id,
            method_id=method_id,
            mandate_id=None,
            off_session=off_session,
            return_url=None if off_session else "https://pay.example/back",
            key=f"confirm/{BUSINESS}/{intent_id}/{number}",
        )


@pytest.fixture(scope="module")
def live() -> Live:
    key, base = os.environ["STRIPE_API_KEY"], os.environ.get("STRIPE_API_BASE", "")
    client = stripe.StripeClient(
        key, stripe_version=API_VERSION, base_addresses={"api": base} if base else {}
    )
    return Live(StripeGateway(SdkCalls(lambda: key, api_base=base)), client)


def test_the_same_intent_is_paid_after_a_decline(live: Live) -> None:
    customer = live.customer()
    bad = live.saved(customer, "pm_card_chargeCustomerFail")
    good = live.saved(customer, "pm_card_visa")
    intent_id = live.intent(customer)
    declined = live.confirm(intent_id, bad, 1)
    assert declined.answer is ConfirmAnswer.DECLINED
    assert live.confirm(intent_id, bad, 1) == declined
    seen = live.gateway.read_intent(None, intent_id)
    assert seen.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert seen.last_error_method_id == bad
    assert seen.latest_charge is not None
    assert seen.latest_charge.decline is not None
    assert seen.latest_charge.decline.network_status != ""
    assert live.confirm(intent_id, good, 2).answer is ConfirmAnswer.ACCEPTED
    charges = live.gateway.charges_of(None, intent_id)
    assert [charge.method_id for charge in charges] == [good, bad]
    assert live.confirm(intent_id, good, 3).answer is ConfirmAnswer.UNEXPECTED_STATE


def test_a_card_that_wants_its_payer_is_finished_on_the_same_intent(live: Live) -> None:
    customer = live.customer()
    method = live.saved(customer, "pm_card_authenticationRequired")
    intent_id = live.intent(customer)
    declined = live.confirm(intent_id, method, 1)
    assert declined.decline is not None
    assert declined.decline.decline_class is DeclineClass.AUTH
    assert live.confirm(intent_id, method, 2, off_session=False).answer is ConfirmAnswer.ACCEPTED
    seen = live.gateway.read_intent(None, intent_id)
    assert seen.status is IntentStatus.REQUIRES_ACTION
    assert (seen.action_url or "").startswith("http")
    cancelled = live.gateway.cancel_intent(None, intent_id, key=f"cancel/{BUSINESS}/{intent_id}")
    assert cancelled.status is IntentStatus.CANCELED


def test_other_parameters_under_the_same_key_are_refused(live: Live) -> None:
    customer = live.customer()
    first, second = (live.saved(customer, "pm_card_visa") for _ in range(2))
    intent_id = live.intent(customer)
    live.confirm(intent_id, first, 1)
    answer = live.confirm(intent_id, second, 1)
    assert answer == Confirmed(ConfirmAnswer.UNKNOWN, "idempotency_error")


def test_a_paid_intent_is_not_cancelled_and_its_charge_is_refunded(live: Live) -> None:
    customer = live.customer()
    method = live.saved(customer, "pm_card_visa")
    intent_id = live.intent(customer, 10000)
    live.confirm(intent_id, method, 1)
    seen = live.gateway.cancel_intent(None, intent_id, key=f"cancel/{BUSINESS}/{intent_id}")
    assert seen.status is IntentStatus.SUCCEEDED
    assert seen.latest_charge is not None
    refund_id = NEW("ref")
    refund = live.gateway.refund(
        None,
        charge_id=seen.latest_charge.id,
        amount=2500,
        currency="USD",
        reason="requested_by_customer",
        refund_id=refund_id,
        key=f"refund/{BUSINESS}/{refund_id}",
    )
    assert (refund.amount, refund.charge_id) == (2500, seen.latest_charge.id)
    assert live.gateway.refunds_of(None, seen.latest_charge.id) == [refund]


def test_a_detached_card_was_never_tried(live: Live) -> None:
    """Tells which code Stripe gives for it, which `domain/outcome.py` sorts by."""
    customer = live.customer()
    method = live.saved(customer, "pm_card_visa")
    intent_id = live.intent(customer)
    for _ in range(2):
        live.gateway.detach_method(None, method, key=f"detach/{BUSINESS}/{method}")
    assert live.gateway.methods_of(None, customer) == []
    answer = live.confirm(intent_id, method, 1)
    assert answer.answer is ConfirmAnswer.REFUSED
    assert live.gateway.charges_of(None, intent_id) == []


def test_a_hosted_page_saves_cards_and_bank_accounts(live: Live) -> None:
    page = live.gateway.create_setup_page(
        None,
        customer=live.customer(),
        business_id=BUSINESS,
        customer_id="cus_ours",
        currency="USD",
        success_url="https://pay.example/saved",
        cancel_url="https://pay.example/cards",
        key=f"setup/{BUSINESS}/{NEW('req')}",
    )
    assert page.url.startswith("http")
    seen = live.gateway.read_setup(None, page.id)
    assert (seen.complete, seen.customer_id, seen.business_id) == (False, "cus_ours", BUSINESS)


def test_new_intents_are_listed_at_once(live: Live) -> None:
    intent_id = live.intent(live.customer())
    page = live.gateway.intents_since(None, datetime.now(UTC) - timedelta(minutes=10))
    assert intent_id in {seen.id for seen in page.items}
