"""Bank debits: slow, permitted by a mandate, returned with a reason, disputed without appeal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.fake_stripe.bench import FakeBench


def debit(fake: FakeBench, number: str = "000123456789") -> tuple[str, str, str]:
    """Customer, method and intent of a debit on its way."""
    customer, method = fake.saved_bank(number)
    intent = fake.confirm(fake.intent(customer), method, off_session=True)
    assert intent.status == "processing"
    return customer, method, intent.id


def test_a_debit_arrives_after_four_business_days(fake: FakeBench) -> None:
    _, _, intent = debit(fake)
    fake.pass_days(3)
    assert fake.v1.payment_intents.retrieve(intent).status == "processing"
    assert fake.core.books() == {}
    fake.pass_days(1)
    assert fake.v1.payment_intents.retrieve(intent).status == "succeeded"
    assert fake.core.books()["usd"]["charges"] == 8900
    assert fake.core.books()["usd"]["fees"] == 71


def test_a_weekend_is_no_business(fake: FakeBench) -> None:
    fake.clock.now += 2 * 86_400  # Wednesday
    _, _, intent = debit(fake)
    fake.pass_days(5)
    assert fake.v1.payment_intents.retrieve(intent).status == "processing"
    fake.pass_days(1)
    assert fake.v1.payment_intents.retrieve(intent).status == "succeeded"


def test_the_fee_is_capped(fake: FakeBench) -> None:
    customer, method = fake.saved_bank()
    fake.confirm(fake.intent(customer, 1_000_000), method, off_session=True)
    fake.pass_days(7)
    assert fake.core.books()["usd"]["fees"] == 500


@pytest.mark.parametrize(
    ("number", "code", "blocks"),
    [
        ("000222222227", "insufficient_funds", False),
        ("000111111113", "account_closed", True),
        ("000111111116", "no_account", True),
        ("000333333335", "debit_not_authorized", True),
    ],
)
def test_a_return_names_its_reason_and_may_block_the_account(
    fake: FakeBench, number: str, code: str, blocks: bool
) -> None:
    _, method, intent_id = debit(fake, number)
    fake.pass_days(6)
    intent = fake.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    charge: Any = intent.latest_charge
    assert ("failed", code) == (charge.status, charge.failure_code)
    assert fake.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    if blocks:
        assert fake.declined(intent_id, method, off_session=True).code == "bank_account_unusable"
    else:
        again = fake.confirm(intent_id, method, off_session=True)
        assert again.status == "processing"


def test_a_debit_in_processing_is_locked(fake: FakeBench) -> None:
    _, method, intent = debit(fake)
    error: Any = fake.refused(lambda: fake.confirm(intent, method, off_session=True))
    assert error.code == "payment_intent_unexpected_state"
    key: Any = fake.key("cancel")
    refused: Any = fake.refused(lambda: fake.v1.payment_intents.cancel(intent, {}, key))
    assert refused.code == "payment_intent_unexpected_state"


def test_one_account_stays_in_processing_for_ever(fake: FakeBench) -> None:
    _, _, intent = debit(fake, "000000000009")
    fake.pass_days(400)
    assert fake.v1.payment_intents.retrieve(intent).status == "processing"


def test_a_debit_may_be_scripted(fake: FakeBench) -> None:
    customer, method = fake.saved_bank()
    fake.core.script_card(method, ["insufficient_funds", "ok"])
    intent = fake.intent(customer)
    for status in ("requires_payment_method", "succeeded"):
        fake.confirm(intent, method, off_session=True)
        fake.pass_days(7)
        assert fake.v1.payment_intents.retrieve(intent).status == status


def test_a_disputed_debit_is_lost_at_once(fake: FakeBench) -> None:
    _, _, intent = debit(fake, "000555555559")
    fake.pass_days(6)
    dispute = fake.v1.disputes.list({"payment_intent": intent}).data[0]
    assert (dispute.status, dispute.evidence_details.due_by) == ("lost", 0)
    assert fake.core.books()["usd"]["disputes"] == -8900


def test_the_mandate_can_be_read_and_ends_with_the_method(fake: FakeBench) -> None:
    customer, method = fake.saved_bank()
    setup = fake.v1.setup_intents.list({"customer": customer}).data[0]
    mandate = fake.v1.mandates.retrieve(str(setup.mandate))
    assert (mandate.status, mandate.type) == ("active", "multi_use")
    fake.v1.payment_methods.detach(method)
    assert fake.v1.mandates.retrieve(mandate.id).status == "inactive"


def test_a_foreign_currency_cannot_be_debited(fake: FakeBench) -> None:
    customer, method = fake.saved_bank()
    intent = fake.intent(customer, currency="eur")
    error: Any = fake.refused(lambda: fake.confirm(intent, method, off_session=True))
    assert (error.http_status, error.param) == (400, "payment_method")


def test_a_mandate_given_with_the_payment_is_used_once(fake: FakeBench) -> None:
    given = {
        "customer_acceptance": {
            "type": "online",
            "online": {"ip_address": "203.0.113.7", "user_agent": "test"},
        }
    }
    intent = fake.confirm(fake.intent(), "pm_usBankAccount_success", mandate_data=given)
    assert intent.status == "processing"
    error = fake.refused(lambda: fake.confirm(fake.intent(), str(intent.payment_method)))
    assert error.http_status == 400
