"""Several businesses in one install: each on its own Stripe account, and none sees another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.ports.answers import FactExists
from chalicelib.services import businesses, customers, invoices, reconciling
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, delivered

ONE, TWO = "biz_1", "biz_2"


def two() -> tuple[Install, dict[str, str]]:
    install = Install.at()
    accounts = {name: install.stripe.connect_account() for name in (ONE, TWO)}
    for name, account in accounts.items():
        install.business(name, stripe_account=account, staff_email=f"desk@{name}.example")
    return install, accounts


def payer(install: Install, business: str) -> Customer:
    customer = install.customer(business)
    install.settle()
    return install.store.customer(business, customer.id)


def test_each_business_is_paid_on_its_own_account() -> None:
    install, accounts = two()
    for name in (ONE, TWO):
        invoice = install.invoice(payer(install, name))
        install.settle()
        assert install.read(invoice).status is InvoiceStatus.PAID
        shelf = install.stripe.account(accounts[name])
        assert len(shelf.payment_intents) == 1
        assert len(shelf.customers) == 1
    assert install.stripe.account().payment_intents == {}
    check_install(install)


def test_what_belongs_to_one_cannot_be_reached_from_the_other() -> None:
    install, _ = two()
    customer = payer(install, ONE)
    invoice = install.invoice(customer)
    install.settle()
    ports = install.ports
    with pytest.raises(NotFound):
        install.store.invoice(TWO, invoice.id)
    with pytest.raises(NotFound):
        invoices.cancel_invoice(ports, TWO, invoice.id, actor=SYSTEM, reason="?")
    with pytest.raises(NotFound):
        customers.remove_method(ports, TWO, customer.id, customer.methods[0].id, actor=SYSTEM)
    with pytest.raises(NotFound):
        invoices.create_invoice(
            ports, TWO, customer.id, invoice.lines, invoice_id="inv_x", actor=SYSTEM
        )


def test_a_saved_page_of_one_business_saves_nothing_for_the_other() -> None:
    install, _ = two()
    customer = install.customer(ONE, card=None)
    session = install.save_card(ONE, customer.id, VISA)
    with pytest.raises(NotFound):
        customers.receive_setup(install.ports, TWO, session)


def test_numbers_run_for_each_business_by_itself() -> None:
    install, _ = two()
    made = [install.invoice(payer(install, name)).number for name in (ONE, TWO, ONE)]
    assert made == ["INV-00001", "INV-00001", "INV-00002"]


def test_an_account_belongs_to_one_business() -> None:
    install, accounts = two()
    with pytest.raises(FactExists):
        install.business("biz_3", stripe_account=accounts[ONE])


def test_a_business_that_disconnects_is_charged_for_no_more() -> None:
    install, accounts = two()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    gone, stays = payer(install, ONE), payer(install, TWO)
    invoice = install.invoice(gone)
    install.settle()
    assert len(install.read(invoice).attempts) == 2
    install.stripe.deauthorize(accounts[ONE])
    install.settle()
    assert install.store.business(ONE).deauthorized_at is not None
    assert len(delivered(install, "staff_disconnected")) == 1
    calls = install.stripe.calls
    other = install.invoice(gone)
    install.settle()
    reasons = invoices.why_not_chargeable(install.ports, ONE, other.id)
    assert [reason.code for reason in reasons] == ["not_connected"]
    install.advance(days=2)
    assert install.stripe.calls == calls
    assert len(install.read(invoice).attempts) == 2
    done = reconciling.reconcile_all(install.ports)
    assert len(done) == 1  # the other business only
    paid = install.invoice(stays)
    install.settle()
    assert install.read(paid).status is InvoiceStatus.PAID


def test_a_disconnection_nobody_told_us_of_is_found_and_stops_only_that_business() -> None:
    install, accounts = two()
    payers = [payer(install, name) for name in (ONE, TWO)]
    install.stripe.webhooks.endpoints.clear()
    install.stripe.deauthorize(accounts[ONE])
    done = reconciling.reconcile_all(install.ports)
    assert len(done) == 1
    assert install.store.business(ONE).deauthorized_at is not None
    assert install.store.business(TWO).deauthorized_at is None
    cut_off, paid = (install.invoice(one) for one in payers)
    install.settle()
    assert install.read(cut_off).attempts == ()
    assert install.read(paid).status is InvoiceStatus.PAID


def test_an_account_that_may_not_charge_waits_until_it_may() -> None:
    install = Install.at()
    account = install.stripe.connect_account()
    install.business(ONE, stripe_account=account)
    customer = payer(install, ONE)
    install.stripe.restrict(account)
    install.settle()
    assert not install.store.business(ONE).charges_enabled
    assert len(delivered(install, "staff_charges_stopped")) == 1
    told = install.mail.sent[-1].message
    assert "takes no charges" in str(told["Subject"])
    assert "individual.verification" in told.as_string()
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).attempts == ()
    install.stripe.finish_onboarding(account)
    install.settle()
    assert install.store.business(ONE).charges_enabled
    install.advance(hours=2)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_stray_and_unheard_intents_are_found_on_each_account() -> None:
    install, accounts = two()
    customer = payer(install, TWO)
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PENDING
    seen = [install.reconcile(name).seen for name in (ONE, TWO)]
    assert seen == [0, 1]
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert install.stripe.books(accounts[ONE]) == {}


def test_a_business_that_was_never_level_is_looked_at_from_its_beginning() -> None:
    """Its reconciliation failed for two months: no event came, and no run ever reached its end."""
    install = Install.at()
    install.business(ONE)
    account = install.stripe.connect_account()
    fee = ApplicationFee(Decimal(1), 0)
    install.business(TWO, stripe_account=account, application_fee=fee)
    install.stripe.webhooks.endpoints.clear()
    install.invoice(payer(install, TWO))
    install.settle()
    install.clock.advance(days=60)
    (earned,) = install.stripe.account().application_fees.values()
    install.reconcile(ONE)
    posted = [fact.data for fact in install.store.all_facts() if fact.kind.endswith("fee_earned")]
    assert [one.amount for one in posted] == [earned["amount"]]


def test_settings_that_do_not_exist_are_refused() -> None:
    install, _ = two()
    for changes in ({"currency": "XXX"}, {"nonsense": 1}, {"zone": "Mars/Olympus"}):
        with pytest.raises(InvalidInput):
            businesses.change_business(install.ports, ONE, changes, actor=SYSTEM)
    changed = businesses.change_business(install.ports, ONE, {"name": "New"}, actor=SYSTEM)
    assert changed.name == "New"
