"""Small invoices, cards and standings, written by fields so that each test says what it is about.

`bounded` keeps property tests short and the same on every run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings

from chalicelib.domain import keys
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.customer import Customer, CustomerKind, MethodKind, PaymentMethod
from chalicelib.domain.declines import Decline, classify
from chalicelib.domain.invoice import (
    BillTo,
    Dunning,
    Invoice,
    InvoiceStatus,
    Line,
    totals_of,
)
from chalicelib.domain.parties import Terms
from chalicelib.domain.payment import (
    Allocation,
    Attempt,
    AttemptResult,
    Payment,
    PaymentStatus,
    Trigger,
)
from chalicelib.domain.policy import STANDARD, DunningPolicy

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BIZ, CUS = "biz_1", "cus_1"


def after(**by: float) -> datetime:
    return NOON + timedelta(**by)


def line(amount: int = 8900, **changes: Any) -> Line:
    return replace(Line("Consulting", Decimal(1), amount), **changes)


def draft(*lines: Line, **changes: Any) -> Invoice:
    wanted = lines or (line(),)
    invoice = Invoice(
        id="inv_1",
        business_id=BIZ,
        customer_id=CUS,
        currency="USD",
        lines=wanted,
        totals=totals_of(wanted),
        bill_to=BillTo("Ada Byron", "ada@example.com"),
        terms=Terms.DUE_ON_RECEIPT,
        created_at=NOON,
    )
    return replace(invoice, **changes)


def pending(*lines: Line, **changes: Any) -> Invoice:
    """Numbered, due today, not yet tried."""
    numbered = replace(
        draft(*lines),
        status=InvoiceStatus.PENDING,
        number="INV-00001",
        issued_on=NOON.date(),
        due_on=NOON.date(),
        finalized_at=NOON,
        charge_at=NOON,
    )
    return replace(numbered, **changes)


def card(method_id: str = "pm_1", **changes: Any) -> PaymentMethod:
    made = PaymentMethod(
        id=method_id,
        kind=MethodKind.CARD,
        brand="visa",
        last4="4242",
        fingerprint=f"fp_{method_id}",
        exp_year=2034,
        exp_month=12,
        country="US",
        saved_at=NOON,
    )
    return replace(made, **changes)


def bank(method_id: str = "pm_bank", **changes: Any) -> PaymentMethod:
    made = card(method_id, kind=MethodKind.US_BANK_ACCOUNT, brand="STRIPE TEST BANK")
    return replace(made, exp_year=0, exp_month=0, mandate_id="mandate_1", **changes)


def customer(*methods: PaymentMethod, **changes: Any) -> Customer:
    made = Customer(
        id=CUS,
        business_id=BIZ,
        kind=CustomerKind.INDIVIDUAL,
        name="Ada Byron",
        email="ada@example.com",
        methods=methods,
        default_method_id=methods[0].id if methods else None,
    )
    return replace(made, **changes)


def standing(method: PaymentMethod | None = None, **changes: Any) -> Standing:
    made = Standing(zone="UTC", can_charge=True, auto_charge=True, method=method)
    return replace(made, **changes)


def attempt(number: int = 1, method: PaymentMethod | None = None, **changes: Any) -> Attempt:
    used = method or card()
    made = Attempt(
        number=number,
        trigger=Trigger.FIRST,
        started_at=NOON,
        method_id=used.id,
        method_kind=used.kind,
        fingerprint=used.fingerprint,
        brand=used.brand,
        last4=used.last4,
        off_session=True,
        idempotency_key=keys.confirm(BIZ, "pay_1_1", number),
        token=f"try_{number}",
        reason="It is due.",
    )
    return replace(made, **changes)


def declined(code: str = "insufficient_funds", **signals: Any) -> Decline:
    brand = signals.pop("brand", "visa")
    return classify(code="card_declined", decline_code=code, brand=brand, **signals)


def failed(
    decline: Decline | str = "insufficient_funds",
    *,
    at: datetime = NOON,
    number: int = 1,
    method: PaymentMethod | None = None,
    **changes: Any,
) -> Attempt:
    reason = declined(decline) if isinstance(decline, str) else decline
    return attempt(
        number,
        method,
        started_at=at,
        resolved_at=at,
        result=AttemptResult.FAILED,
        decline=reason,
        **changes,
    )


def payment(*attempts: Attempt, **changes: Any) -> Payment:
    made = Payment(
        id="pay_1_1",
        epoch=1,
        amount=8900,
        allocations=(Allocation("inv_1", 8900),),
        opened_at=NOON,
        intent_id="pi_1",
        attempts=attempts,
    )
    return replace(made, **changes)


def dunned(
    *attempts: Attempt,
    slots_done: int = 0,
    policy: DunningPolicy = STANDARD,
    first_failed_at: datetime = NOON,
    **changes: Any,
) -> Invoice:
    """An invoice whose first charge failed at noon."""
    tried = attempts or (failed(),)
    sequence = Dunning(policy=policy, first_failed_at=first_failed_at, slots_done=slots_done)
    return pending(payments=(payment(*tried),), dunning=sequence, **changes)


def in_flight(result: AttemptResult, **changes: Any) -> Invoice:
    """An invoice with one live try."""
    locked = result in {AttemptResult.PROCESSING, AttemptResult.ACTION_REQUIRED}
    moving = result is AttemptResult.PROCESSING
    paying = payment(
        attempt(result=result),
        status=PaymentStatus.PROCESSING if moving else PaymentStatus.PENDING,
    )
    status = InvoiceStatus.PROCESSING if locked else InvoiceStatus.PENDING
    return pending(payments=(paying,), status=status, **changes)


def day(text: str) -> date:
    return date.fromisoformat(text)
