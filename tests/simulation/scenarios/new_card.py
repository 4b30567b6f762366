"""A hard decline, and a new card in the middle of the retries: it is charged at once, the old one
never again.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario


def _stage(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["lost_card"])
    people.ask(world, 0, "bill", people.bill)
    people.new_card(world, HOUR + world.pick(3) * DAY, people.DEBIT_CARD)


def _ends(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    charged = [one["payment_method"] for one in world.stripe.account().charges.values()]
    if len(charged) != len(set(charged)):
        yield f"a card was charged again: {charged}"


SCENARIO = Scenario("new_card", _stage, _ends, last=9 * DAY)
