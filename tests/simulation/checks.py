"""The judges: they read the fakes' own records and the table, and call nothing of the product.

Named as the fault model numbers its invariants. `judge` runs them all on a world that has ended.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.domain.facts import Subject
from tests.simulation.faults import Fault
from tests.simulation.speed import mail_key

if TYPE_CHECKING:
    from tests.simulation.install import World

_OPEN = {"pending", "processing", "overdue"}
_GRAPH = {
    ("draft", "pending"), ("draft", "cancelled"), ("pending", "processing"), ("pending", "paid"),
    ("pending", "overdue"), ("pending", "cancelled"), ("pending", "uncollectible"),
    ("processing", "pending"), ("processing", "paid"), ("processing", "overdue"),
    ("overdue", "processing"), ("overdue", "paid"), ("overdue", "cancelled"),
    ("overdue", "uncollectible"), ("paid", "pending"), ("paid", "overdue"),
    ("uncollectible", "paid"), ("overdue", "pending"),
}  # fmt: skip


def judge(world: World) -> None:
    """Every judge's findings go to the world's violations."""
    for code, check in _JUDGES:
        for words in check(world):
            world.violate(code, words)


def _invoices(world: World) -> list[Any]:
    return [
        head for (_, subject, _), head in world.store.heads.items() if subject is Subject.INVOICE
    ]


def _histories(world: World) -> Iterator[tuple[Any, list[Any]]]:
    for name, rows in world.store.histories.items():
        yield world.store.heads[name], [row.fact for row in rows.values()]


def one_confirmable(world: World) -> Iterator[str]:
    """I3, at the end: nothing is left that could still take money for a closed invoice."""
    open_for: dict[str, list[str]] = defaultdict(list)
    for intent in world.stripe.account().payment_intents.values():
        if intent["status"] not in {"succeeded", "canceled"}:
            open_for[intent["metadata"]["invoice_id"]].append(intent["id"])
    for invoice in _invoices(world):
        found = open_for.pop(invoice.id, [])
        most = 1 if invoice.status.value in _OPEN else 0
        if len(found) > most:
            yield f"{invoice.id} is {invoice.status.value} and {len(found)} intents are open"


def posted_once(world: World) -> Iterator[str]:
    """I4: every success of Stripe's is posted, exactly once."""
    posted: Counter[str] = Counter(
        fact.data.intent_id
        for _, facts in _histories(world)
        for fact in facts
        if fact.kind == "charge_succeeded"
    )
    for intent in world.stripe.account().payment_intents.values():
        wanted = int(intent["status"] == "succeeded")
        if posted[intent["id"]] != wanted:
            yield f"{intent['id']} is {intent['status']} and posted {posted[intent['id']]} times"


