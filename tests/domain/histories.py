"""Histories made as services make them: one payload after the other, sealed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.declines import Decline
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.record import Circumstances, on_invoice
from tests.domain.samples import NOON, attempt, card, declined, draft, standing

PAY, INTENT = "pay_1_1", "pi_1"


class Story:
    """An invoice and its facts so far; `tell` adds one, an hour after the last."""

    def __init__(
        self, invoice: Invoice | None = None, around: Standing | None = None, *, sms: bool = False
    ) -> None:
        self.now: datetime = NOON
        self.facts: list[Fact] = []
        self.head: Invoice | None = None
        self.standing = around or standing(card())
        self.audience = Audience(sms=sms)
        self.tell(facts.InvoiceCreated(invoice or draft()))

    @property
    def invoice(self) -> Invoice:
        assert self.head is not None
        return self.head

    @property
    def last(self) -> Fact:
        return self.facts[-1]

    @property
    def owed(self) -> list[str]:
        """Effects of the last fact, the alarm left out."""
        return [effect.id for effect in self.last.effects if effect.kind.value != "alarm"]

    def tell(self, payload: Any, **hours: float) -> Story:
        self.now += timedelta(**(hours or {"hours": 1}))
        around = Circumstances(self.now, STANDARD, self.standing, self.audience)
        self.head, fact = on_invoice(self.head, payload, around)
        self.facts.append(fact)
        return self

    # ------------------------------------------------------------------------- usual chapters

    def finalized(self) -> Story:
        due_on = NOON.date()
        return self.tell(facts.InvoiceFinalized("INV-00001", due_on, due_on, self.now))

    def opened(self, amount: int | None = None) -> Story:
        asked = self.invoice.amount_remaining if amount is None else amount
        allocations = (Allocation(self.invoice.id, asked),)
        return self.tell(facts.PaymentOpened(PAY, 1, asked, allocations))

    def started(self, number: int = 1, **changes: Any) -> Story:
        slots_done = changes.pop("slots_done", None)
        made = attempt(number, started_at=self.now + timedelta(hours=1), **changes)
        return self.tell(facts.AttemptStarted(PAY, INTENT, made, slots_done))

    def charging(self) -> Story:
        """Sent, and its first try under way."""
        return self.finalized().opened().started()

    def succeeded(self, number: int | None = 1, fee: int | None = 288) -> Story:
        amount = self.invoice.payments[0].amount
        return self.tell(facts.ChargeSucceeded(PAY, number, INTENT, "ch_1", amount, fee))

    def failed(self, code: Decline | str = "insufficient_funds", number: int = 1) -> Story:
        said = declined(code) if isinstance(code, str) else code
        first = STANDARD if self.invoice.dunning is None else None
        return self.tell(facts.ChargeFailed(PAY, number, f"ch_{number}", said, first))

    def paid(self) -> Story:
        return self.charging().succeeded()


def tampered(history: list[Fact], index: int, **changes: Any) -> list[Fact]:
    """One fact changed, its hash left as it was."""
    return [replace(one, **changes) if at == index else one for at, one in enumerate(history)]
