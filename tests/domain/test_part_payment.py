"""A part of an invoice: who may pay how little of it, and in which words it is refused."""

from __future__ import annotations

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.part_payment import part_of, smallest_part
from tests.domain.samples import pending

OWING = pending(amount_paid=900)  # 80.00 of 89.00; a card pays from 0.50 on
PAST = "is not between 0 and what is owed."
LEFT = "Less than 0.50 USD would be left, which no card can pay."


@pytest.mark.parametrize(
    ("amount", "minimum", "by_staff", "part"),
    [
        (None, None, False, None),
        (8000, None, False, None),  # all of it is no part
        (None, 500, True, None),
        (1, None, True, 1),
        (7950, None, True, 7950),
        (500, 500, False, 500),
        (7950, 500, False, 7950),
        (499, 500, True, 499),  # the setting is for payers
    ],
)
def test_a_part_that_may_be_paid(
    amount: int | None, minimum: int | None, *, by_staff: bool, part: int | None
) -> None:
    assert part_of(OWING, amount, minimum, by_staff=by_staff) == part


@pytest.mark.parametrize(
    ("amount", "minimum", "by_staff", "code", "words"),
    [
        (8001, 500, True, "part_too_large", f"80.01 USD {PAST}"),
        (0, 500, True, "part_too_small", f"0.00 USD {PAST}"),
        (-1, 500, True, "part_too_small", f"-0.01 USD {PAST}"),
        (500, None, False, "part_not_allowed", "This business takes the whole amount only."),
        (499, 500, False, "part_too_small", "A part has to be at least 5.00 USD."),
        (7951, 500, False, "part_leaves_too_little", LEFT),
        (7999, None, True, "part_leaves_too_little", LEFT),
    ],
)
def test_a_part_that_may_not(
    amount: int, minimum: int | None, *, by_staff: bool, code: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        part_of(OWING, amount, minimum, by_staff=by_staff)
    assert (refused.value.code, refused.value.detail) == (code, words)


def test_of_a_paid_invoice_no_part_is_left() -> None:
    with pytest.raises(InvalidInput) as refused:
        part_of(pending(amount_paid=8900), 1, None, by_staff=True)
    assert refused.value.code == "part_too_large"


def test_what_a_card_can_pay_depends_on_the_currency() -> None:
    """30 pence in Britain; in Kuwait 0.100 dinars."""
    pounds, dinars = (pending(currency=currency, amount_paid=900) for currency in ("GBP", "KWD"))
    assert part_of(pounds, 7970, None, by_staff=True) == 7970
    assert smallest_part(pounds, 1) == 30
    assert smallest_part(dinars, 1) == 100
    with pytest.raises(InvalidInput) as refused:
        part_of(dinars, 7901, None, by_staff=True)
    words = "Less than 0.100 KWD would be left, which no card can pay."
    assert refused.value.detail == words


@pytest.mark.parametrize(
    ("minimum", "least"),
    [(None, None), (500, 500), (1, 50), (7950, 7950), (7951, None)],
)
def test_the_least_that_a_payer_may_pay(minimum: int | None, least: int | None) -> None:
    assert smallest_part(OWING, minimum) == least
