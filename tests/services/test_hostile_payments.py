"""Taking a payment, seen by somebody who clicks twice, changes their mind, or means harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Allocation, AttemptResult
from chalicelib.services import businesses, customers, external_payments, invoices, on_account
from chalicelib.services.external_payments import Received
from chalicelib.services.on_account import Wish
from tests.fakes.install import VISA, Install
from tests.services.test_on_account import STAFF, credit, later, page_of, take
from tests.services.test_payment_plans import check_books

MASTERCARD = "5555555555554444"
TODAY = date(2026, 1, 1)


def two_cards(install: Install, ada: Customer) -> tuple[str, str]:
    install.save_card("biz_1", ada.id, MASTERCARD)
    install.settle()
    first, second = install.store.customer("biz_1", ada.id).methods
    return first.id, second.id


def taken(install: Install) -> int:
    charges = install.stripe.account().charges.values()
    return sum(one["amount"] for one in charges if one["status"] == "succeeded")


def test_the_second_click_with_another_card_is_told_that_one_is_under_way(
    install: Install, ada: Customer
) -> None:
    """It is not the same wish, and silently charging the first card would be a lie."""
    first, second = two_cards(install, ada)
    later(install, ada)
    demand = take(install, ada, 8900, method_id=first)
    assert take(install, ada, 8900, method_id=first).id == demand.id
    with pytest.raises(Conflict) as refused:
        take(install, ada, 8900, method_id=second)
    assert refused.value.code == "payment_under_way"
    assert demand.id in refused.value.detail
    install.settle()
    assert taken(install) == 8900


def test_the_default_card_by_name_is_the_same_wish(install: Install, ada: Customer) -> None:
    later(install, ada)
    demand = take(install, ada, 8900)
    default = install.store.customer("biz_1", ada.id).default_method_id
    assert take(install, ada, 8900, method_id=default).id == demand.id


def test_an_abandoned_page_does_not_swallow_the_saved_card(install: Install, ada: Customer) -> None:
    """Staff open Stripe's page, the customer goes away, staff take the saved card instead."""
    invoice = later(install, ada)
    waiting = take(install, ada, 8900, new_method=True)
    page_of(install, waiting)
    with pytest.raises(Conflict) as refused:
        take(install, ada, 8900)
    assert refused.value.code == "payment_under_way"
    assert "cancel it first" in refused.value.detail
    on_account.cancel_payment(install.ports, "biz_1", waiting.id, actor=STAFF)
    take(install, ada, 8900)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert taken(install) == 8900


def test_a_page_filled_in_after_it_was_cancelled_takes_nothing(
    install: Install, ada: Customer
) -> None:
    later(install, ada)
    waiting = take(install, ada, 8900, new_method=True)
    session = page_of(install, waiting)
    on_account.cancel_payment(install.ports, "biz_1", waiting.id, actor=STAFF)
    install.stripe.complete_checkout(session, MASTERCARD)
    install.settle()
    assert taken(install) == 0


def test_dunning_goes_on_after_an_abandoned_page(install: Install) -> None:
    """The invoice was in dunning; the page covered it for a day; then its retries go on."""
    ada = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 3)
    invoice = install.invoice(ada)
    install.settle()
    assert len(install.read(invoice).attempts) == 2
    page_of(install, take(install, ada, 8900, new_method=True))
    install.advance(hours=23)
    assert len(install.read(invoice).attempts) == 2
    install.advance(hours=6)
    assert install.read(invoice).covered_by is None
    assert len(install.read(invoice).attempts) == 3
    install.advance(days=3)
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_books(install)


def test_the_card_is_removed_before_the_worker_comes(install: Install, ada: Customer) -> None:
    first, second = two_cards(install, ada)
    invoice = later(install, ada)
    for method_id, code in ((first, "no_payment_method"), (None, "")):
        demand = take(install, ada, 8900, method_id=method_id)
        customers.remove_method(install.ports, "biz_1", ada.id, first, actor=STAFF)
        install.settle()
        ended = install.read(demand).demand
        assert ended is not None
        assert ended.end_code == code
        if code:
            assert install.read(invoice).covered_by is None
            assert taken(install) == 0
            break
    assert second in {one.id for one in install.store.customer("biz_1", ada.id).methods}


def test_a_card_for_one_payment_is_never_dunned(install: Install) -> None:
    """Unticked and declined: the retries of the invoice know nothing of that card."""
    ada = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 40)
    install.stripe.script_card(MASTERCARD, ["insufficient_funds"])
    invoice = install.invoice(ada)
    install.settle()
    demand = take(install, ada, 8900, new_method=True, save_method=False)
    session = page_of(install, demand)
    install.stripe.complete_checkout(session, MASTERCARD)
    install.settle()
    ended = install.read(demand)
    assert ended.attempts[-1].result is AttemptResult.FAILED
    once = ended.attempts[-1].method_id
    install.advance(days=10)
    tried = {one.method_id for one in install.read(invoice).attempts}
    customer = install.store.customer("biz_1", ada.id)
    assert once not in tried
    assert once not in {one.id for one in customer.methods}
    assert customer.stripe_customer_id is not None
    kept = install.ports.gateway.methods_of(None, customer.stripe_customer_id)
    assert once not in {one.id for one in kept}
    check_books(install)


