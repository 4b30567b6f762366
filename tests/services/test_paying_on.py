"""One payment for more invoices than a transaction holds: the oldest first, the rest right after.

Nothing is refused for a customer with many open invoices, however the money comes.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.demand import MOST_INVOICES
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.services import (
    charging,
    credit,
    external_payments,
    invoices,
    on_account,
    paying_on,
)
from chalicelib.services.external_payments import Received
from chalicelib.services.on_account import Wish
from tests.fakes.install import Install
from tests.services.test_payment_plans import check_books

MAY = date(2026, 5, 1)
MANY = 2 * MOST_INVOICES + 5
EACH = 100


@pytest.fixture
def owed(install: Install, ada: Customer) -> list[Invoice]:
    made = [install.invoice(ada, EACH, due_on=MAY + timedelta(days=day)) for day in range(MANY)]
    install.settle()
    return made


def unpaid(install: Install, owed: list[Invoice]) -> list[str | None]:
    return [one.number for one in map(install.read, owed) if one.status is not InvoiceStatus.PAID]


def credit_of(install: Install, customer: Customer) -> int:
    return install.store.customer("biz_1", customer.id).credit


def cheque(install: Install, ada: Customer, amount: int, **more: object) -> None:
    came = Received("ext_1", ExternalMethod.CHECK, "1044", amount, date(2026, 1, 1), **more)  # type: ignore[arg-type]
    external_payments.record_payment(install.ports, "biz_1", ada.id, came, actor=SYSTEM)


def test_a_card_pays_all_of_them(install: Install, ada: Customer, owed: list[Invoice]) -> None:
    wish = Wish("poa_1", ada.id, MANY * EACH + 70)
    demand = on_account.take_payment(install.ports, "biz_1", wish, actor=SYSTEM)
    assert [one.invoice_id for one in demand.allocations] == [
        one.id for one in owed[:MOST_INVOICES]
    ]
    install.settle()
    assert unpaid(install, owed) == []
    assert credit_of(install, ada) == 70
    spent = install.read(demand).demand
    assert spent is not None
    assert sorted(part.invoice_id for part in spent.spent) == sorted(one.id for one in owed)
    check_books(install)


def test_what_was_meant_as_credit_stays_credit(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    """Chosen by hand, or more than is owed: nobody applies that on."""
    chosen = (Allocation(owed[-1].id, EACH),)
    wish = Wish("poa_1", ada.id, 5000, chosen=chosen)
    on_account.take_payment(install.ports, "biz_1", wish, actor=SYSTEM)
    install.settle()
    assert credit_of(install, ada) == 5000 - EACH
    assert len(unpaid(install, owed)) == MANY - 1


def test_a_cheque_pays_all_of_them(install: Install, ada: Customer, owed: list[Invoice]) -> None:
    cheque(install, ada, MANY * EACH)
    assert len(unpaid(install, owed)) == MANY - MOST_INVOICES
    install.settle()
    assert (unpaid(install, owed), credit_of(install, ada)) == ([], 0)
    check_books(install)


def test_credit_by_hand_pays_all_of_them(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH, chosen=())
    install.settle()
    assert credit_of(install, ada) == MANY * EACH
    credit.apply_credit(
        install.ports, "biz_1", ada.id, application_id="app_1", chosen=None, actor=SYSTEM
    )
    install.settle()
    assert (unpaid(install, owed), credit_of(install, ada)) == ([], 0)
    check_books(install)


def test_a_bounced_cheque_opens_all_of_them_again(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH)
    install.settle()
    external_payments.reverse_payment(
        install.ports, "biz_1", ada.id, "ext_1", reversed_on=date(2026, 1, 1),
        reason="No funds.", actor=SYSTEM,
    )  # fmt: skip
    install.settle()
    assert len(unpaid(install, owed)) == MANY
    assert credit_of(install, ada) == 0
    check_books(install)


def test_a_refused_bounce_leaves_all_of_them_paid(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH)
    install.settle()
    with pytest.raises(InvalidInput):
        external_payments.reverse_payment(
            install.ports, "biz_1", ada.id, "ext_1", reversed_on=date(2030, 1, 1),
            reason="No funds.", actor=SYSTEM,
        )  # fmt: skip
    assert (unpaid(install, owed), credit_of(install, ada)) == ([], 0)


def test_an_application_is_taken_back_with_all_that_followed_it(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH, chosen=())
    wanted = {"application_id": "app_1", "actor": SYSTEM}
    credit.apply_credit(install.ports, "biz_1", ada.id, chosen=None, **wanted)  # type: ignore[arg-type]
    install.settle()
    credit.take_back(install.ports, "biz_1", ada.id, "app_1", reason="?", actor=SYSTEM)
    install.settle()
    assert len(unpaid(install, owed)) == MANY
    assert credit_of(install, ada) == MANY * EACH
    check_books(install)


def test_a_bounce_before_the_rest_is_paid_stops_the_rest(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH)
    external_payments.reverse_payment(
        install.ports, "biz_1", ada.id, "ext_1", reversed_on=date(2026, 1, 1),
        reason="No funds.", actor=SYSTEM,
    )  # fmt: skip
    install.settle()
    assert len(unpaid(install, owed)) == MANY
    assert credit_of(install, ada) == 0
    check_books(install)


def test_each_step_is_taken_once_however_often_it_is_run(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH + 30)
    assert paying_on.pay_on(install.ports, "biz_1", ada.id, "external/ext_1") == 2
    assert paying_on.pay_on(install.ports, "biz_1", ada.id, "external/ext_1") == 0
    install.settle()
    assert (unpaid(install, owed), credit_of(install, ada)) == ([], 30)
    (account,) = external_payments.payments_of(install.ports, "biz_1", ada.id)
    assert len(account.received.shares) + len(account.paid_on) == MANY


def test_a_bank_debit_that_is_on_its_way_is_left_out(install: Install) -> None:
    """Its part stays credit; nothing is refused and nobody waits for it."""
    bank = install.customer(card=None)
    install.save_card("biz_1", bank.id, "000123456789", kind="us_bank_account")
    install.settle()
    made = [install.invoice(bank, EACH, due_on=MAY + timedelta(days=day)) for day in range(MANY)]
    cheque(install, bank, MANY * EACH)
    invoices.request_charge(
        install.ports, "biz_1", made[-1].id, request_id="r", trigger=Trigger.STAFF, actor=SYSTEM
    )
    charging.run_step(install.ports, "biz_1", made[-1].id)
    assert install.read(made[-1]).status is InvoiceStatus.PROCESSING
    assert paying_on.pay_on(install.ports, "biz_1", bank.id, "external/ext_1") == 2
    assert unpaid(install, made) == [made[-1].number]
    assert credit_of(install, bank) == EACH


def test_what_was_paid_meanwhile_leaves_its_money_as_credit(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    cheque(install, ada, MANY * EACH)
    invoices.request_charge(
        install.ports, "biz_1", owed[-1].id, request_id="r", trigger=Trigger.STAFF, actor=SYSTEM
    )
    install.settle()
    assert unpaid(install, owed) == []
    assert credit_of(install, ada) in {0, EACH}
    check_books(install)


def test_too_many_by_name_are_refused_with_what_to_do(
    install: Install, ada: Customer, owed: list[Invoice]
) -> None:
    chosen = tuple(Allocation(one.id, 1) for one in owed)
    wish = Wish("poa_1", ada.id, 5000, chosen=chosen)
    with pytest.raises(InvalidInput) as refused:
        on_account.take_payment(install.ports, "biz_1", wish, actor=SYSTEM)
    assert refused.value.code == "allocation_too_many"
    assert "name none: then the oldest are paid first, and the rest right after" in (
        refused.value.detail
    )
