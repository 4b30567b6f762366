"""US bank accounts: slow money that can come back.

Numbers and tokens are those of Stripe's ACH testing page. A debit is `processing` for some business
days, needs a mandate, and a return other than insufficient funds blocks the account.
"""

from dataclasses import dataclass
from typing import Final

from infra.local.fake_stripe.cards import fingerprint
from infra.local.fake_stripe.errors import Body

ROUTING_NUMBER: Final = "110000000"


@dataclass(frozen=True, slots=True)
class Bank:
    """How debiting one test account ends; `never` ends not at all."""

    debit: str = "ok"
    dispute: bool = False


BANKS: Final[dict[str, Bank]] = {
    "000123456789": Bank(),
    "000111111113": Bank("account_closed"),
    "000111111116": Bank("no_account"),
    "000222222227": Bank("insufficient_funds"),
    "000333333335": Bank("debit_not_authorized"),
    "000444444440": Bank("invalid_currency"),
    "000555555559": Bank(dispute=True),
    "000000000009": Bank("never"),
}

BANK_TOKENS: Final[dict[str, str]] = {
    "pm_usBankAccount_success": "000123456789",
    "pm_usBankAccount": "000123456789",
    "pm_usBankAccount_accountClosed": "000111111113",
    "pm_usBankAccount_noAccount": "000111111116",
    "pm_usBankAccount_insufficientFunds": "000222222227",
    "pm_usBankAccount_debitNotAuthorized": "000333333335",
    "pm_usBankAccount_invalidCurrency": "000444444440",
    "pm_usBankAccount_dispute": "000555555559",
    "pm_usBankAccount_processing": "000000000009",
}

# The network's return code, shown on a blocked account.
RETURN_CODES: Final = {
    "insufficient_funds": "R01",
    "account_closed": "R02",
    "no_account": "R03",
    "debit_not_authorized": "R10",
    "bank_account_restricted": "R16",
    "bank_account_declined": "R29",
}

_BLOCK_REASONS: Final = {
    "account_closed": "bank_account_closed",
    "no_account": "bank_account_invalid_details",
    "debit_not_authorized": "debit_not_authorized",
    "bank_account_restricted": "bank_account_restricted",
    "bank_account_declined": "bank_account_unusable",
}

FAILURE_MESSAGES: Final = {
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The customer's bank account could not be located.",
    "debit_not_authorized": "The customer has notified their bank that this payment was "
    "unauthorized.",
    "invalid_currency": "The bank was unable to process this payment because of its currency.",
}


def bank_fields(number: str, given: Body) -> Body:
    """The `us_bank_account` of a payment method."""
    return {
        "account_holder_type": given.get("account_holder_type", "individual"),
        "account_type": given.get("account_type", "checking"),
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": fingerprint(number),
        "last4": number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": ROUTING_NUMBER,
        "status_details": {},
    }


def blocked(code: str) -> Body | None:
    """`status_details` after a return; Stripe never blocks for insufficient funds."""
    reason = _BLOCK_REASONS.get(code)
    if reason is None:
        return None
    return {"blocked": {"network_code": RETURN_CODES[code], "reason": reason}}
