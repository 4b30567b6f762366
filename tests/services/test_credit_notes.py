"""Credit notes, corrected invoices, write-offs and customer credit by hand, whole and level."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.documents import DocumentKind, InvoiceView
from chalicelib.domain.credit_note import CreditLine, CreditNote
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, DomainError, InvalidInput, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Line
from chalicelib.domain.invoice_facts import ChargeSucceeded, PaymentAdopted
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import Allocation
from chalicelib.ports.rows import Series
from chalicelib.services import credit, credit_notes, credit_payouts, refunding, write_offs
from chalicelib.services.case import open_case, record
from chalicelib.services.credit_notes import Correction, Right
from tests.fakes.install import Install
from tests.services.checks import balance, check_install, check_stripe, subjects
from tests.services.test_external_payments import bounce, came, record_for

STAFF = Actor(ActorKind.STAFF, "usr_1")
LATER = date(2026, 1, 31)


def stage(**more: Any) -> tuple[Install, Customer]:
    install = Install.at()
    install.business()
    return install, install.customer(**more)


def issue(install: Install, invoice: Invoice, amount: int | None = 900, **more: Any) -> CreditNote:
    wanted = Correction(**({"id": "cn_1", "reason": "Too much.", "amount": amount} | more))
    return credit_notes.issue_credit_note(install.ports, "biz_1", invoice.id, wanted, actor=STAFF)


def correct(install: Install, invoice: Invoice, **changes: Any) -> Invoice:
    wanted: dict[str, Any] = {"id": "inv_new", "note_id": "cn_1", "reason": "Wrong."}
    right = Right(**(wanted | (changes or {"po_number": "PO-7"})))
    return credit_notes.reissue(install.ports, "biz_1", invoice.id, right, actor=STAFF)


def credit_of(install: Install, customer: Customer) -> int:
    return install.store.customer("biz_1", customer.id).credit


def sound(install: Install) -> None:
    """Books whole, level with Stripe, and the customers' credit is what the ledger owes them."""
    install.settle()
    everybody = install.store.customers("biz_1").items
    assert sum(one.credit for one in everybody) == -balance(install, Account.CUSTOMER_CREDIT)
    check_install(install)
    check_stripe(install)


def code_of(action: Any) -> str:
    with pytest.raises(DomainError) as refused:
        action()
    return refused.value.code


def test_a_note_lowers_what_is_owed_and_is_mailed_with_its_pdf() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    note = issue(install, invoice)
    assert (note.number, note.applied) == ("CN-00001", 900)
    assert issue(install, invoice) == note
    sound(install)
    assert install.read(invoice).amount_remaining == 8000
    (drawn,) = [
        one
        for one in install.documents.drawn
        if isinstance(one, InvoiceView) and one.kind is DocumentKind.CREDIT_NOTE
    ]
    assert (drawn.number, drawn.total, drawn.balance) == ("CN-00001", 900, 0)
    assert subjects(install, "ada@")[-1].startswith("Credit note CN-00001")
    assert issue(install, invoice, 100, id="cn_2").number == "CN-00002"


def test_lines_are_credited_with_their_tax() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    lines = (CreditLine("One hour less", 500),)
    note = issue(install, invoice, None, lines=lines)
    assert (note.lines, note.total) == (lines, 500)
    both = {"lines": lines, "id": "cn_2"}
    assert code_of(lambda: issue(install, invoice, 1, **both)) == "credit_unclear"


def test_a_note_on_a_paid_invoice_is_credit_that_pays_others_or_is_paid_out() -> None:
    install, customer = stage()
    paid = install.invoice(customer)
    install.settle()
    other = install.invoice(customer, 1000, due_on=LATER)
    issue(install, paid, 3000, apply_to=(Allocation(other.id, 1000),))
    assert install.read(other).status is InvoiceStatus.PAID
    assert credit_of(install, customer) == 2000
    refunding.request_refund(
        install.ports,
        "biz_1",
        paid.id,
        refund_id="ref_1",
        payment_id=install.read(paid).payments[0].id,
        amount=2000,
        reason="Paid out.",
        actor=STAFF,
        from_credit=True,
    )
    assert credit_of(install, customer) == 0
    sound(install)
    assert balance(install, Account.REFUNDS) == 0
    assert balance(install, Account.CREDIT_NOTES) == 3000


