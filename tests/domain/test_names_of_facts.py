"""Every key and name made from business identity, spelled out a second time.

A key that forgets its business, its payment or its attempt charges twice or not at all; a key
that is spelled differently after a deployment makes Stripe and the table see a new thing.
"""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain import keys
from chalicelib.domain.registry import PAYLOADS

SEQ = 7

# By class; `<name>` stands for what the fact's field says, 7 for its place in the history.
FACT_KEYS = {
    "InvoiceCreated": "created",
    "InvoiceIssued": "created",  # a subscription's invoice is created once, whichever way
    "InvoiceFinalized": "finalized",
    "ChargeRequested": "request/<request.id>",
    "RequestRefused": "refused/<request_id>",
    "PaymentOpened": "opened/<payment_id>",
    "PaymentAdopted": "adopted/<payment_id>",
    "AttemptStarted": "attempt/<payment_id>/<attempt.number>",
    "ResultUnknown": "unknown/<payment_id>/<number>/<check>",
    "ChargeProcessing": "processing/<payment_id>/<number>",
    "ActionRequired": "action/<payment_id>/<number>",
    "ChargeSucceeded": "succeeded/<intent_id>",
    "ChargeFailed": "failed/<payment_id>/<number>",
    "AttemptNotExecuted": "not_executed/<payment_id>/<number>",
    "PaymentCancelled": "payment_cancelled/<payment_id>",
    "FeePosted": "fee/<charge_id>",
    "SlotSkipped": "skipped/7",
    "Replanned": "replanned/7",
    "Reminded": "reminded/<reminder>",
    "WentOverdue": "went_overdue/7",
    "InvoiceCancelled": "cancelled",
    "WrittenOff": "written_off/7",
    "ExternalPaymentRecorded": "external/<payment_id>",
    "Refunded": "refunded/<refund_id>",
    "RefundSettled": "refund_settled/<refund_id>",
    "RefundFailed": "refund_failed/<refund_id>",
    "DisputeOpened": "dispute/<dispute_id>",
    "DisputeFundsMoved": "dispute_funds/<transaction_id>",
    "DisputeClosed": "dispute_closed/<dispute_id>/<verdict>",
    "DisputeRegained": "dispute_regained/<dispute_id>/<verdict>",
    "HoldPlaced": "hold/7",
    "HoldLifted": "hold_lifted/7",
    "ExternalPaymentBounced": "bounced/<payment_id>",
    "InstalmentPaidOutside": "external/<payment_id>",
    "InstalmentOwedAgain": "bounced/<payment_id>",
    "RefundRequested": "refund_requested/<refund.id>",
    "RefundApproved": "refund_approved/<request_id>",
    "RefundRejected": "refund_rejected/<request_id>",
    "RefundSent": "refund_sent/<request_id>",
    "RefundDropped": "refund_dropped/<request_id>",
    "ExternalRefundPaid": "external_refund/<request_id>",
    "CreditNoteIssued": "credit_note/<note.id>",
    "InvoiceReplaced": "replaced/<by>",
    "InvoiceReissued": "created",
    "ExternalPaymentReceived": "external/<payment_id>",
    "ExternalPaymentReversed": "reversed/<payment_id>",
    "CreditPayoutRequested": "payout_requested/<payout_id>",
    "CreditPayoutRejected": "payout_rejected/<payout_id>",
    "CreditPaidOut": "paid_out/<payout_id>",
    "CreditApplied": "applied/<source>",
    "CreditUnapplied": "unapplied/<source>",
    "OverpaymentMoved": "overpayment/7",
    "InvoiceCovered": "covered/7",
    "InvoiceUncovered": "uncovered/7",
    "GraceEnded": "grace_ended/7",
    "PromiseMade": "promise/<promise.id>",
    "PromiseEnded": "promise_ended/<promise_id>",
    "NoteAdded": "note/<note_id>",
    "Snoozed": "snoozed/7",
    "InvoiceSentAgain": "sent_again/<send_id>",
    "CustomerCreated": "created",
    "CustomerChanged": "changed/7",
    "StripeCustomerLinked": "stripe_customer",
    "MethodSaved": "method_saved/<method.id>/<source>",
    "MethodRemoved": "method_removed/<method_id>",
    "DefaultMethodChosen": "default_method/7",
    "MethodJudged": "method_judged/<payment_id>/<number>",
    "ExpiryNoticed": "expiry/7",
    "CreditMoved": "credit/<source>",
    "CustomerNoted": "note/<note_id>",
    "GroupJoined": "group/7",
    "PaymentTaken": "payment/<payment_id>",
    "DemandMade": "created",
    "PlanMade": "created",
    "InstalmentDemanded": "demanded/<number>",
    "InstalmentPaid": "paid/<source>",
    "InstalmentWentOverdue": "overdue/7",
    "PlanChanged": "changed/7",
    "PlanPostponed": "postponed/7",
    "PaidOutside": "external/<payment_id>",
    "PaidOutsideReversed": "bounced/<payment_id>",
    "PlanEnded": "ended/7",
    "MethodArrived": "method/<session_id>",
    "PaidOn": "paid_on/<source>",
    "PaymentApplied": "payment_applied/<source>",
    "DemandClosed": "demand_closed/7",
    "SubscriptionCreated": "created",
    "PeriodBilled": "billed/<index>",
    "SubscriptionPaused": "paused/7",
    "SubscriptionResumed": "resumed/7",
    "SubscriptionCancelled": "cancelled",
    "BusinessCreated": "created",
    "BusinessChanged": "changed/7",
    "PolicySaved": "policy/<policy.id>/7",
    "DefaultPolicyChosen": "default_policy/7",
    "MemberAdded": "member_added/7",
    "RoleChanged": "role_changed/7",
    "MemberRemoved": "member_removed/7",
    "ClientAdded": "client_added/<client.id>",
    "ClientRotated": "client_rotated/<client_id>/<number>",
    "ClientRevoked": "client_revoked/<client_id>",
    "ApplicationFeeEarned": "application_fee/<fee_id>",
    "ApplicationFeeReturned": "application_fee_returned/<fee_refund_id>",
    "AccountRequested": "account_requested",
    "GroupCreated": "created",
    "GroupChanged": "changed/7",
    "CustomerJoined": "joined/7",
    "CustomerLeft": "left/7",
    "GroupBilled": "billed/<invoice_id>",
    "BillingDayPassed": "passed/7",
    "BillingMoved": "billing_moved/7",
    "ImportStarted": "created",
    "ImportAdvanced": "slice/<first>",
    "ChargingHeld": "charging_held/7",
    "ChargingReleased": "charging_released/7",
    "PayoutPaid": "payout/<payout_id>",
    "PayoutFailed": "payout_failed/<payout_id>",
    "DisputeRecorded": "created",
    "DisputeSeenAs": "seen_as/7",
    "EvidenceDrafted": "evidence_drafted/7",
    "AnswerRequested": "answer/<request.id>",
    "EvidenceUploaded": "uploaded/<request_id>",
    "EvidenceSubmitted": "submitted",
    "DisputeAccepted": "accepted",
    "AnswerRefused": "refused/<request_id>",
    "DeadlineNoticed": "deadline/<days>",
    "DisputeWarned": "warned/<warning_id>",
    "FraudWarned": "fraud_warning/<warning_id>",
    "FraudReleased": "fraud_released/<warning_id>",
    "CardWarned": "card_warned/<warning_id>",
    "CardReleased": "card_released/<warning_id>",
    "WarningRecorded": "created",
    "WarningSeenAs": "seen_as/7",
    "WarningDisputed": "disputed/<dispute_id>",
    "WarningReleased": "released",
}
INNER = {
    "refund": "id",
    "note": "id",
    "request": "id",
    "policy": "id",
    "promise": "id",
    "attempt": "number",
    "method": "id",
    "client": "id",
}


