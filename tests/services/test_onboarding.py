"""Opening a business's Stripe account: once, whatever is lost on the way; and what it pays us."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.domain.business import Business
from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.party_facts import AccountRequested
from chalicelib.ports.answers import Unanswered
from chalicelib.services import businesses, connecting, reconciling
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install

ONE = "biz_1"
OWN = {"connects": True}


def start(install: Install, number: int = 1) -> str:
    page = connecting.start_onboarding(
        install.ports, ONE, request_id=f"onb_{number}", return_url="https://desk.example/a",
        refresh_url="https://desk.example/b", actor=SYSTEM,
    )  # fmt: skip
    return page.url


def connected(install: Install) -> list[str]:
    """Every account there is beside the platform's."""
    return list(install.stripe.state.accounts)[1:]


def kinds(install: Install) -> list[str]:
    return [fact.kind for fact in install.store.facts(ONE, Subject.BUSINESS, ONE)]


def onboarded(fee: ApplicationFee | None = None) -> tuple[Install, str]:
    install = Install.at()
    install.business(ONE, application_fee=fee, **OWN)
    start(install)
    (account,) = connected(install)
    install.stripe.finish_onboarding(account)
    install.settle()
    return install, account


def test_the_wish_is_written_before_stripe_is_asked() -> None:
    install = Install.at()
    install.business(ONE, **OWN)
    install.stripe.faults.plan("timeout_before", "accounts.create")
    with pytest.raises(Unanswered):
        start(install)
    assert kinds(install) == ["created", "account_requested"]
    assert connected(install) == []
    start(install)
    assert kinds(install) == ["created", "account_requested", "changed"]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=30)])
def test_an_account_whose_making_was_never_answered_is_found(later: timedelta) -> None:
    """After a day Stripe has forgotten the key: then the list tells."""
    install = Install.at()
    install.business(ONE, **OWN)
    install.stripe.faults.plan("drop_after", "accounts.create")
    with pytest.raises(Unanswered):
        start(install)
    install.clock.advance(seconds=int(later.total_seconds()))
    start(install, 2)
    assert connected(install) == [install.store.business(ONE).stripe_account]


def test_until_stripe_says_so_it_cannot_charge() -> None:
    install = Install.at()
    install.business(ONE, **OWN)
    assert not install.store.business(ONE).can_charge
    start(install)
    business = install.store.business(ONE)
    assert (business.charges_enabled, business.payouts_enabled) == (False, False)
    install.settle()
    assert install.mail.sent == []  # nobody is told that it stopped: it has not begun
    install.stripe.finish_onboarding(str(business.stripe_account))
    install.settle()
    assert install.store.business(ONE).can_charge


def test_a_business_that_waits_is_asked_nothing_at_stripe() -> None:
    install = Install.at()
    install.business(ONE, **OWN)
    calls = install.stripe.calls
    assert reconciling.reconcile_all(install.ports) == []
    connecting.refresh_account(install.ports, ONE)
    assert install.stripe.calls == calls


def test_who_has_cut_the_connection_is_told_to_restore_it() -> None:
    install, account = onboarded()
    install.stripe.deauthorize(account)
    install.settle()
    with pytest.raises(Conflict) as refused:
        start(install, 2)
    assert refused.value.code == "account_disconnected"
    install.stripe.reauthorize(account)
    install.settle()
    assert install.store.business(ONE).can_charge
    start(install, 3)


