"""Whether a charge could be made right now, and if not, every reason in words.

The same checks stand behind the greyed-out charge button and behind `dunning.decide`, so the button
never promises what the rules then refuse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import money
from chalicelib.domain.customer import MethodKind, MethodState, PaymentMethod
from chalicelib.domain.dates import local_date, shown
from chalicelib.domain.decisions import Reason
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import ChargeRequest, Hold, HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.payment import AttemptResult, Trigger

# What stops a try by ourselves, but not one of the payer's own who can answer the bank.
NEED_THE_PAYER = frozenset(
    {"authentication_required", "on_session_only", "check_our_side", "debit_limit"}
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision needs to know beside the invoice: gathered by the service, judged here."""

    zone: str
    can_charge: bool
    auto_charge: bool
    method: PaymentMethod | None
    caps: CapVerdict = CapVerdict()
    warned: bool = False  # the method's bank has warned of fraud, and nobody has released it
    held: bool = False  # after a restore; a plan is made as if it were over, for it will be


def invoice_blocks(invoice: Invoice, standing: Standing) -> list[Reason]:
    """What forbids any charge of this invoice, whatever the method."""
    found: list[Reason] = []
    if invoice.status is InvoiceStatus.DRAFT:
        found.append(Reason("draft", "The invoice is a draft; finalize it first."))
    elif not invoice.is_open or invoice.amount_remaining <= 0:
        found.append(Reason("settled", f"The invoice is {invoice.status.value}: nothing is owed."))
    hold = invoice.holding
    if hold is not None and not _asked_past(invoice, hold):
        found.append(Reason(f"hold_{hold.kind.value}", hold.reason))
    if invoice.covered_by is not None:
        found.append(Reason("covered", invoice.covered_by.reason))
    if not standing.can_charge:
        found.append(
            Reason("not_connected", "The business's Stripe account cannot take charges now.")
        )
    live = invoice.live_attempt
    if live is not None:
        found.append(_live_reason(live.result))
    if invoice.is_open:
        found.extend(_amount_blocks(invoice))
    return found


def _asked_past(invoice: Invoice, hold: Hold) -> bool:
    """A debt that a lost dispute has opened again is charged when staff ask for it, never else; one
    that is promised, or that a card's bank has warned of, when staff or the payer do: that holds
    only what we would do by ourselves, and nobody charges the card itself."""
    asked = invoice.charge_request
    if asked is None:
        return False
    if hold.kind in {HoldKind.PROMISE, HoldKind.FRAUD_WARNING}:
        return asked.trigger in {Trigger.STAFF, Trigger.CUSTOMER}
    return asked.trigger is Trigger.STAFF and hold.kind is HoldKind.DISPUTE_LOST


def _held(standing: Standing) -> list[Reason]:
    if not standing.held:
        return []
    words = "Our records were restored from a backup and are being compared with Stripe's first."
    return [Reason("restoring", words)]


def _live_reason(result: AttemptResult) -> Reason:
    if result is AttemptResult.PROCESSING:
        return Reason("processing", "A bank debit is in progress; its result takes some days.")
    if result is AttemptResult.ACTION_REQUIRED:
        return Reason("payer_confirming", "The payer is confirming the payment with the bank.")
    return Reason("checking", "The result of the last try is being checked with Stripe.", "unknown")


def _amount_blocks(invoice: Invoice) -> list[Reason]:
    lowest, highest = money.chargeable_bounds(invoice.currency)
    amount = invoice.amount_to_charge
    text = money.decimal_text(amount, invoice.currency)
    if 0 < amount < lowest:
        return [Reason("amount_too_small", f"{text} {invoice.currency} is below Stripe's minimum.")]
    if amount > highest:
        return [Reason("amount_too_large", f"{text} {invoice.currency} is above Stripe's maximum.")]
    try:
        money.to_stripe(amount, invoice.currency)
    except InvalidInput as error:
        return [Reason(error.code, error.detail)]
    return []


def method_blocks(
    invoice: Invoice, method: PaymentMethod | None, standing: Standing, now: datetime
) -> list[Reason]:
    """What forbids charging this method while nobody is present."""
    if method is None:
        return [Reason("no_payment_method", "No payment method is saved.", "needs_card")]
    found: list[Reason] = []
    name = f"{method.brand.title()} ending {method.last4}"
    last = invoice.last_failure(method.id)
    if method.state is MethodState.DEAD:
        found.append(Reason("method_dead", f"{name} must not be tried again.", "needs_card"))
    elif method.state is MethodState.FIX:
        found.append(Reason("method_fix", f"{name} has to be entered again.", "needs_card"))
    elif method.expired_on(local_date(now, standing.zone)):
        found.append(Reason("method_expired", f"{name} has expired.", "needs_card"))
    if standing.warned:
        words = f"The bank of {name} warned of fraud: staff decide whether to charge it again."
        found.append(Reason("fraud_warning", words, "needs_card"))
    if method.on_session_only:
        found.append(
            Reason("on_session_only", f"{name} was issued in India: the payer has to be present.")
        )
    if last and last.decline and last.decline.decline_class is DeclineClass.AUTH:
        found.append(
            Reason(
                "authentication_required",
                f"The bank of {name} wants the payer to confirm; a link has been sent.",
                "authentication",
            )
        )
    if last and last.decline and last.decline.decline_class is DeclineClass.CHECK:
        found.append(
            Reason("check_our_side", f"The last try was refused as {last.decline.code}: look here.")
        )
    if is_bank_debit(method) and _returned_too_often(invoice, method):
        found.append(Reason("debit_limit", "A bank debit is presented again at most twice."))
    return found


def _returned_too_often(invoice: Invoice, method: PaymentMethod) -> bool:
    """Nacha counts every presentation of one debt, whoever asked for it."""
    returned = sum(
        attempt.result is AttemptResult.FAILED
        for attempt in invoice.attempts
        if attempt.method_id == method.id
    )
    return invoice.dunning is not None and returned > invoice.dunning.policy.debit_retries


def cap_blocks(standing: Standing) -> list[Reason]:
    """The network's cap, if this card has reached it."""
    caps = standing.caps
    if caps.free_at is None:
        return []
    return [Reason("network_cap", f"{caps.reason} The next try is free at {shown(caps.free_at)}.")]


def is_bank_debit(method: PaymentMethod) -> bool:
    return method.kind is MethodKind.US_BANK_ACCOUNT


def why_not_chargeable(invoice: Invoice, standing: Standing, now: datetime) -> list[Reason]:
    """Every reason why the saved method cannot be charged now; empty when it can.

    While nobody has asked for a charge, the answer is for staff who think of asking.
    """
    if invoice.charge_request is None:
        invoice = replace(invoice, charge_request=ChargeRequest("", Trigger.STAFF, now))
    return [
        *_held(standing),
        *invoice_blocks(invoice, standing),
        *method_blocks(invoice, standing.method, standing, now),
        *cap_blocks(standing),
    ]