def told(payload: type, name: str) -> Any:
    """A field's value that says which field it is."""
    inner = INNER.get(name)
    if inner is None or (name == "method" and payload.__name__ != "MethodSaved"):
        return f"<{name}>"
    return SimpleNamespace(**{inner: f"<{name}.{inner}>"})


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=lambda payload: payload.__name__)
def test_a_fact_is_keyed_by_what_it_records(payload: Any) -> None:
    made = payload(**{field.name: told(payload, field.name) for field in fields(payload)})
    assert made.key(SEQ) == FACT_KEYS[payload.__name__]


@pytest.mark.parametrize(
    ("name", "parts", "spelled"),
    [
        ("payment_id", ("inv_abc", 3), "pay_abc_3"),
        ("payment_id", ("inv_inv_1", 1), "pay_inv_1_1"),
        ("create_intent", ("biz_1", "pay_1_1"), "pi/biz_1/pay_1_1"),
        ("confirm", ("biz_1", "pay_1_1", 2), "confirm/biz_1/pay_1_1/2"),
        ("cancel", ("biz_1", "pay_1_1"), "cancel/biz_1/pay_1_1"),
        ("cancel_stray", ("biz_1", "pi_1"), "cancel/biz_1/stray/pi_1"),
        ("refund", ("biz_1", "ref_1"), "refund/biz_1/ref_1"),
        ("create_customer", ("biz_1", "cus_1"), "customer/biz_1/cus_1"),
        ("setup", ("biz_1", "req_1"), "setup/biz_1/req_1"),
        ("detach", ("biz_1", "pm_1"), "detach/biz_1/pm_1"),
        ("evidence_file", ("biz_1", "du_1", "ab12", 7), "file/biz_1/du_1/ab12/7"),
        ("evidence", ("biz_1", "du_1", "ask_1", 7), "evidence/biz_1/du_1/ask_1/7"),
        ("accept_dispute", ("biz_1", "du_1", 7), "accept/biz_1/du_1/7"),
        ("timer", ("inv_1", 4), "inv_1-4"),
        ("billed_invoice", ("sub_abc", 11), "inv_abc_11"),
    ],
)
def test_a_name_is_spelled_as_it_was_yesterday(
    name: str, parts: tuple[str | int, ...], spelled: str
) -> None:
    assert getattr(keys, name)(*parts) == spelled


def test_a_payments_id_says_which_of_its_invoice_it_is() -> None:
    assert keys.epoch_of(keys.payment_id("inv_a_b_12", 3)) == 3


def test_a_key_is_sent_again_only_while_stripe_is_sure_to_know_it() -> None:
    """Stripe may forget a key after 24 hours; an hour is left for a call that takes long."""
    assert keys.RESEND_HOURS == 23
