"""A connected business cuts the connection in the middle of the retries, and restores it later.

Nothing is asked of its account meanwhile, staff are told, and afterwards the retries go on where
they stopped. The install takes its share of what is paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.facts import Subject
from infra.local.fake_stripe.state import Account
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

SHARE = ApplicationFee(Decimal("2.5"), 30)


class Connected(World):
    """The judges look at `stripe.account()`, which is the seller's here."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.seller = self.stripe.connect_account()
        self.stripe.account = self._account  # type: ignore[method-assign]

    def _account(self, account_id: str | None = None) -> Account:
        return self.stripe.state.accounts[account_id or self.seller]


def _stage(world: World) -> None:
    assert isinstance(world, Connected)
    on_its_own = {"stripe_account": world.seller, "connects": True, "application_fee": SHARE}
    people.stage(world, business=on_its_own)
    failures = 1 + world.pick(3)
    world.notes["failures"] = str(failures)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * failures)
    people.ask(world, 0, "bill", people.bill)
    moments = (0, 1, 2, DAY - 1, DAY, DAY + 1, 2 * DAY, 3 * DAY)
    gone = moments[world.pick(len(moments))]
    people.happens(world, gone, lambda: world.stripe.deauthorize(world.seller))
    back = gone + HOUR + world.pick(48) * HOUR
    people.happens(world, back, lambda: world.stripe.reauthorize(world.seller))


def _goes_on(world: World) -> Iterator[str]:
    """Slots that passed meanwhile are not made up for: it may end unpaid, but not untried."""
    tried_enough = len(world.witness.hits) > int(world.notes["failures"])
    yield from people.must_be(world, "paid" if tried_enough else "overdue")
    business = world.store.heads[BUSINESS, Subject.BUSINESS, BUSINESS]
    if not business.can_charge:
        yield "the connection is restored, and the business may not charge"
    paid = [one for one in world.stripe.account().charges.values() if one["status"] == "succeeded"]
    taken = [one["application_fee_amount"] for one in paid]
    if tried_enough and taken != [SHARE.of(people.AMOUNT)]:
        yield f"the install took {taken}"


DISCONNECTED = Scenario("disconnected", _stage, _goes_on, last=11 * DAY, make=Connected)
