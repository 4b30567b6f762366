"""A payment plan over a balance: asked for part by part, dunned, changed, broken, completed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.applying import CreditApplied
from chalicelib.domain.errors import Conflict, DomainError, InvalidInput
from chalicelib.domain.facts import SYSTEM, Subject, chain_is_whole
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.domain.payment_plan import (
    Acceleration,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
    Rhythm,
)
from chalicelib.domain.record import on_party
from chalicelib.ports.rows import Change
from chalicelib.services import clocks, invoices, payment_plans, planning
from chalicelib.services.case import open_case, record
from chalicelib.services.delivery import ref_of
from chalicelib.services.planning import PlanWish
from tests.fakes.install import VISA, Install

START = date(2026, 1, 1)
FEBRUARY = date(2026, 2, 1)


def owing(install: Install, customer: Customer) -> tuple[Invoice, Invoice]:
    """9000 in two invoices that nobody has charged yet."""
    two = tuple(install.invoice(customer, one, due_on=date(2026, 5, 1)) for one in (6000, 3000))
    install.settle()
    return two  # type: ignore[return-value]


def plan_of(install: Install, customer: Customer, **more: Any) -> PaymentPlan:
    wish = PlanWish(install.ids.new("plan"), customer.id, count=3, first_on=FEBRUARY)
    return planning.make_plan(install.ports, "biz_1", replace(wish, **more), actor=SYSTEM)


def read(install: Install, plan: PaymentPlan) -> PaymentPlan:
    return install.store.payment_plan("biz_1", plan.id)


def demand(install: Install, plan: PaymentPlan, number: int) -> Invoice:
    one = read(install, plan).instalment(number)
    assert one is not None
    return install.store.invoice("biz_1", one.demand_id)


def states(install: Install, plan: PaymentPlan) -> list[str]:
    return [one.state.value for one in read(install, plan).instalments]


class Watched:
    """A store whose stream is delivered right after every write."""

    def __init__(self, install: Install) -> None:
        self.store, self.deliver = install.store, install.deliverer.deliver

    def append(self, *given: Any, **named: Any) -> None:
        self.store.append(*given, **named)
        self.deliver([ref_of(row.fact) for row in self.store.fact_rows() if row.open])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def check_books(install: Install) -> None:
    sums = trial_balance(leg for fact in install.store.all_facts() for leg in fact.legs)
    assert sum(sums.values()) == 0
    books = install.stripe.books().get("usd", {"net": 0})
    assert sums.get(("USD", Account.CASH_IN_TRANSIT), 0) == books["net"]
    for name, head in install.store.all_heads():
        facts = install.store.facts(*name)
        assert chain_is_whole(facts)
        if name[1] is Subject.INVOICE:
            assert fold(facts) == head


def test_a_plan_from_the_first_instalment_to_the_last(install: Install, ada: Customer) -> None:
    old, new = owing(install, ada)
    plan = plan_of(install, ada)
    assert [(one.due_on, one.amount) for one in plan.instalments] == [
        (FEBRUARY, 3000), (date(2026, 3, 1), 3000), (date(2026, 4, 1), 3000),
    ]  # fmt: skip
    covered = install.read(old).next_action
    assert covered is not None
    assert (covered.kind, covered.at) == (NextActionKind.COVERED, None)
    install.advance(days=28)
    assert states(install, plan) == ["due", "scheduled", "scheduled"]
    asked = demand(install, plan, 1)
    assert (asked.due_on, asked.shown_number) == (FEBRUARY, f"{plan.reference}-1")
    install.advance(days=5)
    assert (read(install, plan).amount_paid, install.read(old).amount_paid) == (3000, 3000)
    install.advance(days=59)
    done = read(install, plan)
    assert (done.status, done.amount_remaining, done.next_at) == (PlanStatus.COMPLETED, 0, None)
    assert [install.read(one).status.value for one in (old, new)] == ["paid", "paid"]
    assert install.store.customer("biz_1", ada.id).credit == 0
    check_books(install)


def test_an_instalment_fails_and_recovers(install: Install, ada: Customer) -> None:
    old, _ = owing(install, ada)
    plan = plan_of(install, ada)
    install.stripe.script_card(VISA, ["insufficient_funds", "insufficient_funds"])
    install.advance(days=33)
    asked = demand(install, plan, 1)
    assert asked.status is InvoiceStatus.PAID
    assert [one.slot for one in asked.attempts] == [None, 0, 1]
    assert (states(install, plan)[0], install.read(old).amount_paid) == ("paid", 3000)
    check_books(install)


def test_two_instalments_overdue_break_it(install: Install, ada: Customer) -> None:
    old, new = owing(install, ada)
    plan = plan_of(install, ada, rhythm=Rhythm.WEEKLY)
    install.stripe.script_card(VISA, ["insufficient_funds"] * 40)
    install.advance(days=54)
    ended = read(install, plan)
    assert (ended.status, ended.next_at) == (PlanStatus.BROKEN, None)
    assert [install.read(one).status.value for one in (old, new)] == ["overdue", "overdue"]
    assert install.read(old).covered_by is None
    closed = [
        install.store.invoice("biz_1", one.demand_id) for one in ended.unpaid if one.demand_id
    ]
    assert {one.status for one in closed} == {InvoiceStatus.CANCELLED}
    open_ones = [
        one
        for one in install.stripe.account().payment_intents.values()
        if one["status"] not in {"succeeded", "canceled"}
    ]
    assert open_ones == []
    subjects = [str(one.message["Subject"]) for one in install.mail.sent]
    assert any("overdue" in one for one in subjects)
    check_books(install)


def test_one_instalment_overdue_for_too_long_breaks_it(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada, autopay=False, acceleration=Acceleration(None, 10))
    install.advance(days=36)
    assert states(install, plan)[0] == "overdue"
    assert read(install, plan).status is PlanStatus.ACTIVE
    install.advance(days=10)
    assert read(install, plan).status is PlanStatus.BROKEN


def test_by_hand_the_payer_pays_each_part_in_the_portal(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada, autopay=False)
    install.advance(days=28)
    asked = demand(install, plan, 1)
    invoices.request_charge(
        install.ports, "biz_1", asked.id, request_id="pay-1", trigger=Trigger.CUSTOMER, actor=SYSTEM
    )
    install.settle()
    assert states(install, plan)[0] == "paid"


def test_a_part_of_an_instalment(install: Install, ada: Customer) -> None:
    old, _ = owing(install, ada)
    plan = plan_of(install, ada, autopay=False)
    install.advance(days=28)
    asked = demand(install, plan, 1)
    invoices.request_charge(
        install.ports, "biz_1", asked.id, request_id="pay-1", trigger=Trigger.STAFF, actor=SYSTEM,
        amount=1000,
    )  # fmt: skip
    install.settle()
    one = read(install, plan).instalment(1)
    assert one is not None
    assert (one.paid, one.state, install.read(old).amount_paid) == (1000, InstalmentState.DUE, 1000)
    check_books(install)


def test_the_next_instalment_is_paid_early(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada)
    for _ in range(2):
        payment_plans.pay_early(
            install.ports, "biz_1", plan.id, everything=False, request_id="e1", actor=SYSTEM
        )
    install.settle()
    assert states(install, plan) == ["paid", "scheduled", "scheduled"]
    payment_plans.pay_early(  # the same click, come late: the next instalment is another one
        install.ports, "biz_1", plan.id, everything=False, request_id="e1", actor=SYSTEM
    )
    install.settle()
    assert states(install, plan) == ["paid", "scheduled", "scheduled"]


def test_all_of_it_is_paid_early(install: Install, ada: Customer) -> None:
    old, new = owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=33)
    payment_plans.pay_early(
        install.ports, "biz_1", plan.id, everything=True, request_id="e1", actor=SYSTEM
    )
    install.settle()
    done = read(install, plan)
    assert (done.status, [one.amount for one in done.instalments]) == (
        PlanStatus.COMPLETED,
        [3000, 6000],
    )
    assert [install.read(one).status.value for one in (old, new)] == ["paid", "paid"]
    check_books(install)


def test_what_is_left_is_changed(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)  # the first instalment is asked for already
    first = demand(install, plan, 1)
    parts = [(date(2026, 2, 10), 4000), (date(2026, 3, 10), 5000)]
    changed = payment_plans.change_plan(
        install.ports, "biz_1", plan.id, parts, actor=SYSTEM, reason="Payday is the 10th."
    )
    assert [(one.number, one.due_on, one.amount) for one in changed.instalments] == [
        (4, *parts[0]), (5, *parts[1]),
    ]  # fmt: skip
    assert install.read(first).status is InvoiceStatus.CANCELLED
    again = payment_plans.change_plan(
        install.ports, "biz_1", plan.id, parts, actor=SYSTEM, reason="Payday is the 10th."
    )
    assert again == changed
    install.advance(days=50)
    assert read(install, plan).status is PlanStatus.COMPLETED
    check_books(install)


def test_parts_that_do_not_add_up_are_refused_and_nothing_is_half_done(
    install: Install, ada: Customer
) -> None:
    owing(install, ada)
    plan = plan_of(install, ada)
    with pytest.raises(InvalidInput) as refused:
        payment_plans.change_plan(
            install.ports, "biz_1", plan.id, [(FEBRUARY, 8999)], actor=SYSTEM, reason="?"
        )
    assert refused.value.code == "instalments_do_not_add_up"
    assert read(install, plan).instalments == plan.instalments


def test_cancelled_the_invoices_go_on_alone(install: Install, ada: Customer) -> None:
    old, _ = owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    for _ in range(2):
        payment_plans.cancel_plan(install.ports, "biz_1", plan.id, actor=SYSTEM, reason="Moved.")
    install.settle()
    after = install.read(old)
    assert (after.covered_by, after.status) == (None, InvoiceStatus.PENDING)
    assert after.next_action is not None
    assert after.next_action.kind is not NextActionKind.COVERED
    assert demand(install, plan, 1).status is InvoiceStatus.CANCELLED
    with pytest.raises(Conflict) as refused:
        payment_plans.change_plan(
            install.ports, "biz_1", plan.id, [(FEBRUARY, 9000)], actor=SYSTEM, reason="?"
        )
    assert refused.value.code == "plan_not_active"


def test_a_preview_writes_nothing(install: Install, ada: Customer) -> None:
    owing(install, ada)
    before = len(list(install.store.all_facts()))
    wish = PlanWish("plan_x", ada.id, count=7, first_on=FEBRUARY, rhythm=Rhythm.EVERY_TWO_WEEKS)
    seen = planning.preview_plan(install.ports, "biz_1", wish)
    assert [one.amount for one in seen.instalments] == [1286] * 5 + [1285] * 2
    assert seen.instalments[1].due_on == FEBRUARY + timedelta(days=14)
    assert len(list(install.store.all_facts())) == before


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"count": 0}, "instalments_invalid"),
        ({"count": 25}, "instalments_invalid"),
        ({"first_on": START - timedelta(days=1)}, "instalments_invalid"),
        ({"instalments": ((FEBRUARY, 9000), (FEBRUARY, 1))}, "instalments_invalid"),
        ({"instalments": ((FEBRUARY, 8000),)}, "instalments_do_not_add_up"),
        ({"invoice_ids": ("inv_none",)}, "plan_invoices_invalid"),
        ({"acceleration": Acceleration(0, None)}, "acceleration_invalid"),
    ],
)
def test_a_plan_that_cannot_be(
    install: Install, ada: Customer, wish: dict[str, Any], code: str
) -> None:
    owing(install, ada)
    with pytest.raises(DomainError) as refused:
        plan_of(install, ada, **wish)
    assert refused.value.code == code


def test_an_invoice_has_one_plan(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan_of(install, ada)
    with pytest.raises(InvalidInput) as refused:
        plan_of(install, ada)
    assert refused.value.code == "nothing_owed"


def test_what_is_paid_past_the_plan_is_asked_for_less(install: Install, ada: Customer) -> None:
    """An external payment lowers the balance; the last instalments are smaller, or fall away."""
    old, new = owing(install, ada)
    plan = plan_of(install, ada)
    case = open_case(install.ports, "biz_1", new.id)
    moved = CreditMoved("cheque", 3000, (Allocation(new.id, 3000),), "A cheque.")
    paid, fact = on_party(case.customer, moved, at=case.now)
    record(install.ports, case, CreditApplied("cheque", 3000), also=[Change(paid, fact)])
    install.advance(days=90)
    done = read(install, plan)
    assert [one.amount for one in done.instalments] == [3000, 3000]
    assert (done.status, install.read(old).status.value) == (PlanStatus.COMPLETED, "paid")
    assert install.store.customer("biz_1", ada.id).credit == 0


def test_a_test_clock_runs_a_plan_to_its_end(install: Install) -> None:
    clock = clocks.create_clock(install.ports, "biz_2", "clk_2", install.clock.now())
    install.business("biz_2", test_clock_id=clock.id)
    ada = install.customer("biz_2")
    invoice = install.invoice(ada, 9000, due_on=date(2026, 12, 1))
    install.settle()
    wish = PlanWish("plan_2", ada.id, count=3, first_on=FEBRUARY)
    planning.make_plan(install.ports, "biz_2", wish, actor=SYSTEM)
    install.settle()
    to = install.clock.now() + timedelta(days=100)
    clocks.start_advance(install.ports, "biz_2", clock.id, to)
    install.settle()
    assert install.store.payment_plan("biz_2", "plan_2").status is PlanStatus.COMPLETED
    assert install.read(invoice).status is InvoiceStatus.PAID


@pytest.mark.parametrize("everything", [True, False], ids=["all of it", "the next"])
@pytest.mark.parametrize("autopay", [True, False])
@pytest.mark.parametrize("busy", [True, False], ids=["mails at once", "mails later"])
def test_paid_early_it_is_not_announced_first(
    install: Install, ada: Customer, *, everything: bool, autopay: bool, busy: bool
) -> None:
    """However soon mails go out between its steps, the customer only gets a receipt."""
    owing(install, ada)
    plan = plan_of(install, ada, autopay=autopay)
    install.settle()
    before = len(install.mail.sent)
    ports = install.ports
    if busy:
        ports = replace(ports, store=Watched(install))
    payment_plans.pay_early(
        ports, "biz_1", plan.id, everything=everything, request_id="ask_1", actor=SYSTEM
    )
    install.settle()
    mine = [one for one in install.mail.sent[before:] if one.recipient == ada.email]
    assert [str(one.message["Subject"]).partition(" ")[0] for one in mine] == ["Receipt"]


def test_every_notice_of_a_plan_can_be_written(install: Install, ada: Customer) -> None:
    """Announced, paid, failed, overdue, broken: no mail fails, the receipt names its invoice."""
    old, _ = owing(install, ada)
    plan_of(install, ada, rhythm=Rhythm.WEEKLY)
    install.stripe.script_card(VISA, ["ok"] + ["insufficient_funds"] * 60)
    install.advance(days=70)
    outcomes = [outcome for row in install.store.fact_rows() for outcome in row.done.values()]
    assert [one for one in outcomes if one.startswith("failed")] == []
    subjects = [str(one.message["Subject"]) for one in install.mail.sent]
    assert any(f"for invoice {old.number}" in one for one in subjects if one.startswith("Receipt"))
    assert any(one.startswith("Instalment P-") and "is due" in one for one in subjects)
