"""Early fraud warnings: made by a bank, listed, and over once disputed or refunded in full."""

from __future__ import annotations

from typing import Any

from tests.infra.fake_stripe.bench import FakeBench


def warned(fake: FakeBench) -> tuple[Any, Any]:
    intent = fake.paid()
    return intent, fake.core.warn_of_fraud(str(intent.latest_charge), "made_with_stolen_card")


def test_a_warning_is_read_and_listed(fake: FakeBench) -> None:
    intent, made = warned(fake)
    api = fake.v1.radar.early_fraud_warnings
    read = api.retrieve(made["id"], {"expand": ["payment_intent"]})
    assert (read.actionable, read.fraud_type) == (True, "made_with_stolen_card")
    assert read.payment_intent.id == intent.id  # type: ignore[union-attr]
    other = fake.paid()
    fake.core.warn_of_fraud(str(other.latest_charge))
    assert [one.id for one in api.list({"charge": made["charge"]}).data] == [made["id"]]
    assert [one.id for one in api.list({"payment_intent": intent.id}).data] == [made["id"]]
    assert len(api.list({"created": {"gte": made["created"]}}).data) == 2
    assert fake.event_types()[-1] == "radar.early_fraud_warning.created"


def test_a_full_refund_ends_it_and_a_part_does_not(fake: FakeBench) -> None:
    intent, made = warned(fake)
    fake.refund(intent.id, amount=100)
    assert fake.core.account().fraud_warnings[made["id"]]["actionable"]
    fake.refund(intent.id)
    assert not fake.core.account().fraud_warnings[made["id"]]["actionable"]
    updates = [one for one in fake.event_types() if one == "radar.early_fraud_warning.updated"]
    assert len(updates) == 1


def test_a_dispute_ends_it_and_comes_before_too(fake: FakeBench) -> None:
    intent, made = warned(fake)
    fake.core.dispute(str(intent.latest_charge))
    assert not fake.core.account().fraud_warnings[made["id"]]["actionable"]
    late = fake.core.warn_of_fraud(str(intent.latest_charge))
    assert not late["actionable"]
