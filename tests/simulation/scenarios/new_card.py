"""A hard decline, and a new card in the middle of the retries: it is charged at once, the old one
never again.

`unheard_card`: the payer closes the window at Stripe's page, so only Stripe can tell us of it.
`two_cards`: the first card typed in declines too, and a second one follows at once; whatever we
hear first, the one typed in last is the one to charge.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.facts import Subject
from tests.simulation.install import BUSINESS, World
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


def _closes_the_window(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["lost_card"])
    people.ask(world, 0, "bill", people.bill)
    people.new_card(world, HOUR, people.DEBIT_CARD, comes_back=False)


def _two_in_a_row(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 9)
    world.stripe.script_card(people.MASTERCARD, ["insufficient_funds"] * 9)
    people.ask(world, 0, "bill", people.bill)
    people.new_card(world, HOUR, people.MASTERCARD, comes_back=bool(world.pick(2)))
    people.new_card(world, HOUR + 60, people.DEBIT_CARD, comes_back=bool(world.pick(2)))


def _the_last_is_the_default(world: World) -> Iterator[str]:
    """Typed in last, that is: a page may have been slow to open."""
    yield from people.must_be(world, "paid")
    customer = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER]
    typed_in = [method.body for method in world.stripe.account().payment_methods.values()]
    newest = max(typed_in, key=lambda body: int(body["created"]))
    if customer.default_method_id != newest["id"]:
        yield f"the default is the card ending {customer.default_method.last4}"


UNHEARD = Scenario("unheard_card", _closes_the_window, _ends, last=3 * DAY)
TWO = Scenario("two_cards", _two_in_a_row, _the_last_is_the_default, last=9 * DAY)
SCENARIO = Scenario("new_card", _stage, _ends, last=9 * DAY)
