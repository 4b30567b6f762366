"""Every writing call to the table with each fault, told once: it is got over, and counts once.

What the faults of a whole outage come to is in `test_table_faults.py`; here no writing method is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.adapters.table.store import DynamoStore
from chalicelib.domain.facts import Subject
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import (
    FactRef,
    PortalLink,
    PortalOpening,
    SavedRequest,
    TestClock,
    UniqueClaim,
)
from infra.local.emulator import Emulator
from tests.adapters.table_stage import fresh_table, no_wait
from tests.contracts import store_samples as a
from tests.microburst import Wire

pytestmark = pytest.mark.emulator

LEASE_ENDS = a.minutes(5)
PATIENCE_SECONDS = 2
ONE, MANY = "UpdateItem", "TransactWriteItems"
Ask = Callable[[DynamoStore], object]
_names = count(1)


@dataclass(frozen=True)
class StoreCase:
    """`stage` is given the store past the wire and a fresh name; it gives the call, what is seen
    past the wire afterwards, and what should be."""

    operation: str
    stage: Callable[[DynamoStore, str], tuple[Ask, Callable[[], object], object]]


def _append(straight: DynamoStore, name: str) -> Any:
    made = a.new_invoice(name)
    side = [UniqueClaim(a.BIZ, "reference", name, name)]

    def seen() -> object:
        facts = straight.facts(a.BIZ, Subject.INVOICE, name)
        return facts, straight.owner_of(a.BIZ, "reference", name)

    return lambda store: store.append([made], side=side), seen, ([made.fact], name)


def _owing(straight: DynamoStore, name: str) -> FactRef:
    made = a.step(a.invoice(name), effects=(a.RECEIPT, a.DOCUMENT))
    straight.append([made])
    return a.ref_of(made)


def _take(store: DynamoStore, ref: FactRef, holder: str) -> bool:
    return store.claim(ref, holder=holder, now=a.NOON, lease_until=LEASE_ENDS) is not None


def _claim(straight: DynamoStore, name: str) -> Any:
    ref = _owing(straight, name)
    taken: list[bool] = []

    def seen() -> object:
        return set(taken), _take(straight, ref, "h2")

    return lambda store: taken.append(_take(store, ref, "h1")), seen, ({True}, False)


def _finish(straight: DynamoStore, name: str) -> Any:
    ref, done = _owing(straight, name), {"mail:receipt": "m"}
    assert _take(straight, ref, "h1")
    return (
        lambda store: store.finish(ref, holder="h1", done=done, retry_at=a.minutes(30)),
        lambda: straight.delivered(ref),
        done,
    )


def _clock(straight: DynamoStore, name: str) -> Any:
    clock = TestClock(name, a.BIZ, a.NOON, a.minutes(9), 1)
    straight.save_test_clock(TestClock(name, a.BIZ, a.NOON, a.NOON))
    return lambda store: store.save_test_clock(clock), lambda: straight.test_clock(name), clock


def _begun(store: DynamoStore, name: str, holder: str) -> SavedRequest:
    return store.begin_request(
        a.BIZ, name, body_hash="b", holder=holder, now=a.NOON, lease_until=LEASE_ENDS
    )


def _begin(straight: DynamoStore, name: str) -> Any:
    held = SavedRequest("b", "h1", LEASE_ENDS)
    answers: list[SavedRequest] = []

    def seen() -> object:
        return set(answers), _begun(straight, name, "h2")

    return lambda store: answers.append(_begun(store, name, "h1")), seen, ({held}, held)


def _finish_request(straight: DynamoStore, name: str) -> Any:
    _begun(straight, name, "h1")
    return (
        lambda store: store.finish_request(a.BIZ, name, holder="h1", status=201, response="{}"),
        lambda: _begun(straight, name, "h2"),
        SavedRequest("b", "h1", LEASE_ENDS, 201, "{}"),
    )


def _link(straight: DynamoStore, name: str) -> Any:
    link = PortalLink(name, a.BIZ, a.CUS, "inv_1", a.NOON + timedelta(days=90))
    return lambda store: store.save_portal_link(link), lambda: straight.portal_link(name), link


def _opening(straight: DynamoStore, name: str) -> Any:
    opened = PortalOpening(a.BIZ, name, "inv_1", "page", a.NOON, "203.0.113.0/24")
    return (
        lambda store: store.note_opening(opened),
        lambda: straight.openings_of(a.BIZ, name, since=a.NOON),
        [opened],
    )


def _watermark(straight: DynamoStore, name: str) -> Any:
    return (
        lambda store: store.save_watermark(a.BIZ, name, "7"),
        lambda: straight.watermark(a.BIZ, name),
        "7",
    )


STORE = {
    "Store.append": StoreCase(MANY, _append),
    "Store.claim": StoreCase(ONE, _claim),
    "Store.finish": StoreCase(ONE, _finish),
    "Store.save_test_clock": StoreCase(MANY, _clock),
    "Store.begin_request": StoreCase(MANY, _begin),
    "Store.finish_request": StoreCase(MANY, _finish_request),
    "Store.save_portal_link": StoreCase(MANY, _link),
    "Store.note_opening": StoreCase(MANY, _opening),
    "Store.save_watermark": StoreCase(MANY, _watermark),
}
METHODS = pytest.mark.parametrize("case", STORE.values(), ids=STORE)


def error(code: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": "planned", **({"fields": fields} if fields else {})}}


def conflict(case: StoreCase) -> dict[str, Any]:
    if case.operation == ONE:
        return error("TransactionConflictException")
    reasons = [{"Code": "TransactionConflict", "Message": "planned"}]
    return error("TransactionCanceledException", CancellationReasons=reasons)


FAULTS: dict[str, Callable[[StoreCase], dict[str, Any]]] = {
    "lost after the work": lambda _: {"response": {"abort_bytes": 0}},
    "throttled": lambda _: error("ProvisionedThroughputExceededException"),
    "conflict": conflict,
    "reset": lambda _: {"reset": True},
    "server error": lambda _: error("InternalServerError"),
    "later than our patience": lambda _: {"latency": 1500 * PATIENCE_SECONDS},
}


@pytest.fixture(scope="module")
def table(emulator: Emulator) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in emulator.environment.items():
            patched.setenv(name, value)
        with fresh_table(emulator.clients("dynamodb")) as name:
            yield name


@pytest.fixture(scope="module")
def straight(table: str, emulator: Emulator) -> DynamoStore:
    return DynamoStore(table, endpoint_url=emulator.endpoint_url)


@pytest.fixture(scope="module")
def patient(table: str, microburst: Wire) -> DynamoStore:
    return DynamoStore(table, endpoint_url=microburst.endpoint_url, sleep=no_wait)


@pytest.fixture(scope="module")
def hasty(table: str, microburst: Wire) -> DynamoStore:
    store = DynamoStore(table, endpoint_url=microburst.endpoint_url, sleep=no_wait)
    store._model.Meta.read_timeout_seconds = PATIENCE_SECONDS
    return store


@METHODS
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_got_over_and_counts_once(
    case: StoreCase,
    fault: str,
    straight: DynamoStore,
    patient: DynamoStore,
    hasty: DynamoStore,
    wire: Wire,
) -> None:
    ask, seen, expected = case.stage(straight, f"wire_{next(_names)}")
    rule = {"service": "dynamodb", "operation": case.operation, "times": 1}
    wire.rules({**rule, **FAULTS[fault](case)})
    ask(hasty if fault == "later than our patience" else patient)
    assert wire.fired() == 1
    ask(patient)
    assert seen() == expected


@METHODS
def test_a_refusal_nobody_planned_for_is_no_answer(
    case: StoreCase, straight: DynamoStore, patient: DynamoStore, wire: Wire
) -> None:
    """A right taken away by mistake: nothing was done, and doing it later is as good."""
    ask, seen, expected = case.stage(straight, f"wire_{next(_names)}")
    denied = {"service": "dynamodb", "operation": case.operation, "times": 1}
    wire.rules({**denied, **error("AccessDeniedException")})
    with pytest.raises(Unanswered):
        ask(patient)
    assert wire.fired() == 1
    ask(patient)
    assert seen() == expected
