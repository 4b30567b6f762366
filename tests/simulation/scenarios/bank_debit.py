"""Slow money: a bank debit is on its way for days, then arrives or comes back."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, Scenario

BANK = "000123456789"


def _stage(world: World) -> None:
    people.stage(world, number=BANK, kind="us_bank_account")
    people.ask(world, 0, "bill", people.bill)


def _returned_once(world: World) -> None:
    _stage(world)
    world.stripe.script_card(BANK, ["insufficient_funds", "ok"])


def _closed_account(world: World) -> None:
    _stage(world)
    world.stripe.script_card(BANK, ["account_closed"])


def _is_paid(world: World) -> Iterator[str]:
    return people.must_be(world, "paid")


def _is_overdue(world: World) -> Iterator[str]:
    yield from people.must_be(world, "overdue")
    if len(world.witness.hits) > 1:
        yield f"a closed account was debited {len(world.witness.hits)} times"


ARRIVES = Scenario("debit_arrives", _stage, _is_paid, last=11 * DAY)
RETURNED = Scenario("debit_returned", _returned_once, _is_paid, last=18 * DAY)
CLOSED = Scenario("debit_closed", _closed_account, _is_overdue, last=16 * DAY)
