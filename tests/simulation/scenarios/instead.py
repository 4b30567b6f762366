"""Something else takes the place of a retry, at its hour.

`write_off_race`, `credit_note_race`: the debt is given up, or most of it taken back.
`page_instead`: the payer is sent to Stripe's page, and the retry would come while it is open.
`plan_instead`: instalments, agreed upon in the middle of dunning. `answered`: evidence is sent in a
dispute, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial

from chalicelib.domain.desk.disputes import AnswerRefused
from chalicelib.domain.dispute import Draft, RequestKind
from chalicelib.domain.errors import DomainError
from chalicelib.domain.facts import Subject
from chalicelib.domain.payment_plan import Rhythm
from chalicelib.ports import Ports
from chalicelib.services import credit_notes, customers, disputing, on_account, planning, write_offs
from chalicelib.services.credit_notes import Correction
from chalicelib.services.on_account import Wish
from chalicelib.services.planning import PlanWish
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import disputes, people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second
_DEMAND, _PLAN = "poa_1", "plan_1"
_NOTE = 8000


def _declined_twice(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 2)
    people.ask(world, 0, "bill", people.bill)


def _taken(world: World) -> int:
    charges = world.stripe.account().charges.values()
    return sum(one["amount"] for one in charges if one["status"] == "succeeded")


# -------------------------------------------------------------------------- given up, taken back


def _give_up(ports: Ports) -> None:
    write_offs.write_off(ports, BUSINESS, people.INVOICE, reason="Insolvent.", actor=people.STAFF)


def _written_off(world: World) -> None:
    _declined_twice(world)
    people.ask(world, _RETRY - world.pick(2), "write-off", _give_up)


def _one_or_the_other(world: World) -> Iterator[str]:
    taken = _taken(world)
    if taken not in {0, people.AMOUNT}:
        yield f"{taken} was taken"
    yield from people.must_be(world, "paid" if taken else "uncollectible")


def _credit(ports: Ports) -> None:
    wanted = Correction("cn_1", "Too much.", _NOTE)
    credit_notes.issue_credit_note(ports, BUSINESS, people.INVOICE, wanted, actor=people.STAFF)


def _credited(world: World) -> None:
    _declined_twice(world)
    people.ask(world, _RETRY - world.pick(2), "credit-note", _credit)


def _rest_or_all(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    if _taken(world) not in {people.AMOUNT, people.AMOUNT - _NOTE}:
        yield f"{_taken(world)} was taken"


# ---------------------------------------------------------------------------- collected otherwise


def _page(world: World) -> None:
    _declined_twice(world)
    sessions: list[str] = []

    def click(ports: Ports) -> None:
        wish = Wish(_DEMAND, people.CUSTOMER, people.AMOUNT, new_method=True)
        on_account.take_payment(ports, BUSINESS, wish, actor=people.STAFF)
        page = customers.start_setup(
            ports,
            BUSINESS,
            people.CUSTOMER,
            request_id=_DEMAND,
            success_url="https://pay.example/saved",
            cancel_url="https://pay.example/back",
            demand_id=_DEMAND,
        )
        sessions.append(page.id)

    def fill_in() -> None:
        with suppress(DomainError):
            if sessions:
                world.stripe.complete_checkout(sessions[0], people.DEBIT_CARD)

    people.ask(world, _RETRY - HOUR, "page", click)
    people.happens(world, _RETRY + HOUR, fill_in)


def _make_plan(ports: Ports) -> None:
    first_on = (START + timedelta(days=2)).date()
    wish = PlanWish(_PLAN, people.CUSTOMER, count=2, first_on=first_on, rhythm=Rhythm.WEEKLY)
    planning.make_plan(ports, BUSINESS, wish, actor=people.STAFF)


def _planned(world: World) -> None:
    _declined_twice(world)
    people.ask(world, _RETRY - world.pick(2) * HOUR, "plan", _make_plan)


def _paid_as_planned(world: World) -> Iterator[str]:
    """What was taken after the plan was made were its instalments."""
    yield from _paid_to_the_cent(world)
    plan = world.store.heads.get((BUSINESS, Subject.PLAN, _PLAN))
    if plan is not None:
        made_at, parts = plan.created_at.timestamp(), {one.amount for one in plan.instalments}
        for one in world.stripe.account().charges.values():
            if one["created"] > made_at and one["amount"] not in parts:
                yield f"{one['amount']} was asked for, and the plan says {sorted(parts)}"


def _paid_to_the_cent(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    if _taken(world) != people.AMOUNT:
        yield f"{_taken(world)} was taken of {people.AMOUNT}"


# ------------------------------------------------------------------------------- answered once


def _dispute(world: World) -> None:
    charges = world.stripe.account().charges.values()
    for charge in [one["id"] for one in charges if one["status"] == "succeeded"]:
        world.stripe.dispute(charge)


def _answer(world: World, ports: Ports) -> None:
    for dispute_id in world.stripe.account().disputes:
        disputing.draft_evidence(
            ports, BUSINESS, dispute_id, Draft("They used it."), actor=people.STAFF
        )
        disputing.request_answer(
            ports,
            BUSINESS,
            dispute_id,
            RequestKind.EVIDENCE,
            request_id="ans_1",
            actor=people.STAFF,
        )


def _answered(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    people.happens(world, HOUR, partial(_dispute, world))
    people.ask(world, 2 * HOUR, "answer", partial(_answer, world))


def _known_as_answered(world: World) -> Iterator[str]:
    """Nobody here was told that Stripe refused it: it has no reason to."""
    yield from disputes.ARGUED.ends(world)
    for row in world.store.fact_rows():
        if isinstance(row.fact.data, AnswerRefused):
            yield f"{row.fact.subject_id}: refused, {row.fact.data.code}"


WRITTEN_OFF = Scenario("write_off_race", _written_off, _one_or_the_other, last=9 * DAY)
CREDITED = Scenario("credit_note_race", _credited, _rest_or_all, last=9 * DAY)
PAGE = Scenario("page_instead", _page, _paid_to_the_cent, last=4 * DAY)
PLANNED = Scenario("plan_instead", _planned, _paid_as_planned, last=16 * DAY)
ANSWERED = Scenario("answered", _answered, _known_as_answered, last=4 * DAY)
