"""Idempotency keys and names made from business identity: nothing random, no amount, no time.

The same step of the same payment always has the same key, whoever runs it and however often.
Stripe keeps a key for 24 hours only; `RESEND_HOURS` stays below that.
"""

from __future__ import annotations

RESEND_HOURS = 23


def payment_id(invoice_id: str, epoch: int) -> str:
    """The n-th payment of an invoice: `pay_{invoice}_{n}`."""
    return f"pay_{invoice_id.removeprefix('inv_')}_{epoch}"


def invoices_of(payment: str) -> tuple[str, ...]:
    """Whose payment the id may name: an invoice's, or another demand's, which keeps its prefix."""
    rest = payment.removeprefix("pay_").rpartition("_")[0]
    return (f"inv_{rest}", rest)


def epoch_of(payment: str) -> int:
    """Which payment of its invoice the id names."""
    return int(payment.rpartition("_")[2])


def create_intent(business_id: str, payment: str) -> str:
    return f"pi/{business_id}/{payment}"


def confirm(business_id: str, payment: str, number: int) -> str:
    return f"confirm/{business_id}/{payment}/{number}"


def cancel(business_id: str, payment: str) -> str:
    return f"cancel/{business_id}/{payment}"


def cancel_stray(business_id: str, intent_id: str) -> str:
    return f"cancel/{business_id}/stray/{intent_id}"


def refund(business_id: str, refund_id: str) -> str:
    return f"refund/{business_id}/{refund_id}"


def create_customer(business_id: str, customer_id: str) -> str:
    return f"customer/{business_id}/{customer_id}"


def create_account(business_id: str) -> str:
    return f"account/{business_id}"


def account_page(business_id: str, request_id: str) -> str:
    return f"account/{business_id}/page/{request_id}"


def setup(business_id: str, request_id: str) -> str:
    return f"setup/{business_id}/{request_id}"


def detach(business_id: str, method_id: str) -> str:
    return f"detach/{business_id}/{method_id}"


# A dispute takes one answer whatever the key, and is looked at before. A key for all time would
# only replay a stored 500 until the deadline is over, so these name the second of the run too.


def evidence_file(business_id: str, dispute_id: str, fingerprint: str, second: int) -> str:
    return f"file/{business_id}/{dispute_id}/{fingerprint}/{second}"


def evidence(business_id: str, dispute_id: str, request_id: str, second: int) -> str:
    return f"evidence/{business_id}/{dispute_id}/{request_id}/{second}"


def accept_dispute(business_id: str, dispute_id: str, second: int) -> str:
    return f"accept/{business_id}/{dispute_id}/{second}"


def timer(invoice_id: str, version: int) -> str:
    """At most 64 of `[0-9a-zA-Z-_.]`; a plan made at another version is another timer."""
    return f"{invoice_id}-{version}"


def instalment(plan_id: str, number: int) -> str:
    """An instalment is asked for once, so its demand's id is the instalment's."""
    return f"ins_{plan_id.removeprefix('plan_')}_{number}"


def billed_invoice(subscription_id: str, index: int) -> str:
    """A period has one invoice, so its id is the period's."""
    return f"inv_{subscription_id.removeprefix('sub_')}_{index}"
