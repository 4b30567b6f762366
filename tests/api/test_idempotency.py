"""A POST sent twice is done once: after an answer, while it runs, and after a crash in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.calls import Incoming
from chalicelib.api.context import provide
from chalicelib.api.operations import OPERATIONS
from chalicelib.api.routing import run
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.ports.answers import Unanswered
from tests.api.client import Answer, Api, token_of

ADA = {"name": "Ada Byron", "email": "ada@example.com"}


class Crash(BaseException):
    """The Lambda is gone: nothing of ours can catch it."""


class Interrupted:
    """A port that does something else around its n-th call of one method, then works on."""

    def __init__(self, real: Any, method: str, *, before: Any = None, after: Any = None) -> None:
        self._real = real
        self._method = method
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name != self._method:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            before, self._before = self._before, None
            if before:
                before()
            done = real(*args, **kwargs)
            after, self._after = self._after, None
            if after:
                after()
            return done

        return call


def interrupt(api: Api, port: str, method: str, **when: Callable[[], object]) -> None:
    """From now on, once, something happens around the port's method."""
    context = api.context()
    interrupted: Any = {port: Interrupted(getattr(context.ports, port), method, **when)}
    ports: Ports = replace(context.ports, **interrupted)
    provide(lambda: replace(context, ports=ports))


def crash() -> None:
    raise Crash


def lose_answer() -> None:
    raise Unanswered("the reply was lost")


def count(api: Api, subject: Subject, kind: str = "created") -> int:
    facts = api.install.store.all_facts()
    return sum(fact.subject is subject and fact.kind == kind for fact in facts)


def test_a_key_is_needed(api: Api) -> None:
    refused = api.post("/v1/customers", ADA, key="")
    assert (refused.status, refused.code) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["two words", "tab\there", "ä", "x" * 256])
def test_a_key_is_visible_ascii(api: Api, key: str) -> None:
    assert api.post("/v1/customers", ADA, key=key).code == "idempotency_key_invalid"


def test_the_same_again_is_answered_alike(api: Api) -> None:
    first = api.post("/v1/customers", ADA, key="k1")
    again = api.post("/v1/customers", {"email": ADA["email"], "name": ADA["name"]}, key="k1")
    assert (again.status, again.text) == (first.status, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(api, Subject.CUSTOMER) == 1


def test_a_refusal_is_kept_too(api: Api) -> None:
    wrong = {**ADA, "email": "nobody"}
    first = api.post("/v1/customers", wrong, key="k1")
    again = api.post("/v1/customers", wrong, key="k1")
    assert (first.status, again.text) == (422, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_something_else_is_refused(api: Api) -> None:
    made = api.post("/v1/customers", ADA, key="k1").json
    for path, body in (
        ("/v1/customers", {**ADA, "name": "Somebody else"}),
        (f"/v1/customers/{made['id']}/payment-methods/pm_1/default", None),
    ):
        refused = api.post(path, body, key="k1")
        assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_what_did_not_fit_uses_no_key_up(api: Api) -> None:
    assert api.post("/v1/customers", {"name": "x"}, key="k1").code == "body_invalid"
    assert api.post("/v1/customers", ADA, key="k1").status == 201


def test_keys_are_a_businesss_own(api: Api) -> None:
    first = api.post("/v1/customers", ADA, key="k1").json
    api.install.business("biz_2")
    api.member("user_second", api.install.store.memberships("user_admin")[0].role, "biz_2")
    api.user = "user_second"
    second = api.post("/v1/customers", ADA, key="k1")
    assert (second.status, second.json["id"] == first["id"]) == (201, False)


def test_a_second_click_while_the_first_runs_is_told_to_wait(api: Api) -> None:
    seen: list[Answer] = []

    def click() -> None:
        seen.append(api.post("/v1/customers", ADA, key="k1"))

    interrupt(api, "store", "append", before=click)
    first = api.post("/v1/customers", ADA, key="k1")
    (second,) = seen
    assert (second.status, second.code) == (409, "request_in_progress")
    assert 1 <= int(second.headers["Retry-After"]) <= 35
    assert first.status == 201
    assert api.post("/v1/customers", ADA, key="k1").text == first.text
    assert count(api, Subject.CUSTOMER) == 1


def test_eight_at_once_make_one_customer(api: Api) -> None:
    """Threads, below Chalice, whose current request is one for the whole app."""
    operation = next(one for one in OPERATIONS if one.id == "create_customer")
    request = Incoming(
        method="POST",
        path="/v1/customers",
        parameters={},
        query={},
        headers={"Authorization": f"Bearer {token_of('user_admin')}", "Idempotency-Key": "k1"},
        body=json.dumps(ADA).encode(),
        reference="",
    )
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: run(operation, request), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.body for answer in answers if answer.status_code == 201}) == 1
    assert count(api, Subject.CUSTOMER) == 1


INVOICE = {"lines": [{"description": "Work", "unit_amount": 8900}], "finalize": True}
SUBSCRIPTION = {"product": "Platform", "unit_amount": 8900, "start_on": "2026-02-01"}


