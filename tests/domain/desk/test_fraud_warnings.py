"""An early fraud warning: its stages, its advice, and what stops a card by its number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.desk import fraud_warnings as facts
from chalicelib.domain.desk import warned
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage, in_words
from chalicelib.domain.party_facts import CustomerChanged, CustomerCreated, MethodSaved
from chalicelib.domain.record import first_of_party, on_party
from tests.domain.histories import PAY, Story
from tests.domain.samples import NOON, card

WARNING = FraudWarning(
    id="issfr_1",
    business_id="biz_1",
    customer_id="cus_1",
    invoice_id="inv_1",
    payment_id=PAY,
    charge_id="ch_1",
    amount=8900,
    currency="USD",
    fraud_type="misc",
    brand="visa",
    last4="4242",
    fingerprint="fp_1",
    actionable=True,
    warned_at=NOON,
)
CUSTOMER = Customer("cus_1", "biz_1", CustomerKind.INDIVIDUAL, "Ada Byron", "ada@example.com")


def told(*payloads: Any) -> FraudWarning:
    head, _ = first_of_party(WARNING, facts.WarningRecorded(WARNING), at=NOON)
    for hours, payload in enumerate(payloads, start=1):
        head, _ = on_party(head, payload, at=NOON + timedelta(hours=hours))
    return head


def told_customer(*payloads: Any) -> tuple[Customer, Fact]:
    head, fact = first_of_party(CUSTOMER, CustomerCreated(CUSTOMER), at=NOON)
    for payload in payloads:
        head, fact = on_party(head, payload, at=NOON)
    return head, fact


@pytest.mark.parametrize(
    ("payloads", "stage", "words"),
    [
        ((), WarningStage.ACTIONABLE, "Refund it in full now"),
        ((facts.WarningSeenAs(actionable=False),), WarningStage.BLOCKED, "It was refunded"),
        (
            (facts.WarningDisputed("du_1"), facts.WarningSeenAs(actionable=False)),
            WarningStage.BLOCKED,
            "It was disputed after all",
        ),
        ((facts.WarningReleased("Known."),), WarningStage.RELEASED, "may be charged again"),
        (
            (facts.WarningReleased("Known."), facts.WarningDisputed("du_1")),
            WarningStage.RELEASED,
            "may be charged again",
        ),
    ],
)
def test_a_warning_stands_where_somebody_looks_and_says_what_to_do(
    payloads: tuple[Any, ...], stage: WarningStage, words: str
) -> None:
    found = told(*payloads)
    assert found.stage is stage
    assert words in found.advice


def test_it_keeps_the_first_dispute_and_the_hour_of_its_release() -> None:
    found = told(
        facts.WarningDisputed("du_1"), facts.WarningDisputed("du_2"), facts.WarningReleased("?")
    )
    assert (found.dispute_id, found.released_at) == ("du_1", NOON + timedelta(hours=3))


def test_nothing_happens_to_a_warning_that_is_not_there() -> None:
    fact = Story().last
    with pytest.raises(BrokenRecord):
        facts.warning_step(None, facts.WarningReleased("?"), fact)
    with pytest.raises(BrokenRecord):
        facts.warning_step(WARNING, object(), fact)
    with pytest.raises(BrokenRecord):
        warned.step(Story().invoice, object(), fact)
    with pytest.raises(BrokenRecord):
        warned.customer_step(CUSTOMER, object())


def test_a_card_is_stopped_by_its_number_until_each_warning_is_released() -> None:
    same, other = card(), card(id="pm_other", fingerprint="fp_other")
    stopped, fact = told_customer(
        warned.CardWarned("issfr_1", same.fingerprint),
        warned.CardWarned("issfr_2", same.fingerprint),
    )
    assert [effect.id for effect in fact.effects] == ["work:replan_open_invoices"]
    assert (stopped.is_warned(same), stopped.is_warned(other)) == (True, False)
    assert stopped.is_warned(replace(same, id="pm_typed_in_again"))
    one_left, _ = on_party(stopped, warned.CardReleased("issfr_1", "Known."), at=NOON)
    assert one_left.is_warned(same)
    free, _ = on_party(one_left, warned.CardReleased("issfr_2", "Known."), at=NOON)
    assert not free.is_warned(same)


def test_changing_a_customer_or_saving_a_card_releases_nothing() -> None:
    after, _ = told_customer(
        warned.CardWarned("issfr_1", card().fingerprint),
        CustomerChanged(replace(CUSTOMER, name="A. Byron"), ("name",)),
        MethodSaved(card(), make_default=True, source="cs_2"),
    )
    assert after.is_warned(card())


def test_staff_are_told_of_a_warning_and_machines_of_its_end() -> None:
    story = Story().charging().succeeded()
    story.tell(warned.FraudWarned(PAY, "issfr_1", "misc"))
    assert story.owed == ["staff_mail:staff_fraud_warning", "event:fraud_warning.created"]
    story.tell(warned.FraudReleased("issfr_1", "Known."))
    assert story.owed == ["event:fraud_warning.released"]
    assert [fact.legs for fact in story.facts[-2:]] == [(), ()]


def test_a_word_of_tomorrow_is_shown_as_it_is() -> None:
    assert in_words("made_with_stolen_card") == "made with a stolen card"
    assert in_words("a_new_kind") == "a new kind"
