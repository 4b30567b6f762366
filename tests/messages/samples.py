"""One notice of each kind, as a made-up business sends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chalicelib.documents import BankView, MethodKind, MethodView
from chalicelib.messages import BusinessView, NoticeKind, NoticeView, PayerTextKey, StaffView

BUSINESS = BusinessView(
    name="Harbour & Pine Ltd",
    address_lines=("14 Sir John Rogerson’s Quay", "Dublin D02 XY45", "Ireland"),
    phone="+353 1 555 0100",
)
VISA = MethodView(MethodKind.CARD, brand="visa", last4="4242")
LINK = "https://pay.harbourpine.example/i/7Kq2mZ9xTq?t=eyJhbGciOi"
STAFF = StaffView(
    customer="Zoë Müller",
    classification="FUNDS",
    codes=(
        ("code", "card_declined"),
        ("decline_code", "insufficient_funds"),
        ("advice_code", "try_again_later"),
        ("network_decline_code", "51"),
    ),
    attempt="2 of 4",
    reason="No answer from Stripe after 7 checks",
    next_step="Wait: the next try is planned.",
)
BASE = NoticeView(
    kind=NoticeKind.INVOICE_SENT,
    key="inv_8Hq/failed/2/mail",
    locale="en-IE",
    business=BUSINESS,
    link=LINK,
    to_name="Zoë",
    currency="EUR",
    amount=437948,
    invoice_number="INV-2026-00418",
    description="Platform subscription, October 2026",
    due_on=date(2026, 10, 31),
    method=VISA,
)
SUBSCRIPTION = "Business plan"
ANSWER_BY = datetime(2026, 11, 2, 18, 0, tzinfo=ZoneInfo("Europe/Dublin"))

NOTICES: dict[NoticeKind, NoticeView] = {
    notice.kind: notice
    for notice in (
        replace(
            BASE,
            bank=BankView(
                account_name="Harbour & Pine Ltd",
                iban="IE29 AIBK 9311 5212 3456 78",
                bic="AIBKIE2D",
            ),
        ),
        replace(
            BASE,
            kind=NoticeKind.REMINDER_UPCOMING,
            days=2,
            charge_on=date(2026, 10, 31),
            amount=8900,
        ),
        replace(BASE, kind=NoticeKind.REMINDER_PAST_DUE, days=3),
        replace(
            BASE,
            kind=NoticeKind.RECEIPT,
            amount=50000,
            paid_on=date(2026, 10, 3),
            transaction_id="pi_3QxYz2AbCdEfGhIj0KlMnOpQ",
            balance=437948,
        ),
        replace(
            BASE,
            kind=NoticeKind.PAYMENT_FAILED,
            text_key=PayerTextKey.DECLINED,
            next_on=date(2026, 11, 3),
        ),
        replace(BASE, kind=NoticeKind.NEEDS_CARD, method=None),
        replace(BASE, kind=NoticeKind.ACTION_REQUIRED, text_key=PayerTextKey.AUTHENTICATION),
        replace(BASE, kind=NoticeKind.CHECKING, text_key=PayerTextKey.UNKNOWN, answer_by=ANSWER_BY),
        replace(BASE, kind=NoticeKind.WENT_OVERDUE, subscription=SUBSCRIPTION),
        replace(BASE, kind=NoticeKind.RESUMED, subscription=SUBSCRIPTION),
        replace(BASE, kind=NoticeKind.CARD_EXPIRING, expires_on=date(2026, 11, 30)),
        replace(BASE, kind=NoticeKind.INVOICE_CANCELLED),
        replace(
            BASE,
            kind=NoticeKind.REFUND_SENT,
            amount=2500,
            refunded_on=date(2026, 10, 5),
            transaction_id="re_3QxYz2AbCdEf",
        ),
        replace(BASE, kind=NoticeKind.REFUND_FAILED, amount=2500, transaction_id="re_3QxYz2AbCdEf"),
        replace(BASE, kind=NoticeKind.CREDIT_NOTE_SENT, credit_note="CN-00007", balance=391448),
        replace(BASE, kind=NoticeKind.PAYMENT_BOUNCED, balance=437948),
        replace(BASE, kind=NoticeKind.PLAN_BROKEN, invoice_number="P-7K2M"),
        replace(BASE, kind=NoticeKind.STAFF_REFUND_APPROVAL, staff=STAFF),
        replace(
            BASE, kind=NoticeKind.STAFF_REFUND_FAILED, amount=2500, staff=STAFF, kept_as_credit=True
        ),
        replace(BASE, kind=NoticeKind.METHOD_REMOVED, amount=None, invoice_number=None),
        replace(
            BASE,
            kind=NoticeKind.STAFF_PAYMENT_RECEIVED,
            staff=STAFF,
            paid_on=date(2026, 10, 3),
            balance=0,
        ),
        replace(BASE, kind=NoticeKind.STAFF_PAYMENT_FAILED, staff=STAFF, next_on=date(2026, 11, 3)),
        replace(BASE, kind=NoticeKind.STAFF_OVERDUE, staff=STAFF, subscription=SUBSCRIPTION),
        replace(BASE, kind=NoticeKind.STAFF_NEEDS_HUMAN, staff=STAFF),
        replace(BASE, kind=NoticeKind.STAFF_DISPUTE, staff=STAFF, answer_by=ANSWER_BY),
        replace(BASE, kind=NoticeKind.STAFF_DISPUTE_DUE, staff=STAFF, answer_by=ANSWER_BY),
        replace(BASE, kind=NoticeKind.STAFF_DISPUTE_CLOSED, staff=STAFF),
        replace(BASE, kind=NoticeKind.STAFF_FRAUD_WARNING, staff=STAFF),
        replace(BASE, kind=NoticeKind.STAFF_PROMISE_BROKEN, staff=STAFF),
        replace(BASE, kind=NoticeKind.STAFF_PLAN_BROKEN, staff=STAFF),
        replace(BASE, kind=NoticeKind.STAFF_DISPUTE_REFUSED, staff=STAFF, answer_by=ANSWER_BY),
        replace(BASE, kind=NoticeKind.STAFF_DISCONNECTED, amount=None, invoice_number=None),
        replace(
            BASE,
            kind=NoticeKind.STAFF_CHARGES_STOPPED,
            amount=None,
            invoice_number=None,
            staff=StaffView(reason="requirements.past_due: external_account"),
        ),
    )
}