def made_by(api: Api) -> dict[str, tuple[str, dict[str, Any], Subject]]:
    customer = api.install.customer()
    own = {"customer_id": customer.id}
    return {
        "customer": ("/v1/customers", ADA, Subject.CUSTOMER),
        "subscription": ("/v1/subscriptions", SUBSCRIPTION | own, Subject.SUBSCRIPTION),
        "invoice": ("/v1/invoices", INVOICE | own, Subject.INVOICE),
    }


@pytest.mark.parametrize("noun", ["customer", "subscription", "invoice"])
@pytest.mark.parametrize("where", ["before the write", "after the write", "after the last write"])
def test_a_crash_in_between_makes_one_thing_not_two(api: Api, noun: str, where: str) -> None:
    path, body, subject = made_by(api)[noun]
    before = count(api, subject)
    method = "finish_request" if where == "after the last write" else "append"
    when = "after" if where == "after the write" else "before"
    interrupt(api, "store", method, **{when: crash})
    with pytest.raises(Crash):
        api.post(path, body, key="k1")
    waiting = api.post(path, body, key="k1")
    assert (waiting.status, waiting.code) == (409, "request_in_progress")

    api.install.clock.advance(seconds=36)
    made = api.post(path, body, key="k1")
    assert made.status == 201
    assert count(api, subject) == before + 1
    assert api.get(f"{path}/{made.json['id']}").json == made.json
    assert api.post(path, body, key="k1").headers["Idempotent-Replayed"] == "true"
    if noun == "invoice":
        assert (made.json["number"], api.install.store.next_number("biz_1")) == ("INV-00001", 2)


STEPS: dict[str, tuple[str, dict[str, Any], str]] = {
    "finalize": ("/v1/invoices/{draft}/finalize", {}, "finalized"),
    "cancel invoice": ("/v1/invoices/{open}/cancel", {"reason": "x"}, "cancelled"),
    "charge": ("/v1/invoices/{open}/charge", {}, "charge_requested"),
    "pause": ("/v1/subscriptions/{active}/pause", {"reason": "x"}, "paused"),
    "resume": ("/v1/subscriptions/{paused}/resume", {"reason": "x"}, "resumed"),
    "cancel": (
        "/v1/subscriptions/{active}/cancel",
        {"reason": "x", "collect_open_debt": True},
        "cancelled",
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_was_done_before_the_crash_is_not_refused_after_it(api: Api, step: str) -> None:
    path, body, kind = STEPS[step]
    names = things(api)
    before = done(api, kind)
    interrupt(api, "store", "append", after=crash)
    with pytest.raises(Crash):
        api.post(path.format_map(names), body, key="k1")
    api.install.clock.advance(seconds=36)
    assert api.post(path.format_map(names), body, key="k1").status < 300
    assert done(api, kind) == before + 1


def done(api: Api, kind: str) -> int:
    return sum(fact.kind == kind for fact in api.install.store.all_facts())


def test_a_charge_made_meanwhile_answers_the_caller_who_comes_back(api: Api) -> None:
    path = f"/v1/invoices/{things(api)['open']}/charge"
    interrupt(api, "store", "append", after=crash)
    with pytest.raises(Crash):
        api.post(path, key="k1")
    provide(api.context)
    api.install.clock.advance(seconds=36)
    api.install.settle()
    assert api.post(path, key="k1").json["status"] == "paid"


def things(api: Api) -> dict[str, str]:
    install = api.install
    customer = install.customer()
    line = {"description": "Work", "unit_amount": 8900}
    body = {"customer_id": customer.id, "lines": [line]}
    paused = install.subscription(customer).id
    api.post(f"/v1/subscriptions/{paused}/pause", {"reason": "x"})
    later = {**body, "finalize": True, "due_on": "2026-03-01"}
    return {
        "draft": api.post("/v1/invoices", body).json["id"],
        "open": api.post("/v1/invoices", later).json["id"],
        "active": install.subscription(customer).id,
        "paused": paused,
    }


def test_a_lost_answer_is_asked_for_again(api: Api) -> None:
    """The table did the write, but its reply was lost: whether it did is not known."""
    interrupt(api, "store", "append", after=lose_answer)
    lost = api.post("/v1/customers", ADA, key="k1")
    assert (lost.status, lost.code) == (503, "no_answer")
    assert lost.headers["Retry-After"] == "35"
    api.install.clock.advance(seconds=36)
    again = api.post("/v1/customers", ADA, key="k1")
    assert (again.status, count(api, Subject.CUSTOMER)) == (201, 1)


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(api: Api) -> None:
    interrupt(api, "store", "finish_request", before=lose_answer)
    made = api.post("/v1/customers", ADA, key="k1")
    assert (made.status, count(api, Subject.CUSTOMER)) == (201, 1)


def test_a_setup_page_is_made_once_at_stripe(api: Api) -> None:
    customer = api.install.customer(card=None)
    body = {
        "customer_id": customer.id,
        "success_url": "https://app.example/saved",
        "cancel_url": "https://app.example/back",
    }
    interrupt(api, "gateway", "create_setup_page", after=crash)
    with pytest.raises(Crash):
        api.post("/v1/setup-sessions", body, key="k1")
    api.install.clock.advance(seconds=36)
    first = api.post("/v1/setup-sessions", body, key="k1").json
    again = api.post("/v1/setup-sessions", body, key="k1").json
    assert first == again
    other = api.post("/v1/setup-sessions", body, key="k2").json
    assert other["id"] != first["id"]
