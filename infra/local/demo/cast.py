"""What can happen to a customer's money: every part of the demo, each played by a customer or more.

A part is what the card or bank account does, what its owner does about it, and what staff or Stripe
do on certain days. Scripted outcomes are the issuer's answers to that card's next charges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.domain.subscription import Interval

VISA, MASTERCARD = "4", "5"  # a number of its own that begins so, behaving as scripted
GOOD = "4242424242424242"

Answer = str | dict[str, str]
FUNDS: Answer = "insufficient_funds"


class AtBank(StrEnum):
    """What the payer does on the bank's 3-D Secure page."""

    PASSES = "passes"
    FAILS = "fails"
    LEAVES = "leaves"


class Deed(StrEnum):
    """What staff, the network or a bank do on a day of their own."""

    REMOVE_CARD = "remove_card"
    UPDATE_CARD = "update_card"
    CANCEL_AND_COLLECT = "cancel_and_collect"
    CANCEL_AND_DROP = "cancel_and_drop"
    VOID = "void"
    REFUND_PART = "refund_part"
    REFUND_ALL = "refund_all"
    WIN_DISPUTES = "win_disputes"
    LOSE_DISPUTES = "lose_disputes"


@dataclass(frozen=True, slots=True)
class Part:
    """`card` is a test number, or VISA or MASTERCARD for one of its own that follows `answers`."""

    name: str
    card: str = ""
    answers: tuple[Answer, ...] = ()
    bank_account: str = ""
    expires_in_months: int = 60
    by_hand: bool = False
    new_card_after_days: int | None = None  # after the first failure
    at_bank: AtBank | None = None
    pays_after_days: int | None = None  # in the portal, counted from the invoice
    interval: Interval = Interval.MONTHLY
    trial_days: int = 0
    deeds: dict[int, Deed] = field(default_factory=dict)


def _answer(code: str, **more: str) -> Answer:
    return {"code": code, **more}


def _scripted(name: str, *answers: Answer, card: str = VISA, **more: Any) -> Part:
    return Part(name, card=card, answers=answers, **more)


def _mac(code: str) -> Part:
    """Mastercard's advice on when, if ever, to try again."""
    no = _answer("generic_decline", network_advice_code=code)
    return _scripted(f"Mastercard advice {code}", no, no, card=MASTERCARD)


def _declines_then_pays(*codes: str) -> Iterator[Part]:
    for code in codes:
        yield _scripted(f"{code}, then paid", code)


def _declines_for_good(*codes: str) -> Iterator[Part]:
    for code in codes:
        yield _scripted(f"{code}, new card", code, new_card_after_days=2 + len(code) % 3)


# Customers who bring open invoices along: their cards behave, so that each case is one thing.
MOVING_IN = (
    Part("pays by itself", card=GOOD),
    Part("pays by hand in time", card=GOOD, by_hand=True, pays_after_days=2),
    Part("pays by itself, Mastercard", card="5555555555554444"),
    Part("pays by hand, late", card=GOOD, by_hand=True, pays_after_days=30),
    Part("pays by bank debit", bank_account="000123456789"),
    Part("has no card and never pays", by_hand=True),
)

