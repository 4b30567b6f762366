"""A business opens its Stripe account: one is made whatever is lost on the way, and it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.ports import Ports
from chalicelib.services import connecting
from infra.local.fake_stripe.state import Account
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario


class Opening(World):
    """The judges look at `stripe.account()`: the seller's, once there is one."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.stripe.account = self._account  # type: ignore[method-assign]

    @property
    def opened(self) -> list[str]:
        return list(self.stripe.state.accounts)[1:]

    def _account(self, account_id: str | None = None) -> Account:
        seller = self.opened[-1] if self.opened else self.stripe.state.platform.id
        return self.stripe.state.accounts[account_id or seller]


def _start(ports: Ports) -> None:
    connecting.start_onboarding(
        ports, BUSINESS, request_id="onb_1", return_url="https://desk.example/a",
        refresh_url="https://desk.example/b", actor=people.STAFF,
    )  # fmt: skip


def _refresh(ports: Ports) -> None:
    connecting.refresh_account(ports, BUSINESS)


def _stage(world: World) -> None:
    assert isinstance(world, Opening)
    people.stage(world, number=None, business={"connects": True})
    people.ask(world, 0, "onboard", _start)
    if world.pick(2):  # somebody clicks twice, or comes back the next day
        people.ask(world, (1, 2, HOUR, 25 * HOUR)[world.pick(4)], "onboard", _start)
    people.ask(world, 2 * DAY, "onboard", _start)
    people.happens(world, 2 * DAY + HOUR, lambda: _is_told(world))


def _is_told(world: World) -> None:
    """The owner fills in Stripe's page, and comes back to ours."""
    assert isinstance(world, Opening)
    if not world.opened:
        return
    world.stripe.finish_onboarding(world.opened[-1])
    people.ask(world, 5, "return", _refresh)
    people.new_card(world, 12 * HOUR, people.DEBIT_CARD)
    people.ask(world, DAY, "bill", people.bill)


def _is_paid(world: World) -> Iterator[str]:
    assert isinstance(world, Opening)
    if len(world.opened) != 1:
        yield f"accounts: {world.opened}"
    yield from people.must_be(world, "paid")
    if world.stripe.state.platform.customers:
        yield "the install's own account has a customer of a business that connects"


OPENED = Scenario("onboarding", _stage, _is_paid, last=6 * DAY, make=Opening)
