"""Random lives of a business through the real services: whatever happens, the books are right.

Each step is something a person, a bank or Stripe may do at that moment; a refusal is an answer too.
After every step each record is the fold of its facts, each chain is whole and the ledger balances;
at the end Stripe's own books agree to the cent.
"""

from __future__ import annotations

import os
from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import PaymentStatus, Trigger
from chalicelib.domain.subscription import Subscription
from chalicelib.services import customers, invoices, subscriptions
from infra.local.fake_stripe import ApiError
from tests.fakes.install import Install
from tests.fakes.memory_store import MemoryStore
from tests.services.checks import check_install, check_stripe

CARDS = ("4242424242424242", "5555555555554444", "4000056655665556")
BANKS = ("000123456789", "000222222227", "000111111113", "000555555559")
OUTCOMES = (
    "ok", "insufficient_funds", "processing_error", "stolen_card", "expired_card",
    "authentication_required", "invalid_amount", "do_not_honor", "unknown_thing",
)  # fmt: skip
FAULTS = (
    "drop_before", "drop_after", "error_500_stored", "error_500_after", "html_502_after",
    "rate_limit", "conflict",
)  # fmt: skip

_MOST_CUSTOMERS = 3  # more would only be strangers to each other


class Life(RuleBasedStateMachine):
    """One business, a few customers, and everything that may happen to them."""

    payers = Bundle("payers")
    sent = Bundle("sent")
    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.install = Install.at()
        self.install.store = MemoryStore(clock=self.install.clock.now, exact=True)
        self.install.deliverer.ports = self.install.ports
        self.install.business()
        self.requests = 0
        self.customers = 0

    @initialize(target=payers, number=st.sampled_from(CARDS))
    def somebody(self, number: str) -> Customer:
        return self.install.customer(card=number)

    @initialize(target=sent)
    def a_debt(self) -> Invoice:
        return self.install.invoice(self.install.customer(), 8900)

    @precondition(lambda self: self.customers < _MOST_CUSTOMERS)
    @rule(target=payers, number=st.sampled_from(CARDS), by_hand=st.booleans())
    def a_customer(self, number: str, *, by_hand: bool) -> Customer:
        self.customers += 1
        return self.install.customer(card=number, auto_charge=not by_hand)

    @rule(payer=payers, number=st.sampled_from(CARDS + BANKS))
    def saves_a_method(self, payer: Customer, number: str) -> None:
        kind = "us_bank_account" if number in BANKS else "card"
        self.install.save_card("biz_1", payer.id, number, kind=kind)
        self.install.settle()

    @rule(payer=payers)
    def removes_the_default(self, payer: Customer) -> None:
        known = self.install.store.customer("biz_1", payer.id).default_method_id
        if known is not None:
            with suppress(Conflict):
                customers.remove_method(self.install.ports, "biz_1", payer.id, known, actor=SYSTEM)
        self.install.settle()

    @rule(number=st.sampled_from(CARDS), outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=4))
    def banks_will_say(self, number: str, outcomes: list[str]) -> None:
        self.install.stripe.script_card(number, [*outcomes])

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def the_wire_fails(self, fault: str, times: int) -> None:
        self.install.stripe.faults.plan(fault, "payment_intents.confirm", times)

    @rule(target=sent, payer=payers, amount=st.sampled_from([8900, 4200, 49, 100]))
    def an_invoice(self, payer: Customer, amount: int) -> Invoice:
        return self.install.invoice(payer, amount)

    @rule(target=running, payer=payers, price=st.sampled_from([8900, 0]))
    def a_subscription(self, payer: Customer, price: int) -> Subscription:
        return self.install.subscription(payer, unit_amount=price)

    @rule(subscription=running, what=st.sampled_from(["pause", "resume", "drop", "collect"]))
    def staff_change_it(self, subscription: Subscription, what: str) -> None:
        ports, name = self.install.ports, subscription.id
        with suppress(Conflict):
            match what:
                case "pause":
                    subscriptions.pause(ports, "biz_1", name, actor=SYSTEM, reason="?")
                case "resume":
                    subscriptions.resume(ports, "biz_1", name, actor=SYSTEM, reason="?")
                case _:
                    subscriptions.cancel(
                        ports,
                        "biz_1",
                        name,
                        actor=SYSTEM,
                        reason="?",
                        collect_open_debt=what == "collect",
                    )
        self.install.settle()

    @rule(invoice=sent, present=st.booleans())
    def somebody_pays(self, invoice: Invoice, *, present: bool) -> None:
        self.requests += 1
        with suppress(Conflict):
            invoices.request_charge(
                self.install.ports,
                "biz_1",
                invoice.id,
                request_id=f"req_{self.requests}",
                trigger=Trigger.CUSTOMER if present else Trigger.STAFF,
                actor=SYSTEM,
                return_url="https://pay.example/back" if present else None,
            )
        self.install.settle()

    @rule(passed=st.booleans())
    def a_payer_answers_the_bank(self, *, passed: bool) -> None:
        for intent_id in [*self.install.stripe.account().actions]:
            self.install.stripe.authenticate(intent_id, passed=passed)
        self.install.settle()

    @rule(invoice=sent)
    def staff_cancel_it(self, invoice: Invoice) -> None:
        with suppress(Conflict):
            invoices.cancel_invoice(
                self.install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="?"
            )
        self.install.settle()

    @rule(invoice=sent, amount=st.integers(1, 5000))
    def a_refund(self, invoice: Invoice, amount: int) -> None:
        self.requests += 1
        for payment in self.install.read(invoice).payments:
            if payment.status is PaymentStatus.PAID and payment.charge_id is not None:
                with suppress(Conflict, NotFound):
                    self.install.ports.gateway.refund(
                        None,
                        charge_id=payment.charge_id,
                        amount=amount,
                        currency="USD",
                        reason="",
                        refund_id=f"r{self.requests}",
                        key=f"refund/biz_1/r{self.requests}",
                    )
        self.install.settle()

    @rule(invoice=sent, won=st.booleans())
    def a_dispute(self, invoice: Invoice, *, won: bool) -> None:
        stripe = self.install.stripe
        for payment in self.install.read(invoice).payments:
            if payment.status is not PaymentStatus.PAID or payment.disputed:
                continue
            known = stripe.account().disputes.values()
            if any(one["charge"] == payment.charge_id for one in known):
                continue
            assert payment.charge_id is not None
            dispute = stripe.dispute(payment.charge_id)
            self.install.settle()
            with suppress(ApiError):
                stripe.decide_dispute(dispute["id"], won=won)
        self.install.settle()

    @rule(hours=st.sampled_from([1, 5, 25, 80]))
    def time_goes_by(self, hours: int) -> None:
        self.install.advance(hours=hours)

    @rule()
    def reconciled(self) -> None:
        self.install.reconcile()

    @invariant()
    def the_books_are_right(self) -> None:
        check_install(self.install)

    def teardown(self) -> None:
        self.install.stripe.faults.clear()
        self.install.advance(hours=26)
        self.install.reconcile()
        check_install(self.install)
        check_stripe(self.install)


_LONG = "PROVE" in os.environ
LIVED = settings(
    max_examples=1000 if _LONG else 12,
    stateful_step_count=50 if _LONG else 14,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
TestLife.settings = LIVED
