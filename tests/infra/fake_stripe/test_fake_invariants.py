"""Whatever happens, in whatever order: the books are the sum of what happened.

Hypothesis plays payer, bank, staff and time against the core; after each deed the records must
agree with the balance transactions, and no intent may have been paid twice.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from infra.local.fake_stripe import FakeStripe, LostReply
from infra.local.fake_stripe.balance import card_fee, debit_fee
from infra.local.fake_stripe.cards import TOKENS
from infra.local.fake_stripe.faults import KINDS
from tests.infra.fake_stripe.bench import START, Ticking

AMOUNTS = st.sampled_from([50, 333, 8900, 1_000_000])
CARDS = st.sampled_from([*sorted(TOKENS)[:18], "pm_card_visa", "pm_card_createDispute",
                         "pm_card_refundFail", "pm_card_pendingRefund"])  # fmt: skip
BANKS = st.sampled_from(["000123456789", "000222222227", "000111111113", "000555555559"])


class Commerce(RuleBasedStateMachine):
    """A shop's year at random."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Ticking(START)
        self.core = FakeStripe(self.clock, checked=True)
        self.count = 0
        self.shop = self.core.account()

    def post(self, path: str, params: dict[str, Any] | None = None, deed: str = "pi") -> Any:
        self.count += 1
        key = f"{deed}/b/{self.count:05}"
        with suppress(LostReply):
            return self.core.call("POST", path, params, idempotency_key=key).body
        return {}

    def intent(self, amount: int, customer: str | None) -> str:
        given: dict[str, Any] = {"amount": amount, "currency": "usd"}
        given["allowed_payment_method_types"] = ["card", "us_bank_account"]
        if customer:
            given["customer"] = customer
        return str(self.post("/v1/payment_intents", given).get("id", "pi_lost"))

    @rule(amount=AMOUNTS, card=CARDS, off_session=st.booleans(), again=st.booleans())
    def pay_by_card(self, amount: int, card: str, off_session: bool, again: bool) -> None:
        customer = self.post("/v1/customers").get("id")
        method = self.post(f"/v1/payment_methods/{card}/attach", {"customer": customer})
        intent = self.intent(amount, customer)
        given = {"payment_method": method.get("id", "pm_lost"), "off_session": off_session}
        for _ in range(2 if again else 1):
            self.post(f"/v1/payment_intents/{intent}/confirm", given, "confirm")

    @rule(amount=AMOUNTS, bank=BANKS)
    def pay_by_bank(self, amount: int, bank: str) -> None:
        customer = self.post("/v1/customers").get("id")
        session = self.post(
            "/v1/checkout/sessions",
            {"mode": "setup", "customer": customer, "currency": "usd", "success_url": "https://x"},
        )
        if "id" not in session:
            return
        setup = self.core.complete_checkout(session["id"], bank, kind="us_bank_account")
        given = {"payment_method": setup["payment_method"], "off_session": True}
        intent = self.intent(amount, customer)
        self.post(f"/v1/payment_intents/{intent}/confirm", given, "confirm")

    @rule(data=st.data(), amount=st.sampled_from([1, 100, 8900]))
    @precondition(lambda self: self.shop.charges)
    def refund(self, data: Any, amount: int) -> None:
        charge = data.draw(st.sampled_from(sorted(self.shop.charges)))
        self.post("/v1/refunds", {"charge": charge, "amount": amount}, "refund")

    @rule(data=st.data(), passed=st.booleans())
    @precondition(lambda self: self.shop.actions)
    def authenticate(self, data: Any, passed: bool) -> None:
        self.core.authenticate(data.draw(st.sampled_from(sorted(self.shop.actions))), passed=passed)

    @rule(data=st.data(), won=st.booleans())
    def decide_a_dispute(self, data: Any, won: bool) -> None:
        open_ = [d["id"] for d in self.shop.disputes.values() if d["status"] == "needs_response"]
        if open_:
            self.core.decide_dispute(data.draw(st.sampled_from(open_)), won=won)

    @rule(data=st.data())
    @precondition(lambda self: self.shop.payment_intents)
    def cancel(self, data: Any) -> None:
        intent = data.draw(st.sampled_from(sorted(self.shop.payment_intents)))
        self.post(f"/v1/payment_intents/{intent}/cancel", {}, "cancel")

    @rule(days=st.integers(0, 20), fail=st.booleans())
    def let_time_pass(self, days: int, fail: bool) -> None:
        if fail:
            self.core.fail_next_payout()
        self.clock.now += days * 86_400
        self.core.run_due()

    @rule(kind=st.sampled_from(sorted(KINDS)))
    def something_breaks(self, kind: str) -> None:
        self.core.faults.plan(kind)

    @invariant()
    def the_books_follow_from_the_records(self) -> None:
        book = self.core.books().get("usd", {})
        paid = [c for c in self.shop.charges.values() if c["status"] == "succeeded"]
        refunds = [
            r["amount"]
            for r in self.shop.refunds.values()
            if r["status"] not in ("failed", "canceled")
        ]
        disputes = [d for d in self.shop.disputes.values() if d["balance_transactions"]]
        lost = [d["amount"] for d in disputes if d["status"] != "won"]
        payouts = [p["amount"] for p in self.shop.payouts.values() if p["status"] != "failed"]
        fees = [(card_fee if c["id"].startswith("ch_") else debit_fee)(c["amount"]) for c in paid]
        assert sum(c["amount"] for c in paid) == book.get("charges", 0)
        assert -sum(refunds) == book.get("refunds", 0)
        assert -sum(lost) == book.get("disputes", 0)
        assert -sum(payouts) == book.get("payouts", 0)
        assert sum(fees) + 1500 * len(lost) == book.get("fees", 0)
        rows = self.shop.balance_transactions.values()
        assert sum(row["net"] for row in rows) == book.get("net", 0)
        assert all(row["net"] == row["amount"] - row["fee"] for row in rows)

    @invariant()
    def no_intent_is_paid_twice(self) -> None:
        paid = [c["payment_intent"] for c in self.shop.charges.values() if c["paid"]]
        assert len(paid) == len(set(paid))
        for intent in self.shop.payment_intents.values():
            done = intent["status"] == "succeeded"
            assert done == (intent["id"] in paid)
            assert intent["amount_received"] == (intent["amount"] if done else 0)

    @invariant()
    def refunds_never_exceed_their_charge(self) -> None:
        for charge in self.shop.charges.values():
            assert 0 <= charge["amount_refunded"] <= charge["amount"]

    @invariant()
    def a_payout_is_the_sum_of_its_members(self) -> None:
        for payout in self.shop.payouts.values():
            members = [k for k, v in self.shop.paid_out_in.items() if v == payout["id"]]
            rows = [self.shop.balance_transactions[row] for row in members]
            assert sum(row["net"] for row in rows) == 0
            assert payout["amount"] > 0


Commerce.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestCommerce = Commerce.TestCase
