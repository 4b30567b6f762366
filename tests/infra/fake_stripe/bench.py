"""What every test of the fake stands on: a checked core behind the real SDK, and short verbs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import stripe

from infra.local.fake_stripe import FakeStripe, Options
from infra.local.fake_stripe.client import FakeClient

START = 1_790_000_000  # a Monday afternoon, UTC
DAY = 86_400
SECRET = "sk_test_bench"


class Ticking:
    """A clock a test moves by hand."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Bench:
    """One Stripe, fake or real, and the calls the product makes of it."""

    def __init__(self, client: stripe.StripeClient, run: str = "run") -> None:
        self.stripe = client
        self.v1 = client.v1
        self._run = run
        self._keys = 0

    def key(self, deed: str) -> dict[str, str]:
        """Options with a fresh key of our own format."""
        self._keys += 1
        return {"idempotency_key": f"{deed}/{self._run}/{self._keys}"}

    def customer(self) -> str:
        return str(self.v1.customers.create({"name": "Ada Byron"}).id)

    def saved(self, token: str = "pm_card_visa") -> tuple[str, str]:
        """A customer and a card attached to it."""
        customer = self.customer()
        method = self.v1.payment_methods.attach(token, {"customer": customer})
        return customer, str(method.id)

    def intent(self, customer: str | None = None, amount: int = 8900, **more: Any) -> str:
        params: Any = {
            "amount": amount,
            "currency": "usd",
            "allowed_payment_method_types": ["card", "us_bank_account"],
            **more,
        }
        if customer is not None:
            params["customer"] = customer
        return str(self.v1.payment_intents.create(params, self.key("pi")).id)  # type: ignore[arg-type]

    def confirm(self, intent: str, method: str, **more: Any) -> stripe.PaymentIntent:
        params: Any = {"payment_method": method, **more}
        return self.v1.payment_intents.confirm(intent, params, self.key("confirm"))  # type: ignore[arg-type]

    def declined(self, intent: str, method: str, **more: Any) -> Any:
        """The 402's error object."""
        try:
            self.confirm(intent, method, **more)
        except stripe.CardError as error:
            return error.error
        raise AssertionError("it was not declined")

    def paid(self, token: str = "pm_card_visa", amount: int = 8900) -> stripe.PaymentIntent:
        customer, method = self.saved(token)
        return self.confirm(self.intent(customer, amount), method, off_session=True)

    def upload(self, content: bytes, name: str = "evidence.pdf") -> stripe.File:
        file = BytesIO(content)
        file.name = name
        return self.v1.files.create(
            {"purpose": "dispute_evidence", "file": file},
            self.key("file/up"),  # type: ignore[arg-type]
        )

    def answer(self, dispute: str, evidence: Any, *, submit: bool = True) -> stripe.Dispute:
        wanted: Any = {"evidence": evidence} if submit else {"evidence": evidence, "submit": False}
        return self.v1.disputes.update(dispute, wanted, self.key("evidence/up"))  # type: ignore[arg-type]

    def concede(self, dispute: str) -> stripe.Dispute:
        return self.v1.disputes.close(dispute, None, self.key("accept"))  # type: ignore[arg-type]

    def refund(self, intent: str, **more: Any) -> stripe.Refund:
        params: Any = {"payment_intent": intent, **more}
        return self.v1.refunds.create(params, self.key("refund"))  # type: ignore[arg-type]

    def refused(self, call: Any) -> stripe.StripeError:
        """The error a call ends with."""
        try:
            call()
        except stripe.StripeError as error:
            return error
        raise AssertionError("it was not refused")


class FakeBench(Bench):
    """The same, with the fake's own doors and records at hand."""

    def __init__(
        self,
        *,
        checked: bool = True,
        seed: int = 1,
        options: Options | None = None,
        retries: int = 0,
    ) -> None:
        self.clock = Ticking()
        self.core = FakeStripe(self.clock, seed, checked=checked, options=options)
        super().__init__(
            stripe.StripeClient(
                SECRET, http_client=FakeClient(self.core), max_network_retries=retries
            )
        )

    def pass_days(self, days: int) -> None:
        self.clock.now += days * DAY
        self.core.run_due()

    def event_types(self, account: str | None = None) -> list[str]:
        return [event["type"] for event in self.core.account(account).events.values()]

    def saved_bank(self, number: str = "000123456789") -> tuple[str, str]:
        """A customer and a bank account with its mandate, saved on the hosted page."""
        customer = self.customer()
        session = self.v1.checkout.sessions.create(
            {
                "mode": "setup",
                "customer": customer,
                "currency": "usd",
                "success_url": "https://shop.test/done",
            }
        )
        setup = self.core.complete_checkout(session.id, number, kind="us_bank_account")
        return customer, str(setup["payment_method"])
