"""What to do about a refusal, where its status alone does not say it: by the refusal's code.

The same words stand beside the reasons why a charge cannot be made, so that whoever sees the
greyed-out button reads what would ungrey it.
"""

from __future__ import annotations

_SAVE_ONE = "Have the customer enter one: POST /v1/setup-sessions, or the link in their mail."
_NEW_CARD = _SAVE_ONE.replace("enter one", "enter another")
_BY_THE_PAYER = "Send the customer their link: on its page the bank can ask them."
_WAIT_FOR_RESULT = "Wait for the result; it is posted by itself. Read the invoice again later."
_CREDIT_INSTEAD = "Money came already: refund it or issue a credit note instead."
_LOOK = "Read the object again, and ask for what it still allows."
_BY_CODE = {
    # why a charge cannot be made now
    "draft": "Finalize it: POST /v1/invoices/{invoice_id}/finalize.",
    "settled": "Nothing is to be done. Money that comes all the same is recorded on account.",
    "not_connected": "An admin connects Stripe: POST /v1/business/stripe-account.",
    "restoring": "Wait: the comparison with Stripe's record ends by itself.",
    "processing": _WAIT_FOR_RESULT,
    "payer_confirming": "Wait for the customer, or for the bank's page to run out.",
    "checking": _WAIT_FOR_RESULT,
    "covered": "Wait for the payment or plan that collects it, or cancel that first.",
    "amount_too_small": "Bill it with the next invoice, or take it outside Stripe.",
    "amount_too_large": "Charge it in parts, or take it outside Stripe.",
    "no_payment_method": _SAVE_ONE,
    "method_dead": _NEW_CARD,
    "method_fix": _NEW_CARD,
    "method_expired": _NEW_CARD,
    "on_session_only": _BY_THE_PAYER,
    "authentication_required": _BY_THE_PAYER,
    "check_our_side": "Look at the last try's codes; then let the customer pay by their link.",
    "debit_limit": _NEW_CARD,
    "network_cap": "Charge another card, or wait for the time that is named.",
    "hold_staff": "Lift it: POST /v1/invoices/{invoice_id}/hold/lift.",
    "hold_promise": "Wait for the day that was promised, or lift it if it is taken back.",
    "hold_dispute": "Answer the dispute; the bank's decision ends the hold.",
    "hold_dispute_lost": "Staff may charge it by hand; by itself it is never charged again.",
    "hold_fraud_warning": "Ask the customer. Refund it, or release the warning if all is well.",
    "fraud_warning": "Ask the customer, who can pay by their link with another card.",
    "debit_too_soon": "Wait for the time that is named, or charge a card.",
    "hold_unresolved": "Look at Stripe what became of the try, then lift the hold.",
    # why a correction or a payment by hand cannot be made now
    "payment_under_way": _WAIT_FOR_RESULT,
    "invoice_partly_paid": _CREDIT_INSTEAD,
    "invoice_paid": _CREDIT_INSTEAD,
    "refund_under_way": "Wait for the refund, or reject it while nobody has approved it.",
    "plan_not_active": "Record money, or charge, for one of its invoices or for the customer.",
    "instalment_paid": "Name another instalment, or none: then the next unpaid one is paid.",
    "nothing_owed": "Record money on account: name no invoice, and it becomes credit.",
    "reference_used": "Look at the payment that is named. If that one was wrong, reverse it first.",
    "busy": "Send it again with the same Idempotency-Key in a second.",
    "idempotency_key_reused": "Use a new Idempotency-Key for another request.",
    "last_admin": "Make somebody else an admin first.",
    "currency_in_use": "Open another business for the other currency.",
    "invoice_number_used": "Choose a number above the last one given.",
    "account_disconnected": "Connect it again in Stripe's dashboard; then refresh.",
    "role_not_allowed": "Ask an admin of the business for one of the roles that are named.",
    "business_missing": "Name one in the Duecourse-Business header.",
}


def advice(code: str) -> str:
    """What to do about a refusal of this code; empty where its status says enough."""
    return _BY_CODE.get(code, "")