def ledger_is_stripes(world: World) -> Iterator[str]:
    """I5: legs balance, what Stripe owes us is what Stripe's books say, and the head agrees."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    received: dict[str, int] = defaultdict(int)
    for _, facts in _histories(world):
        for fact in facts:
            for leg in fact.legs:
                sums[leg.currency, leg.account.value] += leg.amount
                if leg.account.value == "receivable":
                    received[fact.subject_id] += leg.amount
    for currency in {currency for currency, _ in sums}:
        if sum(amount for (of, _), amount in sums.items() if of == currency):
            yield f"the legs of {currency} do not balance"
        net = world.stripe.books().get(currency.lower(), {"net": 0})["net"]
        ours = sums[currency, "cash_in_transit"]
        if ours != net:
            yield f"cash in transit is {ours}, Stripe's books say {net}"
    for invoice in _invoices(world):
        owed = invoice.totals.total - invoice.amount_credited - invoice.amount_written_off
        wanted = owed - invoice.amount_paid if invoice.purpose.value == "invoice" else 0
        if invoice.finalized_at and received[invoice.id] != wanted:
            yield f"{invoice.id}: receivable is {received[invoice.id]}"


def credit_is_the_customers(world: World) -> Iterator[str]:
    """I17: the ledger's customer credit is what customers have, and nothing waits to be applied.

    What a demand brought is credit; an invoice is covered only while its cover can bring money.
    """
    posted = sum(
        leg.amount
        for _, facts in _histories(world)
        for fact in facts
        for leg in fact.legs
        if leg.account.value == "customer_credit"
    )
    heads = world.store.heads
    kept = sum(head.credit for (_, kind, _), head in heads.items() if kind is Subject.CUSTOMER)
    over = sum(one.amount_overpaid for one in _invoices(world) if one.purpose.value == "invoice")
    if -posted != kept + over:
        yield f"customer credit is {-posted} in the ledger, {kept} on customers, {over} overpaid"
    running = {one.id for one in _invoices(world) if one.status.value in _OPEN}
    running |= {
        subject_id
        for (_, kind, subject_id), head in heads.items()
        if kind.value == "plan" and head.status.value == "active"
    }
    for invoice in _invoices(world):
        came = invoice.amount_paid + invoice.amount_overpaid
        if invoice.purpose.value != "invoice" and came != invoice.demand.applied:
            yield f"{invoice.id}: {came} came, {invoice.demand.applied} is applied"
        if invoice.covered_by is not None and invoice.covered_by.id not in running:
            yield f"{invoice.id} is covered by {invoice.covered_by.id}, which is over"


def refunds_within_reason(world: World) -> Iterator[str]:
    """I7: never more given back than was taken; what was asked for has ended, and once at Stripe.

    Read off Stripe's own shelves: each of our refunds is there at most once.
    """
    account = world.stripe.account()
    gone: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for refund in account.refunds.values():
        if refund["status"] not in {"failed", "canceled"}:
            gone[refund["charge"]] += refund["amount"]
        ours[refund["metadata"].get("refund_id", "")] += 1
    for charge, amount in gone.items():
        if amount > account.charges[charge]["amount"]:
            yield f"{charge}: {amount} was refunded"
    for name, times in ours.items():
        if name and times > 1:
            yield f"{name} was refunded {times} times"
    for invoice in _invoices(world):
        for one in invoice.refunds:
            if one.status.value == "requested":
                yield f"{invoice.id}: refund {one.id} was never sent"
            sent = one.status.value == "succeeded" and one.payment_id.startswith("pay_")
            if sent and one.stripe_refund_id not in account.refunds:
                yield f"{invoice.id}: Stripe knows nothing of refund {one.id}"


def only_legal_moves(world: World) -> Iterator[str]:
    """I8, read off the statuses that the table held."""
    for invoice_id, before, after in world.store.moves:
        if (before, after) not in _GRAPH:
            yield f"{invoice_id} went from {before} to {after}"


def nothing_stuck(world: World) -> Iterator[str]:
    """I10: an open invoice has a time ahead or a person who knows; effects are all delivered."""
    clocks = list(world.store.clocks.values())
    now = clocks[0].now_at if clocks else world.now
    if clocks and "api:advance" in world.lost:
        now = datetime.min.replace(tzinfo=UTC)  # nobody let it go on: all that is due on it waits
    for invoice in _invoices(world):
        plan = invoice.next_action
        if invoice.status.value not in _OPEN:
            continue
        if plan is None:
            yield f"{invoice.id} is {invoice.status.value} without a plan"
        elif plan.at is None and plan.kind.value not in {"staff", "customer", "covered"}:
            yield f"{invoice.id}: {plan.kind.value} at no time"
        elif plan.at is not None and plan.at <= now:
            yield f"{invoice.id}: {plan.kind.value} was due at {plan.at}, it is {now}"
        yield from _unresolved(invoice, now)
    for row in world.store.fact_rows():
        if row.open and (row.due_at is None or row.due_at <= now):
            yield f"{row.fact.subject_id}/{row.fact.key} still owes {row.open}"


def _unresolved(invoice: Any, now: datetime) -> Iterator[str]:
    for payment in invoice.payments:
        for attempt in payment.attempts:
            age = (now - attempt.started_at).total_seconds()
            unclear = attempt.result.value in {"started", "unknown"}
            if unclear and age > 86_400 and invoice.next_action.kind.value != "staff":
                yield f"{payment.id}/{attempt.number} has been unclear for {age} s"


def notices_once(world: World) -> Iterator[str]:
    """I11: each notice owed is sent at least once and at most once more for each fault."""
    sent: Counter[str] = Counter(mail_key(one.mime)[0] for one in world.mail.sent)
    sent.update(f"sms {one.text}" for one in world.sms.sent)
    faults = sum(may_repeat(world, fault) for _, fault, _ in world.strikes.struck)
    for row in world.store.fact_rows():
        for effect in row.fact.effects:
            if effect.kind.value not in {"mail", "staff_mail", "sms"}:
                continue
            way = "sms " if effect.kind.value == "sms" else ""
            key = f"{way}{row.fact.subject_id}/{row.fact.seq}/{effect.name}"
            outcome = row.done.get(effect.id, "")
            if sent[key] > 1 + faults:
                yield f"{key} was sent {sent[key]} times with {faults} faults"
            if outcome.startswith(("mail-", "sms-")) and not sent[key]:
                yield f"{key} is noted as sent and was not"
            if outcome.startswith("failed"):
                yield f"{key}: {outcome}"


def may_repeat(world: World, fault: Fault) -> bool:
    """A pause that ends within the lease is no reason to say anything twice, where clocks agree."""
    stalled = fault in {Fault.STALL_BEFORE, Fault.STALL_AFTER, Fault.SLOW}
    return not stalled or world.traits.stall >= _LEASE or world.clocks_differ


def notices_still_true(world: World) -> Iterator[str]:
    """I11: who had paid when the notice was taken up is not told that it is owed."""
    for notice, status in world.mail.told:
        if notice.rpartition("/")[2] in _UNPAID and status in _SETTLED:
            yield f"{notice} was sent although it was {status}"


def steps_in_order(world: World) -> Iterator[str]:
    """I13: retries keep their distance and number, and never follow a hard no on the same card."""
    for invoice in _invoices(world):
        scheduled = [
            attempt
            for payment in invoice.payments
            for attempt in payment.attempts
            if attempt.trigger.value == "schedule" and attempt.result.value != "not_executed"
        ]
        slots = [attempt.slot for attempt in scheduled]
        if slots != sorted(set(slots)):
            yield f"{invoice.id} used its slots as {slots}"
        if invoice.dunning is None:
            continue
        offsets = invoice.dunning.policy.offsets_seconds
        for attempt in scheduled:
            waited = (attempt.started_at - invoice.dunning.first_failed_at).total_seconds()
            if waited < offsets[attempt.slot]:
                yield f"{invoice.id} tried slot {attempt.slot} after {waited} s"
        yield from _after_a_hard_no(invoice)


def _after_a_hard_no(invoice: Any) -> Iterator[str]:
    dead: set[str] = set()
    for payment in invoice.payments:
        for attempt in payment.attempts:
            if attempt.method_id in dead:
                yield f"{invoice.id} tried {attempt.method_id} again after a hard decline"
            if attempt.decline and attempt.decline.decline_class.value in {"dead", "debit_dead"}:
                dead.add(attempt.method_id)


def record_is_whole(world: World) -> Iterator[str]:
    """I14: gapless, chained by hash, and the head is the last fact's."""
    for head, facts in _histories(world):
        previous = ""
        for seq, fact in enumerate(facts, start=1):
            if (fact.seq, fact.previous) != (seq, previous):
                yield f"{fact.subject_id}: fact {fact.seq} does not follow {seq - 1}"
            previous = fact.hash
        if (head.version, head.chain) != (len(facts), previous):
            yield f"{head.id}: the head is not the last fact's"


