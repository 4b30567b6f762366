"""What a refusal of Stripe's means to a service.

Any 2xx is known, and so is any other 4xx: nothing was charged by this call. A 5xx, a cut connection
and a key used with other parameters leave the outcome unknown, and only re-reading settles it.
"""

from __future__ import annotations

from chalicelib.adapters.stripe import reading
from chalicelib.adapters.stripe.calls import StripeRefusal
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import ConfirmAnswer, Confirmed

UNEXPECTED_STATE = "payment_intent_unexpected_state"


def confirmed(refusal: StripeRefusal) -> Confirmed:
    """The outcome class of a confirm that was not answered with 2xx."""
    if refusal.status == 402:
        decline = reading.decline({}, refusal.error)
        return Confirmed(ConfirmAnswer.DECLINED, refusal.code, decline)
    return Confirmed(_answer(refusal), refusal.code)


def _answer(refusal: StripeRefusal) -> ConfirmAnswer:
    if refusal.status >= 500:
        return ConfirmAnswer.UNKNOWN
    if refusal.error.get("type") == "idempotency_error" and refusal.status == 400:
        # Another call has used this attempt's key: what it did is what matters.
        return ConfirmAnswer.UNKNOWN
    if refusal.code == UNEXPECTED_STATE:
        return ConfirmAnswer.UNEXPECTED_STATE
    if refusal.status in {409, 429} or _is_our_key(refusal):
        return ConfirmAnswer.NOT_NOW
    return ConfirmAnswer.REFUSED


def _is_our_key(refusal: StripeRefusal) -> bool:
    """Our API key is wrong, expired or lacks a right: no payment's fault, and soon put right."""
    return refusal.status == 401 or (refusal.status == 403 and refusal.code != "account_invalid")


def explained(refusal: StripeRefusal) -> Exception:
    """What any other call raises: Unanswered where asking again may help, a DomainError if not."""
    if refusal.status >= 500 or refusal.status in {409, 429} or _is_our_key(refusal):
        return Unanswered(f"Stripe answered {refusal}")
    detail = str(refusal.error.get("message") or "Stripe refused.")
    if refusal.status == 404 or refusal.code == "resource_missing":
        return NotFound(refusal.code, detail)
    return Conflict(refusal.code, detail)
