"""What an issuer's no looks like: code, advice, words and the charge's outcome.

The advice and network codes of test cards are those seen in Stripe's test mode; everything else an
issuer may say is scripted (`FakeStripe.script_card`) with whatever codes a test wants to see.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from infra.local.fake_stripe.errors import Body, FakeStripeRefusal, doc_url

# These are error codes of their own; all others are `card_declined` with a decline_code.
OWN_CODES: Final = {
    "expired_card": "exp_month",
    "incorrect_cvc": "cvc",
    "invalid_cvc": "cvc",
    "incorrect_number": "number",
    "invalid_number": "number",
    "invalid_expiry_month": "exp_month",
    "invalid_expiry_year": "exp_year",
    "incorrect_zip": "address_zip",
    "incorrect_address": "address_line1",
    "processing_error": None,
    "authentication_required": None,
    "bank_account_unusable": None,
}

_MESSAGES: Final = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "invalid_cvc": "Your card's security code is invalid.",
    "incorrect_number": "Your card number is incorrect.",
    "invalid_number": "Your card number is invalid.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "incorrect_zip": "The zip code you supplied failed validation.",
    "processing_error": (
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
    "card_not_supported": "Your card does not support this type of purchase.",
    "currency_not_supported": "Your card does not support this currency.",
    "bank_account_unusable": "The customer's bank account could not be debited.",
}

_ADVICE: Final = {
    "generic_decline": "try_again_later",
    "insufficient_funds": "try_again_later",
    "processing_error": "try_again_later",
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
    "expired_card": "confirm_card_data",
    "incorrect_cvc": "confirm_card_data",
}

_SELLER_MESSAGES: Final = {
    "generic_decline": "The bank did not return any further details with this decline.",
    "insufficient_funds": "The bank returned the decline code `insufficient_funds`.",
}

# Every card decline code Stripe documents. A script may use no other: a misspelt one would be
# classified as "unknown code" by the product and the test would prove nothing.
CARD_CODES: Final = frozenset(
    """approve_with_id authentication_not_handled authentication_required call_issuer
    card_not_supported card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again
    duplicate_transaction expired_card fraudulent generic_decline incorrect_address incorrect_cvc
    incorrect_number incorrect_pin incorrect_zip insufficient_funds invalid_account invalid_amount
    invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin
    issuer_not_available lost_card merchant_blacklist mobile_device_authentication_required
    new_account_information_available no_action_taken not_permitted offline_pin_required
    online_or_offline_pin_required pickup_card pin_try_exceeded processing_error
    reenter_transaction restricted_card revocation_of_all_authorizations
    revocation_of_authorization security_violation service_not_allowed stolen_card
    stop_payment_order test_mode_live_card testmode_decline transaction_not_allowed try_again_later
    withdrawal_count_limit_exceeded""".split()
)

BANK_CODES: Final = frozenset(
    """account_closed bank_account_declined bank_account_restricted bank_account_unusable
    debit_not_authorized insufficient_funds invalid_currency no_account""".split()
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scripted answer of the issuer. `code` is "ok" or a decline code.

    `code="unknown_…"` is allowed on purpose: Stripe adds codes without notice.
    """

    code: str
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    network_status: str = "declined_by_network"
    type: str = "issuer_declined"
    reason: str | None = None


APPROVED: Final = Outcome("ok", network_status="approved_by_network", type="authorized")
RADAR_BLOCK: Final = Outcome(
    "fraudulent",
    network_status="not_sent_to_network",
    type="blocked",
    reason="highest_risk_level",
)
NETWORK_BLOCK: Final = Outcome(
    "generic_decline",
    network_status="not_sent_to_network",
    type="blocked",
    reason="previously_declined_do_not_retry",
)


def outcome(scripted: str | Outcome, known: frozenset[str] = CARD_CODES) -> Outcome:
    """A script's entry as an outcome, with the advice test mode gives for that code."""
    if isinstance(scripted, Outcome):
        return scripted
    if scripted == "ok":
        return APPROVED
    if scripted not in known and not scripted.startswith("unknown_"):
        raise FakeStripeRefusal(f"{scripted!r} is no decline code Stripe documents")
    network_code = "01" if scripted == "generic_decline" else None
    return Outcome(scripted, advice_code=_ADVICE.get(scripted), network_decline_code=network_code)


class Decline(NamedTuple):
    """A refusal as the API words it."""

    code: str
    decline_code: str | None
    message: str
    param: str | None


def decline(no: Outcome) -> Decline:
    message = _MESSAGES.get(no.code, "Your card was declined.")
    if no.code == "authentication_not_handled":
        return Decline("authentication_required", no.code, message, None)
    if no.code in OWN_CODES:
        # Test mode repeats only this one in decline_code.
        repeated = no.code if no.code == "authentication_required" else None
        return Decline(no.code, repeated, message, OWN_CODES[no.code])
    return Decline("card_declined", no.code, message, None)


def charge_outcome(result: Outcome) -> Body:
    """`charge.outcome` for a card."""
    if result.code == "ok":
        reason, words = None, "Payment complete."
    elif result.type == "blocked":
        reason = result.reason
        words = "Stripe blocked this payment."
    else:
        reason = result.reason or result.code
        words = _SELLER_MESSAGES.get(
            result.code, f"The bank returned the decline code `{result.code}`."
        )
    return {
        "advice_code": result.advice_code,
        "network_advice_code": result.network_advice_code,
        "network_decline_code": result.network_decline_code,
        "network_status": result.network_status,
        "reason": reason,
        "risk_level": "highest" if reason == "highest_risk_level" else "normal",
        "risk_score": 82 if reason == "highest_risk_level" else 20,
        "seller_message": words,
        "type": result.type,
    }


def card_error(no: Outcome, request_id: str | None, **objects: object) -> Body:
    """The `error` of a 402, and `last_payment_error`; Stripe leaves null fields out."""
    words = decline(no)
    error: Body = {
        "type": "card_error",
        "code": words.code,
        "decline_code": words.decline_code,
        "doc_url": doc_url(words.code),
        "message": words.message,
        "param": words.param,
        "advice_code": no.advice_code,
        "network_advice_code": no.network_advice_code,
        "network_decline_code": no.network_decline_code,
        "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}",
        **objects,
    }
    return {name: value for name, value in error.items() if value is not None}
