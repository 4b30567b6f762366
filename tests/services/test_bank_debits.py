"""Bank debits: days of waiting with the balance locked, and money that comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.customer import Customer, MethodState
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import AttemptResult, PaymentStatus, Trigger
from chalicelib.services import invoices
from tests.fakes.install import VISA, Install
from tests.services.checks import balance, check_install, check_stripe, coast, delivered

GOOD, NO_FUNDS, CLOSED = "000123456789", "000222222227", "000111111113"
DISPUTED, NEVER = "000555555559", "000000000009"


def payer(number: str) -> tuple[Install, Customer]:
    install = Install.at()
    install.business()
    customer = install.customer(card=None)
    install.save_card("biz_1", customer.id, number, kind="us_bank_account")
    install.settle()
    return install, install.store.customer("biz_1", customer.id)


def debited(number: str) -> tuple[Install, Invoice]:
    install, customer = payer(number)
    invoice = install.invoice(customer)
    install.settle()
    return install, invoice


def test_the_balance_is_locked_while_the_debit_is_on_its_way() -> None:
    install, invoice = debited(GOOD)
    locked = install.read(invoice)
    assert locked.status is InvoiceStatus.PROCESSING
    assert locked.payments[0].status is PaymentStatus.PROCESSING
    reasons = invoices.why_not_chargeable(install.ports, "biz_1", invoice.id)
    assert [reason.code for reason in reasons] == ["processing"]
    with pytest.raises(Conflict) as refused:
        invoices.cancel_invoice(install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="No.")
    assert refused.value.code == "payment_under_way"
    assert delivered(install, "receipt") == []
    install.advance(days=3)
    assert len(install.read(invoice).attempts) == 1


def test_it_is_paid_days_later() -> None:
    install, invoice = debited(GOOD)
    coast(install, days=7)
    paid = install.read(invoice)
    assert paid.status is InvoiceStatus.PAID
    assert paid.paid_at is not None
    assert paid.paid_at - paid.attempts[0].started_at >= timedelta(days=4)
    assert len(delivered(install, "receipt")) == 2  # its document and its mail
    check_install(install)
    check_stripe(install)


def test_a_late_return_starts_dunning_and_it_is_presented_at_most_twice_more() -> None:
    install, invoice = debited(NO_FUNDS)
    coast(install, days=40)
    late = install.read(invoice)
    assert late.status is InvoiceStatus.OVERDUE
    assert [one.result for one in late.attempts] == [AttemptResult.FAILED] * 3
    ends = [one.resolved_at for one in late.attempts]
    starts = [one.started_at for one in late.attempts]
    for end, start in zip(ends, starts[1:], strict=False):
        assert end is not None
        assert start - end >= timedelta(hours=72)
    check_install(install)
    check_stripe(install)


def test_staff_cannot_present_it_a_fourth_time() -> None:
    install, invoice = debited(NO_FUNDS)
    coast(install, days=40)
    with pytest.raises(Conflict) as refused:
        invoices.request_charge(
            install.ports,
            "biz_1",
            invoice.id,
            request_id="r",
            trigger=Trigger.STAFF,
            actor=SYSTEM,
        )
    assert refused.value.code == "debit_limit"


def test_a_closed_account_is_not_debited_again_and_a_card_pays_at_once() -> None:
    install, invoice = debited(CLOSED)
    coast(install, days=10)
    failed = install.read(invoice)
    assert len(failed.attempts) == 1
    method = install.store.customer("biz_1", invoice.customer_id).methods[0]
    assert method.state is MethodState.DEAD
    install.save_card("biz_1", invoice.customer_id, VISA)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_debit_that_never_ends_is_looked_at_daily_and_not_repeated() -> None:
    install, invoice = debited(NEVER)
    coast(install, days=20)
    waiting = install.read(invoice)
    assert waiting.status is InvoiceStatus.PROCESSING
    assert len(waiting.attempts) == 1
    assert waiting.next_action is not None
    assert waiting.next_action.kind is NextActionKind.CHECK
    assert waiting.next_action.at is not None
    assert waiting.next_action.at > install.clock.now() - timedelta(hours=1)
    assert delivered(install, "reminder_past_due") == []


def test_a_result_that_nobody_told_us_is_found_by_the_daily_look() -> None:
    install, invoice = debited(GOOD)
    install.stripe.webhooks.endpoints.clear()
    coast(install, days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_disputed_debit_reopens_the_debt_for_staff_alone() -> None:
    install, invoice = debited(DISPUTED)
    coast(install, days=30)
    back = install.read(invoice)
    assert (back.status, back.amount_remaining) == (InvoiceStatus.PENDING, 8900)
    assert back.holding is not None
    assert back.holding.kind is HoldKind.DISPUTE_LOST
    assert len(back.attempts) == 1
    assert balance(install, Account.RECEIVABLE) == 8900
    check_install(install)
    check_stripe(install)


def test_a_debit_needs_its_mandate_and_gets_it() -> None:
    install, customer = payer(GOOD)
    assert customer.methods[0].mandate_id is not None
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).attempts[0].result is AttemptResult.PROCESSING