def own_tenant_only(world: World) -> Iterator[str]:
    """I15: rows and files belong to the only business there is."""
    for business_id, _, subject_id in world.store.heads:
        if business_id != _BUSINESS:
            yield f"{subject_id} belongs to {business_id}"
    for key in world.files.stored:
        if not key.startswith(f"{_BUSINESS}/"):
            yield f"{key} is stored outside the business"


def numbers_and_papers(world: World) -> Iterator[str]:
    """I16: numbers without gap or double; the hash that is noted is the stored object's."""
    numbers = sorted(one.number for one in _invoices(world) if one.number)
    if len(set(numbers)) != len(numbers):
        yield f"numbers were given twice: {numbers}"
    if len(numbers) != world.store.numbers.get(_BUSINESS, 1) - 1:
        yield f"{len(numbers)} invoices and next number {world.store.numbers.get(_BUSINESS)}"
    notes = sorted(note.number for one in _invoices(world) for note in one.credit_notes)
    wanted = [f"CN-{number:05d}" for number in range(1, len(notes) + 1)]
    if notes != wanted or len(notes) != world.store.note_numbers.get(_BUSINESS, 1) - 1:
        yield f"credit notes are numbered {notes}"
    for row in world.store.fact_rows():
        for effect in row.fact.effects:
            noted = row.done.get(effect.id)
            drawn = effect.kind.value == "document" and noted is not None
            if drawn and f"{_BUSINESS}/documents/{noted}.pdf" not in world.files.stored:
                yield f"{row.fact.subject_id}: {effect.name} {noted} is not stored"


def nothing_went_to_the_dogs(world: World) -> Iterator[str]:
    """I12: what a queue had given up could be done once a person gave it back."""
    for message in world.dead_letters:
        if not message.poison:
            yield f"{message.name} was given up for good"


_BUSINESS = "biz_1"
_LEASE = 120
_SETTLED = {"paid", "cancelled", "uncollectible"}
_UNPAID = {
    "invoice_sent", "reminder_upcoming", "reminder_past_due", "payment_failed", "needs_card",
    "action_required", "went_overdue",
}  # fmt: skip
_JUDGES: tuple[tuple[str, Callable[[World], Iterator[str]]], ...] = (
    ("I3", one_confirmable),
    ("I4", posted_once),
    ("I5", ledger_is_stripes),
    ("I7", refunds_within_reason),
    ("I8", only_legal_moves),
    ("I10", nothing_stuck),
    ("I11", notices_once),
    ("I11", notices_still_true),
    ("I12", nothing_went_to_the_dogs),
    ("I13", steps_in_order),
    ("I14", record_is_whole),
    ("I15", own_tenant_only),
    ("I16", numbers_and_papers),
    ("I17", credit_is_the_customers),
)
