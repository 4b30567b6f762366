"""The hostile accountant: no way to be given the same money twice by refund, credit and note."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import DomainError
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import Allocation
from chalicelib.domain.refund import RefundStatus
from chalicelib.services import credit, on_account, refunding
from chalicelib.services.case import open_case, record
from tests.fakes.install import Install
from tests.services.checks import balance
from tests.services.test_credit_notes import LATER, correct, credit_of, issue, sound, stage
from tests.services.test_external_payments import bounce, came, pay
from tests.services.test_refunding import ANN, ask


def code_of(deed: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refused:
        deed()
    return refused.value.code


def paid_by_card() -> tuple[Install, Customer, Invoice]:
    install, customer = stage()
    invoice = install.invoice(customer)
    install.settle()
    return install, customer, install.read(invoice)


def in_the_dashboard(install: Install, invoice: Invoice, amount: int) -> str:
    body = {"charge": invoice.payments[0].charge_id, "amount": amount}
    key = f"refund/dash/{amount}"
    made = install.stripe.call("POST", "/v1/refunds", body, idempotency_key=key)
    refund_id: str = made[1]["id"]
    return refund_id


# ------------------------------------------------------------------- credited, then refunded


def test_what_was_credited_is_refunded_as_credit_only() -> None:
    install, customer, invoice = paid_by_card()
    issue(install, invoice, 8900)
    install.settle()
    assert code_of(lambda: ask(install, invoice, 8900)) == "refund_from_credit"
    ask(install, invoice, 8900, from_credit=True)
    install.settle()
    assert credit_of(install, customer) == 0
    assert balance(install, Account.CASH_IN_TRANSIT) < 0  # Stripe keeps its fee
    sound(install)


def test_what_was_not_credited_may_still_be_refunded() -> None:
    install, customer, invoice = paid_by_card()
    issue(install, invoice, 5000)
    install.settle()
    assert code_of(lambda: ask(install, invoice, 3901)) == "refund_from_credit"
    ask(install, invoice, 3900)
    ask(install, invoice, 5000, refund_id="ref_2", from_credit=True)
    install.settle()
    assert credit_of(install, customer) == 0
    sound(install)


def test_what_was_refunded_is_not_credited_again() -> None:
    install, customer, invoice = paid_by_card()
    ask(install, invoice, 8000)
    install.settle()
    assert code_of(lambda: issue(install, invoice, 901)) == "refunded_already"
    issue(install, invoice, 900)
    install.settle()
    assert credit_of(install, customer) == 900
    sound(install)


def test_a_refund_that_is_asked_for_is_not_credited_beside_it() -> None:
    install, _customer, invoice = paid_by_card()
    ask(install, invoice, 8900)
    assert code_of(lambda: issue(install, invoice, 1)) == "refunded_already"
    install.stripe.dispute(invoice.payments[0].charge_id or "")
    install.settle()  # the refund was refused: the price may be credited after all
    assert install.read(invoice).refunds[0].status is RefundStatus.FAILED
    issue(install, install.read(invoice), 100)
    sound(install)


def test_a_corrected_invoice_is_not_refunded_as_well() -> None:
    """Its price stands on the new one: a credit note there, paid out through the old payment."""
    install, customer, invoice = paid_by_card()
    new = correct(install, invoice)
    install.settle()
    assert code_of(lambda: ask(install, invoice, 100)) == "refund_from_credit"
    issue(install, install.read(new), 100, id="cn_2")
    ask(install, invoice, 100, from_credit=True)
    install.settle()
    assert credit_of(install, customer) == 0
    sound(install)


def test_a_refunded_invoice_is_corrected_as_it_was_invoiced() -> None:
    install, customer, invoice = paid_by_card()
    ask(install, invoice, 900)
    install.settle()
    new = correct(install, install.read(invoice))
    install.settle()
    assert install.read(new).status is InvoiceStatus.PAID
    assert balance(install, Account.REFUNDS) == 900
    assert credit_of(install, customer) == 0
    sound(install)


# ------------------------------------------------------------------------- Stripe's dashboard


def on_account_of(install: Install, customer: Customer, amount: int = 1500) -> Invoice:
    wish = on_account.Wish("poa_1", customer.id, amount, chosen=())
    on_account.take_payment(install.ports, "biz_1", wish, actor=ANN)
    install.settle()
    return install.store.invoice("biz_1", "poa_1")


def test_a_payment_on_account_refunded_in_the_dashboard_is_credit_no_more() -> None:
    install, customer = stage()
    demand = on_account_of(install, customer)
    assert credit_of(install, customer) == 1500
    refund_id = in_the_dashboard(install, demand, 1500)
    install.settle()
    assert credit_of(install, customer) == 0
    assert balance(install, Account.REFUNDS) == 0
    assert install.store.invoice("biz_1", "poa_1").refunds[0].of_credit == 1500
    sound(install)
    install.stripe.fail_refund(refund_id)
    install.settle()
    assert credit_of(install, customer) == 1500
    sound(install)


def test_credit_that_was_spent_and_refunded_in_the_dashboard_is_owed() -> None:
    """It paid an invoice, and the payer has it back: the difference is theirs to pay."""
    install, customer = stage()
    demand = on_account_of(install, customer)
    invoice = install.invoice(customer, due_on=LATER)
    part = (Allocation(invoice.id, 1500),)
    credit.apply_credit(
        install.ports, "biz_1", customer.id, application_id="app_1", chosen=part, actor=ANN
    )
    in_the_dashboard(install, demand, 1500)
    install.settle()
    assert credit_of(install, customer) == -1500
    sound(install)


def test_a_credited_invoice_refunded_in_the_dashboard_pays_out_its_credit() -> None:
    install, customer, invoice = paid_by_card()
    issue(install, invoice, 8900)
    install.settle()
    in_the_dashboard(install, invoice, 8900)
    install.settle()
    assert credit_of(install, customer) == 0
    assert balance(install, Account.REFUNDS) == 0
    sound(install)


def test_two_refunds_of_the_dashboard_are_judged_one_after_the_other() -> None:
    install, customer, invoice = paid_by_card()
    issue(install, invoice, 4000)
    install.settle()
    in_the_dashboard(install, invoice, 4900)
    in_the_dashboard(install, invoice, 4000)
    install.settle()
    assert credit_of(install, customer) == 0
    assert balance(install, Account.REFUNDS) == 4900
    sound(install)


# ------------------------------------------------------------------------ disputes, write-offs


def test_a_payment_lost_in_part_to_a_dispute_says_so() -> None:
    install, _customer, invoice = paid_by_card()
    dispute = install.stripe.dispute(invoice.payments[0].charge_id or "", amount=3000)
    install.settle()
    assert code_of(lambda: ask(install, install.read(invoice), 100)) == "charge_disputed"
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    with pytest.raises(DomainError) as refused:
        ask(install, install.read(invoice), 100)
    assert "was lost" in refused.value.detail
    sound(install)


def test_a_debt_written_off_twice_is_recovered_once() -> None:
    """What had recovered it bounces after it was settled: nothing of it is recovered any more."""
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)

    def give_up() -> None:
        case = open_case(install.ports, "biz_1", invoice.id)
        record(install.ports, case, WrittenOff("Gone.", case.invoice.amount_remaining))

    give_up()
    pay(install, invoice, came(8900))
    recovered = install.read(invoice)
    assert (recovered.status, recovered.amount_recovered) == (InvoiceStatus.PAID, 8900)
    bounce(install, customer)
    assert install.read(invoice).amount_recovered == 0
    give_up()
    assert balance(install, Account.WRITE_OFFS) == 8900
    pay(install, invoice, came(8900, id="ext_2", reference="W-2"))
    assert install.read(invoice).amount_recovered == 8900
    assert balance(install, Account.WRITE_OFFS) == 0
    sound(install)


def test_two_requests_at_once_never_pass_what_was_paid() -> None:
    """Whoever writes second is judged by what the first one wrote."""
    install, _customer, invoice = paid_by_card()
    stale = open_case(install.ports, "biz_1", invoice.id)
    ask(install, invoice, 5000)
    assert stale.invoice.refunds == ()
    assert code_of(lambda: ask(install, invoice, 5000, refund_id="ref_2")) == "refund_too_large"
    for _ in range(3):
        refunding.send_refunds(install.ports, "biz_1", invoice.id)
    install.settle()
    assert len(install.stripe.account().refunds) == 1
    sound(install)
