"""Settings of a business: what cannot be is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from chalicelib.domain.business import Business
from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.parties import BankDetails
from chalicelib.domain.settings import check_bank, check_settings

T = TypeVar("T")
GOOD = Business("biz_1", "Harbour & Pine", "USD", "America/New_York", staff_email="a@b.example")


def refusal(check: Callable[[T], object], given: T) -> str:
    try:
        check(given)
    except InvalidInput as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"zone": "Mars/Base"}, "zone_invalid"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"currency": "DM"}, "currency_invalid"),
        ({"name": "  "}, "name_missing"),
        ({"email": "a@b"}, "email_invalid"),
        ({"email": "@b.example"}, "email_invalid"),
        ({"staff_email": "a@b.example, c@d.example"}, "email_invalid"),
        ({"staff_email": ""}, ""),
        ({"bill_days_before": 0}, ""),
        ({"bill_days_before": -1}, "bill_days_invalid"),
        ({"bill_days_before": 60}, ""),
        ({"bill_days_before": 61}, "bill_days_invalid"),
        ({"first_invoice_number": 0}, "invoice_number_invalid"),
        ({"invoice_digits": 0}, "invoice_number_invalid"),
        ({"refund_approval_above": 0}, ""),
        ({"refund_approval_above": -1}, "limit_invalid"),
        ({"part_payment_minimum": -1}, "limit_invalid"),
        ({"application_fee": ApplicationFee(Decimal(100), 0)}, ""),
        ({"application_fee": ApplicationFee(Decimal("100.01"), 0)}, "application_fee_invalid"),
        ({"application_fee": ApplicationFee(Decimal(-1), 0)}, "application_fee_invalid"),
        ({"application_fee": ApplicationFee(Decimal(0), -1)}, "application_fee_invalid"),
    ],
)
def test_a_setting_that_cannot_be_is_named(changes: dict[str, Any], code: str) -> None:
    assert refusal(check_settings, replace(GOOD, **changes)) == code


CARD, BANK = MethodKind.CARD, MethodKind.US_BANK_ACCOUNT


@pytest.mark.parametrize(
    ("currency", "methods", "fits"),
    [
        ("USD", (BANK,), True), ("USD", (CARD, BANK), True), ("EUR", (CARD, BANK), True),
        ("USD", (), False), ("EUR", (BANK,), False), ("USD", (CARD, CARD), False),
    ],
)  # fmt: skip
def test_what_may_be_saved_is_a_choice(
    currency: str, methods: tuple[MethodKind, ...], *, fits: bool
) -> None:
    business = replace(GOOD, currency=currency, online_methods=methods)
    assert refusal(check_settings, business) == ("" if fits else "online_methods_invalid")


@pytest.mark.parametrize(
    ("bank", "code"),
    [
        (BankDetails(), ""),
        (BankDetails(iban="IE29 AIBK 9311 5212 3456 78", bic="AIBKIE2D"), ""),
        (BankDetails(iban="DE02120300000000202051", bic="BYLADEM1001"), ""),
        (BankDetails(iban="DE02120300000000202015"), "iban_invalid"),
        (BankDetails(iban="DE"), "iban_invalid"),
        (BankDetails(iban="de02120300000000202051"), "iban_invalid"),
        (BankDetails(bic="AIBKIE2"), "bic_invalid"),
        (BankDetails(routing_number="110000000", account_number="000123456789"), ""),
        (BankDetails(routing_number="101000000"), "routing_number_invalid"),
        (BankDetails(routing_number="11000000"), "routing_number_invalid"),
    ],
)
def test_an_account_checks_itself(bank: BankDetails, code: str) -> None:
    assert refusal(check_bank, bank) == code


def test_it_charges_only_when_connected_enabled_and_not_cut_off() -> None:
    waits = replace(GOOD, connects=True)
    connected = replace(waits, stripe_account="acct_1")
    assert [one.can_charge for one in (GOOD, waits, connected)] == [True, False, True]
    assert not replace(connected, charges_enabled=False).can_charge
