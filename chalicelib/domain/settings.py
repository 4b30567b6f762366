"""What a business's settings may be: the rules that are more than a field's form."""

from __future__ import annotations

import re

from chalicelib.domain import dates, money
from chalicelib.domain.business import Business
from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.parties import BankDetails

LONGEST_BILL_AHEAD_DAYS = 60
_CURRENCIES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_ROUTING = re.compile(r"[0-9]{9}")
_ROUTING_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7, 1)


def check_settings(business: Business) -> None:
    """Raises InvalidInput for the first setting that cannot be."""
    dates.zone(business.zone)
    if money.check_currency(business.currency) not in _CURRENCIES:
        words = f"{business.currency} is not a currency of ISO 4217 that is in use."
        raise InvalidInput("currency_unknown", words)
    if not business.name.strip():
        raise InvalidInput("name_missing", "A business needs a name.")
    for address in (business.email, business.staff_email):
        _check_email(address)
    if not 0 <= business.bill_days_before <= LONGEST_BILL_AHEAD_DAYS:
        words = f"Invoices are made 0 to {LONGEST_BILL_AHEAD_DAYS} days before they are due."
        raise InvalidInput("bill_days_invalid", words)
    if business.first_invoice_number < 1 or business.invoice_digits < 1:
        raise InvalidInput("invoice_number_invalid", "Invoice numbers count from 1 or more.")
    for least in (business.refund_approval_above, business.part_payment_minimum):
        if least is not None and least < 0:
            raise InvalidInput("limit_invalid", "A limit is an amount, 0 or more.")
    _check_methods(business)
    if business.application_fee is not None:
        _check_fee(business.application_fee)


def _check_methods(business: Business) -> None:
    """One at least that its currency allows: a US bank account is debited in dollars only."""
    known = set(business.online_methods)
    usable = known if business.currency == "USD" else known - {MethodKind.US_BANK_ACCOUNT}
    if not usable or len(known) < len(business.online_methods):
        words = f"Offer each once, and one at least that takes {business.currency}."
        raise InvalidInput("online_methods_invalid", words)


def _check_email(address: str) -> None:
    local, at, domain = address.partition("@")
    formed = local and at and "." in domain and not set(address) & set(" \r\n,;<>")
    if address and not formed:
        raise InvalidInput("email_invalid", "The e-mail address is not one: it needs a@b.c.")


def _check_fee(fee: ApplicationFee) -> None:
    if not 0 <= fee.percent <= 100 or fee.fixed < 0:
        raise InvalidInput("application_fee_invalid", "A fee is 0 to 100 per cent, and no less.")


def check_bank(bank: BankDetails) -> None:
    """Raises InvalidInput for an account that a bank would refuse: its digits check themselves."""
    iban = bank.iban.replace(" ", "")
    if iban and not (_IBAN.fullmatch(iban) and _iban_rest(iban) == 1):
        raise InvalidInput("iban_invalid", "The IBAN is mistyped: its check digits do not fit.")
    if bank.bic and not _BIC.fullmatch(bank.bic):
        raise InvalidInput("bic_invalid", "A BIC is 8 or 11 letters and digits.")
    number = bank.routing_number
    if number and not (_ROUTING.fullmatch(number) and _routing_rest(number) == 0):
        raise InvalidInput("routing_number_invalid", "The routing number is mistyped.")


def _iban_rest(iban: str) -> int:
    """ISO 7064, MOD 97-10."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97


def _routing_rest(number: str) -> int:
    pairs = zip(number, _ROUTING_WEIGHTS, strict=True)
    return sum(int(digit) * weight for digit, weight in pairs) % 10
