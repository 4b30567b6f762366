"""Saved methods and what becomes of them; subscriptions and businesses as folds of their facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain import party_facts as party
from chalicelib.domain.business import Business
from chalicelib.domain.canonical import canonical
from chalicelib.domain.customer import Customer, CustomerKind, MethodState
from chalicelib.domain.errors import BrokenRecord, Conflict
from chalicelib.domain.facts import Fact, Subject, chain_is_whole
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.parties import Terms
from chalicelib.domain.party_fold import STEPS, apply
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.subscription import SubscriptionStatus
from tests.domain.samples import NOON, after, bank, card, customer, day
from tests.domain.test_subscription import monthly

DEAD, FIX = MethodState.DEAD, MethodState.FIX


class Life:
    """A customer and its facts."""

    def __init__(self, record: Customer | None = None) -> None:
        made = record or customer()
        self.head, fact = first_of_party(made, party.CustomerCreated(made), at=NOON)
        self.facts: list[Fact] = [fact]

    def tell(self, payload: Any) -> Life:
        self.head, fact = on_party(self.head, payload, at=after(hours=len(self.facts)))
        self.facts.append(fact)
        return self

    def saved(self, method_id: str, *, default: bool = True, **changes: Any) -> Life:
        method = card(method_id, **changes)
        return self.tell(party.MethodSaved(method, make_default=default, source="cs"))

    def judged(self, method_id: str, state: MethodState) -> Life:
        return self.tell(party.MethodJudged(method_id, state, "inv_1", "pay_1_1", 1))

    def state(self, method_id: str) -> MethodState:
        method = self.head.method(method_id)
        assert method is not None
        return method.state


def test_the_first_method_becomes_the_default_and_a_later_one_when_wanted() -> None:
    life = Life().saved("pm_1", default=False)
    assert life.head.default_method_id == "pm_1"
    life.saved("pm_2", default=False)
    assert life.head.default_method_id == "pm_1"
    assert life.tell(party.DefaultMethodChosen("pm_2")).head.default_method_id == "pm_2"


def test_the_default_passes_on_when_it_is_removed() -> None:
    life = Life().saved("pm_1").saved("pm_2").saved("pm_3")
    life.tell(party.MethodRemoved("pm_3"))
    assert life.head.default_method_id == "pm_2"
    life.tell(party.MethodRemoved("pm_1"))
    assert life.head.default_method_id == "pm_2"
    assert life.tell(party.MethodRemoved("pm_2")).head.default_method_id is None


def test_a_wrong_card_is_good_again_once_it_was_entered_again() -> None:
    life = Life().saved("pm_1").judged("pm_1", FIX)
    assert life.state("pm_1") is FIX
    assert life.saved("pm_1", exp_year=2040).state("pm_1") is MethodState.USABLE


def test_a_dead_card_stays_dead_with_a_new_date_or_under_a_new_name() -> None:
    life = Life().saved("pm_1").judged("pm_1", DEAD)
    assert life.saved("pm_1", exp_year=2040).state("pm_1") is DEAD
    assert life.saved("pm_2", fingerprint="fp_pm_1").state("pm_2") is DEAD
    assert life.saved("pm_3").state("pm_3") is MethodState.USABLE


def test_a_dead_card_replaced_by_a_new_number_lives() -> None:
    life = Life().saved("pm_1").judged("pm_1", DEAD)
    assert life.saved("pm_1", fingerprint="fp_new").state("pm_1") is MethodState.USABLE


def test_a_bank_account_authorised_anew_may_be_debited_again() -> None:
    life = Life().tell(party.MethodSaved(bank("ba_1"), make_default=True, source="cs"))
    life.judged("ba_1", DEAD)
    again = bank("ba_2", fingerprint=bank("ba_1").fingerprint)
    life.tell(party.MethodSaved(again, make_default=True, source="cs_2"))
    assert life.state("ba_2") is MethodState.USABLE


def test_a_judgement_on_a_removed_method_changes_nothing() -> None:
    assert Life().judged("pm_1", DEAD).head.methods == ()


def test_changing_a_customer_keeps_its_methods() -> None:
    life = Life().saved("pm_1")
    changed = replace(life.head, name="Ada King", methods=())
    life.tell(party.CustomerChanged(changed, ("name",)))
    assert (life.head.name, len(life.head.methods)) == ("Ada King", 1)


def test_a_customers_life_folds_to_the_same_bytes() -> None:
    life = Life().saved("pm_1").judged("pm_1", FIX).saved("pm_2")
    life.tell(party.StripeCustomerLinked("cus_x")).tell(party.MethodRemoved("pm_1"))
    head = None
    for fact in life.facts:
        head = apply(head, fact, STEPS[Customer])
    assert canonical(head) == canonical(life.head)
    assert chain_is_whole(life.facts)


def test_a_card_is_good_to_the_end_of_its_month() -> None:
    march = card(exp_year=2026, exp_month=3)
    assert not march.expired_on(day("2026-03-31"))
    assert march.expired_on(day("2026-04-01"))
    assert not bank().expired_on(day("2099-01-01"))


def test_the_expiry_is_noticed_a_month_before_and_once() -> None:
    life = Life().saved("pm_1", exp_year=2027, exp_month=3)
    assert life.head.expiry_notice_at == datetime(2027, 3, 1, 10, tzinfo=UTC)
    life.tell(party.ExpiryNoticed("pm_1", "2027-03"))
    assert life.head.expiry_notice_at is None
    assert life.saved("pm_2").head.expiry_notice_at == datetime(2034, 12, 1, 10, tzinfo=UTC)
    assert Life().head.expiry_notice_at is None


def test_only_indian_cards_need_the_payer_each_time() -> None:
    assert card(country="IN").on_session_only
    assert not card().on_session_only
    assert not bank(country="IN").on_session_only


def test_terms_are_for_businesses() -> None:
    person = customer(terms=Terms.NET_30)
    company = replace(person, kind=CustomerKind.BUSINESS)
    assert person.effective_terms is Terms.DUE_ON_RECEIPT
    assert company.effective_terms is Terms.NET_30


def test_a_subscriptions_facts() -> None:
    made = monthly(contract_end_on=day("2026-02-28"))
    head, _ = first_of_party(made, party.SubscriptionCreated(made), at=NOON)
    head, fact = on_party(head, party.PeriodBilled(0, "inv_0", 0, "UTC"), at=NOON)
    assert (head.next_index, head.next_bill_at) == (1, datetime(2026, 2, 1, 6, tzinfo=UTC))
    assert (fact.subject, fact.key) == (Subject.SUBSCRIPTION, "billed/0")
    with pytest.raises(BrokenRecord):
        on_party(head, party.PeriodBilled(0, "inv_0", 0, "UTC"), at=NOON)
    paused, _ = on_party(head, party.SubscriptionPaused(day("2026-01-10"), "?"), at=NOON)
    assert (paused.status, paused.next_bill_at) == (SubscriptionStatus.PAUSED, None)
    resumed = party.SubscriptionResumed(day("2026-01-15"), "?", 0, "UTC")
    running, _ = on_party(paused, resumed, at=NOON)
    assert running.next_bill_at == datetime(2026, 2, 6, 6, tzinfo=UTC)
    over, _ = on_party(
        paused,
        party.SubscriptionCancelled(day("2026-01-12"), "?", collect_open_debt=True),
        at=NOON,
    )
    assert over.status is SubscriptionStatus.CANCELLED
    with pytest.raises(Conflict):
        on_party(over, resumed, at=NOON)


def test_payouts_move_money_to_the_bank_and_back() -> None:
    made = Business(id="biz_1", name="Acme", currency="USD", zone="UTC")
    head, _ = first_of_party(made, party.BusinessCreated(made), at=NOON)
    head, paid = on_party(head, party.PayoutPaid("po_1", 500, "USD", day("2026-03-04")), at=NOON)
    assert set(paid.legs) == {
        Leg(Account.BANK, 500, "USD"),
        Leg(Account.CASH_IN_TRANSIT, -500, "USD"),
    }
    _, failed = on_party(head, party.PayoutFailed("po_1", 500, "USD"), at=NOON)
    assert {leg.account: leg.amount for leg in failed.legs} == {
        Account.BANK: -500,
        Account.CASH_IN_TRANSIT: 500,
    }


def test_invoice_numbers_of_a_business() -> None:
    made = Business(id="biz_1", name="Acme", currency="USD", zone="UTC", invoice_prefix="A-")
    assert [made.invoice_number(n) for n in (1, 99_999, 100_000)] == [
        "A-00001",
        "A-99999",
        "A-100000",
    ]
    assert made.can_charge
    assert not replace(made, charges_enabled=False).can_charge
    assert not replace(made, deauthorized_at=NOON).can_charge
