"""The gateway's contract, part three: accounts of businesses, and what the install takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.connect import AccountNeeds
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import AccountPage, AccountSeen, NewIntent
from tests.contracts.gateway_stage import BUSINESS, Stage

DUE = ("business_profile.url", "external_account", "tos_acceptance.date")
UNTOLD = AccountNeeds(DUE, DUE, "requirements.past_due")
BACK, AGAIN = "https://desk.example/back", "https://desk.example/again"


def opened(stage: Stage, business: str = BUSINESS) -> AccountSeen:
    return stage.gateway.create_account(
        business_id=business, country="US", email="desk@acme.example", currency="USD",
        key=f"account/{business}",
    )  # fmt: skip


def page(stage: Stage, account: str, number: int = 1) -> AccountPage:
    return stage.gateway.create_account_page(
        account, return_url=BACK, refresh_url=AGAIN, key=f"account/{BUSINESS}/page/{number}"
    )


class ConnectContract:
    def test_an_account_is_its_businesss_and_may_do_nothing_yet(self, stage: Stage) -> None:
        seen = opened(stage)
        assert seen == AccountSeen(seen.id, charges_enabled=False, payouts_enabled=False,
                                   needs=UNTOLD, business_id=BUSINESS)  # fmt: skip
        assert stage.gateway.read_account(seen.id) == seen
        body = stage.core.account(seen.id).body
        assert body["controller"]["stripe_dashboard"] == {"type": "full"}
        assert body["controller"]["losses"] == {"payments": "stripe"}
        assert (body["country"], body["default_currency"]) == ("US", "usd")

    def test_asked_twice_it_is_one_account(self, stage: Stage) -> None:
        assert opened(stage) == opened(stage)
        assert opened(stage, "biz_2").id != opened(stage).id

    def test_a_lost_answer_is_found_in_the_list(self, stage: Stage) -> None:
        before = stage.now
        stage.lose_answer("accounts.create")
        with pytest.raises(Unanswered):
            opened(stage)
        stage.core.faults.clear()
        (seen,) = stage.gateway.accounts_since(before).items
        assert seen.business_id == BUSINESS
        stage.advance(hours=25)
        assert stage.gateway.accounts_since(stage.now - timedelta(hours=1)).items == ()

    def test_long_lists_of_accounts_come_in_pages(self, stage: Stage) -> None:
        made = [stage.core.connect_account() for _ in range(101)]
        first = stage.gateway.accounts_since(stage.now)
        rest = stage.gateway.accounts_since(stage.now, cursor=first.cursor)
        assert rest.cursor is None
        assert [one.id for one in (*first.items, *rest.items)] == list(reversed(made))

    def test_its_page_opens_once(self, stage: Stage) -> None:
        seen = opened(stage)
        first = page(stage, seen.id)
        assert seen.id in first.url
        assert timedelta(0) < first.expires_at - stage.now < timedelta(hours=1)
        assert page(stage, seen.id) == first
        assert page(stage, seen.id, 2).url != first.url

    def test_told_everything_it_may_charge(self, stage: Stage) -> None:
        seen = opened(stage)
        stage.core.finish_onboarding(seen.id)
        told = AccountSeen(seen.id, charges_enabled=True, payouts_enabled=True,
                           business_id=BUSINESS)  # fmt: skip
        assert stage.gateway.read_account(seen.id) == told

    def test_what_is_wanted_has_a_deadline(self, stage: Stage) -> None:
        account = stage.core.connect_account()
        stage.core.require(account, ["person.verification.document"], within=86_400)
        seen = stage.gateway.read_account(account)
        due = ("person.verification.document",)
        assert seen.needs == AccountNeeds(due, deadline_at=stage.now + timedelta(days=1))
        assert seen.charges_enabled
        stage.core.restrict(account)
        needs = stage.gateway.read_account(account).needs
        assert (needs.disabled_reason, needs.deadline_at) == ("requirements.past_due", None)

    def test_who_shut_us_out_cannot_be_read_until_they_let_us_in(self, stage: Stage) -> None:
        account = stage.core.connect_account()
        stage.core.deauthorize(account)
        for refused in (lambda: stage.gateway.read_account(account), lambda: page(stage, account)):
            with pytest.raises(Conflict) as error:
                refused()
            assert error.value.code == "account_invalid"
        stage.core.reauthorize(account)
        assert stage.gateway.read_account(account).charges_enabled

    def test_what_the_install_takes_is_a_part_of_the_fee(self, stage: Stage) -> None:
        stage.account = stage.core.connect_account()
        payer = stage.payer()
        wanted = NewIntent(
            business_id=BUSINESS, invoice_id="inv_1", payment_id="pay_1",
            customer=payer.stripe_id, amount=10_000, currency="USD", description="Invoice",
            application_fee=250,
        )  # fmt: skip
        intent_id = stage.gateway.create_intent(stage.account, wanted, key=f"pi/{BUSINESS}/pay_1")
        stage.confirm(intent_id, payer)
        charge = stage.gateway.read_intent(stage.account, intent_id).latest_charge
        assert charge is not None
        assert charge.fee == 320 + 250
        assert stage.core.books(stage.account)["usd"]["fees"] == 570
        assert stage.core.books()["usd"]["application_fees"] == 250

    def test_the_installs_share_is_listed_and_read(self, stage: Stage) -> None:
        stage.account = seller = stage.core.connect_account()
        payer = stage.payer()
        before, charges = stage.now, []
        for number in (1, 2):
            wanted = NewIntent(
                business_id=BUSINESS, invoice_id="inv_1", payment_id=f"pay_{number}",
                customer=payer.stripe_id, amount=10_000, currency="USD", description="Invoice",
                application_fee=100 * number,
            )  # fmt: skip
            key = f"pi/{BUSINESS}/pay_{number}"
            intent_id = stage.gateway.create_intent(stage.account, wanted, key=key)
            stage.confirm(intent_id, payer)
            charge = stage.gateway.read_intent(stage.account, intent_id).latest_charge
            assert charge is not None
            charges.append(charge.id)
        newest, oldest = stage.gateway.application_fees_since(before).items
        assert (newest.amount, oldest.amount) == (200, 100)
        assert (oldest.account, oldest.charge_id, oldest.currency, oldest.returned) == (
            seller, charges[0], "USD", (),
        )  # fmt: skip
        assert stage.gateway.read_application_fee(newest.id) == newest
        back = {"charge": charges[1], "amount": 5000, "refund_application_fee": True}
        stage.core.call(
            "POST", "/v1/refunds", back, account=seller, idempotency_key="refund/dash/1"
        )
        ((refund_id, amount),) = stage.gateway.read_application_fee(newest.id).returned
        assert (refund_id.startswith("fr_"), amount) == (True, 100)
        with pytest.raises(NotFound):
            stage.gateway.read_application_fee("fee_unknown")
