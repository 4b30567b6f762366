"""Random lives in which the desk takes part too: cheques and their bounces, refunds, credit, plans.

What `test_histories.py` asks of every life is asked of these, after every step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import PaymentStatus
from chalicelib.services import (
    credit,
    credit_notes,
    external_payments,
    on_account,
    payment_plans,
    planning,
    refunding,
    write_offs,
)
from tests.services.test_histories import LIVED, Life

DESK = Actor(ActorKind.STAFF, "usr_1")


class DeskLife(Life):
    """Refusals are answers: a person at the desk reads them and goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.came: list[tuple[str, str]] = []  # customer and external payment
        self.applied: list[tuple[str, str]] = []
        self.plans: list[str] = []

    @initialize(target=Life.sent)
    def a_debt_that_nobody_charges(self) -> Invoice:
        return self.install.invoice(self.install.customer(auto_charge=False), 8900)

    def _asked(self, deed: Callable[[], object]) -> bool:
        """Whether it was done."""
        try:
            deed()
        except (Conflict, InvalidInput, NotFound):
            return False
        finally:
            self.install.settle()
        return True

    @rule(
        invoice=Life.sent,
        amount=st.integers(1, 12_000),
        method=st.sampled_from(ExternalMethod),
        kept=st.booleans(),
    )
    def money_comes_past_stripe(
        self, invoice: Invoice, amount: int, method: ExternalMethod, *, kept: bool
    ) -> None:
        name, today = f"ext_{next(self.numbers)}", self.install.clock.now().date()
        chosen = () if kept else None
        came = external_payments.Received(name, method, f"No. {name}", amount, today, chosen)
        if self._asked(
            lambda: external_payments.record_payment(
                self.install.ports, "biz_1", invoice.customer_id, came, actor=DESK
            )
        ):
            self.came.append((invoice.customer_id, name))

    @rule(which=st.integers(0, 9))
    def a_cheque_bounces(self, which: int) -> None:
        if not self.came:
            return
        customer_id, name = self.came[which % len(self.came)]
        today = self.install.clock.now().date()
        self._asked(
            lambda: external_payments.reverse_payment(
                self.install.ports,
                "biz_1",
                customer_id,
                name,
                reversed_on=today,
                reason="NSF",
                actor=DESK,
            )
        )

    @rule(invoice=Life.sent)
    def it_is_given_up(self, invoice: Invoice) -> None:
        ports = self.install.ports
        self._asked(
            lambda: write_offs.write_off(ports, "biz_1", invoice.id, reason="?", actor=DESK)
        )

    @rule(invoice=Life.sent, amount=st.integers(1, 9000))
    def it_is_credited(self, invoice: Invoice, amount: int) -> None:
        wanted = credit_notes.Correction(f"cn_{next(self.numbers)}", "Less was delivered.", amount)
        ports = self.install.ports
        self._asked(
            lambda: credit_notes.issue_credit_note(ports, "biz_1", invoice.id, wanted, actor=DESK)
        )

    @rule(invoice=Life.sent, amount=st.integers(1, 9000), from_credit=st.booleans())
    def staff_refund(self, invoice: Invoice, amount: int, *, from_credit: bool) -> None:
        paid = [
            one.id
            for one in self.install.read(invoice).payments
            if one.status is PaymentStatus.PAID
        ]
        if not paid:
            return
        name = f"ref_{next(self.numbers)}"
        self._asked(
            lambda: refunding.request_refund(
                self.install.ports,
                "biz_1",
                invoice.id,
                refund_id=name,
                payment_id=paid[0],
                amount=amount,
                reason="?",
                actor=DESK,
                from_credit=from_credit,
            )
        )

    @rule(invoice=Life.sent)
    def credit_is_applied(self, invoice: Invoice) -> None:
        name = f"app_{next(self.numbers)}"
        if self._asked(
            lambda: credit.apply_credit(
                self.install.ports,
                "biz_1",
                invoice.customer_id,
                application_id=name,
                chosen=None,
                actor=DESK,
            )
        ):
            self.applied.append((invoice.customer_id, name))

    @rule(which=st.integers(0, 9))
    def credit_is_taken_back(self, which: int) -> None:
        if not self.applied:
            return
        customer_id, name = self.applied[which % len(self.applied)]
        self._asked(
            lambda: credit.take_back(
                self.install.ports, "biz_1", customer_id, name, reason="?", actor=DESK
            )
        )

    @rule(invoice=Life.sent, amount=st.integers(50, 12_000))
    def a_payment_on_account(self, invoice: Invoice, amount: int) -> None:
        wish = on_account.Wish(f"inv_on_{next(self.numbers)}", invoice.customer_id, amount)
        ports = self.install.ports
        self._asked(lambda: on_account.take_payment(ports, "biz_1", wish, actor=DESK))

    @rule(invoice=Life.sent, parts=st.integers(2, 4))
    def a_plan(self, invoice: Invoice, parts: int) -> None:
        name = f"plan_{next(self.numbers)}"
        first = self.install.clock.now().date() + timedelta(days=1)
        wish = planning.PlanWish(name, invoice.customer_id, count=parts, first_on=first)
        ports = self.install.ports
        if self._asked(lambda: planning.make_plan(ports, "biz_1", wish, actor=DESK)):
            self.plans.append(name)

    @rule(which=st.integers(0, 9), everything=st.booleans())
    def a_plan_is_paid_early(self, which: int, *, everything: bool) -> None:
        if not self.plans:
            return
        name, request_id = self.plans[which % len(self.plans)], f"early_{next(self.numbers)}"
        self._asked(
            lambda: payment_plans.pay_early(
                self.install.ports,
                "biz_1",
                name,
                everything=everything,
                request_id=request_id,
                actor=DESK,
            )
        )

    @rule(which=st.integers(0, 9))
    def a_plan_is_called_off(self, which: int) -> None:
        if not self.plans:
            return
        name, ports = self.plans[which % len(self.plans)], self.install.ports
        self._asked(lambda: payment_plans.cancel_plan(ports, "biz_1", name, actor=DESK, reason="?"))


TestDeskLife = DeskLife.TestCase
TestDeskLife.settings = LIVED
