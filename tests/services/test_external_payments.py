"""External payments: full, part, too much, over several invoices, beside a charge, and bounced."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.documents import ReceiptView
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import Conflict, DomainError, InvalidInput, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.ports.answers import Unanswered
from chalicelib.services import charging, external_payments, invoices, overdue
from chalicelib.services.case import open_case, record
from chalicelib.services.external_payments import Received
from tests.fakes.install import Install
from tests.services.checks import balance, check_install, check_stripe, subjects

STAFF = Actor(ActorKind.STAFF, "usr_1")
TODAY = date(2026, 1, 1)
LATER = TODAY + timedelta(days=30)


def came(amount: int = 8900, **more: Any) -> Received:
    made: dict[str, Any] = {
        "id": "ext_1",
        "method": ExternalMethod.WIRE,
        "reference": "W-1",
        "amount": amount,
        "received_on": TODAY,
    }
    return Received(**(made | more))


def stage(**more: Any) -> tuple[Install, Customer]:
    install = Install.at()
    install.business()
    return install, install.customer(**more)


def pay(install: Install, invoice: Invoice, payment: Received) -> ExternalPaymentReceived:
    return external_payments.pay_invoice(install.ports, "biz_1", invoice.id, payment, actor=STAFF)


def record_for(install: Install, customer: Customer, payment: Received) -> ExternalPaymentReceived:
    return external_payments.record_payment(
        install.ports, "biz_1", customer.id, payment, actor=STAFF
    )


def bounce(install: Install, customer: Customer, payment_id: str = "ext_1") -> None:
    external_payments.reverse_payment(
        install.ports,
        "biz_1",
        customer.id,
        payment_id,
        reversed_on=install.clock.now().date(),
        reason="No funds.",
        actor=STAFF,
    )


def sound(install: Install) -> None:
    """Books whole, level with Stripe, and the customers' credit is what the ledger owes them."""
    everybody = install.store.customers("biz_1").items
    owed = -balance(install, Account.CUSTOMER_CREDIT)
    assert sum(one.credit for one in everybody) == owed
    check_install(install)
    check_stripe(install)


def credit(install: Install, customer: Customer) -> int:
    return install.store.customer("biz_1", customer.id).credit


def code_of(action: Any) -> str:
    with pytest.raises(DomainError) as refused:
        action()
    return refused.value.code


def test_a_wire_pays_an_invoice_and_the_payer_gets_a_receipt() -> None:
    install, customer = stage()
    invoice = install.invoice(customer, due_on=LATER)
    pay(install, invoice, came())
    install.settle()
    paid = install.read(invoice)
    assert (paid.status, paid.external_payments[0].reference) == (InvoiceStatus.PAID, "W-1")
    assert balance(install, Account.BANK) == 8900
    assert subjects(install, "ada@")[-1].startswith("Receipt")
    (receipt,) = [one for one in install.documents.drawn if isinstance(one, ReceiptView)]
    assert (receipt.method.reference, receipt.unapplied) == ("W-1", 0)
    sound(install)


def test_part_of_it_leaves_the_rest_to_the_card() -> None:
    install, customer = stage()
    invoice = install.invoice(customer, due_on=LATER)
    pay(install, invoice, came(900))
    assert install.read(invoice).amount_remaining == 8000
    install.advance(days=31)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert balance(install, Account.BANK) == 900
    sound(install)


def test_too_much_becomes_credit() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    pay(install, invoice, came(10_000))
    assert install.read(invoice).amount_overpaid == 0
    assert credit(install, customer) == 1100
    install.settle()
    sound(install)


def test_one_cheque_pays_three_oldest_first_in_one_transaction() -> None:
    install, customer = stage(card=None)
    made = [install.invoice(customer, 1000, due_on=LATER - timedelta(days=n)) for n in range(3)]
    received = record_for(install, customer, came(2500, method=ExternalMethod.CHECK))
    assert [share.amount for share in received.shares] == [1000, 1000, 500]
    assert [install.read(one).amount_remaining for one in made] == [500, 0, 0]
    install.settle()
    assert len([one for one in subjects(install, "ada@") if one.startswith("Receipt")]) == 1
    sound(install)


