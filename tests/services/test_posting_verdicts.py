"""A debt lost to a dispute, tried again, and won back while that try was under way.

The money that came back waits for the try's end (one payment at a time): whoever posts that end
posts the verdict too, and nobody else looks for it.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.services import posting
from tests.fakes.install import Install
from tests.services.checks import coast
from tests.services.test_after_payment import kinds
from tests.services.test_disputes_turned import decide, lost, staff_charge

GOOD, NO_FUNDS = "000123456789", "000222222227"


def under_way(number: str) -> tuple[Install, Invoice, str]:
    """A bank debit is on its way for a debt that the bank has given back by now."""
    install, invoice, dispute_id = lost()
    install.save_card("biz_1", invoice.customer_id, number, kind="us_bank_account")
    staff_charge(install, invoice)
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    decide(install, dispute_id, won=True)
    return install, install.read(invoice), install.read(invoice).payments[-1].id


def reads(install: Install) -> list[str]:
    """Every PaymentIntent that is read from now on."""
    found: list[str] = []
    call = install.stripe.call

    def noted(method: str, path: str, *arguments: Any, **more: Any) -> Any:
        if (method, path.rpartition("/")[0]) == ("GET", "/v1/payment_intents"):
            found.append(path.rpartition("/")[2])
        return call(method, path, *arguments, **more)

    install.stripe.call = noted  # type: ignore[method-assign]
    return found


@pytest.mark.parametrize(("number", "overpaid"), [(GOOD, 8900), (NO_FUNDS, 0)])
def test_the_end_of_a_try_posts_what_was_won_back_beside_it(number: str, overpaid: int) -> None:
    install, invoice, payment_id = under_way(number)
    assert invoice.status is InvoiceStatus.PROCESSING
    assert not posting.post_outcome(install.ports, "biz_1", invoice.id, payment_id)
    assert kinds(install, invoice, "dispute_regained") == []
    install.clock.advance(days=8)
    assert posting.post_outcome(install.ports, "biz_1", invoice.id, payment_id)
    after = install.read(invoice)
    assert kinds(install, invoice, "dispute_regained") == ["dispute_regained"]
    assert (after.status, after.amount_remaining) == (InvoiceStatus.PAID, 0)
    assert after.amount_overpaid == overpaid


@pytest.mark.parametrize("number", [GOOD, NO_FUNDS])
def test_a_look_that_learns_nothing_looks_at_nothing_else(number: str) -> None:
    """While the try is under way, and when its failure is known already."""
    install, invoice, dispute_id = lost()
    install.save_card("biz_1", invoice.customer_id, number, kind="us_bank_account")
    staff_charge(install, invoice)
    install.settle()
    if number == NO_FUNDS:
        coast(install, days=8)
    debit = install.read(invoice).payments[-1]
    assert install.read(invoice).live_attempt is (None if number == NO_FUNDS else debit.attempts[0])
    install.stripe.webhooks.endpoints.clear()
    decide(install, dispute_id, won=True)
    found = reads(install)
    assert not posting.post_outcome(install.ports, "biz_1", invoice.id, debit.id)
    assert found == [debit.intent_id]