PARTS = (
    _scripted("no money once", FUNDS),
    _scripted("no money twice", FUNDS, FUNDS),
    _scripted("no money three times", *[FUNDS] * 3),
    _scripted("no money four times", *[FUNDS] * 4),
    _scripted("no money, new card when paused", *[FUNDS] * 30, new_card_after_days=10),
    _scripted("no money ever", *[FUNDS] * 30),
    *_declines_then_pays(
        "processing_error", "issuer_not_available", "try_again_later", "reenter_transaction",
        "card_velocity_exceeded", "withdrawal_count_limit_exceeded", "do_not_honor",
        "generic_decline", "call_issuer", "service_not_allowed", "unknown_new_code",
    ),
    *_declines_for_good(
        "lost_card", "stolen_card", "pickup_card", "restricted_card", "fraudulent",
        "stop_payment_order", "revocation_of_authorization", "transaction_not_allowed",
        "do_not_try_again", "invalid_account", "expired_card", "incorrect_cvc", "incorrect_zip",
        "card_not_supported", "currency_not_supported", "pin_try_exceeded",
    ),
    _scripted("a code of ours to check", "duplicate_transaction"),
    _scripted("dead by advice", _answer("insufficient_funds", advice_code="do_not_try_again"),
              new_card_after_days=4),
    _scripted("data by advice", _answer("generic_decline", advice_code="confirm_card_data"),
              new_card_after_days=1),
    _scripted("dead by Visa", _answer("do_not_honor", network_decline_code="04")),
    *map(_mac, ("01", "02", "03", "21", "24", "25", "26", "27", "28", "29", "30")),
    Part("blocked as too risky", card="4100000000000019", new_card_after_days=3),
    Part("3-D Secure, passed", card="4000002760003184", at_bank=AtBank.PASSES),
    Part("3-D Secure, failed", card="4000002760003184", at_bank=AtBank.FAILS),
    Part("3-D Secure, left", card="4000002760003184", at_bank=AtBank.LEAVES),
    Part("3-D Secure, ignored", card="4000002760003184"),
    Part("3-D Secure while saving", card="4000002500003155"),
    Part("3-D Secure, then no money", card="4000008260003178"),
    Part("issued in India", card="4000003560000008", at_bank=AtBank.PASSES),
    Part("bank debit", bank_account="000123456789"),
    Part("bank debit without money", bank_account="000222222227"),
    Part("bank debit of a closed account", bank_account="000111111113", new_card_after_days=8),
    Part("bank debit not authorized", bank_account="000333333335"),
    Part("bank debit disputed", bank_account="000555555559"),
    Part("dispute won", card="4000000000000259", deeds={24: Deed.WIN_DISPUTES}),
    Part("dispute lost", card="4000000000000259", deeds={25: Deed.LOSE_DISPUTES}),
    Part("dispute open", card="4000000000002685"),
    Part("inquiry", card="4000000000001976"),
    Part("refunded in part", card=GOOD, deeds={18: Deed.REFUND_PART}),
    Part("refunded", card=GOOD, deeds={19: Deed.REFUND_ALL}),
    Part("refund pending", card="4000000000007726", deeds={18: Deed.REFUND_ALL}),
    Part("refund fails later", card="4000000000005126", deeds={18: Deed.REFUND_PART}),
    Part("card runs out", card=GOOD, expires_in_months=0, new_card_after_days=5),
    Part("card runs out, renewed by the network", card=GOOD, expires_in_months=0,
         deeds={27: Deed.UPDATE_CARD}),
    Part("card removed", card=GOOD, deeds={17: Deed.REMOVE_CARD}),
    Part("cancelled, debt collected", card=VISA, answers=(FUNDS,) * 3,
         deeds={2: Deed.CANCEL_AND_COLLECT}),
    Part("cancelled, debt dropped", card=VISA, answers=(FUNDS,) * 9,
         deeds={2: Deed.CANCEL_AND_DROP}),
    Part("invoice withdrawn", by_hand=True, deeds={16: Deed.VOID}),
    Part("by hand before it is due", card=GOOD, by_hand=True, pays_after_days=3),
    Part("by hand when reminded", card=GOOD, by_hand=True, pays_after_days=12),
    Part("by hand, never", by_hand=True),
    Part("by hand with 3-D Secure", card="4000002760003184", by_hand=True, pays_after_days=4,
         at_bank=AtBank.PASSES),
    Part("quarterly", card=GOOD, interval=Interval.QUARTERLY),
    Part("yearly", card="378282246310005", interval=Interval.YEARLY),
    Part("trial", card="6011111111111117", trial_days=14),
)  # fmt: skip

ORDINARY = (
    Part("good Visa", card=GOOD),
    Part("good debit card", card="4000056655665556"),
    Part("good Mastercard", card="5555555555554444"),
)


def parts_for(numbers: int) -> Iterator[Part]:
    """Each part once, then ordinary cards, in an order that mixes them."""
    rest = max(numbers - len(PARTS), 0)
    every = [*PARTS, *(ORDINARY[index % len(ORDINARY)] for index in range(rest))]
    # Coprime to any list this long, so that each is taken once.
    step = 101 if len(every) % 101 else 103
    for index in range(min(numbers, len(every))):
        yield every[index * step % len(every)]


def own_number(kind: str, index: int) -> str:
    """A card number nobody else has, with a right check digit."""
    body = ("411234" if kind == VISA else "512345") + f"{index:09}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(body)]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{body}{-total % 10}"
