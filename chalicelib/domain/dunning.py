"""What to do about an unpaid invoice: the order of questions an accountant would ask.

    decide(policy, invoice, standing, now)
        -> PayNow | RetryAt | Wait | Refuse | GiveUp | StopService | Close

Pure and total: the same invoice at the same instant always gets the same answer, and each answer
carries its reason. The standard policy: after a failed first charge try again immediately, after
24 hours, 72 hours and 7 days, counted from that first failure, as far as the decline allows; then
overdue. A try that staff, the payer or a new card asked for never uses up a slot.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from chalicelib.domain import chargeability, pay_days
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.customer import PaymentMethod
from chalicelib.domain.dates import instant, local_date, shown
from chalicelib.domain.decisions import (
    Decision,
    GiveUp,
    PayNow,
    Reason,
    Refuse,
    RetryAt,
    StopService,
    Wait,
)
from chalicelib.domain.declines import Decline, is_soft, network_delay_seconds
from chalicelib.domain.desk import on_account
from chalicelib.domain.invoice import Dunning, HoldKind, Invoice, InvoiceStatus, Purpose
from chalicelib.domain.payment import Attempt, AttemptResult, Trigger
from chalicelib.domain.policy import DunningPolicy

OVERDUE_HOUR = time(9)

# When an unknown result is looked for: 5 minutes, 1 hour, then daily five times, then a person.
CHECK_DELAYS = (
    timedelta(minutes=5),
    timedelta(hours=1),
    *(timedelta(days=day) for day in range(1, 6)),
)
# How long the payer may stay at the bank's page before the try is taken as left.
PAYER_SESSION = timedelta(minutes=30)
# A bank debit is reported by webhook; this is the safety net.
DEBIT_CHECK = timedelta(days=1)


def decide(policy: DunningPolicy, invoice: Invoice, standing: Standing, now: datetime) -> Decision:
    """The next step for `invoice`. `policy` is the business's; a running sequence keeps its own."""
    live = invoice.live_attempt
    if live is not None:
        return _let_it_end(invoice, live, now)
    if invoice.purpose is Purpose.ON_ACCOUNT and invoice.is_open and not invoice.charge_request:
        return on_account.without_request(invoice, now)
    blocks = chargeability.invoice_blocks(invoice, standing)
    if blocks:
        return _blocked(policy, invoice, standing, blocks[0], now)
    if invoice.charge_request is not None:
        return _answer_request(invoice, standing, now)
    if invoice.status is InvoiceStatus.OVERDUE:
        reason = Reason("overdue", "All retries are used up; staff follow up by hand.")
        return _after_the_end(invoice, reason, now)
    if not standing.auto_charge:
        reason = Reason("send_invoice", "The customer pays by hand; automatic charges are off.")
        return _wait_for_payer(policy, invoice, standing, reason, now)
    if invoice.dunning is None:
        return _first_charge(policy, invoice, standing, now)
    return _retry(invoice, invoice.dunning, standing, now)


