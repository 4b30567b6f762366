"""Each Lambda of `app.py` hands its event to the one entry it is for, through Lambda's own door."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from types import ModuleType
from typing import Any, cast

import pytest

import app
import chalicelib
from chalicelib.config import Settings, settings
from tests.events import LambdaContext, sample_event
from tests.logs import LogLines

CONTEXT = cast("Any", LambdaContext())
ENTRIES = [
    "bill_due",
    "sweep",
    "reconcile",
    "send_reminders",
    "run_step_message",
    "apply_stripe_event_message",
    "billing_message",
    "deliver_stream_record",
]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What reached which entry; a module of recorders stands where the real one would."""
    made: list[tuple[Any, ...]] = []
    entry = ModuleType("chalicelib.entry")
    for name in ENTRIES:
        setattr(entry, name, recorder(made, name))
    monkeypatch.setitem(sys.modules, "chalicelib.entry", entry)
    monkeypatch.setattr(chalicelib, "entry", entry, raising=False)
    return made


def recorder(made: list[tuple[Any, ...]], name: str) -> Callable[..., None]:
    return lambda *given: made.append((name, *given))


@pytest.mark.parametrize(
    ("function", "entry"),
    [
        (app.bill_due_subscriptions, "bill_due"),
        (app.sweep_due, "sweep"),
        (app.reconcile, "reconcile"),
        (app.send_reminders, "send_reminders"),
    ],
)
def test_a_rule_runs_its_entry(
    calls: list[tuple[Any, ...]], function: Callable[..., Any], entry: str
) -> None:
    function(sample_event("rule_hourly"), CONTEXT)
    assert calls == [(entry,)]


@pytest.mark.parametrize(
    ("function", "entry"),
    [
        (app.dunning_worker, "run_step_message"),
        (app.stripe_event_worker, "apply_stripe_event_message"),
        (app.billing_worker, "billing_message"),
    ],
)
def test_a_queue_worker_gets_each_body(
    calls: list[tuple[Any, ...]], function: Callable[..., Any], entry: str
) -> None:
    event = sample_event("sqs_dunning")
    assert function(event, CONTEXT) == {"batchItemFailures": []}
    assert calls == [(entry, json.loads(record["body"])) for record in event["Records"]]


def test_the_stream_worker_gets_each_record(calls: list[tuple[Any, ...]]) -> None:
    event = sample_event("dynamodb_insert")
    assert app.effects_worker(event, CONTEXT) == {"batchItemFailures": []}
    assert calls == [("deliver_stream_record", record) for record in event["Records"]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every variable the stack sets, without meaning; nothing here leaves the process."""
    for field in fields(Settings):
        monkeypatch.setenv(field.name.upper(), f"https://{field.name}.example.com")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("environment")
def test_a_request_gets_its_answer() -> None:
    answer = app.app(sample_event("api_get_health"), CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"status": "ok"})


def test_every_line_says_which_request_it_belongs_to(
    calls: list[tuple[Any, ...]], log_lines: LogLines
) -> None:
    """So the middleware ran, as it would not for a Lambda declared in a blueprint."""
    event = sample_event("sqs_dunning")
    event["Records"][0]["body"] = "not json"
    app.dunning_worker(event, CONTEXT)
    requests = {line["function_request_id"] for line in log_lines()}
    assert requests == {LambdaContext().aws_request_id}
