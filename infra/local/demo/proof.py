"""Does it add up? Every history read back and folded, and our ledger beside Stripe's own books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain import invoice_fold, party_fold
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import EffectKind, Fact, Subject, chain_is_whole
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_facts import DisputeFundsMoved
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.domain.subscription import Subscription
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.ports.rows import FactRef

Head = Business | Customer | Subscription | Invoice
Each = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
NOTICES = {EffectKind.MAIL: "mail", EffectKind.STAFF_MAIL: "staff mail", EffectKind.SMS: "SMS"}
_SLOTS = {0: "retry at once", 1: "retry after 24 h", 2: "retry after 72 h", 3: "retry after 7 d"}


@dataclass(frozen=True)
class Books:
    """Everything a business has: heads, histories, and what became of each effect."""

    heads: list[Head]
    histories: list[list[Fact]]
    outcomes: list[tuple[Fact, dict[str, str]]]
    undelivered: int

    @property
    def invoices(self) -> list[Invoice]:
        return [head for head in self.heads if isinstance(head, Invoice)]

    @property
    def facts(self) -> list[Fact]:
        return [fact for history in self.histories for fact in history]


def read_books(ports: Ports, business_id: str, each: Each, until: datetime) -> Books:
    """All of it through the store's own lists; nothing is scanned."""
    store = ports.store
    business = store.business(business_id)
    heads: list[Head] = [
        business,
        *all_of(partial(store.customers, business_id, limit=100)),
        *all_of(partial(store.subscriptions, business_id, limit=100)),
        *all_of(partial(store.invoices, business_id, limit=100)),
    ]
    histories = each(lambda head: store.facts(business_id, _subject(head), head.id), heads)
    told = [fact for history in histories for fact in history if _tells(fact)]
    outcomes = each(lambda fact: (fact, dict(store.delivered(_ref(fact)))), told)
    waiting = store.due(
        DueKind.EFFECTS, until=until + timedelta(days=2), clock_id=business.test_clock_id
    )
    return Books(heads, histories, outcomes, len(waiting.items))


def _subject(head: Head) -> Subject:
    return Subject(type(head).__name__.lower())


def _ref(fact: Fact) -> FactRef:
    return FactRef(fact.business_id, fact.subject, fact.subject_id, fact.key)


def _tells(fact: Fact) -> bool:
    return any(effect.kind in NOTICES for effect in fact.effects)


# ------------------------------------------------------------------------------------ the counts


def by_status(books: Books) -> Counter[str]:
    return Counter(invoice.status.value for invoice in books.invoices)


def by_result(books: Books) -> Counter[str]:
    """Attempts: succeeded, or the class of what the bank said."""
    found: Counter[str] = Counter()
    for invoice in books.invoices:
        for attempt in invoice.attempts:
            kind = f" ({attempt.decline.decline_class.value})" if attempt.decline else ""
            found[f"{attempt.result.value}{kind}"] += 1
    return found


def by_step(books: Books) -> dict[str, list[int]]:
    """What brought each invoice its money: how many, and how much in minor units."""
    found: dict[str, list[int]] = {}
    for invoice in books.invoices:
        for payment in invoice.payments:
            if payment.paid_at is None:
                continue
            row = found.setdefault(_step(payment.last_attempt), [0, 0])
            row[0] += 1
            row[1] += payment.amount
    return found


def _step(attempt: Any) -> str:
    if attempt is None or attempt.result is not AttemptResult.SUCCEEDED:
        return "found by reconciling"
    if attempt.trigger is Trigger.SCHEDULE:
        return _SLOTS.get(attempt.slot, "later retry")
    if attempt.action_url:
        return "3-D Secure in the portal"
    words = {
        Trigger.FIRST: "first charge",
        Trigger.NEW_CARD: "new card",
        Trigger.CUSTOMER: "portal",
        Trigger.STAFF: "staff",
    }
    return words[attempt.trigger]