def next_check_at(attempt: Attempt, now: datetime) -> datetime:
    """When a try without a final result is asked about next."""
    if attempt.result is AttemptResult.PROCESSING:
        return attempt.started_at + DEBIT_CHECK * ((now - attempt.started_at) // DEBIT_CHECK + 1)
    if attempt.result is AttemptResult.ACTION_REQUIRED:
        return attempt.started_at + PAYER_SESSION
    looks = (attempt.started_at + delay for delay in CHECK_DELAYS)
    return next((at for at in looks if at > now), attempt.started_at + CHECK_DELAYS[-1])


def _let_it_end(invoice: Invoice, live: Attempt, now: datetime) -> Decision:
    """One try at a time: whatever is under way is asked about before anything else is tried."""
    if invoice.hold is not None and invoice.hold.kind is HoldKind.UNRESOLVED:
        return Wait(Reason("hold_unresolved", invoice.hold.reason, "unknown"))
    words = {
        AttemptResult.PROCESSING: "A bank debit is in progress; its result takes some days.",
        AttemptResult.ACTION_REQUIRED: "The payer is confirming the payment with the bank.",
    }
    staff = words.get(live.result, "The result of the last try is being checked with Stripe.")
    return Wait(Reason("in_flight", staff, "unknown"), until=next_check_at(live, now))


def _blocked(
    policy: DunningPolicy, invoice: Invoice, standing: Standing, block: Reason, now: datetime
) -> Decision:
    """No try is possible whatever the method; a request is refused, the calendar goes on."""
    if invoice.charge_request is not None:
        return Refuse(block)
    hold = invoice.holding
    if hold is not None and hold.until is not None:
        return Wait(block, until=max(hold.until, now))
    if hold is not None and hold.kind is not HoldKind.UNRESOLVED:
        return Wait(block)
    if block.code == "not_connected" and invoice.dunning and not invoice.overdue_at:
        # Our trouble, not the payer's: the sequence keeps its calendar and ends when it would.
        return _skip(invoice.dunning, block, now, charges=False)
    if block.code.startswith("amount_") or block.code == "not_connected":
        return _wait_for_payer(policy, invoice, standing, block, now)
    return Wait(block)


def _answer_request(invoice: Invoice, standing: Standing, now: datetime) -> Decision:
    """Staff, the payer or a new card ask for a try. Only hard rules may refuse it."""
    request = invoice.charge_request
    assert request is not None
    method = standing.method
    blocks = chargeability.method_blocks(invoice, method, standing, now)
    if request.return_url is not None:  # the payer is here and can go to the bank's page
        blocks = [block for block in blocks if block.code not in chargeability.NEED_THE_PAYER]
    blocks += chargeability.cap_blocks(standing)
    if blocks or method is None:
        return Refuse(blocks[0], free_at=standing.caps.free_at)
    words = {
        Trigger.STAFF: "Staff asked for this charge.",
        Trigger.CUSTOMER: "The customer pays now.",
        Trigger.NEW_CARD: "A new payment method was saved, so it is charged at once.",
    }
    reason = Reason(request.trigger.value, words.get(request.trigger, "A charge was asked for."))
    return PayNow(method=method, trigger=request.trigger, reason=reason)


def _wait_for_payer(
    policy: DunningPolicy, invoice: Invoice, standing: Standing, reason: Reason, now: datetime
) -> Decision:
    """Nobody can charge this: it waits for the payer, and is overdue the day after its due date."""
    if invoice.status is InvoiceStatus.OVERDUE:
        return _after_the_end(invoice, reason, now)
    assert invoice.due_on is not None
    overdue_on = invoice.due_on + timedelta(days=policy.overdue_after_days)
    overdue_at = instant(overdue_on, OVERDUE_HOUR, standing.zone)
    if now < overdue_at:
        return Wait(reason, until=overdue_at)
    late = f"Unpaid after its due date. {reason.staff}"
    return GiveUp(Reason("past_due", late, reason.payer_key))


def _after_the_end(invoice: Invoice, reason: Reason, now: datetime) -> Decision:
    """Overdue: the subscription goes on for the days of grace, then it stops."""
    stops_at = invoice.stops_at
    if stops_at is None or reason.code == "not_connected":  # our trouble, not the payer's
        return Wait(reason)
    if now < stops_at:
        words = f"Overdue. The subscription stops at {shown(stops_at)} unless it is paid."
        return Wait(Reason("grace", words, reason.payer_key), until=stops_at)
    return StopService(Reason("grace_over", "Still unpaid, and no days of grace are left."))


def grace_ends_at(policy: DunningPolicy, zone: str, overdue_at: datetime) -> datetime | None:
    """When the grace of an invoice that goes overdue then will end; None without a grace."""
    if not policy.grace_days:
        return None
    on = local_date(overdue_at, zone) + timedelta(days=policy.grace_days)
    return instant(on, OVERDUE_HOUR, zone)


def _first_charge(
    policy: DunningPolicy, invoice: Invoice, standing: Standing, now: datetime
) -> Decision:
    """The first charge is on the due date, or at once when the invoice is due on receipt."""
    assert invoice.charge_at is not None
    blocks = chargeability.method_blocks(invoice, standing.method, standing, now)
    if blocks or standing.method is None:
        return _wait_for_payer(policy, invoice, standing, blocks[0], now)
    if now < invoice.charge_at:
        return RetryAt(
            invoice.charge_at, Reason("first_charge", "Charged on its due date."), first=True
        )
    if standing.caps.free_at is not None:
        return RetryAt(standing.caps.free_at, chargeability.cap_blocks(standing)[0], first=True)
    reason = Reason("first_charge", "The invoice is due: first charge of the default method.")
    return PayNow(method=standing.method, trigger=Trigger.FIRST, reason=reason)


def _retry(invoice: Invoice, dunning: Dunning, standing: Standing, now: datetime) -> Decision:
    """The next dunning slot: tried when it is due, skipped when the card forbids it."""
    offsets = dunning.policy.offsets_seconds
    if dunning.slots_done >= len(offsets):
        return GiveUp(Reason("slots_used_up", "The last retry has failed."))
    slot = _usable_slot(dunning, standing.method)
    block = _retry_block(invoice, dunning, standing, now)
    if slot is None:
        block = block or Reason("debit_too_soon", "No slot is left that a bank debit may use.")
    if block is not None or slot is None or standing.method is None:
        assert block is not None
        return _skip(dunning, block, now, charges=False)
    earliest = _earliest(invoice, dunning, slot, standing.method)
    due_at = _on_pay_day(invoice, dunning, standing, earliest)
    number = f"retry {slot + 1} of {len(offsets)}"
    if now < due_at:
        return RetryAt(due_at, _why_later(number, due_at, earliest, standing.zone))
    if standing.caps.free_at is not None:
        return _skip(dunning, chargeability.cap_blocks(standing)[0], now, charges=True)
    return PayNow(
        method=standing.method,
        trigger=Trigger.SCHEDULE,
        reason=Reason("retry", f"It is time for {number}; the decline allows another try."),
        slot=slot,
        slots_done=max(slot + 1, _passed(dunning, now)),
    )


def _retry_block(
    invoice: Invoice, dunning: Dunning, standing: Standing, now: datetime
) -> Reason | None:
    """Why the saved method must not be tried by the schedule."""
    blocks = chargeability.method_blocks(invoice, standing.method, standing, now)
    if blocks or standing.method is None:
        return blocks[0]
    last = invoice.last_failure(standing.method.id)
    if last is None or last.decline is None:
        return None
    if not is_soft(last.decline):
        return Reason("hard_decline", "The bank said not to try this method again.", "needs_card")
    if not dunning.policy.rule_for(last.decline.decline_class).retry:
        words = f"The policy does not retry after a decline for {last.decline.decline_class.value}."
        return Reason("policy_no_retry", words, "needs_card")
    return None


def _usable_slot(dunning: Dunning, method: PaymentMethod | None) -> int | None:
    """The next slot; a bank debit skips those that come too soon for it."""
    offsets = dunning.policy.offsets_seconds
    for slot in range(dunning.slots_done, len(offsets)):
        too_soon = offsets[slot] < dunning.policy.debit_offset_seconds
        if method is None or not (chargeability.is_bank_debit(method) and too_soon):
            return slot
    return None


def _earliest(invoice: Invoice, dunning: Dunning, slot: int, method: PaymentMethod) -> datetime:
    """The slot's time, or later: a gap to the last try of anybody, and after this method's own last
    decline what its network asked for and what the policy waits after such a decline."""
    policy, due_at = dunning.policy, slot_at(dunning, slot)
    last, own = invoice.last_failure(), invoice.last_failure(method.id)
    if last is not None and last.resolved_at is not None:
        gap = policy.minimum_gap_seconds if slot else 0
        due_at = max(due_at, last.resolved_at + timedelta(seconds=gap))
    if own is not None and own.resolved_at is not None:
        debit = policy.debit_offset_seconds if chargeability.is_bank_debit(method) else 0
        wait = max(debit, _asked_to_wait(policy, own.decline))
        due_at = max(due_at, own.resolved_at + timedelta(seconds=wait))
    return due_at


def _on_pay_day(
    invoice: Invoice, dunning: Dunning, standing: Standing, earliest: datetime
) -> datetime:
    """`earliest`, or the pay day after it that the policy waits for after such a decline. The
    sequence stays as long as it is: without a pay day left in it, nothing is moved."""
    assert standing.method is not None
    own = invoice.last_failure(standing.method.id)
    if own is None or own.decline is None:
        return earliest
    days = dunning.policy.pay_days_after(own.decline.decline_class)
    if days is None:
        return earliest
    last_at = slot_at(dunning, len(dunning.policy.offsets_seconds) - 1)
    return pay_days.next_window(days, earliest, last_at, standing.zone) or earliest


def _why_later(number: str, due_at: datetime, earliest: datetime, zone: str) -> Reason:
    if due_at == earliest:
        return Reason("next_retry", f"Waits for {number} at {shown(due_at)}.")
    day = pay_days.in_words(due_at, zone)
    words = f"Waits for {number} at {shown(due_at)}: {day}, is a likely pay day."
    return Reason("pay_day", words)


def _asked_to_wait(policy: DunningPolicy, decline: Decline | None) -> int:
    if decline is None:
        return 0
    return max(network_delay_seconds(decline), policy.rule_for(decline.decline_class).wait_seconds)


def slot_at(dunning: Dunning, slot: int) -> datetime:
    """When a slot is due: counted from the first failure."""
    return dunning.first_failed_at + timedelta(seconds=dunning.policy.offsets_seconds[slot])


def _passed(dunning: Dunning, now: datetime) -> int:
    """How many slots lie in the past: a late try stands for all of them."""
    slots = range(len(dunning.policy.offsets_seconds))
    return sum(slot_at(dunning, slot) <= now for slot in slots)


def _skip(dunning: Dunning, block: Reason, now: datetime, *, charges: bool) -> Decision:
    """The clock goes on without a try: the next slot, or the end when none is left."""
    passed = max(_passed(dunning, now), dunning.slots_done)
    used = passed if passed > dunning.slots_done else None
    if passed >= len(dunning.policy.offsets_seconds):
        return GiveUp(block, slots_done=used)
    return RetryAt(slot_at(dunning, passed), block, charges=charges, slots_done=used)
