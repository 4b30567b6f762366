"""Why a bank said no, sorted into the few classes that decide what happens next.

All 50 card decline codes of Stripe's documentation, the advice codes, the network advice codes
(Mastercard's MAC) and Visa's category 1 issuer codes. The strictest signal wins. A new code is one
word in one of the tables below; an unknown one is OPAQUE.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_HOUR = 3600
_DAY = 24 * _HOUR


class DeclineClass(StrEnum):
    """What a decline lets us do. See `dunning.decide` for what follows from each."""

    DEAD = "dead"  # never this card again
    FIX = "fix"  # the card's data is wrong or old: ask for it again
    AUTH = "auth"  # the payer has to confirm with the bank
    FUNDS = "funds"  # no money there now
    TECH = "tech"  # a passing fault
    OPAQUE = "opaque"  # the bank does not say
    CHECK = "check"  # something is wrong on our side
    DEBIT = "debit"  # a returned bank debit that may be presented again
    DEBIT_DEAD = "debit_dead"  # a bank account that cannot be debited


@dataclass(frozen=True, slots=True)
class Decline:
    """The seven raw signals of one failed try, kept for ever, and the class they come to."""

    decline_class: DeclineClass
    code: str = ""
    decline_code: str = ""
    advice_code: str = ""
    network_advice_code: str = ""
    network_decline_code: str = ""
    network_status: str = ""
    outcome_reason: str = ""
    brand: str = ""

    @property
    def reached_network(self) -> bool:
        """Stripe's own refusals cost no network attempt."""
        return self.network_status != "not_sent_to_network"


CODES: dict[DeclineClass, str] = {
    DeclineClass.DEAD: """incorrect_number invalid_number invalid_account lost_card stolen_card
        pickup_card restricted_card revocation_of_authorization revocation_of_all_authorizations
        stop_payment_order transaction_not_allowed security_violation fraudulent merchant_blacklist
        do_not_try_again""",
    DeclineClass.FIX: """expired_card incorrect_cvc invalid_cvc invalid_expiry_month
        invalid_expiry_year incorrect_address incorrect_zip card_not_supported
        currency_not_supported new_account_information_available incorrect_pin invalid_pin
        pin_try_exceeded offline_pin_required online_or_offline_pin_required""",
    DeclineClass.AUTH: """authentication_required authentication_not_handled
        mobile_device_authentication_required payment_intent_authentication_failure""",
    DeclineClass.FUNDS: """insufficient_funds card_velocity_exceeded
        withdrawal_count_limit_exceeded""",
    DeclineClass.TECH: """processing_error issuer_not_available reenter_transaction approve_with_id
        try_again_later""",
    DeclineClass.OPAQUE: """generic_decline do_not_honor call_issuer no_action_taken not_permitted
        service_not_allowed card_declined""",
    DeclineClass.CHECK: """duplicate_transaction invalid_amount testmode_decline amount_too_small
        amount_too_large""",
    DeclineClass.DEBIT_DEAD: """account_closed no_account debit_not_authorized
        bank_account_restricted bank_account_unusable payment_method_bank_account_blocked
        bank_account_declined R02 R03 R04 R05 R07 R10 R11 R29 R51""",
    DeclineClass.DEBIT: "R01 R09",
}
_CLASS_OF = {code: kind for kind, codes in CODES.items() for code in codes.split()}

_DEAD_OUTCOMES = {"highest_risk_level", "previously_declined_do_not_retry"}
_VISA_CATEGORY_1 = {"04", "07", "41", "43", "46"}
_MAC_DEAD = {"03", "21"}
_MAC_FIX = {"01"}
# How long Mastercard asks us to wait, by merchant advice code.
_MAC_DELAY_SECONDS = {
    "02": 72 * _HOUR,
    "24": _HOUR,
    "25": _DAY,
    "26": 2 * _DAY,
    "27": 4 * _DAY,
    "28": 6 * _DAY,
    "29": 8 * _DAY,
    "30": 10 * _DAY,
}
# Never said to the payer: they all read as an ordinary decline.
_SOFT = {DeclineClass.FUNDS, DeclineClass.TECH, DeclineClass.OPAQUE}
_AGAIN = {DeclineClass.FUNDS, DeclineClass.TECH}