def test_a_card_for_one_payment_pays_a_part_and_the_rest_is_not_charged_to_it(
    install: Install,
) -> None:
    ada = install.customer(card=None)
    invoice = install.invoice(ada)
    install.settle()
    demand = take(install, ada, 5000, new_method=True, save_method=False)
    install.stripe.complete_checkout(page_of(install, demand), VISA)
    install.settle()
    assert install.read(invoice).amount_remaining == 3900
    install.advance(days=12)
    assert (taken(install), install.read(invoice).attempts) == (5000, ())


def test_far_above_the_balance_is_credit_and_above_stripes_maximum_is_refused(
    install: Install, ada: Customer
) -> None:
    later(install, ada)
    with pytest.raises(Conflict) as refused:
        take(install, ada, 100_000_000)
    assert refused.value.code == "amount_too_large"
    take(install, ada, 99_999_999)
    install.settle()
    assert credit(install, ada) == 99_999_999 - 8900


def test_an_invoice_of_somebody_else_cannot_be_chosen(install: Install, ada: Customer) -> None:
    other = later(install, install.customer())
    with pytest.raises(InvalidInput) as refused:
        take(install, ada, 8900, chosen=(Allocation(other.id, 8900),))
    assert refused.value.code == "allocation_invalid"
    assert install.read(other).covered_by is None


def test_credit_keeps_its_currency(install: Install, ada: Customer) -> None:
    """Money on account is in the old currency too, though nothing was ever billed."""
    came = Received("ext_1", ExternalMethod.CASH, "", 5000, TODAY, chosen=())
    external_payments.record_payment(install.ports, "biz_1", ada.id, came, actor=SYSTEM)
    with pytest.raises(Conflict) as refused:
        businesses.change_business(install.ports, "biz_1", {"currency": "EUR"}, actor=SYSTEM)
    assert refused.value.code == "currency_in_use"


def test_two_different_amounts_never_pay_one_invoice_twice(install: Install, ada: Customer) -> None:
    invoice = later(install, ada)
    for amount in (8900, 8901):
        take(install, ada, amount)
    install.settle()
    assert install.read(invoice).amount_paid == 8900
    assert credit(install, ada) == 8901
    check_books(install)


def test_the_invoice_is_paid_by_cheque_while_the_page_is_open(
    install: Install, ada: Customer
) -> None:
    """It is covered, so the cheque is refused for it in words, and taken on account."""
    invoice = later(install, ada)
    waiting = take(install, ada, 8900, new_method=True)
    came = Received("ext_1", ExternalMethod.CASH, "", 8900, TODAY)
    with pytest.raises(Conflict) as refused:
        external_payments.pay_invoice(install.ports, "biz_1", invoice.id, came, actor=STAFF)
    assert refused.value.code == "covered"
    on_account.cancel_payment(install.ports, "biz_1", waiting.id, actor=STAFF)
    external_payments.pay_invoice(install.ports, "biz_1", invoice.id, came, actor=STAFF)
    assert install.read(invoice).status is InvoiceStatus.PAID


def why(install: Install, invoice: Invoice) -> dict[str, str]:
    found = invoices.why_not_chargeable(install.ports, "biz_1", invoice.id)
    return {reason.code: reason.staff for reason in found}


def test_every_reason_is_told_at_once_in_words(install: Install) -> None:
    """No card, not connected and covered together: staff read all three, not the first."""
    ada = install.customer(card=None)
    invoice = later(install, ada)
    take(install, ada, 8900, new_method=True)
    businesses.change_business(install.ports, "biz_1", {"charges_enabled": False}, actor=SYSTEM)
    found = why(install, invoice)
    assert list(found) == ["covered", "not_connected", "no_payment_method"]
    assert all(words.endswith(".") and words[0].isupper() for words in found.values())


def test_the_cap_is_told_so_that_somebody_can_read_it(install: Install, ada: Customer) -> None:
    """`until` is a day and an hour, not a number of microseconds."""
    install.stripe.script_card(VISA, ["insufficient_funds"] * 60)
    invoice = install.invoice(ada)
    for number in range(30):
        if "network_cap" in why(install, invoice):
            break
        wish = Wish(f"poa_{number}", ada.id, 8900, chosen=())
        on_account.take_payment(install.ports, "biz_1", replace(wish), actor=STAFF)
        install.settle()
        install.clock.set(install.clock.now() + timedelta(minutes=70))
    words = why(install, invoice)["network_cap"]
    assert words == (
        "This card was tried 15 times for this amount in 30 days; its network allows 15. "
        "The next try is free at 2026-01-31 12:00 UTC."
    )
