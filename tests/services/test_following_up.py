"""Promises, holds, snoozes, notes and the call list, through the real services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind, Subject
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.domain.promise import Promise, ToldBy
from chalicelib.services import following_up, payer_view
from chalicelib.services.case import open_case
from chalicelib.services.invoices import request_charge
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, delivered

START = datetime(2026, 1, 5, 15, tzinfo=UTC)  # a Monday, ten in the morning in New York
FRIDAY = date(2026, 1, 9)
STAFF = Actor(ActorKind.STAFF, "usr_1")


def declining(tries: int = 99) -> tuple[Install, Invoice]:
    """An invoice whose first charge and immediate retry have failed."""
    install = Install.at(START)
    install.business()
    customer = install.customer(account_manager_email="ada@desk.example")
    install.stripe.script_card(VISA, ["insufficient_funds"] * tries)
    invoice = install.invoice(customer)
    install.settle()
    return install, invoice


def promise(install: Install, invoice: Invoice, name: str = "pro_1", **changes: Any) -> Invoice:
    wanted = Promise(name, 0, FRIDAY, "Ada Byron", ToldBy.PHONE, START, 0)
    return following_up.promise_to_pay(
        install.ports, "biz_1", invoice.id, replace(wanted, **changes), actor=STAFF
    )


def hold(install: Install, invoice: Invoice, until_on: date | None = None) -> Invoice:
    return following_up.place_hold(
        install.ports, "biz_1", invoice.id, reason="Ask first.", until_on=until_on, actor=STAFF
    )


def lift(install: Install, invoice: Invoice) -> Invoice:
    return following_up.lift_hold(install.ports, "biz_1", invoice.id, reason="Asked.", actor=STAFF)


def tries(install: Install, invoice: Invoice) -> int:
    return len(install.read(invoice).attempts)


def test_a_broken_promise_goes_on_with_dunning_and_tells_staff() -> None:
    install, invoice = declining(tries=2)
    promise(install, invoice)
    install.settle()
    install.advance(days=4)
    assert tries(install, invoice) == 2
    assert install.kinds(invoice)[-1] == "promised"
    install.advance(days=1)
    (ended,) = [fact for fact in install.history(invoice) if fact.kind == "promise_ended"]
    late = ended.at - datetime(2026, 1, 10, 14, tzinfo=UTC)  # the sweep finds it
    assert timedelta() <= late <= timedelta(minutes=15)
    assert ended.data.kept is False
    assert len(delivered(install, "staff_promise_broken")) == 1
    assert install.read(invoice).status is InvoiceStatus.PAID  # the slots that passed are one try
    assert tries(install, invoice) == 3
    check_install(install)


def test_the_payer_pays_while_the_promise_runs_and_it_was_kept() -> None:
    install, invoice = declining(tries=2)
    promise(install, invoice)
    view = payer_view.payer_view(install.ports, open_case(install.ports, "biz_1", invoice.id))
    assert view.can_pay
    request_charge(
        install.ports, "biz_1", invoice.id, request_id="req_1", trigger=Trigger.CUSTOMER,
        actor=SYSTEM,
    )  # fmt: skip
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    install.advance(days=9)
    assert "promise_ended" not in install.kinds(invoice)
    assert delivered(install, "staff_promise_broken") == []
    check_install(install)


def test_the_same_promise_twice_is_one_and_another_has_to_wait() -> None:
    install, invoice = declining()
    assert promise(install, invoice) == promise(install, invoice)
    with pytest.raises(Conflict, match="hold_promise"):
        promise(install, invoice, "pro_2")
    lift(install, invoice)
    assert install.kinds(invoice)[-1] == "promise_ended"
    assert len(promise(install, invoice, "pro_2", amount=4000).promises) == 2
    check_install(install)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"promised_on": date(2026, 1, 4)}, "promise_date_invalid"),
        ({"promised_on": date(2026, 6, 1)}, "promise_date_invalid"),
        ({"amount": 8901}, "promise_amount_invalid"),
    ],
)
def test_what_cannot_be_promised(changes: dict[str, Any], code: str) -> None:
    install, invoice = declining()
    with pytest.raises(InvalidInput, match=code):
        promise(install, invoice, **changes)


def test_nothing_is_promised_of_what_is_paid() -> None:
    install = Install.at(START)
    install.business()
    invoice = install.invoice(install.customer())
    install.settle()
    with pytest.raises(Conflict, match="settled"):
        promise(install, invoice)
    with pytest.raises(Conflict, match="settled"):
        hold(install, invoice)


def test_a_hold_of_staff_stops_every_step_until_it_is_lifted() -> None:
    install, invoice = declining(tries=2)
    hold(install, invoice)
    install.advance(days=5)
    assert tries(install, invoice) == 2
    with pytest.raises(Conflict, match="hold_staff"):
        request_charge(
            install.ports, "biz_1", invoice.id, request_id="req_1", trigger=Trigger.STAFF,
            actor=STAFF,
        )  # fmt: skip
    lift(install, invoice)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    with pytest.raises(Conflict, match="no_hold"):
        lift(install, invoice)
    check_install(install)


def test_a_hold_up_to_a_day_ends_by_itself() -> None:
    install, invoice = declining(tries=2)
    hold(install, invoice, date(2026, 1, 8))
    install.advance(days=2)
    assert install.read(invoice).hold is not None
    install.advance(days=1)
    assert install.read(invoice).status is InvoiceStatus.PAID
    with pytest.raises(InvalidInput, match="hold_date_invalid"):
        hold(
            install, install.invoice(install.customer(), due_on=date(2026, 3, 1)), date(2026, 1, 8)
        )
    check_install(install)


def test_a_snooze_lets_automatic_steps_go_on() -> None:
    install, invoice = declining(tries=2)
    following_up.snooze(install.ports, "biz_1", invoice.id, until_on=date(2026, 2, 1), actor=STAFF)
    install.advance(days=2)
    assert install.read(invoice).status is InvoiceStatus.PAID
    with pytest.raises(InvalidInput, match="snooze_date_invalid"):
        following_up.snooze(
            install.ports, "biz_1", invoice.id, until_on=date(2026, 1, 5), actor=STAFF
        )
    check_install(install)


def test_notes_are_kept_newest_first_and_once() -> None:
    install, invoice = declining()
    ports, customer = install.ports, invoice.customer_id
    for note, text in (("n1", "First."), ("n2", "Second."), ("n1", "First.")):
        following_up.note_invoice(ports, "biz_1", invoice.id, note_id=note, text=text, actor=STAFF)
        following_up.note_customer(ports, "biz_1", customer, note_id=note, text=text, actor=STAFF)
    for subject, name in ((Subject.INVOICE, invoice.id), (Subject.CUSTOMER, customer)):
        notes = following_up.notes_of(ports, "biz_1", subject, name)
        assert [fact.data.text for fact in notes] == ["Second.", "First."]
    check_install(install)


def overdue(install: Install, name: str, amount: int, manager: str = "") -> Invoice:
    customer = install.customer(card=None, name=name, account_manager_email=manager)
    return install.invoice(customer, amount)


def listed(install: Install, manager: str | None = None, limit: int = 20) -> list[str]:
    found = following_up.call_list(install.ports, "biz_1", account_manager=manager, limit=limit)
    return [row.customer.name for row in found.rows]


def test_the_call_list_has_the_overdue_by_what_they_owe_and_for_how_long() -> None:
    install = Install.at(START)
    install.business()
    overdue(install, "Small and old", 5000)
    install.advance(days=20)
    big = overdue(install, "Big and new", 9000, "ada@desk.example")
    install.advance(days=3)
    assert listed(install) == ["Small and old", "Big and new"]
    assert listed(install, limit=1) == ["Small and old"]
    assert listed(install, "ada@desk.example") == ["Big and new"]
    assert listed(install, "nobody@desk.example") == []
    assert listed(install, "desk@harbour.example") == ["Small and old"]
    following_up.snooze(install.ports, "biz_1", big.id, until_on=date(2026, 1, 30), actor=STAFF)
    assert listed(install) == ["Small and old"]
    install.advance(days=3)
    assert listed(install) == ["Small and old", "Big and new"]


def test_whoever_has_promised_or_disputes_is_not_called() -> None:
    install = Install.at(START)
    install.business()
    invoice = overdue(install, "Ada", 5000)
    install.advance(days=3)
    promise(install, invoice)
    assert listed(install) == []
    install.advance(days=2)
    assert listed(install) == ["Ada"]
    hold(install, invoice)
    assert install.read(invoice).hold is not None
    assert listed(install) == ["Ada"]  # staff have to call, whatever the machine may do


def test_a_won_dispute_leaves_the_hold_of_staff_in_place() -> None:
    install = Install.at(START)
    install.business()
    invoice = install.invoice(install.customer(card="4000000000000259"))
    install.settle()
    disputed = install.read(invoice)
    assert disputed.holding is not None
    assert disputed.holding.kind is HoldKind.DISPUTE
    with pytest.raises(Conflict, match="no_hold"):
        lift(install, invoice)


def test_the_oldest_debt_weighs_by_its_days() -> None:
    install = Install.at(START)
    install.business()
    overdue(install, "Ada", 5000)
    install.advance(days=11)
    (row,) = following_up.call_list(install.ports, "biz_1", account_manager=None, limit=5).rows
    assert row.age_days == 11
    assert row.weight == 5000 * 11 * 50
    assert START + timedelta(days=11) == install.clock.now()
