"""What must hold after anything: whole chains, heads that are folds, books that balance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.domain.canonical import canonical
from chalicelib.domain.desk.applying import OverpaymentMoved
from chalicelib.domain.dispute import DisputeState
from chalicelib.domain.facts import Fact, Subject, chain_is_whole
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.party_fold import STEPS, apply
from chalicelib.domain.payment import PaymentStatus
from tests.fakes.install import Install


def coast(install: Install, **by: int) -> None:
    """Like `advance`, stopping at timers and four times a day: for uneventful weeks."""
    target = install.clock.now() + timedelta(**by)
    while install.clock.now() < target:
        step = min(target, install.clock.now() + timedelta(hours=6))
        soonest = min((timer.at for timer in install.timers.waiting.values()), default=step)
        install.clock.set(max(min(step, soonest), install.clock.now()))
        install.advance(seconds=1)


def refolded(history: list[Fact], kind: type) -> Any:
    if kind is Invoice:
        return fold(history)
    head = None
    for fact in history:
        head = apply(head, fact, STEPS[kind])
    return head


def check_invoice(invoice: Invoice, moved: int = 0) -> None:
    """`moved`: what had been paid too much and has become credit."""
    assert invoice.amount_remaining >= 0
    assert min(invoice.amount_paid, invoice.amount_credited, invoice.amount_overpaid) >= 0
    opened = [one for one in invoice.payments if one.is_open]
    assert len(opened) <= 1
    live = [attempt for attempt in invoice.attempts if attempt.is_live]
    assert len(live) <= 1
    paid = sum(one.amount for one in invoice.payments if one.status is PaymentStatus.PAID)
    lost = sum(one.amount for one in invoice.disputes if one.state is DisputeState.LOST)
    assert paid <= invoice.amount_paid + invoice.amount_overpaid + lost + moved
    if invoice.dunning is not None:
        slots = [one.slot for one in invoice.attempts if one.slot is not None]
        assert len(slots) <= len(invoice.dunning.policy.offsets_seconds)


def check_install(install: Install) -> None:
    """Every record of the install, and its ledger against itself."""
    for (business_id, subject, subject_id), head in list(install.store.all_heads()):
        history = install.store.facts(business_id, Subject(subject), subject_id)
        assert chain_is_whole(history), subject_id
        assert canonical(refolded(history, type(head))) == canonical(head), subject_id
        if isinstance(head, Invoice):
            gone = (one.data.amount for one in history if isinstance(one.data, OverpaymentMoved))
            check_invoice(head, sum(gone))
    assert sum(balances(install).values()) == 0


def balances(install: Install) -> dict[tuple[str, Account], int]:
    return trial_balance(leg for fact in install.store.all_facts() for leg in fact.legs)


def balance(install: Install, account: Account, currency: str = "USD") -> int:
    return balances(install).get((currency, account), 0)


def check_stripe(install: Install, account: str | None = None) -> None:
    """What the ledger says is at Stripe is at Stripe, to the cent; nobody paid anything twice."""
    books = install.stripe.books(account)
    at_stripe = sum(book["net"] for book in books.values())
    assert balance(install, Account.CASH_IN_TRANSIT) == at_stripe
    shelf = install.stripe.account(account)
    for intent in shelf.payment_intents.values():
        good = [
            charge
            for charge in shelf.charges.values()
            if charge["payment_intent"] == intent["id"] and charge["status"] == "succeeded"
        ]
        assert len(good) <= 1


def subjects(install: Install, recipient: str | None = None) -> list[str]:
    """Subject lines of all mails so far, or of one reader's."""
    return [
        str(one.message["Subject"])
        for one in install.mail.sent
        if recipient is None or recipient in one.recipient
    ]


def delivered(install: Install, name: str) -> list[str]:
    """The outcome of each effect of this name that was delivered, in order of facts."""
    return [
        outcome
        for row in install.store.fact_rows()
        for effect, outcome in row.done.items()
        if effect.partition(":")[2] == name
    ]
