"""The table is set back to an earlier moment while Stripe has gone on: nothing is charged twice.

Each story is lived twice: up to a backup, on from it, and then from the backup again with Stripe's
books as they are. Days pass, so that Stripe has forgotten the idempotency keys.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.services import invoices, restoring
from tests.fakes.install import VISA, Install
from tests.simulation.backups import Backup, back_up, set_back
from tests.simulation.ledger_sql import books_of, check

BIZ = "biz_1"
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
STAFF = Actor(ActorKind.STAFF, "usr_1")


def opened() -> Install:
    install = Install.at(START)
    install.business(BIZ)
    return install


def charged(install: Install) -> list[str]:
    """Every charge that reached a bank, by the payment it names."""
    charges = install.stripe.account().charges.values()
    return [one["metadata"]["payment_id"] for one in charges]


def restored(install: Install, backup: Backup) -> None:
    """What an operator does: the table is set back, and held before a worker sees it."""
    set_back(install.store, backup)
    assert restoring.hold_after_restore(install.ports) == 1


def level(install: Install) -> list[str]:
    return check(install.store.export(), books_of(install.stripe, {BIZ: None}))


def captured(install: Install) -> Counter[str]:
    intents = install.stripe.account().payment_intents.values()
    return Counter(one["metadata"]["invoice_id"] for one in intents if one["status"] == "succeeded")


def test_a_payment_made_after_the_backup_is_posted_once_and_never_made_again() -> None:
    install = opened()
    customer = install.customer()
    invoice = install.invoice(customer)
    backup = back_up(install.store)
    install.advance(days=2)
    assert install.read(invoice).status is InvoiceStatus.PAID
    restored(install, backup)
    assert install.read(invoice).status is InvoiceStatus.PENDING
    install.advance(days=1)
    assert charged(install) == ["pay_000001_1"]
    install.reconcile()
    install.advance(days=10)
    assert charged(install) == ["pay_000001_1"]
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert level(install) == []


def test_without_the_hold_the_card_is_charged_again() -> None:
    """Why there is one: this is what the simulation found before."""
    install = opened()
    install.invoice(install.customer())
    backup = back_up(install.store)
    install.advance(days=2)
    set_back(install.store, backup)
    install.advance(days=1)
    assert captured(install)["inv_000001"] == 2


def test_charging_goes_on_for_what_stripe_has_never_seen() -> None:
    install = opened()
    customer = install.customer()
    backup = back_up(install.store)
    install.advance(days=2)
    restored(install, backup)
    invoice = install.invoice(customer)
    install.advance(days=1)
    assert install.read(invoice).status is InvoiceStatus.PENDING
    assert charged(install) == []
    install.reconcile()
    install.advance(hours=1)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert install.kinds(invoice)[-1] == "charge_succeeded"


def test_nobody_can_ask_for_a_charge_meanwhile_and_everybody_is_told_why() -> None:
    install = opened()
    invoice = install.invoice(install.customer())
    restored(install, back_up(install.store))
    with pytest.raises(Conflict) as refused:
        invoices.request_charge(
            install.ports, BIZ, invoice.id, request_id="r1", trigger=Trigger.STAFF, actor=STAFF
        )
    assert refused.value.code == "restoring"
    install.advance(days=1)
    assert charged(install) == []


def test_it_stays_held_while_stripe_cannot_be_read() -> None:
    install = opened()
    install.invoice(install.customer())
    restored(install, back_up(install.store))
    install.stripe.faults.plan("drop_before", "payment_intents.list")
    with pytest.raises(Exception, match="drop_before"):
        install.reconcile()
    assert install.store.business(BIZ).is_held
    install.reconcile()
    assert not install.store.business(BIZ).is_held


def test_a_success_for_an_invoice_nobody_knows_keeps_it_held_until_a_person_answers() -> None:
    install = opened()
    customer = install.customer()
    backup = back_up(install.store)
    install.invoice(customer)
    install.advance(hours=1)
    restored(install, backup)
    install.reconcile()
    assert install.store.business(BIZ).is_held
    assert restoring.release(install.ports, BIZ, actor=STAFF, why="Refunded by hand.")
    assert not install.store.business(BIZ).is_held
    assert not restoring.release(install.ports, BIZ)


def test_a_subscriptions_forgotten_invoice_is_billed_again_and_finds_its_payment() -> None:
    install = opened()
    customer = install.customer()
    install.subscription(customer)
    backup = back_up(install.store)
    install.advance(hours=2)
    assert len(charged(install)) == 1
    restored(install, backup)
    install.advance(hours=2)
    install.reconcile()
    assert not install.store.business(BIZ).is_held
    install.advance(days=2)
    assert len(charged(install)) == 1
    assert level(install) == []


def _paying(install: Install) -> Invoice:
    return install.invoice(install.customer())


def _declining(install: Install) -> Invoice:
    customer = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 3)
    return install.invoice(customer)


def _dead(install: Install) -> Invoice:
    customer = install.customer(card="4000000000000341")
    install.stripe.script_card("4000000000000341", ["stolen_card"] * 9)
    return install.invoice(customer)


def _debit(install: Install) -> Invoice:
    customer = install.customer(card=None)
    install.save_card(BIZ, customer.id, "000123456789", kind="us_bank_account")
    return install.invoice(customer)


def _disputed(install: Install) -> Invoice:
    return install.invoice(install.customer(card="4000000000000259"))


def _refunded(install: Install) -> Invoice:
    invoice = install.invoice(install.customer())
    install.settle()
    charge = next(iter(install.stripe.account().charges))
    body = {"charge": charge, "amount": 1000}
    install.stripe.call("POST", "/v1/refunds", body, idempotency_key="refund/dash/1")
    return invoice


STORIES: dict[str, Callable[[Install], Invoice]] = {
    "paying": _paying,
    "declining": _declining,
    "dead": _dead,
    "debit": _debit,
    "disputed": _disputed,
    "refunded": _refunded,
}


class _Camera:
    """Takes one backup, after so many writes of the table; counts them all."""

    def __init__(self, install: Install, moment: int) -> None:
        self.writes = 0
        self.taken: Backup = back_up(install.store)
        self._moment, self._install = moment, install
        self._append = install.store.append
        install.store.append = self._photographed  # type: ignore[method-assign]

    def _photographed(self, *args: object, **kwargs: object) -> None:
        self._append(*args, **kwargs)  # type: ignore[arg-type]
        self.writes += 1
        if self.writes == self._moment:
            self.taken = back_up(self._install.store)


def _told(story: str, moment: int) -> tuple[Install, Invoice, _Camera]:
    install = opened()
    camera = _Camera(install, moment)
    invoice = STORIES[story](install)
    install.advance(days=2)
    return install, invoice, camera


def _moments(story: str) -> range:
    """Every write, or a few of them spread over the story."""
    writes = _told(story, 0)[2].writes
    return range(1, writes + 1, 1 if "PROVE" in os.environ else 4)


@pytest.mark.parametrize("hours_later", [1, 30])
@pytest.mark.parametrize("story", STORIES)
def test_set_back_to_any_moment_it_comes_level_and_charges_nothing_twice(
    story: str, hours_later: int
) -> None:
    for moment in _moments(story):
        install, invoice, camera = _told(story, moment)
        install.advance(hours=hours_later)
        if (BIZ, invoice.id) not in _known(camera.taken):
            continue  # its success would have no home: the story above
        before = len(charged(install))
        restored(install, camera.taken)
        install.advance(hours=1)
        assert len(charged(install)) == before, f"moment {moment}: charged while held"
        if install.read(invoice).status is InvoiceStatus.DRAFT:
            invoices.finalize_invoice(install.ports, BIZ, invoice.id, actor=STAFF)
        install.reconcile()
        assert not install.store.business(BIZ).is_held, f"moment {moment}: still held"
        assert level(install) == [], f"moment {moment}: after reconciliation"
        install.advance(days=9)
        install.reconcile()
        assert level(install) == [], f"moment {moment}: in the end"
        assert max(captured(install).values(), default=0) <= 1, f"moment {moment}: paid twice"


def _known(backup: Backup) -> set[tuple[str, str]]:
    return {(name[0], name[2]) for name in backup["heads"]}


def test_a_table_under_another_name_is_a_copy_and_is_held_at_the_first_start() -> None:
    install = opened()
    assert restoring.hold_if_moved(install.ports, "duecourse") == 0
    assert restoring.hold_if_moved(install.ports, "duecourse") == 0
    assert not install.store.business(BIZ).is_held
    assert restoring.hold_if_moved(install.ports, "duecourse-restored") == 1
    assert install.store.business(BIZ).is_held
    restoring.release(install.ports, BIZ, actor=SYSTEM)
    assert restoring.hold_if_moved(install.ports, "duecourse-restored") == 0
    assert not install.store.business(BIZ).is_held
