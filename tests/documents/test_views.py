"""A document that would contradict itself cannot be made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.documents import AmountsDisagreeError
from tests.documents.samples import CREDIT_NOTE, INVOICE, RECEIPT


@pytest.mark.parametrize("field", ["subtotal", "total", "balance"])
def test_an_invoice_must_add_up(field: str) -> None:
    with pytest.raises(AmountsDisagreeError, match=INVOICE.number):
        replace(INVOICE, **{field: getattr(INVOICE, field) + 1})


def test_a_credit_note_must_add_up() -> None:
    with pytest.raises(AmountsDisagreeError, match="balance"):
        replace(CREDIT_NOTE, balance=1)


def test_tax_inside_the_price_is_not_added_again() -> None:
    inclusive = replace(
        INVOICE, tax_inclusive=True, total=INVOICE.subtotal, balance=INVOICE.subtotal - 65000
    )
    assert inclusive.total == inclusive.subtotal


def test_a_receipt_accounts_for_every_cent() -> None:
    with pytest.raises(AmountsDisagreeError, match="50001 received"):
        replace(RECEIPT, amount=50001)
    kept = replace(RECEIPT, amount=50001, unapplied=1)
    assert kept.remaining_balance == RECEIPT.remaining_balance
