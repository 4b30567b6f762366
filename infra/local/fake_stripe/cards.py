"""Test cards: which number behaves how, and what scripts make of it.

Numbers and tokens are those of Stripe's testing page. Anything beyond them is scripted for a
number, a fingerprint or one payment method, so a demo may use an ordinary Visa that declines three
times and then pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from typing import Final

from infra.local.fake_stripe.declines import (
    APPROVED,
    NETWORK_BLOCK,
    RADAR_BLOCK,
    Outcome,
    outcome,
)
from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.state import DAY, Account, Method, State


@dataclass(frozen=True, slots=True)
class Card:
    """How one test number behaves: `attach` is what saving answers, `charge` what paying does."""

    brand: str = "visa"
    funding: str = "credit"
    charge: str = "ok"
    attach: str = "ok"
    authenticate: str = "never"  # never, unless_set_up, always, on_session
    dispute: str | None = None
    refund: str = "succeeded"
    available_now: bool = False
    country: str = "US"


def _declined(code: str, brand: str = "visa") -> Card:
    return Card(brand=brand, charge=code, attach=code)


CARDS: Final[dict[str, Card]] = {
    "4242424242424242": Card(),
    "4000056655665556": Card(funding="debit"),
    "5555555555554444": Card("mastercard"),
    "2223003122003222": Card("mastercard"),
    "5200828282828210": Card("mastercard", "debit"),
    "5105105105105100": Card("mastercard", "prepaid"),
    "378282246310005": Card("amex"),
    "371449635398431": Card("amex"),
    "6011111111111117": Card("discover"),
    "3056930009020004": Card("diners"),
    "3566002020360505": Card("jcb"),
    "6200000000000005": Card("unionpay"),
    "4000003560000008": Card(country="IN"),
    "4000000000000002": _declined("generic_decline"),
    "4000000000009995": _declined("insufficient_funds"),
    "4000000000009987": _declined("lost_card"),
    "4000000000009979": _declined("stolen_card"),
    "4000000000000069": _declined("expired_card"),
    "4000000000000127": _declined("incorrect_cvc"),
    "4000000000000119": _declined("processing_error"),
    "4000000000006975": _declined("card_velocity_exceeded"),
    "4242424242424241": _declined("incorrect_number"),
    "4000000000000341": Card(charge="generic_decline"),
    "4100000000000019": Card(charge="highest_risk_level"),
    "4000000000000077": Card(available_now=True),
    "4000000000003720": Card(available_now=True),
    "4000002500003155": Card(authenticate="unless_set_up"),
    "4000002760003184": Card(authenticate="always"),
    "4000003800000446": Card(authenticate="on_session"),
    "4000008260003178": Card(authenticate="unless_set_up", charge="insufficient_funds"),
    "4000000000003220": Card(authenticate="unless_set_up"),
    "4000000000000259": Card(dispute="fraudulent"),
    "4000000000002685": Card(dispute="product_not_received"),
    "4000000000001976": Card(dispute="inquiry"),
    "4000000000007726": Card(refund="pending"),
    "4000000000005126": Card(refund="fails_later"),
}

TOKENS: Final[dict[str, str]] = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_mastercard_debit": "5200828282828210",
    "pm_card_mastercard_prepaid": "5105105105105100",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_diners": "3056930009020004",
    "pm_card_jcb": "3566002020360505",
    "pm_card_unionpay": "6200000000000005",
    "pm_card_in": "4000003560000008",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredSetupForOffSession": "4000003800000446",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}

_PLAIN: Final = Card()
_UNKNOWN: Final = _declined("test_mode_live_card")


@cache
def fingerprint(number: str) -> str:
    """One card number, one fingerprint, across customers and accounts."""
    return blake2b(number.encode(), digest_size=8).hexdigest()


@cache
def passes_luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


@cache
def brand_of(number: str) -> str:
    known = {"5": "mastercard", "2": "mastercard", "34": "amex", "37": "amex", "6": "discover"}
    return known.get(number[:2]) or known.get(number[:1]) or "visa"


def card_of(state: State, number: str) -> Card:
    """A known test card, a scripted number (plain otherwise), or a real card in test mode."""
    known = CARDS.get(number)
    if known is not None:
        return known
    return _PLAIN if fingerprint(number) in state.scripts else _UNKNOWN


def script(state: State, target: str, outcomes: Sequence[str | Outcome]) -> None:
    """Queue what the issuer answers to the next charges on a number, fingerprint or method."""
    key = fingerprint(target) if target.isdigit() else target
    state.scripts[key] = list(outcomes)


def scripted(state: State, method: Method) -> str | Outcome | None:
    for key in (method.body["id"], method.body[method.body["type"]]["fingerprint"]):
        waiting = state.scripts.get(key)
        if waiting:
            next_outcome: str | Outcome = waiting.pop(0)
            return next_outcome
    return None


def _expired(state: State, card: Body) -> bool:
    """A card is good to the end of its month."""
    today = datetime.fromtimestamp(state.now, UTC)
    return (today.year, today.month) > (card["exp_year"], card["exp_month"])


def needs_authentication(state: State, method: Method, *, off_session: bool) -> bool:
    rule = card_of(state, method.number).authenticate
    if rule == "never":
        return False
    if rule == "always":
        return True
    if rule == "on_session":
        return not off_session
    return not (off_session and method.authenticated)


def authorize(
    state: State, account: Account, method: Method, amount: int, currency: str
) -> Outcome:
    """What the issuer, or Stripe in front of it, answers to one charge."""
    card = method.body["card"]
    tries = account.declines.get((card["fingerprint"], amount, currency), ())
    recent = [at for at in tries if at > state.now - 30 * DAY]
    if len(recent) >= state.options.network_block_after:
        return NETWORK_BLOCK
    said = scripted(state, method)
    if said is not None:
        return outcome(said)
    if _expired(state, card):
        return outcome("expired_card")
    natural = card_of(state, method.number).charge
    if natural == "ok":
        return APPROVED
    return RADAR_BLOCK if natural == "highest_risk_level" else outcome(natural)


def count_decline(state: State, account: Account, charge: Body, fingerprint_: str) -> None:
    """Remember a decline that reached the network; enough of them and Stripe stops sending."""
    if charge["outcome"]["network_status"] == "declined_by_network":
        key = (fingerprint_, charge["amount"], charge["currency"])
        account.declines.setdefault(key, []).append(state.now)
