"""Histories that contradict themselves: never folded, and named in words that lead to the place."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.payment import AttemptResult as R
from tests.domain.samples import NOON, attempt, in_flight, pending
from tests.domain.test_what_each_fact_changes import PAY, told


class Unheard:
    kind = "unheard_of"


BROKEN = [
    (
        None,
        facts.InvoiceFinalized("INV-7", NOON.date(), NOON.date(), NOON),
        "finalized before created",
    ),
    (pending(), Unheard(), "no step for Unheard"),
    (pending(), facts.FeePosted("pay_9", "ch_1", 1), "inv_1 has no payment pay_9"),
    (pending(), facts.SlotSkipped(1, "x", "y"), "a dunning slot without a sequence"),
    (
        in_flight(R.UNKNOWN),
        facts.AttemptStarted(PAY, "pi_1", attempt(2)),
        f"{PAY}: a try began before the last one was resolved",
    ),
]


@pytest.mark.parametrize(("invoice", "payload", "words"), BROKEN)
def test_a_history_that_contradicts_itself_is_named(
    invoice: Invoice | None, payload: Any, words: str
) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(invoice, payload)
    assert str(broken.value) == words


def test_no_facts_are_no_invoice() -> None:
    with pytest.raises(BrokenRecord) as broken:
        fold([])
    assert str(broken.value) == "an invoice without facts"