def test_as_chosen_and_on_account() -> None:
    install, customer = stage(card=None)
    old, new = (install.invoice(customer, 1000, due_on=LATER) for _ in range(2))
    record_for(install, customer, came(1500, chosen=(Allocation(new.id, 700),)))
    assert [install.read(one).amount_remaining for one in (old, new)] == [1000, 300]
    record_for(install, customer, came(50, id="ext_2", reference="W-2", chosen=()))
    assert credit(install, customer) == 850
    sound(install)


def test_a_bounced_payments_reference_is_free_again() -> None:
    """The bank takes the same cheque in once more; or what was mistyped is recorded anew."""
    install, ada = stage(card=None)
    invoice = install.invoice(ada, due_on=LATER)
    pay(install, invoice, came(89))
    bounce(install, ada)
    anew = pay(install, invoice, came(8900, id="ext_2"))
    assert anew.shares[0].amount == 8900
    with pytest.raises(Conflict) as used:
        record_for(install, ada, came(1, id="ext_3"))
    assert (used.value.code, "ext_2" in used.value.detail) == ("reference_used", True)
    sound(install)


def test_a_reference_typed_with_other_spaces_is_the_same() -> None:
    install, ada = stage(card=None)
    record_for(install, ada, came(100, reference="TRN  44  18"))
    with pytest.raises(Conflict) as used:
        record_for(install, ada, came(100, id="ext_2", reference=" trn 44 18"))
    assert used.value.code == "reference_used"


def test_a_reference_is_used_once_and_a_cheques_number_once_for_its_drawer() -> None:
    install, ada = stage(card=None)
    bob = install.customer(card=None, name="Bob")
    record_for(install, ada, came(100))
    again = came(100, id="ext_2", reference="w-1")
    with pytest.raises(Conflict) as used:
        record_for(install, bob, again)
    assert used.value.code == "reference_used"
    assert "1.00 USD on 2026-01-01 from Ada Byron (payment ext_1)" in used.value.detail
    for customer, name in ((ada, "ext_3"), (bob, "ext_4")):
        cheque = came(1, id=name, method=ExternalMethod.CHECK, reference="7")
        record_for(install, customer, cheque)
    for name in ("ext_5", "ext_6"):
        record_for(install, ada, came(1, id=name, method=ExternalMethod.CASH, reference=""))
    assert credit(install, ada) + credit(install, bob) == 104


def test_the_same_request_again_is_the_same_payment() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    first, second = (pay(install, invoice, came()) for _ in range(2))
    assert first == second
    assert balance(install, Account.BANK) == 8900


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, "amount_invalid"),
        ({"received_on": date(2026, 1, 2)}, "date_in_future"),
        ({"reference": ""}, "reference_missing"),
        ({"chosen": (Allocation("inv_9", 1),)}, "allocation_invalid"),
        ({"chosen": (Allocation("own", 8901),), "amount": 9000}, "allocation_invalid"),
        ({"chosen": (Allocation("own", 1), Allocation("own", 1))}, "allocation_twice"),
        ({"chosen": (Allocation("own", 8900),), "amount": 5}, "allocation_too_much"),
        ({"chosen": tuple(Allocation(f"inv_{n}", 1) for n in range(41))}, "allocation_too_many"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    changes: dict[str, Any], code: str
) -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    if "chosen" in changes:
        changes = changes | {
            "chosen": tuple(
                Allocation(invoice.id if part.invoice_id == "own" else part.invoice_id, part.amount)
                for part in changes["chosen"]
            )
        }
    before = len(list(install.store.all_facts()))
    with pytest.raises(InvalidInput) as refused:
        record_for(install, customer, came(**changes))
    assert (refused.value.code, len(list(install.store.all_facts()))) == (code, before)


def test_another_customers_invoice_cannot_be_paid() -> None:
    install, customer = stage(card=None)
    bob = install.customer(card=None, name="Bob")
    invoice = install.invoice(bob, due_on=LATER)
    chosen = came(chosen=(Allocation(invoice.id, 1),))
    assert code_of(lambda: record_for(install, customer, chosen)) == "allocation_invalid"


