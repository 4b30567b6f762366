"""Every decline code and signal, its class, and what the payer may read of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.declines import (
    Decline,
    DeclineClass,
    blocks_method,
    classify,
    is_soft,
    network_delay_seconds,
    payer_text_key,
)
from infra.local.fake_stripe.declines import CARD_CODES
from tests.domain.samples import bounded

_C = DeclineClass
CODES: dict[DeclineClass, str] = {
    _C.DEAD: """incorrect_number invalid_number invalid_account lost_card stolen_card pickup_card
        restricted_card revocation_of_authorization revocation_of_all_authorizations
        stop_payment_order transaction_not_allowed security_violation fraudulent merchant_blacklist
        do_not_try_again""",
    _C.FIX: """expired_card incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year
        incorrect_address incorrect_zip card_not_supported currency_not_supported
        new_account_information_available incorrect_pin invalid_pin pin_try_exceeded
        offline_pin_required online_or_offline_pin_required""",
    _C.AUTH: """authentication_required authentication_not_handled
        mobile_device_authentication_required""",
    _C.FUNDS: "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded",
    _C.TECH: """processing_error issuer_not_available reenter_transaction approve_with_id
        try_again_later""",
    _C.OPAQUE: """generic_decline do_not_honor call_issuer no_action_taken not_permitted
        service_not_allowed""",
    _C.CHECK: """duplicate_transaction invalid_amount testmode_decline amount_too_small
        amount_too_large""",
}
PAIRS = [(code, kind) for kind, codes in CODES.items() for code in codes.split()]
DEAD_ACCOUNTS = """account_closed no_account debit_not_authorized bank_account_restricted
    bank_account_unusable R02 R03 R04 R05 R07 R10 R11 R29 R51""".split()


def test_the_table_has_all_card_codes_of_the_documentation() -> None:
    documented = CARD_CODES - {"test_mode_live_card"}
    assert documented - {code for code, _ in PAIRS} == set()
    assert len(CARD_CODES) == 51


@pytest.mark.parametrize(("code", "kind"), PAIRS)
def test_each_code_as_decline_code_and_as_code(code: str, kind: DeclineClass) -> None:
    assert classify(code="card_declined", decline_code=code).decline_class is kind
    assert classify(code=code).decline_class is kind


@pytest.mark.parametrize(
    "code",
    ["unknown_new_code", "", "card_declined", "<script>", "LOST_CARD", "test_mode_live_card"],
)
def test_an_unknown_code_is_opaque(code: str) -> None:
    assert classify(code="card_declined", decline_code=code).decline_class is _C.OPAQUE


def test_the_decline_code_goes_before_the_code() -> None:
    both = classify(code="processing_error", decline_code="lost_card")
    assert both.decline_class is _C.DEAD
    newer = classify(code="expired_card", decline_code="unknown_new_code")
    assert newer.decline_class is _C.FIX


@pytest.mark.parametrize(
    ("signals", "kind"),
    [
        ({"advice_code": "do_not_try_again"}, _C.DEAD),
        ({"outcome_reason": "highest_risk_level"}, _C.DEAD),
        ({"outcome_reason": "previously_declined_do_not_retry"}, _C.DEAD),
        ({"outcome_reason": "rule"}, _C.CHECK),
        ({"outcome_reason": "rule", "advice_code": "do_not_try_again"}, _C.DEAD),
        ({"outcome_reason": "low_probability_of_authorization"}, _C.OPAQUE),
        ({"advice_code": "confirm_card_data"}, _C.FIX),
        ({"advice_code": "try_again_later"}, _C.OPAQUE),
        ({"network_advice_code": "03", "brand": "mastercard"}, _C.DEAD),
        ({"network_advice_code": "21", "brand": "mastercard"}, _C.DEAD),
        ({"network_advice_code": "01", "brand": "mastercard"}, _C.FIX),
        ({"network_advice_code": "03", "brand": "visa"}, _C.OPAQUE),
        ({"network_decline_code": "04", "brand": "mastercard"}, _C.OPAQUE),
        ({"network_decline_code": "05", "brand": "visa"}, _C.OPAQUE),
        *(
            ({"network_decline_code": code, "brand": "visa"}, _C.DEAD)
            for code in ("04", "07", "41", "43", "46")
        ),
    ],
)
def test_signals_beside_a_generic_decline(signals: dict[str, Any], kind: DeclineClass) -> None:
    found = classify(code="card_declined", decline_code="generic_decline", **signals)
    assert found.decline_class is kind


@pytest.mark.parametrize("code", ["lost_card", "expired_card", "authentication_required"])
def test_try_again_later_softens_nothing(code: str) -> None:
    plain = classify(code="card_declined", decline_code=code)
    advised = classify(code="card_declined", decline_code=code, advice_code="try_again_later")
    assert advised.decline_class is plain.decline_class


@pytest.mark.parametrize("code", ["lost_card", "authentication_required", "invalid_amount"])
def test_confirm_card_data_turns_only_soft_codes(code: str) -> None:
    advised = classify(code="card_declined", decline_code=code, advice_code="confirm_card_data")
    assert advised.decline_class is not _C.FIX


@pytest.mark.parametrize("code", DEAD_ACCOUNTS)
def test_a_bank_account_that_cannot_be_debited(code: str) -> None:
    found = classify(code=code, bank_debit=True)
    assert found.decline_class is _C.DEBIT_DEAD
    assert blocks_method(found)


@pytest.mark.parametrize("code", ["insufficient_funds", "R01", "R09"])
def test_a_debit_that_may_be_presented_again(code: str) -> None:
    found = classify(code=code, bank_debit=True)
    assert found.decline_class is _C.DEBIT
    assert is_soft(found)


def test_an_unknown_return_of_a_debit_is_not_presented_blindly() -> None:
    assert classify(code="R99", bank_debit=True).decline_class is _C.DEBIT_DEAD


@pytest.mark.parametrize(
    ("mac", "hours"),
    [("02", 72), ("24", 1), ("25", 24), ("26", 48), ("27", 96), ("28", 144), ("29", 192),
     ("30", 240), ("40", 0), ("", 0), ("99", 0)],
)  # fmt: skip
def test_how_long_mastercard_asks_to_wait(mac: str, hours: int) -> None:
    asked = classify(network_advice_code=mac, brand="mastercard")
    assert network_delay_seconds(asked) == hours * 3600
    assert network_delay_seconds(classify(network_advice_code=mac, brand="visa")) == 0


def test_only_stripes_own_refusal_spares_the_network() -> None:
    assert not classify(network_status="not_sent_to_network").reached_network
    assert classify(network_status="declined_by_network").reached_network
    assert classify().reached_network


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("insufficient_funds", "insufficient_funds"),
        ("card_velocity_exceeded", "insufficient_funds"),
        ("expired_card", "expired_card"),
        ("invalid_expiry_month", "expired_card"),
        ("invalid_expiry_year", "expired_card"),
        ("incorrect_cvc", "incorrect_cvc"),
        ("invalid_cvc", "incorrect_cvc"),
        ("processing_error", "processing_error"),
        ("authentication_required", "authentication"),
        ("duplicate_transaction", "unknown"),
        ("card_not_supported", "declined"),
        ("do_not_honor", "declined"),
        ("unknown_new_code", "declined"),
    ],
)
def test_what_the_payer_reads(code: str, key: str) -> None:
    assert payer_text_key(classify(code="card_declined", decline_code=code)) == key


@pytest.mark.parametrize("code", CODES[_C.DEAD].split())
def test_every_dead_cause_reads_as_an_ordinary_decline(code: str) -> None:
    ordinary = payer_text_key(classify(code="card_declined", decline_code="generic_decline"))
    assert payer_text_key(classify(code="card_declined", decline_code=code)) == ordinary
    assert payer_text_key(classify(code=code)) == ordinary


def test_a_dead_card_tells_nothing_through_its_other_codes() -> None:
    """An expired card that is also reported stolen reads as any decline."""
    found = classify(code="expired_card", advice_code="do_not_try_again")
    assert payer_text_key(found) == "declined"


@pytest.mark.parametrize("code", DEAD_ACCOUNTS)
def test_a_dead_bank_account_reads_as_an_ordinary_decline(code: str) -> None:
    assert payer_text_key(classify(code=code, bank_debit=True)) == "declined"


words = st.sampled_from(
    [*(code for code, _ in PAIRS), *DEAD_ACCOUNTS, "", "card_declined", "unknown_x"]
)
anything = st.builds(
    classify,
    code=words,
    decline_code=words,
    advice_code=st.sampled_from(["", "do_not_try_again", "confirm_card_data", "try_again_later"]),
    network_advice_code=st.sampled_from(["", "01", "02", "03", "21", "24", "40"]),
    network_decline_code=st.sampled_from(["", "04", "05", "41", "51"]),
    outcome_reason=st.sampled_from(["", "rule", "highest_risk_level"]),
    brand=st.sampled_from(["", "visa", "mastercard", "amex"]),
    bank_debit=st.booleans(),
)


@bounded
@given(found=anything)
def test_a_decline_blocks_its_method_or_may_be_retried_or_waits_for_somebody(
    found: Decline,
) -> None:
    kinds = (blocks_method(found), is_soft(found), found.decline_class in {_C.AUTH, _C.CHECK})
    assert kinds.count(True) == 1


@bounded
@given(found=anything)
def test_a_dead_signal_is_never_outvoted(found: Decline) -> None:
    if found.advice_code == "do_not_try_again" or found.outcome_reason == "highest_risk_level":
        assert found.decline_class in {_C.DEAD, _C.DEBIT_DEAD}