def test_after_it_is_restored_what_waited_goes_on() -> None:
    install, account = onboarded()
    customer = install.customer(ONE)
    install.settle()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    install.stripe.deauthorize(account)
    install.settle()
    install.advance(hours=30)
    assert len(install.read(invoice).attempts) == 2
    install.stripe.reauthorize(account)
    install.settle()
    install.advance(days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_install(install)


def test_a_cut_connection_met_by_a_charge_stops_the_business() -> None:
    install, account = onboarded()
    customer = install.customer(ONE)
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    install.stripe.deauthorize(account)
    invoice = install.invoice(customer)
    install.settle()
    assert install.store.business(ONE).deauthorized_at is not None
    assert install.read(invoice).status is InvoiceStatus.PENDING
    install.stripe.reauthorize(account)
    reconciling.reconcile_all(install.ports)
    install.settle()
    install.advance(hours=2)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_what_the_install_takes_is_frozen_with_the_payment_and_shown_in_the_fees() -> None:
    install, account = onboarded(ApplicationFee(Decimal("2.5"), 30))
    customer = install.customer(ONE)
    install.settle()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    invoice = install.invoice(customer)
    install.settle()
    (payment,) = install.read(invoice).payments
    share = (payment.amount * 25 + 500) // 1000 + 30
    assert payment.application_fee == share
    changes = {"application_fee": ApplicationFee(Decimal(50), 0)}
    businesses.change_business(install.ports, ONE, changes, actor=SYSTEM)
    install.advance(days=2)
    paid = install.read(invoice).payments[0]
    books = install.stripe.books(account)["usd"]
    assert (paid.application_fee, paid.fee) == (share, books["fees"])
    assert install.stripe.books()["usd"]["application_fees"] == share
    posted = [
        leg.amount for fact in install.store.all_facts() for leg in fact.legs
        if leg.account is Account.FEES
    ]  # fmt: skip
    assert sum(posted) == books["fees"]
    check_install(install)


def test_the_installs_own_account_pays_no_share() -> None:
    business = Business(ONE, "Acme", "USD", "UTC", application_fee=ApplicationFee(Decimal(10), 5))
    assert business.application_fee_of(1000) == 0


@pytest.mark.parametrize(
    ("percent", "fixed", "amount", "share"),
    [("2.5", 30, 10_000, 280), ("0", 0, 10_000, 0), ("100", 0, 99, 99), ("90", 30, 100, 100),
     ("2.25", 0, 1000, 23), ("2.25", 0, 980, 22)],
)  # fmt: skip
def test_a_share_is_rounded_half_up_and_never_more_than_all(
    percent: str, fixed: int, amount: int, share: int
) -> None:
    assert ApplicationFee(Decimal(percent), fixed).of(amount) == share


def test_a_wish_is_recorded_once() -> None:
    install = Install.at()
    install.business(ONE, **OWN)
    for number in range(3):
        start(install, number)
    wishes = [
        fact for fact in install.store.facts(ONE, Subject.BUSINESS, ONE)
        if isinstance(fact.data, AccountRequested)
    ]  # fmt: skip
    assert len(wishes) == 1
    assert len(connected(install)) == 1


@pytest.mark.parametrize("heard", [True, False])
def test_the_share_is_on_the_books_of_who_owns_the_installs_account(heard: bool) -> None:
    install = Install.at()
    install.business("biz_owner")
    account = install.stripe.connect_account()
    fee = ApplicationFee(Decimal("2.5"), 30)
    install.business(ONE, stripe_account=account, application_fee=fee, connects=True)
    customer = install.customer(ONE)
    install.settle()
    if not heard:
        install.stripe.webhooks.endpoints.clear()
    install.invoice(customer)
    install.settle()
    share = install.stripe.books()["usd"]["application_fees"]
    for _ in range(2):
        reconciling.reconcile_all(install.ports)
    owners = install.store.facts("biz_owner", Subject.BUSINESS, "biz_owner")
    posted = [leg for fact in owners for leg in fact.legs]
    assert {leg.account: leg.amount for leg in posted} == {
        Account.CASH_IN_TRANSIT: share, Account.APPLICATION_FEES: -share,
    }  # fmt: skip
    assert share > 0
    check_install(install)


def test_a_share_given_back_leaves_the_owners_books() -> None:
    install = Install.at()
    install.business("biz_owner")
    account = install.stripe.connect_account()
    fee = ApplicationFee(Decimal(0), 100)
    install.business(ONE, stripe_account=account, application_fee=fee, connects=True)
    customer = install.customer(ONE)
    install.settle()
    install.invoice(customer)
    install.settle()
    (share,) = install.stripe.state.platform.application_fees.values()
    back = {"charge": share["charge"], "refund_application_fee": True}
    install.stripe.call(
        "POST", "/v1/refunds", back, account=account, idempotency_key="refund/dash/1"
    )
    install.settle()
    legs = [
        leg.amount for fact in install.store.facts("biz_owner", Subject.BUSINESS, "biz_owner")
        for leg in fact.legs if leg.account is Account.CASH_IN_TRANSIT
    ]  # fmt: skip
    assert legs == [100, -100]


@pytest.mark.parametrize("found_by", ["charge", "reconciliation"])
def test_a_restriction_nobody_told_us_of_is_found_and_is_no_disconnection(found_by: str) -> None:
    install, account = onboarded()
    customer = install.customer(ONE)
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    install.stripe.restrict(account)
    if found_by == "charge":
        invoice = install.invoice(customer)
        install.settle()
    else:
        reconciling.reconcile_all(install.ports)
        invoice = install.invoice(customer)
    business = install.store.business(ONE)
    assert (business.charges_enabled, business.deauthorized_at) == (False, None)
    assert business.account_needs.past_due == ("individual.verification",)
    install.settle()
    assert install.read(invoice).attempts == ()
    install.stripe.finish_onboarding(account)
    reconciling.reconcile_all(install.ports)
    install.settle()
    install.advance(hours=26)  # for a day Stripe repeats its refusal of the same key
    assert install.read(invoice).status is InvoiceStatus.PAID
