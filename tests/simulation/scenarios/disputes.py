"""Disputes against everything that may happen beside them: refunds, answers, decisions, new cards.

Staff submit evidence, accept, or try both; the bank decides before, between or after; somebody
refunds. However it goes, Stripe hears one answer at most and nobody is charged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chalicelib.domain.desk.disputes import DisputeRecorded
from chalicelib.domain.dispute import OUTCOMES, Draft, RequestKind
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.services import disputing, refunding
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario


def charged(world: World) -> dict[str, Any] | None:
    charges = world.stripe.account().charges.values()
    return next((one for one in charges if one["status"] == "succeeded"), None)


def _open(world: World, *, inquiry: bool) -> None:
    charge = charged(world)
    if charge is not None:
        world.stripe.dispute(charge["id"], inquiry=inquiry)


def theirs(world: World) -> dict[str, Any] | None:
    return next(iter(world.stripe.account().disputes.values()), None)


def _decide(world: World, *, won: bool) -> None:
    dispute = theirs(world)
    if dispute is not None and dispute["status"] not in OUTCOMES:
        world.stripe.decide_dispute(dispute["id"], won=won)


def _escalate(world: World) -> None:
    dispute = theirs(world)
    if dispute is not None and dispute["status"] == "warning_needs_response":
        world.stripe.escalate_dispute(dispute["id"])


def _answer(world: World, kind: RequestKind, request_id: str, ports: Ports) -> None:
    dispute = theirs(world)
    if dispute is None:
        return
    if kind is RequestKind.EVIDENCE:
        draft = Draft(f"They used it ({request_id}).")
        disputing.draft_evidence(ports, BUSINESS, dispute["id"], draft, actor=people.STAFF)
    disputing.request_answer(
        ports, BUSINESS, dispute["id"], kind, request_id=request_id, actor=people.STAFF
    )


def _refund(ports: Ports, amount: int) -> None:
    refunding.request_refund(
        ports,
        BUSINESS,
        people.INVOICE,
        refund_id="ref_1",
        payment_id="pay_1_1",
        amount=amount,
        reason="Not used.",
        actor=people.STAFF,
    )


def _argued(world: World) -> None:
    """Opened after an hour; answers and decision fall in any order around the second."""
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    inquiry = not world.pick(4)
    people.happens(world, HOUR, partial(_open, world, inquiry=inquiry))
    answers = ((RequestKind.EVIDENCE,), (RequestKind.ACCEPTANCE,), tuple(RequestKind))[
        world.pick(3)
    ]
    for number, kind in enumerate(answers):
        at = 2 * HOUR + world.pick(4)
        people.ask(world, at, f"answer-{number}", partial(_answer, world, kind, f"ans_{number}"))
    if inquiry and world.pick(2):
        people.happens(world, 2 * HOUR, partial(_escalate, world))
    if world.pick(2):
        at = (HOUR - 5, HOUR, 2 * HOUR, 3 * HOUR)[world.pick(4)]
        people.ask(world, at, "refund", partial(_refund, amount=1000 + 7900 * world.pick(2)))
    if world.pick(3):
        at = (2 * HOUR, 2 * HOUR + 2, 6 * HOUR)[world.pick(3)]
        people.happens(world, at, partial(_decide, world, won=bool(world.pick(2))))
    if world.pick(2):
        people.new_card(world, 7 * HOUR, people.MASTERCARD)


def _ignored(world: World) -> None:
    """Nobody answers: staff are reminded, and the deadline decides."""
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    people.happens(world, HOUR, partial(_open, world, inquiry=False))


def _agreed(world: World) -> Iterator[str]:
    """Record and Stripe say the same, one answer was given, nothing was charged again."""
    yield from _charged_once(world)
    dispute = theirs(world)
    if dispute is None:
        return
    ours = world.store.heads.get((BUSINESS, Subject.DISPUTE, dispute["id"]))
    if ours is None:
        yield f"{dispute['id']} is not recorded"
        return
    given = dispute["evidence_details"]["submission_count"]
    if ours.status != dispute["status"]:
        yield f"{ours.id} is {dispute['status']} at Stripe and {ours.status} here"
    if given > 1 or given != int(ours.submitted_at is not None):
        yield f"{ours.id} was answered {given} times, our record says {ours.submitted_at}"
    if ours.submitted_elsewhere:
        yield f"{ours.id}: our own answer was taken for somebody else's"
    if ours.request is not None:
        yield f"{ours.id}: {ours.request.kind} was never carried out"
    files = world.stripe.account().files
    if given and dispute["evidence"]["uncategorized_file"] not in files:
        yield f"{ours.id} was answered without its packet"
    yield from _invoice_follows(world, dispute["status"])


def _charged_once(world: World) -> Iterator[str]:
    paid = [one for one in world.stripe.account().charges.values() if one["paid"]]
    if len(paid) > 1:
        yield f"{len(paid)} charges were made"


def _invoice_follows(world: World, status: str) -> Iterator[str]:
    refunded = sum(one["amount"] for one in world.stripe.account().refunds.values())
    if status == "lost" and refunded < people.AMOUNT:
        yield from people.must_be(world, "pending", "overdue")
    else:
        yield from people.must_be(world, "paid")


def _lapsed(world: World) -> Iterator[str]:
    yield from _agreed(world)
    if theirs(world) is None:  # in an outage nothing was charged that day that could be disputed
        return
    told = [
        row.fact.data.days for row in world.store.fact_rows() if row.fact.kind == "deadline_noticed"
    ]
    if told not in ([3, 1], [1]) and not _heard_too_late(world):  # a late sweep says the newest
        yield f"staff were reminded at {told}"


def _heard_too_late(world: World) -> bool:
    """Its event was lost in an outage, and by the next reconciliation the deadline was over."""
    facts = (row.fact for row in world.store.fact_rows())
    learnt = [fact for fact in facts if isinstance(fact.data, DisputeRecorded)]
    return any(fact.data.dispute.due_by <= fact.at for fact in learnt)


ARGUED = Scenario("disputes", _argued, _agreed, last=9 * DAY)
IGNORED = Scenario("dispute_ignored", _ignored, _lapsed, last=16 * DAY)