def classify(
    *,
    code: str = "",
    decline_code: str = "",
    advice_code: str = "",
    network_advice_code: str = "",
    network_decline_code: str = "",
    network_status: str = "",
    outcome_reason: str = "",
    brand: str = "",
    bank_debit: bool = False,
) -> Decline:
    """Sort the raw signals of a failed try.

    Precedence: dead by advice, network or issuer > CHECK > `decline_code` > `code` > OPAQUE.
    `confirm_card_data` turns a soft code into FIX; `try_again_later` never softens a dead one.
    Issuer codes and MACs count only on cards of their own network.
    """
    said = _CLASS_OF.get(decline_code) or _CLASS_OF.get(code) or DeclineClass.OPAQUE
    visa_dead = brand == "visa" and network_decline_code in _VISA_CATEGORY_1
    mac = network_advice_code if brand == "mastercard" else ""
    if (
        advice_code == "do_not_try_again"
        or mac in _MAC_DEAD
        or visa_dead
        or outcome_reason in _DEAD_OUTCOMES
    ):
        kind = DeclineClass.DEAD
    elif outcome_reason == "rule":
        kind = DeclineClass.CHECK
    elif said in _SOFT and (advice_code == "confirm_card_data" or mac in _MAC_FIX):
        kind = DeclineClass.FIX
    else:
        kind = said
    if bank_debit and kind in _AGAIN:
        kind = DeclineClass.DEBIT
    elif bank_debit and kind is DeclineClass.OPAQUE:
        # Nacha: only a return for want of money may be presented again.
        kind = DeclineClass.DEBIT_DEAD
    elif bank_debit and kind is DeclineClass.DEAD:
        kind = DeclineClass.DEBIT_DEAD
    return Decline(
        decline_class=kind,
        code=code,
        decline_code=decline_code,
        advice_code=advice_code,
        network_advice_code=network_advice_code,
        network_decline_code=network_decline_code,
        network_status=network_status,
        outcome_reason=outcome_reason,
        brand=brand,
    )


def network_delay_seconds(decline: Decline) -> int:
    """How long the network asks us to wait after this decline; 0 where it does not say."""
    if decline.brand != "mastercard":
        return 0
    return _MAC_DELAY_SECONDS.get(decline.network_advice_code, 0)


def is_soft(decline: Decline) -> bool:
    """Another try on the same method makes sense once it is due."""
    return decline.decline_class in _SOFT or decline.decline_class is DeclineClass.DEBIT


def blocks_method(decline: Decline) -> bool:
    """The method itself is no longer good, for any invoice."""
    return decline.decline_class in {
        DeclineClass.DEAD,
        DeclineClass.FIX,
        DeclineClass.DEBIT_DEAD,
    }


_TEXT_KEYS = {
    "insufficient_funds": DeclineClass.FUNDS,
    "processing_error": DeclineClass.TECH,
    "authentication": DeclineClass.AUTH,
    "unknown": DeclineClass.CHECK,
}
_KEY_OF_CLASS = {kind: key for key, kind in _TEXT_KEYS.items()}
_EXPIRED = {"expired_card", "invalid_expiry_month", "invalid_expiry_year"}
_WRONG_CVC = {"incorrect_cvc", "invalid_cvc"}


def payer_text_key(decline: Decline) -> str:
    """Which of the seven texts the payer reads. Never reveals why a card is dead."""
    if decline.decline_class is DeclineClass.FIX:
        reason = decline.decline_code or decline.code
        if reason in _EXPIRED or decline.code in _EXPIRED:
            return "expired_card"
        if reason in _WRONG_CVC or decline.code in _WRONG_CVC:
            return "incorrect_cvc"
        return "declined"
    return _KEY_OF_CLASS.get(decline.decline_class, "declined")