def by_notice(books: Books) -> dict[str, Counter[str]]:
    """Per notice: sent, void (no longer true when it was due), failed."""
    found: dict[str, Counter[str]] = {}
    for fact, outcomes in books.outcomes:
        for effect in fact.effects:
            if effect.kind in NOTICES:
                name = f"{NOTICES[effect.kind]}: {effect.name.replace('_', ' ')}"
                found.setdefault(name, Counter())[_fate(outcomes.get(effect.id))] += 1
    return found


def _fate(outcome: str | None) -> str:
    if outcome is None:
        return "waiting"
    known = {"void": "void", "no recipient": "nobody", "no consent": "nobody"}
    return "failed" if outcome.startswith("failed") else known.get(outcome, "sent")


def pauses(books: Books) -> Counter[str]:
    found: Counter[str] = Counter()
    for head in books.heads:
        if isinstance(head, Subscription):
            found["subscriptions"] += 1
            found[f"now {head.status.value}"] += 1
            found["paused at some time"] += bool(head.pauses)
            found["resumed"] += sum(pause.until_on is not None for pause in head.pauses)
    return found


# ------------------------------------------------------------------------------------- the proof


@dataclass
class Proof:
    """`problems` is empty when everything adds up."""

    trial: dict[str, int]
    beside: list[tuple[str, int, int]]  # what, ours, Stripe's
    problems: list[str] = field(default_factory=list)


def prove(books: Books, stripe_books: dict[str, Any]) -> Proof:
    """`stripe_books` is the account's, of the fake's control route."""
    balance = trial_balance(leg for fact in books.facts for leg in fact.legs)
    assert {currency for currency, _ in balance} == {"USD"}
    trial = {account.value: balance.get(("USD", account), 0) for account in Account}
    proof = Proof(trial, _beside(books, trial, stripe_books["usd"]))
    if sum(trial.values()):
        proof.problems.append(f"the trial balance is off by {sum(trial.values())}")
    for what, ours, theirs in proof.beside:
        if ours != theirs:
            proof.problems.append(f"{what}: ours {ours}, Stripe's {theirs}")
    proof.problems += _broken(books)
    if books.undelivered:
        proof.problems.append(f"{books.undelivered} effects are not delivered")
    return proof


def _beside(books: Books, trial: dict[str, int], theirs: dict[str, int]) -> list[Any]:
    moved = [fact.data for fact in books.facts if isinstance(fact.data, DisputeFundsMoved)]
    paid = sum(
        payment.amount
        for invoice in books.invoices
        for payment in invoice.payments
        if payment.paid_at is not None
    )
    bank = sum(
        leg.amount
        for head, history in zip(books.heads, books.histories, strict=True)
        if isinstance(head, Business)
        for fact in history
        for leg in fact.legs
        if leg.account is Account.BANK
    )
    return [
        ("charges", paid, theirs["charges"]),
        ("fees", trial["fees"], theirs["fees"]),
        ("refunds", -trial["refunds"], theirs["refunds"]),
        ("disputes", sum(one.amount for one in moved), theirs["disputes"]),
        ("payouts", -bank, theirs["payouts"]),
        ("balance at Stripe", trial["cash_in_transit"], theirs["net"]),
    ]


def _broken(books: Books) -> list[str]:
    """Histories that were changed, and heads that are not the fold of theirs."""
    found = []
    for head, history in zip(books.heads, books.histories, strict=True):
        name = f"{_subject(head).value} {head.id}"
        if not chain_is_whole(history):
            found.append(f"{name}: its chain is broken")
        if fold(head, history) != head:
            found.append(f"{name}: it is not the fold of its facts")
    numbers = sorted(invoice.number for invoice in books.invoices if invoice.number)
    digits = [int(number.rpartition("-")[2]) for number in numbers]
    if sorted(digits) != list(range(1, len(digits) + 1)):
        found.append("the invoice numbers have a gap")
    return found


def fold(head: Head, history: list[Fact]) -> Head:
    if isinstance(head, Invoice):
        return invoice_fold.fold(history)
    after: Any = None
    for fact in history:
        after = party_fold.apply(after, fact, party_fold.STEPS[type(head)])
    folded: Head = after
    return folded
