"""Several merchants: isolated, onboarded, charged for, and lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from tests.infra.fake_stripe.bench import FakeBench


def pay_there(fake: FakeBench, account: str, **more: Any) -> stripe.PaymentIntent:
    there: Any = {"stripe_account": account}
    customer = fake.v1.customers.create({"name": "Bo"}, there)
    method = fake.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id}, there)
    params: Any = {
        "amount": 8900,
        "currency": "usd",
        "customer": customer.id,
        "allowed_payment_method_types": ["card"],
        **more,
    }
    opening: Any = {**there, **fake.key("pi")}
    trying: Any = {**there, **fake.key("confirm")}
    intent = fake.v1.payment_intents.create(params, opening)
    return fake.v1.payment_intents.confirm(
        intent.id, {"payment_method": method.id, "off_session": True}, trying
    )


def test_accounts_see_nothing_of_each_other(fake: FakeBench) -> None:
    here, there = fake.core.connect_account(), fake.core.connect_account()
    intent = pay_there(fake, here)
    for stranger in (there, None):
        options: Any = {"stripe_account": stranger} if stranger else {}
        error: Any = fake.refused(
            lambda options=options: fake.v1.payment_intents.retrieve(intent.id, {}, options)
        )
        assert (error.http_status, error.code) == (404, "resource_missing")
    assert fake.core.books(there) == {}
    assert fake.core.books(here)["usd"]["charges"] == 8900


def test_an_application_fee_is_the_sellers_cost_and_the_platforms_income(
    fake: FakeBench,
) -> None:
    account = fake.core.connect_account()
    intent = pay_there(fake, account, application_fee_amount=250)
    assert intent.application_fee_amount == 250
    assert fake.core.books(account)["usd"]["fees"] == 288 + 250
    assert fake.core.books()["usd"]["application_fees"] == 250
    assert "application_fee.created" in fake.event_types()


def test_a_refund_may_return_the_platforms_share(fake: FakeBench) -> None:
    account = fake.core.connect_account()
    intent = pay_there(fake, account, application_fee_amount=250)
    params: Any = {"payment_intent": intent.id, "refund_application_fee": True}
    options: Any = {"stripe_account": account, **fake.key("refund")}
    fake.v1.refunds.create(params, options)
    assert fake.core.books()["usd"]["application_fees"] == 0
    assert fake.core.books(account)["usd"]["net"] == -288


def test_only_a_direct_charge_has_an_application_fee(fake: FakeBench) -> None:
    error: Any = fake.refused(lambda: fake.intent(application_fee_amount=10))
    assert (error.http_status, error.param) == (400, "application_fee_amount")


def test_events_of_connected_accounts_go_to_the_connect_endpoint(fake: FakeBench) -> None:
    account = fake.core.connect_account()
    there: Any = {"stripe_account": account}
    fake.v1.customers.create({"name": "Bo"}, there)
    [delivery] = fake.core.deliveries()
    assert delivery.endpoint.connect
    assert json.loads(delivery.body)["account"] == account


def test_an_event_of_our_own_names_no_account(fake: FakeBench) -> None:
    fake.customer()
    [delivery] = fake.core.deliveries()
    assert not delivery.endpoint.connect
    assert "account" not in json.loads(delivery.body)


def test_onboarding_opens_the_account(fake: FakeBench) -> None:
    account = fake.v1.accounts.create({"controller": {"fees": {"payer": "account"}}})
    assert (account.charges_enabled, account.details_submitted) == (False, False)
    link = fake.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "https://shop.test/done",
            "refresh_url": "https://shop.test/again",
        }
    )
    assert account.id in link.url
    error: Any = fake.refused(lambda: pay_there(fake, account.id))
    assert error.http_status == 400
    fake.core.finish_onboarding(account.id)
    assert fake.v1.accounts.retrieve(account.id).charges_enabled
    assert fake.event_types(account.id)[-1] == "account.updated"
    assert pay_there(fake, account.id).status == "succeeded"


def test_a_restricted_account_cannot_charge(fake: FakeBench) -> None:
    account = fake.core.connect_account()
    fake.core.restrict(account)
    assert fake.refused(lambda: pay_there(fake, account)).http_status == 400


@pytest.mark.parametrize("known", [True, False])
def test_a_lost_account_and_a_stranger_get_the_same_answer(fake: FakeBench, known: bool) -> None:
    account = fake.core.connect_account()
    if known:
        fake.core.deauthorize(account)
        assert fake.event_types(account) == ["account.application.deauthorized"]
    else:
        account = "acct_1nobody"
    error: Any = fake.refused(lambda: pay_there(fake, account))
    assert isinstance(error, stripe.PermissionError)
    assert "does not have access" in str(error)


def test_the_platform_lists_its_accounts(fake: FakeBench) -> None:
    first, second, gone = (fake.core.connect_account() for _ in range(3))
    fake.core.deauthorize(gone)
    assert [account.id for account in fake.v1.accounts.list().data] == [second, first]
    assert fake.v1.accounts.retrieve_current().charges_enabled