def test_credit_of_a_refund_that_failed_is_back() -> None:
    install, customer = stage(card="4000000000005126")
    paid = install.invoice(customer)
    install.settle()
    issue(install, paid, 500)
    refunding.request_refund(
        install.ports,
        "biz_1",
        paid.id,
        refund_id="ref_1",
        payment_id=install.read(paid).payments[0].id,
        amount=500,
        reason="Paid out.",
        actor=STAFF,
        from_credit=True,
    )
    install.advance(days=4)
    assert credit_of(install, customer) == 500
    sound(install)


def test_a_note_for_all_of_it_settles_the_invoice_and_nothing_charges_it() -> None:
    install, customer = stage()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    issue(install, invoice, 8900)
    install.advance(days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert install.read(invoice).open_payment is None
    sound(install)


def test_a_note_races_no_bank_debit() -> None:
    install, customer = stage(card=None)
    install.save_card("biz_1", customer.id, "000123456789", kind="us_bank_account")
    invoice = install.invoice(customer)
    install.settle()
    assert code_of(lambda: issue(install, invoice)) == "payment_under_way"
    assert code_of(lambda: correct(install, invoice)) == "payment_under_way"


def test_what_is_too_much_or_unclear_is_refused() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    assert code_of(lambda: issue(install, invoice, 8901)) == "credit_too_large"
    assert code_of(lambda: issue(install, invoice, None)) == "credit_unclear"
    apply_to = (Allocation(invoice.id, 1),)
    assert code_of(lambda: issue(install, invoice, apply_to=apply_to)) == "allocation_too_much"
    assert install.store.next_number("biz_1", Series.CREDIT_NOTE) == 1
    with pytest.raises(NotFound):
        credit_notes.read_credit_note(install.ports, "biz_1", invoice.id, "cn_1")


# ------------------------------------------------------------------------------- reissuing


def test_billing_details_are_completed_by_a_new_invoice_that_keeps_its_calendar() -> None:
    install, customer = stage()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    before = install.read(invoice)
    new = correct(install, invoice)
    old = install.read(invoice)
    assert (old.status, old.replaced_by) == (InvoiceStatus.CANCELLED, new.id)
    assert (new.replaces, new.po_number, new.number) == (invoice.id, "PO-7", "INV-00002")
    assert (new.due_on, new.dunning) == (before.due_on, before.dunning)
    assert correct(install, invoice).id == new.id
    again = {"id": "inv_3", "po_number": "X"}
    assert code_of(lambda: correct(install, invoice, **again)) == "already_replaced"
    install.settle()
    assert any("Credit note CN-00001" in one for one in subjects(install, "ada@"))
    body = install.mail.sent[-1].message.as_string()
    assert "It replaces invoice INV-00001" in body
    install.advance(days=2)
    assert install.read(new).status is InvoiceStatus.PAID
    sound(install)


def test_a_paid_invoice_is_corrected_and_its_money_pays_the_new_one() -> None:
    install, customer = stage()
    invoice = install.invoice(customer)
    install.settle()
    line = Line("Consulting, corrected", Decimal(1), 8000)
    new = correct(install, invoice, lines=(line,))
    assert (new.status, new.amount_paid) == (InvoiceStatus.PAID, 8000)
    assert credit_of(install, customer) == 900
    assert install.read(invoice).status is InvoiceStatus.PAID
    sound(install)


def test_a_cheque_of_a_corrected_invoice_that_bounces_takes_the_credit_with_it() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    record_for(install, customer, came())
    new = correct(install, invoice)
    assert new.status is InvoiceStatus.PAID
    bounce(install, customer)
    assert credit_of(install, customer) == -8900
    sound(install)


def test_what_cannot_be_corrected_says_why() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    assert code_of(lambda: correct(install, invoice, memo="")) == "nothing_changed"
    write_offs.write_off(install.ports, "biz_1", invoice.id, reason="Gone.", actor=STAFF)
    assert code_of(lambda: correct(install, invoice)) == "not_correctable"


# ------------------------------------------------------------------------------ write-offs


def test_a_write_off_stops_everything_and_twice_is_once() -> None:
    install, customer = stage()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    for _ in range(2):
        write_offs.write_off(install.ports, "biz_1", invoice.id, reason="Gone.", actor=STAFF)
    install.advance(days=9)
    gone = install.read(invoice)
    assert (gone.status, gone.amount_written_off) == (InvoiceStatus.UNCOLLECTIBLE, 8900)
    assert balance(install, Account.WRITE_OFFS) == 8900
    sound(install)


def test_a_paid_invoice_cannot_be_written_off() -> None:
    install, customer = stage()
    invoice = install.invoice(customer)
    install.settle()
    with pytest.raises(Conflict) as refused:
        write_offs.write_off(install.ports, "biz_1", invoice.id, reason="Gone.", actor=STAFF)
    assert refused.value.code == "settled"


# ---------------------------------------------------------------------------------- credit


def apply_all(
    install: Install, customer: Customer, chosen: tuple[Allocation, ...] | None = None
) -> None:
    credit.apply_credit(
        install.ports,
        "biz_1",
        customer.id,
        application_id="app_1",
        chosen=chosen,
        actor=STAFF,
    )


def back(install: Install, customer: Customer) -> None:
    credit.take_back(
        install.ports, "biz_1", customer.id, "app_1", reason="Wrong invoice.", actor=STAFF
    )


def test_credit_is_applied_oldest_first_once_and_taken_back_once() -> None:
    install, customer = stage(card=None)
    young = install.invoice(customer, 1000, due_on=LATER)
    old = install.invoice(customer, 1000, due_on=LATER - timedelta(days=5))
    record_for(install, customer, came(1500, chosen=()))
    for _ in range(2):
        apply_all(install, customer)
    assert [install.read(one).amount_remaining for one in (old, young)] == [0, 500]
    assert credit_of(install, customer) == 0
    sound(install)
    back(install, customer)
    assert [install.read(one).amount_remaining for one in (old, young)] == [1000, 1000]
    assert credit_of(install, customer) == 1500
    assert code_of(lambda: back(install, customer)) == "already_reversed"
    assert [one.taken_back for one in credit.movements(install.ports, "biz_1", customer.id)] == [
        False,
        True,
    ]
    sound(install)


def test_more_credit_than_there_is_cannot_be_spent() -> None:
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    assert code_of(lambda: apply_all(install, customer)) == "nothing_to_apply"
    record_for(install, customer, came(100, chosen=()))
    chosen = (Allocation(invoice.id, 101),)
    assert code_of(lambda: apply_all(install, customer, chosen)) == "credit_too_small"
    with pytest.raises(NotFound):
        back(install, customer)


def test_credit_is_given_back_past_stripe_within_the_limit_of_one_person() -> None:
    install = Install.at()
    install.business(refund_approval_above=50)
    customer = install.customer(card=None)
    record_for(install, customer, came(100, chosen=()))

    def pay_out(amount: int, **more: Any) -> None:
        wanted: dict[str, Any] = {
            "payout_id": "out_1",
            "method": ExternalMethod.BANK_TRANSFER,
            "reference": "T-1",
            "paid_on": install.clock.now().date(),
            "reason": "Moved away.",
            "actor": STAFF,
        }
        credit_payouts.pay_out(
            install.ports, "biz_1", customer.id, amount=amount, **(wanted | more)
        )

    for _ in range(2):
        pay_out(40)
    assert (credit_of(install, customer), balance(install, Account.BANK)) == (60, 60)
    later = {"payout_id": "out_2", "paid_on": date(2027, 1, 1)}
    with pytest.raises(InvalidInput):
        pay_out(1, **later)
    sound(install)


def test_what_a_card_paid_too_much_becomes_the_customers_credit_once() -> None:
    """As after a restore: a PaymentIntent that the table had forgotten has succeeded too."""
    install, customer = stage(card=None)
    invoice = install.invoice(customer, due_on=LATER)
    case = open_case(install.ports, "biz_1", invoice.id)
    case = record(install.ports, case, PaymentAdopted("pay_9_1", 1, "pi_9", 9000))
    record(install.ports, case, ChargeSucceeded("pay_9_1", None, "pi_9", "ch_9", 9000, 0))
    assert install.read(invoice).amount_overpaid == 100
    install.settle()
    assert credit.move_overpayment(install.ports, "biz_1", invoice.id) == 0
    assert (install.read(invoice).amount_overpaid, credit_of(install, customer)) == (0, 100)
    assert balance(install, Account.CUSTOMER_CREDIT) == -100
    check_install(install)
