"""After each number: do the facts, the ledger and the fake Stripe's books say the same?"""

from __future__ import annotations

import time
from collections import Counter

from chalicelib.domain.canonical import canonical
from chalicelib.domain.facts import Fact, Subject, chain_is_whole
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.ports import Ports
from infra.local.walk.desk import Desk, WalkError

PATIENCE_SECONDS = 60


def must_agree(ports: Ports, desk: Desk) -> str:
    """A line about what was compared. Fees may still be on their way, so it looks again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (wrong := _differences(ports, desk)) and time.monotonic() < deadline:
        time.sleep(1)
    if wrong:
        raise WalkError("; ".join(wrong))
    histories = _histories(ports, desk.business_id)
    net = _books(desk)
    return f"{sum(map(len, histories))} facts, {net / 100:.2f} USD in transit at both"


def _histories(ports: Ports, business_id: str) -> list[list[Fact]]:
    found, cursor = [], None
    while True:
        page = ports.store.invoices(business_id, limit=100, cursor=cursor)
        found += [ports.store.facts(business_id, Subject.INVOICE, one.id) for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    found.append(ports.store.facts(business_id, Subject.BUSINESS, business_id))
    return found


def _books(desk: Desk) -> int:
    accounts = desk.stripe.books()["accounts"]
    return int(accounts[desk.account]["currencies"].get("usd", {"net": 0})["net"])


def _differences(ports: Ports, desk: Desk) -> list[str]:
    histories = _histories(ports, desk.business_id)
    legs = [leg for history in histories for fact in history for leg in fact.legs]
    sums = trial_balance(legs)
    wrong = []
    if sum(sums.values()):
        wrong.append(f"the legs add up to {sum(sums.values())}")
    ours, theirs = sums.get(("USD", Account.CASH_IN_TRANSIT), 0), _books(desk)
    if ours != theirs:
        wrong.append(f"cash in transit is {ours}, Stripe's books say {theirs}")
    for history in histories[:-1]:
        head = ports.store.invoice(desk.business_id, history[0].subject_id)
        if not chain_is_whole(history):
            wrong.append(f"{head.id}: its chain is broken")
        elif head.version == len(history) and canonical(fold(history)) != canonical(head):
            wrong.append(f"{head.id} is not the fold of its facts")
    charges = Counter(
        fact.data.charge_id
        for history in histories
        for fact in history
        if fact.kind == "charge_succeeded"
    )
    wrong += [f"{charge} is posted {times} times" for charge, times in charges.items() if times > 1]
    return wrong
