"""A payment taken for a customer: what it pays, what it covers meanwhile, and how it can end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.documents import ReceiptView
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.payment import Allocation, AttemptResult
from chalicelib.services import customers, on_account, reconciling
from chalicelib.services.charging import run_step
from chalicelib.services.on_account import Wish
from tests.fakes.install import VISA, Install

MAY = date(2026, 5, 1)
STAFF = Actor(ActorKind.STAFF, "usr_1")
BROKE = "4000000000000341"  # saves well, then declines
ASKS = "4000002760003184"  # 3-D Secure every time


def asks(install: Install) -> Customer:
    """Whose bank wants a confirmation of everything, of saving the card too."""
    ada = install.customer(card=None)
    session = install.save_card("biz_1", ada.id, ASKS)
    install.stripe.authenticate(
        install.stripe.account().sessions[session]["setup_intent"], passed=True
    )
    install.settle()
    return install.store.customer("biz_1", ada.id)


def take(install: Install, customer: Customer, amount: int, **more: object) -> Invoice:
    wish = Wish(install.ids.new("poa"), customer.id, amount)
    return on_account.take_payment(
        install.ports,
        "biz_1",
        replace(wish, **more),  # type: ignore[arg-type]
        actor=STAFF,
    )


def later(install: Install, customer: Customer, amount: int = 8900, day: int = 1) -> Invoice:
    """An invoice that nobody charges yet."""
    made = install.invoice(customer, amount, due_on=MAY + timedelta(days=day))
    install.settle()
    return made


def balance(install: Install) -> dict[str, int]:
    sums = trial_balance(leg for fact in install.store.all_facts() for leg in fact.legs)
    return {account.value: amount for (_, account), amount in sums.items() if amount}


def credit(install: Install, customer: Customer) -> int:
    return install.store.customer("biz_1", customer.id).credit


def test_it_pays_the_oldest_first_and_the_rest_is_credit(install: Install, ada: Customer) -> None:
    old, new = later(install, ada, day=1), later(install, ada, 5000, day=2)
    demand = take(install, ada, 15_000)
    assert demand.allocations == (Allocation(old.id, 8900), Allocation(new.id, 5000))
    covered = install.read(old)
    assert covered.next_action is not None
    assert (covered.next_action.kind, covered.next_action.at) == (NextActionKind.COVERED, None)
    install.settle()
    assert [install.read(one).status.value for one in (demand, old, new)] == ["paid"] * 3
    assert install.read(old).covered_by is None
    assert credit(install, ada) == 1100
    books = install.stripe.books()["usd"]
    assert balance(install)["cash_in_transit"] == books["net"]
    assert balance(install)["customer_credit"] == -1100
    assert Account.RECEIVABLE.value not in balance(install)


def test_a_part_is_applied_and_the_rest_is_collected_as_before(
    install: Install, ada: Customer
) -> None:
    invoice = later(install, ada)
    planned = install.read(invoice).next_action
    take(install, ada, 900)
    install.settle()
    after = install.read(invoice)
    assert (after.amount_paid, after.amount_remaining, after.covered_by) == (900, 8000, None)
    assert after.next_action == planned


def test_as_chosen(install: Install, ada: Customer) -> None:
    old, new = later(install, ada, day=1), later(install, ada, day=2)
    take(install, ada, 8900, chosen=(Allocation(new.id, 8000),))
    install.settle()
    assert [install.read(one).amount_paid for one in (old, new)] == [0, 8000]
    assert credit(install, ada) == 900


@pytest.mark.parametrize(
    ("amount", "part", "code"),
    [
        (8900, 8901, "allocation_invalid"),
        (8000, 8900, "allocation_too_much"),
        (8900, 0, "allocation_invalid"),
        (0, 100, "amount_invalid"),
    ],
)
def test_what_cannot_be_chosen(
    install: Install, ada: Customer, amount: int, part: int, code: str
) -> None:
    invoice = later(install, ada)
    with pytest.raises(InvalidInput) as refused:
        take(install, ada, amount, chosen=(Allocation(invoice.id, part),))
    assert refused.value.code == code
    assert install.read(invoice).covered_by is None


def test_without_an_invoice_it_is_all_credit(install: Install, ada: Customer) -> None:
    demand = take(install, ada, 4000)
    install.settle()
    assert (install.read(demand).status, credit(install, ada)) == (InvoiceStatus.PAID, 4000)


def test_a_second_click_is_the_same_payment(install: Install, ada: Customer) -> None:
    later(install, ada)
    first = take(install, ada, 8900)
    assert take(install, ada, 8900).id == first.id
    install.settle()
    assert len(install.stripe.account().payment_intents) == 1
    assert take(install, ada, 8900).id != first.id  # paid and done: this is another wish


def test_the_open_payment_of_an_invoice_is_closed_first(install: Install) -> None:
    ada = install.customer(card=BROKE)
    invoice = install.invoice(ada)
    install.settle()  # declined: its PaymentIntent is open for the retries
    (tried,) = install.stripe.account().payment_intents.values()
    install.save_card("biz_1", ada.id, VISA)
    take(install, install.store.customer("biz_1", ada.id), 8900)
    assert tried["status"] == "canceled"
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    succeeded = [
        one
        for one in install.stripe.account().payment_intents.values()
        if one["status"] == "succeeded"
    ]
    assert len(succeeded) == 1


def test_a_decline_ends_it_and_the_invoices_go_on(install: Install) -> None:
    ada = install.customer(card=BROKE)
    invoice = later(install, ada)
    planned = install.read(invoice).next_action
    demand = take(install, ada, 8900)
    mails = len(install.mail.sent)
    install.settle()
    ended = install.read(demand)
    assert (ended.status, ended.dunning) == (InvoiceStatus.CANCELLED, None)
    assert ended.demand is not None
    assert ended.demand.end_code == "charge_failed"
    assert ended.attempts[0].result is AttemptResult.FAILED
    after = install.read(invoice)
    assert (after.covered_by, after.next_action, after.dunning) == (None, planned, None)
    assert len(install.mail.sent) == mails  # who took the payment sees it; the customer is not told
    (intent,) = install.stripe.account().payment_intents.values()
    assert intent["status"] == "canceled"


def test_nothing_is_made_when_it_cannot_be_charged(install: Install) -> None:
    ada = install.customer(card=None)
    invoice = later(install, ada)
    with pytest.raises(Conflict) as refused:
        take(install, ada, 8900)
    assert refused.value.code == "no_payment_method"
    assert install.read(invoice).covered_by is None


def page_of(install: Install, demand: Invoice) -> str:
    return customers.start_setup(
        install.ports,
        "biz_1",
        demand.customer_id,
        request_id=demand.id,
        success_url="https://app.example/saved",
        cancel_url="https://app.example/back",
        demand_id=demand.id,
    ).id


def test_a_new_card_is_charged_when_its_page_is_filled_in(install: Install) -> None:
    ada = install.customer(card=None)
    invoice = later(install, ada)
    demand = take(install, ada, 8900, new_method=True)
    session = page_of(install, demand)
    install.settle()
    assert install.read(demand).status is InvoiceStatus.PENDING
    install.stripe.complete_checkout(session, VISA)
    install.settle()  # by the webhook alone
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert install.store.customer("biz_1", ada.id).default_method is not None


def test_a_card_that_is_not_to_be_saved_pays_once_and_is_forgotten(install: Install) -> None:
    ada = install.customer(card=None)
    invoice, other = later(install, ada, day=1), later(install, ada, day=2)
    demand = take(install, ada, 8900, new_method=True, save_method=False)
    session = page_of(install, demand)
    install.stripe.complete_checkout(session, VISA)
    customers.receive_setup(install.ports, "biz_1", session)
    customers.receive_setup(install.ports, "biz_1", session)
    install.settle()
    assert [install.read(one).status.value for one in (invoice, other)] == ["paid", "pending"]
    assert install.store.customer("biz_1", ada.id).methods == ()
    stripe_id = install.store.customer("biz_1", ada.id).stripe_customer_id
    assert stripe_id is not None
    assert install.ports.gateway.methods_of(None, stripe_id) == []


def test_a_page_that_nobody_fills_in_ends_the_payment_after_a_day(install: Install) -> None:
    ada = install.customer(card=None)
    invoice = later(install, ada)
    demand = take(install, ada, 8900, new_method=True)
    page_of(install, demand)
    install.settle()
    install.advance(hours=25)
    ended = install.read(demand)
    assert ended.demand is not None
    assert (ended.status.value, ended.demand.end_code) == ("cancelled", "page_not_filled_in")
    assert install.read(invoice).covered_by is None
    assert install.stripe.account().payment_intents == {}


def test_a_card_typed_in_too_late_for_one_payment_is_detached(install: Install) -> None:
    ada = install.customer(card=None)
    demand = take(install, ada, 8900, new_method=True, save_method=False)
    session = page_of(install, demand)
    on_account.cancel_payment(install.ports, "biz_1", demand.id, actor=STAFF)
    install.stripe.complete_checkout(session, VISA)
    install.settle()
    stripe_id = install.store.customer("biz_1", ada.id).stripe_customer_id
    assert stripe_id is not None
    assert install.ports.gateway.methods_of(None, stripe_id) == []


def test_a_page_of_which_nobody_told_us_is_found_by_the_reconciliation(install: Install) -> None:
    ada = install.customer(card=None)
    demand = take(install, ada, 8900, new_method=True, save_method=False)
    session = page_of(install, demand)
    install.stripe.complete_checkout(session, VISA)
    install.stripe.next_events()  # lost
    install.reconcile()
    assert install.read(demand).status is InvoiceStatus.PAID
    assert reconciling.reconcile(install.ports, "biz_1").posted == 0


def test_three_d_secure_while_the_payer_is_there(install: Install) -> None:
    ada = asks(install)
    invoice = later(install, ada)
    demand = take(install, ada, 8900, return_url="https://app.example/back")
    install.settle()
    live = install.read(demand).live_attempt
    assert live is not None
    assert live.result is AttemptResult.ACTION_REQUIRED
    (intent,) = install.stripe.account().payment_intents
    install.stripe.authenticate(intent, passed=True)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_who_leaves_the_banks_page_has_not_paid(install: Install) -> None:
    ada = asks(install)
    invoice = later(install, ada)
    demand = take(install, ada, 8900, return_url="https://app.example/back")
    install.settle()
    install.advance(minutes=46)
    ended = install.read(demand)
    assert ended.demand is not None
    assert (ended.status.value, ended.demand.end_code) == ("cancelled", "payer_left")
    assert install.read(invoice).covered_by is None


def test_staff_cancel_it_while_nothing_has_come(install: Install, ada: Customer) -> None:
    invoice = later(install, ada)
    demand = take(install, ada, 8900)
    on_account.cancel_payment(install.ports, "biz_1", demand.id, actor=STAFF)
    install.settle()
    assert install.read(demand).status is InvoiceStatus.CANCELLED
    assert install.read(invoice).covered_by is None
    assert install.stripe.account().payment_intents == {}


def test_what_has_succeeded_is_not_cancelled(install: Install, ada: Customer) -> None:
    demand = take(install, ada, 8900)
    install.settle()
    with pytest.raises(Conflict) as refused:
        on_account.cancel_payment(install.ports, "biz_1", demand.id, actor=STAFF)
    assert refused.value.code == "payment_succeeded"


def test_an_invoice_is_collected_by_one_payment_at_a_time(install: Install, ada: Customer) -> None:
    invoice = later(install, ada)
    take(install, ada, 8900)
    second = take(install, ada, 5000)
    assert second.allocations == ()  # the invoice is covered already: this one would be credit
    install.settle()
    assert (install.read(invoice).amount_paid, credit(install, ada)) == (8900, 5000)


def test_an_invoice_that_is_collected_already_cannot_be_chosen(
    install: Install, ada: Customer
) -> None:
    invoice = later(install, ada)
    take(install, ada, 8900)
    with pytest.raises(Conflict) as refused:
        take(install, ada, 5000, chosen=(Allocation(invoice.id, 5000),))
    assert refused.value.code == "covered"
    assert "A payment of 89.00 USD for this customer is under way." in refused.value.detail


def test_the_money_is_applied_by_the_sweep_when_every_message_is_lost(
    install: Install, ada: Customer
) -> None:
    invoice = later(install, ada)
    demand = take(install, ada, 8900)
    install._effects()
    for message in install.queue.take():
        run_step(install.ports, message.body["business_id"], message.body["invoice_id"])
    install._effects()
    install.queue.take()  # the message that would apply it is lost
    assert install.read(demand).next_action is not None
    install.advance(minutes=16)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_one_receipt_names_the_invoices_it_paid(install: Install, ada: Customer) -> None:
    old, new = later(install, ada, day=1), later(install, ada, 5000, day=2)
    before = len(install.documents.drawn)
    take(install, ada, 10_000)
    install.settle()
    (view,) = {one.number: one for one in install.documents.drawn[before:]}.values()
    assert isinstance(view, ReceiptView)
    assert [(one.invoice_number, one.amount, one.balance) for one in view.allocations] == [
        (old.number, 8900, 0),
        (new.number, 1100, 3900),
    ]


def test_a_lost_dispute_takes_the_credit_back(install: Install, ada: Customer) -> None:
    invoice = later(install, ada)
    demand = take(install, ada, 8900)
    install.settle()
    charge = install.read(demand).payments[0].charge_id
    assert charge is not None
    dispute = install.stripe.dispute(charge)
    install.settle()
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    assert credit(install, ada) == -8900
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert balance(install)["cash_in_transit"] == install.stripe.books()["usd"]["net"]
    assert install.read(demand).status is InvoiceStatus.CANCELLED


def test_the_history_can_be_folded_again(install: Install, ada: Customer) -> None:
    invoice = later(install, ada)
    demand = take(install, ada, 8900)
    install.settle()
    for one in (demand, invoice):
        assert fold(install.history(one)) == install.read(one)
    facts = install.store.facts("biz_1", Subject.CUSTOMER, ada.id)
    assert [fact.kind for fact in facts][-2:] == ["payment_taken", "credit_moved"]
