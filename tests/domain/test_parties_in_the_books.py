"""Customers and businesses, fact by fact: credit, cards, payouts and the install's own share."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain import party_facts as facts
from chalicelib.domain import subscription as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodState
from chalicelib.domain.desk.account import CreditPaidOut
from chalicelib.domain.desk.warned import CardWarned
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.fraud_warning import CardWarning
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.party_fold import (
    apply,
    business_legs,
    business_step,
    customer_step,
    subscription_step,
)
from chalicelib.domain.payment import Allocation
from chalicelib.domain.policy import STANDARD
from tests.domain.desk.books import at
from tests.domain.histories import Story
from tests.domain.samples import NOON, bank, card, customer, day
from tests.domain.test_subscription import monthly
from tests.domain.test_what_each_fact_changes import LATER, changed

ON = day("2026-03-03")
VISA, OTHER = card("pm_1"), card("pm_2")
ADA = customer(VISA, OTHER, credit=1000, last_payment_id="poa_0")
DEAD = replace(VISA, state=MethodState.DEAD)
TYPED_AGAIN = card("pm_9", fingerprint=VISA.fingerprint)
WARNED = replace(ADA, card_warnings=(CardWarning("issfr_1", VISA.fingerprint),))
STALE = replace(ADA, name="Ada King", credit=7, methods=(), last_payment_id="x")


def as_saved(method: Any, **changes: Any) -> Any:
    return replace(method, saved_at=LATER, **changes)


FACTS = [
    (ADA, facts.CustomerChanged(STALE, ("name",)), {"name": "Ada King"}),
    (ADA, facts.StripeCustomerLinked("cus_stripe"), {"stripe_customer_id": "cus_stripe"}),
    (
        ADA,
        facts.MethodSaved(card("pm_9"), make_default=False, source="cs_1"),
        {"methods": (VISA, OTHER, as_saved(card("pm_9")))},
    ),
    (
        ADA,
        facts.MethodSaved(card("pm_9"), make_default=True, source="cs_1"),
        {"methods": (VISA, OTHER, as_saved(card("pm_9"))), "default_method_id": "pm_9"},
    ),
    (
        customer(),
        facts.MethodSaved(card("pm_9"), make_default=False, source="cs_1"),
        {"methods": (as_saved(card("pm_9")),), "default_method_id": "pm_9"},
    ),
    (
        customer(OTHER, DEAD),  # the network never wants to see this card again
        facts.MethodSaved(TYPED_AGAIN, make_default=False, source="cs_1"),
        {"methods": (OTHER, DEAD, as_saved(TYPED_AGAIN, state=MethodState.DEAD))},
    ),
    (
        customer(OTHER, DEAD),
        facts.MethodSaved(replace(card("pm_9"), state=MethodState.DEAD), False, "cs_1"),
        {"methods": (OTHER, DEAD, as_saved(card("pm_9")))},
    ),
    (
        customer(VISA),  # it is alive, so it may be saved again
        facts.MethodSaved(TYPED_AGAIN, make_default=False, source="cs_1"),
        {"methods": (VISA, as_saved(TYPED_AGAIN))},
    ),
    (
        customer(bank("pm_b", state=MethodState.DEAD, fingerprint="fp")),
        facts.MethodSaved(bank("pm_9", fingerprint="fp"), make_default=False, source="cs_1"),
        {
            "methods": (
                bank("pm_b", state=MethodState.DEAD, fingerprint="fp"),
                as_saved(bank("pm_9", fingerprint="fp")),
            )
        },
    ),
    (ADA, facts.MethodRemoved("pm_1"), {"methods": (OTHER,), "default_method_id": "pm_2"}),
    (ADA, facts.DefaultMethodChosen("pm_2"), {"default_method_id": "pm_2"}),
    (
        ADA,
        facts.MethodJudged("pm_2", MethodState.DEAD, "inv_1", "pay_1_1", 1),
        {"methods.1.state": MethodState.DEAD},
    ),
    (ADA, facts.MethodJudged("pm_7", MethodState.DEAD, "inv_1", "pay_1_1", 1), {}),
    (ADA, facts.ExpiryNoticed("pm_1", "2027-03"), {"expiry_noticed": "2027-03"}),
    (ADA, facts.PaymentTaken("poa_1", 8900), {"last_payment_id": "poa_1"}),
    (replace(ADA, group_ids=("grp_1",)), facts.GroupJoined("grp_1"), {}),
    (
        replace(ADA, group_ids=("grp_1",)),
        facts.GroupJoined("grp_2"),
        {"group_ids": ("grp_1", "grp_2")},
    ),
    (ADA, facts.CustomerNoted("note_1", "Calls back."), {}),
    (
        ADA,
        facts.CreditMoved(
            "poa_1", 9000, (Allocation("inv_1", 8900), Allocation("inv_2", 500)), "A payment."
        ),
        {"credit": 600},
    ),
    (ADA, facts.CreditMoved("poa_1", -8900, (), "Taken back."), {"credit": -7900}),
    (
        ADA,
        CardWarned("issfr_1", VISA.fingerprint),
        {"card_warnings": (CardWarning("issfr_1", VISA.fingerprint),)},
    ),
    (WARNED, facts.CustomerChanged(STALE, ("name",)), {"name": "Ada King"}),
    (
        ADA,
        CreditPaidOut("out_1", ExternalMethod.WIRE, "W-1", 250, "USD", ON, "They left."),
        {"credit": 750},
    ),
]


@pytest.mark.parametrize(("before", "payload", "expected"), FACTS)
def test_a_fact_changes_this_of_a_customer_and_nothing_else(
    before: Customer, payload: Any, expected: dict[str, Any]
) -> None:
    assert changed(before, customer_step(before, payload, at(LATER))) == expected


PLUS = replace(STANDARD, id="plus")
LTD = Business("biz_1", "Byron Ltd", "USD", "UTC", other_policies=(PLUS,))
NEWER = replace(STANDARD, version=2)
HELD = replace(LTD, charging_held_at=NOON)

OF_BUSINESS = [
    (LTD, facts.BusinessChanged(replace(LTD, name="King Ltd"), ("name",)), {"name": "King Ltd"}),
    (LTD, facts.PolicySaved(NEWER), {"policy.version": 2}),
    (
        LTD,
        facts.DefaultPolicyChosen("plus"),
        {"policy.id": "plus", "other_policies.0.id": "standard"},
    ),
    (LTD, facts.AccountRequested(), {"connects": True, "account_requested_at": LATER}),
    (LTD, facts.ChargingHeld(), {"charging_held_at": LATER}),
    (HELD, facts.ChargingReleased(), {"charging_held_at": None}),
    (LTD, facts.PayoutPaid("po_1", 5, "USD", ON), {}),
]


@pytest.mark.parametrize(("before", "payload", "expected"), OF_BUSINESS)
def test_a_fact_changes_this_of_a_business_and_nothing_else(
    before: Business, payload: Any, expected: dict[str, Any]
) -> None:
    assert changed(before, business_step(before, payload, at(LATER))) == expected


def test_each_record_begins_as_it_was_made() -> None:
    assert customer_step(None, facts.CustomerCreated(ADA), at(LATER)) == ADA
    assert business_step(None, facts.BusinessCreated(LTD), at(LATER)) == LTD


ORPHAN = SimpleNamespace(kind="changed")


def test_a_pause_says_why_and_an_end_says_when() -> None:
    running = monthly()
    pause = facts.SubscriptionPaused(ON, "Unpaid.", ("inv_1",))
    paused = subscription_step(running, pause, at(LATER))
    assert paused == rules.paused(running, on=ON, reason="Unpaid.", invoice_ids=("inv_1",))
    for collect in (True, False):
        end = facts.SubscriptionCancelled(ON, "Moved.", collect_open_debt=collect)
        over = subscription_step(running, end, at(LATER))
        assert over == replace(rules.cancelled(running, on=ON), debt_dropped=not collect)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (ORPHAN, "no step for SimpleNamespace"),
        (facts.PeriodBilled(3, "inv_3", 0, "UTC"), "period 3 billed, 0 is next"),
    ],
)
def test_what_cannot_happen_to_a_subscription_is_named(payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        subscription_step(monthly(), payload, at(LATER))
    assert str(broken.value) == words


@pytest.mark.parametrize("step", [customer_step, business_step, subscription_step])
def test_nothing_happens_to_what_was_never_made(step: Any) -> None:
    with pytest.raises(BrokenRecord) as broken:
        step(None, ORPHAN, replace(at(LATER), kind="changed"))
    assert str(broken.value) == "changed before created"


def test_a_customers_fact_has_a_step_of_its_own() -> None:
    with pytest.raises(BrokenRecord) as broken:
        customer_step(ADA, ORPHAN, at(LATER))
    assert str(broken.value) == "no step for SimpleNamespace"


def posted(**amounts: int) -> tuple[Leg, ...]:
    return tuple(Leg(Account(name), amount, "EUR") for name, amount in amounts.items())


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (facts.PayoutPaid("po_1", 500, "EUR", ON), posted(bank=500, cash_in_transit=-500)),
        (facts.PayoutFailed("po_1", 500, "EUR"), posted(bank=-500, cash_in_transit=500)),
        (
            facts.ApplicationFeeEarned("fee_1", "acct_1", 89, "EUR"),
            posted(cash_in_transit=89, application_fees=-89),
        ),
        (
            facts.ApplicationFeeReturned("fee_1", "fr_1", 9, "EUR"),
            posted(cash_in_transit=-9, application_fees=9),
        ),
        (
            CreditPaidOut("out_1", ExternalMethod.WIRE, "W-1", 250, "EUR", ON, "They left."),
            posted(customer_credit=250, bank=-250),
        ),
        (facts.ChargingHeld(), ()),
    ],
)
def test_what_is_posted_beside_the_invoices(payload: Any, expected: tuple[Leg, ...]) -> None:
    assert business_legs(payload) == expected


def test_the_head_carries_the_place_of_its_last_fact() -> None:
    fact = Story().last
    head = apply(None, fact, lambda head, payload, fact: ADA)
    assert (head.version, head.chain) == (fact.seq, fact.hash)
    with pytest.raises(BrokenRecord):
        apply(ADA, replace(fact, seq=5), lambda head, payload, fact: ADA)