def test_a_payment_that_is_open_at_stripe_is_cancelled_first() -> None:
    install, customer = stage()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).open_payment is not None
    pay(install, invoice, came())
    install.advance(days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert {one["status"] for one in install.stripe.account().payment_intents.values()} == {
        "canceled"
    }
    sound(install)


def test_a_charge_that_succeeded_meanwhile_is_posted_and_the_wire_becomes_credit() -> None:
    install, customer = stage()
    invoice = install.invoice(customer, due_on=LATER)
    invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id="ask_1",
        trigger=Trigger.STAFF,
        actor=STAFF,
    )
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve", times=3)
    with suppress(Unanswered):
        charging.run_step(install.ports, "biz_1", invoice.id)
    install.stripe.faults.clear()
    assert install.read(invoice).open_payment is not None
    pay(install, invoice, came())
    paid = install.read(invoice)
    assert (paid.status, paid.external_payments) == (InvoiceStatus.PAID, ())
    assert credit(install, customer) == 8900
    install.settle()
    sound(install)


def test_money_that_is_being_processed_is_not_raced() -> None:
    install, customer = stage(card=None)
    install.save_card("biz_1", customer.id, "000123456789", kind="us_bank_account")
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PROCESSING
    with pytest.raises(Conflict) as refused:
        pay(install, invoice, came())
    assert refused.value.code == "payment_under_way"
    assert "on account" in refused.value.detail
    record_for(install, customer, came(chosen=()))
    assert credit(install, customer) == 8900
    install.advance(days=8)
    sound(install)


def test_a_bounced_cheque_is_owed_again_and_its_credit_may_fall_below_zero() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    pay(install, invoice, came(10_000))
    install.settle()
    bounce(install, customer)
    install.settle()
    owing = install.read(invoice)
    assert (owing.status, owing.amount_remaining) == (InvoiceStatus.PENDING, 8900)
    assert credit(install, customer) == 0
    assert balance(install, Account.BANK) == 0
    assert "returned" in subjects(install, "ada@")[-1]
    assert code_of(lambda: bounce(install, customer)) == "already_reversed"
    sound(install)


def test_what_was_overdue_is_overdue_again_and_its_subscription_stops_again() -> None:
    install, customer = stage()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 5)
    subscription = install.subscription(customer)
    install.advance(days=9)
    (invoice,) = install.store.invoices_of("biz_1", customer.id, open_only=True).items
    assert invoice.status is InvoiceStatus.OVERDUE
    pay(install, invoice, came())
    install.settle()
    assert install.store.subscription("biz_1", subscription.id).status == "active"
    bounce(install, customer)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.OVERDUE
    assert install.store.subscription("biz_1", subscription.id).status == "paused"
    assert overdue.stop_again(install.ports, "biz_1", invoice.id) == 0
    sound(install)


def test_what_was_written_off_is_recovered_in_part_and_lost_again() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    record(install.ports, open_case(install.ports, "biz_1", invoice.id), WrittenOff("Gone.", 8900))
    pay(install, invoice, came(400))
    part = install.read(invoice)
    assert (part.status, part.amount_recovered) == (InvoiceStatus.UNCOLLECTIBLE, 400)
    assert balance(install, Account.WRITE_OFFS) == 8500
    bounce(install, customer)
    assert balance(install, Account.WRITE_OFFS) == 8900
    pay(install, invoice, came(8900, id="ext_2", reference="W-2"))
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert balance(install, Account.WRITE_OFFS) == 0
    install.settle()
    sound(install)


def test_nothing_is_known_of_another_customers_payment() -> None:
    install, customer = stage(card=None)
    bob = install.customer(card=None, name="Bob")
    record_for(install, customer, came(100))
    with pytest.raises(NotFound):
        external_payments.read_payment(install.ports, "biz_1", bob.id, "ext_1")
    with pytest.raises(NotFound):
        bounce(install, bob)


def test_a_paid_invoice_takes_no_more_but_the_account_does() -> None:
    install, customer = stage()
    invoice = install.invoice(customer)
    install.settle()
    assert code_of(lambda: pay(install, invoice, came(1))) == "settled"
    assert facts.ChargeSucceeded.kind in install.kinds(invoice)
